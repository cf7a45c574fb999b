"""The username administrators of an office: who is mailed when somebody waits, and decides (S4.21-S4.24)."""

from collections.abc import Mapping

from fastapi import Response

from doorstep.domain.addresses import address_key
from doorstep.domain.errors import Changed, Conflict, Invalid, NotFound, Refused
from doorstep.domain.policy import MAX_APPROVERS
from starter.office_settings import OfficeSheet
from web.hub.forms import HubForm, filled
from web.hub.settings import SETTINGS
from web.hub.visits import Visit, act, look

ADMINISTRATORS = SETTINGS + "/administrators"
LAST = "Invitations of this office are open, and nobody else could approve them. Add another administrator first."


class AdministratorForm(HubForm):
    """One more administrator."""

    address: str = ""
    mails: str = ""


class OneForm(HubForm):
    """Which of them."""

    address: str = ""


async def show(visit: Visit) -> Response:
    """Who they are."""
    return _page(visit, await _sheet(visit), {"mails": True}, {})


async def add(visit: Visit) -> Response:
    """One more, up to three (S4.22), mailed the link to the Team Hub."""
    sheet = await _sheet(visit)
    try:
        form = filled(AdministratorForm, visit.sent)
        addresses = [*sheet.office.approvers, form.address]
        await visit.doorstep.approvers_set(visit.code, addresses, seen=sheet.approvers_edition)
        if form.mails:
            await visit.doorstep.staff_invite(form.address)
    except (Invalid, Changed) as refusal:
        typed = {"address": "", "mails": True}
        if visit.sent is not None:
            typed = {"address": visit.sent.one("address"), "mails": bool(visit.sent.one("mails"))}
        field = "address" if isinstance(refusal, Invalid) and refusal.field in {"email", "approvers"} else ""
        return _page(visit, sheet, typed, {field: refusal}, status=refusal.status)
    return _done(visit, "administrator-mailed" if form.mails else "administrator-added")


async def remove(visit: Visit) -> Response:
    """One less; the last one stays while something is open (S4.23)."""
    form = filled(OneForm, visit.sent)
    try:
        await visit.doorstep.approver_remove(visit.code, form.address)
    except Conflict as refusal:
        said = Conflict(refusal.code, LAST)
        return _page(visit, await _sheet(visit), {"mails": True}, {"": said}, status=refusal.status)
    return _done(visit, "administrator-removed")


async def mail(visit: Visit) -> Response:
    """Mail one of them the link to the Team Hub again.

    Raises:
        NotFound: `no_such_approver`, for anybody else.
    """
    key = address_key(filled(OneForm, visit.sent).address)
    known = {address_key(each): each for each in (await _sheet(visit)).office.approvers}
    if key not in known:
        raise NotFound("no_such_approver", "That address is no username administrator of this office.")
    await visit.doorstep.staff_invite(known[key])
    return _done(visit, "link-mailed")


async def _sheet(visit: Visit) -> OfficeSheet:
    return await visit.doorstep.office_sheet(visit.code)


def _done(visit: Visit, notice: str) -> Response:
    return visit.go(ADMINISTRATORS.format(office=visit.code), done=notice)


def _page(
    visit: Visit, sheet: OfficeSheet, values: Mapping[str, object], faults: Mapping[str, Refused], *, status: int = 200
) -> Response:
    return visit.page(
        "administrators.html",
        status=status,
        sheet=sheet,
        values=values,
        faults=faults,
        most=MAX_APPROVERS,
        path=ADMINISTRATORS.format(office=visit.code),
    )


ROUTES = [
    look(ADMINISTRATORS, show),
    act(ADMINISTRATORS, add),
    act(ADMINISTRATORS + "/remove", remove),
    act(ADMINISTRATORS + "/mail", mail),
]
