"""Group roles of an office on real rows: who changes them, and what counts for whom from when on."""

from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import select

from doorstep.domain.errors import Changed, Conflict, Invalid, NotFound, Refused
from doorstep.domain.group_roles import MOST_OWN, NEW
from doorstep.domain.permissions import GROUPS, ROLES
from doorstep.store import asking
from doorstep.store import tables as t
from tests.client_commands import acting, fresh
from tests.functional.staffing import staffed
from tests.house import House
from tests.members import granted
from tests.office_rows import fingerprints

SEASONAL = "seasonal_staff"
NO_DATABASE: Any = None


async def stands_for(house: House, office: str) -> dict[str, tuple[str, ...]]:
    """The groups of an office."""
    return {each.name: each.roles for each in await house.doorstep.group_roles(office)}


async def test_a_group_is_made_changed_and_taken_away(house: House) -> None:
    """S1.11: beside the built-in ones or in the place of one, which comes back; each office has its own."""
    office, other = await house.office(), await house.office()
    d = house.doorstep

    made = await d.group_role_set(office, SEASONAL, ["buyer", "customer", "buyer"])
    instead = await d.group_role_set(office, "owner", ["customer"])
    changed = await stands_for(house, office)
    gone = await d.group_role_remove(office, SEASONAL)
    back = await d.group_role_remove(office, "owner")

    assert (made.roles, made.is_own, instead.is_instead) == (("customer", "buyer"), True, True)
    assert changed == {**GROUPS, "owner": ("customer",), SEASONAL: ("customer", "buyer")}
    assert gone is None
    assert back is not None
    assert back.roles == GROUPS["owner"]
    assert await stands_for(house, office) == await stands_for(house, other) == GROUPS


async def test_each_change_is_recorded(house: House) -> None:
    """S1.11: who set which group to what, and who took it away; what was refused too (invariant 5)."""
    office, _ = await staffed(house, "superuser")
    chief = acting(house.doorstep, f"chief@{office}.example")

    await chief.group_role_set(office, SEASONAL, ["buyer"])
    await chief.group_role_remove(office, SEASONAL)
    with pytest.raises(NotFound):
        await chief.group_role_remove(office, SEASONAL)

    a = t.audit.c
    query = select(a.event, a.actor, a.code, a.detail).where(a.actor == chief.actor.name).order_by(a.id)
    rows = [tuple(row) for row in await house.run(lambda tx: tx.execute(query))]
    detail = {"office": office, "group": SEASONAL, "roles": ["buyer"]}
    assert rows == [
        ("office.group_set", chief.actor.name, "", detail),
        ("office.group_removed", chief.actor.name, "", detail),
        ("command.refused", chief.actor.name, "no_such_group", {"command": "groups.remove", "office": office}),
    ]


async def refusals(*asked: Awaitable[object]) -> list[str]:
    """The code of each refusal."""
    codes = []
    for each in asked:
        with pytest.raises(Refused) as caught:
            await each
        codes.append(caught.value.code)
    return codes


async def test_what_makes_no_group_is_refused_and_changes_nothing(house: House) -> None:
    """S1.11: names, roles, groups in groups, names that are taken, built-in ones, and offices that there are not."""
    d, office = house.doorstep, await house.office()
    kept = await d.group_role_set(office, SEASONAL, ["buyer"])
    before = await house.run(lambda tx: fingerprints(tx, office))

    codes = await refusals(
        d.group_role_set(office, "customer", ["buyer"]),
        d.group_role_set(office, "Seasonal", ["buyer"]),
        d.group_role_set(office, "more", []),
        d.group_role_set(office, "more", ["buyer", SEASONAL]),
        d.group_role_set(office, "more", ["king"]),
        d.group_role_set(office, SEASONAL, ["customer"], seen=NEW),
        d.group_role_set(office, SEASONAL, ["customer"], seen="earlier"),
        d.group_role_remove(office, "owner"),
        d.group_role_remove(office, "more"),
        d.group_role_remove(office, SEASONAL, seen="earlier"),
        d.group_role_set("nowhere", "more", ["buyer"]),
        d.group_roles("nowhere"),
    )

    assert codes == [
        *("group_name", "group_name", "group_empty", "group_in_group", "unknown_role", "group_taken"),
        *("changed_meanwhile", "group_built_in", "no_such_group", "changed_meanwhile"),
        *("no_such_office", "no_such_office"),
    ]
    assert await house.run(lambda tx: fingerprints(tx, office)) == before
    assert (await d.group_role_set(office, SEASONAL, ["rep"], seen=kept.edition)).roles == ("rep",)


async def test_an_office_has_at_most_fifty_groups(house: House) -> None:
    """S1.11: the next one is refused with the remedy; one of them can still be changed."""
    d, office = house.doorstep, await house.office()
    rows = [{"office": office, "name": f"group_{number}", "roles": ["buyer"]} for number in range(MOST_OWN)]
    await house.run(lambda tx: tx.execute(t.group_roles.insert(), rows))

    with pytest.raises(Conflict) as caught:
        await d.group_role_set(office, "one_more", ["buyer"])

    assert caught.value.code == "group_limit"
    assert (await d.group_role_set(office, "group_7", ["rep"])).roles == ("rep",)


