"""The one place that decides what staff may do, over every permission, every two of them, and both kinds of staff."""

from collections.abc import Iterable
from uuid import UUID

import pytest

from doorstep.domain.authority import (
    EVERYTHING,
    NOTHING,
    SEES_ALL,
    Authority,
    Reach,
    Right,
    Way,
    authority_of,
    no_such_invitation,
    not_staff,
    require,
    require_grants,
    require_of_office,
)
from doorstep.domain.errors import Forbidden, Invalid, NotFound, Refused
from doorstep.domain.permissions import SECTIONS
from doorstep.domain.staff import StaffKind, StaffMember, StaffPermission, checked_staff_permissions
from tests.rights import (
    ASSIGNED,
    EVERY,
    PAIRS,
    RIGHTS,
    SINGLE,
    answer,
    answer_of_office,
    reaches,
    rights_of,
    sets_of_two,
)

ONE, TWO, OTHER = (UUID(int=number) for number in (1, 2, 3))
REACHES = {Reach.ALL: EVERY, Reach.ASSIGNED: ASSIGNED}
KINDS = [pytest.param(StaffKind.IN_HOUSE, id="in_house"), pytest.param(StaffKind.REP, id="rep")]


def member(held: Iterable[str], kind: StaffKind = StaffKind.IN_HOUSE, **more: object) -> StaffMember:
    """Somebody of office nz who serves the accounts ONE and TWO."""
    permissions = frozenset(StaffPermission(name) for name in held)
    own = {"id": UUID(int=9), "address": "a@nz.example", "name": "", "office": "nz", "accounts": frozenset({ONE, TWO})}
    return StaffMember(kind=kind, permissions=permissions, **(own | more))  # type: ignore[arg-type]


def heard(authority: Authority, right: str, *accounts: UUID, is_person: bool = False) -> str:
    """What `require` answers."""
    try:
        require(authority, Right(right), accounts, no_such_invitation(), is_person=is_person)
    except NotFound as refusal:
        return "hidden" if refusal.code == "no_such_invitation" else refusal.code
    except Forbidden as refusal:
        return "refused" if refusal.code == "not_allowed" else refusal.code
    return "allowed"


def heard_in_office(authority: Authority, right: str) -> str:
    """What `require_of_office` answers."""
    try:
        require_of_office(authority, Right(right))
    except Refused as refusal:
        return "refused" if refusal.code == "not_allowed" else refusal.code
    return "allowed"


def test_the_documents_know_every_permission_and_every_right() -> None:
    """A permission or a right that is added without a line in the table of the tests fails here."""
    assert SINGLE.keys() == set(StaffPermission)
    assert set(RIGHTS) == set(Right)
    assert len(list(sets_of_two())) == 11 + 55


@pytest.mark.parametrize("kind", KINDS)
def test_rights_follow_from_permissions(kind: StaffKind) -> None:
    """S1.2, S1.4, S1.5, S2.22, S4.2: of every permission and every two exactly the rights of the documents follow."""
    for held in sets_of_two():
        found = authority_of(member(held, kind))

        said = {right.value: REACHES[reach] for right, reach in found.rights.items()}
        assert said == rights_of(held, is_rep=kind is StaffKind.REP), sorted(held)


@pytest.mark.parametrize("kind", KINDS)
def test_every_right_against_every_account(kind: StaffKind) -> None:
    """S1.3, S4.3: what is theirs is let through or refused, what is not is hidden from whoever is held to theirs."""
    for held in sets_of_two():
        authority, rights = authority_of(member(held, kind)), rights_of(held, is_rep=kind is StaffKind.REP)
        for right in RIGHTS:
            expected = {is_theirs: answer(rights, right, is_theirs=is_theirs) for is_theirs in (True, False)}

            said = [heard(authority, right, *each) for each in ((ONE,), (ONE, TWO), (OTHER,), (ONE, OTHER), ())]
            assert said == [expected[True]] * 2 + [expected[False]] * 3, (sorted(held), right)
            assert heard_in_office(authority, right) == answer_of_office(rights, right), (sorted(held), right)


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_is_in_sight_by_any_account_and_changed_by_all(kind: StaffKind) -> None:
    """S1.3, S4.3: who is somebody else's customer too is seen, and left as they are; the other account stays hidden."""
    for held in sets_of_two():
        authority, rights = authority_of(member(held, kind)), rights_of(held, is_rep=kind is StaffKind.REP)
        sees = reaches(rights, "see", is_theirs=True)

        assert heard(authority, "see", ONE, OTHER, is_person=True) == ("allowed" if sees else "hidden")
        for right in ("contacts", "users"):
            expected = "allowed" if rights.get(right) == EVERY else "refused"
            assert heard(authority, right, ONE, OTHER, is_person=True) == (expected if sees else "hidden")
        seen = {ONE, OTHER} if rights.get("see") == EVERY else {ONE} if sees else set()
        assert authority.in_sight([ONE, OTHER]) == seen


