"""The words of the pages in the languages of the offices: catalogues of gettext, which `make messages` keeps up."""

import functools
import re
from pathlib import Path

from babel import Locale
from babel.support import NullTranslations, Translations

from doorstep.mail.moments import TRANSLATED, text_locale

CATALOGUES = Path(__file__).parent / "locale"
DOMAIN = "web"
MOST_WISHES = 20
"""Of the languages that a browser asks for, more are not looked at."""

_WISH = re.compile(r"\s*([A-Za-z]{2}(?:-[A-Za-z0-9]{2,8}){0,3})\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for it, by which Babel finds the sentence
    """The sentence itself, noted for the catalogues: it is translated where it is shown."""
    return sentence


@functools.cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; the texts as they stand in the templates where there is none."""
    return Translations.load(CATALOGUES, [language], DOMAIN)


def accepted_locale(header: str) -> Locale:
    """What a browser likes best of the languages that there are pages in, by its `Accept-Language`; else English."""
    wishes = (_WISH.fullmatch(part) for part in header.split(",", MOST_WISHES)[:MOST_WISHES])
    liked = [(float(wish[2] or 1), wish[1]) for wish in wishes if wish and wish[1][:2].lower() in TRANSLATED]
    best = max((one for one in liked if one[0] > 0), key=lambda one: one[0], default=(0, "en"))
    return text_locale(best[1])
