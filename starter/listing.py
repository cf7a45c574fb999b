"""Invitations in pages, for systems and for long lists."""

from doorstep.domain.invitation import Invitation
from doorstep.domain.pages import Page
from doorstep.store import listing
from doorstep.store.listing import Wanted
from starter.desk import Connected

EVERY = Wanted()


class Listing(Connected):
    """What `list` shows the newest of, page after page."""

    async def invitations(
        self, office: str, wanted: Wanted = EVERY, *, after: str = "", limit: int = 50, actor: str | None = None
    ) -> Page[Invitation]:
        """Invitations of an office in sight, the newest first, from the place `after` on.

        Raises:
            Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: listing.page(tx, who, office, wanted, after=after, limit=limit))