def test_both_ways_in_open_to_the_same_permissions_as_their_pages() -> None:
    """S1.2, S1.4, S1.1: which page opens to whom; a rep and whoever may see alone are no exceptions."""
    companies = [{"administrator"}, {"superuser"}, {"companyView", "companyEdit"}, {"crmCompanyView", "crmCompanyEdit"}]
    customers = [{"administrator"}, {"superuser"}, {"customerView", "customerEdit"}]
    for held in sets_of_two():
        ways = authority_of(member(held)).ways

        assert (Way.COMPANIES in ways) == any(each <= held for each in companies), sorted(held)
        assert (Way.CUSTOMERS in ways) == any(each <= held for each in customers), sorted(held)


def test_where_any_staff_invites_each_of_them_does_as_far_as_they_see() -> None:
    """S0.1, S1.3: the setting of the office gives everybody on its staff the right, and nobody a wider view."""
    for held in sets_of_two():
        before = rights_of(held)
        found = authority_of(member(held), any_staff_invites=True).rights
        reach = before.get("see", EVERY)

        assert {found[right] for right in (Right.SEE, Right.INVITE, Right.CONTACTS, Right.LINK)} <= set(Reach)
        assert REACHES[found[Right.INVITE]] == (EVERY if EVERY in (reach, before.get("invite")) else ASSIGNED)
        assert REACHES[found[Right.SEE]] == reach
        assert {right.value for right in found} - set(before) <= {"see", "invite", "contacts", "link"}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_hidden_from_a_username_administrator(kind: StaffKind) -> None:
    """S4.24, S4.42: whoever decides about every invitation sees every invitation, and gains nothing else by it."""
    for held in sets_of_two():
        plain = authority_of(member(held, kind))
        approver = authority_of(member(held, kind), is_approver=True)

        assert approver.sees_all
        assert {**approver.rights, Right.SEE: None} == {**plain.rights, Right.SEE: None}
    assert (SEES_ALL.sees_all, list(SEES_ALL.rights)) == (True, [Right.SEE])


def test_nobody_has_nothing_and_the_operator_everything() -> None:
    """S0.1: a customer has no right at all; whoever holds the keys of the house needs none."""
    for right in RIGHTS:
        assert heard(NOTHING, right, ONE) == "hidden"
        assert heard_in_office(NOTHING, right) == "refused"
        assert (heard(EVERYTHING, right), heard_in_office(EVERYTHING, right)) == ("allowed", "allowed")
    assert (not_staff().code, not_staff().status) == ("not_staff", 403)


@pytest.mark.parametrize("right", Right)
def test_a_refusal_names_the_permissions_that_would_do(right: Right) -> None:
    """The sentence lists each single permission and each pair that gives the right, and no other."""
    with pytest.raises(Forbidden) as caught:
        require_of_office(NOTHING, right)

    named = caught.value.message.removeprefix("You may not do that here. It takes one of: ").rstrip(".").split("; ")
    singles = [name for name, (_, given) in SINGLE.items() if right in given]
    pairs = [" + ".join(sorted(pair)) for pair, (_, given) in PAIRS.items() if right in given]
    assert sorted(named) == sorted([*singles, *pairs])


@pytest.mark.parametrize(
    ("may_grant", "asked", "beyond"),
    [
        (None, set(SECTIONS), ""),
        ({"invoices", "messages"}, {"invoices"}, ""),
        ({"invoices", "messages"}, set(), ""),
        ({"invoices"}, {"invoices", "pricing", "balance"}, "balance, pricing"),
        (set(), {"invoices"}, "invoices"),
    ],
)
def test_nobody_grants_beyond_their_own(may_grant: set[str] | None, asked: set[str], beyond: str) -> None:
    """S1.20: what is too much is named, and nothing else."""
    grants = None if may_grant is None else frozenset(may_grant)
    authority = authority_of(member(["administrator"], may_grant=grants))

    if not beyond:
        require_grants(authority, asked)
        return
    with pytest.raises(Forbidden) as caught:
        require_grants(authority, asked)
    assert (caught.value.code, caught.value.message) == ("grant_not_allowed", f"You may not grant: {beyond}.")


def test_permissions_of_staff_are_those_of_the_catalogue() -> None:
    """S1.2, T19: each is known by the name of the documents, case included; an unknown one is refused unrepeated."""
    assert checked_staff_permissions(SINGLE) == set(StaffPermission)
    for wrong in ("Administrator", "companyview", "root", "", "ana@example.org"):
        with pytest.raises(Invalid) as caught:
            checked_staff_permissions(["administrator", wrong])
        assert (caught.value.code, caught.value.field) == ("unknown_staff_permission", "permission")
        assert "ana@" not in caught.value.message
        assert "crmCompanyEdit" in caught.value.message
