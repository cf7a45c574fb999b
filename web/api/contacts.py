"""Contacts: found, added, changed for the portal, and invited."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from doorstep.domain.contact import Contact, require_invitable
from doorstep.domain.keys import Scope
from doorstep.store.address_book import Search
from doorstep.store.putting import Became
from starter.commands import views
from web.api import contact_models as models
from web.api import etags
from web.api.callers import Called
from web.api.etags import IfMatch, IfNoneMatch
from web.api.invitation_models import InvitedAnswer, told
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Code, Line

router = APIRouter(prefix="/v1", tags=["contacts"], route_class=Operation)
OPEN_ALREADY = {200: {"model": InvitedAnswer, "description": "Open already."}}
MADE = {201: {"model": models.ContactPutAnswer, "description": "Made."}}
_PUT = operation(Scope.IMPORT, 404, 409, 412, 413)
_INVITE = operation(Scope.INVITE, 404, 409, 413)


@router.get("/contacts", **operation(Scope.READ))
async def list_contacts(
    response: Response,
    caller: Called,
    paging: Paged,
    q: Annotated[Line, Query(description="A part of name, address, number, or of an account's code or name.")] = "",
    account: Annotated[Code | None, Query(description="Only those on the account of this code.")] = None,
    external_key: Annotated[Code | None, Query(description="Only the one that the ERP knows by this key.")] = None,
    without_username: Annotated[bool, Query(description="Only those who can be invited still.")] = False,  # noqa: FBT002 - a parameter of the address
) -> Listed[models.ContactAnswer]:
    """List the contacts of the office, in the order in which they were made."""
    wanted = Search(q, account, without_username, external_key)
    page = await caller.doorstep.contact_page(caller.office, wanted, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, models.ContactAnswer.of)


@router.post(
    "/contacts", status_code=201, response_model=models.ContactAnswer, **operation(Scope.CONTACTS, 404, 409, 413)
)
async def add_contact(request: Request, new: models.NewContact, caller: Called) -> Response:
    """Add a person to accounts that are known.

    Somebody known already, by account and address or number, is completed and never doubled.
    """
    contact = await caller.doorstep.contact_add(office=caller.office, **new.model_dump())
    return _shown(request, contact, status=201, location=f"/v1/contacts/{contact.id}")


@router.get("/contacts/{contact_id}", response_model=models.ContactAnswer, **operation(Scope.READ, 304, 404))
async def show_contact(
    request: Request,
    contact_id: UUID,
    caller: Called,
    if_none_match: IfNoneMatch = None,  # noqa: ARG001 - etags reads it
) -> Response:
    """Look at one contact."""
    return _shown(request, await caller.doorstep.contact(contact_id))


@router.patch(
    "/contacts/{contact_id}",
    response_model=models.ContactAnswer,
    **operation(Scope.CONTACTS, 404, 409, 412, 413),
)
async def change_contact(
    request: Request, contact_id: UUID, said: models.ContactPatch, caller: Called, if_match: IfMatch = None
) -> Response:
    """Change a contact for the portal.

    What is left out or null stays, an empty text takes a thing away, and turning `is_portal_user` off takes open
    invitations back.
    """
    seen = etags.moment_of(if_match)
    changed = await caller.doorstep.contact_set(contact_id, seen=seen, **said.model_dump())
    return _shown(request, changed)


@router.post(
    "/contacts/{contact_id}/invite",
    status_code=201,
    response_model=InvitedAnswer,
    **(_INVITE | {"responses": _INVITE["responses"] | OPEN_ALREADY}),
)
async def invite_contact(
    request: Request, contact_id: UUID, caller: Called, said: models.ContactInvite | None = None
) -> Response:
    """Invite a contact to the accounts that they are on.

    Whoever has an open invitation already gets no second one: the answer is that one, with 200 instead of 201.
    """
    doorstep, asked = caller.doorstep, said or models.ContactInvite()
    contact = await doorstep.contact(contact_id)
    require_invitable(contact)
    invitation = await doorstep.invite(
        office=caller.office,
        contact=contact_id,
        name=contact.name,
        accounts=[account.code for account in contact.accounts],
        roles=asked.roles,
        template=asked.template,
        idempotency_key=caller.repeat_key,
    )
    is_new = views.is_new(invitation)
    shown = InvitedAnswer.model_validate(told(invitation) | {"is_new": is_new})
    location = f"/v1/invitations/{invitation.id}"
    return etags.one(request, invitation.rev, shown, status=201 if is_new else 200, location=location)


@router.put(
    "/contacts/by-key/{external_key:path}",
    response_model=models.ContactPutAnswer,
    **(_PUT | {"responses": _PUT["responses"] | MADE}),
)
async def put_contact(
    request: Request, external_key: str, said: models.ContactPut, caller: Called, if_match: IfMatch = None
) -> Response:
    """Make or change the contact that the ERP calls by this key, as an import would.

    The answer is 201 where there was none. Somebody known already, by account and address or number, is found and
    given the key. What staff wrote for the portal stays; accounts are added and never taken away.
    """
    seen = etags.moment_of(if_match)
    put = await caller.doorstep.contact_put(caller.office, external_key, **said.model_dump(), seen=seen)
    told = models.ContactAnswer.of(put.contact).model_dump()
    shown = models.ContactPutAnswer.model_validate(told | {"became": put.became, "taken_back": put.taken_back})
    status = 201 if put.became is Became.CREATED else 200
    location = f"/v1/contacts/{put.contact.id}"
    return etags.one(request, put.contact.updated_at.isoformat(), shown, status=status, location=location)


def _shown(request: Request, contact: Contact, *, status: int = 200, location: str = "") -> Response:
    shown = models.ContactAnswer.of(contact)
    return etags.one(request, contact.updated_at.isoformat(), shown, status=status, location=location)
