"""Batches: rehearsed row by row, then invited; each row decided like a single invitation."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import BatchFilter, BatchOptions, BatchRow, BatchState, NewRow
from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound
from doorstep.domain.messages import Message
from doorstep.store import tables as t
from tests.client_commands import acting
from tests.functional.batching import checked, invited, people, rows_of, sent, until_batch
from tests.functional.importing import imported
from tests.functional.staffing import staffed
from tests.house import House


def said(row: BatchRow) -> tuple[str, str]:
    """What the rehearsal said of a row."""
    return str(row.checked), row.checked_code


async def test_every_row_gets_its_own_answer_before_anything_is_sent(house: House) -> None:
    """S2.2, S2.4, S3.5, S4.26, S4.35: who would be invited, who not and why; nobody is, and no job is made."""
    office = await house.office(required_fields=("name",))
    await imported(
        house,
        office,
        f"1042,Hill Farm,,,,Ana,ana@{office}.example,",
        "1042,Hill Farm,,,,Silent,,",
        f"1042,Hill Farm,,,,Eve,eve@{office}.example,",
    )
    contacts = {each.name: each.id for each in await house.doorstep.contacts(office)}
    await house.doorstep.contact_set(contacts["Eve"], is_portal_user=False)
    await house.pending(office, email=f"open@{office}.example", name="Open")
    site = [NewRow(email=f"s{n}@{office}.example", name="S", job="12 Hill Street") for n in range(4)]

    batch = await checked(
        house,
        office,
        [
            NewRow(email=f"new@{office}.example", name="New", accounts=("1042",)),
            NewRow(contact=str(contacts["Ana"])),
            NewRow(contact=str(contacts["Silent"])),
            NewRow(contact=str(contacts["Eve"])),
            NewRow(email=f"OPEN@{office}.example", name="Open"),
            NewRow(email=f"new@{office}.example", name="Again", accounts=("1042",)),
            NewRow(email="no address", name="X"),
            NewRow(email=f"lost@{office}.example", name="X", accounts=("9999",)),
            NewRow(email=f"nameless@{office}.example"),
            NewRow(contact=str(UUID(int=7))),
            *site,
        ],
    )

    rows = await rows_of(house, batch)
    assert [said(row) for row in rows] == [
        ("ok", ""),
        ("ok", ""),
        ("skipped", "no_address"),
        ("skipped", "not_portal_user"),
        ("skipped", "already_invited"),
        ("skipped", "already_invited"),
        ("refused", "address_invalid"),
        ("refused", "unknown_account"),
        ("refused", "field_required"),
        ("refused", "no_such_contact"),
        *[("ok", "")] * 3,
        ("skipped", "limit"),
    ]
    assert [rows[n].checked_field for n in (6, 7, 8)] == ["email", "account", "name"]
    assert "row 1" in rows[5].checked_message
    assert (batch.checked.ok, batch.checked.skipped, batch.checked.refused) == (5, 5, 4)
    assert await invited(house, office) == [f"open@{office}.example"]
    assert not await house.run(lambda tx: _jobs(tx, office))


async def _jobs(tx: AsyncConnection, office: str) -> list[str]:
    return list((await tx.execute(select(t.jobs.c.name).where(t.jobs.c.office == office))).scalars())


async def test_a_limit_shows_across_the_chunks_of_a_rehearsal(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """S2.4: the places that rows took in an earlier chunk are counted in the next one, which sees none of them."""
    monkeypatch.setattr("activities.batch_shift.CHECKED_AT_ONCE", 2)
    office = await house.office()

    batch = await checked(house, office, people(office, 7, job="12 Hill Street"))

    assert [said(row)[0] for row in await rows_of(house, batch)] == ["ok"] * 3 + ["skipped"] * 4


async def test_a_started_batch_invites_each_row_once(house: House) -> None:
    """S4.35: a bad row stops no other; every invitation knows its batch, and its workflow says so."""
    office = await house.office()
    batch = await checked(house, office, [*people(office, 3), NewRow(email="bad"), *people(office, 1)])

    await house.doorstep.batch_start(batch.id)
    done = await until_batch(house, batch, BatchState.DONE)

    rows = await rows_of(house, done)
    # Rows are under way beside each other: of two that name one person either is the first.
    assert sorted(str(row.result) for row in rows) == ["ok"] * 3 + ["refused", "skipped"]
    assert str(rows[3].result) == "refused"
    assert (done.sent.ok, done.sent.skipped, done.sent.refused, done.sent.left) == (3, 1, 1, 0)
    assert await invited(house, office) == [f"p{n}@{office}.example" for n in range(3)]
    invitation = await house.doorstep.show(rows[0].invitation_id)  # type: ignore[arg-type]
    assert invitation.batch_id == batch.id
    await house.mail_of(invitation, Message.INVITATION)
    described = await house.handle(invitation).describe()
    assert described.search_attributes["BatchId"] == [str(batch.id)]
    assert await house.client.get_workflow_handle(batch.workflow_id).result() == {"state": "done"}
    assert await house.run(lambda tx: _events(tx, batch.id)) == ["batch.created", "batch.started", "batch.done"]


async def _events(tx: AsyncConnection, batch_id: UUID) -> list[str]:
    query = select(t.audit.c.event).where(t.audit.c.subject_id == batch_id, t.audit.c.event.like("batch.%"))
    return list((await tx.execute(query.order_by(t.audit.c.id))).scalars())


async def test_the_customers_of_a_filter_are_invited(house: House) -> None:
    """S4.26, S4.29: by customer type, sales rep and price list, each once, without those who have a username."""
    office = await house.office(approval_required=False)
    await imported(
        house,
        office,
        f"1,Hill Farm,Retail,Kim,A,Ana,ana@{office}.example,",
        f"2,Lake Farm,Retail,Kim,A,Ana,ana@{office}.example,",
        f"3,Bay Farm,Trade,Kim,A,Ben,ben@{office}.example,",
        f"4,Far Farm,Retail,Lee,A,Cy,cy@{office}.example,",
    )

    batch = await house.doorstep.batch_create(office, matching=BatchFilter("retail", "kim"), starts_by_itself=True)
    done = await until_batch(house, batch, BatchState.DONE)

    (row,) = await rows_of(house, done)
    assert await invited(house, office) == [f"ana@{office}.example"]
    invitation = await house.doorstep.show(row.invitation_id)  # type: ignore[arg-type]
    assert [account.code for account in invitation.accounts] == ["1", "2"]
    assert invitation.name == "Ana"


async def test_a_batch_is_paused_resumed_and_cancelled(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a pause or a cancel nobody further is invited; a signal from the Temporal UI does the same."""
    monkeypatch.setattr("activities.batch_shift.WINDOW", 0)  # nothing gets through before somebody says so
    office = await house.office()
    batch = await checked(house, office, people(office, 3))
    handle = house.client.get_workflow_handle(batch.workflow_id)

    await house.doorstep.batch_start(batch.id)
    paused = await house.doorstep.batch_pause(batch.id)
    await handle.signal("resume")
    await until_batch(house, batch, BatchState.RUNNING)
    await handle.signal("pause", {"by": "anybody"})
    await until_batch(house, batch, BatchState.PAUSED)
    cancelled = await house.doorstep.batch_cancel(batch.id)

    assert (paused.state, cancelled.state) == (BatchState.PAUSED, BatchState.CANCELLED)
    assert await handle.result() == {"state": "cancelled"}
    assert await invited(house, office) == []
    with pytest.raises(Conflict) as refused:
        await house.doorstep.batch_resume(batch.id)
    assert refused.value.code == "wrong_state"


