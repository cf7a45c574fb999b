"""The pages on real servers, as an invited person meets them."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.local.stack import Stack
from doorstep.store.engine import create_engine
from starter.temporal import Starter
from tests.house import PASSWORD, House, eventually
from tests.pages import active, add_accounts, open_link, seen, sign_in, token_of, visitor
from web.app import create_app

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(house: House) -> FastAPI:
    """The pages of the house."""
    return create_app(house.doorstep)


async def test_an_invited_person_comes_home_through_the_pages(house: House, app: FastAPI) -> None:
    """S4.38, S4.41, S0.19, S0.21, S3.11: from the link over the form to the accounts, each with its own sections."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Ridge Farms", "1045": "Te Miro Dairies"})
    invitation = await house.pending(office, name="Ana Ngata", accounts=["1042"], roles=["grower"])
    browser = visitor(app)

    form = seen(await open_link(browser, house.token(await house.mail_of(invitation, Message.INVITATION))))
    sent = {name: field["value"] for name, field in form.fields.items() if "value" in field}
    done = await browser.post("/set-up", data=sent | {"password": PASSWORD}, follow_redirects=True)
    early = await sign_in(browser, invitation.address)
    before = await browser.get("/")
    await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example")
    await house.until_state(invitation, State.ACTIVE)
    signed_in = await sign_in(browser, invitation.address)
    home = seen(await browser.get("/"))

    assert form.fields["username"]["value"] == invitation.address
    assert {name: field["autocomplete"] for name, field in form.fields.items() if "autocomplete" in field} == {
        "username": "username",
        "password": "new-password",
        "name": "name",
    }
    assert "Kauri Ridge Farms 1042" in form.words
    assert "NZDT (UTC+13:00)" in form.words or "NZST (UTC+12:00)" in form.words
    assert done.url.path == "/set-up/done"
    assert "approval" in seen(done).words
    assert (early.status_code, "approval" in early.text) == (403, True)
    assert (before.status_code, before.headers["location"]) == (303, "/sign-in")
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    assert "Kauri Ridge Farms 1042" in home.words
    assert "Agronomy plans" in home.words
    assert "Te Miro" not in home.words
    assert "Invoices" not in home.words


async def test_two_accounts_are_never_mixed(house: House, app: FastAPI) -> None:
    """S3.11, S0.12: the sections of each account stand under that account alone."""
    office = await house.office()
    await add_accounts(house, office, {"1": "First Farm", "2": "Second Farm"})
    invitation = await house.waiting(office, accounts=["1", "2"])
    await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example", permissions=["invoices"])
    await house.until_state(invitation, State.ACTIVE)
    browser = visitor(app)

    await sign_in(browser, invitation.address)
    home = seen(await browser.get("/")).words

    first, second = home.index("First Farm 1"), home.index("Second Farm 2")
    assert home.count("Invoices") == 2
    assert first < home.index("Invoices") < second < home.rindex("Invoices")


async def test_a_form_with_faults_loses_nothing_but_the_password(house: House, app: FastAPI) -> None:
    """S4.38: what was typed stays, each fault stands beside its field, and the summary has the focus."""
    invitation = await house.pending(await house.office())
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))

    answer = await browser.post("/set-up", data={"username": "a b", "password": "too short", "name": "Åna <b>"})
    again = seen(answer)
    empty = seen(await browser.post("/set-up", data={"username": " ", "password": ""}))
    late = await browser.post("/set-up", data={"username": "ana.b", "password": "too short", "name": "Åna"})

    assert answer.status_code == 422
    assert "too short" not in answer.text.replace("password_too_short", "")
    assert (again.fields["username"]["value"], again.fields["name"]["value"]) == ("a b", "Åna <b>")
    assert again.fields["username"]["aria-invalid"] == "true"
    assert again.fields["username"]["aria-describedby"].split() == ["username-hint", "username-fault"]
    assert {"username-hint", "username-fault", "summary-title"} <= again.by_id.keys()
    assert 'tabindex="-1"' in answer.text
    assert "autofocus" in answer.text
    assert "#username" in again.links
    assert again.title.startswith("Error: ")
    assert {"#username", "#password"} <= set(empty.links)
    assert "#password" in seen(late).links
    assert seen(late).fields["username"]["value"] == "ana.b"
    assert (await house.doorstep.show(invitation.id)).state is State.PENDING


