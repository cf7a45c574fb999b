"""Group roles of an office: which names and roles a group may have, and whose group counts."""

from datetime import UTC, datetime

import pytest

from doorstep.domain.errors import Changed, Conflict, Invalid, NotFound, Refused
from doorstep.domain.group_roles import (
    BUILT_IN,
    MOST_OWN,
    NEW,
    GroupRole,
    bundles,
    checked_name,
    checked_roles,
    group_named,
    merged,
    require_removable,
    require_settable,
)
from doorstep.domain.permissions import GROUPS, ROLES, permissions_of

AT = datetime(2026, 11, 22, tzinfo=UTC)


def own(name: str, *roles: str) -> GroupRole:
    """A group of an office's own."""
    return GroupRole(name, roles, is_own=True, changed_at=AT)


def test_an_own_group_takes_the_place_of_a_built_in_one() -> None:
    """S1.11: the others stay, in the order of their names, and each says what it opens."""
    groups = merged([own("owner", "customer"), own("seasonal", "buyer", "customer")])

    assert list(groups) == sorted({*GROUPS, "seasonal"})
    assert groups["owner"].roles == ("customer",)
    assert groups["family_farm"] == GroupRole("family_farm", GROUPS["family_farm"])
    assert [groups[name].is_instead for name in ("owner", "seasonal", "family_farm")] == [True, False, False]
    assert groups["seasonal"].permissions == ROLES["buyer"] | ROLES["customer"]
    assert (groups["seasonal"].edition, groups["family_farm"].edition) == (AT.isoformat(), BUILT_IN)


def test_the_groups_of_an_office_count_where_roles_turn_into_permissions() -> None:
    """S1.11, S1.13: the union of all of them; a name that the office does not have is refused with the nearest."""
    groups = bundles([("owner", ["grower"]), ("seasonal", ["buyer"])])

    assert permissions_of(["owner", "seasonal"], groups) == ROLES["grower"] | ROLES["buyer"]
    assert permissions_of(["family_farm"], groups) == permissions_of(["family_farm"])
    with pytest.raises(Invalid) as caught:
        permissions_of(["seasonl"], groups)
    assert "Did you mean seasonal?" in caught.value.message


def test_an_individual_role_is_never_hidden_by_a_group() -> None:
    """S1.12: whatever a newer version calls a role, a group that is there already does not change what it opens."""
    assert permissions_of(["customer"], {"customer": ("buyer",)}) == ROLES["customer"]


def test_a_role_from_the_future_opens_nothing() -> None:
    """S1.11: a group that a newer Doorstep wrote is read, and its unknown role left out (F20)."""
    assert permissions_of(["x"], bundles([("x", ["buyer", "pilot"]), ("y", ["pilot"])])) == ROLES["buyer"]
    assert own("y", "pilot").permissions == frozenset()


@pytest.mark.parametrize("name", ["ab", "seasonal_staff", "2026", " owner ", "x" * 40])
def test_a_group_may_be_called_that(name: str) -> None:
    """S1.11: lower-case letters, digits and _, 2 to 40 of them; blanks around it are not part of the name."""
    assert checked_name(name) == name.strip()


@pytest.mark.parametrize("name", ["", "a", "x" * 41, "Owner", "a-b", "a b", "ä_b", "customer", "rep", "a\nb"])
def test_a_group_is_not_called_that(name: str) -> None:
    """S1.11, S1.12: other signs, too few or too many, or the name of an individual role."""
    with pytest.raises(Invalid) as caught:
        checked_name(name)

    assert (caught.value.code, caught.value.field) == ("group_name", "name")


def test_the_roles_of_a_group_are_kept_once_and_in_order() -> None:
    """S1.11: whatever order somebody ticks them in."""
    assert checked_roles(["grower", "customer", "grower"]) == ("customer", "grower")


@pytest.mark.parametrize(
    ("roles", "code", "said"),
    [
        ([], "group_empty", "Choose at least one role"),
        (["customer", "owner"], "group_in_group", "owner is a group itself"),
        (["seasonal"], "group_in_group", "seasonal is a group itself"),
        (["custmer"], "unknown_role", "Did you mean customer?"),
        (["ownr"], "unknown_role", "Choose from: accounts_payable, buyer, customer, grower, rep."),
    ],
)
def test_roles_that_make_no_group_are_refused(roles: list[str], code: str, said: str) -> None:
    """S1.11: at least one known role, and no group in a group; the sentence says what would do."""
    with pytest.raises(Invalid) as caught:
        checked_roles(roles, {*GROUPS, "seasonal"})

    assert (caught.value.code, caught.value.field) == (code, "roles")
    assert said in caught.value.message


def test_an_office_has_at_most_fifty_groups_of_its_own() -> None:
    """S1.11: one of them, or one that comes with Doorstep and was changed already, can still be changed."""
    full = merged(own(f"group_{number}", "buyer") for number in range(MOST_OWN))

    require_settable("group_0", full, None)
    for name in ("one_more", "owner"):
        with pytest.raises(Conflict) as caught:
            require_settable(name, full, None)
        assert caught.value.code == "group_limit"


@pytest.mark.parametrize(
    ("name", "seen", "refusal"),
    [
        ("seasonal", NEW, Invalid),
        ("owner", NEW, Invalid),
        ("seasonal", BUILT_IN, Changed),
        ("owner", AT.isoformat(), Changed),
        ("gone", AT.isoformat(), Changed),
    ],
)
def test_nothing_is_overwritten_that_somebody_has_not_seen(name: str, seen: str, refusal: type[Refused]) -> None:
    """S1.11: whoever adds finds the name taken, whoever changes finds it changed meanwhile."""
    groups = merged([own("seasonal", "buyer")])

    require_settable("seasonal", groups, AT.isoformat())
    require_settable("owner", groups, BUILT_IN)
    require_settable("another", groups, NEW)
    with pytest.raises(refusal):
        require_settable(name, groups, seen)


def test_only_a_group_of_its_own_is_taken_away() -> None:
    """S1.11: one that comes with Doorstep stays, and so does one that changed meanwhile."""
    groups = merged([own("owner", "buyer")])

    assert require_removable("owner", groups, AT.isoformat()) == groups["owner"]
    with pytest.raises(Changed):
        require_removable("owner", groups, BUILT_IN)
    with pytest.raises(Conflict):
        require_removable("family_farm", groups, None)
    with pytest.raises(NotFound):
        group_named("nowhere", groups)
