"""One member of staff: what they hold and what follows from it, the companies assigned to them, the way in and out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import Authority
from doorstep.domain.errors import Conflict, Forbidden, Invalid, Refused
from doorstep.store.staff_pages import StaffSheet
from web.hub.forms import ButtonForm, filled
from web.hub.staff import STAFF, choices, in_words, staff_path
from web.hub.staff_forms import AccountsForm, StaffForm, faults_of_staff, member_of, typed_values, values_of
from web.hub.visits import Visit, act, look

MEMBER = STAFF + "/{member}"


async def show(visit: Visit) -> Response:
    """What there is about them."""
    sheet = await _sheet(visit)
    return _page(visit, sheet, values_of(sheet.record.member), {})


async def save(visit: Visit) -> Response:
    """What they hold from now on."""
    sheet = await _sheet(visit)
    member = sheet.record.member
    try:
        form = filled(StaffForm, visit.sent)
        grants, grants_all = form.grants_asked(member)
        await visit.doorstep.staff_set(
            visit.code,
            member.address,
            name=form.name,
            permissions=form.permission,
            is_rep=form.is_rep,
            may_grant=grants,
            may_grant_all=grants_all,
        )
    except (Invalid, Conflict) as refusal:
        return _page(visit, sheet, typed_values(visit.sent), faults_of_staff(refusal), status=refusal.status)
    except Forbidden as refusal:
        if refusal.code != "grant_not_allowed":
            raise
        return _page(visit, sheet, typed_values(visit.sent), {"may_grant": refusal}, status=refusal.status)
    return visit.go(_path(visit, sheet), done="staff-saved")


async def explain(visit: Visit) -> Response:
    """What would follow from what is ticked; nothing is saved."""
    sheet = await _sheet(visit)
    try:
        wanted = member_of(filled(StaffForm, visit.sent), sheet.record.member)
    except Invalid as refusal:
        return _page(visit, sheet, typed_values(visit.sent), faults_of_staff(refusal), status=refusal.status)
    authority = replace(sheet.record, member=wanted).authority
    return _page(visit, sheet, typed_values(visit.sent), {}, authority=authority)


async def assign(visit: Visit) -> Response:
    """Assign the ticked companies."""
    form = filled(AccountsForm, visit.sent)
    made = await visit.doorstep.staff_assign(visit.code, visit.identifier("member"), add=form.account)
    return visit.go(staff_path(visit, f"/{made.member.id}"), done="companies-assigned")


async def take(visit: Visit) -> Response:
    """Take the ticked companies away from them."""
    form = filled(AccountsForm, visit.sent)
    made = await visit.doorstep.staff_assign(visit.code, visit.identifier("member"), remove=form.account)
    return visit.go(staff_path(visit, f"/{made.member.id}"), done="companies-taken")


async def mail(visit: Visit) -> Response:
    """Mail them the link to the Team Hub again."""
    filled(ButtonForm, visit.sent)
    sheet = await _sheet(visit)
    await visit.doorstep.staff_invite(sheet.record.member.address)
    return visit.go(_path(visit, sheet), done="link-mailed")


async def code_off(visit: Visit) -> Response:
    """Take the one-time code away from somebody who lost the phone; a mail tells them."""
    return await _for_them(visit, visit.doorstep.staff_code_off, "staff-code-off")


async def untie(visit: Visit) -> Response:
    """Forget who they are at the provider, where their account there was made anew."""
    return await _for_them(visit, visit.doorstep.staff_untie, "staff-untied")


async def sign_out(visit: Visit) -> Response:
    """End every session of theirs, as for a phone that was left in a taxi."""
    return await _for_them(visit, visit.doorstep.staff_sign_out, "staff-signed-out")


async def _for_them(visit: Visit, work: Callable[[str], Awaitable[object]], done: str) -> Response:
    """Do it, or say on the page why not: for somebody of two offices it takes whoever looks after both (T20)."""
    filled(ButtonForm, visit.sent)
    sheet = await _sheet(visit)
    try:
        await work(sheet.record.member.address)
    except (Conflict, Forbidden) as refusal:
        return _page(visit, sheet, values_of(sheet.record.member), {"": refusal}, status=refusal.status)
    return visit.go(_path(visit, sheet), done=done)


async def remove(visit: Visit) -> Response:
    """Take them off the staff."""
    filled(ButtonForm, visit.sent)
    sheet = await _sheet(visit)
    try:
        gone = await visit.doorstep.staff_remove(visit.code, sheet.record.member.address)
    except Conflict as refusal:
        return _page(visit, sheet, values_of(sheet.record.member), {"": refusal}, status=refusal.status)
    # Whoever takes themselves off has no page of this office any more.
    is_self = address_key(gone.address) == address_key(visit.me.address)
    return visit.go("/hub") if is_self else visit.go(staff_path(visit), done="staff-removed")


async def _sheet(visit: Visit) -> StaffSheet:
    return await visit.doorstep.staff_sheet(
        visit.code, visit.identifier("member"), search=visit.asked("q"), after=visit.asked("after")
    )


def _path(visit: Visit, sheet: StaffSheet) -> str:
    return staff_path(visit, f"/{sheet.record.member.id}")


def _page(
    visit: Visit,
    sheet: StaffSheet,
    values: Mapping[str, object],
    faults: Mapping[str, Refused],
    *,
    authority: Authority | None = None,
    status: int = 200,
) -> Response:
    record, own, search = sheet.record, _path(visit, sheet), visit.asked("q")
    following = {"q": search, "after": sheet.assigned.next} if search else {"after": sheet.assigned.next}
    return visit.page(
        "staff_member.html",
        status=status,
        record=record,
        member=record.member,
        sheet=sheet,
        values={**values_of(record.member), **values},
        faults=faults,
        search=search,
        own=own,
        provider=visit.doorstep.settings.oidc_name or "the provider",
        is_draft=authority is not None,
        next=f"{own}?{urlencode(following)}" if sheet.assigned.next else "",
        first=own if visit.asked("after") else "",
        **choices(visit, record.member.may_grant),
        **in_words(authority or record.authority),
    )


ROUTES = [
    look(MEMBER, show),
    act(MEMBER, save),
    act(MEMBER + "/explain", explain),
    act(MEMBER + "/assign", assign),
    act(MEMBER + "/take", take),
    act(MEMBER + "/mail", mail),
    act(MEMBER + "/code-off", code_off),
    act(MEMBER + "/untie", untie),
    act(MEMBER + "/sign-out", sign_out),
    act(MEMBER + "/remove", remove),
]
