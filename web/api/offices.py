"""The office of the key, its rules, and its username administrators."""

from fastapi import APIRouter, Request, Response

from doorstep.domain.editions import edition_of, edition_of_approvers
from doorstep.domain.invitation import Office
from doorstep.domain.keys import Scope
from web.api import etags
from web.api import office_models as models
from web.api.callers import Called
from web.api.etags import IfMatch, IfNoneMatch
from web.api.operations import Operation, operation

router = APIRouter(prefix="/v1", tags=["office"], route_class=Operation)


@router.get("/office", response_model=models.OfficeAnswer, **operation(Scope.READ, 304))
async def show_office(request: Request, caller: Called, if_none_match: IfNoneMatch = None) -> Response:  # noqa: ARG001 - etags reads it
    """Look at the office of the key, and its rules."""
    return _shown(request, await caller.doorstep.office(caller.office))


@router.patch("/office", response_model=models.OfficeAnswer, **operation(Scope.SETTINGS, 412, 413))
async def change_office(
    request: Request, said: models.OfficePatch, caller: Called, if_match: IfMatch = None
) -> Response:
    """Change the office of the key, or its rules.

    Changed rules are a new version: an invitation keeps those that it began with.
    """
    seen, rules = etags.edition_of(if_match), {} if said.policy is None else said.policy.rules()
    return _shown(request, await caller.doorstep.office_set(caller.office, own=said.own(), rules=rules, seen=seen))


@router.get("/office/approvers", response_model=models.ApproversAnswer, **operation(Scope.READ, 304))
async def show_approvers(request: Request, caller: Called, if_none_match: IfNoneMatch = None) -> Response:  # noqa: ARG001 - etags reads it
    """Look at who decides about invitations."""
    return _listed(request, await caller.doorstep.office(caller.office))


@router.put("/office/approvers", response_model=models.ApproversAnswer, **operation(Scope.SETTINGS, 412, 413))
async def set_approvers(request: Request, said: models.Approvers, caller: Called, if_match: IfMatch = None) -> Response:
    """Replace the username administrators, one to three."""
    seen = etags.edition_of(if_match)
    return _listed(request, await caller.doorstep.approvers_set(caller.office, said.approvers, seen=seen))


def _shown(request: Request, office: Office) -> Response:
    return etags.one(request, edition_of(office), models.OfficeAnswer.of(office))


def _listed(request: Request, office: Office) -> Response:
    return etags.one(request, edition_of_approvers(office), models.ApproversAnswer(approvers=list(office.approvers)))
