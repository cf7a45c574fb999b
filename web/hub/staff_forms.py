"""The forms about staff: what somebody holds, and what they may hand on to customers (S1.20)."""

from collections.abc import Mapping, Sequence
from typing import Literal

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.permissions import SECTIONS
from doorstep.domain.staff import StaffKind, StaffMember, checked_staff_permissions
from web.hub.forms import HubForm, Sent

EVERYTHING, SOME = "everything", "some"


class StaffForm(HubForm):
    """What somebody holds."""

    name: str = ""
    permission: tuple[str, ...] = ()
    kind: Literal["in_house", "rep"] = "in_house"
    grants: Literal["everything", "some"] = "everything"
    may_grant: tuple[str, ...] = ()

    @property
    def is_rep(self) -> bool:
        """A rep serves assigned accounts alone (S4.3)."""
        return StaffKind(self.kind) is StaffKind.REP

    def grants_asked(self, before: StaffMember | None = None) -> tuple[Sequence[str] | None, bool]:
        """What they may hand on and whether that is everything; neither, where it stays as it is.

        Whoever may not grant everything can still change the rest of a colleague who may.
        """
        wanted = None if self.grants == EVERYTHING else frozenset(self.may_grant)
        if before is not None and before.may_grant == wanted:
            return None, False
        return (None, True) if wanted is None else (sorted(wanted), False)


class NewStaffForm(StaffForm):
    """Somebody new, known by the address that they sign in with."""

    address: str = ""
    mails: str = ""


class AccountsForm(HubForm):
    """Accounts to assign, or to take away."""

    account: tuple[str, ...] = ()


def values_of(member: StaffMember) -> dict[str, object]:
    """What stands in the fields of a colleague."""
    return {
        "name": member.name,
        "permission": sorted(member.permissions),
        "kind": str(member.kind),
        "grants": EVERYTHING if member.may_grant is None else SOME,
        "may_grant": list(SECTIONS) if member.may_grant is None else sorted(member.may_grant),
    }


NEW: Mapping[str, object] = {
    "address": "",
    "name": "",
    "permission": (),
    "kind": "in_house",
    "mails": True,
    "grants": EVERYTHING,
    "may_grant": list(SECTIONS),
}


def typed_values(sent: Sent | None) -> dict[str, object]:
    """What was typed, for the same fields again."""
    if sent is None:
        return {}
    return {
        **{name: sent.one(name) for name in ("address", "name", "kind", "grants")},
        **{name: sent.every(name) for name in ("permission", "may_grant")},
        "mails": bool(sent.one("mails")),
    }


FIELDS = {"email": "address", "permissions": "may_grant"}


def faults_of_staff(refusal: Refused) -> Mapping[str, Refused]:
    """What to show beside the fields of these pages."""
    if not isinstance(refusal, Invalid):
        return {"": refusal}
    return {FIELDS.get(refusal.field, refusal.field): refusal}


def member_of(form: StaffForm, like: StaffMember) -> StaffMember:
    """Somebody who would hold what a form says.

    Raises:
        Invalid: `unknown_staff_permission`.
    """
    permissions = checked_staff_permissions(form.permission)
    return StaffMember(
        like.id, like.address, like.name, like.office, StaffKind(form.kind), permissions, accounts=like.accounts
    )
