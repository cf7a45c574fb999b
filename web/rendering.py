"""The templates of the pages: one environment a language, every value escaped, a missing one a fault."""

import functools
import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from urllib.parse import quote

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from doorstep.domain.errors import Refused
from doorstep.domain.permissions import SECTIONS
from doorstep.mail.moments import TRANSLATED, absolute, letters, office_zone
from doorstep.mail.section_names import section_name
from web.fronts import Face
from web.languages import translations
from web.wording import said

HERE = Path(__file__).parent
STATIC = HERE / "static"


def environments() -> Mapping[str, Environment]:
    """The templates in every language, by its code."""
    # The address of a file changes with its content, so that browsers may keep it for good.
    versions = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in STATIC.iterdir()}
    return {language: _environment(language, versions) for language in sorted(TRANSLATED)}


def _environment(language: str, versions: Mapping[str, str]) -> Environment:
    made = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    made.policies["ext.i18n.trimmed"] = True
    # Newstyle: the catalogue's text is a template of its own, and a value that is put into it is escaped.
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals["static"] = lambda name: f"/static/{name}?v={versions[name]}"
    made.filters.update(
        mailto=_mailto,
        tel=_tel,
        said=_said,
        moment=_moment,
        brief=_brief,
        ago=_ago,
        sections=functools.partial(_sections, language=language),
    )
    return made


@pass_context
def _said(context: Context, what: Refused | str) -> str:
    return said(what, cast("Locale", context["locale"]))


@pass_context
def _moment(context: Context, instant: datetime) -> str:
    """An instant by the clock of the office, with the zone."""
    return absolute(instant, cast("Locale", context["locale"]), office_zone(cast("Face", context["face"]).time_zone))


@pass_context
def _brief(context: Context, instant: datetime) -> str:
    """The same for a table: short, and still with the zone."""
    zone = office_zone(cast("Face", context["face"]).time_zone)
    local, locale = instant.astimezone(zone), cast("Locale", context["locale"])
    return f"{format_datetime(local, 'd MMM y, HH:mm', locale=locale)} {letters(local, locale)}"


def _ago(instant: datetime) -> str:
    """How long something is ago, or still away, in its biggest unit: for eyes alone, nothing is decided by it."""
    span = instant - datetime.now(UTC)  # noqa: TID251 - see above
    return format_timedelta(span, granularity="minute", add_direction=True, locale="en")


def _sections(permissions: Collection[str], *, language: str) -> list[str]:
    """What a person reads for `permissions`, in the order of the catalogue."""
    return [section_name(name, language) for name in SECTIONS if name in permissions]


def _mailto(address: str) -> str:
    return f"mailto:{quote(address, safe='@+')}"


def _tel(number: str) -> str:
    return "tel:" + "".join(character for character in number if character in "+0123456789")
