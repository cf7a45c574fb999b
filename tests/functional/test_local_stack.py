"""The embedded stack for real: its servers, its mailbox, its home, and what is left of it after a kill -9."""

import asyncio
import email
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import psutil
import psycopg
import pytest
from sqlalchemy import create_engine, text
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from doorstep.local.clock import _move_rows, fast_forward
from doorstep.local.errors import LocalError
from doorstep.local.home import ANY_PORTS, Home, erase, locked
from doorstep.local.ports import Claims
from doorstep.local.postgres import FAST, start_postgres
from doorstep.local.stack import SERVERS, Stack
from doorstep.store.engine import driver_url
from tests.house import PATIENCE

pytestmark = pytest.mark.xdist_group("stack")  # all of these take the usual ports where they are free

UP = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from doorstep.local.postgres import FAST
from doorstep.local.up import run
sys.exit(run(Path(sys.argv[1]), fresh=False, parts=sys.argv[2:], postgres=FAST))
"""


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    """One stack of the three servers for the tests that leave it as it is."""
    with TemporaryDirectory(prefix="doorstep-") as made:
        async with Stack(Home.at(Path(made)), parts=SERVERS, ports=ANY_PORTS, postgres=FAST) as running:
            yield running


@pytest.fixture(scope="module")
def page(stack: Stack) -> Iterator[httpx2.Client]:
    """A browser at the page of the mailbox."""
    with httpx2.Client(base_url=stack.values["DOORSTEP_MAILBOX_URL"], trust_env=False, timeout=PATIENCE) as browser:
        yield browser


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of its own: below pytest's, each pytest of this user takes the way in from PostgreSQL's account."""
    with TemporaryDirectory(prefix="doorstep-", ignore_cleanup_errors=True) as made:
        home = Path(made) / "home"
        home.mkdir()
        yield home


async def send(stack: Stack, message: EmailMessage | bytes, *, recipient: str = "ana@example.org") -> None:
    """Hand a message to the mailbox over SMTP."""
    raw = message if isinstance(message, bytes) else message.as_bytes()
    port = int(stack.values["DOORSTEP_SMTP_URL"].rpartition(":")[2])

    def deliver() -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail("office@example.org", [recipient], raw)

    await asyncio.to_thread(deliver)


def kept(stack: Stack) -> list[bytes]:
    """Every message in the Maildir, oldest first."""
    return [path.read_bytes() for path in sorted((stack.home.mail / "new").iterdir())]


def launch_up(home: Path, *parts: str) -> "subprocess.Popen[bytes]":
    """Start `doorstep up` as a process of its own."""
    return subprocess.Popen([sys.executable, "-c", UP, str(home), *parts], stdout=subprocess.DEVNULL)


async def addresses(home: Path, up: "subprocess.Popen[bytes]") -> dict[str, str]:
    """What stack.json says, once it is there."""
    while not (home / "stack.json").exists():
        assert up.poll() is None, "up ended early"
        await asyncio.sleep(0.02)
    found: dict[str, str] = json.loads((home / "stack.json").read_text())
    return found


async def ended(up: "subprocess.Popen[bytes]") -> int:
    """The exit status."""
    return await asyncio.to_thread(up.wait, PATIENCE)


def children(home: Path) -> dict[str, int]:
    """The pid of each part that a home has noted."""
    return {path.stem: json.loads(path.read_text())["pid"] for path in (home / "run").glob("*.json")}


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody has buried yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


async def test_every_server_answers_at_the_address_in_stack_json(stack: Stack) -> None:
    """PostgreSQL has our database, and Temporal the three search attributes."""
    found = json.loads(stack.home.stack.read_text())

    client = await Client.connect(found["temporal_address"])
    listed = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
    [[database]] = sql(found["database_url"], "SELECT current_database()")

    assert database == "doorstep"
    assert {"InvitationState", "Office", "BatchId"} <= set(listed.custom_attributes)


