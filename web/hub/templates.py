"""The templates of an office: the list, one of them with its versions, and what is done to it (S2.20-S2.23, S4.14)."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.errors import Changed, Conflict, Invalid, Refused
from doorstep.domain.messages import Message
from starter.template_pages import TemplatePage
from starter.templates import TemplateRow
from web.hub.forms import faults_of, filled
from web.hub.template_forms import NewTemplateForm, RestoreForm, TextForm, Typed, faults_for
from web.hub.template_words import GOES_TO, language_name, languages, why_locked
from web.hub.visits import Visit, act, look

TEMPLATES = "/hub/offices/{office}/templates"
TEMPLATE = TEMPLATES + "/{name}"
NOTHING: Mapping[str, Refused] = {}


def path_of(visit: Visit, name: str = "", language: str = "") -> str:
    """The address of the list, or of one template in one language."""
    path = TEMPLATES.format(office=visit.code) + (f"/{name}" if name else "")
    return f"{path}?{urlencode({'language': language})}" if language else path


async def show_all(visit: Visit) -> Response:
    """Every template by its message."""
    return await _list(visit, {}, NOTHING)


async def add(visit: Visit) -> Response:
    """One more welcome template (S1.14); its name never changes (S2.21)."""
    try:
        form = filled(NewTemplateForm, visit.sent)
        made = await visit.doorstep.template_add(visit.code, form.name, like=form.like or None)
    except Invalid as refusal:
        return await _list(visit, {"name": _sent(visit, "name"), "like": _sent(visit, "like")}, faults_of(refusal))
    except Conflict as refusal:
        return await _list(visit, {"name": _sent(visit, "name"), "like": _sent(visit, "like")}, {"name": refusal})
    return visit.go(path_of(visit, made.name), done="template-added")


async def _list(visit: Visit, values: Mapping[str, str], faults: Mapping[str, Refused]) -> Response:
    rows = await visit.doorstep.templates(visit.code)
    return visit.page(
        "templates.html",
        status=next((each.status for each in faults.values()), 200),
        rows=rows,
        welcomes=[("", "nothing"), *((each, each) for each in _welcomes(rows))],
        goes_to=GOES_TO,
        why_locked=why_locked,
        language_name=language_name,
        values=values,
        faults=faults,
    )


def _welcomes(rows: Sequence[TemplateRow]) -> list[str]:
    return [row.template.name for row in rows if row.template.message is Message.WELCOME]


async def show(visit: Visit) -> Response:
    """One template in one language."""
    language, after = visit.asked("language"), visit.asked("after")
    found = await visit.doorstep.template_page(visit.code, name_in(visit), locale=language or None, after=after)
    return page(visit, found, Typed.saved(found))


async def save(visit: Visit) -> Response:
    """A new version, which goes out from the next mail on."""
    name = name_in(visit)
    try:
        form = filled(TextForm, visit.sent)
        saved = await visit.doorstep.template_set(
            visit.code, name, subject=form.subject, body=form.body, locale=form.language or None, seen=form.seen
        )
    except (Invalid, Changed) as refusal:
        typed = Typed.of(visit.sent)
        found = await visit.doorstep.template_page(
            visit.code, name, locale=_sent(visit, "language") or None, draft=typed.draft
        )
        return page(visit, found, typed, faults_for(refusal, found.findings), status=refusal.status)
    return visit.go(path_of(visit, name, saved.locale), done="template-saved")


async def restore(visit: Visit) -> Response:
    """An old text, or ours, as the newest version."""
    name = name_in(visit)
    form = filled(RestoreForm, visit.sent)
    try:
        restored = await visit.doorstep.template_restore(
            visit.code, name, form.version, locale=form.language or None, seen=form.seen
        )
    except (Invalid, Changed) as refusal:
        found = await visit.doorstep.template_page(visit.code, name, locale=form.language or None)
        return page(visit, found, Typed.saved(found), {"": refusal}, status=refusal.status)
    return visit.go(path_of(visit, name, restored.locale), done="template-restored")


def page(
    visit: Visit,
    found: TemplatePage,
    typed: Typed,
    faults: Mapping[str, Refused] = NOTHING,
    *,
    status: int = 200,
    is_draft: bool = False,
) -> Response:
    """The page of a template; `is_draft`: what it shows is what stands in the fields."""
    locale = found.sheet.locale
    return visit.page(
        "template.html",
        status=status,
        found=found,
        typed=typed,
        faults=faults,
        is_draft=is_draft or bool(faults),
        path=path_of(visit, found.sheet.template.name),
        goes_to=GOES_TO[found.sheet.template.message],
        why_locked=why_locked(found.sheet.template),
        language_name=language_name,
        languages=languages(found.texts, locale, found.office.locale.partition("_")[0]),
    )


def name_in(visit: Visit) -> str:
    """The name of the template in the address."""
    return str(visit.request.path_params["name"])


def _sent(visit: Visit, name: str) -> str:
    return "" if visit.sent is None else visit.sent.one(name)


ROUTES = [
    look(TEMPLATES, show_all),
    act(TEMPLATES, add),
    look(TEMPLATE, show),
    act(TEMPLATE, save),
    act(TEMPLATE + "/restore", restore),
]
