"""Staff who may look and not touch, an office that lets all of its staff invite, and what is recorded of refusals."""

import pytest

from doorstep.domain.errors import Forbidden, Invalid
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.client_commands import acting, fresh
from tests.functional.staffing import CRM, contact_named, draft, staffed
from tests.house import House
from tests.members import refusals
from tests.pages import active
from tests.temporal_cli import update


@pytest.mark.parametrize("view", ["companyView", "customerView"])
async def test_view_without_edit_looks_and_does_not_add(house: House, view: str) -> None:
    """S1.5: lists, searches and every detail are open; adding, changing and passing on the link are refused."""
    office, clerk = await staffed(house, view)
    invitation, ana = await draft(house, office, "1042"), await contact_named(house, office, "Ana")

    assert [each.id for each in await clerk.list(office=office)] == [invitation.id]
    assert (await clerk.show(invitation.id)).id == invitation.id
    assert [each.name for each in await clerk.contacts(office, search="kauri")] == ["Ana Ngata", "Cara Both"]
    for asked in (
        clerk.invite(office=office, email="new@example.org", accounts=["1042"]),
        clerk.contact_add(office=office, email="new@example.org", accounts=["1042"]),
        clerk.contact_set(ana, portal_email="new@example.org"),
        clerk.send(invitation.id),
        clerk.link(invitation.id),
    ):
        with pytest.raises(Forbidden) as caught:
            await asked
        assert caught.value.code == "not_allowed"


async def test_any_staff_invites_where_the_office_says_so(house: House) -> None:
    """S0.1: with the setting a colleague without a permission to add invites too; a customer never does."""
    office, clerk = await staffed(house, "manage_email_templates")
    customer = await active(house, office, accounts=["1042"])
    with pytest.raises(Forbidden):
        await clerk.invite(office=office, email="new@example.org")

    await house.doorstep.office_set(office, own={"any_staff_invites": True})

    invitation = await clerk.invite(office=office, email="new@example.org", accounts=["2000"])
    assert await house.mail_of(invitation, Message.INVITATION)
    for address in (customer.address, customer.username):
        with pytest.raises(Forbidden) as caught:
            await acting(house.doorstep, address).invite(office=office, email="friend@example.org")
        assert caught.value.code == "not_staff"


@pytest.mark.parametrize(("is_rep", "reached"), [(False, {"1042", "2000"}), (True, {"1042"})])
async def test_who_may_add_portal_users_does_so_for_their_customers(
    house: House, *, is_rep: bool, reached: set[str]
) -> None:
    """S4.2, S4.3: in-house staff with the permission for any customer, a rep for the assigned ones."""
    office, clerk = await staffed(house, "addPortalUser", is_rep=is_rep)

    done = set()
    for account in ("1042", "2000"):
        name = fresh("user")
        try:
            await clerk.add_user(office=office, account=account, email=f"{name}@example.org", username=name)
            await clerk.invite(office=office, email=f"{fresh('in')}@example.org", accounts=[account], is_draft=True)
        except Invalid as refusal:
            assert refusal.code == "unknown_account"  # noqa: PT017 - of one account of two
        else:
            done.add(account)

    assert done == reached


async def test_a_refusal_of_the_rights_is_on_record(house: House) -> None:
    """Invariant 5: who was refused what is in the audit of the office or of the thing."""
    office, clerk = await staffed(house, "companyView")
    invitation = await draft(house, office, "1042")

    for asked in (
        clerk.import_rows(b"Account Code\n1", office),
        clerk.staff_remove(office, "a@b.example"),
        clerk.office_set(office),
        clerk.templates(office),
        clerk.revoke(invitation.id),
    ):
        with pytest.raises(Forbidden):
            await asked

    said = [(each.actor, each.detail["command"]) for each in await house.doorstep.office_audit(office, is_refused=True)]
    assert sorted(said) == sorted(
        (clerk.actor.name, name) for name in ("import", "staff.remove", "office.set", "template")
    )
    assert "command.refused" in [each.event for each in await house.doorstep.audit(invitation.id)]


async def test_a_name_in_a_message_to_temporal_has_the_rights_of_that_person(house: House) -> None:
    """T21, S1.3: who writes to Temporal sees the workflow, so a name that may not is refused on record, not hidden."""
    office, clerk = await staffed(house, *CRM)
    invitation, stranger = await house.pending(office, accounts=["2000"]), "stranger@example.org"

    revoked = await update(house, invitation, "revoke", {"by": clerk.actor.name})
    approved = await update(house, invitation, "approve", {"approver": stranger})

    assert ("type: not_staff" in revoked.err, "type: not_an_approver" in approved.err) == (True, True)
    on_record = [(each.actor, each.code) for each in await refusals(house, invitation)]
    assert on_record == [(clerk.actor.name, "not_staff"), (stranger, "not_an_approver")]
    assert (await house.doorstep.show(invitation.id)).state is State.PENDING
