"""Permissions, the roles that bundle them, and the groups that bundle roles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.errors import Invalid
from doorstep.domain.permissions import (
    DEFAULT_ROLE,
    GROUPS,
    ROLES,
    SECTIONS,
    checked_permissions,
    permissions_of,
)

S0_SECTIONS = [
    "invoices",
    "statements",
    "agronomy_plans",
    "contracts.grain",
    "contracts.energy",
    "contracts.agronomy",
    "self_service",
    "messages",
]
S3_SECTIONS = [
    "account",
    "billing_history",
    "payment_preferences",
    "orders.place",
    "orders.track",
    "orders.history",
    "pricing",
    "promotions",
    "inventory",
]


def test_every_section_of_the_portals_is_a_permission() -> None:
    """S0.19, S0.20, S3.10: each section that a source names can be granted, and has a name for people."""
    assert {*S0_SECTIONS, *S3_SECTIONS} <= SECTIONS.keys()
    assert all(SECTIONS.values())


@given(st.lists(st.sampled_from(sorted(ROLES))))
def test_roles_are_united(roles: list[str]) -> None:
    """S1.13: the effective permissions are the union of the roles; a plain customer's where none is named."""
    expected = frozenset().union(*(ROLES[role] for role in roles or [DEFAULT_ROLE]))

    assert permissions_of(roles) == expected
    assert permissions_of(roles) <= SECTIONS.keys()


@given(st.lists(st.sampled_from(sorted(GROUPS))), st.lists(st.sampled_from(sorted(ROLES)), min_size=1))
def test_a_group_stands_for_its_roles(groups: list[str], roles: list[str]) -> None:
    """S1.11, S1.12, S1.13: group roles beside individual ones; the permissions are the union of all of them."""
    spelled = [*roles, *(role for group in groups for role in GROUPS[group])]

    assert permissions_of([*groups, *roles]) == permissions_of(spelled)


def test_groups_are_several_roles_under_a_name_of_their_own() -> None:
    """S1.11: a group bundles roles that are there, more than one, and is never mistaken for a role."""
    assert GROUPS["owner"] == ("customer", "buyer", "accounts_payable")
    assert GROUPS["family_farm"] == ("customer", "grower")
    assert not GROUPS.keys() & ROLES.keys()
    for bundled in GROUPS.values():
        assert len(set(bundled)) == len(bundled) > 1
        assert set(bundled) <= ROLES.keys()


def test_the_staff_of_a_customer_never_see_money() -> None:
    """S4.11: no role of ours bundles what staff must never hold, apart from accounts payable's balance."""
    holders = {role for role, bundle in ROLES.items() if bundle & {"costs", "sensitive"}}

    assert holders == set()


@pytest.mark.parametrize("name", ["admin", "", "Customer", "customer ", "x" * 500])
def test_an_unknown_role_is_refused(name: str) -> None:
    """S1.20, T19: only the roles of the catalogue exist; the sentence names them and repeats little of the typed."""
    with pytest.raises(Invalid) as caught:
        permissions_of(["customer", name])

    assert (caught.value.code, caught.value.field) == ("unknown_role", "role")
    assert "x" * 50 not in caught.value.full_message


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("custmer", "Did you mean customer"),
        ("Owner", "Did you mean owner"),
        ("family-farm", "Did you mean family_farm?"),
        ("emperor", "There is no such role. Choose from: accounts_payable, buyer, customer, family_farm, grower, "),
        ("ana@example.org", "There is no such role. Choose from: "),
    ],
)
def test_an_unknown_role_is_answered_with_the_nearest(typed: str, meant: str) -> None:
    """S1.11, T03: a slip is answered with the names that come nearest; what was typed is for the one who typed it."""
    with pytest.raises(Invalid) as caught:
        permissions_of([typed])

    assert meant in caught.value.message
    assert typed not in caught.value.message
    assert typed in caught.value.private


@given(st.lists(st.sampled_from(sorted(SECTIONS))))
def test_known_permissions_pass(names: list[str]) -> None:
    """S4.42: an administrator may grant any that exist, each once."""
    assert checked_permissions(names) == set(names)


def test_an_unknown_permission_is_refused_without_repeating_it() -> None:
    """S4.42, T03: a mistyped permission may be anything, an address too, so the sentence lists the known ones."""
    with pytest.raises(Invalid) as caught:
        checked_permissions(["invoices", "ana@example.org"])

    assert caught.value.code == "unknown_permission"
    assert "ana@example.org" not in caught.value.message
    assert "invoices" in caught.value.message
