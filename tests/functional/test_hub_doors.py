"""Signing in to the Team Hub: the mailed link, the password, the session, and who is kept outside."""

from email.message import EmailMessage
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import NOTHING, Authority
from doorstep.domain.errors import NotFound
from doorstep.domain.messages import Message
from doorstep.store import authority
from doorstep.store.audit import HUB, Actor
from tests.house import PASSWORD, House, eventually
from tests.hub import colleague, page_about
from tests.pages import seen, visitor
from web.hub.places import inside


async def mailed_link(house: House, address: str) -> str:
    """The path of the link that was mailed to somebody."""

    async def look() -> EmailMessage | None:
        return next(iter(house.mails(address, Message.STAFF_LINK)), None)

    body = (await eventually(look, "the mail with the link")).get_body(("plain",))
    assert body is not None
    found = next(word for word in body.get_content().split() if "/hub/password/" in word)
    return str(found).removeprefix(house.settings.public_url)


async def sessions(tx: AsyncConnection, address: str) -> list[UUID]:
    """Where somebody is signed in."""
    query = text("SELECT s.id FROM staff_sessions s JOIN staff_logins l ON l.id = login_id WHERE address = :address")
    return list((await tx.execute(query, {"address": address})).scalars())


async def test_staff_come_in_by_a_mailed_link_and_a_password_of_their_own(house: House, app: FastAPI) -> None:
    """S1.2, T09: `staff add` mails a link; it sets one password, once, with which the person signs in."""
    office = await house.office()
    address = f"mere@{office}.example"
    await house.doorstep.staff_set(office, address, name="Mere", permissions=["administrator"])
    await house.doorstep.staff_invite(address)
    browser = visitor(app)

    entered = await browser.get(await mailed_link(house, address))
    form = seen(await browser.get(entered.headers["location"]))
    saved = await browser.post("/hub/password", data={"password": PASSWORD})
    again = await browser.get("/hub/password")
    signed_in = await browser.post("/hub/sign-in", data={"address": address.upper(), "password": PASSWORD})
    first = await browser.get(signed_in.headers["location"])
    page = await browser.get(first.headers["location"])

    assert form.unsent["address"]["value"] == address
    assert saved.headers["location"] == "/hub/sign-in?done=password-set"
    assert again.status_code == 410
    assert (signed_in.headers["location"], first.headers["location"]) == ("/hub", f"/hub/offices/{office}")
    assert page.status_code == 200
    assert "Mere" in seen(page).words


async def test_t08_a_link_is_asked_for_in_the_same_words_by_everybody(house: House, app: FastAPI) -> None:
    """T08: whoever asks for a link learns nothing of who works here; only somebody whom an office knows gets one."""
    office = await house.office()
    known, unknown = f"boss1@{office}.example", f"nobody@{office}.example"
    browser = visitor(app)

    answers = [await browser.post("/hub/forgot", data={"address": each}) for each in (unknown, known)]

    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, "/hub/forgot/sent")}
    await mailed_link(house, known)
    assert house.mails(unknown, Message.STAFF_LINK) == []


async def test_t08_every_failed_sign_in_looks_the_same(house: House, app: FastAPI) -> None:
    """T08: an unknown address, one without a password and a wrong password get one answer."""
    office = await house.office()
    await colleague(house, app, office, "administrator", address=f"set@{office}.example")
    addresses = [f"nobody@{office}.example", f"boss1@{office}.example", f"set@{office}.example"]

    answers = [
        await visitor(app).post("/hub/sign-in", data={"address": each, "password": PASSWORD}) for each in addresses
    ]

    bodies = {answer.text.replace(each, "") for answer, each in zip(answers, addresses, strict=True)}
    assert {answer.status_code for answer in answers} == {403}
    assert len(bodies) == 1


async def test_t24_whoever_leaves_the_office_is_out_at_the_next_request(house: House, app: FastAPI) -> None:
    """T24: a session ends with the place on the staff, without anybody ending it."""
    office = await house.office()
    boss = await colleague(house, app, office, "administrator")
    other = await colleague(house, app, office, "companyView")
    await other.look(other.path())

    await house.doorstep.staff_remove(office, other.address, actor=boss.address)
    answer = await other.browser.get(other.path())

    assert answer.headers["location"] == f"/hub/sign-in?next=%2Fhub%2Foffices%2F{office}"


