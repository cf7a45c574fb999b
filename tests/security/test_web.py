"""The threats that meet the pages, each tried on real servers."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs
from tests.house import PASSWORD, House
from tests.pages import PORTAL, active, open_link, seen, sign_in, token_of, visitor

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store.engine import create_engine
from web.app import create_app

SLOW = settings(
    max_examples=10, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EVIL = "evil.example"


@pytest.fixture
def app(house: House) -> FastAPI:
    """The pages of the house."""
    return create_app(house.doorstep)


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


async def test_t01_the_token_leaves_the_address_bar_at_once(house: House, app: FastAPI) -> None:
    """T01: the first answer is a redirect to an address without the token, and no page repeats it."""
    browser = visitor(app)
    token = await token_of(house, await house.pending(await house.office()))

    first = await browser.get(f"/invitation/{token}")
    page = await browser.get(first.headers["location"])

    assert first.headers["location"] == "/set-up"
    assert first.headers["referrer-policy"] == page.headers["referrer-policy"] == "no-referrer"
    assert token not in page.text
    assert not re.findall(r'(?:src|href)="(?!/|mailto:|tel:|#)', page.text)
    cookie = first.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=3600"} <= set(cookie.split("; "))


async def test_t02_no_log_line_holds_a_token_an_address_or_a_password(
    house: House, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    """T02: the whole way at DEBUG; routes are noted by their pattern."""
    invitation = await house.pending(await house.office())
    token = await token_of(house, invitation)
    browser = visitor(app)

    with capture_logs() as lines, caplog.at_level("DEBUG"):
        await open_link(browser, token)
        await browser.post("/set-up", data={"username": invitation.address, "password": PASSWORD})
        await sign_in(browser, invitation.address)
        await browser.get(f"/no/such/{invitation.address}?token={token}")
        await browser.post("/forgot", data={"username": invitation.address})

    said = f"{lines} {[record.getMessage() for record in caplog.records if 'httpx' not in record.name]}"
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/invitation/{token}",
        "/set-up",
        "/set-up",
        "/sign-in",
        "none",
        "/forgot",
    ]
    for secret in (token, invitation.address, PASSWORD):
        assert secret not in said


async def test_t05_looking_changes_nothing(house: House, app: FastAPI) -> None:
    """T05: fifty times GET and HEAD of everything that a scanner can reach, then the form still works."""
    invitation = await house.pending(await house.office())
    await house.until(invitation, lambda row: row.seen_rev == row.rev and not row.unsent())
    token = await token_of(house, invitation)
    before = await everything(house, invitation)
    browser = visitor(app)
    await open_link(browser, token)

    for method, path in product(("GET", "HEAD"), (f"/invitation/{token}", "/set-up", "/set-up/decline")):
        for _ in range(50 if path != "/set-up/decline" else 5):
            await browser.request(method, path)
    await browser.get("/set-up/new-link")
    after = await everything(house, invitation)
    done = await browser.post("/set-up", data={"username": invitation.address, "password": PASSWORD})

    assert before == after
    assert done.headers["location"] == "/set-up/done"


def mutations(token: str) -> Iterator[str]:
    """Tokens that are almost right."""
    for position in (0, 21, 42):
        other = "A" if token[position] != "A" else "B"
        yield token[:position] + other + token[position + 1 :]
    yield from (token.swapcase(), token[:-1], f"{token}A", f"{token}=", f"{token}%20", f"%00{token}", token[::-1])
    yield from (f"{token}/", f"{token}%2F..", "\u0661" * 43, "é" * 43, "x" * 5000, "%ff%fe", "'; DROP TABLE links; --")


async def test_t06_no_token_but_the_right_one_opens_anything(house: House, app: FastAPI) -> None:
    """T06: bits, case, length, padding and other alphabets; never the form, never a fault of ours."""
    token = await token_of(house, await house.pending(await house.office()))

    for wrong in mutations(token):
        for door in ("/invitation/", "/reset/"):
            browser = visitor(app)
            await browser.get(f"/invitation/{token}")  # a link opened before must not answer for this one
            answer = await browser.get(f"{door}{wrong}", follow_redirects=True)
            assert answer.status_code in {404, 410}, (wrong, answer.status_code)
            assert "password" not in seen(answer).fields


@SLOW
@given(wrong=st.text(min_size=1, max_size=60))
async def test_t06_any_text_is_a_token_that_opens_nothing(house: House, app: FastAPI, wrong: str) -> None:
    """T06: whatever stands in the cookie, the answer is a page that says no."""
    browser = visitor(app)
    value = wrong.encode("unicode_escape").hex()

    answer = await browser.get("/set-up", headers={"Cookie": f"doorstep_link={value}"})

    assert answer.status_code == 410


async def test_t06_the_eleventh_guess_has_to_wait(house: House, app: FastAPI) -> None:
    """T06: ten wrong links from one address, then 429; somebody else, and the right link, go on."""
    token = await token_of(house, await house.pending(await house.office()))
    guesser = visitor(app)

    answers = [await open_link(guesser, f"{number:043d}") for number in range(11)]
    right = await open_link(guesser, token)

    assert [answer.status_code for answer in answers] == [410] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert right.status_code == 200
    assert (await open_link(visitor(app), "x" * 43)).status_code == 410


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


async def test_t09_a_link_opens_its_own_door_once(house: House, app: FastAPI) -> None:
    """T09: used, old and foreign links open nothing, and an old one does not burn the newest."""
    office = await house.office(resend_cooldown=timedelta(0))
    used, renewed = await house.pending(office), await house.pending(office)
    used_token, old_token = await token_of(house, used), await token_of(house, renewed)
    await house.doorstep.set_up(used_token, username=used.address, password=PASSWORD)
    await house.doorstep.resend(renewed.id)
    new_token = await token_of(house, renewed)
    browser = visitor(app)
    sent = {"username": "somebody", "password": PASSWORD}

    answers = []
    for token in (used_token, old_token):
        answers.append(await open_link(browser, token))
        answers += [await browser.post(path, data=sent if path == "/set-up" else {}) for path in SET_UP_POSTS]
    foreign = await browser.get(f"/reset/{new_token}", follow_redirects=True)
    fresh = await open_link(browser, new_token)

    assert {answer.status_code for answer in answers} == {410}
    assert "newer link" in seen(answers[4]).words
    assert (foreign.status_code, fresh.status_code) == (410, 200)
    assert (await house.doorstep.show(renewed.id)).generation == 2


SET_UP_POSTS = ("/set-up", "/set-up/decline", "/set-up/new-link")
POSTS = (*SET_UP_POSTS, "/sign-in", "/sign-out", "/forgot", "/reset")
FETCH_SITES = (None, "none", "same-origin", "same-site", "cross-site", "rubbish")
ORIGINS = (None, PORTAL, "http://portal.example:81", f"http://{EVIL}", "null", "http://portal.example.evil.example")


@pytest.mark.parametrize("path", POSTS)
async def test_t12_a_form_of_another_site_is_refused(app: FastAPI, path: str) -> None:
    """T12: Fetch Metadata decides where it is there, Origin where it is not, for every form."""
    for site, origin in product(FETCH_SITES, ORIGINS):
        headers = {"Sec-Fetch-Site": site, "Origin": origin}
        sent = {name: value for name, value in headers.items() if value is not None}
        is_ours = site in {"none", "same-origin"} if site else origin in {None, PORTAL}

        answer = await visitor(app).post(path, headers=sent)

        assert (answer.status_code != 403) is is_ours, (site, origin, answer.status_code)


async def test_t12_a_forged_form_does_nothing(house: House, app: FastAPI) -> None:
    """T12: with the cookies of the victim, a page elsewhere neither signs out, nor declines, nor sets up."""
    office = await house.office()
    pending, member = await house.pending(office), await active(house, office)
    browser = visitor(app)
    await open_link(browser, await token_of(house, pending))
    await sign_in(browser, member.address)
    forged = {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{EVIL}", "Authorization": "Bearer made-up"}

    for path in POSTS:
        sent = {"username": "mallory", "password": PASSWORD}
        assert (await browser.post(path, data=sent, headers=forged)).status_code == 403

    assert (await house.doorstep.show(pending.id)).state is State.PENDING
    assert (await browser.get("/")).status_code == 200


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of everything that the router knows, and of what it does not."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path.replace("{token}", "x" * 43)) for method in sorted(route.methods))
    yield from (("GET", "/static/doorstep.css"), ("GET", "/static/none.css"), ("GET", "/nowhere"), ("PUT", "/sign-in"))


async def test_t13_t25_every_answer_carries_the_headers(house: House, app: FastAPI) -> None:
    """T13, T25: no frame, no sniffing, no referrer, no cache, whatever the route and however it ends."""
    known = [*addresses(app)]
    answers = [(path, await visitor(app).request(method, path)) for method, path in known]
    answers.append(("/", await visitor(app, base_url=f"http://{EVIL}").get("/")))
    answers.append(("/", await visitor(app).post("/sign-out", headers={"Origin": f"http://{EVIL}"})))
    answers.append(("/", await visitor(app).post("/sign-in", content=b"x" * 70_000)))
    empty = create_engine(f"{house.settings.database_url.get_secret_value()}", application="doorstep-tests")
    broken = create_app(replace(house.doorstep, engine=empty.execution_options(schema_translate_map={None: "nowhere"})))
    answers.append(("/", await sign_in(visitor(broken), "ana")))
    await empty.dispose()

    assert len(known) > 25
    assert {400, 403, 404, 405, 410, 413, 500} <= {answer.status_code for _path, answer in answers}
    for path, answer in answers:
        headers = answer.headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
        is_file = path.startswith("/static/") and answer.status_code == 200
        assert headers["cache-control"] == ("public, max-age=31536000, immutable" if is_file else "no-store"), path


async def test_t13_https_is_kept_and_cookies_are_bound_to_the_host(house: House) -> None:
    """T13, T24: where people come by https: HSTS, `__Host-`, Secure."""
    secure = house.settings.model_copy(update={"public_url": "https://portal.example"})
    browser = visitor(create_app(replace(house.doorstep, settings=secure)), base_url="https://portal.example")

    answer = await browser.get("/invitation/" + "x" * 43)

    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert answer.headers["set-cookie"].startswith("__Host-doorstep_link=")
    assert {"Secure", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
    assert "domain" not in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "host", [EVIL, f"portal.example.{EVIL}", f"portal.example@{EVIL}", "portal.example/x", "", "["]
)
async def test_t17_a_foreign_host_gets_nothing(app: FastAPI, host: str) -> None:
    """T17: no page, no redirect and no mail is made for a host that is not ours; probes alone may use any."""
    browser = visitor(app)

    answers = [await browser.get(path, headers={"Host": host}) for path in ("/sign-in", "/", "/invitation/x")]
    forgot = await browser.post("/forgot", data={"username": "ana"}, headers={"Host": host})

    assert {answer.status_code for answer in [*answers, forgot]} == {400}
    assert (await browser.get("/health/live", headers={"Host": host})).status_code == 200


async def test_t17_a_forwarded_host_is_never_believed(house: House, app: FastAPI) -> None:
    """T17: with `X-Forwarded-Host` and friends, redirects stay paths and the mailed link stays ours."""
    invitation = await active(house, await house.office())
    spoofed = {"X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}", "X-Original-Host": EVIL, "X-Host": EVIL}

    answer = await visitor(app).post("/forgot", data={"username": invitation.address}, headers=spoofed)
    mail = await house.mail_of(invitation, Message.PASSWORD_RESET)

    assert answer.headers["location"] == "/forgot/sent"
    assert EVIL not in mail.as_string()
    assert f"{PORTAL}/reset/" in mail.as_string().replace("=\n", "")


LEADS = [
    f"//{EVIL}",
    f"https://{EVIL}",
    f"/\\{EVIL}",
    f"https:{EVIL}",
    "javascript:alert(1)",
    f"@{EVIL}",
    f"%2F%2F{EVIL}",
]


async def test_t18_no_redirect_leads_away(house: House, app: FastAPI) -> None:
    """T18: whatever is asked for, in the query or in the path, the next page is one of ours."""
    invitation = await active(house, await house.office())
    for lead in LEADS:
        browser = visitor(app)
        query = {"next": lead, "return_to": lead, "url": lead, "continue": lead}
        answers = [await browser.get(path, params=query) for path in ("/", "/sign-in", "/invitation/x", "/reset/x")]
        answers.append(await browser.get(f"/{lead}/"))
        sent = {"username": invitation.address, "password": PASSWORD}
        answers.append(await browser.post("/sign-in", params=query, data=sent))
        answers.append(await browser.post("/sign-out", params=query))

        leads = {answer.headers["location"] for answer in answers if answer.is_redirect}
        assert leads == {"/sign-in", "/set-up", "/reset", "/"}


@pytest.mark.parametrize("extra", ["role", "permissions", "state", "office", "is_admin", "accounts", "user_id"])
async def test_t19_a_form_takes_nothing_beyond_its_fields(house: House, app: FastAPI, extra: str) -> None:
    """T19: `role=admin` with the set-up is refused as a whole, and so is a field that comes twice."""
    invitation = await house.pending(await house.office())
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))
    sent = {"username": invitation.address, "password": PASSWORD}

    more = await browser.post("/set-up", data=sent | {extra: "admin"})
    twice = await browser.post("/set-up", content=f"username=a&username=b&password={'x' * 20}".encode())
    others = [await browser.post(path, data=sent | {extra: "admin"}) for path in POSTS[1:]]

    assert (more.status_code, twice.status_code) == (422, 422)
    assert {answer.status_code for answer in others} <= {410, 422}
    assert (await house.doorstep.show(invitation.id)).state is State.PENDING


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
    lambda typed: len(unicodedata.normalize("NFC", typed)) >= 15 and typed.strip() != ""
)


@SLOW
@given(password=PASSWORDS)
@example(password=" four  plain words ")
@example(password="🐑" * 15)
@example(password="e\u0301" * 15 + "\x00&=%+;")
async def test_t26_any_text_of_fifteen_characters_is_a_password(house: House, app: FastAPI, password: str) -> None:
    """T26: spaces, emoji, accents and signs of the form itself arrive as typed, and nothing is cut off."""
    invitation = await house.doorstep.invite(office=await house.office(), email="ana@example.org")
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


async def test_t15_what_people_typed_stays_text(house: House, app: FastAPI) -> None:
    """T15: names and form fields are shown as they are, and make no element, attribute or link."""
    nasty = '"><script>alert(1)</script><a href="//evil.example">{{7*7}}'
    invitation = await house.pending(await house.office(), name=nasty)
    browser = visitor(app)

    form = await open_link(browser, await token_of(house, invitation))
    again = await browser.post("/set-up", data={"username": nasty, "password": "", "name": nasty})

    for answer in (form, again):
        assert seen(answer).fields["name"]["value"] == nasty
        assert f"//{EVIL}" not in seen(answer).links
        assert "<script>alert" not in answer.text