async def test_who_looks_after_the_settings_changes_groups(house: House) -> None:
    """S1.2, S4.4: everybody on the staff reads them, since they invite with them; a stranger does not."""
    office, clerk = await staffed(house, "superuser")
    stranger = acting(house.doorstep, "stranger@example.org")
    chief = acting(house.doorstep, f"chief@{office}.example")

    codes = await refusals(
        clerk.group_role_set(office, SEASONAL, ["buyer"]),
        clerk.group_role_remove(office, "owner"),
        stranger.group_role_set(office, SEASONAL, ["buyer"]),
        stranger.group_roles(office),
    )

    assert codes == ["not_allowed", "not_allowed", "not_staff", "not_staff"]
    assert len(await clerk.group_roles(office)) == len(GROUPS)
    assert (await chief.group_role_set(office, SEASONAL, ["buyer"])).is_own


async def test_nobody_puts_into_a_group_what_they_may_not_grant(house: House) -> None:
    """S1.20: nor brings it back by taking a narrower one away; asking for a group that opens more is refused."""
    office, _ = await staffed(house, "superuser")
    chief = acting(house.doorstep, f"chief@{office}.example")
    await house.doorstep.group_role_set(office, "owner", ["customer"])
    await house.doorstep.group_role_set(office, SEASONAL, ["buyer"])
    await house.doorstep.staff_set(office, chief.actor.name, may_grant=sorted(ROLES["customer"]))

    codes = await refusals(
        chief.group_role_set(office, "more", ["customer", "buyer"]),
        chief.group_role_remove(office, "owner"),
        chief.invite(office=office, email="ana@example.org", roles=[SEASONAL]),
    )
    invitation = await chief.invite(office=office, email="ana@example.org", roles=["owner"], is_draft=True)

    assert codes == ["grant_not_allowed"] * 3
    assert set(invitation.permissions) == ROLES["customer"]


async def test_an_invitation_keeps_what_its_group_stood_for(house: House) -> None:
    """S1.11, S1.13: the office's group counts when it is asked for; a change afterwards changes nothing."""
    d, office = house.doorstep, await house.office()
    await d.group_role_set(office, SEASONAL, ["buyer"])
    await d.group_role_set(office, "owner", ["grower"])

    draft = await d.invite(office=office, email="cleo@example.org", roles=[SEASONAL], is_draft=True)
    waiting = await house.waiting(office, roles=[SEASONAL, "owner"])
    await d.group_role_set(office, SEASONAL, ["rep"])
    await d.group_role_remove(office, "owner")
    await d.approve(waiting.id, approver=f"boss1@{office}.example")
    done = await house.until(waiting, lambda row: row.activated_at is not None)
    sent = await d.send(draft.id)
    later = await d.invite(office=office, email="dora@example.org", roles=[SEASONAL], is_draft=True)

    assert done.roles == (SEASONAL, "owner")
    assert await granted(house, done) == [ROLES["buyer"] | ROLES["grower"]]
    assert set(sent.permissions) == ROLES["buyer"]
    assert set(later.permissions) == ROLES["rep"]


async def test_a_user_is_added_with_a_group_of_the_office(house: House) -> None:
    """S4.10, S1.11: way A knows the same groups; one of another office is unknown, and the nearest is named."""
    office, _ = await staffed(house, "addPortalUser")
    other, _ = await staffed(house, "addPortalUser")
    await house.doorstep.group_role_set(office, SEASONAL, ["buyer"])
    name = fresh("pair")
    said = {"account": "1042", "email": f"{name}@example.org", "username": name}

    pair = await house.doorstep.add_user(office=office, roles=[SEASONAL], **said)  # type: ignore[arg-type]
    with pytest.raises(Invalid) as caught:
        await house.doorstep.add_user(office=other, roles=[SEASONAL], **said)  # type: ignore[arg-type]

    [membership] = (await house.doorstep.user(pair.management.username)).memberships
    assert set(membership.permissions) == ROLES["buyer"]
    assert caught.value.code == "unknown_role"


async def test_roles_alone_ask_the_database_nothing(house: House) -> None:
    """S4.13: an invitation that names no group is no dearer than before."""
    office = await house.office()
    await house.doorstep.group_role_set(office, "owner", ["rep"])

    by_role = await asking.groups_for(NO_DATABASE, office, ["customer", "buyer"])
    by_group = await house.run(lambda tx: asking.groups_for(tx, office, ["owner"]))

    assert by_role == GROUPS
    assert by_group["owner"] == ("rep",)


async def test_two_who_change_a_group_at_once_do_not_overwrite_each_other(house: House) -> None:
    """S1.11: whoever is late hears of it; the first one's stays."""
    d, office = house.doorstep, await house.office()
    seen = (await d.group_role_set(office, SEASONAL, ["buyer"])).edition

    first = await d.group_role_set(office, SEASONAL, ["grower"], seen=seen)
    with pytest.raises(Changed):
        await d.group_role_set(office, SEASONAL, ["rep"], seen=seen)

    assert (await stands_for(house, office))[SEASONAL] == first.roles == ("grower",)