async def test_t20_an_office_of_others_does_not_exist(house: House, app: FastAPI) -> None:
    """T20: the page of an office where somebody does not work is the page of one that there is not."""
    office, foreign = await house.office(), await house.office()
    person = await colleague(house, app, office, "administrator")

    answers = [await person.browser.get(f"/hub/offices/{code}") for code in (foreign, "nowhere")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text.replace("nowhere", foreign)


async def test_t20_an_office_without_staff_is_open_to_nobody_of_the_hub(house: House) -> None:
    """T20: an office that has named no staff leaves it to the operator, and not to whoever signed in elsewhere."""
    office, empty = await house.office(), await house.office()
    await house.doorstep.staff_set(office, f"mere@{office}.example", permissions=["administrator"])
    names = [f"mere@{office}.example", "nobody@example.org"]

    async def work(tx: AsyncConnection) -> list[Authority]:
        return [await authority.of(tx, Actor(name, HUB), empty) for name in names]

    assert await house.run(work) == [NOTHING, NOTHING]


async def test_t12_a_form_without_the_token_of_the_session_changes_nothing(house: House, app: FastAPI) -> None:
    """T12: a button of the Hub counts with the token of the session alone, even from our own pages."""
    office = await house.office()
    person = await colleague(house, app, office, "administrator")
    [session] = await house.run(lambda tx: sessions(tx, person.address))
    path = f"/hub/account/sessions/{session}/end"

    refused = [await person.browser.post(path, data=data) for data in ({}, {"form_token": "0" * 64})]
    done = await person.send(path)

    assert [answer.status_code for answer in refused] == [403, 403]
    assert done.headers["location"] == "/hub/account?done=session-ended"
    assert await house.run(lambda tx: sessions(tx, person.address)) == []


async def test_sessions_are_listed_in_words_and_ended(house: House, app: FastAPI) -> None:
    """T24: whoever left a browser open somewhere finds it in the list, and ends it, or all but this one."""
    office = await house.office()
    person = await colleague(house, app, office, "administrator")
    others = [await colleague(house, app, office, address=person.address) for _ in range(3)]
    rename = text("UPDATE staff_sessions SET agent = :agent WHERE id = :id")
    agents = ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/147.0", "curl/8.0")
    ids = await house.run(lambda tx: sessions(tx, person.address))

    async def work(tx: AsyncConnection) -> None:
        for identifier, agent in zip(ids, agents, strict=False):
            await tx.execute(rename, {"id": identifier, "agent": agent})

    await house.run(work)
    page = await person.look("/hub/account")
    ended = await person.send("/hub/account/sessions/end-others")
    again = await person.look("/hub/account")

    assert "Firefox on Windows" in page.words
    assert "A browser" in page.words
    assert ended.headers["location"] == "/hub/account?done=sessions-ended"
    assert [(await each.browser.get("/hub")).headers["location"] for each in others] == ["/hub/sign-in"] * 3
    assert "Sign out everywhere else" in page.words
    assert "Sign out everywhere else" not in again.words


async def test_t20_an_administrator_signs_somebody_of_the_office_out(house: House, app: FastAPI) -> None:
    """T20, T24: whoever looks after the staff ends somebody's sessions, and nobody else's staff's."""
    office, foreign = await house.office(), await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView")
    stranger = await colleague(house, app, foreign, "administrator")

    with pytest.raises(NotFound):
        await house.doorstep.staff_sign_out(mate.address, actor=stranger.address)
    ended = await house.doorstep.staff_sign_out(mate.address, actor=chief.address)

    assert ended == 1
    assert (await mate.browser.get("/hub")).headers["location"] == "/hub/sign-in"


async def test_the_page_of_a_colleague_signs_them_out(house: House, app: FastAPI) -> None:
    """T24: the step says its effect first, and from the next request on their session opens nothing."""
    office = await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView")
    path = await page_about(house, chief, mate)

    before = await chief.look(path)
    done = await chief.send(f"{path}/sign-out")

    assert "Every browser that they are signed in with is signed out." in before.words
    assert done.headers["location"] == f"{path}?done=staff-signed-out"
    assert (await mate.browser.get("/hub")).headers["location"] == "/hub/sign-in"


async def test_t25_signing_out_ends_the_session_for_good(house: House, app: FastAPI) -> None:
    """T24, T25: a copied cookie is dead after the sign-out, and the browser is told to forget the pages."""
    person = await colleague(house, app, await house.office(), "administrator")
    cookie = dict(person.browser.cookies)

    answer = await person.browser.post("/hub/sign-out")
    person.browser.cookies.update(cookie)

    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert (await person.browser.get("/hub")).headers["location"] == "/hub/sign-in"


async def test_whoever_is_lost_in_the_team_hub_is_led_back_to_it(house: House, app: FastAPI) -> None:
    """S0.22: an address of the Team Hub that there is not leads staff on, and not to the sign-in page of customers."""
    chief = await colleague(house, app, await house.office(), "administrator")

    lost = await chief.look(chief.path("/no-such-page"), status=404)

    assert "There is no such page" in lost.words
    assert "/hub" in lost.links


async def test_without_a_provider_there_is_no_such_way(app: FastAPI) -> None:
    """S1.2: neither a button nor an address."""
    browser = visitor(app)

    page, direct = await browser.get("/hub/sign-in"), await browser.get("/hub/sign-in/openid")

    assert "/hub/sign-in/openid" not in page.text
    assert direct.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("//evil.example", "https://evil.example", "/\\evil.example", "/hub\\..\\", "/hub/../sign-in", "javascript:0"),
        *("/hub@evil.example", "/hubevil", "/hub//evil.example", "/hub/%0d%0aSet-Cookie", "/hub/sign-in", "", " /hub"),
        *("/hub/x\r\nSet-Cookie: a=b", "/hub/" + "x" * 600, "/sign-in", "hub", "/HUB/x", "/hub?next=//evil.example"),
    ],
)
def test_t18_nobody_is_sent_on_to_another_place(path: str) -> None:
    """T18: after the sign-in somebody comes to a page of the Hub, whatever the address asked for."""
    assert inside(path) == "/hub"


@pytest.mark.parametrize("path", ["/hub/offices/nz/clients?q=ana+ruiz&page=2", "/hub/invitations/0199-a4/review"])
def test_t18_a_page_of_the_hub_is_come_back_to(path: str) -> None:
    """T18: the page that somebody wanted is the one they come to."""
    assert inside(path) == path
