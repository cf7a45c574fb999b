"""Staff who are held to the accounts assigned to them (S1.3, S4.3)."""

from uuid import UUID

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tests.functional.importing import imported
from tests.functional.staffing import CRM, contact_named, draft, staffed
from tests.house import House
from tests.office_rows import fingerprints


async def test_the_crm_pair_lists_assigned_companies_alone(house: House) -> None:
    """S1.3: invitations, contacts and users of other companies are in no list, found by no search and no filter."""
    office, clerk = await staffed(house, *CRM)
    theirs, _, both, none = [await draft(house, office, *each) for each in (["1042"], ["2000"], ["1042", "2000"], [])]
    for account in ("1042", "2000"):
        name = f"user-{account}-{office}"
        await house.doorstep.add_user(office=office, account=account, email=f"{name}@example.org", username=name)

    assert [each.id for each in await clerk.list()] == [theirs.id]
    assert [each.id for each in await clerk.list(office=office)] == [theirs.id]
    assert await clerk.list(office=office, account="2000") == []
    assert {each.user.username for each in await clerk.users(office)} == {f"user-1042-{office}", f"user-1042-{office}S"}
    assert [each.name for each in await clerk.contacts(office)] == ["Ana Ngata", "Cara Both"]
    for hidden in ("2000", "rimu", "Ben", "5550143"):
        assert await clerk.contacts(office, search=hidden) == []
    assert await clerk.contacts(office, account="2000") == []
    assert {both.id, none.id} <= {each.id for each in await house.doorstep.list(office=office)}


async def test_the_crm_pair_finds_nothing_of_another_company(house: House) -> None:
    """S1.3: show, find, why, audit, link, send, resend, readdress, revoke and restart answer as to an unknown id."""
    office, clerk = await staffed(house, *CRM)
    nowhere = UUID("0199a7c2-5a80-7000-8000-000000000000")
    hidden = [nowhere, *[(await draft(house, office, *each)).id for each in (["2000"], ["1042", "2000"], [])]]

    for identifier in hidden:
        for asked in (
            clerk.show(identifier),
            clerk.find(str(identifier)[:30]),
            clerk.why(identifier),
            clerk.audit(identifier, includes_user=True),
            clerk.link(identifier),
            clerk.send(identifier),
            clerk.resend(identifier),
            clerk.readdress(identifier, "no address"),
            clerk.readdress(identifier, "elsewhere@example.org"),
            clerk.revoke(identifier),
            clerk.restart(identifier),
            clerk.erase(identifier),
            clerk.approve(identifier, approver=clerk.actor.name),
            clerk.reject(identifier, approver=clerk.actor.name),
        ):
            with pytest.raises(NotFound) as caught:
                await asked
            assert (caught.value.code, caught.value.message) == ("no_such_invitation", "There is no such invitation.")


async def test_the_crm_pair_invites_to_assigned_companies_alone(house: House) -> None:
    """S1.3, S4.3: an account out of sight is an unknown one, and nobody invites to no account at all."""
    office, clerk = await staffed(house, *CRM)
    before = await house.run(lambda tx: fingerprints(tx, office))

    said = {}
    for accounts in (["2000"], ["1042", "2000"], ["9999"], []):
        with pytest.raises(Invalid) as caught:
            await clerk.invite(office=office, email="ana@example.org", accounts=accounts)
        said[",".join(accounts)] = (caught.value.code, caught.value.message, caught.value.private)
    assert await house.run(lambda tx: fingerprints(tx, office)) == before
    invited = await clerk.invite(office=office, email="ana@example.org", accounts=["1042"], is_draft=True)

    sentence = f"An account is not known in office {office}. Import it first, or check the code."
    unknown = {code: ("unknown_account", sentence, f"Unknown: {code}.") for code in ("2000", "9999")}
    assert said["2000"] == unknown["2000"]
    assert said["1042,2000"] == unknown["2000"]
    assert said["9999"] == unknown["9999"]
    assert said[""][0] == "account_required"
    assert [account.code for account in invited.accounts] == ["1042"]


