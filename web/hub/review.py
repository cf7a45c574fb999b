"""The review page: somebody is approved or rejected in ten seconds, with other permissions if need be (S4.42-S4.46).

The mail of a username administrator leads here, and to look never decides anything (decision 12).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from doorstep.domain.addresses import address_key
from doorstep.domain.errors import Refused
from doorstep.domain.permissions import SECTIONS
from doorstep.domain.states import State
from doorstep.store.approvals import Review
from starter.waiting import deciders, overdue_at
from web.hub.approvals import queue_of
from web.hub.forms import HubForm, filled
from web.hub.invitation import INVITATION, SHOWN
from web.hub.visits import Visit, act, look

REVIEW = INVITATION + "/review"


class ApprovalForm(HubForm):
    """What is granted, and the revision that was seen."""

    rev: int
    permissions: tuple[str, ...] = ()
    note: str = ""


class RejectionForm(HubForm):
    """Why, whether the person is told, and the revision that was seen."""

    rev: int
    reason: str = ""
    silent: str = ""


@dataclass(frozen=True)
class Line:
    """One permission: asked for, usual for people like this one, ticked, and whether the person may grant it."""

    name: str
    words: str
    is_asked: bool
    is_usual: bool
    holders: int
    is_ticked: bool
    may_grant: bool


@dataclass(frozen=True)
class Typed:
    """What a form that was refused had in it."""

    permissions: Collection[str] | None = None
    note: str = ""
    reason: str = ""
    is_silent: bool = False


NOTHING = Typed()


async def show(visit: Visit) -> Response:
    """Who asks for what, and who decided where somebody has."""
    return _page(visit, await visit.doorstep.review(visit.identifier("invitation")))


async def approve(visit: Visit) -> Response:
    """Approve, and on to the next."""
    form = filled(ApprovalForm, visit.sent)
    review = await visit.doorstep.review(visit.identifier("invitation"))
    # What was asked for is approved as such: other permissions would go to everybody else of the job too (S2.13).
    is_as_asked = set(form.permissions) == set(review.invitation.permissions)
    granted = None if is_as_asked else form.permissions
    try:
        await visit.doorstep.approve(
            review.invitation.id, approver=visit.me.address, permissions=granted, note=form.note, if_rev=form.rev
        )
    except SHOWN as refusal:
        return await _again(visit, refusal, Typed(form.permissions, form.note))
    return _on(visit, review, "approved")


async def reject(visit: Visit) -> Response:
    """Reject, and on to the next."""
    form = filled(RejectionForm, visit.sent)
    review = await visit.doorstep.review(visit.identifier("invitation"))
    is_silent = form.silent == "yes"
    try:
        await visit.doorstep.reject(
            review.invitation.id, approver=visit.me.address, reason=form.reason, is_silent=is_silent, if_rev=form.rev
        )
    except SHOWN as refusal:
        return await _again(visit, refusal, Typed(reason=form.reason, is_silent=is_silent))
    return _on(visit, review, "rejected")


def _on(visit: Visit, review: Review, done: str) -> Response:
    if review.next is None:
        return visit.go(queue_of(review.invitation.office.code), done=done)
    return visit.go(path_of(review.next), done=done)


def path_of(invitation: UUID) -> str:
    """The review page of an invitation."""
    return f"/hub/invitations/{invitation}/review"


async def _again(visit: Visit, refusal: Refused, typed: Typed) -> Response:
    """How it stands now: somebody else may have been faster (decision 7)."""
    return _page(visit, await visit.doorstep.review(visit.identifier("invitation")), refusal, typed)


def _page(visit: Visit, review: Review, refusal: Refused | None = None, typed: Typed = NOTHING) -> Response:
    invitation = review.invitation
    here = visit.within(invitation.office.code)
    who = deciders(invitation)
    waits = invitation.state is State.AWAITING_APPROVAL
    lines = list(_lines(here, review, typed))
    return here.page(
        "review.html",
        status=200 if refusal is None else refusal.status,
        review=review,
        invitation=invitation,
        lines=[each for each in lines if each.is_asked or each.is_usual or each.is_ticked],
        others=[each for each in lines if not (each.is_asked or each.is_usual or each.is_ticked)],
        waits=waits,
        may_decide=waits and address_key(here.me.address) in map(address_key, who),
        deciders=who,
        is_overdue=waits and invitation.now >= overdue_at(invitation),
        typed=typed,
        # Whoever was too late reads who was faster instead.
        faults={} if refusal is None or not waits else {"": refusal},
        was_late=refusal is not None and not waits,
        queue=queue_of(invitation.office.code),
    )


def _lines(visit: Visit, review: Review, typed: Typed) -> Iterator[Line]:
    """Every permission there is, in the order of the catalogue."""
    limit = visit.authority.may_grant
    asked = set(review.invitation.permissions)
    granted = review.invitation.granted
    ticked = set(typed.permissions if typed.permissions is not None else granted if granted is not None else asked)
    for name, words in SECTIONS.items():
        may_grant = limit is None or name in limit
        is_usual = name in review.usual.permissions
        holders = review.usual.holders.get(name, 0)
        yield Line(name, words, name in asked, is_usual, holders, name in ticked and may_grant, may_grant)


ROUTES = [
    look(REVIEW, show),
    act(INVITATION + "/approve", approve),
    act(INVITATION + "/reject", reject),
]
