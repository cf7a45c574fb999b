"""`doorstep demo` as a newcomer types it: the main job, its timeline, and nothing left behind."""

import asyncio
import json
import signal
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from tests.command_line import CommandLine, bare
from tests.house import eventually

pytestmark = pytest.mark.xdist_group("stack")  # all of these take the usual ports where they are free

MOST_SECONDS = 150.0
"""With room for a machine that is busy with something else."""


def left_of(folder: str) -> list[object]:
    """Files and processes that somebody forgot in `folder`."""
    processes = [each.info["cmdline"] for each in psutil.process_iter(["cmdline"])]
    return [*Path(folder).iterdir(), *(words for words in processes if folder in " ".join(words or ()))]


@pytest.mark.timeout(300)
async def test_the_demo_plays_the_main_job() -> None:
    """S3.1, S4.24, S4.38, S4.41, S4.45, S4.46: one is let in, one is a day late and refused; told from the records."""
    with TemporaryDirectory(prefix="doorstep-demo-test-") as folder:
        begin = time.monotonic()

        process = await CommandLine(bare(TMPDIR=folder)).start("demo", "--json")
        out, err = await process.communicate()

        assert process.returncode == 0, err.decode()
        assert time.monotonic() - begin < MOST_SECONDS
        assert left_of(folder) == []
    told = json.loads(out)["invitations"]
    assert [(each["name"], each["state"]) for each in told] == [("Ana Ngata", "active"), ("Hēmi Tūhoro", "rejected")]
    [ana, hemi] = [[(line["who"], line["what"]) for line in each["timeline"]] for each in told]
    assert ana[-1] == ("Ana Ngata", "signs in")
    assert ("moana@kauri.example", "approves") in ana
    assert ("Doorstep", "lets the link expire") in hemi
    assert ("tom@kauri.example", "rejects: Account 1045 has moved to another dealer.") in hemi
    times = [line["at"] for line in told[1]["timeline"]]
    assert times == sorted(times)
    assert all(text in err.decode() for text in ("malformed_email", "280 rows: 253 taken, 27 refused", " 24 h "))


async def test_a_demo_that_cannot_start_says_where_it_stopped() -> None:
    """The step, the reason, exit 1."""
    with TemporaryDirectory(prefix="doorstep-demo-test-") as folder:
        (Path(folder) / "precious.txt").write_text("mine")

        process = await CommandLine(bare()).start("demo", "--json", "--home", folder)
        out, err = await process.communicate()

        assert left_of(folder) == [Path(folder, "precious.txt")]
    error = json.loads(out)["error"]
    assert (process.returncode, error["code"]) == (1, "demo_failed")
    assert "PostgreSQL, Temporal, a mailbox, the worker and the pages start" in error["message"]
    assert "it holds precious.txt" in err.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_demo_that_is_interrupted_leaves_nothing(number: signal.Signals) -> None:
    """Ctrl-C in the middle stops every server and deletes the folder; the exit status is 130."""
    with TemporaryDirectory(prefix="doorstep-demo-test-") as folder:
        process = await CommandLine(bare(TMPDIR=folder)).start("demo")
        await eventually(lambda: _has_begun(Path(folder)), "the first server")

        process.send_signal(number)
        await process.communicate()

        assert (process.returncode, left_of(folder)) == (130, [])


async def _has_begun(folder: Path) -> bool | None:
    return await asyncio.to_thread(lambda: bool(list(folder.glob("*/run/*.json"))) or None)
