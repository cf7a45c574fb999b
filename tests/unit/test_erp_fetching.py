"""Fetching an export: only from where it may be, only once it is finished, and never more than fits."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from doorstep.erp import folder
from doorstep.erp import web as outside
from doorstep.erp.fetched import MAX_BYTES, Fetched, Known, SourceFault
from doorstep.erp.fetching import Fetcher, tokens_in

ROWS = b"Account\n1042\n"


def idle(_size: int) -> None:
    """Nobody listens."""


def written(path: Path, data: bytes = ROWS, *, ago: float = 60) -> Path:
    """A file that was written some seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    moment = time.time() - ago
    os.utime(path, (moment, moment))
    return path


def fault_of(base: Path | None, name: str) -> SourceFault:
    with pytest.raises(SourceFault) as caught:
        folder.fetch(base, name, idle)
    return caught.value


def test_the_newest_finished_file_is_read_and_nothing_is_moved(tmp_path: Path) -> None:
    """S0.3: by the hour of writing and then by name, whatever else lies there; every file is there afterwards."""
    written(tmp_path / "nz/old.csv", b"old", ago=300)
    written(tmp_path / "nz/New.CSV", b"new", ago=60)
    written(tmp_path / "nz/newer.csv.part", b"half", ago=30)
    written(tmp_path / "nz/.hidden.csv", b"hidden", ago=30)
    before = sorted(tmp_path.rglob("*"))

    found = folder.fetch(tmp_path, "nz", idle)

    assert (found.file, found.data) == ("New.CSV", b"new")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    """T31: half an export is none, and the one before it is not taken in its place."""
    written(tmp_path / "old.csv", ago=300)
    written(tmp_path / "new.csv", ago=0)

    fault = fault_of(tmp_path, ".")

    assert (fault.is_passing, "still being written" in fault.sentence) == (True, True)


def test_a_file_that_grows_while_it_is_read_is_not_taken(tmp_path: Path) -> None:
    """T31: the same size and hour at the end as at the beginning, or it is tried again."""
    path = written(tmp_path / "a.csv")

    def grows(_size: int) -> None:
        with path.open("ab") as file:
            file.write(b"1043\n")

    with pytest.raises(SourceFault, match="still being written"):
        folder.fetch(tmp_path, ".", grows)


def test_nothing_outside_the_folder_of_the_setting_is_read(tmp_path: Path) -> None:
    """T32: by a path, by a link to a folder, by a link to a file; and nothing at all where no folder is set."""
    base = tmp_path / "erp"
    secret = written(tmp_path / "elsewhere/secret.csv", b"secret")
    written(base / "nz/a.csv")
    (base / "link").symlink_to(secret.parent)
    (base / "files").mkdir()
    (base / "files/a.csv").symlink_to(secret)

    sentences = [fault_of(base, name).sentence for name in ("..", "../elsewhere", "link", "files", str(secret.parent))]

    assert all("leads out" in sentence for sentence in sentences)
    assert "DOORSTEP_ERP_FOLDER is not set" in fault_of(None, "nz").sentence


def test_what_is_no_file_or_too_large_is_a_sentence(tmp_path: Path) -> None:
    """T31: a pipe that nobody writes to, a folder called like an export, 50 MB and a byte, none, no folder."""
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe/a.csv")
    (tmp_path / "folder/a.csv").mkdir(parents=True)
    (tmp_path / "none").mkdir()
    large = written(tmp_path / "large/a.csv")
    os.truncate(large, MAX_BYTES + 1)
    os.utime(large, (1, 1))

    faults = {name: fault_of(tmp_path, name).sentence for name in ("pipe", "folder", "none", "large", "gone")}

    assert "larger than 50 MB" in faults["large"]
    assert "not there" in faults["gone"]
    assert "no file" in faults["none"]
    assert "no file" in faults["pipe"]
    assert faults["folder"]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[str]:
    """A server on this machine that answers by the path."""

    async def answer(request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/a.csv" if request.headers.get("If-None-Match") == '"1"':
                return web.Response(status=304)
            case "/a.csv":
                return web.Response(
                    body=ROWS, headers={"ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
                )
            case "/moved":
                return web.Response(status=302, headers={"Location": "/a.csv"})
            case "/packed":
                return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})
            case "/endless":
                return await endless(request)
            case path:
                return web.Response(status=int(path[1:]))

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):  # nobody reads on
            for _ in range(60):
                await response.write(bytes(1_000_000))
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def fetched(url: str, known: Known | None = None, *, may_be_loopback: bool = True) -> Fetched:
    return await outside.fetch(url, {}, known or Known(), idle, may_be_loopback=may_be_loopback)


