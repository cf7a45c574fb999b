"""The words of the mails in the languages of the offices: catalogues of gettext, which `make messages` keeps up."""

import functools
from pathlib import Path

from babel.support import NullTranslations, Translations

CATALOGUES = Path(__file__).parent / "locale"
DOMAIN = "mail"


@functools.cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; the texts as they stand in the templates where there is none."""
    return Translations.load(CATALOGUES, [language], DOMAIN)


def portal_name(office: str, language: str) -> str:
    """The portal of an office, as sentences speak of it."""
    words = translations(language)
    if not office:
        # Translators: stands inside sentences. Leave the article out: your sentences bring the one that they need.
        return words.gettext("the customer portal")
    if office.lower().startswith("the "):
        # Translators: the same for an office called "The ...", which English gives no second article.
        return words.gettext("%(office)s customer portal") % {"office": office}
    # Translators: stands inside sentences. Leave the article out: your sentences bring the one that they need.
    return words.gettext("the %(office)s customer portal") % {"office": office}
