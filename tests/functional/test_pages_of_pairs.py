"""The pages of way A: one link sets the passwords of two logins, and whoever is too late asks for another."""

from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from doorstep.domain.messages import Message
from doorstep.store import tables as t
from doorstep.store.users import username_key
from tests.functional.knowing import Added, added, mail_to
from tests.house import PASSWORD, House, eventually
from tests.pages import seen, sign_in, visitor

DAY = timedelta(days=1)
STAFF_PASSWORD = " five  other words for staff "
p = t.password_links.c


async def opened(house: House, browser: httpx2.AsyncClient, pair: Added) -> httpx2.Response:
    """The page behind the link that was mailed to a new pair."""
    mail = await mail_to(house, pair.address, Message.SET_PASSWORD)
    return await browser.get(f"/reset/{house.token(mail)}", follow_redirects=True)


async def grow_old(house: House, pair: Added) -> None:
    """Let the 24 hours of the pair's link pass on its row."""
    u = t.users.c
    owner = select(u.id).where(u.username_key == username_key(pair.username)).scalar_subquery()
    aged = update(t.password_links).where(p.user_id == owner).values(expires_at=p.expires_at - DAY)
    await house.run(lambda tx: tx.execute(aged))


async def test_one_link_sets_both_passwords(house: House, app: FastAPI) -> None:
    """S4.12, S4.9, T26: both usernames stand there, each with a field; then both sign in, with spaces as typed."""
    pair = await added(house)
    browser = visitor(app)

    form = seen(await opened(house, browser, pair))
    sent = {"password": PASSWORD, "staff_password": STAFF_PASSWORD}
    done = await browser.post("/reset", data=sent, follow_redirects=True)
    signed_in = [
        (await sign_in(visitor(app), pair.username)).status_code,
        (await sign_in(visitor(app), pair.staff_username, STAFF_PASSWORD)).status_code,
        (await sign_in(visitor(app), pair.staff_username)).status_code,
        (await sign_in(visitor(app), pair.staff_username, STAFF_PASSWORD.strip())).status_code,
    ]

    assert form.title.startswith("Set your passwords")
    assert {name: field["autocomplete"] for name, field in form.fields.items()} == {
        "password": "new-password",
        "staff_password": "new-password",
    }
    assert {name: (field["value"], field["autocomplete"]) for name, field in form.unsent.items()} == {
        "username": (pair.username, "username"),
        "staff_username": (pair.staff_username, "username"),
    }
    assert all("readonly" in field for field in form.unsent.values())
    assert ("required" in form.fields["password"], "required" in form.fields["staff_password"]) == (True, False)
    assert form.html.count("<fieldset>") == form.html.count("<legend>") == 2
    assert f"help@{pair.office}.example" in form.words
    assert (done.status_code, done.url.path) == (200, "/reset/done")
    assert "Both logins can sign in now" in seen(done).words
    assert signed_in == [303, 303, 403, 403]


async def test_the_staff_login_may_wait(house: House, app: FastAPI) -> None:
    """S4.12, S4.16: left empty, it is set later by "Forgot password" with its own username, at the same address."""
    pair = await added(house)
    browser = visitor(app)
    form = seen(await opened(house, browser, pair))

    done = await browser.post("/reset", data={"password": PASSWORD, "staff_password": ""}, follow_redirects=True)
    early = await sign_in(visitor(app), pair.staff_username)
    await browser.post("/forgot", data={"username": pair.staff_username})
    mail = await mail_to(house, pair.address, Message.PASSWORD_RESET)
    later = seen(await browser.get(f"/reset/{house.token(mail)}", follow_redirects=True))
    await browser.post("/reset", data={"password": STAFF_PASSWORD})

    assert "set it later: on the sign-in page choose “Forgot your password?”" in form.words
    assert "The management login can sign in now" in seen(done).words
    assert "Both" not in seen(done).words
    assert early.status_code == 403
    assert later.title.startswith("Choose a new password")
    assert (later.unsent["username"]["value"], set(later.fields)) == (pair.staff_username, {"password"})
    assert (await sign_in(visitor(app), pair.username)).status_code == 303
    assert (await sign_in(visitor(app), pair.staff_username, STAFF_PASSWORD)).status_code == 303


