"""What somebody asks to be made, with the addresses already checked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from uuid import UUID

from doorstep.domain.addresses import EmailAddress, PhoneNumber
from doorstep.domain.messages import Channel
from doorstep.domain.staff import StaffKind, StaffPermission


@dataclass(frozen=True)
class NewInvitation:
    """What an inviter says; the addresses already checked. A contact's own address stands in where none is named.

    `groups` is what group roles stood for when a batch was asked for; None: what they stand for now (S1.11).
    """

    office: str
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    channel: Channel | None = None
    contact: UUID | None = None
    name: str = ""
    accounts: tuple[str, ...] = ()
    job: str | None = None
    roles: tuple[str, ...] = ()
    template: str = ""
    locale: str = ""
    is_draft: bool = False
    is_test: bool = False
    idempotency_key: str | None = field(default=None, compare=False)
    batch_id: UUID | None = None
    groups: Mapping[str, Sequence[str]] | None = field(default=None, compare=False)

    def fingerprint(self) -> bytes:
        """The same for the same request, so that a key used for another one is noticed.

        What came later is left out where it is not used, so that a key from before an upgrade still fits.
        """
        said = asdict(self) | {"address": None if self.email is None else asdict(self.email), "idempotency_key": None}
        del said["email"], said["batch_id"], said["groups"]
        for name in ("phone", "channel", "contact", "template", "locale"):
            if not said[name]:
                del said[name]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).digest()


@dataclass(frozen=True)
class NewPair:
    """What staff say of somebody whom they add directly (S4.6-S4.8); `relationship` is `customer` or `rep`."""

    office: str
    account: str
    email: EmailAddress
    username: str
    name: str = ""
    relationship: str = "customer"
    roles: tuple[str, ...] = ()
    template: str = ""
    is_test: bool = False


@dataclass(frozen=True)
class StaffChange:
    """What is to be set of somebody on the staff; None leaves it as it is.

    `may_grant` counts only where `sets_grants` says so, since None means "everything" there.
    """

    name: str | None = None
    kind: StaffKind | None = None
    permissions: frozenset[StaffPermission] | None = None
    accounts: tuple[str, ...] | None = None
    may_grant: frozenset[str] | None = None
    sets_grants: bool = False


@dataclass(frozen=True)
class NewContact:
    """Another person on an account, added by hand (S0.4)."""

    office: str
    name: str = ""
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContactChange:
    """What staff set of a contact for the portal; None leaves it, `clear` names what is to be empty again."""

    name: str | None = None
    phone: PhoneNumber | None = None
    portal_email: EmailAddress | None = None
    is_portal_user: bool | None = None
    add_accounts: tuple[str, ...] = ()
    remove_accounts: tuple[str, ...] = ()
    clear: frozenset[str] = frozenset()
