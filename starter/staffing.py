"""The staff of an office, as its administrator looks after them."""

from collections.abc import Sequence

from doorstep.domain.destination import email_of
from doorstep.domain.permissions import checked_permissions
from doorstep.domain.requests import StaffChange
from doorstep.domain.staff import StaffKind, StaffMember, checked_staff_permissions
from doorstep.store import staff
from starter.desk import Connected
from starter.typed import one_line


class Staffing(Connected):
    """Who may do what; an office without staff leaves everything to whoever holds the settings."""

    async def staff_set(  # noqa: PLR0913 - what can be set, all by name
        self,
        office: str,
        address: str,
        *,
        name: str | None = None,
        permissions: Sequence[str] | None = None,
        is_rep: bool | None = None,
        accounts: Sequence[str] | None = None,
        may_grant: Sequence[str] | None = None,
        may_grant_all: bool = False,
        actor: str | None = None,
    ) -> StaffMember:
        """Add somebody to the staff of an office, or change what they hold there; None leaves a thing as it is.

        Args:
            office: its code.
            address: their e-mail address, which they act under.
            name: who it is.
            permissions: such as `administrator`, or `companyView` with `companyEdit`.
            is_rep: True for a rep, who serves assigned accounts alone (S4.3).
            accounts: the codes of the accounts assigned to them.
            may_grant: the permissions of the portal that they may grant (S1.20).
            may_grant_all: they may grant every one again.
            actor: who does it.

        Raises:
            Refused: with the field, or the reason.
        """
        asked = StaffChange(
            name=None if name is None else one_line(name, "name"),
            kind=None if is_rep is None else (StaffKind.REP if is_rep else StaffKind.IN_HOUSE),
            permissions=None if permissions is None else checked_staff_permissions(permissions),
            accounts=None if accounts is None else tuple(accounts),
            may_grant=None if may_grant is None else checked_permissions(may_grant),
            sets_grants=may_grant is not None or may_grant_all,
        )
        who, key = self._as(actor), email_of(address)
        detail = {"command": "staff.set", "office": office}
        return await self._recorded(who, detail, lambda tx: staff.put(tx, who, office, key, asked))

    async def staff_remove(self, office: str, address: str, *, actor: str | None = None) -> StaffMember:
        """Take somebody off the staff of an office."""
        who, key = self._as(actor), email_of(address)
        detail = {"command": "staff.remove", "office": office}
        return await self._recorded(who, detail, lambda tx: staff.remove(tx, who, office, key))

    async def staff_member(self, office: str, address: str, *, actor: str | None = None) -> StaffMember:
        """One member of staff."""
        who, key = self._as(actor), email_of(address).key
        return await self._run(lambda tx: staff.get(tx, who, office, key))

    async def staff(self, office: str, *, actor: str | None = None) -> list[StaffMember]:
        """Everybody on the staff of an office."""
        who = self._as(actor)
        return await self._run(lambda tx: staff.listed(tx, who, office))