@pytest.mark.parametrize(
    ("sent", "faulty"),
    [
        ({"password": "short", "staff_password": ""}, {"password"}),
        ({"password": PASSWORD, "staff_password": "short"}, {"staff_password"}),
        ({"password": "", "staff_password": "short"}, {"password", "staff_password"}),
        ({"password": PASSWORD, "staff_password": "{staff}"}, {"staff_password"}),
        ({"password": "{management}", "staff_password": STAFF_PASSWORD}, {"password"}),
        ({"password": PASSWORD, "staff_password": "x" * 129}, {"staff_password"}),
    ],
)
async def test_t26_a_fault_stands_beside_the_password_it_is_about(
    house: House, app: FastAPI, sent: dict[str, str], faulty: set[str]
) -> None:
    """T26, S4.12: too short, too long, or the username: refused beside the right field, and neither password is set."""
    pair = await added(house)
    browser = visitor(app)
    await opened(house, browser, pair)
    names = {"{staff}": pair.staff_username, "{management}": pair.username}

    answer = await browser.post("/reset", data={name: names.get(value, value) for name, value in sent.items()})
    page = seen(answer)

    assert answer.status_code == 422
    assert {name for name, field in page.fields.items() if field.get("aria-invalid") == "true"} == faulty
    assert {f"#{name}" for name in faulty} <= set(page.links)
    assert {f"{name}-fault" for name in faulty} <= page.by_id.keys()
    assert not [value for value in sent.values() if len(value) > 10 and value in answer.text]
    for username in (pair.username, pair.staff_username):
        assert (await sign_in(visitor(app), username)).status_code == 403
    done = await browser.post("/reset", data={"password": PASSWORD, "staff_password": STAFF_PASSWORD})
    assert done.headers["location"].startswith("/reset/done")


async def test_after_24_hours_the_sign_in_page_leads_to_another_link(house: House, app: FastAPI) -> None:
    """S4.13, S4.16: 410, which points to the sign-in page; Forgot password works for who never set a password."""
    pair = await added(house)
    browser = visitor(app)
    await opened(house, browser, pair)
    await grow_old(house, pair)

    late = [await browser.get("/reset"), await browser.post("/reset", data={"password": PASSWORD})]
    page = seen(late[0])
    sign_in_page = seen(await browser.get("/sign-in"))
    await browser.post("/forgot", data={"username": pair.username})
    mail = await mail_to(house, pair.address, Message.PASSWORD_RESET)
    await browser.get(f"/reset/{house.token(mail)}")
    done = await browser.post("/reset", data={"password": PASSWORD}, follow_redirects=True)

    assert [answer.status_code for answer in late] == [410, 410]
    assert {"/sign-in", "/forgot"} <= set(page.links)
    assert "on the sign-in page choose “Forgot your password?” and enter your username" in page.words
    assert "/forgot" in sign_in_page.links
    assert (done.status_code, done.url.path) == (200, "/reset/done")
    assert (await sign_in(visitor(app), pair.username)).status_code == 303


async def test_the_link_is_used_once(house: House, app: FastAPI) -> None:
    """S4.12, T09: once the passwords are set the link is dead, and sets nobody's again."""
    pair = await added(house)
    browser, other = visitor(app), visitor(app)
    await opened(house, browser, pair)
    await opened(house, other, pair)
    await browser.post("/reset", data={"password": PASSWORD, "staff_password": STAFF_PASSWORD})

    again = await other.post("/reset", data={"password": "nine more words than before"})

    assert again.status_code == 410
    assert (await sign_in(visitor(app), pair.username)).status_code == 303


async def test_a_suspended_staff_login_is_left_out(house: House, app: FastAPI) -> None:
    """S4.12: whoever is suspended sets no password; the management login is not held up by that."""
    pair = await added(house)
    await house.doorstep.forgot(pair.staff_username, source=pair.office)
    forgotten = house.token(await mail_to(house, pair.address, Message.PASSWORD_RESET))
    await house.doorstep.reset(forgotten, password=STAFF_PASSWORD)
    await house.doorstep.user_suspend(pair.staff_username)
    browser = visitor(app)

    form = seen(await opened(house, browser, pair))
    done = await browser.post("/reset", data={"password": PASSWORD, "staff_password": STAFF_PASSWORD})

    assert set(form.fields) == {"password"}
    assert done.headers["location"] == "/reset/done?set=first"
    assert "You can sign in now" in seen(await browser.get("/reset/done?set=first")).words
    assert (await sign_in(visitor(app), pair.username)).status_code == 303
    assert (await sign_in(visitor(app), pair.staff_username, STAFF_PASSWORD)).status_code == 403


async def test_looking_uses_nothing_up(house: House, app: FastAPI) -> None:
    """T05: GET and HEAD of the link, as often as a scanner likes, leave it live."""
    pair = await added(house)
    browser = visitor(app)
    token = house.token(await mail_to(house, pair.address, Message.SET_PASSWORD))

    async def rows() -> list[tuple[UUID, str, int]]:
        found = await house.run(lambda tx: tx.execute(select(p.id, p.state, p.rev).where(p.office == pair.office)))
        return [(row[0], row[1], row[2]) for row in found]

    await eventually(lambda: _settled(house, pair), "the workflow to rest")
    before = await rows()
    for path in (f"/reset/{token}", "/reset", "/reset/done"):
        for method in ("GET", "HEAD", "GET"):
            await browser.request(method, path)

    assert await rows() == before
    assert (await browser.post("/reset", data={"password": PASSWORD})).status_code == 303


async def _settled(house: House, pair: Added) -> bool | None:
    query = select(p.id).where(p.office == pair.office, p.state == "sent", p.seen_rev == p.rev)
    return (await house.run(lambda tx: tx.execute(query))).one_or_none() is not None or None
