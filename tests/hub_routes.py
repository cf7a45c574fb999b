"""Every route of the Team Hub as the tests go over all of them: where it is, what it names, what it sends."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi.routing import APIRoute

from tests.hub_cases import CASES, Case
from web.hub.app import ROUTES

NAMED = re.compile(r"\{(\w+)(?::\w+)?\}")
OF_ACCOUNT = {"account", "contact", "invitation", "user"}
NOBODY = "0199a7c2-5a80-7000-8000-000000000000"
"""What nothing is called."""


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str

    @property
    def name(self) -> str:
        """Such as `GET /hub/account`."""
        return f"{self.method} {self.path}"

    @property
    def case(self) -> Case:
        """What is known of it; a route without a line fails the one test that is about that."""
        return CASES.get(self.name, Case())

    @property
    def kinds(self) -> list[str]:
        """What its address names, beside the office."""
        return [name for name in NAMED.findall(self.path) if name != "office"]

    @property
    def is_of_account(self) -> bool:
        """Whether what it names belongs to an account, so that a rep finds it or not."""
        return bool(OF_ACCOUNT & set(self.kinds))

    @property
    def is_of_office(self) -> bool:
        """Whether its address says which office."""
        return "{office}" in self.path

    def at(self, things: Mapping[str, str], **instead: str) -> str:
        """Its address, for those things."""
        query = {name: _meant(value, things) for name, value in self.case.query.items()}
        path = NAMED.sub(r"{\1}", self.path).format_map(self.named(things) | instead)
        return f"{path}?{urlencode(query)}" if query else path

    def named(self, things: Mapping[str, str]) -> dict[str, str]:
        """What its address names, for those things."""
        chosen = {name: things.get(self.case.at.get(name, name), things.get(name, NOBODY)) for name in self.kinds}
        return {"office": things.get("office", ""), **chosen}

    def sends(self, things: Mapping[str, str]) -> dict[str, str | list[str]]:
        """What its form sends, for those things."""
        return {
            name: _meant(value, things) if isinstance(value, str) else [_meant(each, things) for each in value]
            for name, value in self.case.fields.items()
        }


def _meant(value: str, things: Mapping[str, str]) -> str:
    return things.get(value.removeprefix("@"), NOBODY) if value.startswith("@") else value


def routes() -> list[Route]:
    """All that the Team Hub answers."""
    return [
        Route(method, route.path)
        for route in ROUTES
        if isinstance(route, APIRoute)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def pages() -> list[Route]:
    """What is looked at by somebody who is signed in."""
    return [route for route in routes() if route.method == "GET" and not route.case.is_outside]


def forms() -> list[Route]:
    """What somebody who is signed in sends."""
    return [route for route in routes() if route.method != "GET" and not route.case.is_outside]
