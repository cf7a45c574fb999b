"""How often who may try what; counted over all processes (T06, T07, T28)."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limit:
    """At most `limit` tries in `window`, counted apart for each set of `parts`."""

    name: str
    limit: int
    window: timedelta

    def key(self, *parts: str) -> str:
        """The row's key; hashed, since parts are addresses of people and machines."""
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
        return f"{self.name}:{digest}"


GUESSES = Limit("link", 10, timedelta(minutes=15))
"""Unknown links from one source."""

SIGN_INS_OF_ONE = Limit("sign-in-name", 10, timedelta(minutes=15))
"""Wrong passwords for one username from one source: another source is not locked out."""

SIGN_INS = Limit("sign-in", 60, timedelta(minutes=15))
"""Wrong passwords from one source."""

FORGOTTEN_OF_ONE = Limit("forgot-name", 6, timedelta(minutes=15))
"""Mails that one name can cause."""

STAFF_SIGN_INS_OF_ONE = Limit("staff-sign-in-name", 10, timedelta(minutes=15))
"""Wrong passwords for one address of staff from one source."""

STAFF_SIGN_INS = Limit("staff-sign-in", 60, timedelta(minutes=15))
"""Tries to sign in to the Team Hub from one source."""

STAFF_CODES = Limit("staff-code", 5, timedelta(minutes=15))
"""Wrong one-time codes of one person, from wherever: whoever guesses them knows the password already."""

STAFF_CODES_OF_A_DAY = Limit("staff-code-day", 30, timedelta(days=1))
"""The same over a day, so that patience does not help: one of a million codes is right, or three with the window."""

STAFF_FORGOTTEN_OF_ONE = Limit("staff-forgot", 6, timedelta(minutes=15))
"""Mails that one address of staff can cause."""

FORGOTTEN = Limit("forgot", 60, timedelta(minutes=15))
"""Requests for mails from one source."""

KEY_GUESSES = Limit("api-key", 10, timedelta(minutes=15))
"""API keys that open nothing, from one source; a right one passes nevertheless."""


def pace_of_keys(per_minute: int) -> Limit:
    """Requests of one API key."""
    return Limit("api", per_minute, timedelta(minutes=1))
