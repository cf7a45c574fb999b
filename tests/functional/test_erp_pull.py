"""Pulling the ERP's export on a timetable: once at a time, shown, repaired, and never told to Temporal."""

import os
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from temporalio.client import ScheduleOverlapPolicy

from doorstep.domain.erp_sources import Source
from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from doorstep.store import erp_runs, erp_sources
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.erp_runs import Result, Run
from starter import schedules
from starter.schedules import handle_of, mend
from tests.client_commands import acting
from tests.functional.importing import people
from tests.functional.staffing import staffed
from tests.functional.test_erp_closing import HEAD
from tests.house import ERP_FOLDER, House, eventually

RARELY = timedelta(days=31)
"""A schedule of every hour begins a pull by itself in whatever test runs at the full hour."""
AT_ONCE = timedelta(0)


def exported(office: str, *rows: str, name: str = "customers.csv", head: str = HEAD) -> None:
    """An export that was written a while ago into the folder of the office."""
    folder = ERP_FOLDER / office
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([head, *rows]), encoding="utf-8")
    moment = time.time() - 60
    os.utime(folder / name, (moment, moment))


async def ended(house: House, office: str, count: int = 1) -> Run:
    """The newest of so many runs of the source `daily`, once it has ended."""

    async def look() -> Run | None:
        found = await house.doorstep.erp_runs(office, "daily")
        return found[0] if len(found) == count and found[0].outcome != "running" else None

    return await eventually(look, f"run {count} of {office}")


async def pulled(house: House, office: str, count: int) -> Run:
    """Pull by hand, and wait."""

    async def begin() -> bool | None:
        try:
            await house.doorstep.erp_run(office, "daily")
        except Conflict as refusal:
            return None if refusal.code == "erp_running" else False
        return True

    await eventually(begin, "the run before to be over for Temporal too")
    return await ended(house, office, count)


async def newest_workflow(house: House, source: Source) -> str | None:
    """The id of the pull that the schedule began last; None before the first."""
    found = await schedules.described(house.client, source)
    begun = found.info.recent_actions if found is not None else ()
    return str(begun[-1].action.workflow_id) if begun else None  # type: ignore[attr-defined]


async def test_an_export_in_a_folder_is_pulled_and_only_when_it_has_changed(house: House) -> None:
    """S0.3: what the ERP wrote is there without typing; the same again is not read, unless the source is set again."""
    office, d = await house.office(), house.doorstep
    exported(office, "1042,Ana Ngata,ana@kauri.example,,")
    source = await d.erp_set(office, "daily", location=office, every=RARELY)

    first = await pulled(house, office, 1)
    second = await pulled(house, office, 2)
    exported(office, "1042,Ana Ngata,ana@kauri.example,,", "1043,Ben,ben@kauri.example,,", name="newer.csv")
    third = await pulled(house, office, 3)
    await d.erp_set(office, "daily", location=str(ERP_FOLDER / office), cron="0 2 * * *")
    fourth = await pulled(house, office, 4)

    assert [each.outcome for each in (first, second, third, fourth)] == ["done", "unchanged", "done", "done"]
    assert (first.file, first.counts["rows"], first.counts["new_contacts"]) == ("customers.csv", 1, 1)
    assert (third.file, third.counts["new_accounts"], fourth.counts["changed"]) == ("newer.csv", 1, 0)
    assert [each.name for each in await people(house, office)] == ["Ana Ngata", "Ben"]
    standing = await d.erp_source(office, "daily")
    assert (standing.source.id, standing.source.location, standing.source.timetable) == (
        *(source.id, office, "cron 0 2 * * * in Pacific/Auckland"),
    )
    assert standing.next_at is not None
    recorded = [entry.event for entry in (await d.audit_page(office)).items]
    assert [recorded.count(each) for each in ("erp_source.set", "erp_source.pulled", "directory.imported")] == [2, 4, 3]


async def test_the_rows_stay_in_the_database(house: House) -> None:
    """T03, T31: rows that were refused stand with line and column in the run; Temporal knows how many, and nobody."""
    office, d = await house.office(), house.doorstep
    exported(office, "1,Ana,ana at kauri,,", "2,Ben,ben@kauri.example,perhaps,", "3,Cara,cara@kauri.example,,")
    source = await d.erp_set(office, "daily", location=office, every=RARELY)

    run = await pulled(house, office, 1)

    assert run.counts["refused"] == 2
    assert [(each["line"], each["column"], each["code"]) for each in run.problems] == [
        (2, "E-mail", "malformed_email"),
        (3, "Closed", "malformed_flag"),
    ]
    workflow_id = await eventually(lambda: newest_workflow(house, source), "the pull by hand")
    assert workflow_id.startswith(f"erp-pull-{source.id}")
    history = (await house.client.get_workflow_handle(workflow_id).fetch_history()).to_json()
    assert not [word for word in ("kauri", "Ana", "customers.csv", "E-mail") if word in history]


async def test_two_pulls_of_one_source_never_run_at_once(house: House) -> None:
    """S0.3: by the clock, by hand or after the schedule was made anew: the second one is refused, skipped or waits."""
    office, d = await house.office(), house.doorstep
    exported(office, "1,,,,")
    source = await d.erp_set(office, "daily", location=office, every=RARELY)
    first, second = uuid4(), uuid4()

    begun = await house.run(lambda tx: erp_runs.begin(tx, source.id, first))
    beside = await house.run(lambda tx: erp_runs.begin(tx, source.id, second))
    again = await house.run(lambda tx: erp_runs.begin(tx, source.id, first))
    assert begun is not None
    await d.erp_run(office, "daily")
    skipped = await eventually(lambda: newest_workflow(house, source), "the pull by hand")
    result = await house.client.get_workflow_handle(skipped).result()
    described = await schedules.described(house.client, source)
    await house.run(lambda tx: erp_runs.end(tx, source, first, Result("done")))
    await house.run(lambda tx: erp_runs.end(tx, source, first, Result("failed")))

    assert (beside, again, result["outcome"]) == (None, begun, "skipped")
    assert described is not None
    assert described.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert [each.outcome for each in await d.erp_runs(office, "daily")] == ["done"]
    assert (await pulled(house, office, 2)).outcome == "done"