async def test_a_taken_username_is_said_beside_its_field(house: House, app: FastAPI) -> None:
    """S4.17, S4.38: usernames are unique, and the form says so without losing the rest."""
    office = await house.office()
    first = await house.waiting(office)
    second = await house.pending(office)
    browser = visitor(app)
    await open_link(browser, await token_of(house, second))

    answer = await browser.post("/set-up", data={"username": first.address, "password": PASSWORD})

    assert answer.status_code == 422
    assert "This username is taken" in seen(answer).words
    assert "#username" in seen(answer).links


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "waiting for approval"),
        ("active", "you can sign in"),
        ("superseded", "open that one"),
        ("expired", "send you a new one"),
        ("closed", "invite you again"),
        ("revoked", "no longer works"),
        ("declined", "not for you"),
    ],
)
async def test_a_dead_link_says_why_and_whom_to_ask(house: House, app: FastAPI, state: str, words: str) -> None:
    """S0.22, S4.13: each reason has its own page, status 410, the help contact of the office, and never the form."""
    office = await house.office(resend_cooldown=timedelta(0))
    invitation = await house.pending(office)
    token = await token_of(house, invitation)
    await _bring(house, office, token, state)
    browser = visitor(app)

    answer = await open_link(browser, token)
    post = await browser.post("/set-up", data={"username": "somebody", "password": PASSWORD})

    page = seen(answer)
    assert (answer.status_code, post.status_code) == (410, 410)
    assert words in page.words
    assert f"help@{office}.example" in page.words
    assert "+64 9 555 0142" in page.words
    assert "password" not in page.fields
    assert ("/set-up/new-link" in page.forms) is (state == "expired")


async def _bring(house: House, office: str, token: str, state: str) -> None:
    """Bring the invitation of `token` into a state."""
    invitation = (await house.doorstep.open_link(token)).invitation
    boss = f"boss1@{office}.example"
    if state in {"waiting", "active"}:
        await house.set_up(invitation)
    if state == "active":
        await house.doorstep.approve(invitation.id, approver=boss)
        await house.until_state(invitation, State.ACTIVE)
    if state == "superseded":
        await house.doorstep.resend(invitation.id)
    if state in {"expired", "closed"}:
        await house.pass_time(invitation, timedelta(hours=25))
        await house.until_state(invitation, State.EXPIRED)
    if state == "closed":
        await house.pass_time(invitation, timedelta(days=8))
        await house.until(invitation, lambda row: row.closed_at is not None)
    if state == "revoked":
        await house.doorstep.revoke(invitation.id)
    if state == "declined":
        await house.doorstep.decline(token)


async def test_an_expired_link_is_renewed_with_one_button(house: House, app: FastAPI) -> None:
    """S4.13: the new link goes to the address that was invited, which the page shows masked, and works."""
    office = await house.office()
    invitation = await house.pending(office)
    browser = visitor(app)
    old = await token_of(house, invitation)
    await _bring(house, office, old, "expired")
    await open_link(browser, old)

    sent = await browser.post("/set-up/new-link", follow_redirects=True)
    again = await browser.post("/set-up/new-link")
    mail = await house.mail_of(invitation, Message.INVITATION, copies=2)
    fresh = await open_link(visitor(app), house.token(mail))

    assert (sent.status_code, sent.url.path) == (200, "/set-up/sent")
    assert "a…@example.org" in seen(sent).words
    assert invitation.address not in sent.text
    assert again.status_code == 410
    assert fresh.status_code == 200


async def test_not_for_me_ends_the_invitation_after_a_question(house: House, app: FastAPI) -> None:
    """S4.38: looking at the question changes nothing, the button ends it, and the inviter is told."""
    invitation = await house.pending(await house.office())
    browser = visitor(app)
    form = seen(await open_link(browser, await token_of(house, invitation)))

    question = seen(await browser.get("/set-up/decline"))
    untouched = await house.doorstep.show(invitation.id)
    over = await browser.post("/set-up/decline", follow_redirects=True)

    assert "/set-up/decline" in form.links
    assert "its link stops working" in question.words
    assert untouched.state is State.PENDING
    assert (over.status_code, over.url.path) == (200, "/set-up/declined")
    assert (await house.doorstep.show(invitation.id)).state is State.DECLINED
    await house.mail_of(invitation, Message.DECLINED_NOTICE, to="clerk@office.example")


