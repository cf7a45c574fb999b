"""A person with a browser: opens what was mailed, fills in the form of the page and goes where it leads."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

import httpx2

from starter.demo.stage import SceneError

OK = 200


@dataclass
class Form:
    """A form of a page: where it goes, what stands in it, and what each field is for."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    purposes: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page; fields are known by their standard `autocomplete` values, not by their names."""

    def __init__(self, page: str) -> None:
        """Read `page`."""
        super().__init__()
        self.found: list[Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and the fields in them."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(values.get("action", "")))
        elif tag == "input" and self.found and "name" in values:
            self.found[-1].values[values["name"]] = values.get("value", "")
            self.found[-1].purposes[values.get("autocomplete", "")] = values["name"]


class Browser:
    """One person's browser with its cookies."""

    def __init__(self, web: str) -> None:
        """Nothing is opened yet; a proxy of this machine is not asked the way to its own pages."""
        self._web = web
        self._client = httpx2.AsyncClient(follow_redirects=True, trust_env=False, timeout=20)

    async def __aenter__(self) -> Self:
        """Open the window."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._client.aclose()

    async def set_up(self, link: str, password: str) -> str:
        """Open a mailed link and complete the form behind it; the words of the page that follows."""
        return await self._fill(link, {"new-password": password}, ends_on="/set-up/done")

    async def sign_in(self, username: str, password: str, *, ends_on: str = "/") -> str:
        """Sign in; the page that follows."""
        filled = {"username": username, "current-password": password}
        return await self._fill(f"{self._web}/sign-in", filled, ends_on=ends_on)

    async def status_of(self, link: str) -> int:
        """How a link is answered."""
        return (await self._client.get(link)).status_code

    async def _fill(self, url: str, filled: dict[str, str], *, ends_on: str) -> str:
        page = await self._client.get(url)
        form = next((each for each in Forms(page.text).found if filled.keys() <= each.purposes.keys()), None)
        if page.status_code != OK or form is None:
            raise SceneError(f"{page.url.path} answered {page.status_code} and showed no form for {', '.join(filled)}.")
        values = form.values | {form.purposes[purpose]: value for purpose, value in filled.items()}
        answer = await self._client.post(urljoin(str(page.url), form.action), data=values)
        if answer.url.path != ends_on:
            raise SceneError(f"{form.action} led to {answer.url.path} with {answer.status_code} and not to {ends_on}.")
        return answer.text
