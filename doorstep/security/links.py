"""Tokens of mailed links, derived and never stored (invariant 3).

A token is ``HMAC(key, purpose : subject : generation : nonce)``. The row keeps the nonce, the name of the key and a
keyed hash of the token, so that a dump of the database opens nothing (T04), while every retry and reminder mails the
same link. Keys rotate: the first of the ring signs, all of them open (T23).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

TOKEN_CHARACTERS = 43
NONCE_BYTES = 16
LEAST_KEY_BYTES = 16


class Purpose(StrEnum):
    """What a link opens or a secret signs; part of what is derived, so that none is good for another door (T09)."""

    INVITATION = "invitation"
    RESET = "reset"
    STAFF = "staff"
    STAFF_CODE = "staff_code"
    WEBHOOK = "webhook"
    DELIVERY_SOURCE = "delivery_source"


class KeyRingError(ValueError):
    """The text of the key ring cannot be read; the message says which part and never repeats a key."""


class UnknownKeyError(LookupError):
    """A link was made under a key that is no longer in the ring."""


@dataclass(frozen=True)
class LinkRecord:
    """What the database keeps of one link."""

    purpose: Purpose
    subject_id: UUID
    generation: int
    key_id: str
    nonce: bytes
    token_hash: bytes


@dataclass(frozen=True)
class KeyRing:
    """Signing keys by name; the first one makes new links."""

    keys: dict[str, bytes]

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read ``id:base64url,id:base64url``.

        Raises:
            KeyRingError: for an empty ring, a doubled or missing name, or a key under 16 bytes.
        """
        keys: dict[str, bytes] = {}
        for number, part in enumerate(text.split(","), start=1):
            name, _, encoded = part.strip().partition(":")
            key = _decode(encoded, number)
            if not name or name in keys:
                raise KeyRingError(f"Key {number} of DOORSTEP_LINK_KEYS needs a name of its own before the colon.")
            keys[name] = key
        return cls(keys)

    def make(self, purpose: Purpose, subject_id: UUID, generation: int) -> LinkRecord:
        """A new link under the first key, with a fresh nonce."""
        key_id = next(iter(self.keys))
        nonce = secrets.token_bytes(NONCE_BYTES)
        record = LinkRecord(purpose, subject_id, generation, key_id, nonce, b"")
        return LinkRecord(purpose, subject_id, generation, key_id, nonce, _hash(self.keys[key_id], self.token(record)))

    def token(self, record: LinkRecord) -> str:
        """The token of `record`: 43 URL-safe characters, the same each time.

        Raises:
            UnknownKeyError: when its key has left the ring.
        """
        key = self.keys.get(record.key_id)
        if key is None:
            raise UnknownKeyError(record.key_id)
        said = f"{record.purpose}:{record.subject_id}:{record.generation}:".encode() + record.nonce
        return _encode(hmac.digest(key, said, hashlib.sha256))

    def hashes(self, token: str) -> list[bytes]:
        """What the row of `token` could hold, one value a key; empty for anything that is no token at all."""
        if len(token) != TOKEN_CHARACTERS or not token.isascii():
            return []
        return [_hash(key, token) for key in self.keys.values()]

    def opens(self, record: LinkRecord, token: str) -> bool:
        """True if `token` is the one of `record`, compared in constant time."""
        return record.key_id in self.keys and hmac.compare_digest(self.token(record).encode(), token.encode())


def new_ring_text(name: str) -> str:
    """A fresh ring of one key, ready for ``DOORSTEP_LINK_KEYS``."""
    return f"{name}:{_encode(secrets.token_bytes(32))}"


def _hash(key: bytes, token: str) -> bytes:
    return hmac.digest(key, b"row:" + token.encode(), hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(encoded: str, number: int) -> bytes:
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise KeyRingError(f"Key {number} of DOORSTEP_LINK_KEYS is not base64url.") from None
    if len(key) < LEAST_KEY_BYTES:
        raise KeyRingError(f"Key {number} of DOORSTEP_LINK_KEYS is shorter than {LEAST_KEY_BYTES} bytes.")
    return key