async def test_an_office_without_approval_says_so(house: House, app: FastAPI) -> None:
    """S4.41: where no approval is needed, the page speaks of activation, and soon of the sign-in."""
    invitation = await house.pending(await house.office(approval_required=False))
    browser = visitor(app)
    form = seen(await open_link(browser, await token_of(house, invitation)))

    done = await browser.post(
        "/set-up", data={"username": invitation.address, "password": PASSWORD}, follow_redirects=True
    )
    await house.until_state(invitation, State.ACTIVE)
    later = seen(await browser.get("/set-up/done"))

    assert "approval" not in form.words
    assert "approval" not in seen(done).words
    assert "/sign-in" in later.links


async def test_a_form_left_open_in_another_tab_does_not_answer_the_newer_link(house: House, app: FastAPI) -> None:
    """S2.7: each invitation is its own; a browser that opened two answers only the one that the form was for."""
    office = await house.office()
    first, second = await house.pending(office), await house.pending(office)
    browser = visitor(app)
    form = seen(await open_link(browser, await token_of(house, first)))
    await open_link(browser, await token_of(house, second))

    sent = {"username": "ana", "password": PASSWORD, "invitation": form.fields["invitation"]["value"]}
    answer = await browser.post("/set-up", data=sent)

    assert answer.status_code == 409
    assert "once more" in seen(answer).words
    assert (await house.doorstep.show(second.id)).state is State.PENDING


async def test_a_forgotten_password_is_set_anew(house: House, app: FastAPI) -> None:
    """S4.16: forgot, link, new password; the old one and every session end with it."""
    invitation = await active(house, await house.office())
    browser, other = visitor(app), visitor(app)
    await sign_in(other, invitation.address)

    asked = await browser.post("/forgot", data={"username": invitation.address}, follow_redirects=True)
    token = house.token(await house.mail_of(invitation, Message.PASSWORD_RESET))
    first = await browser.get(f"/reset/{token}")
    form = await browser.get("/reset")
    short = await browser.post("/reset", data={"password": "short"})
    done = await browser.post("/reset", data={"password": "another four plain words"}, follow_redirects=True)
    used = await visitor(app).get(f"/reset/{token}", follow_redirects=True)

    assert (asked.status_code, asked.url.path) == (200, "/forgot/sent")
    assert (first.status_code, first.headers["location"]) == (303, "/reset")
    assert seen(form).fields["password"]["autocomplete"] == "new-password"
    assert (short.status_code, done.url.path) == (422, "/reset/done")
    assert (used.status_code, "/forgot" in seen(used).links) == (410, True)
    assert (await other.get("/")).headers["location"] == "/sign-in"
    assert (await sign_in(other, invitation.address)).status_code == 403
    assert (await sign_in(other, invitation.address, "another four plain words")).status_code == 303


