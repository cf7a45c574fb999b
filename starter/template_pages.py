"""A template as somebody who edits it looks at it: all of it at once, and with a text that is not saved yet."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.messages import CustomText
from doorstep.domain.pages import Page, number_at
from doorstep.domain.template_variables import REQUIRED, VARIABLES
from doorstep.domain.templates import Finding, TemplateText, TemplateVersion, require_unlocked
from doorstep.mail import custom
from doorstep.mail.rendering import TemplateBroken
from doorstep.store import authority, templates
from doorstep.store.offices import Front
from doorstep.store.templates import OURS, Place
from starter.desk import Connected
from starter.template_places import place_of
from starter.template_previews import Preview, example_of, previewed
from starter.templates import TemplateSheet

VERSIONS = 10


@dataclass(frozen=True)
class TemplatePage:
    """One text of a template with all that belongs to it.

    `texts` are the newest versions in each language, `used` the one that readers of this language get, None for ours.
    `findings` are what the text that is looked at would be refused for; without any, `preview` is the mail it makes.
    """

    sheet: TemplateSheet
    office: Front
    texts: tuple[TemplateVersion, ...]
    used: TemplateVersion | None
    versions: Page[TemplateVersion]
    findings: tuple[Finding, ...] = ()
    preview: Preview | None = None

    @property
    def edition(self) -> int:
        """The number of the newest version, which a change is made for."""
        return OURS if self.sheet.version is None else self.sheet.version.number


class TemplatePages(Connected):
    """What an office writes, for whoever writes it."""

    async def template_page(
        self,
        office: str,
        name: str,
        *,
        locale: str | None = None,
        draft: TemplateText | None = None,
        after: str = "",
        actor: str | None = None,
    ) -> TemplatePage:
        """One text, that of the office's language where none is named, with the mail that it makes.

        Args:
            office: its code.
            name: of the template.
            locale: of the text.
            draft: a text to look at instead of the present one; it is not saved.
            after: the place in the list of versions.
            actor: who looks.

        Raises:
            NotFound: `no_such_template`; Forbidden: `not_staff`, `not_allowed` (S2.22), `template_locked`, for a draft;
                Invalid: `locale`, `cursor_invalid`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> TemplatePage:
            await authority.require_in_office(tx, who, office, Right.TEMPLATES)
            place, own = await place_of(tx, office, name, locale)
            if draft is not None:
                require_unlocked(place.template)
            texts = await templates.latest(tx, office, name)
            before = number_at(after) if after else 0
            versions = await templates.version_page(tx, place, before=before, limit=VERSIONS)
            used = templates.used(texts, place.locale)
            return TemplatePage(_sheet(place, texts), own, tuple(texts), used, versions)

        page = await self._recorded(who, {"command": "template", "office": office}, work)
        return _looked_at(page, draft)


def _sheet(place: Place, texts: list[TemplateVersion]) -> TemplateSheet:
    template = place.template
    version = next((each for each in texts if each.locale == place.locale), None)
    variables, required = VARIABLES.get(template.message, {}), REQUIRED.get(template.message, ())
    return TemplateSheet(template, place.locale, version, variables, required)


def _looked_at(page: TemplatePage, draft: TemplateText | None) -> TemplatePage:
    """The same page with the mail that the draft makes, or the present text, or ours."""
    sheet, text = page.sheet, draft or (page.used.text if page.used else None)
    message = sheet.template.message
    findings = [] if draft is None else custom.check(message, draft.subject, draft.body)
    letter = example_of(Place(page.office.code, sheet.template, sheet.locale), page.office)
    made = None
    if not findings:
        try:
            own = None if text is None else CustomText(sheet.template.name, OURS, text.subject, text.body)
            made = previewed(letter, own)
        except TemplateBroken:  # saved under the rules of another time; whoever looks at it is here to mend it (F16)
            findings = [] if text is None else custom.check(message, text.subject, text.body)
    return TemplatePage(sheet, page.office, page.texts, page.used, page.versions, tuple(findings), made)
