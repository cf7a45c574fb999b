"""What a refusal says on a page: the sentence of whoever refused, in the language of whoever reads it.

The sentences of the domain are English, for the command line and the records. They are found here by their code; the
values in them come from where the rule stands.
"""

from collections.abc import Mapping
from datetime import timedelta

from babel import Locale
from babel.dates import format_timedelta

from doorstep.domain.errors import Refused, TooMany
from doorstep.security import passwords
from doorstep.store import users
from starter import typed
from web import forms
from web.languages import N_, translations

SENTENCES: Mapping[str, str] = {
    "sign_in_failed": N_("The username or the password is not right."),
    "username_invalid": N_("Choose a username of %(shortest)s to %(longest)s characters without spaces."),
    "username_taken": N_("This username is taken. Choose another one."),
    "username_fixed": N_("Your username was chosen for you; leave it as it stood."),
    "password_too_short": N_("Use at least %(shortest)s characters; a few words in a row are fine."),
    "password_too_long": N_("Use at most %(longest)s characters."),
    "password_too_common": N_(
        "This one is among the first that a guesser tries. Choose another, such as four words of your own."
    ),
    "field_invalid": N_("Use at most %(longest)s plain characters."),
    forms.TOO_LONG: N_("Use at most %(longest)s characters."),
    "too_many_tries": N_("Too many tries. Wait %(wait)s and try again."),
    "too_soon": N_("One was sent a moment ago; try again in %(wait)s."),
}
"""By the code of a refusal that a page repeats to whoever reads it."""

VALUES: Mapping[str, Mapping[str, object]] = {
    "username_invalid": {"shortest": users.SHORTEST_USERNAME, "longest": users.LONGEST_USERNAME},
    "password_too_short": {"shortest": passwords.SHORTEST},
    "password_too_long": {"longest": passwords.LONGEST},
    "field_invalid": {"longest": typed.LONGEST_LINE},
    forms.TOO_LONG: {"longest": forms.LONGEST},
}
A_WHILE = 120
"""Seconds from which on a wait is said in minutes."""


def said(what: Refused | str, locale: Locale) -> str:
    """The sentence of a refusal, or one that stands in our code, in the language of `locale`."""
    words = translations(locale.language)
    if isinstance(what, str):
        return words.gettext(what)
    sentence = SENTENCES.get(what.code)
    if sentence is None:
        return words.gettext(what.message)
    values = dict(VALUES.get(what.code, {}))
    if isinstance(what, TooMany):
        values["wait"] = _wait(what.retry_after, locale)
    return words.gettext(sentence) % values


def _wait(seconds: int, locale: Locale) -> str:
    """A wait in words, never shorter than it is."""
    span = timedelta(seconds=seconds) if seconds < A_WHILE else timedelta(minutes=seconds // 60 + 1)
    return format_timedelta(span, granularity="second", threshold=2, locale=locale)
