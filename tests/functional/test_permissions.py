"""Roles, groups of roles and permissions on real rows: what is asked for, granted, handed on, and held by whom."""

import pytest

from doorstep.domain.errors import Forbidden, Invalid
from doorstep.domain.pairs import STAFF_NEVER
from doorstep.domain.permissions import permissions_of
from starter.client import Doorstep
from starter.people import Pair
from tests.client_commands import acting, fresh
from tests.functional.staffing import staffed
from tests.house import House
from tests.members import granted
from tests.office_rows import fingerprints


async def test_group_roles_stand_beside_individual_ones(house: House) -> None:
    """S1.11, S1.12, S1.13: groups and roles are asked for alike, and the person gets the union of them."""
    office = await house.office()

    waiting = await house.waiting(office, roles=["family_farm", "buyer"])
    await house.doorstep.approve(waiting.id, approver=f"boss1@{office}.example")
    done = await house.until(waiting, lambda row: row.activated_at is not None)

    assert done.roles == ("family_farm", "buyer")
    assert set(done.permissions) == permissions_of(["customer", "grower", "buyer"])
    assert await granted(house, done) == [permissions_of(["customer", "grower", "buyer"])]


async def test_an_unknown_role_invites_nobody(house: House) -> None:
    """S1.11, S1.12: the refusal names what comes nearest, and no row is made."""
    office = await house.office()
    before = await house.run(lambda tx: fingerprints(tx, office))

    with pytest.raises(Invalid) as caught:
        await house.doorstep.invite(office=office, email="ana@example.org", roles=["customer", "ownr"])

    assert (caught.value.code, "Did you mean owner" in caught.value.message) == ("unknown_role", True)
    assert await house.run(lambda tx: fingerprints(tx, office)) == before


async def added(doorstep: Doorstep, office: str, account: str, *roles: str, relationship: str = "customer") -> Pair:
    """A pair of logins on an account."""
    name = fresh("pair")
    return await doorstep.add_user(
        office=office,
        account=account,
        email=f"{name}@example.org",
        username=name,
        roles=roles,
        relationship=relationship,
    )


async def held(house: House, username: str) -> dict[str | None, set[str]]:
    """What a user may use, account by account."""
    return {each.account_code: set(each.permissions) for each in (await house.doorstep.user(username)).memberships}


async def test_the_two_logins_of_a_pair_have_sets_of_their_own(house: House) -> None:
    """S4.11, S1.11: the management login has all that the group bundles, the staff login never what it must not see."""
    office, _ = await staffed(house, "addPortalUser")

    pair = await added(house.doorstep, office, "1042", "owner")

    everything = permissions_of(["owner"])
    assert STAFF_NEVER & everything
    assert await held(house, pair.management.username) == {"1042": everything}
    assert await held(house, pair.staff.username) == {"1042": everything - STAFF_NEVER}


async def test_permissions_are_maintained_account_by_account(house: House) -> None:
    """S4.19, S3.11: staff set what one login may use on one account; all the others keep theirs."""
    office, clerk = await staffed(house, "customerView", "customerEdit")
    pair = await added(house.doorstep, office, "1042", "owner")
    invited = await house.pending(office, email=pair.management.email, accounts=["2000"])
    await house.set_up(invited, username=pair.management.username)
    await house.doorstep.approve(invited.id, approver=f"boss1@{office}.example")
    await house.until(invited, lambda row: row.activated_at is not None)
    before = await held(house, pair.staff.username)

    await clerk.user_permissions(pair.management.username, ["invoices", "costs"], account="1042")
    await clerk.user_permissions(pair.staff.username, ["messages", "costs", "balance", "sensitive"])

    assert await held(house, pair.management.username) == {
        "1042": {"invoices", "costs"},
        "2000": permissions_of(["customer"]),
    }
    assert before == {"1042": permissions_of(["owner"]) - STAFF_NEVER}
    assert await held(house, pair.staff.username) == {"1042": {"messages"}}


async def limited(house: House, *permissions: str) -> tuple[str, Doorstep]:
    """An office, and somebody on its staff who may grant what a plain customer has and nothing else."""
    office, clerk = await staffed(house, *permissions)
    grants = sorted(permissions_of(["customer"]))
    await house.doorstep.staff_set(office, clerk.actor.name, may_grant=grants)
    return office, clerk


