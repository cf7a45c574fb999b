"""The list of those to invite, and whom somebody chose of it (S4.25-S4.36); a batch then invites them."""

from uuid import UUID

from doorstep.domain.errors import Invalid
from doorstep.domain.invite_list import Choice, FilterChoices, InviteFilter, InviteList
from doorstep.domain.pages import LONGEST_PAGE
from doorstep.store import invite_list
from starter.desk import Connected

EVERYBODY = InviteFilter()
PAGE = 50


class InviteLists(Connected):
    """Those without a username, as the page shows them on which many are invited at once."""

    async def invite_list(
        self,
        office: str,
        wanted: InviteFilter = EVERYBODY,
        *,
        after: str = "",
        limit: int = PAGE,
        is_counted: bool = False,
        actor: str | None = None,
    ) -> InviteList:
        """A page of those without a username (S4.26, S4.29); with `is_counted` also how many the filter leaves.

        Raises:
            Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who, most = self._as(actor), min(limit, LONGEST_PAGE)
        return await self._run(
            lambda tx: invite_list.page(tx, who, office, wanted, after=after, limit=most, is_counted=is_counted)
        )

    async def invite_choices(self, office: str, *, actor: str | None = None) -> FilterChoices:
        """What the filters of the list are chosen from (S4.29).

        Raises:
            Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: invite_list.choices(tx, who, office))

    async def invite_chosen(self, office: str, choice: Choice, *, actor: str | None = None) -> list[UUID]:
        """The contacts that a choice means, for `batch_create`.

        Raises:
            Forbidden: `not_staff`, `not_allowed`; Conflict: `no_approver` (S4.23); Invalid: `batch_empty`.
        """
        who, detail = self._as(actor), {"command": "batch.create", "office": office}
        found = await self._recorded(who, detail, lambda tx: invite_list.chosen(tx, who, office, choice))
        if not found:
            raise Invalid("batch_empty", "Nobody is chosen: tick somebody, or select all filtered.", field="rows")
        return found