async def test_a_run_whose_end_nobody_saw_gives_way_in_the_end(house: House) -> None:
    """F08: what says for hours that it runs has died with its workflow; the next one says so and begins."""
    office, d = await house.office(), house.doorstep
    source = await d.erp_set(office, "daily", location=office, every=RARELY)
    lost = uuid4()
    await house.run(lambda tx: erp_runs.begin(tx, source.id, lost))
    r = t.erp_runs.c
    old = t.erp_runs.update().where(r.id == lost).values(started_at=r.started_at - timedelta(hours=7))
    await house.run(lambda tx: tx.execute(old))

    assert await house.run(lambda tx: erp_runs.begin(tx, source.id, uuid4())) is not None
    outcomes = {each.id: each.outcome for each in await d.erp_runs(office, "daily")}
    assert outcomes[lost] == "failed"


async def test_a_source_is_paused_resumed_and_removed_with_its_schedule(house: House) -> None:
    """S0.3: a paused one is pulled by hand alone; a removed one is gone, and its runs and contacts stay."""
    office, d = await house.office(), house.doorstep
    exported(office, "1,,,,")
    source = await d.erp_set(office, "daily", location=office, every=RARELY)

    await d.erp_pause(office, "daily")
    paused = await d.erp_source(office, "daily")
    by_hand = await pulled(house, office, 1)
    await d.erp_resume(office, "daily")
    resumed = await d.erp_source(office, "daily")
    await d.erp_remove(office, "daily")

    assert (paused.source.state, paused.next_at, by_hand.outcome) == ("paused", None, "done")
    assert (resumed.source.state, resumed.next_at is None) == ("active", False)
    assert await schedules.described(house.client, source) is None
    assert await d.erp_sources(office) == []
    with pytest.raises(NotFound):
        await d.erp_source(office, "daily")
    assert len(await house.run(lambda tx: erp_runs.newest(tx, source.id, limit=5))) == 1
    again = await d.erp_set(office, "daily", location=office, every=RARELY / 2)
    assert (again.id, again.state) == (source.id, "active")


async def test_a_schedule_that_is_missing_or_old_is_made_to_agree(house: House) -> None:
    """F05, F29: what was set while Temporal was away, what Temporal lost, and what was removed meanwhile."""
    office, d = await house.office(), house.doorstep
    sources = {name: await d.erp_set(office, name, location=office, every=RARELY) for name in ("a", "b", "c")}
    await house.run(lambda tx: erp_sources.move(tx, CLOCK, office, "a", "paused"))
    await house.run(lambda tx: erp_sources.move(tx, CLOCK, office, "b", "removed"))
    await handle_of(house.client, sources["c"]).delete()

    await mend(house.engine, house.client, older_than=AT_ONCE)
    still_missing = await schedules.described(house.client, sources["c"])
    await mend(house.engine, house.client, older_than=AT_ONCE, looks_at_all=True)

    found = {name: await schedules.described(house.client, source) for name, source in sources.items()}
    assert still_missing is None
    assert {name: each is not None and each.schedule.state.paused for name, each in found.items()} == {
        "a": True,
        "b": False,
        "c": False,
    }
    assert (found["b"], found["c"] is None) == (None, False)
    s = t.erp_sources.c
    behind = select(s.name).where(s.office == office, s.seen_rev < s.rev)
    assert (await house.run(lambda tx: tx.execute(behind))).all() == []


async def test_a_pull_that_cannot_be_done_says_why(house: House) -> None:
    """S0.3, T31: no file, a file that is none, an address that is not there: one sentence, and the next one is due."""
    office, d = await house.office(), house.doorstep
    (ERP_FOLDER / office).mkdir(parents=True)
    await d.erp_set(office, "daily", location=office, every=RARELY)
    empty = await pulled(house, office, 1)
    exported(office, "nothing to read", head="Name")
    no_export = await pulled(house, office, 2)

    assert [each.outcome for each in (empty, no_export)] == ["failed", "failed"]
    assert "no file in the folder" in empty.message
    assert "no heading for the account code" in no_export.message
    assert (await d.erp_source(office, "daily")).next_at is not None


async def test_a_source_takes_the_right_to_the_settings_and_a_place_that_may_be_read(house: House) -> None:
    """T20, T32: the settings to have one, the right to import to look at it; and only places that may be read."""
    office, clerk = await staffed(house, "superuser")
    d = house.doorstep
    await d.erp_set(office, "daily", location=office, every=RARELY)

    assert [each.source.name for each in await clerk.erp_sources(office)] == ["daily"]
    stranger = acting(d, "stranger@x.example")
    for asked in (
        clerk.erp_set(office, "daily", location=office, every=RARELY),
        clerk.erp_remove(office, "daily"),
        stranger.erp_run(office, "daily"),
        stranger.erp_runs(office, "daily"),
    ):
        with pytest.raises(Forbidden):
            await asked
    for location in ("/etc", "../x", "ftp://erp.example/a.csv", "https://me:word@erp.example/a.csv"):
        with pytest.raises(Invalid) as refused:
            await d.erp_set(office, "other", location=location, every=RARELY)
        assert refused.value.code == "erp_location"
    with pytest.raises(Refused):
        await d.erp_pause(office, "none")
    assert isinstance((await d.erp_source(office, "daily")).source.id, UUID)