async def test_nobody_invites_or_adds_to_more_than_they_may_grant(house: House) -> None:
    """S1.20: at `invite` and `add_user`, by role and by group; what is theirs to grant goes through."""
    office, clerk = await limited(house, "superuser")
    before = await house.run(lambda tx: fingerprints(tx, office))

    for role in ("owner", "buyer"):
        for asked in (
            clerk.invite(office=office, email="ana@example.org", roles=["customer", role]),
            added(clerk, office, "1042", role),
        ):
            with pytest.raises(Forbidden) as caught:
                await asked
            assert caught.value.code == "grant_not_allowed"
            assert "pricing" in caught.value.message
    with pytest.raises(Forbidden):
        await added(clerk, office, "1042", relationship="rep")
    assert await house.run(lambda tx: fingerprints(tx, office)) == before

    assert (await clerk.invite(office=office, email="ana@example.org", is_draft=True)).permissions
    assert (await added(clerk, office, "1042")).management


async def test_nobody_approves_more_than_they_may_grant(house: House) -> None:
    """S1.20, S4.42: neither what was asked for nor what they would put in its place; less goes through."""
    office, boss = await limited(house, "customerView", "customerEdit")
    await house.doorstep.approvers_set(office, [boss.actor.name])
    waiting = await house.waiting(office, roles=["owner"])

    for permissions in (None, ["invoices", "pricing"]):
        with pytest.raises(Forbidden) as caught:
            await boss.approve(waiting.id, approver=boss.actor.name, permissions=permissions)
        assert caught.value.code == "grant_not_allowed"
    assert (await house.doorstep.show(waiting.id)).state == "awaiting_approval"

    done = await boss.approve(waiting.id, approver=boss.actor.name, permissions=["invoices"])
    assert done.granted == ("invoices",)


async def test_nobody_gives_a_user_more_than_they_may_grant(house: House) -> None:
    """S1.20, S4.19: at `user_permissions`; the user keeps what they had."""
    office, clerk = await limited(house, "customerView", "customerEdit")
    pair = await added(house.doorstep, office, "1042")
    before = await held(house, pair.management.username)

    with pytest.raises(Forbidden) as caught:
        await clerk.user_permissions(pair.management.username, ["invoices", "inventory"])

    assert (caught.value.code, caught.value.message) == ("grant_not_allowed", "You may not grant: inventory.")
    assert await held(house, pair.management.username) == before
    await clerk.user_permissions(pair.management.username, ["invoices"])
    assert await held(house, pair.management.username) == {"1042": {"invoices"}}


async def test_no_administrator_hands_on_more_than_they_may_grant(house: House) -> None:
    """S1.20: not to a colleague, and not to themselves."""
    office, chief = await limited(house, "administrator")
    colleague = f"new@{office}.example"

    for asked in (
        chief.staff_set(office, chief.actor.name, may_grant_all=True),
        chief.staff_set(office, chief.actor.name, may_grant=["pricing"]),
        chief.staff_set(office, colleague, permissions=["superuser"]),
        chief.staff_set(office, colleague, permissions=["superuser"], may_grant=["pricing"]),
    ):
        with pytest.raises(Forbidden) as caught:
            await asked
        assert caught.value.code == "grant_not_allowed"
    made = await chief.staff_set(office, colleague, permissions=["superuser"], may_grant=["invoices"])
    kept = await chief.staff_set(office, chief.actor.name, name="Chief")

    assert made.may_grant == frozenset({"invoices"})
    assert (kept.name, kept.may_grant) == ("Chief", permissions_of(["customer"]))


async def test_what_a_name_may_grant_counts_for_that_name_alone(house: House) -> None:
    """S1.20: the colleague of somebody who is limited is not, and neither is the operator."""
    office, _ = await limited(house, "superuser")
    chief = acting(house.doorstep, f"chief@{office}.example")

    for inviter in (chief, house.doorstep):
        email = f"{fresh('x')}@example.org"
        made = await inviter.invite(office=office, email=email, roles=["owner"], is_draft=True)
        assert set(made.permissions) == permissions_of(["owner"])
