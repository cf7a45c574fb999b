"""Templates of the office: read, written, previewed, and taken back to an earlier version."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from doorstep.domain.keys import Scope
from doorstep.domain.templates import TemplateText
from starter.templates import TemplateRow
from web.api import etags
from web.api import template_models as models
from web.api.callers import Called, Caller
from web.api.etags import IfMatch, IfNoneMatch
from web.api.operations import Operation, operation
from web.api.texts import Code

router = APIRouter(prefix="/v1", tags=["templates"], route_class=Operation)
Locale = Annotated[
    str | None,
    Query(
        max_length=35,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="The language, such as `de` or `es_MX`; that of the office where it is left out.",
    ),
]


@router.get("/templates", **operation(Scope.TEMPLATES))
async def list_templates(caller: Called) -> models.TemplatesAnswer:
    """List the templates of the office, the built-in ones first."""
    found = await caller.doorstep.templates(caller.office)
    return models.TemplatesAnswer(data=[models.TemplateAnswer.of(each) for each in found])


@router.post("/templates", status_code=201, **operation(Scope.TEMPLATES, 404, 409, 413))
async def add_template(response: Response, new: models.NewTemplate, caller: Called) -> models.TemplateAnswer:
    """Make one more welcome template.

    It begins with the texts of another one, where that is named.
    """
    made = await caller.doorstep.template_add(caller.office, new.name, like=new.like)
    response.headers["Location"] = f"/v1/templates/{made.name}"
    return models.TemplateAnswer.of(TemplateRow(made, ()))


@router.get("/templates/{template}", response_model=models.TemplateSheetAnswer, **operation(Scope.TEMPLATES, 304, 404))
async def show_template(
    request: Request,
    template: Code,
    caller: Called,
    locale: Locale = None,
    if_none_match: IfNoneMatch = None,  # noqa: ARG001 - etags reads it
) -> Response:
    """Look at a template in one language."""
    return await _shown(request, caller, template, locale)


@router.put(
    "/templates/{template}", response_model=models.TemplateSheetAnswer, **operation(Scope.TEMPLATES, 404, 412, 413)
)
async def write_template(
    request: Request,
    template: Code,
    said: models.TemplateText,
    caller: Called,
    locale: Locale = None,
    if_match: IfMatch = None,
) -> Response:
    """Write a new version of a text.

    From now on mails go out with it. The same text again makes no version.
    """
    seen = etags.rev_of(if_match)
    await caller.doorstep.template_set(
        caller.office, template, subject=said.subject, body=said.body, locale=locale, seen=seen
    )
    return await _shown(request, caller, template, locale)


@router.post("/templates/{template}/preview", **operation(Scope.TEMPLATES, 404, 413))
async def preview_template(
    template: Code, caller: Called, said: models.TemplateText | None = None, locale: Locale = None
) -> models.PreviewAnswer:
    """See the mail that a text makes of example data.

    Of the present text, where none is sent. Nothing is kept.
    """
    draft = None if said is None else TemplateText(said.subject, said.body)
    return models.PreviewAnswer.of(
        await caller.doorstep.template_preview(caller.office, template, locale=locale, draft=draft)
    )


@router.get("/templates/{template}/versions", **operation(Scope.TEMPLATES, 404))
async def list_versions(template: Code, caller: Called, locale: Locale = None) -> models.TemplateVersionsAnswer:
    """List every version of a template, newest first.

    In one language, where one is named.
    """
    found = await caller.doorstep.template_versions(caller.office, template, locale=locale)
    return models.TemplateVersionsAnswer(data=[models.TemplateVersionAnswer.of(each) for each in found])


@router.post(
    "/templates/{template}/restore",
    response_model=models.TemplateSheetAnswer,
    **operation(Scope.TEMPLATES, 404, 412, 413),
)
async def restore_template(
    request: Request,
    template: Code,
    said: models.Restoration,
    caller: Called,
    locale: Locale = None,
    if_match: IfMatch = None,
) -> Response:
    """Make an old text the newest version again.

    Version 0 is our own text.
    """
    seen = etags.rev_of(if_match)
    await caller.doorstep.template_restore(caller.office, template, said.version, locale=locale, seen=seen)
    return await _shown(request, caller, template, locale)


async def _shown(request: Request, caller: Caller, template: str, locale: str | None) -> Response:
    sheet = await caller.doorstep.template(caller.office, template, locale=locale)
    return etags.one(request, models.edition_of(sheet), models.TemplateSheetAnswer.of(sheet))