async def test_every_error_page_names_whom_to_ask(house: House, app: FastAPI) -> None:
    """S0.22: the help contact of the office, known from the link or from the session, on whatever goes wrong."""
    office = await house.office()
    invited, signed_in = visitor(app), visitor(app)
    await open_link(invited, await token_of(house, await house.pending(office)))
    await sign_in(signed_in, (await active(house, office)).address)

    answers = [
        *[await browser.get("/no-such-page") for browser in (invited, signed_in)],
        *[await browser.post("/") for browser in (invited, signed_in)],
        *[
            await browser.post("/sign-out", headers={"Origin": "http://evil.example"})
            for browser in (invited, signed_in)
        ],
        *[await browser.post("/forgot", content=b"x" * 70_000) for browser in (invited, signed_in)],
        await invited.post("/set-up", content=b"{}", headers={"Content-Type": "application/json"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 405, 405, 403, 403, 413, 413, 415]
    for answer in answers:
        assert f"help@{office}.example" in seen(answer).words


async def test_an_office_is_known_by_its_host(house: House, app: FastAPI) -> None:
    """S2.15, S0.22: whoever comes to the host of an office sees that office before anybody is known."""
    office = await house.office()
    await house.doorstep.office_set(office, own={"public_url": f"https://{office}.example"})

    answer = await visitor(app, base_url=f"https://{office}.example").get("/sign-in")

    assert answer.status_code == 200
    assert seen(answer).title == f"Sign in · Office {office}"


async def test_a_set_up_works_while_temporal_is_down(house: House) -> None:
    """S4.39: the row is safe whatever the worker does (F05), and the pages say that they are ready."""
    invitation = await house.pending(await house.office())
    nowhere = await Client.connect("127.0.0.1:9", lazy=True)
    browser = visitor(create_app(replace(house.doorstep, starter=Starter(nowhere))))
    await open_link(browser, await token_of(house, invitation))

    ready = await browser.get("/health/ready")
    done = await browser.post("/set-up", data={"username": invitation.address, "password": PASSWORD})

    assert ready.status_code == 200
    assert (done.status_code, done.headers["location"]) == (303, "/set-up/done")
    assert (await house.doorstep.show(invitation.id)).state is State.AWAITING_APPROVAL


async def test_a_database_that_is_away_is_an_answer_too(house: House) -> None:
    """S0.22: 503 with Retry-After and a kind page (F06); the process lives and says that it is not ready."""
    engine = create_engine("postgresql://doorstep@127.0.0.1:9/nowhere", application="doorstep-tests")
    browser = visitor(create_app(replace(house.doorstep, engine=engine)))

    answer = await sign_in(browser, "ana")
    health = [(await browser.get(f"/health/{name}")).status_code for name in ("live", "ready")]
    await engine.dispose()

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "not lost" in seen(answer).words
    assert health == [200, 503]


async def test_figures_are_counted_by_route_and_shown_to_this_machine_alone(house: House, app: FastAPI) -> None:
    """S4.41: requests by pattern and status, refused sign-ins by reason; nobody else may read them."""
    await sign_in(visitor(app), "nobody")
    await open_link(visitor(app), "x" * 43)

    figures = (await visitor(app, source="127.0.0.1").get("/metrics")).text
    elsewhere = await visitor(app).get("/metrics")

    assert 'doorstep_web_requests_total{method="GET",route="/invitation/{token}",status="303"} 1.0' in figures
    assert 'doorstep_web_requests_total{method="POST",route="/sign-in",status="403"} 1.0' in figures
    assert 'doorstep_web_sign_ins_refused_total{code="sign_in_failed"} 1.0' in figures
    assert "doorstep_web_request_seconds_bucket" in figures
    assert elsewhere.status_code == 404


async def test_the_process_starts_serves_and_stops(servers: Stack, tmp_path: Path) -> None:
    """S3.1: `python -m web` answers, and leaves with 0 on SIGTERM."""
    listener = {"DOORSTEP_WEB_PORT": servers.values["DOORSTEP_WEB_PORT"], "DOORSTEP_HOME": str(tmp_path)}
    environment = {**os.environ, **servers.values, **listener}  # noqa: TID251 - a process of its own
    with subprocess.Popen([sys.executable, "-m", "web"], cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{listener['DOORSTEP_WEB_PORT']}") as browser:

            async def answered() -> httpx2.Response | None:
                try:
                    return await browser.get("/health/ready")
                except httpx2.TransportError:
                    return None

            ready = await eventually(answered, "the web to answer")
            page = await browser.get("/invitation/" + "x" * 43)
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=20)[1].decode()

    assert (ready.status_code, page.status_code, process.returncode) == (200, 303, 0)
    assert "web_stopped" in log
    assert "x" * 43 not in log
    assert "server" not in page.headers


def test_the_process_names_the_settings_that_it_lacks(tmp_path: Path) -> None:
    """S3.1: without settings it leaves with 2, and says which ones."""
    environment = {"PATH": os.defpath, "DOORSTEP_HOME": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-m", "web"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert "DOORSTEP_DATABASE_URL" in ended.stderr
