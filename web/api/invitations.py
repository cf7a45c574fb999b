"""Invitations: made, listed, looked at, and everything that can be done to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from doorstep.domain.errors import Forbidden, NotFound
from doorstep.domain.keys import Scope
from doorstep.domain.states import Attention, State
from doorstep.store.listing import Wanted
from starter.commands import views
from web.api import etags
from web.api import invitation_models as models
from web.api import invitation_requests as requests
from web.api import invitation_stories as stories
from web.api.callers import Called, Caller
from web.api.etags import IfMatch, IfNoneMatch
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Code, Line, Moment

router = APIRouter(prefix="/v1", tags=["invitations"], route_class=Operation)
COMMAND = (404, 409, 412)
"""What a command may be refused with."""

NEW = {201: {"description": "Invited."}, 200: {"model": models.InvitedAnswer, "description": "Open already."}}


def _command(scope: Scope) -> dict[str, Any]:
    return {"response_model": models.InvitationAnswer} | operation(scope, *COMMAND)


_INVITE = operation(Scope.INVITE, 404, 409, 413)


@router.post(
    "/invitations",
    status_code=201,
    response_model=models.InvitedAnswer,
    **(_INVITE | {"responses": _INVITE["responses"] | NEW}),
)
async def invite(request: Request, new: requests.NewInvitation, caller: Called) -> Response:
    """Invite a person.

    Somebody whose open invitation asks for the same already gets no second one: the answer is that one, with 200
    instead of 201, and nothing is mailed.
    """
    doorstep = caller.doorstep
    asked = new.model_dump()
    if new.contact is not None and not (new.name and new.accounts):
        contact = await doorstep.contact(new.contact)
        asked["name"] = new.name or contact.name
        asked["accounts"] = new.accounts or [account.code for account in contact.accounts]
    invitation = await doorstep.invite(office=caller.office, idempotency_key=caller.repeat_key, **asked)
    is_new = views.is_new(invitation)
    shown = models.InvitedAnswer.model_validate(models.told(invitation) | {"is_new": is_new})
    location = f"/v1/invitations/{invitation.id}"
    return etags.one(request, invitation.rev, shown, status=201 if is_new else 200, location=location)


@router.get("/invitations", **operation(Scope.READ))
async def list_invitations(  # noqa: PLR0913 - the filters, each a parameter of the address
    response: Response,
    caller: Called,
    paging: Paged,
    *,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    account: Annotated[Code | None, Query(description="Only those for the account of this code.")] = None,
    job: Annotated[Line | None, Query(description="Only those of this job.")] = None,
    batch: Annotated[UUID | None, Query(description="Only those that this batch made.")] = None,
    contact: Annotated[UUID | None, Query(description="Only those of this contact.")] = None,
    attention: Annotated[Attention | None, Query(description="Only those with this flag.")] = None,
    created_after: Annotated[Moment | None, Query(description="Only those made later than this.")] = None,
    created_before: Annotated[Moment | None, Query(description="Only those made earlier than this.")] = None,
) -> Listed[models.InvitationAnswer]:
    """List the invitations of the office, the newest first."""
    wanted = Wanted(state, account, job, batch, contact, attention, created_after, created_before)
    page = await caller.doorstep.invitations(caller.office, wanted, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, models.InvitationAnswer.of)


@router.get(
    "/invitations/{invitation_id}",
    response_model=models.InvitationAnswer,
    **operation(Scope.READ, 304, 404, 409),
)
async def show(request: Request, invitation_id: UUID, caller: Called, if_none_match: IfNoneMatch = None) -> Response:  # noqa: ARG001 - etags reads it
    """Look at one invitation."""
    return await _shown(request, caller, invitation_id)


@router.get("/invitations/{invitation_id}/why", **operation(Scope.READ, 404))
async def why(invitation_id: UUID, caller: Called) -> stories.WhyAnswer:
    """Ask why an invitation stands where it does."""
    return stories.WhyAnswer.of(await caller.doorstep.why(invitation_id))


@router.get("/invitations/{invitation_id}/audit", **operation(Scope.READ, 404, 409))
async def audit(invitation_id: UUID, caller: Called) -> stories.RecordsAnswer:
    """Read everything that is recorded about an invitation, refusals included."""
    return stories.RecordsAnswer.of(await caller.doorstep.audit(invitation_id, includes_user=True))


@router.post("/invitations/{invitation_id}/send", **_command(Scope.INVITE))
async def send(request: Request, invitation_id: UUID, caller: Called, if_match: IfMatch = None) -> Response:
    """Send a draft."""
    done = await caller.doorstep.send(invitation_id, if_rev=etags.rev_of(if_match))
    return etags.one(request, done.rev, models.InvitationAnswer.of(done))


@router.post("/invitations/{invitation_id}/resend", **_command(Scope.INVITE))
async def resend(request: Request, invitation_id: UUID, caller: Called, if_match: IfMatch = None) -> Response:
    """Send an invitation again, under a new link; the old one dies."""
    done = await caller.doorstep.resend(invitation_id, if_rev=etags.rev_of(if_match))
    return etags.one(request, done.rev, models.InvitationAnswer.of(done))


@router.post("/invitations/{invitation_id}/revoke", **_command(Scope.INVITE))
async def revoke(
    request: Request,
    invitation_id: UUID,
    caller: Called,
    said: requests.Revocation | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Take an invitation back; also removes a user who never signed in."""
    reason = "" if said is None else said.reason
    done = await caller.doorstep.revoke(invitation_id, reason=reason, if_rev=etags.rev_of(if_match))
    return etags.one(request, done.rev, models.InvitationAnswer.of(done))