async def test_an_address_is_fetched_once_and_asked_whether_it_changed(server: str) -> None:
    """S0.3: with its name and what the server calls this edition; an unchanged one is not sent again."""
    found = await fetched(f"{server}/a.csv")
    again = await fetched(f"{server}/a.csv", Known(found.etag, found.last_modified))

    assert (found.data, found.file, found.etag) == (ROWS, "a.csv", '"1"')
    assert again.data is None


@pytest.mark.parametrize(
    ("path", "words", "is_passing"),
    [
        ("/moved", "another address", False),
        ("/packed", "compressed", False),
        ("/endless", "larger than 50 MB", False),
        ("/401", "does not let us in", False),
        ("/404", "answered 404", False),
        ("/429", "answered 429", True),
        ("/503", "answered 503", True),
    ],
)
async def test_an_answer_that_is_no_export_is_a_sentence(server: str, path: str, words: str, is_passing: bool) -> None:  # noqa: FBT001
    """T31, T32: no redirect is followed, nothing is unpacked, nothing endless read; what may pass is tried again."""
    with pytest.raises(SourceFault, match=words) as caught:
        await fetched(server + path)

    assert caught.value.is_passing is is_passing
    assert server not in caught.value.sentence


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://127.0.0.1:1/a.csv", "private"),
        ("https://[::1]:1/a.csv", "private"),
        ("https://[::ffff:10.0.0.1]/a.csv", "private"),
        ("https://169.254.169.254/latest", "private"),
        ("https://localhost:1/a.csv", "private"),
        ("https://2130706433:1/a.csv", "private|cannot be reached"),
        ("http://erp.example/a.csv", "may be fetched"),
        ("https://user:word@erp.example/a.csv", "may be fetched"),
        ("file:///etc/passwd", "may be fetched"),
    ],
)
async def test_no_address_of_our_own_network_is_asked(url: str, words: str) -> None:
    """T32: numbers, names that lead there, other forms of the number, other schemes; checked when it is resolved."""
    with pytest.raises(SourceFault, match=words):
        await fetched(url, may_be_loopback=False)


async def test_a_server_that_is_away_may_come_back(server: str) -> None:
    """F08: a connection that fails is tried again, as one sentence without the address."""
    with pytest.raises(SourceFault, match="cannot be reached") as caught:
        await fetched("http://127.0.0.1:1/a.csv")

    assert caught.value.is_passing


def test_a_token_goes_to_its_own_host_alone() -> None:
    """T32: by host and port, over https only; a source that names another host never gets it."""
    tokens = tokens_in(" ERP.example=one , files.example:8443=two=,broken")

    def sent(url: str) -> str | None:
        return outside.headers_for(URL(url), tokens, Known()).get("Authorization")

    assert [sent(url) for url in ("https://erp.example/a", "https://files.example:8443/a")] == [
        *("Bearer one", "Bearer two="),
    ]
    for other in (
        "http://erp.example/a",
        "https://erp.example:444/a",
        "https://evil.example/a",
        "https://files.example/",
    ):
        assert sent(other) is None


async def test_a_folder_is_read_beside_other_work(tmp_path: Path) -> None:
    """S0.3: in a thread, which tells how far it is."""
    written(tmp_path / "nz/a.csv", bytes(3_000_000))
    heard: list[int] = []

    found = await Fetcher(tmp_path, {}, may_be_loopback=False).fetch("nz", Known(), heard.append)
    await asyncio.sleep(0)

    assert len(found.data or b"") == 3_000_000
    assert heard[-1] == 3_000_000
