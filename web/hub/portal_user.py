"""Add Portal User: two usernames for a customer or a rep at once, without an invitation (S4.6-S4.9)."""

from collections.abc import Mapping

from fastapi import Response

from doorstep.domain.authority import Right, not_allowed
from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.pairs import STAFF_NEVER
from starter.people import RELATIONSHIPS, Pair
from web.hub.clients_form import group_choices, role_choices
from web.hub.clients_picking import Alike, picked
from web.hub.clients_slips import Slip, settled
from web.hub.forms import HubForm, faults_of, filled
from web.hub.visits import Visit, act, look

NEW_USER = "/hub/offices/{office}/users/new"
RELATIONSHIP_CHOICES = [(name, name.capitalize()) for name in RELATIONSHIPS]
HERE = {"role": "roles"}
"""Where a refusal that names one field is shown beside another."""


class PortalUserForm(HubForm):
    """Who gets usernames, for whom."""

    relationship: str = RELATIONSHIPS[0]
    account: str = ""
    picked: str = ""
    asked: str = ""
    email: str = ""
    kept: str = ""
    use_meant: str = ""
    name: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    template: str = ""
    test: str = ""


async def show(visit: Visit) -> Response:
    """The form; the address may name the customer already."""
    if not visit.may(Right.ADD_USER):
        raise not_allowed(Right.ADD_USER)
    return await _page(visit, PortalUserForm(account=visit.asked("account")))


async def create(visit: Visit) -> Response:
    """Make both, and say what they are called (S4.9)."""
    form = PortalUserForm()
    try:
        form = filled(PortalUserForm, visit.sent)
        email, slip = settled(form.email, form.kept, uses_meant=bool(form.use_meant))
        if slip is not None:
            return await _page(visit, form, slip=slip)
        made = await _made(visit, form, email)
    except Refused as refusal:
        if not visit.may(Right.ADD_USER):
            raise
        return await _page(visit, form, refusal)
    return visit.page("portal_user_made.html", made=made, address=email, never=STAFF_NEVER)


async def _made(visit: Visit, form: PortalUserForm, email: str) -> Pair:
    if not form.account:
        raise Invalid("account_required", "Name the customer: the code or the name of the account.", field="account")
    # A choice among those that come near counts for the text that they were found by, and for no other.
    is_chosen = form.picked and form.asked == form.account
    return await visit.doorstep.add_user(
        office=visit.code,
        account=await picked(visit, form.picked if is_chosen else form.account),
        email=email,
        username=form.username,
        name=form.name,
        relationship=form.relationship,
        roles=(*form.groups, *form.roles),
        template=form.template,
        is_test=bool(form.test),
    )


async def _page(
    visit: Visit, form: PortalUserForm, refusal: Refused | None = None, *, slip: Slip | None = None
) -> Response:
    faults = {} if refusal is None else _faults(refusal)
    choices = await visit.doorstep.client_choices(visit.code)
    return visit.page(
        "portal_user.html",
        status=200 if refusal is None else refusal.status,
        values=form,
        faults=faults,
        slip=slip,
        alike=refusal.companies if isinstance(refusal, Alike) else (),
        choices=choices,
        relationships=RELATIONSHIP_CHOICES,
        groups=group_choices(visit, choices.groups),
        roles=role_choices(visit),
        path=visit.request.url.path,
    )


def _faults(refusal: Refused) -> Mapping[str, Refused]:
    """By the names that the fields have here; what belongs to none of them is said of the form."""
    given = faults_of(refusal) if isinstance(refusal, Invalid) else {"": refusal}
    named = {HERE.get(name, name): fault for name, fault in given.items()}
    return {name if name in PortalUserForm.model_fields else "": fault for name, fault in named.items()}


ROUTES = [
    look(NEW_USER, show),
    act(NEW_USER, create),
]
