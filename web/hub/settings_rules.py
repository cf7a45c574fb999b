"""The rules by which an office invites, and what a change of them would do before it is made."""

from collections.abc import Mapping

from fastapi import Response

from doorstep.domain.errors import Changed, Invalid, Refused
from doorstep.store.foreseeing import Foresight
from starter.office_settings import OfficeSheet
from web.hub.forms import filled
from web.hub.settings import SETTINGS, faults_of_settings
from web.hub.settings_forms import RulesForm, rule_values, said_of, typed_values
from web.hub.visits import Visit, act, look

RULES = SETTINGS + "/rules"
CALLED: Mapping[str, str] = {
    "validity": "How long a link works",
    "grace": "Extra time for an open form",
    "reminder_share": "When the invitee is reminded",
    "resend_cooldown": "Least time between two links",
    "reissue_window": "How long an expired invitation can be sent again",
    "approval_required": "An administrator has to approve",
    "approval_reminder": "When the administrators are reminded",
    "approval_escalation": "When a decision is overdue",
    "four_eyes": "Whoever invited may not decide",
    "places_per_job": "Places of a job",
    "account_required": "An invitation needs an Account ID",
    "required_fields": "What else an invitation needs",
    "existing_users": "Somebody who has a user already",
    "expired_holds_place": "An expired invitation keeps its place",
    "retention": "How long unanswered invitations are kept",
    "fails_over": "Try the other address",
}
"""What each rule is called on the page; said of a change too."""


async def show(visit: Visit) -> Response:
    """The rules as they are."""
    sheet = await visit.doorstep.office_sheet(visit.code)
    return _page(visit, sheet, rule_values(sheet.office.policy), {})


async def foresee(visit: Visit) -> Response:
    """What would come of the typed rules; nothing is changed."""
    try:
        rules = _rules(visit)
        foresight = await visit.doorstep.office_foresee(visit.code, rules)
    except _Unreadable as unreadable:
        return await _again(visit, unreadable.faults, 422)
    except Invalid as refusal:
        return await _again(visit, faults_of_settings(refusal), refusal.status)
    return await _again(visit, {}, 200, foresight)


async def save(visit: Visit) -> Response:
    """New rules, for the invitations that come after."""
    try:
        rules = _rules(visit)
        seen = "" if visit.sent is None else visit.sent.one("seen")
        await visit.doorstep.office_set(visit.code, rules=rules, seen=seen or None)
    except _Unreadable as unreadable:
        return await _again(visit, unreadable.faults, 422)
    except (Invalid, Changed) as refusal:
        return await _again(visit, faults_of_settings(refusal), refusal.status)
    return visit.go(RULES.format(office=visit.code), done="rules-saved")


class _Unreadable(Exception):
    """Some of the fields say nothing that could be read."""

    def __init__(self, faults: Mapping[str, Refused]) -> None:
        super().__init__()
        self.faults = faults


def _rules(visit: Visit) -> dict[str, object]:
    rules, faults = filled(RulesForm, visit.sent).rules()
    if faults:
        raise _Unreadable(faults)
    return rules


async def _again(
    visit: Visit, faults: Mapping[str, Refused], status: int, foresight: Foresight | None = None
) -> Response:
    # Whoever foresees has read the office already.
    sheet = OfficeSheet(foresight.office, ()) if foresight else await visit.doorstep.office_sheet(visit.code)
    typed = rule_values(sheet.office.policy) | ({} if visit.sent is None else typed_values(visit.sent.fields))
    return _page(visit, sheet, typed, faults, foresight, status=status)


def _page(
    visit: Visit,
    sheet: OfficeSheet,
    values: Mapping[str, object],
    faults: Mapping[str, Refused],
    foresight: Foresight | None = None,
    *,
    status: int = 200,
) -> Response:
    return visit.page(
        "settings_rules.html",
        status=status,
        sheet=sheet,
        values=values,
        faults=faults,
        foresight=foresight,
        called=CALLED,
        said_of=said_of,
        path=RULES.format(office=visit.code),
    )


ROUTES = [
    look(RULES, show),
    act(RULES, save),
    act(RULES + "/foresee", foresee),
]
