"""The real servers that the tests stand on: one PostgreSQL, one Temporal, one mail server a test process.

A test takes an office of its own from `house.office()`, so that tests share the servers and never each other's rows.
"""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from temporalio.client import Client

from doorstep.local.home import ANY_PORTS, Home
from doorstep.local.postgres import FAST
from doorstep.local.stack import Stack
from tests.faults.misbehaving_smtp import ACCEPT, MisbehavingSmtp
from tests.house import House, build_house, work
from web.app import create_app

# Whoever starts the tests in the background hands down an ignored SIGINT, which programs under test would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What cannot run beside itself stays on one worker: pytest-xdist says nothing where it leaves its groups aside."""
    grouped = (item for item in session.items if item.get_closest_marker("xdist_group"))
    if getattr(session.config.option, "loadgroup", False) and not all("@" in item.nodeid for item in grouped):
        raise pytest.UsageError("This pytest-xdist keeps no groups together (pytest-xdist #1386).")


@pytest.fixture(scope="session", autouse=True)
def fresh_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of whoever runs the tests leaks into them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOORSTEP_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TEMPORAL_CONFIG_FILE", "/dev/null")
        for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_PROFILE", "DOORSTEP_DATABASE_URL"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[Stack]:
    """PostgreSQL with the schema, and Temporal; not in pytest's folder, which each pytest of this user closes anew."""
    parts = {"postgres", "migrations", "temporal"}
    with TemporaryDirectory(prefix="doorstep-") as folder:
        async with Stack(Home.at(Path(folder)), parts=parts, ports=ANY_PORTS, postgres=FAST) as stack:
            yield stack


@pytest.fixture(scope="session")
async def idle_house(servers: Stack) -> AsyncIterator[House]:
    """The house with nobody at work."""
    addresses = servers.addresses()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPORAL_ADDRESS", addresses["temporal_address"])
        client = await Client.connect(addresses["temporal_address"])
        async with MisbehavingSmtp() as smtp, build_house(addresses["database_url"], client, smtp) as built:
            yield built


@pytest.fixture(scope="session")
async def worked_house(idle_house: House) -> AsyncIterator[House]:
    """The house with a worker in this process."""
    async with work(idle_house) as running:
        idle_house.worker = running
        yield idle_house
        idle_house.worker = None


@pytest.fixture
def house(worked_house: House) -> Iterator[House]:
    """The house, with a mail server that behaves, for this test and for whatever comes next."""
    worked_house.smtp.mode = ACCEPT
    yield worked_house
    worked_house.smtp.mode = ACCEPT


@pytest.fixture
def app(house: House) -> FastAPI:
    """The pages of the house."""
    return create_app(house.doorstep)
