"""The staff of an office page by page, and the accounts assigned to each, one by one."""

from collections.abc import Sequence
from uuid import UUID

from doorstep.domain.pages import Page
from doorstep.store import staff_pages
from doorstep.store.staff_pages import StaffRecord, StaffSheet
from starter.desk import Connected

PAGE = 50


class StaffPages(Connected):
    """For administrators of the office; people are known by their id here, and by no address."""

    async def staff_page(
        self, office: str, *, search: str = "", after: str = "", limit: int = PAGE, actor: str | None = None
    ) -> Page[StaffRecord]:
        """The staff in order of address; `search` goes over name and address.

        Raises:
            Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who, detail = self._as(actor), {"command": "staff.list", "office": office}
        return await self._recorded(
            who, detail, lambda tx: staff_pages.page(tx, who, office, search=search, after=after, limit=limit)
        )

    async def staff_sheet(
        self,
        office: str,
        staff_id: UUID,
        *,
        search: str = "",
        after: str = "",
        limit: int = PAGE,
        actor: str | None = None,
    ) -> StaffSheet:
        """One member of staff; `search` finds accounts to assign, `after` goes on in those that are.

        Raises:
            NotFound: `no_such_staff`; Forbidden: `not_staff`, `not_allowed`.
        """
        who, detail = self._as(actor), {"command": "staff.show", "office": office}
        return await self._recorded(
            who,
            detail,
            lambda tx: staff_pages.sheet(tx, who, office, staff_id, search=search, after=after, limit=limit),
        )

    async def staff_assign(
        self,
        office: str,
        staff_id: UUID,
        *,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        actor: str | None = None,
    ) -> StaffRecord:
        """Assign accounts to somebody by their codes, and take others from them; the rest stay.

        Raises:
            NotFound: `no_such_staff`; Invalid: `unknown_account`; Forbidden: `not_staff`, `not_allowed`.
        """
        who, detail = self._as(actor), {"command": "staff.assign", "office": office}
        return await self._recorded(
            who,
            detail,
            lambda tx: staff_pages.assign(tx, who, office, staff_id, add=tuple(add), remove=tuple(remove)),
        )
