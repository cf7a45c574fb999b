"""Mail that came back, from the mail server's pipe and Maildir to whoever has to know (S3.7, F12).

The Maildir in trouble is in `test_returns_maildir.py`, what follows from each report in `test_returns_noted.py`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import Attention, State
from tests.command_line import CommandLine
from tests.functional.returning import NOWHERE, SAMPLES, bounce_of, delivery_of, invited, names, put
from tests.house import House, eventually
from worker import run


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


@asynccontextmanager
async def at_work(house: House, maildir: Path) -> AsyncIterator[None]:
    """A worker as it runs in production, which watches the Maildir, beside the one of the house."""
    stop = asyncio.Event()
    settings = house.settings.model_copy(update={"returns_maildir": maildir, "sweep_seconds": 0.1})
    running = asyncio.create_task(run(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def assert_told(house: House, invitation: Invitation, doorstep: CommandLine) -> None:
    """Everybody who has to know of the failure knows."""
    await house.mail_of(invitation, Message.BOUNCE_NOTICE, to=invitation.invited_by)
    row = await house.settled(invitation)
    why = await doorstep.done("why", str(invitation.id))
    stuck = await doorstep.done("stuck", "--office", invitation.office.code)
    shown = await doorstep.done("show", str(invitation.id))
    bounced = [each for each in await house.doorstep.audit(invitation.id) if each.event == "message.bounced"]

    assert (row.state, row.attention) == (State.PENDING, (Attention.UNDELIVERABLE,))
    assert row.expires_at == invitation.expires_at
    assert [(each.code, each.detail["status"]) for each in bounced] == [("address_refused", "5.1.1")]
    assert f"doorstep readdress {invitation.id} NEW_ADDRESS" in why["commands"]
    assert [each["attention"] for each in stuck["stuck"] if each["id"] == str(invitation.id)] == [["undeliverable"]]
    [sent] = [each for each in shown["deliveries"] if each["message"] == "invitation"]
    assert (sent["status"], sent["cause"], sent["reply_code"]) == ("bounced", "address_refused", None)
    assert len(house.mails(invitation.invited_by, Message.BOUNCE_NOTICE)) == 1


async def test_a_piped_report_is_told_to_everybody_and_mended(house: House, doorstep: CommandLine) -> None:
    """S3.7, F12: taken by the server, refused an hour later: shown, told to the inviter once, and mended as usual."""
    invitation = await invited(house)
    bounce = bounce_of(house, invitation.address)

    first = await doorstep.piped(bounce, "returns", "read", "-", "--json")
    again = await doorstep.piped(bounce, "returns", "read")

    assert (first.status, first.err) == (0, "")
    assert first.json == {
        "is_report": True,
        "is_noted": True,
        "delivery": str(delivery_of(invitation).id),
        "action": "failed",
        "status": "5.1.1",
        "is_permanent": True,
        "cause": "address_refused",
    }
    assert (again.status, again.out.split(",")[0]) == (0, "The delivery is unknown")
    await assert_told(house, invitation, doorstep)
    await house.doorstep.readdress(invitation.id, f"zoe@{invitation.office.code}.example")
    mended = await house.settled(invitation)
    assert (mended.state, mended.attention) == (State.PENDING, ())
    assert delivery_of(mended).status is DeliveryStatus.SENT


async def test_a_report_in_the_maildir_is_told_to_everybody(house: House, doorstep: CommandLine, maildir: Path) -> None:
    """S3.7, F12: a worker finds it beside spam, garbage and what is no mail at all, and none of that stops it."""
    invitation = await invited(house)
    (maildir / "new" / "1.folder").mkdir()
    os.mkfifo(maildir / "new" / "1.pipe")
    (maildir / "new" / "1.link").symlink_to("/etc/hostname")
    put(maildir, "2.garbage", (SAMPLES / "garbage.eml").read_bytes())
    put(maildir, "3.spam:2,", (SAMPLES / "spam.eml").read_bytes())
    put(maildir, "4.empty", b"")

    async with at_work(house, maildir):
        put(maildir, "5.bounce", bounce_of(house, invitation.address))
        await assert_told(house, invitation, doorstep)
        done = ["2.garbage:2,S", "3.spam:2,S", "4.empty:2,S", "5.bounce:2,S"]

        async def look() -> bool | None:
            return names(maildir, "cur") == done or None

        assert await eventually(look, "every mail to be read")

    assert names(maildir, "tmp") == []
    assert sorted(entry.name for entry in (maildir / "new").iterdir()) == ["1.folder", "1.link", "1.pipe"]


@pytest.mark.parametrize("name", ["out-of-office", "read-receipt", "spam", "garbage"])
async def test_a_mail_that_is_no_report_is_taken(doorstep: CommandLine, name: str) -> None:
    """S3.7: exit status 0 without asking any server, so that the mail server does not answer spam with a bounce."""
    content = (SAMPLES / f"{name}.eml").read_bytes()

    said = await doorstep.piped(content, "returns", "read", "-", "--json", DOORSTEP_DATABASE_URL=NOWHERE)

    assert (said.status, said.err) == (0, "")
    assert said.json == {"is_report": False, "is_noted": False}


async def test_a_huge_mail_is_taken_from_the_pipe_to_its_end(doorstep: CommandLine) -> None:
    """T27: ten megabytes are read off, so that the mail server sees no broken pipe, and not kept."""
    said = await doorstep.piped(b"Subject: big\n\n" + b"x" * 10_000_000, "returns", "read", "-")

    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("This is no report")


async def test_a_report_waits_for_the_database_in_the_pipe(doorstep: CommandLine) -> None:
    """F06: exit status 75 means to every mail server that it has to try again."""
    content = (SAMPLES / "postfix-unknown.eml").read_bytes()

    away = await doorstep.piped(content, "returns", "read", "-", "--json", DOORSTEP_DATABASE_URL=NOWHERE)
    unset = await doorstep.piped(content, "returns", "read", DOORSTEP_PUBLIC_URL="")

    assert (away.status, away.json["error"]["code"]) == (75, "database_unavailable")
    assert (unset.status, unset.out) == (75, "")
    assert unset.err.startswith("DOORSTEP_PUBLIC_URL")


async def test_a_file_can_be_read_by_hand(doorstep: CommandLine, tmp_path: Path) -> None:
    """S3.7: support reads what was put aside; a report about a mail of others changes nothing, a slip is told."""
    file = tmp_path / "mail.eml"
    file.write_bytes((SAMPLES / "ses-unknown.eml").read_bytes())

    done = await doorstep.done("returns", "read", str(file))
    missing = await doorstep.refused("returns", "read", str(tmp_path / "mial.eml"))

    assert (done["is_report"], done["is_noted"], done["cause"]) == (True, False, "address_refused")
    assert missing["code"] == "file_unreadable"
