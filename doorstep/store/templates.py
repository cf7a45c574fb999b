"""The templates of offices: which there are, and every version of each text; versions are added, never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.editions import require_same
from doorstep.domain.errors import Conflict, NotFound
from doorstep.domain.events import Event
from doorstep.domain.messages import CustomText, Message
from doorstep.domain.pages import Page, page_of
from doorstep.domain.templates import CATALOGUE, Template, TemplateText, TemplateVersion
from doorstep.store import audit
from doorstep.store import tables as t
from doorstep.store.audit import Actor

n = t.templates.c
v = t.template_versions.c
OURS = 0
"""The number of the version that is our own text."""
HIGHEST = 2**31 - 1
"""What the database counts versions with."""


@dataclass(frozen=True)
class Place:
    """One text of an office: of which template, in which language."""

    office: str
    template: Template
    locale: str


def used(texts: Iterable[TemplateVersion], locale: str) -> TemplateVersion | None:
    """Which of the newest versions of a template a reader gets; without one, or without a text in it, ours."""
    by_locale = {each.locale.lower(): each for each in texts}
    return next((by_locale[each] for each in _from_exact(locale) if each in by_locale), None)


async def current(
    tx: AsyncConnection, office: str, wanted: Mapping[Message, str], locale: str
) -> dict[Message, CustomText]:
    """What the office wrote for each of the messages, in one query; a message with our own text is missing.

    Args:
        tx: the transaction.
        office: the code of the office.
        wanted: the name of the template that each message uses.
        locale: of the reader; a text for the very locale goes before one for its language.
    """
    query = (
        _latest(v.name)
        .where(v.office == office, v.name.in_(set(wanted.values())), func.lower(v.locale).in_(_from_exact(locale)))
        .order_by(v.name, func.length(v.locale).desc(), v.version.desc())
    )
    latest = {row.name: _custom(row) for row in await tx.execute(query)}
    found = {message: latest.get(name) for message, name in wanted.items()}
    return {message: custom for message, custom in found.items() if custom is not None}


async def by_version(tx: AsyncConnection, version_id: int) -> CustomText | None:
    """The text of one version, however old; None where it says that ours is to be used."""
    row = (await tx.execute(_versions().where(v.id == version_id))).one_or_none()
    return None if row is None else _custom(row)


async def existing(tx: AsyncConnection, office: str) -> list[Template]:
    """The templates of an office: those that every office has, then its own."""
    query = select(n.name, n.message).where(n.office == office).order_by(n.name)
    own = [Template(name, Message(message)) for name, message in await tx.execute(query)]
    return [*CATALOGUE.values(), *(template for template in own if template.name not in CATALOGUE)]


async def latest(tx: AsyncConnection, office: str, name: str | None = None) -> list[TemplateVersion]:
    """The newest version of each text of an office, or of one template, by name and language."""
    query = _latest(v.name, v.locale).where(v.office == office).order_by(v.name, v.locale, v.version.desc())
    return _read(await tx.execute(query if name is None else query.where(v.name == name)))


async def versions(tx: AsyncConnection, office: str, name: str, locale: str | None = None) -> list[TemplateVersion]:
    """Every version of a template, or of its text in one language, newest first."""
    query = _versions().where(v.office == office, v.name == name).order_by(v.id.desc())
    return _read(await tx.execute(query if locale is None else query.where(v.locale == locale)))


async def version_page(tx: AsyncConnection, place: Place, *, before: int = 0, limit: int) -> Page[TemplateVersion]:
    """The versions of one text, the newest first; `before` is the number of the last one that was read already."""
    older = [v.version < min(before, HIGHEST)] if before else []
    query = _versions().where(*_at(place), *older).order_by(v.version.desc())
    return page_of(_read(await tx.execute(query.limit(limit + 1))), limit, lambda version: version.number)


async def add(tx: AsyncConnection, actor: Actor, office: str, template: Template, like: Template | None) -> None:
    """Make a template of the office's own, with the texts that `like` has now.

    Raises:
        Conflict: `template_taken`, by somebody who was faster.
    """
    if not await _make(tx, office, template):
        raise Conflict(
            "template_taken", f"There is a template {template.name} already. Names are keys: choose another."
        )
    await _record(tx, Event.TEMPLATE_ADDED, actor, Place(office, template, ""), like=like.name if like else "")
    for version in [] if like is None else await latest(tx, office, like.name):
        await _append(tx, actor, Place(office, template, version.locale), version.text)


async def save(
    tx: AsyncConnection, actor: Actor, place: Place, text: TemplateText, *, seen: int | None = None
) -> TemplateVersion:
    """Add a version with a new text; the same text again adds none.

    Raises:
        Changed: `changed_meanwhile`, where the newest version is not the one that was `seen`.
    """
    newest = await _lock(tx, place)
    require_same(seen, OURS if newest is None else newest.number)
    if newest is not None and newest.text == text:
        return newest
    saved = await _append(tx, actor, place, text)
    await _record(tx, Event.TEMPLATE_SAVED, actor, place, version=saved.number)
    return saved


async def restore(
    tx: AsyncConnection, actor: Actor, place: Place, number: int, *, seen: int | None = None
) -> TemplateVersion:
    """Add a version with the text of an old one; 0 is our own text.

    Raises:
        NotFound: `no_such_version`; Changed: `changed_meanwhile`.
    """
    newest = await _lock(tx, place)
    require_same(seen, OURS if newest is None else newest.number)
    text = None if number == OURS else (await version(tx, place, number)).text
    restored = await _append(tx, actor, place, text)
    await _record(tx, Event.TEMPLATE_RESTORED, actor, place, version=restored.number, restored=number)
    return restored


async def version(tx: AsyncConnection, place: Place, number: int) -> TemplateVersion:
    """One version by its number.

    Raises:
        NotFound: `no_such_version`.
    """
    for found in await versions(tx, place.office, place.template.name, place.locale):
        if found.number == number:
            return found
    sentence = f"There is no version {number} of {place.template.name} in {place.locale}."
    raise NotFound("no_such_version", f"{sentence} See them with: doorstep template versions")


async def _lock(tx: AsyncConnection, place: Place) -> TemplateVersion | None:
    """The newest version, with everybody else who wants to add one made to wait, so that no number comes twice."""
    await _make(tx, place.office, place.template)
    own = (n.office == place.office, n.name == place.template.name)
    await tx.execute(select(n.name).where(*own).with_for_update())
    query = _versions().where(*_at(place)).order_by(v.version.desc()).limit(1)
    return next(iter(_read(await tx.execute(query))), None)


async def _make(tx: AsyncConnection, office: str, template: Template) -> bool:
    values = {"office": office, "name": template.name, "message": template.message}
    made = insert(t.templates).values(values).on_conflict_do_nothing().returning(n.name)
    return (await tx.execute(made)).one_or_none() is not None


async def _append(tx: AsyncConnection, actor: Actor, place: Place, text: TemplateText | None) -> TemplateVersion:
    highest = select(func.coalesce(func.max(v.version), 0) + 1).where(*_at(place)).scalar_subquery()
    values = {
        "office": place.office,
        "name": place.template.name,
        "locale": place.locale,
        "version": highest,
        "subject": text and text.subject,
        "body": text and text.body,
        "changed_by": actor.name,
    }
    made = t.template_versions.insert().values(values).returning(*t.template_versions.c)
    return _read(await tx.execute(made))[0]


async def _record(tx: AsyncConnection, event: Event, actor: Actor, place: Place, **more: object) -> None:
    where = {"office": place.office, "name": place.template.name} | ({"locale": place.locale} if place.locale else {})
    await audit.record(tx, event, actor, subject_id=None, detail=where | more)


def _at(place: Place) -> tuple[ColumnElement[bool], ...]:
    return v.office == place.office, v.name == place.template.name, v.locale == place.locale


def _from_exact(locale: str) -> list[str]:
    """The locale and what it is a kind of: `es_MX` and `es`."""
    words = locale.lower().replace("-", "_").split("_")
    return ["_".join(words[:count]) for count in range(len(words), 0, -1)]


def _versions() -> Select[tuple[object, ...]]:
    return select(*t.template_versions.c)


def _latest(*per: ColumnElement[str]) -> Select[tuple[object, ...]]:
    return _versions().ext(distinct_on(*per))


def _read(rows: Iterable[Row[tuple[object, ...]]]) -> list[TemplateVersion]:
    return [
        TemplateVersion(
            id=row.id,
            name=row.name,
            locale=row.locale,
            number=row.version,
            text=None if row.body is None else TemplateText(row.subject, row.body),
            changed_by=row.changed_by,
            created_at=row.created_at,
        )
        for row in rows
    ]


def _custom(row: Row[tuple[object, ...]]) -> CustomText | None:
    return None if row.body is None else CustomText(row.name, row.version, row.subject, row.body, row.id)
