"""What a text makes of a mail, while somebody is still writing it: nothing of it is saved, and nothing in it runs.

The mail as HTML stands in a frame of the page. What is typed is no stored thing that an address could name, so the
fields themselves are sent into the frame, by a button of the page that the script presses by itself.
"""

from collections.abc import Mapping

from fastapi import Response
from fastapi.responses import HTMLResponse

from doorstep.domain.errors import Invalid
from doorstep.domain.templates import TemplateText
from doorstep.mail.rendering import TemplateBroken
from web.hub.forms import filled
from web.hub.template_forms import TextForm, Typed, faults_for
from web.hub.templates import TEMPLATE, name_in, page
from web.hub.visits import Visit, act, look

FRAMED: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""A mail is shown inside of a page of ours, with the style that it carries; nothing in it is loaded or run (T13)."""


async def preview(visit: Visit) -> Response:
    """The page with what stands in its fields, and the mail that this makes."""
    typed = Typed.of(visit.sent)
    try:
        form = filled(TextForm, visit.sent)
    except Invalid as refusal:
        language = "" if visit.sent is None else visit.sent.one("language")
        found = await visit.doorstep.template_page(visit.code, name_in(visit), locale=language or None)
        return page(visit, found, typed, faults_for(refusal, ()), status=refusal.status)
    found = await visit.doorstep.template_page(
        visit.code, name_in(visit), locale=form.language or None, draft=typed.draft
    )
    return page(visit, found, typed, is_draft=typed.draft is not None)


async def show_mail(visit: Visit) -> Response:
    """The HTML of the mail that goes out now, for the frame."""
    return await _mail(visit, visit.asked("language"), None)


async def mail(visit: Visit) -> Response:
    """The HTML of the mail that the typed text makes."""
    form = filled(TextForm, visit.sent)
    return await _mail(visit, form.language, Typed.of(visit.sent).draft)


async def _mail(visit: Visit, language: str, draft: TemplateText | None) -> Response:
    try:
        made = await visit.doorstep.template_preview(visit.code, name_in(visit), locale=language or None, draft=draft)
    except (Invalid, TemplateBroken) as refusal:
        broken = visit.page("template_faults.html", status=422, lines=refusal.message.split("\n"))
        broken.headers.update(FRAMED)
        return broken
    return HTMLResponse(made.html, headers=dict(FRAMED))


ROUTES = [
    act(TEMPLATE + "/preview", preview),
    look(TEMPLATE + "/mail", show_mail),
    act(TEMPLATE + "/mail", mail),
]