def test_what_the_home_keeps_is_for_its_owner_alone(stack: Stack) -> None:
    """Keys and addresses are readable by nobody else."""
    modes = {path.name: path.stat().st_mode & 0o077 for path in (stack.home.settings, stack.home.stack)}

    assert modes == {"settings.json": 0, "stack.json": 0}


async def test_a_message_is_kept_as_it_came_with_its_envelope_on_top(stack: Stack) -> None:
    """Two copies of one message differ in nothing, and the body is not rewrapped."""
    raw = b"Subject: Hi\r\nX-Odd:   two  blanks\r\n\r\n.dots\r\n\xc3\xa9 and a very long line " + b"x" * 900 + b"\r\n"

    await send(stack, raw, recipient="copy@example.org")
    await send(stack, raw, recipient="copy@example.org")
    copies = [message for message in kept(stack) if b"copy@example.org" in message]

    assert copies == [b"X-MailFrom: office@example.org\nX-RcptTo: copy@example.org\n" + raw.replace(b"\r\n", b"\n")] * 2


async def test_the_page_escapes_what_a_message_brings(stack: Stack, page: httpx2.Client) -> None:
    """Markup in a subject or a text stays text, and the formatted part may run and load nothing."""
    message = EmailMessage()
    message["Subject"] = "<script>alert(1)</script> évil"
    message["To"] = "Ana <ana@example.org>"
    message.set_content('<b>bold</b> http://127.0.0.1:8080/invitation/abc "quoted"')
    message.add_alternative("<p>Hello <script>alert(2)</script></p>", subtype="html")
    await send(stack, message)

    overview = page.get("/", params={"find": "évil"})
    [name] = [path.name for path in (stack.home.mail / "new").iterdir() if b"alert(2)" in path.read_bytes()]
    shown = page.get(f"/mail/{name}")
    formatted = page.get(f"/mail/{name}/formatted")

    assert "<script>" not in overview.text + shown.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; évil" in overview.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown.text
    assert '<a href="http://127.0.0.1:8080/invitation/abc" rel="noopener noreferrer" target="_blank">' in shown.text
    assert "<p>Hello <script>" in formatted.text
    assert "default-src 'none'" in formatted.headers["content-security-policy"]
    assert "sandbox allow-popups" in formatted.headers["content-security-policy"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Subject: =?utf-8?q?=ff=fe?= \xff\nContent-Type: text/plain; charset=nonsense\n\n\xff",
        b"Subject: =?nonsense?b?zzz?=\nContent-Type: multipart/alternative\n\nno boundary",
        b"To: \nSubject:\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n%%%",
    ],
)
async def test_the_page_shows_a_broken_message_somehow(stack: Stack, page: httpx2.Client, raw: bytes) -> None:
    """No message can make the page fail."""
    recipient = f"{uuid4()}@example.org"
    await send(stack, raw, recipient=recipient)
    [name] = [path.name for path in (stack.home.mail / "new").iterdir() if recipient.encode() in path.read_bytes()]

    statuses = [page.get(path).status_code for path in ("/", f"/mail/{name}", f"/mail/{name}/formatted")]

    assert statuses == [200, 200, 200]


@pytest.mark.parametrize("path", ["/mail/nothing", "/mail/..%2F..%2Fsettings.json", "/mail/%2e%2e", "/mail/.hidden"])
def test_the_page_shows_nothing_but_messages(page: httpx2.Client, path: str) -> None:
    """A name from the address bar reaches no other file."""
    answer = page.get(path)

    assert answer.status_code == 404


def test_the_page_answers_only_to_its_own_name(page: httpx2.Client) -> None:
    """A web site that points its name at this machine cannot read the mail."""
    answer = page.get("/", headers={"host": "evil.example"})

    assert answer.status_code == 400


async def test_an_empty_mailbox_says_what_to_do(tmp_path: Path) -> None:
    """The first look at the page helps."""
    async with Stack(Home.at(tmp_path), parts={"mailbox"}, ports=ANY_PORTS) as stack, httpx2.AsyncClient() as browser:
        overview = await browser.get(stack.values["DOORSTEP_MAILBOX_URL"], timeout=PATIENCE)

    assert "doorstep invite --office nz" in overview.text


