"""What a member of staff may see, do and grant in one office: the one place that decides (S1.2-S1.5, S4.2-S4.4).

A permission of staff gives rights, each over every account of the office or over those assigned to the person alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from doorstep.domain.errors import Forbidden, NotFound, Refused
from doorstep.domain.staff import StaffKind, StaffMember, StaffPermission


class Right(StrEnum):
    """What can be done in an office."""

    SEE = "see"
    INVITE = "invite"
    ADD_USER = "add_user"
    CONTACTS = "contacts"
    LINK = "link"
    USERS = "users"
    IMPORT = "import"
    SETTINGS = "settings"
    STAFF = "staff"
    TEMPLATES = "templates"
    ERASE = "erase"


class Reach(StrEnum):
    """How far a right goes."""

    ALL = "all"
    ASSIGNED = "assigned"


class Way(StrEnum):
    """The two ways in to the same invitation (S1.1)."""

    COMPANIES = "companies"
    CUSTOMERS = "customers"


OF_THE_OFFICE = frozenset({Right.SETTINGS, Right.STAFF, Right.TEMPLATES})
"""What is about no account, and so the same for a rep."""

_P = StaffPermission
_EDIT = (Right.SEE, Right.INVITE, Right.CONTACTS, Right.LINK)
_PEOPLE = (*_EDIT, Right.ADD_USER, Right.USERS, Right.IMPORT)

TABLE: tuple[tuple[frozenset[StaffPermission], Reach, tuple[Right, ...]], ...] = (
    (frozenset({_P.ADMINISTRATOR}), Reach.ALL, (*_PEOPLE, Right.SETTINGS, Right.STAFF)),
    (frozenset({_P.SUPERUSER}), Reach.ALL, _PEOPLE),
    (frozenset({_P.COMPANY_VIEW}), Reach.ALL, (Right.SEE,)),
    (frozenset({_P.COMPANY_VIEW, _P.COMPANY_EDIT}), Reach.ALL, _EDIT),
    (frozenset({_P.CRM_COMPANY_VIEW}), Reach.ASSIGNED, (Right.SEE,)),
    (frozenset({_P.CRM_COMPANY_VIEW, _P.CRM_COMPANY_EDIT}), Reach.ASSIGNED, _EDIT),
    (frozenset({_P.CUSTOMER_VIEW}), Reach.ALL, (Right.SEE,)),
    (frozenset({_P.CUSTOMER_VIEW, _P.CUSTOMER_EDIT}), Reach.ALL, (*_EDIT, Right.USERS)),
    (frozenset({_P.ADD_PORTAL_USER}), Reach.ALL, (Right.SEE, Right.INVITE, Right.CONTACTS, Right.ADD_USER)),
    (frozenset({_P.MANAGE_EMAIL_TEMPLATES}), Reach.ALL, (Right.TEMPLATES,)),
    (frozenset({_P.ERASE_PEOPLE}), Reach.ALL, (Right.SEE, Right.ERASE)),
)
"""Whoever holds all of the permissions on the left has the rights on the right; a pair needs both of its halves."""

WAYS: Mapping[Way, tuple[frozenset[StaffPermission], ...]] = {
    Way.COMPANIES: (
        frozenset({_P.ADMINISTRATOR}),
        frozenset({_P.SUPERUSER}),
        frozenset({_P.COMPANY_VIEW, _P.COMPANY_EDIT}),
        frozenset({_P.CRM_COMPANY_VIEW, _P.CRM_COMPANY_EDIT}),
    ),
    Way.CUSTOMERS: (
        frozenset({_P.ADMINISTRATOR}),
        frozenset({_P.SUPERUSER}),
        frozenset({_P.CUSTOMER_VIEW, _P.CUSTOMER_EDIT}),
    ),
}
"""S1.2, S1.4: which permissions open which page."""


@dataclass(frozen=True)
class Authority:
    """The rights of whoever acts, the accounts assigned to them, and what they may grant (None: everything)."""

    rights: Mapping[Right, Reach]
    accounts: frozenset[UUID] = frozenset()
    may_grant: frozenset[str] | None = None
    ways: frozenset[Way] = field(default_factory=frozenset)

    def covers(self, right: Right, accounts: Iterable[UUID]) -> bool:
        """True if the right is there and goes as far as every one of `accounts`.

        Whoever is held to assigned accounts is not let at what belongs to no account.
        """
        match self.rights.get(right):
            case Reach.ALL:
                return True
            case Reach.ASSIGNED:
                wanted = frozenset(accounts)
                return bool(wanted) and wanted <= self.accounts
        return False

    def in_sight(self, accounts: Iterable[UUID]) -> frozenset[UUID]:
        """Those of `accounts` that they see."""
        return frozenset(account for account in accounts if self.covers(Right.SEE, [account]))

    @property
    def sees_all(self) -> bool:
        """True where nothing of the office is hidden."""
        return self.rights.get(Right.SEE) is Reach.ALL


EVERYTHING = Authority(dict.fromkeys(Right, Reach.ALL), ways=frozenset(Way))
"""The operator at the command line and the system behind the client API: they hold the keys to the database anyway."""

SEES_ALL = Authority({Right.SEE: Reach.ALL})
"""A username administrator who is not on the staff."""

NOTHING = Authority({})


def authority_of(member: StaffMember, *, any_staff_invites: bool = False, is_approver: bool = False) -> Authority:
    """What a member may do.

    Args:
        member: the person, and what they hold in the office.
        any_staff_invites: the office lets all of its staff invite (S0.1).
        is_approver: they decide about every invitation of the office, so none is hidden from them.
    """
    rights: dict[Right, Reach] = {}
    for needed, reach, given in TABLE:
        if needed <= member.permissions:
            _widen(rights, given, reach)
    if any_staff_invites:
        _widen(rights, _EDIT, rights.get(Right.SEE, Reach.ALL))
    if member.kind is StaffKind.REP:
        rights = {right: reach if right in OF_THE_OFFICE else Reach.ASSIGNED for right, reach in rights.items()}
    if is_approver:
        _widen(rights, (Right.SEE,), Reach.ALL)
    ways = frozenset(way for way, sets in WAYS.items() if any(needed <= member.permissions for needed in sets))
    return Authority(rights, member.accounts, member.may_grant, ways)


def _widen(rights: dict[Right, Reach], given: Iterable[Right], reach: Reach) -> None:
    for right in given:
        rights[right] = Reach.ALL if rights.get(right) is Reach.ALL else reach


def require(
    authority: Authority, right: Right, accounts: Iterable[UUID], hidden: Refused, *, is_person: bool = False
) -> None:
    """Let it pass, or refuse.

    Args:
        authority: of whoever acts.
        right: what is to be done.
        accounts: what it is done to, all of it.
        hidden: the answer where the thing is out of sight: the same as if there were none (S1.3, T20).
        is_person: somebody who belongs to several accounts is in sight by any of them; what is done to them reaches
            all of them nevertheless. Anything else is in sight as a whole or not at all.

    Raises:
        Refused: `hidden`; Forbidden: `not_allowed`.
    """
    wanted = frozenset(accounts)
    if not authority.covers(Right.SEE, wanted) and not (is_person and authority.in_sight(wanted)):
        raise hidden
    if right not in authority.rights:
        raise not_allowed(right)
    if right is not Right.SEE and not authority.covers(right, wanted):
        raise out_of_reach()


def require_of_office(authority: Authority, right: Right) -> None:
    """The same for what belongs to the office as a whole.

    Raises:
        Forbidden: `not_allowed`.
    """
    if right not in authority.rights:
        raise not_allowed(right)
    if authority.rights[right] is not Reach.ALL:
        raise out_of_reach()


def not_allowed(right: Right) -> Forbidden:
    """The refusal, with the permissions that would do."""
    sets = [" + ".join(sorted(needed)) for needed, _, given in TABLE if right in given]
    return Forbidden("not_allowed", f"You may not do that here. It takes one of: {'; '.join(sets)}.")


def out_of_reach() -> Forbidden:
    """The refusal where the right goes no further than the accounts assigned to the person."""
    return Forbidden("not_allowed", "You may do that for the accounts assigned to you alone, and this is about more.")


def not_staff() -> Forbidden:
    """The refusal for somebody who is not on the staff of an office that has one (S0.1)."""
    return Forbidden("not_staff", "Only the staff of the office can do that, under the address that was saved.")


def no_such_invitation() -> NotFound:
    """The one answer for an invitation that is unknown or out of sight."""
    return NotFound("no_such_invitation", "There is no such invitation.")


def require_grants(authority: Authority, permissions: Iterable[str]) -> None:
    """S1.20: nobody grants beyond their own.

    Raises:
        Forbidden: `grant_not_allowed`, naming what is too much.
    """
    if authority.may_grant is None:
        return
    beyond = sorted(frozenset(permissions) - authority.may_grant)
    if beyond:
        raise Forbidden("grant_not_allowed", f"You may not grant: {', '.join(beyond)}.")
