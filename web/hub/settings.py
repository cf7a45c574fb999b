"""The settings of an office: what it is called, where its people reach it, and who of its staff may invite."""

from collections.abc import Mapping

from fastapi import Response

from doorstep.domain.errors import Changed, Invalid, Refused
from starter.office_settings import OfficeSheet
from web.hub.forms import filled
from web.hub.settings_forms import OfficeForm, own_values, typed_values
from web.hub.visits import Visit, act, look

SETTINGS = "/hub/offices/{office}/settings"
FIELDS = {"template": "welcome_template", "reminder_share": "reminder_percent"}
"""What the client API calls a field that is called otherwise on a page."""


def faults_of_settings(refusal: Refused) -> Mapping[str, Refused]:
    """What to show beside the fields of these pages."""
    if not isinstance(refusal, Invalid):
        return {"": refusal}
    return {FIELDS.get(refusal.field, refusal.field): refusal}


async def show(visit: Visit) -> Response:
    """The office itself."""
    sheet = await visit.doorstep.office_sheet(visit.code)
    return _page(visit, sheet, own_values(sheet.office), {})


async def save(visit: Visit) -> Response:
    """Change it, unless somebody else did meanwhile."""
    try:
        form = filled(OfficeForm, visit.sent)
        await visit.doorstep.office_set(visit.code, own=form.own(), seen=form.seen or None)
    except (Invalid, Changed) as refusal:
        sheet = await visit.doorstep.office_sheet(visit.code)
        typed = own_values(sheet.office) | ({} if visit.sent is None else typed_values(visit.sent.fields))
        return _page(visit, sheet, typed, faults_of_settings(refusal), status=refusal.status)
    return visit.go(SETTINGS.format(office=visit.code), done="settings-saved")


def _page(
    visit: Visit, sheet: OfficeSheet, values: Mapping[str, object], faults: Mapping[str, Refused], *, status: int = 200
) -> Response:
    welcomes = [(each, each) for each in sheet.welcome_templates]
    return visit.page("settings.html", status=status, sheet=sheet, welcomes=welcomes, values=values, faults=faults)


ROUTES = [
    look(SETTINGS, show),
    act(SETTINGS, save),
]