async def test_a_second_up_on_the_same_home_says_so(stack: Stack) -> None:
    """The one that runs is left alone."""
    with pytest.raises(LocalError, match=f"already runs in .* \\(process {os.getpid()}\\)"):
        async with Stack(stack.home, parts={"mailbox"}):
            pass

    assert stack.home.stack.exists()


async def test_the_second_up_finds_data_keys_and_ports_again(folder: Path) -> None:
    """Ctrl-C ends with status 0, leaves no process and no stack.json, and loses nothing."""
    first = launch_up(folder, "postgres")
    before = await addresses(folder, first)
    sql(before["database_url"], "CREATE TABLE kept AS SELECT 42 AS answer")
    pids = children(folder).values()
    first.send_signal(signal.SIGINT)
    status = await ended(first)
    left = [pid for pid in pids if psutil.pid_exists(pid)]
    settings = (folder / "settings.json").read_text()
    was_withdrawn = not (folder / "stack.json").exists()

    second = launch_up(folder, "postgres")
    after = await addresses(folder, second)
    found = sql(after["database_url"], "SELECT answer FROM kept")
    second.terminate()

    assert (status, left, was_withdrawn) == (0, [], True)
    assert (after, found) == (before, [(42,)])
    assert (folder / "settings.json").read_text() == settings
    assert await ended(second) == 0


@pytest.mark.parametrize("victims", ["up alone", "everything"])
async def test_up_recovers_from_kill_9(folder: Path, victims: str) -> None:
    """Whatever was left running is ended, committed rows are there, and the old pid of PostgreSQL may be anybody's."""
    parts = SERVERS if victims == "everything" else ("postgres",)
    first = launch_up(folder, *parts)
    before = await addresses(folder, first)
    sql(before["database_url"], "CREATE TABLE kept AS SELECT 42 AS answer")
    pids = children(folder)
    first.kill()
    await ended(first)
    if victims == "everything":
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        # What a reused pid looks like: the lock file names a process that lives and is none of ours.
        lock_file = folder / "postgres" / "postmaster.pid"
        lock_file.write_text(lock_file.read_text().replace(str(pids["postgres"]), str(os.getpid()), 1))
    (folder / "stack.json").unlink()

    second = launch_up(folder, *parts)
    after = await addresses(folder, second)
    found = sql(after["database_url"], "SELECT answer FROM kept")
    second.send_signal(signal.SIGTERM)

    assert (after, found) == (before, [(42,)])
    assert await ended(second) == 0
    assert not [pid for pid in pids.values() if is_alive(pid)]


async def test_a_part_that_dies_is_started_again_until_it_dies_too_often(tmp_path: Path) -> None:
    """Two deaths are mended, the third one ends the stack with the reason and the end of the log."""
    said: list[str] = []
    async with Stack(Home.at(tmp_path), parts={"mailbox"}, ports=ANY_PORTS, say=said.append) as stack:
        failing = asyncio.create_task(stack.failure())
        for _ in range(3):
            child = stack.child("mailbox")
            os.kill(child.pid, signal.SIGKILL)
            while stack.child("mailbox") is child and not failing.done():  # noqa: ASYNC110 - nothing to wait on from here
                await asyncio.sleep(0.02)
        with pytest.raises(LocalError, match=r"mailbox failed 3 times.*The end of .*mailbox\.log"):
            await failing

    assert len([line for line in said if "starting it again" in line]) == 2


async def test_a_part_that_cannot_start_says_why(folder: Path) -> None:
    """The sentence holds the end of its log, nothing is left running and the home is free again."""
    home = Home.at(folder)
    home.mail.write_text("a file where the Maildir should be")

    with pytest.raises(LocalError, match=r"(?s)mailbox ended with status 1.*NotADirectoryError"):
        async with Stack(home, parts={"mailbox", "temporal"}, ports=ANY_PORTS):
            pass

    assert children(folder) == {}
    with locked(home):
        assert not home.stack.exists()