@router.post("/invitations/{invitation_id}/readdress", **_command(Scope.INVITE))
async def readdress(
    request: Request, invitation_id: UUID, said: requests.NewAddress, caller: Called, if_match: IfMatch = None
) -> Response:
    """Send an invitation to another address; the link that went to the old one dies first."""
    done = await caller.doorstep.readdress(invitation_id, said.address, if_rev=etags.rev_of(if_match))
    return etags.one(request, done.rev, models.InvitationAnswer.of(done))


@router.post("/invitations/{invitation_id}/approve", **_command(Scope.APPROVE))
async def approve(
    request: Request, invitation_id: UUID, said: requests.Approval, caller: Called, if_match: IfMatch = None
) -> Response:
    """Approve, in the name of a username administrator of the office."""
    rev = etags.rev_of(if_match)
    async with _deciding(caller, invitation_id):
        done = await caller.doorstep.approve(
            invitation_id, approver=said.approver, permissions=said.permissions, note=said.note, if_rev=rev
        )
    return etags.one(request, done.rev, models.InvitationAnswer.of(done))


@router.post("/invitations/{invitation_id}/reject", **_command(Scope.APPROVE))
async def reject(
    request: Request, invitation_id: UUID, said: requests.Rejection, caller: Called, if_match: IfMatch = None
) -> Response:
    """Reject, in the name of a username administrator of the office; the user is deleted."""
    rev = etags.rev_of(if_match)
    async with _deciding(caller, invitation_id):
        done = await caller.doorstep.reject(
            invitation_id, approver=said.approver, reason=said.reason, is_silent=said.is_silent, if_rev=rev
        )
    return etags.one(request, done.rev, models.InvitationAnswer.of(done))


@router.post("/invitations/{invitation_id}/erase", **_command(Scope.ERASE))
async def erase(request: Request, invitation_id: UUID, caller: Called, if_match: IfMatch = None) -> Response:
    """Erase the person from an invitation, and the user that it made; a tombstone stays."""
    done = await caller.doorstep.erase(invitation_id, if_rev=etags.rev_of(if_match))
    return etags.one(request, done.rev, models.InvitationAnswer.of(done))


@router.post("/invitations/{invitation_id}/link", **operation(Scope.INVITE, 404, 409, is_kept=False))
async def link(invitation_id: UUID, caller: Called) -> models.LinkAnswer:
    """Hand out the live link, for somebody to pass on by hand; it is recorded who did."""
    url = await caller.doorstep.link(invitation_id)
    invitation = await caller.doorstep.show(invitation_id)
    return models.LinkAnswer(url=url, expires_at=invitation.expires_at)


async def _shown(request: Request, caller: Caller, invitation_id: UUID) -> Response:
    invitation = await caller.doorstep.show(invitation_id)
    return etags.one(request, invitation.rev, models.InvitationAnswer.of(invitation))


@asynccontextmanager
async def _deciding(caller: Caller, invitation_id: UUID) -> AsyncIterator[None]:
    """A decision by the rights of an approver, which may reach further than the office of the key, or not so far (T20).

    Raises:
        NotFound: `no_such_invitation`, where the key sees none; Forbidden: `not_an_approver`.
    """
    await caller.doorstep.show(invitation_id)
    try:
        yield
    except NotFound:
        sentence = "Only a username administrator of the office can decide, under the address that was saved."
        raise Forbidden("not_an_approver", sentence) from None
