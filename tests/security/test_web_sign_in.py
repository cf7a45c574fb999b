"""What can be done to names, passwords and sessions through the pages, on real servers."""

import unicodedata
from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from uuid_utils.compat import uuid7

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from tests.house import House
from tests.pages import active, open_link, seen, sign_in, token_of, visitor

SLOW = settings(max_examples=4, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def test_t07_guessing_a_password_slows_the_guesser_alone(house: House, app: FastAPI) -> None:
    """T07: after ten wrong passwords even the right one waits, but not from another address."""
    invitation = await active(house, await house.office())
    guesser = visitor(app)

    wrong = [await sign_in(guesser, invitation.address, f"wrong password {n}") for n in range(10)]
    right = await sign_in(guesser, invitation.address)
    elsewhere = await sign_in(visitor(app), invitation.address)

    assert {answer.status_code for answer in wrong} == {403}
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0
    assert elsewhere.status_code == 303


async def test_t08_known_and_unknown_names_get_the_same_bytes(house: House, app: FastAPI) -> None:
    """T08: sign-in and forgot answer alike whether a name exists, waits, or never did."""
    office = await house.office()
    known, waiting = await active(house, office), await house.waiting(office)
    names = [known.address, waiting.address, "nobody-12345678@example.org"]

    answers = [await sign_in(visitor(app), name, "not the right password") for name in names]
    forgotten = [await visitor(app).post("/forgot", data={"username": name}) for name in names]

    bodies = {answer.text.replace(name, "NAME") for answer, name in zip(answers, names, strict=True)}
    assert len(bodies) == 1
    assert "approval" not in bodies.pop()
    assert {answer.status_code for answer in answers} == {403}
    heads = [{k: v for k, v in answer.headers.items() if k != "content-length"} for answer in answers]
    assert heads[0] == heads[1] == heads[2]
    assert len({(a.status_code, a.text, tuple(a.headers.items())) for a in forgotten}) == 1


async def test_t24_a_planted_session_is_not_honoured(house: House, app: FastAPI) -> None:
    """T24: whoever comes with an id gets a new one at the sign-in, and the old one stays worthless."""
    invitation = await active(house, await house.office())
    planted = "planted-by-somebody-else-0123456789abcdefghij"
    browser = visitor(app)
    browser.cookies.set("doorstep_session", planted, domain="portal.example")

    answer = await sign_in(browser, invitation.address)
    other = await visitor(app).get("/", headers={"Cookie": f"doorstep_session={planted}"})

    cookie = answer.headers["set-cookie"]
    assert planted not in cookie
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert other.headers["location"] == "/sign-in"


@pytest.mark.parametrize("end", ["sign-out", "sign-in", "reset", "suspend"])
async def test_t24_a_copied_cookie_dies_with_its_session(house: House, app: FastAPI, end: str) -> None:
    """T24: after a sign-out, another sign-in, a new password or a suspension the very next request is nobody's."""
    invitation = await active(house, await house.office())
    browser, thief = visitor(app), visitor(app)
    session = (await sign_in(browser, invitation.address)).cookies["doorstep_session"]
    copied = {"Cookie": f"doorstep_session={session}"}
    assert (await thief.get("/", headers=copied)).status_code == 200

    await _end(house, browser, invitation, end)

    assert (await thief.get("/", headers=copied)).headers["location"] == "/sign-in"


async def _end(house: House, browser: httpx2.AsyncClient, invitation: Invitation, how: str) -> None:
    """End the session of a browser."""
    if how == "sign-out":
        answer = await browser.post("/sign-out")
        assert '"cache"' in answer.headers["clear-site-data"]
        assert "Max-Age=0" in answer.headers["set-cookie"]
    elif how == "sign-in":
        await sign_in(browser, invitation.address)
    elif how == "reset":
        await browser.post("/forgot", data={"username": invitation.address})
        await browser.get("/reset/" + house.token(await house.mail_of(invitation, Message.PASSWORD_RESET)))
        assert (await browser.post("/reset", data={"password": "four other plain words"})).status_code == 303
    else:
        suspend = text("UPDATE users SET state = 'suspended' WHERE username = :name")
        await house.run(lambda tx: tx.execute(suspend, {"name": invitation.address}))


PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=15, max_size=64).filter(
    lambda typed: len(unicodedata.normalize("NFC", typed)) >= 15
)


@SLOW
@given(password=PASSWORDS)
@example(password=" four  plain words ")
@example(password="🐑" * 15)
@example(password="e\u0301" * 15 + "\x00&=%+;")
async def test_t26_any_text_of_fifteen_characters_is_a_password(house: House, app: FastAPI, password: str) -> None:
    """T26: spaces, emoji, accents and signs of the form itself arrive as typed, and nothing is cut off."""
    invitation = await house.doorstep.invite(office=await house.office(), email=f"ana-{uuid7().hex[-8:]}@example.org")
    username = f"u-{invitation.id}"
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))

    done = await browser.post("/set-up", data={"username": username, "password": password})
    right = await sign_in(browser, username, unicodedata.normalize("NFD", password))
    wrong = await sign_in(browser, username, password[:-1] + ("x" if password[-1] != "x" else "y"))

    assert done.headers["location"] == "/set-up/done"
    assert "Waiting for approval" in seen(right).title
    assert "approval" not in wrong.text


async def test_t26_a_long_password_counts_to_its_last_character(house: House, app: FastAPI) -> None:
    """T26: two texts of a hundred characters that differ in the last one are two passwords."""
    invitation = await house.pending(await house.office())
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))
    long = "long words " * 9

    await browser.post("/set-up", data={"username": invitation.address, "password": f"{long}1"})

    assert "approval" in (await sign_in(browser, invitation.address, f"{long}1")).text
    assert "approval" not in (await sign_in(browser, invitation.address, f"{long}2")).text


async def test_t27_a_megabyte_is_not_even_read(app: FastAPI) -> None:
    """T27: a password of a megabyte is 413, announced or not; one of 64 KiB is refused unhashed."""
    browser = visitor(app)
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    async def chunks() -> Iterator[bytes]:  # type: ignore[misc]
        yield b"username=ana&password="
        for _ in range(1024):
            yield b"x" * 1024

    announced = await sign_in(browser, "ana", "x" * 1_000_000)
    streamed = await browser.post("/sign-in", content=chunks(), headers=form)
    long = await sign_in(browser, "ana", "x" * 60_000)

    assert (announced.status_code, streamed.status_code, long.status_code) == (413, 413, 403)