async def test_postgres_starts_below_a_long_and_odd_path(folder: Path) -> None:
    """No path is too long for the socket, and both drivers understand the URL."""
    odd = folder / "with, blank & 100%41" / ("x" * 110)

    server, url = await start_postgres(odd, settings=FAST)
    with create_engine(driver_url(url)).connect() as connection:
        through_sqlalchemy = connection.execute(text("SELECT 1")).scalar()
    connection.engine.dispose()
    directly = sql(url, "SELECT 1")
    await server.stop()

    assert (through_sqlalchemy, directly) == (1, [(1,)])
    assert not os.path.exists(parse_qs(urlsplit(url).query)["host"][0])  # noqa: ASYNC240, PTH110 - one look


def test_a_folder_that_is_no_home_is_left_alone(tmp_path: Path) -> None:
    """Neither `up` nor `--fresh` touches a folder with somebody's files in it."""
    (tmp_path / "precious.txt").write_text("mine")

    with pytest.raises(LocalError, match=r"is no home of Doorstep: it holds precious\.txt"), locked(Home.at(tmp_path)):
        pass

    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_fresh_deletes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    """A file that somebody has put into a home later survives."""
    home = Home.at(tmp_path)
    with locked(home):
        home.settings.write_text("{}")
        (home.folder / "precious.txt").write_text("mine")
        home.mail.mkdir()

        erase(home)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "precious.txt"]


def test_a_busy_port_of_the_web_is_refused_and_any_other_moves() -> None:
    """Links that were mailed name the port of the web; nothing outside names the others."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]

        with closing(Claims()) as claims:
            with pytest.raises(LocalError, match=f"Port {port} is taken"):
                claims.claim("web", kept=port, usual=0)
            moved = claims.claim("smtp", kept=port, usual=0)

    assert moved not in {0, port}


def test_two_stacks_never_choose_the_same_port() -> None:
    """A port is taken from the moment it was chosen, long before anything listens on it."""
    with closing(Claims()) as first, closing(Claims()) as second:
        chosen = first.claim("smtp", kept=0, usual=20_000)
        other = second.claim("smtp", kept=0, usual=chosen)

    assert other != chosen


async def test_moving_time_moves_every_instant_of_one_invitation(stack: Stack) -> None:
    """Each timestamp of the rows goes back by the same amount, other rows and other columns stay."""
    url, mine, other = stack.values["DOORSTEP_DATABASE_URL"], uuid4(), uuid4()
    sql(url, "CREATE TABLE invitations (id uuid, made_at timestamptz, expires_at timestamptz, note text)")
    sql(url, "CREATE TABLE deliveries (subject_id uuid, sent_at timestamptz)")
    sql(url, f"INSERT INTO invitations SELECT id, now(), NULL, 'x' FROM unnest('{{{mine},{other}}}'::uuid[]) id")  # noqa: S608
    sql(url, f"INSERT INTO deliveries VALUES ('{mine}', now())")  # noqa: S608

    await _move_rows(url, mine, timedelta(hours=25))
    ages = dict(sql(url, "SELECT id, extract(hour FROM age(now(), made_at) + '1 min')::int FROM invitations"))
    moved = sql(url, "SELECT date_trunc('hour', now() - sent_at + '1 min') FROM deliveries")

    assert ages == {mine: 1, other: 0}
    assert moved == [(timedelta(hours=25),)]


async def test_time_is_not_moved_outside_development(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The helper of the tests refuses a production before it touches anything."""
    monkeypatch.setenv("DOORSTEP_ENVIRONMENT", "production")
    client = await Client.connect(stack.values["TEMPORAL_ADDRESS"])

    with pytest.raises(LocalError, match="in development alone"):
        await fast_forward(client, "postgresql://nobody@nowhere/x", uuid4(), timedelta(hours=1))


def test_a_message_can_be_read_back_by_the_standard_library(stack: Stack) -> None:
    """Whoever opens the Maildir with common tools finds well-formed messages."""
    parsed = [email.message_from_bytes(raw) for raw in kept(stack)]

    assert all(message["X-RcptTo"] for message in parsed)
