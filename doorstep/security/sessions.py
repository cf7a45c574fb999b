"""Identifiers of sessions: opaque, 256 bits; the database keeps a hash (T24)."""

import hashlib
import secrets


def new_session_id() -> str:
    """An identifier for the cookie."""
    return secrets.token_urlsafe(32)


def session_hash(session_id: str) -> bytes:
    """What the row holds; a plain hash is enough for 256 random bits (ASVS 6.5.2)."""
    return hashlib.sha256(session_id.encode()).digest()
