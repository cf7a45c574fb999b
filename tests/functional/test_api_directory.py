"""Long lists page by page, as systems read them: accounts, contacts, jobs, users, deliveries and the audit."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import event

from doorstep.domain.editions import edition_of, edition_of_approvers
from doorstep.domain.errors import Changed, Invalid
from doorstep.domain.events import Event
from doorstep.domain.messages import Channel, DeliveryStatus, Message
from doorstep.domain.pages import Page
from doorstep.store.address_book import Search
from doorstep.store.audit_pages import AuditFilter
from doorstep.store.delivery_pages import DeliveryFilter
from doorstep.store.directory_pages import AccountFilter
from starter.client import Doorstep
from tests.client_commands import acting
from tests.functional.importing import imported
from tests.functional.staffing import CRM, staffed
from tests.house import House

T = TypeVar("T")
IS_COUNTED = ContextVar("is_counted", default=False)
ROWS = [
    "1042,Kauri Farms,Dairy,Rep One,Retail,Ana Ngata,ana@kauri.example,021 555 0142",
    "1043,Rimu Dairies,Dairy,Rep Two,Retail,Ben Rata,ben@rimu.example,021 555 0143",
    "2000,Totara 100%,Grain,Rep One,Trade,Cara Both,cara@totara.example,",
    "3000,Kauri Seeds,Grain,Rep Two,Trade,Dan Last,,021 555 0149",
]


async def everything(page: Callable[..., Awaitable[Page[T]]], office: str, size: int) -> tuple[list[T], int]:
    """What all of the pages hold, and how many there were."""
    found: list[T] = []
    after, pages = "", 0
    while pages == 0 or after:
        part = await page(office, after=after, limit=size)
        found += part.items
        after, pages = part.next, pages + 1
    return found, pages


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Every statement of this test that the house's engine carries out meanwhile; the worker has its own to do."""
    said: list[str] = []

    def note(*arguments: object) -> None:
        if IS_COUNTED.get():
            said.append(str(arguments[2]))

    event.listen(house.engine.sync_engine, "before_cursor_execute", note)
    counted = IS_COUNTED.set(True)
    yield said
    IS_COUNTED.reset(counted)
    event.remove(house.engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (AccountFilter(), ["1042", "1043", "2000", "3000"]),
        (AccountFilter(search="kauri"), ["1042", "3000"]),
        (AccountFilter(search=" 104"), ["1042", "1043"]),
        (AccountFilter(search="%"), ["2000"]),
        (AccountFilter(customer_type="Grain"), ["2000", "3000"]),
        (AccountFilter(sales_rep="Rep One", price_list="Trade"), ["2000"]),
        (AccountFilter(price_list=""), []),
    ],
)
async def test_accounts_are_found_by_code_name_and_what_the_erp_says(
    house: House, wanted: AccountFilter, codes: list[str]
) -> None:
    """S1.6, S4.29: by a part of code or name in any case, a wildcard being a letter, and by the three filters."""
    office = await house.office()
    await imported(house, office, *ROWS)

    found = await house.doorstep.account_page(office, wanted)

    assert [account.code for account in found.items] == codes
    assert found.next == ""


