"""The Maildir with mail that came back: outages, missing folders, poison, and several workers at once."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import Attention
from doorstep.mail.returned import Maildir
from doorstep.store import tables as t
from doorstep.store.engine import create_engine
from starter.returns import collect_once, collect_until
from tests.functional.returning import NOWHERE, bounce_of, delivery_of, invited, names, put
from tests.house import House, eventually
from tests.logged import about

WAITS = "returned_mail_waits"


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


class Stop(asyncio.Event):
    """Counts how often it was asked."""

    asked = 0

    def is_set(self) -> bool:
        """As ever."""
        self.asked += 1
        return super().is_set()

    async def after_some_rounds(self) -> bool | None:
        """True once a loop that it ends has gone round a few times."""
        return self.asked > 10 or None


async def test_a_report_waits_for_the_database_in_the_maildir(house: House, maildir: Path) -> None:
    """F06: in an outage the mail goes back to where it was, one warning is logged, and after it the report is noted."""
    invitation = await invited(house)
    put(maildir, "1.bounce", bounce_of(house, invitation.address))
    away = create_engine(NOWHERE, application="doorstep-tests")
    stop = Stop()

    with capture_logs() as logs:
        watching = asyncio.create_task(collect_until(stop, replace(house.doorstep, engine=away), maildir, every=0.01))
        await eventually(stop.after_some_rounds, "a few rounds in vain")
        stop.set()
        await watching
    waited = names(maildir, "new")
    noted = await collect_once(house.doorstep, Maildir(maildir))
    await away.dispose()

    assert waited == ["1.bounce"]
    assert [entry["reason"] for entry in logs if entry["event"] == WAITS] == ["database unavailable"]
    assert noted == 1
    assert names(maildir, "cur") == ["1.bounce:2,S"]


async def test_a_maildir_that_is_not_there_yet_stops_nobody(house: House, tmp_path: Path) -> None:
    """F09: a folder that is missing is named once, and read as soon as the mail server has made it."""
    stop = Stop()
    folder = tmp_path / "returns"

    with capture_logs() as logs:
        watching = asyncio.create_task(collect_until(stop, house.doorstep, folder, every=0.01))
        await eventually(stop.after_some_rounds, "a few rounds in vain")
        (folder / "new").mkdir(parents=True)
        (folder / "new" / "1.spam").write_bytes(b"Subject: hi\n\n")

        async def look() -> bool | None:
            return ((folder / "cur").is_dir() and names(folder, "cur") == ["1.spam:2,S"]) or None

        await eventually(look, "the mail to be read")
        stop.set()
        await watching

    warned = [entry["reason"] for entry in logs if entry["event"] == WAITS]
    assert warned == ["the folder of DOORSTEP_RETURNS_MAILDIR: No such file or directory"]


async def test_f20_a_report_that_cannot_be_noted_is_put_aside(house: House, maildir: Path) -> None:
    """F20: a row from the future, or a file that cannot be read, stops no other mail; a flag shows which it was."""
    poisoned, healthy = await invited(house), await invited(house)
    put(maildir, "1.poisoned", bounce_of(house, poisoned.address))
    put(maildir, "2.healthy", bounce_of(house, healthy.address))
    await _set_facts(house, poisoned, "odd")

    with capture_logs() as logs:
        noted = await collect_once(house.doorstep, Maildir(maildir))

    await _set_facts(house, poisoned, {})
    assert noted == 1
    assert names(maildir, "cur") == ["1.poisoned:2,FS", "2.healthy:2,S"]
    assert [entry["error"] for entry in logs if entry["event"] == "returned_mail_put_aside"] == ["ValueError"]
    assert (await house.doorstep.show(healthy.id)).attention == (Attention.UNDELIVERABLE,)
    assert (await house.doorstep.show(poisoned.id)).attention == ()


async def _set_facts(house: House, invitation: Invitation, facts: object) -> None:
    row = t.deliveries.update().where(t.deliveries.c.subject_id == invitation.id)
    await house.run(lambda tx: tx.execute(row.values(facts=facts)))


async def test_of_two_workers_one_handles_a_mail(house: House, maildir: Path) -> None:
    """S3.7: thirty mails and four workers at once: each mail is read by one of them, and each failure noted once."""
    invitation = await invited(house)
    for number in range(30):
        put(maildir, f"{number:02}.bounce", bounce_of(house, invitation.address))

    collecting = [collect_once(house.doorstep, Maildir(maildir)) for _ in range(4)]
    noted = await asyncio.gather(*collecting)

    assert sum(noted) == 1
    assert names(maildir, "cur") == [f"{number:02}.bounce:2,S" for number in range(30)]
    assert (await house.events(invitation)).count("message.bounced") == 1


async def test_t02_a_report_leaves_nothing_personal_behind(house: House, maildir: Path) -> None:
    """T02: the log has the delivery, the status and the cause; the audit has no address either."""
    invitation = await invited(house)
    put(maildir, "1.bounce", bounce_of(house, invitation.address))

    with capture_logs() as logs:
        await collect_once(house.doorstep, Maildir(maildir))

    [bounced] = [each for each in await house.doorstep.audit(invitation.id) if each.event == "message.bounced"]
    assert [entry["event"] for entry in about(logs, delivery_of(invitation).id)] == ["report_noted"]
    assert invitation.office.code not in str(logs) + str(bounced)
