"""The templates of an office: looked at, checked, previewed, saved, and taken back to an earlier version."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.errors import Invalid
from doorstep.domain.messages import CustomText
from doorstep.domain.template_variables import REQUIRED, VARIABLES, Variable
from doorstep.domain.templates import (
    Finding,
    Template,
    TemplateText,
    TemplateVersion,
    find,
    new_template,
    require_unlocked,
    require_usable,
)
from doorstep.mail import custom
from doorstep.store import authority, offices, templates
from doorstep.store.audit import Actor
from doorstep.store.offices import Front
from doorstep.store.templates import OURS, Place
from starter.desk import Connected
from starter.template_places import place_of
from starter.template_previews import Preview, example_of, previewed


@dataclass(frozen=True)
class TemplateSheet:
    """A template, its text in one language, and what a text of it may use; without a version ours is used."""

    template: Template
    locale: str
    version: TemplateVersion | None
    variables: Mapping[str, Variable]
    required: tuple[str, ...]


@dataclass(frozen=True)
class TemplateRow:
    """A template, and the newest version of its text in each language that has one."""

    template: Template
    texts: tuple[TemplateVersion, ...]


class Templates(Connected):
    """What an office writes in place of our texts. One office's edit leaves the others alone (S2.23)."""

    async def templates(self, office: str, *, actor: str | None = None) -> list[TemplateRow]:
        """Every template of an office, the built-in ones first."""
        await self._require_templates(office, self._as(actor))

        async def work(tx: AsyncConnection) -> list[TemplateRow]:
            await offices.get(tx, office)
            texts = await templates.latest(tx, office)
            return [
                TemplateRow(template, tuple(text for text in texts if text.name == template.name))
                for template in await templates.existing(tx, office)
            ]

        return await self._run(work)

    async def template(
        self, office: str, name: str, *, locale: str | None = None, actor: str | None = None
    ) -> TemplateSheet:
        """One template with its text in one language, that of the office where none is named.

        Raises:
            NotFound: `no_such_template`, with the names that come nearest.
        """
        await self._require_templates(office, self._as(actor))

        async def work(tx: AsyncConnection) -> TemplateSheet:
            place, _ = await place_of(tx, office, name, locale)
            message = place.template.message
            texts = await templates.latest(tx, office, name)
            version = next((text for text in texts if text.locale == place.locale), None)
            return TemplateSheet(
                place.template, place.locale, version, VARIABLES.get(message, {}), REQUIRED.get(message, ())
            )

        return await self._run(work)

    async def template_check(
        self, office: str, name: str, *, subject: str, body: str, actor: str | None = None
    ) -> list[Finding]:
        """Everything that a text would be refused for; nothing is saved.

        Raises:
            NotFound: `no_such_template`; Forbidden: `template_locked`.
        """
        await self._require_templates(office, self._as(actor))
        place, _ = await self._run(lambda tx: place_of(tx, office, name, None))
        require_unlocked(place.template)
        return custom.check(place.template.message, subject, body)

    async def template_preview(
        self,
        office: str,
        name: str,
        *,
        locale: str | None = None,
        draft: TemplateText | None = None,
        actor: str | None = None,
    ) -> Preview:
        """The mail that `draft`, or the present text, makes of the example data.

        Raises:
            NotFound: `no_such_template`; Invalid: `template_refused`, for a draft.
        """
        await self._require_templates(office, self._as(actor))

        async def work(tx: AsyncConnection) -> tuple[Place, Front, CustomText | None]:
            place, own = await place_of(tx, office, name, locale)
            message = place.template.message
            return place, own, (await templates.current(tx, office, {message: name}, place.locale)).get(message)

        place, own, text = await self._run(work)
        if draft is not None:
            _require_sound(place.template, draft)
            text = CustomText(name, OURS, draft.subject, draft.body)
        return previewed(example_of(place, own), text)

    async def template_set(
        self,
        office: str,
        name: str,
        *,
        subject: str,
        body: str,
        locale: str | None = None,
        seen: int | None = None,
        actor: str | None = None,
    ) -> TemplateVersion:
        """Save a text as the newest version; from now on mails go out with it.

        Raises:
            NotFound: `no_such_template`; Forbidden: `template_locked`; Invalid: `template_refused`, with every line;
                Changed: `changed_meanwhile`, where the newest version is not the one that the caller has `seen`.
        """
        who, text = self._as(actor), custom.tidied(subject, body)
        await self._require_templates(office, who)

        async def work(tx: AsyncConnection) -> TemplateVersion:
            place, _ = await place_of(tx, office, name, locale)
            _require_sound(place.template, text)
            return await templates.save(tx, who, place, text, seen=seen)

        return await self._recorded(who, {"command": "template.set", "office": office}, work)

    async def template_add(
        self, office: str, name: str, *, like: str | None = None, actor: str | None = None
    ) -> Template:
        """Make one more welcome template under a name of the office's own, with the texts of another one (S1.14).

        Raises:
            Invalid: `template_name`, `template_kind`; Conflict: `template_taken`; NotFound: `no_such_template`.
        """
        who = self._as(actor)
        await self._require_templates(office, who)

        async def work(tx: AsyncConnection) -> Template:
            await offices.get(tx, office)
            known = await templates.existing(tx, office)
            made = new_template(name, known)
            model = None if like is None else find(like, known)
            if model is not None and model.message is not made.message:
                raise Invalid("template_kind", "A template is added like another welcome template.", field="like")
            await templates.add(tx, who, office, made, model)
            return made

        return await self._recorded(who, {"command": "template.add", "office": office}, work)

    async def template_versions(
        self, office: str, name: str, *, locale: str | None = None, actor: str | None = None
    ) -> list[TemplateVersion]:
        """Every version of a template, newest first; in one language, where one is named."""
        await self._require_templates(office, self._as(actor))

        async def work(tx: AsyncConnection) -> list[TemplateVersion]:
            place, _ = await place_of(tx, office, name, locale)
            return await templates.versions(tx, office, name, None if locale is None else place.locale)

        return await self._run(work)

    async def template_restore(
        self,
        office: str,
        name: str,
        version: int,
        *,
        locale: str | None = None,
        seen: int | None = None,
        actor: str | None = None,
    ) -> TemplateVersion:
        """Make an old text the newest version again; version 0 is our own text.

        Raises:
            NotFound: `no_such_version`; Invalid: `template_refused`, for one that would not be taken today; Changed:
                `changed_meanwhile`.
        """
        who = self._as(actor)
        await self._require_templates(office, who)

        async def work(tx: AsyncConnection) -> TemplateVersion:
            place, _ = await place_of(tx, office, name, locale)
            require_unlocked(place.template)
            old = None if version == OURS else (await templates.version(tx, place, version)).text
            if old is not None:
                _require_sound(place.template, old)
            return await templates.restore(tx, who, place, version, seen=seen)

        return await self._recorded(who, {"command": "template.restore", "office": office}, work)

    async def _require_templates(self, office: str, who: Actor) -> None:
        """S2.22: only who looks after the templates of the office sees and edits them.

        Raises:
            Forbidden: `not_staff`, `not_allowed`.
        """
        detail = {"command": "template", "office": office}
        await self._recorded(who, detail, lambda tx: authority.require_in_office(tx, who, office, Right.TEMPLATES))


def _require_sound(template: Template, text: TemplateText) -> None:
    require_unlocked(template)
    require_usable(custom.check(template.message, text.subject, text.body))