async def test_an_open_invitation_to_more_is_no_way_to_look_at_it(house: House) -> None:
    """S1.3, S4.37: whoever serves all of a duplicate is answered with it, anybody else with a refusal alone."""
    office, clerk = await staffed(house, *CRM)
    asked = {"office": office, "email": "ana@example.org", "idempotency_key": "k1", "is_draft": True}
    wide = await house.doorstep.invite(**asked, accounts=["1042", "2000"])  # type: ignore[arg-type]

    with pytest.raises(Conflict) as duplicate:
        await clerk.invite(office=office, email="ANA@example.org", accounts=["1042"], is_draft=True)
    with pytest.raises(Invalid) as repeated:
        await clerk.invite(**asked, accounts=["1042", "2000"])  # type: ignore[arg-type]

    assert (duplicate.value.code, repeated.value.code) == ("already_invited", "unknown_account")
    assert str(wide.id) not in duplicate.value.full_message
    again = await house.doorstep.invite(office=office, email="ANA@example.org", accounts=["1042"], is_draft=True)
    assert again.id == wide.id


async def test_a_person_of_two_companies_is_seen_by_one(house: House) -> None:
    """S1.3, S4.3: their own customer is found and invited to their own account; the other one is not even named."""
    office, clerk = await staffed(house, *CRM)
    cara, ben = [await contact_named(house, office, name) for name in ("Cara", "Ben")]

    seen = await clerk.contact(cara)
    invited = [each async for each in clerk.contacts_invite([cara, ben])]

    assert [account.code for account in seen.accounts] == ["1042"]
    assert [(each.outcome, each.code) for each in invited] == [("invited", ""), ("refused", "no_such_contact")]
    assert invited[0].invitation is not None
    assert [account.code for account in invited[0].invitation.accounts] == ["1042"]
    with pytest.raises(Forbidden) as shared:
        await clerk.contact_set(cara, portal_email="mine@example.org")
    assert shared.value.code == "not_allowed"
    assert (await house.doorstep.contact(cara)).portal_email == ""
    for hidden in (
        clerk.contact(ben),
        clerk.contact_set(ben, name="Mine"),
        clerk.contact_set(ben, add_accounts=["1042"]),
    ):
        with pytest.raises(NotFound) as caught:
            await hidden
        assert caught.value.code == "no_such_contact"
    with pytest.raises(NotFound):
        await clerk.invite(office=office, contact=ben, accounts=["1042"])


async def test_adding_somebody_elses_customer_changes_nothing_of_them(house: House) -> None:
    """S0.4, S1.3: a person known under another account is put on the clerk's, and is otherwise as they were."""
    office, clerk = await staffed(house, *CRM)
    await imported(house, office, f"2000,Rimu Dairies,,,,,eve@{office}.example,")
    email, number = f"EVE@{office}.example", "+64 21 555 9999"

    added = await clerk.contact_add(office=office, name="Mine", email=email, phone=number, accounts=["1042"])

    assert (added.name, added.phone, [account.code for account in added.accounts]) == ("", "", ["1042"])
    [kept] = await house.doorstep.contacts(office, search="eve@")
    assert (kept.id, kept.name, kept.phone) == (added.id, "", "")
    assert [account.code for account in kept.accounts] == ["1042", "2000"]
    filled = await house.doorstep.contact_add(office=office, name="Eve", email=email, phone=number, accounts=["1042"])
    assert (filled.id, filled.name, filled.phone) == (added.id, "Eve", number)


async def test_the_crm_pair_looks_after_users_of_assigned_companies(house: House) -> None:
    """S1.3: `add_user` and `user` reach as far as the assignment; the crm pair alone adds no login anyway."""
    office, clerk = await staffed(house, *CRM, "addPortalUser", is_rep=True)
    hidden = f"hidden-{office}"
    await house.doorstep.add_user(office=office, account="2000", email="h@example.org", username=hidden)

    made = await clerk.add_user(office=office, account="1042", email="m@example.org", username=f"made-{office}")

    assert (await clerk.user(made.management.username)).user.id == made.management.id
    with pytest.raises(NotFound) as caught:
        await clerk.user(hidden)
    with pytest.raises(Invalid) as unknown:
        await clerk.add_user(office=office, account="2000", email="n@example.org", username=f"n-{office}")
    assert (caught.value.code, unknown.value.code) == ("no_such_user", "unknown_account")
