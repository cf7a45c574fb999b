"""Erasing in whatever state: the tombstone, the workflow, and what belongs to others and stays (T34)."""

from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from sqlalchemy import text

from doorstep.domain.errors import Conflict, Forbidden, Gone, NotFound
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.direct import add, mail_to, office_with_account
from tests.functional.stages import STATES
from tests.house import PASSWORD, House
from tests.members import refusals, user_named
from tests.pages import active, add_accounts


@pytest.mark.parametrize("state", STATES)
async def test_it_can_be_erased_in_every_state(house: House, state: str) -> None:
    """T34: a tombstone with its times and its staff, no user, no seat; whatever workflow there is ends as `erased`."""
    async with AsyncExitStack() as stack:
        made = await STATES[state](house, stack)

        erased = await house.doorstep.erase(made.id)

        assert await house.handle(made).result() == {"state": "erased"}
    row = await house.until_state(made, State.ERASED)
    assert (erased.state, row.created_at, row.invited_by) == (State.ERASED, made.created_at, made.invited_by)
    assert (row.decided_by, row.set_up_at) == (made.decided_by, made.set_up_at)
    assert (row.address, row.name, row.username, row.decision_note, row.user_id) == ("", "", "", "", None)
    assert row.attention == ()
    assert await user_named(house, made.address) is None
    assert await house.doorstep.seats(made.office.code) == 0
    with pytest.raises(Forbidden):
        await house.doorstep.sign_in(made.address, PASSWORD, source=made.address)


@pytest.mark.parametrize("state", ["pending", "awaiting_approval", "closed"])
async def test_erased_twice_is_refused(house: House, state: str) -> None:
    """T34: the second time there is nothing left to erase; the refusal is recorded like any other."""
    async with AsyncExitStack() as stack:
        made = await STATES[state](house, stack)
    await house.doorstep.erase(made.id)

    with pytest.raises(Conflict) as refused:
        await house.doorstep.erase(made.id)

    assert refused.value.code == "erased_already"
    assert (await house.events(made)).count("invitation.erased") == 1
    assert [each.code for each in await refusals(house, made)] == ["erased_already"]


async def test_the_link_of_an_erased_invitation_opens_nothing(house: House) -> None:
    """T34: it is as unknown as any guess, and no form takes it."""
    made = await house.pending(await house.office())
    token = house.token(await house.mail_of(made, Message.INVITATION))

    await house.doorstep.erase(made.id)

    for attempt in (
        house.doorstep.open_link(token),
        house.doorstep.set_up(token, username=made.address, password=PASSWORD),
        house.doorstep.decline(token),
        house.doorstep.request_new_link(token),
    ):
        with pytest.raises(Gone) as dead:
            await attempt
        assert dead.value.code == "link_unknown"


@pytest.mark.parametrize("command", ["resend", "revoke", "send"])
async def test_nothing_more_can_be_done_to_it(house: House, command: str) -> None:
    """T34: a tombstone takes no command, and the address is free for a new invitation."""
    office = await house.office(resend_cooldown=timedelta(0))
    made = await house.pending(office)
    await house.doorstep.erase(made.id)

    with pytest.raises(Conflict) as refused:
        await getattr(house.doorstep, command)(made.id)
    again = await house.doorstep.invite(office=office, email=made.address)

    assert refused.value.code == "wrong_state"
    assert (again.state, again.id == made.id) == (State.PENDING, False)


async def test_a_user_of_two_offices_keeps_the_other(house: House) -> None:
    """T34, S2.18: erasing the invitation of one office takes that office away, and the sign-in stays for the other."""
    here, there = await house.office(), await house.office(approval_required=False)
    await add_accounts(house, there, {"7": "Far Farm"})
    first = await active(house, here, email=f"ana@{here}.example")
    second = await house.doorstep.invite(office=there, email=first.address, accounts=["7"])
    await house.until_state(second, State.ACTIVE)

    await house.doorstep.erase(second.id)

    left = await house.doorstep.user(first.address)
    assert [each.office for each in left.memberships] == [here]
    assert await house.doorstep.sign_in(first.address, PASSWORD, source=here)
    assert [await house.doorstep.seats(each) for each in (here, there)] == [1, 0]

    await house.doorstep.erase(first.id)
    with pytest.raises(NotFound):
        await house.doorstep.user(first.address)


