"""Passwords: what is accepted (NIST SP 800-63B-4, T26) and how they are kept (Argon2id)."""

import asyncio
import unicodedata
from collections.abc import Iterable
from functools import cache

from pwdlib import PasswordHash
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from doorstep.domain.errors import Invalid

SHORTEST = 15
LONGEST = 128
AT_ONCE = 2
"""Hashes worked on at the same time by one process: each takes 64 MiB and a tenth of a second (T27)."""

_hasher = PasswordHash.recommended()
_turnstile = asyncio.Semaphore(AT_ONCE)


def normalised(password: str) -> str:
    """The form that is hashed: NFC, so that the same keys on two keyboards give one password."""
    return unicodedata.normalize("NFC", password)


def check(password: str, *, context: Iterable[str] = ()) -> str:
    """The password to hash; any characters, no composition rules.

    Args:
        password: as typed.
        context: the username, the address, the office: what a guesser tries first.

    Raises:
        Invalid: `password_too_short`, `password_too_long` or `password_too_common`.
    """
    text = normalised(password)
    if len(text) < SHORTEST:
        sentence = f"Use at least {SHORTEST} characters; a few words in a row are fine."
        raise Invalid("password_too_short", sentence, field="password")
    if len(text) > LONGEST:
        raise Invalid("password_too_long", f"Use at most {LONGEST} characters.", field="password")
    if text.casefold() in _common() or text.casefold() in {word.casefold() for word in context}:
        sentence = "This one is among the first that a guesser tries. Choose another, such as four words of your own."
        raise Invalid("password_too_common", sentence, field="password")
    return text


async def hash_password(password: str) -> str:
    """The Argon2id hash, worked out off the event loop, a few at a time."""
    async with _turnstile:
        return await asyncio.to_thread(_hasher.hash, normalised(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """True if they belong together; does the same work for somebody who does not exist (T08)."""
    if len(password) > LONGEST:
        return False
    async with _turnstile:
        known = await asyncio.to_thread(_nobody) if password_hash is None else password_hash
        is_right = await asyncio.to_thread(_hasher.verify, normalised(password), known)
    return is_right and password_hash is not None


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST)
