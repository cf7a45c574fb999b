"""Secrets that sign what systems send each other, derived like links and never stored (T23, T32).

The row keeps the nonce and the name of the key alone, so that a dump of the database signs nothing. The form is that of
Standard Webhooks: ``whsec_`` and the base64 of 32 bytes.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from doorstep.domain.errors import Invalid
from doorstep.security.links import NONCE_BYTES, KeyRing, LinkRecord, Purpose

PREFIX = "whsec_"
OVERLAP = timedelta(hours=24)
"""How long the secret before is good after a rotation, unless somebody says otherwise."""

LONGEST_OVERLAP = timedelta(days=30)


@dataclass(frozen=True)
class SigningRecord:
    """What the database keeps of one secret."""

    purpose: Purpose
    subject_id: UUID
    generation: int
    key_id: str
    nonce: bytes


def new_record(ring: KeyRing, purpose: Purpose, subject_id: UUID, generation: int) -> SigningRecord:
    """A new secret under the first key of the ring, with a fresh nonce."""
    return SigningRecord(purpose, subject_id, generation, next(iter(ring.keys)), secrets.token_bytes(NONCE_BYTES))


def secret_of(ring: KeyRing, record: SigningRecord) -> str:
    """The secret of `record`, the same each time.

    Raises:
        UnknownKeyError: when its key has left the ring; a rotation makes one under a key that is there.
    """
    said = LinkRecord(record.purpose, record.subject_id, record.generation, record.key_id, record.nonce, b"")
    raw = base64.urlsafe_b64decode(ring.token(said) + "=")  # 43 characters are 32 bytes and one sign of padding
    return PREFIX + base64.b64encode(raw).decode()


def require_overlap(overlap: timedelta) -> None:
    """Let it pass as the time for which the secret before stays good.

    Raises:
        Invalid: `duration`.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        sentence = f"A secret before stays good for at most {LONGEST_OVERLAP.days} days."
        raise Invalid("duration", sentence, field="overlap")