async def test_every_list_goes_on_where_the_page_before_ended(house: House) -> None:
    """S1.6, S3.3: pages of any size hold everything once and in one order, also while rows are added."""
    office = await house.office()
    await imported(house, office, *ROWS)
    for number in range(3):
        await house.doorstep.invite(office=office, email=f"{number}@a.example", job=f"Job {number}", is_draft=True)
    d = house.doorstep

    for size in (1, 2, 3, 4):
        accounts, pages = await everything(d.account_page, office, size)
        contacts, _ = await everything(d.contact_page, office, size)
        jobs, _ = await everything(d.job_page, office, size)
        records, _ = await everything(d.audit_page, office, size)
        assert [each.code for each in accounts] == ["1042", "1043", "2000", "3000"]
        assert pages == -(-4 // size)
        assert [each.name for each in contacts] == ["Ana Ngata", "Ben Rata", "Cara Both", "Dan Last"]
        assert [each.name for each in jobs] == ["Job 0", "Job 1", "Job 2"]
        assert [each.id for each in records] == sorted({each.id for each in records}, reverse=True)
        assert {each.event for each in records} >= {Event.OFFICE_SET, Event.IMPORTED, Event.CREATED}


async def test_a_page_costs_the_same_however_many_rows_it_holds(house: House) -> None:
    """T20: one statement for whose sight it is and one for the page; users take two more for what belongs to them."""
    office, clerk = await staffed(house, "customerView")
    invitation = await house.pending(office, accounts=["1042"], job="One")
    lists: dict[str, tuple[Callable[[Doorstep], Awaitable[Page[Any]]], int]] = {
        "accounts": (lambda d: d.account_page(office), 2),
        "contacts": (lambda d: d.contact_page(office), 2),
        "jobs": (lambda d: d.job_page(office), 2),
        "deliveries": (lambda d: d.delivery_page(office), 2),
        "audit": (lambda d: d.audit_page(office), 2),
        "deliveries of one": (lambda d: d.deliveries_of(invitation.id), 4),
    }

    for name, (read, most) in lists.items():
        with statements(house) as said:
            page = await read(clerk)
        assert page.items, name
        assert len(said) <= most, (name, said)


async def test_a_job_tells_how_many_places_are_left(house: House) -> None:
    """S2.1, S2.3, S2.4: taken by whoever is invited, free again once one is taken back, by the office's own limit."""
    office = await house.office(places_per_job=2)
    first = await house.doorstep.invite(office=office, email="a@a.example", job="Barn", is_draft=True)
    await house.doorstep.send(first.id)
    assert first.job_id is not None
    one = await house.doorstep.job(first.job_id)
    await house.doorstep.revoke(first.id)
    none = await house.doorstep.job(first.job_id)

    assert [(job.name, job.places, job.taken, job.left) for job in (one, none)] == [
        ("Barn", 2, 1, 1),
        ("Barn", 2, 0, 2),
    ]


async def test_deliveries_are_found_by_what_became_of_them(house: House) -> None:
    """S3.7: of the office and of one invitation, by status, channel, message and since when."""
    office = await house.office()
    first, second = await house.pending(office), await house.pending(office)
    read = house.doorstep.delivery_page
    sent = DeliveryFilter(DeliveryStatus.SENT, Channel.MAIL, Message.INVITATION, first.created_at)

    both = (await read(office, sent)).items
    of_one = (await house.doorstep.deliveries_of(first.id)).items

    assert [each.recipient for each in both] == [second.address, first.address]
    assert [each.subject_id for each in of_one] == [first.id]
    for nothing in (
        DeliveryFilter(status=DeliveryStatus.BOUNCED),
        DeliveryFilter(channel=Channel.TEXT),
        DeliveryFilter(message=Message.REMINDER),
        DeliveryFilter(since=second.now + timedelta(hours=1)),
    ):
        assert (await read(office, nothing)).items == ()


async def test_the_audit_is_found_by_event_actor_subject_and_time(house: House) -> None:
    """T34: what happened to invitations stands beside what happened to the office."""
    office = await house.office()
    draft = await house.doorstep.invite(office=office, email="a@a.example", is_draft=True)
    read = house.doorstep.audit_page

    by_event = (await read(office, AuditFilter(event=Event.CREATED))).items
    by_subject = (await read(office, AuditFilter(subject=draft.id))).items
    by_actor = (await read(office, AuditFilter(actor=house.doorstep.actor.name))).items

    assert [each.subject_id for each in by_event] == [draft.id]
    assert {each.event for each in by_subject} == {Event.CREATED}
    assert {each.event for each in by_actor} == {Event.OFFICE_SET, Event.APPROVERS_SET, Event.CREATED}
    assert (await read(office, AuditFilter(actor="nobody"))).items == ()
    assert (await read(office, AuditFilter(since=draft.now + timedelta(hours=1)))).items == ()


async def test_whoever_is_held_to_accounts_reads_what_hangs_on_them(house: House) -> None:
    """S1.3, S4.3: of accounts, contacts, jobs, users and deliveries; the others are left out of every page."""
    office, rep = await staffed(house, *CRM)
    for code in ("1042", "2000"):
        await house.pending(office, email=f"{code}@x.example", accounts=[code], job=f"Job {code}")

    assert [each.code for each in (await rep.account_page(office)).items] == ["1042"]
    assert [each.name for each in (await rep.contact_page(office)).items] == ["Ana Ngata", "Cara Both"]
    assert [each.name for each in (await rep.job_page(office)).items] == ["Job 1042"]
    assert {each.recipient for each in (await rep.delivery_page(office)).items} == {"1042@x.example"}
    assert [each.name for each in (await rep.contact_page(office, Search(account="2000"))).items] == []


@pytest.mark.parametrize("place", ["x", "\x00", "'", "1" * 40, "0199a7c2"])
async def test_a_place_that_no_page_named_is_refused(house: House, place: str) -> None:
    """T06: where the place has a form; nobody gets to the database with another one."""
    office = await house.office()
    d = house.doorstep

    for read in (d.contact_page, d.delivery_page, d.audit_page):
        with pytest.raises(Invalid) as refused:
            await read(office, after=place)
        assert refused.value.code == "cursor_invalid"


async def test_who_changes_what_they_read_before_somebody_else_did_is_refused(house: House) -> None:
    """F17: a contact, a text, an office and its administrators; what the faster one wrote stays, and it is recorded."""
    office = await house.office()
    await imported(house, office, ROWS[0])
    d, slow = house.doorstep, acting(house.doorstep, "slow@x.example")
    [ana] = (await d.contact_page(office)).items
    read, body = await d.office(office), "[Sign in]({{ sign_in_url }})"
    edition, administrators = edition_of(read), edition_of_approvers(read)

    await d.contact_set(ana.id, name="Ana First", seen=ana.updated_at)
    await d.template_set(office, "accountactivation-EJS", subject="Kia ora", body=body, seen=0)
    await d.office_set(office, own={"name": "First"}, seen=edition)
    await d.approvers_set(office, ["first@x.example"], seen=administrators)

    for late in (
        slow.contact_set(ana.id, name="Ana Second", seen=ana.updated_at),
        slow.template_set(office, "accountactivation-EJS", subject="Kia ora", body=body, seen=0),
        slow.template_restore(office, "accountactivation-EJS", 0, seen=0),
        slow.office_set(office, own={"name": "Second"}, seen=edition),
        slow.office_set(office, rules={"four_eyes": True}, seen=edition),
        slow.approvers_set(office, ["second@x.example"], seen=administrators),
    ):
        with pytest.raises(Changed) as refused:
            await late
        assert refused.value.code == "changed_meanwhile"
    after = await d.office(office)
    assert ((await d.contact(ana.id)).name, after.name, after.approvers) == ("Ana First", "First", ("first@x.example",))
    recorded = (await d.audit_page(office, AuditFilter(actor="slow@x.example"))).items
    assert [each.code for each in recorded] == ["changed_meanwhile"] * 5
    assert await d.office_set(office, own={"name": "Third"}, seen=edition_of(after))
