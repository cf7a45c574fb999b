"""API keys: what a system may do in one office, as the rights that people have."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from doorstep.domain.authority import Authority, Reach, Right

PREFIX = "dsk_"
SECRET_BYTES = 32


class Scope(StrEnum):
    """What a key is good for; each scope can be read by people who give one out."""

    READ = "read"
    INVITE = "invite"
    APPROVE = "approve"
    CONTACTS = "contacts"
    IMPORT = "import"
    USERS = "users"
    TEMPLATES = "templates"
    SETTINGS = "settings"
    ERASE = "erase"


RIGHTS: Mapping[Scope, tuple[Right, ...]] = {
    Scope.READ: (Right.SEE,),
    Scope.INVITE: (Right.SEE, Right.INVITE, Right.LINK),
    # Who approves is named in the request and has to be on the list; the key only opens the door to it.
    Scope.APPROVE: (Right.SEE,),
    Scope.CONTACTS: (Right.SEE, Right.CONTACTS),
    Scope.IMPORT: (Right.SEE, Right.IMPORT, Right.CONTACTS),
    Scope.USERS: (Right.SEE, Right.USERS, Right.ADD_USER),
    Scope.TEMPLATES: (Right.TEMPLATES,),
    Scope.SETTINGS: (Right.SEE, Right.SETTINGS, Right.STAFF),
    Scope.ERASE: (Right.SEE, Right.ERASE),
}


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept; the key itself was shown once, when it was made."""

    id: UUID
    office: str
    name: str
    hint: str
    scopes: frozenset[Scope]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def authority(self) -> Authority:
        """What it may do in its office, over every account of it."""
        return authority_of(self.scopes)


def authority_of(scopes: frozenset[Scope]) -> Authority:
    """The rights that scopes give."""
    return Authority({right: Reach.ALL for scope in scopes for right in RIGHTS[scope]})


def new_secret() -> str:
    """A key, ready to be handed out: the prefix lets scanners of code find a leaked one."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def secret_hash(secret: str) -> bytes:
    """What the row keeps of it; with 256 random bits a plain hash is enough (ASVS 6.5.2)."""
    return hashlib.sha256(secret.encode()).digest()


def hint_of(secret: str) -> str:
    """Enough to tell two keys apart, too little to use one."""
    return secret[: len(PREFIX) + 4]
