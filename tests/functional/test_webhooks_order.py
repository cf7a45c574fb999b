"""From the audit to the webhooks: nothing is missed, nothing doubled, and the numbers have no gap."""

import asyncio
from collections import Counter
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.webhooks import SendingStatus
from doorstep.store import audit, webhook_events
from doorstep.store import tables as t
from doorstep.store.audit import CLOCK
from doorstep.store.engine import create_engine
from starter.handing_on import hand_on_once
from tests.functional.webhook_receiver import (
    Receiver,
    all_committed,
    hand_on,
    listening,
    receiving,
    retried,
    sendings,
    until_status,
)
from tests.house import House, eventually


def plain_url(house: House) -> str:
    """The database, for a connection that no transaction of ours manages."""
    return house.settings.database_url.get_secret_value().replace("+psycopg", "")


async def draft(house: House, office: str, name: str) -> str:
    """One event; the id of its subject."""
    made = await house.doorstep.invite(office=office, email=f"{name}@{office}.example", is_draft=True)
    return str(made.id)


async def test_of_many_at_once_none_is_missed_and_the_numbers_have_no_gap(house: House) -> None:
    """Twenty invitations at once, with several workers that hand on meanwhile: each is told once, numbered 1 to 20."""
    async with receiving() as receiver:
        added = await listening(house, receiver, "invitation.created")
        office = added.webhook.office

        made = await asyncio.gather(
            *(draft(house, office, f"p{n}") for n in range(20)),
            *(hand_on_once(house.engine, house.doorstep.starter) for _ in range(6)),
        )
        await hand_on(house)
        rows = await until_status(house, added, SendingStatus.DELIVERED, 20)

    assert [row.sequence for row in rows] == list(range(1, 21))
    assert sorted(str(row.subject_id) for row in rows) == sorted(str(each) for each in made[:20])
    assert Counter(receiver.sequences()) == Counter(range(1, 21))
    assert {each.event["sequence"]: each.id for each in receiver.got} == {row.sequence: str(row.id) for row in rows}


async def test_what_commits_late_is_told_too(house: House) -> None:
    """An event whose transaction is still open keeps later ones waiting, and is told with them when it commits."""
    async with receiving() as receiver, await psycopg.AsyncConnection.connect(plain_url(house)) as open_one:
        added = await listening(house, receiver, "invitation.*")
        office = added.webhook.office
        first = await draft(house, office, "first")
        await all_committed(house)
        await open_one.execute(
            "INSERT INTO audit (subject_id, actor, via, event) VALUES (%s, 'doorstep', 'clock', %s)",
            [first, str(Event.REMINDED)],
        )
        second = await draft(house, office, "second")
        await hand_on(house, waits=False)
        before = [row.event for row in await sendings(house, added)]

        await open_one.commit()
        await hand_on(house)
        rows = await until_status(house, added, SendingStatus.DELIVERED, 3)

    told = [(row.sequence, row.event, str(row.subject_id)) for row in rows]
    assert before == ["invitation.created"]
    assert told == [
        (1, "invitation.created", first),
        (2, "invitation.reminded", first),
        (3, "invitation.created", second),
    ]


async def test_starts_go_out_in_order(house: House) -> None:
    """To a receiver that takes one at a time they come by number, since each start waits for the one before."""
    async with receiving() as receiver:
        added = await listening(house, receiver, "invitation.*")
        for n in range(5):
            await draft(house, added.webhook.office, f"p{n}")
            await hand_on(house)
            await receiver.until(n + 1)

    assert receiver.sequences() == [1, 2, 3, 4, 5]


async def test_one_that_takes_nothing_is_not_sent_thousands(house: House) -> None:
    """A receiver in trouble gets five at a time; the rest waits in its rows, and comes by number once it is well."""
    async with receiving(status=500) as receiver:
        added = await listening(house, receiver, "invitation.*")
        await draft(house, added.webhook.office, "first")
        await hand_on(house)
        await receiver.until(1)
        await _until_tried(house, added.webhook.id, 1)
        await asyncio.gather(*(draft(house, added.webhook.office, f"p{n}") for n in range(9)))
        await hand_on(house)
        held = await _unstarted(house, added.webhook.id)
        await _until_tried(house, added.webhook.id, 5)  # a late end of one would say that it takes nothing again
        receiver.status = 204
        await retried(house, (await sendings(house, added))[0].id)
        await until_status(house, added, SendingStatus.DELIVERED)
        await hand_on(house)
        await eventually(lambda: _has_all(receiver, held), "the rest")

    assert held == [6, 7, 8, 9, 10]


async def test_a_webhook_does_not_hear_of_the_past(house: House) -> None:
    """It is told what is committed after it was added, whatever has not been handed on by then."""
    async with receiving() as receiver:
        office = await house.office()
        await draft(house, office, "before")
        await all_committed(house)
        added = await house.doorstep.webhook_add(
            office, receiver.url, events=["invitation.created"], owner="it@example.org"
        )
        after = await draft(house, office, "after")
        await hand_on(house)

        [row] = await until_status(house, added, SendingStatus.DELIVERED)

    assert str(row.subject_id) == after


