"""A phone with an app that shows one-time codes, and how somebody of the Team Hub sets it up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2
from fastapi import FastAPI
from pyotp.totp import TOTP
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.security import passwords
from doorstep.store import staff_logins
from tests.house import PASSWORD, House
from tests.hub import Colleague
from tests.pages import visitor


@dataclass
class Phone:
    """The app of somebody: it has read the secret."""

    secret: str

    def code(self, *, steps: int = 0) -> str:
        """What it shows, `steps` half minutes from now."""
        moment = datetime.now(UTC) + timedelta(seconds=30 * steps)  # noqa: TID251 - the clock of a phone
        return TOTP(self.secret).at(moment)

    @property
    def wrong(self) -> str:
        """What it shows at no time near."""
        near = {self.code(steps=steps) for steps in range(-3, 4)}
        return next(each for each in ("000000", "111111", "222222", "333333", "444444", "555555") if each not in near)


async def secret_of(person: Colleague) -> str:
    """The secret that stands on the page to set an app up with."""
    page = await person.look("/hub/account/code")
    words = page.html.partition('class="secret"')[2].partition("</p>")[0]
    return "".join(part.partition("</span>")[0] for part in words.split("<span>")[1:])


async def with_phone(house: House, person: Colleague) -> Phone:
    """Somebody with a password who has turned the code on, as a person does; the code of just now is used."""
    made = await passwords.hash_password(PASSWORD)

    async def work(tx: AsyncConnection) -> None:
        await staff_logins.set_password(tx, await staff_logins.make(tx, person.address), made)

    await house.run(work)
    await person.send("/hub/account/code/begin")
    phone = Phone(await secret_of(person))
    done = await person.send("/hub/account/code", code=phone.code())
    assert done.headers["location"] == "/hub/account?done=code-on"
    return phone


async def password_typed(app: FastAPI, person: Colleague, **more: str) -> httpx2.AsyncClient:
    """A browser in which the right password was sent."""
    browser = visitor(app)
    answer = await browser.post("/hub/sign-in", data={"address": person.address, "password": PASSWORD, **more})
    assert answer.headers["location"].startswith("/hub/sign-in/code"), answer.headers["location"]
    return browser
