"""Retention: unanswered invitations are erased once their office does not keep them any longer; others never (T34)."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.store import retaining
from doorstep.store import tables as t
from starter.sweep import purge, sweep_until
from tests.functional.racing import pass_on_row
from tests.functional.stages import STATES
from tests.house import House, eventually

DAY = timedelta(days=1)
UNANSWERED = ("draft", "closed", "declined", "revoked")
DRAFTS = text("""
    INSERT INTO invitations (id, office, policy_id, state, seen_rev, address, address_key, name, roles, permissions,
        invited_by, changed_at)
    SELECT gen_random_uuid(), office, policy_id, state, 1, n || address, n || address_key, name, roles, permissions,
        invited_by, now() - interval '8 days'
    FROM invitations, generate_series(1, :count) AS n WHERE id = :id
""")


async def in_state(house: House, state: str) -> Invitation:
    """An invitation in that state, in an office of its own that keeps everything for ever."""
    async with AsyncExitStack() as stack:
        return await STATES[state](house, stack)


async def keep_for(house: House, office: str, retention: timedelta | None) -> None:
    """Set how long the office keeps unanswered invitations, from now on."""
    await house.doorstep.office_set(office, own={}, rules={"retention": retention})


async def state_of(house: House, made: Invitation) -> State:
    """The state of its row."""
    return (await house.doorstep.show(made.id)).state


@pytest.mark.parametrize("state", UNANSWERED)
async def test_unanswered_ones_go_when_their_time_is_over(house: House, state: str) -> None:
    """T34: by the retention that the office has now, not the one it had then; not a day too early."""
    made = await in_state(house, state)
    await keep_for(house, made.office.code, 7 * DAY)

    await pass_on_row(house, made, 6 * DAY)
    await purge(house.engine)
    early = await state_of(house, made)
    await pass_on_row(house, made, DAY)
    await purge(house.engine)

    row = await house.doorstep.show(made.id)
    assert (early, row.state, row.address) == (made.state, State.ERASED, "")
    assert row.seen_rev == row.rev, "its workflow ended long ago, and nobody wakes it"
    entry = (await house.doorstep.audit(made.id))[-1]
    assert (entry.event, entry.actor, entry.via) == ("invitation.erased", "doorstep", "clock")


@pytest.mark.parametrize("state", sorted(STATES.keys() - set(UNANSWERED)))
async def test_open_and_answered_ones_are_never_erased_by_time(house: House, state: str) -> None:
    """T34: whoever set up a user answered, however it ended; and what is open may be answered still."""
    made = await in_state(house, state)
    await keep_for(house, made.office.code, timedelta(seconds=1))
    before = await state_of(house, made)

    await pass_on_row(house, made, 400 * DAY)
    await purge(house.engine)

    assert (await house.doorstep.show(made.id)).address == made.address
    assert before is not State.ERASED


async def test_one_that_was_taken_back_after_the_set_up_was_answered(house: House) -> None:
    """T34: what is recorded of a decision about a person is not thrown away by time."""
    made = await in_state(house, "awaiting_approval")
    await house.doorstep.revoke(made.id)
    await house.until_state(made, State.REVOKED)
    await keep_for(house, made.office.code, DAY)

    await pass_on_row(house, made, 400 * DAY)
    await purge(house.engine)

    assert await state_of(house, made) is State.REVOKED


async def test_an_office_keeps_everything_until_it_says_otherwise(house: House) -> None:
    """T34: at first, and again after the retention was taken back."""
    made = await in_state(house, "revoked")
    await pass_on_row(house, made, 4000 * DAY)

    await purge(house.engine)
    at_first = await state_of(house, made)
    await keep_for(house, made.office.code, DAY)
    await keep_for(house, made.office.code, None)
    await purge(house.engine)

    assert (at_first, await state_of(house, made)) == (State.REVOKED, State.REVOKED)


async def many(house: House, count: int) -> str:
    """An office that keeps drafts for a week, with `count` that are older."""
    draft = await in_state(house, "draft")
    await keep_for(house, draft.office.code, 7 * DAY)
    await house.run(lambda tx: tx.execute(DRAFTS, {"id": draft.id, "count": count}))
    return draft.office.code


async def left(house: House, office: str) -> int:
    """How many drafts there are still."""
    query = text("SELECT count(*) FROM invitations WHERE office = :office AND state = 'draft'")
    return int((await house.run(lambda tx: tx.execute(query, {"office": office}))).scalar_one())


async def test_many_go_in_a_few_passes(house: House) -> None:
    """T34: 300 at a time would hold their locks too long, so each pass takes the 100 oldest."""
    office = await many(house, 300)
    counted = []

    for _ in range(4):
        await purge(house.engine)
        counted.append(await left(house, office))

    assert counted == [201, 101, 1, 1], "the one that is left is younger than a week"


async def test_the_sweep_does_it_unasked(house: House) -> None:
    """T34: every worker looks from time to time, and goes on at once where a pass was not enough."""
    office = await many(house, 150)
    stop = asyncio.Event()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sweep_until(stop, house.engine, house.doorstep.starter, every=0.05))

        async def gone() -> bool | None:
            return True if await left(house, office) == 1 else None

        await eventually(gone, "two passes")
        stop.set()


async def test_two_workers_at_once_erase_each_one_once(house: House) -> None:
    """T34: they share the work, and neither waits for what the other one has in hand."""
    office = await many(house, 120)

    await asyncio.gather(*(purge(house.engine) for _ in range(3)))

    assert await left(house, office) == 1
    query = text("""
        SELECT count(*), count(DISTINCT subject_id) FROM audit JOIN invitations ON invitations.id = subject_id
        WHERE office = :office AND event = 'invitation.erased'
    """)
    assert tuple((await house.run(lambda tx: tx.execute(query, {"office": office}))).one()) == (120, 120)


async def test_a_row_that_cannot_be_read_keeps_no_other_one(house: House) -> None:
    """T34, F20: a delivery from the future hides its invitation from this code; the others are erased without it."""
    poisoned, healthy = await in_state(house, "revoked"), await in_state(house, "revoked")
    for each in (poisoned, healthy):
        await keep_for(house, each.office.code, DAY)
        await pass_on_row(house, each, 3 * DAY)
    spoil = text("UPDATE deliveries SET facts = :facts WHERE subject_id = :id")
    await house.run(lambda tx: tx.execute(spoil, {"id": poisoned.id, "facts": '"x"'}))

    await purge(house.engine)

    assert await state_of(house, healthy) is State.ERASED
    await house.run(lambda tx: tx.execute(spoil, {"id": poisoned.id, "facts": "{}"}))
    assert await state_of(house, poisoned) is State.REVOKED
    await purge(house.engine)
    assert await state_of(house, poisoned) is State.ERASED


async def test_a_look_at_nothing_due_costs_next_to_nothing(house: House) -> None:
    """T34: among 20,000 unanswered invitations none is due: found out along an index, without reading any of them."""
    draft = await in_state(house, "draft")
    await keep_for(house, draft.office.code, 30 * DAY)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    own = retaining._due().where(t.offices.c.code == draft.office.code)  # other tests leave offices with a retention
    query = own.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    with psycopg.connect(house.settings.database_url.get_secret_value()) as connection:
        fill = str(DRAFTS).replace(":count", "20000").replace(":id", "%s")
        connection.execute(fill.encode(), [draft.id])
        connection.execute("ANALYZE invitations")
        explained = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}".encode()).fetchone()
        connection.rollback()

    assert explained is not None
    plan = explained[0][0]["Plan"]
    looks = [node for node in nodes(plan) if node.get("Relation Name") == "invitations"]
    assert [(node["Node Type"], node["Index Name"]) for node in looks] == [("Index Scan", "ix_invitations_unanswered")]
    assert sum(node["Actual Rows"] for node in looks) == 0
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 200


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The node and all below it."""
    return [plan, *(below for each in plan.get("Plans", []) for below in nodes(each))]