async def test_f29_the_backup_of_another_server_loses_and_repeats_nothing(house: House) -> None:
    """F29: its transactions had higher numbers: what it had not told is told, and what it had told never again."""
    async with receiving() as receiver:
        added = await listening(house, receiver, "invitation.*")
        office = added.webhook.office
        told = await draft(house, office, "told")
        await hand_on(house)
        await house.run(lambda tx: _as_if_restored(tx, told))
        new = await draft(house, office, "new")

        await hand_on(house)
        later = await house.doorstep.webhook_add(office, receiver.url, events=["*"], owner="it@example.org")
        await _use_up_numbers(house)
        newest = await draft(house, office, "newest")
        await hand_on(house)
        rows = await until_status(house, added, SendingStatus.DELIVERED, 4)

    assert [(row.event, str(row.subject_id)) for row in rows] == [
        ("invitation.created", told),
        ("invitation.reminded", told),
        ("invitation.created", new),
        ("invitation.created", newest),
    ]
    assert [row.sequence for row in rows] == [1, 2, 3, 4]
    assert [str(row.subject_id) for row in await sendings(house, later)] == [newest]


async def test_a_pass_with_nothing_to_do_costs_three_statements(house: House) -> None:
    """Every worker looks once a second, so it has to be cheap; where nobody listens too."""
    engine = create_engine(house.settings.database_url.get_secret_value(), application="doorstep-tests")
    seen: list[str] = []

    async def look() -> list[str] | None:
        seen.clear()
        # A delivery that another test left behind may be due again in this very moment.
        return None if await hand_on_once(engine, house.doorstep.starter) else seen

    async with receiving() as receiver:
        added = await listening(house, receiver)
        await hand_on_once(engine, house.doorstep.starter)
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *call: seen.append(call[2]))

        await eventually(look, "a pass with nothing to do")

    await engine.dispose()
    assert await sendings(house, added) == []
    assert 0 < len(seen) <= 3


@pytest.mark.parametrize("happened", [Event.SIGN_IN_REFUSED, Event.REFUSED, Event.LINK_SHOWN, Event.KEY_MADE])
async def test_what_is_no_event_of_the_list_is_not_told(house: House, happened: Event) -> None:
    """Refusals, keys, and what support does by hand, are told to nobody, whatever a webhook asked for."""
    async with receiving() as receiver:
        added = await listening(house, receiver, "*")
        detail = {"office": added.webhook.office}
        await house.run(lambda tx: audit.record(tx, happened, CLOCK, subject_id=None, detail=detail))
        await all_committed(house)
        await house.run(webhook_events.hand_on)

    assert await sendings(house, added) == []


async def _as_if_restored(tx: AsyncConnection, subject: str) -> None:
    """The rows as a dump of another server brings them: higher numbers, one event told and another not."""
    next_one = (await tx.execute(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))).scalar_one()
    event_row = {"subject_id": UUID(subject), "actor": "doorstep", "via": "clock"}
    # So far ahead that the workers of the tests do not come to it meanwhile.
    told = {**event_row, "event": Event.ESCALATED, "transaction": next_one + 1000}
    untold = {**event_row, "event": Event.REMINDED, "transaction": next_one + 3000}
    last_id = (await tx.execute(t.audit.insert().values(**told).returning(t.audit.c.id))).scalar_one()
    await tx.execute(t.audit.insert().values(**untold))
    await tx.execute(update(t.webhook_horizon).values(transaction=next_one + 2000, last_id=last_id))


async def _use_up_numbers(house: House) -> None:
    """Let the server come to the numbers that the other one had given out."""
    async with await psycopg.AsyncConnection.connect(plain_url(house), autocommit=True) as connection:
        await connection.execute(
            "DO $$ BEGIN FOR n IN 1..3100 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )


async def _until_tried(house: House, webhook_id: UUID, count: int) -> None:
    """Wait until so many deliveries have been tried in vain."""

    async def look() -> bool | None:
        found = await house.doorstep.webhook_deliveries(webhook_id)
        return True if sum(bool(each.cause) for each in found) >= count else None

    await eventually(look, f"{count} deliveries to be tried in vain")


async def _has_all(receiver: Receiver, sequences: list[int]) -> bool | None:
    return True if set(sequences) <= set(receiver.sequences()) else None


async def _unstarted(house: House, webhook_id: UUID) -> list[int]:
    d = t.webhook_deliveries.c
    query = select(d.sequence).where(d.webhook_id == webhook_id, d.started_at.is_(None)).order_by(d.sequence)

    async def look(tx: AsyncConnection) -> list[int]:
        return [row[0] for row in await tx.execute(query)]

    return await house.run(look)
