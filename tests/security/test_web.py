"""What other sites, proxies and forged forms can do to the pages, on real servers."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store.engine import create_engine
from tests.house import PASSWORD, House
from tests.pages import PORTAL, active, open_link, sign_in, token_of, visitor
from web.app import create_app

EVIL = "evil.example"
SET_UP_POSTS = ("/set-up", "/set-up/accept", "/set-up/decline", "/set-up/new-link")
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


async def test_t12_nobody_accepts_for_somebody_else(house: House, app: FastAPI) -> None:
    """T12, decision 5: the consent of a person is their own: a page elsewhere cannot press the button for them."""
    office = await house.office(existing_users="consent")
    member = await active(house, await house.office())
    invitation = await house.doorstep.invite(office=office, email=member.address)
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))
    forged = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": f"http://{EVIL}"}]

    answers = [await browser.post("/set-up/accept", headers=headers) for headers in forged]
    state = (await house.doorstep.show(invitation.id)).state
    own = await browser.post("/set-up/accept", headers={"Sec-Fetch-Site": "same-origin", "Origin": PORTAL})

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert state is State.PENDING
    assert own.headers["location"] == "/set-up/done"


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of everything that the router knows, and of what it does not."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            path = route.path.replace("{token}", "x" * 43).replace("{delivery_id}", str(UUID(int=7)))
            yield from ((method, path) for method in sorted(route.methods or ()))
    yield from (("GET", "/static/doorstep.css"), ("GET", "/static/none.css"), ("GET", "/nowhere"), ("PUT", "/sign-in"))


async def test_t13_t25_every_answer_carries_the_headers(house: House, app: FastAPI) -> None:
    """T13, T25: no frame, no sniffing, no referrer, no cache, whatever the route and however it ends."""
    known = [*addresses(app)]
    answers = [(path, await visitor(app).request(method, path)) for method, path in known]
    answers.append(("/", await visitor(app, base_url=f"http://{EVIL}").get("/")))
    answers.append(("/", await visitor(app).post("/sign-out", headers={"Origin": f"http://{EVIL}"})))
    answers.append(("/", await visitor(app).post("/sign-in", content=b"x" * 70_000)))
    empty = create_engine(house.settings.database_url.get_secret_value(), application="doorstep-tests")
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
