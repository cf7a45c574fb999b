"""The pages when something is wrong: errors, servers that are away, the process itself."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import httpx2
from fastapi import FastAPI
from temporalio.client import Client

from doorstep.domain.states import State
from doorstep.local.stack import Stack
from doorstep.settings import child_environment
from doorstep.store.engine import create_engine
from starter.temporal import Starter
from tests.house import PASSWORD, PATIENCE, House, eventually
from tests.pages import active, open_link, seen, sign_in, token_of, visitor
from web.app import create_app

ROOT = Path(__file__).parents[2]


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
    """S3.1: `python -m web` answers, and leaves with 0 on SIGTERM; its log holds no token (T02)."""
    port = servers.values["DOORSTEP_WEB_PORT"]
    environment = child_environment({**servers.values, "DOORSTEP_HOME": str(tmp_path)})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )

    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE) as browser:

        async def answered() -> httpx2.Response | None:
            try:
                return await browser.get("/health/ready")
            except httpx2.TransportError:
                return None

        ready = await eventually(answered, "the web to answer")
        page = await browser.get(f"/invitation/{'x' * 43}")
    process.terminate()
    log = (await process.communicate())[1].decode()

    assert (ready.status_code, page.status_code, process.returncode) == (200, 303, 0)
    assert "web_stopped" in log
    assert '"route": "/invitation/{token}"' in log
    assert "x" * 43 not in log
    assert "server" not in page.headers


async def test_the_process_names_the_settings_that_it_lacks(tmp_path: Path) -> None:
    """S3.1: without settings it leaves with 2, and says which ones."""
    environment = {"PATH": os.defpath, "DOORSTEP_HOME": str(tmp_path)}

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    said = (await process.communicate())[1].decode()

    assert process.returncode == 2
    assert "DOORSTEP_DATABASE_URL" in said