async def test_the_file_of_results_is_sent_again_and_invites_nobody_twice(house: House) -> None:
    """T31, F17: corrected and sent again, only the corrected row goes out, whatever became of the others since."""
    from doorstep.domain.batch_file import read_batch  # noqa: PLC0415 - beside its use

    office = await house.office()
    first = await sent(house, office, [*people(office, 2), NewRow(email="ana(at)x", name="=cmd|' /C calc'!A0")])
    gone = await house.doorstep.show((await rows_of(house, first))[0].invitation_id)  # type: ignore[arg-type]
    await house.doorstep.revoke(gone.id)
    text = "".join([line async for line in house.doorstep.batch_results_csv(first.id)])

    corrected = read_batch(text.replace("ana(at)x", f"ana@{office}.example").encode())
    second = await sent(house, office, corrected)

    assert "'=cmd" in text
    rows = await rows_of(house, second)
    assert [(str(row.result), row.code) for row in rows] == [("skipped", "already_invited")] * 2 + [("ok", "")]
    assert rows[2].given["name"] == "=cmd|' /C calc'!A0"
    assert len(await invited(house, office)) == 3


async def test_a_row_is_decided_with_the_rights_of_whoever_asked(house: House) -> None:
    """S1.3, S4.3, T20: of a clerk with one account the rows of another are refused; strangers see no batch."""
    office, clerk = await staffed(house, "crmCompanyView", "crmCompanyEdit")
    await house.doorstep.staff_set(office, f"other@{office}.example", permissions=["crmCompanyView", "crmCompanyEdit"])
    other, chief = (acting(house.doorstep, f"{name}@{office}.example") for name in ("other", "chief"))
    rows = [NewRow(email=f"n{code}@{office}.example", accounts=(code,)) for code in ("1042", "2000")]

    batch = await clerk.batch_create(office, rows=rows, starts_by_itself=True)
    done = await until_batch(house, batch, BatchState.DONE)

    found = await clerk.batch_rows(batch.id)
    assert [(str(row.result), row.code) for row in found.items] == [("ok", ""), ("refused", "unknown_account")]
    assert (await chief.batch(batch.id)).sent == done.sent
    assert [each.id for each in (await clerk.batches(office)).items] == [batch.id]
    assert (await other.batches(office)).items == ()
    for look in (other.batch, other.batch_rows, other.batch_cancel):
        with pytest.raises(NotFound):
            await look(batch.id)
    with pytest.raises(Forbidden):
        await acting(house.doorstep, "nobody@elsewhere.example").batch_create(office, rows=rows)


