"""Which text of an office is meant: by the name of its template and its language."""

from babel import Locale, UnknownLocaleError
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Invalid
from doorstep.domain.templates import find
from doorstep.store import offices, templates
from doorstep.store.offices import Front
from doorstep.store.templates import Place


async def place_of(tx: AsyncConnection, office: str, name: str, locale: str | None) -> tuple[Place, Front]:
    """The text of an office in a language, and the front of the office.

    Raises:
        NotFound: `no_such_office`, `no_such_template`; Invalid: `locale`.
    """
    own = await offices.front(tx, office)
    template = find(name, await templates.existing(tx, office))
    return Place(office, template, _language(own) if locale is None else checked_locale(locale)), own


def _language(office: Front) -> str:
    """What a text is written in where nobody says: all readers of the language of the office get it."""
    return checked_locale(office.locale).partition("_")[0]


def checked_locale(text: str) -> str:
    """The locale as texts are kept under it: `de`, `es_MX`.

    Raises:
        Invalid: `locale`.
    """
    try:
        return str(Locale.parse(text.strip().replace("-", "_")))
    except (ValueError, UnknownLocaleError):
        raise Invalid("locale", "Use a language such as de, or a locale such as es_MX.", field="locale") from None
