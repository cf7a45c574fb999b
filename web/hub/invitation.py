"""The page of an invitation: what happened, what it waits for and why, and the buttons that are allowed now."""

from uuid import UUID

from fastapi import Response

from doorstep.domain.addresses import address_key
from doorstep.domain.errors import Changed, Conflict, DoorstepError, Forbidden, Invalid, TooMany
from starter.stories import Story
from starter.troubles import Kind
from starter.waiting import deciders, overdue_at
from web.hub.invitation_steps import steps
from web.hub.invitation_timeline import timeline
from web.hub.visits import Visit, look

INVITATION = "/hub/invitations/{invitation}"
SHOWN = (Changed, Conflict, Forbidden, Invalid, TooMany)
"""The refusals that the page itself shows: it is still there, and tells how it stands now."""


def path_of(identifier: UUID) -> str:
    """The page of an invitation."""
    return f"/hub/invitations/{identifier}"


async def show(visit: Visit) -> Response:
    """Everything about one invitation."""
    return await shown(visit)


async def shown(visit: Visit, refusal: DoorstepError | None = None, address: str = "") -> Response:
    """The page; after a step that was refused with the reason, and what was typed."""
    story = await visit.doorstep.story(visit.identifier("invitation"))
    invitation = story.invitation
    here = visit.within(invitation.office.code)
    return here.page(
        "invitation.html",
        status=200 if refusal is None else refusal.status,
        story=story,
        invitation=invitation,
        steps=_steps(story),
        happenings=timeline(story),
        may_decide=address_key(here.me.address) in map(address_key, deciders(invitation)),
        is_overdue=invitation.now >= overdue_at(invitation),
        is_moving=bool(invitation.unsent()) or invitation.seen_rev < invitation.rev,
        faults={} if refusal is None else {_field(refusal): refusal},
        address=address,
    )


def _steps(story: Story) -> frozenset[str]:
    is_lost = any(trouble.kind is Kind.WORKFLOW_MISSING for trouble in story.explanation.troubles)
    return steps(story.authority, story.invitation, has_signed_in=story.has_signed_in, is_lost=is_lost)


def _field(refusal: DoorstepError) -> str:
    """The field of the page that a refusal is about; only one is typed into."""
    return "address" if getattr(refusal, "field", "") in {"address", "email", "phone"} else ""


ROUTES = [look(INVITATION, show)]
