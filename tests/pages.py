"""The pages as the tests open them: a browser without a window, and what it finds on a page."""

import itertools
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx2
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from tests.house import PASSWORD, House

PORTAL = "http://portal.example"
_visitors = itertools.count(1)


def visitor(app: FastAPI, *, source: str = "", base_url: str = PORTAL) -> httpx2.AsyncClient:
    """A browser of its own address and cookies; it follows no redirect by itself."""
    number = next(_visitors)
    transport = httpx2.ASGITransport(app, client=(source or f"10.1.{number // 250}.{number % 250}", 50_000))
    return httpx2.AsyncClient(transport=transport, base_url=base_url)


@dataclass
class Seen(HTMLParser):
    """What stands on a page: fields by name, inputs that are not sent by id, links, elements by id, and the words."""

    html: str
    title: str = ""
    language: str = ""
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    unsent: dict[str, dict[str, str]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    by_id: dict[str, str] = field(default_factory=dict)
    words: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._inside: list[str] = []
        self.feed(self.html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what has a name."""
        values = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in values:
            self.fields[values["name"]] = values
        elif tag == "input":
            self.unsent[values["id"]] = values
        if tag == "html":
            self.language = values["lang"]
        if "href" in values and tag == "a":
            self.links.append(values["href"])
        if tag == "form" and "action" in values:
            self.forms.append(values["action"])
        if "id" in values:
            self.by_id[values["id"]] = tag
        if tag not in {"input", "meta", "link", "br"}:
            self._inside.append(tag)

    def handle_endtag(self, _tag: str) -> None:
        """One level up."""
        self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Collect the words."""
        if self._inside[-1:] == ["title"]:
            self.title = data
        else:
            self.words += f" {data}"


def seen(response: httpx2.Response) -> Seen:
    """What stands on the page of an answer."""
    return Seen(response.text)


async def open_link(browser: httpx2.AsyncClient, token: str) -> httpx2.Response:
    """Open a mailed link and go where it leads."""
    first = await browser.get(f"/invitation/{token}")
    assert (first.status_code, first.headers["location"]) == (303, "/set-up")
    return await browser.get("/set-up")


async def token_of(house: House, invitation: Invitation) -> str:
    """The token of the live link, without waiting for the mail."""
    return (await house.doorstep.link(invitation.id)).rpartition("/")[2]


async def active(house: House, office: str, **options: object) -> Invitation:
    """An invitation whose user can sign in with `PASSWORD`."""
    invitation = await house.waiting(office, **options)
    await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example")
    return await house.until_state(invitation, State.ACTIVE)


async def sign_in(browser: httpx2.AsyncClient, username: str, password: str = PASSWORD) -> httpx2.Response:
    """Send the sign-in form."""
    return await browser.post("/sign-in", data={"username": username, "password": password})


async def add_accounts(house: House, office: str, accounts: dict[str, str]) -> None:
    """Accounts by code and name, as the ERP exports them."""
    lines = ["Account Code,Account Name", *(f"{code},{name}" for code, name in accounts.items())]
    async for _row in await house.doorstep.import_rows("\n".join(lines).encode(), office):
        pass


async def everything(house: House, invitation: Invitation) -> list[object]:
    """Every row that belongs to an invitation, as the database has it."""
    queries = [
        "SELECT to_jsonb(x) FROM invitations x WHERE id = :id",
        "SELECT to_jsonb(x) FROM links x WHERE subject_id = :id ORDER BY generation",
        "SELECT to_jsonb(x) FROM deliveries x WHERE subject_id = :id ORDER BY id",
        "SELECT to_jsonb(x) FROM audit x WHERE subject_id = :id ORDER BY id",
    ]

    async def read(tx: AsyncConnection) -> list[object]:
        return [row for query in queries for row in (await tx.execute(text(query), {"id": invitation.id})).scalars()]

    return await house.run(read)
