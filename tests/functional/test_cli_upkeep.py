"""The command line when something is missing: every fault is a sentence, and never a trace."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import uuid_utils.compat as uuid_utils
from psycopg import sql
from temporalio.client import Client

from doorstep.domain.states import State
from doorstep.local.stack import Stack
from doorstep.security.links import KeyRing
from doorstep.store import migrate
from doorstep.store import tables as t
from starter import checks
from tests.command_line import CommandLine
from tests.house import PATIENCE, House

NOWHERE = "127.0.0.1:1"
NO_DATABASE = {"DOORSTEP_DATABASE_URL": f"postgresql://nobody@{NOWHERE}/doorstep"}
_OF_OTHER_RINGS = t.signing_secrets.delete().where(t.signing_secrets.c.key_id != "t1")
"""What tests of the rotation left behind: nobody has those keys any more."""

HEAVY = ("temporalio", "sqlalchemy", "jinja2", "phonenumbers", "fastapi", "starter.client")


async def test_doctor_finds_everything_in_place(house: House, doorstep: CommandLine) -> None:
    """Database, migrations, search attributes, keys, mail server and text gateway, each with what was seen."""
    await house.run(lambda tx: tx.execute(_OF_OTHER_RINGS))

    found = await doorstep.done("doctor")

    names = ["database", "migrations", "search attributes", "worker", "link keys", "mail server", "text gateway"]
    assert [each["name"] for each in found["checks"]] == names
    assert found["is_ok"] is True


async def test_doctor_misses_a_worker(servers: Stack) -> None:
    """F01: Temporal answers and nobody asks for tasks: it is named, with what starts one."""
    client = await Client.connect(servers.addresses()["temporal_address"], namespace="default")
    queue = "nobody-works-here"

    found = await checks.worker(client, queue)

    assert (found.name, found.is_ok, queue in found.seen) == ("worker", False, True)
    assert "doorstep up" in found.mend


async def test_doctor_names_what_mends_each_fault(doorstep: CommandLine) -> None:
    """A database, a Temporal and a mail server that are down: exit 1, and a command for each."""
    down = {**NO_DATABASE, "TEMPORAL_ADDRESS": NOWHERE, "DOORSTEP_SMTP_URL": f"smtp://{NOWHERE}"}

    said = await doorstep("doctor", "--json", **down)

    wrong = {each["name"]: each["mend"] for each in said.json["checks"] if not each["is_ok"]}
    assert said.status == 1
    assert wrong.keys() == {"database", "migrations", "temporal", "link keys", "mail server"}
    assert all(wrong.values())


async def test_a_database_that_is_down_is_one_sentence(doorstep: CommandLine) -> None:
    """F08: no trace, no half object, exit 1."""
    error = await doorstep.refused("list", **NO_DATABASE)
    told = await doorstep("migrate", **NO_DATABASE)

    assert (error["code"], error["status"]) == ("database_unavailable", 503)
    assert (told.status, told.out, told.err.count("\n")) == (1, "", 1)


async def test_temporal_may_be_down_while_somebody_is_invited(house: House, doorstep: CommandLine) -> None:
    """F05: the invitation is saved and said to be, and the sweep of the worker starts it later."""
    office = await house.office()

    said = await doorstep(
        "invite", "--office", office, "--email", "late@example.org", "--json", TEMPORAL_ADDRESS=NOWHERE
    )

    assert (said.status, said.json["state"]) == (0, State.PENDING)
    assert said.err.startswith("Temporal does not answer. What you asked for is decided and saved")


async def test_missing_and_wrong_settings_are_named_all_at_once(doorstep: CommandLine) -> None:
    """T33: whoever starts with nothing, or with nonsense, reads what to set."""
    nothing = {name: "" for name in doorstep.environment if name.startswith("DOORSTEP_")}

    missing = await doorstep.refused("list", **nothing)
    nonsense = await doorstep.refused("list", DOORSTEP_DATABASE_URL="nonsense")
    weak = await doorstep.refused("list", DOORSTEP_LINK_KEYS="k1:abc")
    profile = await doorstep.refused("list", TEMPORAL_PROFILE="nobody")

    names = ("DOORSTEP_DATABASE_URL", "DOORSTEP_SMTP_URL", "DOORSTEP_PUBLIC_URL", "DOORSTEP_LINK_KEYS")
    assert all(name in missing["message"] for name in names)
    assert {each["code"] for each in (missing, nonsense, weak, profile)} == {"settings_wrong"}
    assert "abc" not in weak["message"]


async def test_unknown_things_are_refused_with_the_remedy(house: House, doorstep: CommandLine) -> None:
    """Invariant 5: a stable code, a sentence and the status of the API, on both channels."""
    office = await house.office()
    to = ("invite", "--email", "ana@example.org", "--office")

    refusals = await asyncio.gather(
        doorstep.refused(*to, "nowhere"),
        doorstep.refused(*to, office, "--account", "4711"),
        doorstep.refused(*to, office, "--role", "emperor"),
        doorstep.refused("invite", "--office", office, "--email", "no address"),
        doorstep.refused("show", "00000000-0000-0000-0000-000000000000"),
        doorstep.refused("show", "abc"),
    )

    assert [(each["code"], each["status"]) for each in refusals] == [
        ("no_such_office", 404),
        ("unknown_account", 422),
        ("unknown_role", 422),
        ("address_invalid", 422),
        ("no_such_invitation", 404),
        ("id_invalid", 422),
    ]
    assert "doorstep office set nowhere" in refusals[0]["message"]
    assert "4711" in refusals[1]["message"]


async def test_an_empty_database_is_brought_up_to_date(house: House, doorstep: CommandLine) -> None:
    """Before, every command names `migrate`, and `--check` only tells; after it, all is in place."""
    async with _empty_database(house.settings.database_url.get_secret_value()) as url:
        empty = {"DOORSTEP_DATABASE_URL": url}

        unusable = await doorstep.refused("list", **empty)
        check = await doorstep("migrate", "--check", "--json", **empty)
        done = await doorstep.done("migrate", **empty)
        again = await doorstep.done("migrate", "--check", **empty)
        listed = await doorstep("list", **empty)

    assert (unusable["code"], unusable["message"].endswith("doorstep migrate")) == ("not_migrated", True)
    assert (check.status, check.json["is_up_to_date"], check.json["before"]) == (1, False, None)
    assert (done["head"], again["before"]) == (migrate.head(), migrate.head())
    assert "No invitations yet. Invite somebody: doorstep invite" in listed.out


@asynccontextmanager
async def _empty_database(url: str) -> AsyncIterator[str]:
    name = f"empty_{uuid_utils.uuid7().hex}"
    server = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with server:
        await server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield re.sub(r"/[^/?]+(?=\?|$)", f"/{name}", url, count=1)
        await server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def test_a_new_key_is_ready_for_the_ring(doorstep: CommandLine) -> None:
    """T23: the entry is printed alone, so that a script can take it, and nothing else knows it."""
    made = await doorstep("key", "new", "k2", "--json")
    bare = await doorstep("key", "new")
    wrong = await doorstep.refused("key", "new", "a:b")

    ring = KeyRing.parse(f"{made.json['entry']},{bare.out.strip()}")
    assert next(iter(ring.keys)) == made.json["name"] == "k2"
    assert all(len(key) == 32 for key in ring.keys.values())
    assert wrong["code"] == "key_name"


async def test_ctrl_c_ends_a_command_with_130(doorstep: CommandLine) -> None:
    """Whatever it waits for, here a database that takes the connection and says nothing."""
    is_connected = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_connected.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        process = await doorstep.start("list", DOORSTEP_DATABASE_URL=f"postgresql://x@127.0.0.1:{port}/x")
        await asyncio.wait_for(is_connected.wait(), PATIENCE)
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()

    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


async def test_version_and_help_load_nothing_heavy() -> None:
    """Typing `doorstep` answers at once: what takes seconds to import waits for a command that needs it."""
    code = f"import sys, starter.cli; print([name for name in {HEAVY!r} if name in sys.modules])"

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    out, _ = await process.communicate()

    assert out.decode().strip() == "[]"


async def test_version_is_that_of_the_distribution(doorstep: CommandLine) -> None:
    """One object with `--json`, one line without."""
    process = await doorstep.start("version")
    out, _ = await process.communicate()
    found = await doorstep.done("version")

    assert (process.returncode, out.decode()) == (0, f"doorstep {found['version']}\n")