async def test_one_of_two_jobs_is_erased_and_the_account_stays(house: House) -> None:
    """T34, S2.6: what the other invitation grants too goes on; a place of the job is free."""
    office = await house.office(approval_required=False, places_per_job=1)
    await add_accounts(house, office, {"1042": "Hill Farm"})
    one = await house.pending(office, accounts=["1042"], job="12 Hill Road", email=f"ana@{office}.example")
    token = house.token(await house.mail_of(one, Message.INVITATION))
    await house.doorstep.set_up(token, username=one.address, password=PASSWORD)
    await house.until_state(one, State.ACTIVE)
    other = await house.doorstep.invite(office=office, email=one.address, accounts=["1042"], job="14 Hill Road")
    await house.until_state(other, State.ACTIVE)

    await house.doorstep.erase(one.id)

    assert [each.account_code for each in (await house.doorstep.user(one.address)).memberships] == ["1042"]
    assert (await house.doorstep.invite(office=office, email=f"bo@{office}.example", job="12 Hill Road")).state is (
        State.PENDING
    )


async def test_a_pair_stays_when_an_invitation_of_the_same_person_is_erased(house: House) -> None:
    """T34, S2.19: somebody who was added directly belongs there by that, whatever becomes of an invitation."""
    office = await office_with_account(house)
    pair = await add(house, office)
    await house.doorstep.reset(
        house.token(await mail_to(house, pair.management.email, Message.SET_PASSWORD)), password=PASSWORD
    )
    there = await house.office(approval_required=False)
    visit = await house.doorstep.invite(office=there, email=pair.management.email)
    await house.until_state(visit, State.ACTIVE)

    await house.doorstep.erase(visit.id)

    left = await house.doorstep.user(pair.management.username)
    assert [each.office for each in left.memberships] == [office]
    assert await house.doorstep.seats(office) == 2


async def test_an_invitation_to_a_shared_address_stays_with_the_others_there(house: House) -> None:
    """T34, S4.17: erasing one user of an address that two have leaves alone what may be meant for the other."""
    office = await office_with_account(house)
    shared = f"office@{office}.example"
    ann = await add(house, office, f"ann.{office}", email=shared)
    await add(house, office, f"bob.{office}", email=shared)
    elsewhere = await house.doorstep.invite(office=await house.office(), email=shared, is_draft=True)

    await house.doorstep.user_erase(ann.management.username)

    assert (await house.doorstep.show(elsewhere.id)).address == shared
    assert (await house.doorstep.user(f"bob.{office}")).user.email == shared
    with pytest.raises(NotFound):
        await house.doorstep.user(ann.staff.username)


CONTACTS = text("SELECT id, email FROM contacts WHERE office = :office")


async def test_a_contact_of_the_erp_stays(house: House) -> None:
    """T34, S0.5: it is erased in the ERP, which would send it again; the invitation points at it no more."""
    office = await house.office()
    rows = f"Account Code,Account Name,Contact Name,Email\n1042,Hill Farm,Ana,ana@{office}.example\n"
    async for _ in await house.doorstep.import_rows(rows.encode(), office):
        pass
    made = await house.pending(office, email=f"ana@{office}.example", accounts=["1042"])

    await house.doorstep.erase(made.id)

    row = await house.doorstep.show(made.id)
    contacts = await house.run(lambda tx: tx.execute(CONTACTS, {"office": office}))
    assert made.contact_id is not None
    assert row.contact_id is None
    assert [tuple(each) for each in contacts] == [(made.contact_id, f"ana@{office}.example")]


async def test_erasing_takes_the_permission(house: House) -> None:
    """T34, T20: of the staff those who hold it; for others it is refused, or there is no such invitation."""
    made = await house.pending(await house.office())
    office = made.office.code
    people = {"eraser": ["erase_people"], "boss": ["administrator"]}
    for name, permissions in people.items():
        await house.doorstep.staff_set(office, f"{name}@{office}.example", permissions=permissions)

    with pytest.raises(Forbidden) as refused:
        await house.doorstep.erase(made.id, actor=f"boss@{office}.example")
    with pytest.raises(NotFound):
        await house.doorstep.erase(made.id, actor="stranger@else.example")
    erased = await house.doorstep.erase(made.id, actor=f"eraser@{office}.example")

    assert refused.value.code == "not_allowed"
    assert erased.state is State.ERASED