async def test_a_batch_that_cannot_be_is_refused_at_once(house: House) -> None:
    """S0.9: without rows, with an option that there is not, with two sources, or under a key of another batch."""
    office = await house.office()
    create = house.doorstep.batch_create
    first = await create(office, rows=people(office, 1), idempotency_key="k")
    again = await create(office, rows=people(office, 1), idempotency_key="k")

    codes = []
    wrong: tuple[dict[str, Any], ...] = (
        {"rows": []},
        {"rows": people(office, 1), "contacts": []},
        {"matching": BatchFilter()},
        {"rows": people(office, 1), "options": BatchOptions(template="none")},
        {"rows": people(office, 1), "options": BatchOptions(roles=("none",))},
        {"rows": people(office, 1), "options": BatchOptions(channel="post")},
        {"rows": people(office, 2), "idempotency_key": "k"},
    )
    for asked in wrong:
        with pytest.raises(Invalid) as refused:
            await create(office, **asked)
        codes.append(refused.value.code)

    assert again.id == first.id
    assert codes == [
        *("batch_empty", "batch_source", "batch_source", "unknown_template", "unknown_role", "unknown_channel"),
        "idempotency_mismatch",
    ]


async def test_lists_of_batches_and_rows_go_on_where_they_ended(house: House) -> None:
    """Both are read page by page; the newest batch comes first."""
    office = await house.office()
    made = [(await house.doorstep.batch_create(office, rows=people(office, 3))).id for _ in range(3)]

    first = await house.doorstep.batches(office, limit=2)
    rest = await house.doorstep.batches(office, after=first.next, limit=2)
    rows = await house.doorstep.batch_rows(made[0], limit=2)
    last = await house.doorstep.batch_rows(made[0], after=rows.next, limit=2)

    assert [each.id for each in (*first.items, *rest.items)] == made[::-1]
    assert rest.next == ""
    assert [row.number for row in (*rows.items, *last.items)] == [1, 2, 3]
