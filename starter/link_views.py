"""What a mailed link opens, for the page to show; nothing is changed by looking (invariant 4)."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.security.links import KeyRing
from doorstep.store import answering, users
from doorstep.store.orders import get


@dataclass(frozen=True)
class LinkView:
    """The invitation of a link, why the link leads nowhere if it does not, and who the person is already.

    `username` is that of the user whom the person has, empty where there is none. With `needs_consent` nothing is left
    but to accept (decision 5); without, that user never set a password and keeps the username (S2.19).
    """

    invitation: Invitation
    generation: int
    refusal: Refused | None
    username: str = ""
    needs_consent: bool = False


async def look(tx: AsyncConnection, ring: KeyRing, token: str) -> LinkView:
    """What the link of `token` opens.

    Raises:
        Gone: `link_unknown`.
    """
    record = await answering.find_link(tx, ring, token)
    invitation = await get(tx, record.subject_id)
    refusal = answering.link_refusal(invitation, record.generation)
    user = await users.person(tx, invitation.keys, is_test=invitation.is_test) if refusal is None else None
    if user is None:
        return LinkView(invitation, record.generation, refusal)
    return LinkView(invitation, record.generation, None, user.username, user.has_password)
