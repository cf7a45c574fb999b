"""The Team Hub as the tests open it: somebody of an office, signed in, with the forms of their session."""

from dataclasses import dataclass

import httpx2
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.security.sessions import new_session_id, session_hash
from doorstep.store import staff_logins, staff_sessions
from tests.house import House
from tests.pages import Seen, seen, visitor
from web.cookies import Cookie
from web.hub.visits import token_of


@dataclass
class Colleague:
    """Somebody who is signed in to the Team Hub: their browser, and what every form of theirs carries."""

    browser: httpx2.AsyncClient
    address: str
    session: str
    office: str

    def path(self, below: str = "") -> str:
        """The address of a page of their office."""
        return f"/hub/offices/{self.office}{below}"

    async def look(self, path: str, status: int = 200) -> Seen:
        """Open a page."""
        answer = await self.browser.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.headers.get("location"))
        return seen(answer)

    async def send(self, path: str, **fields: object) -> httpx2.Response:
        """Send a form of theirs; a list is a field that comes more than once."""
        return await self.browser.post(path, data={"form_token": token_of(self.session), **fields})


async def colleague(
    house: House, app: FastAPI, office: str, *permissions: str, address: str = "", **more: object
) -> Colleague:
    """Somebody on the staff of `office` with those permissions, signed in; without any, whoever `address` is already.

    The session is made in the database: the way through the form is proven in `test_hub_doors.py`.
    """
    who = address or f"staff{len(permissions)}-{new_session_id()[:8].lower()}@{office}.example"
    if permissions:
        await house.doorstep.staff_set(office, who, permissions=permissions, **more)  # type: ignore[arg-type]
    session = new_session_id()

    async def work(tx: AsyncConnection) -> None:
        login = await staff_logins.make(tx, who)
        await staff_sessions.start(tx, session_hash(session), login, agent="tests", waits_for_code=False)

    await house.run(work)
    browser = visitor(app)
    browser.cookies.set(str(Cookie.STAFF), session)
    return Colleague(browser, who, session, office)


async def of_two_offices(house: House, app: FastAPI, office: str) -> Colleague:
    """Somebody on the staff of `office` who is an administrator of another one too."""
    both = await colleague(house, app, office, "companyView")
    await house.doorstep.staff_set(await house.office(), both.address, permissions=["administrator"])
    return both


async def page_about(house: House, chief: Colleague, mate: Colleague) -> str:
    """The address of the page on which `chief` looks after `mate`."""
    return chief.path(f"/staff/{(await house.doorstep.staff_member(chief.office, mate.address)).id}")
