"""A person whom the ERP or the staff know, before and beside any invitation; and when two of them are one."""

import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorstep.domain.addresses import EmailAddress, PhoneNumber
from doorstep.domain.errors import Conflict, NotFound
from doorstep.domain.invitation import Account


@dataclass(frozen=True)
class Contact:
    """One contact of an office, with the accounts that whoever looks may see.

    `email` is the default address, which the ERP owns; `portal_email` is where invitations go if that differs (S3.6,
    S4.31-S4.33). `kept_fields` are those that staff wrote and an import leaves alone. `external_key` is what the ERP
    calls the person, empty where it never said. `has_username`: the person has a username in this office, or is about
    to (S4.26).
    """

    id: UUID
    office: str
    name: str
    email: str
    phone: str
    portal_email: str
    is_portal_user: bool
    kept_fields: tuple[str, ...]
    accounts: tuple[Account, ...]
    updated_at: datetime
    external_key: str = ""
    has_username: bool = False

    @property
    def invited_to(self) -> tuple[str, ...]:
        """The codes of the accounts to invite to: the open ones, and where none is, all of them, to be refused."""
        is_any_open = not all(account.is_closed for account in self.accounts)
        return tuple(account.code for account in self.accounts if not (is_any_open and account.is_closed))

    @property
    def invitation_address(self) -> str:
        """Where an invitation goes: the portal's own address, else the default one."""
        return self.portal_email or self.email


def no_such_contact() -> NotFound:
    """The one answer for a contact that is unknown or out of sight."""
    return NotFound("no_such_contact", "There is no such contact.")


@dataclass(frozen=True)
class Named:
    """Whom a row of an export or a form names."""

    name: str = ""
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None

    @property
    def email_key(self) -> str | None:
        """The address as addresses are compared."""
        return None if self.email is None else self.email.key

    @property
    def phone_key(self) -> str | None:
        """The number as numbers are compared."""
        return None if self.phone is None else self.phone.key


@dataclass(frozen=True)
class Known:
    """A contact who may be that person; `is_here`: on one of the accounts that the person is named for."""

    id: UUID
    name: str
    email_key: str | None
    portal_email_key: str | None
    phone_key: str | None
    kept_fields: Collection[str] = ()
    is_here: bool = False


def same_person(named: Named, known: Iterable[Known]) -> Known | None:
    """S0.5: the contact who is that person, by account and address or number; None where nobody is.

    Of several the likeliest, and of those the first.
    """
    candidates = list(known)
    for is_alike in LIKENESSES:
        for each in candidates:
            if is_alike(named, each):
                return each
    return None


def _by_default_address(named: Named, known: Known) -> bool:
    return named.email_key is not None and named.email_key == known.email_key


def _by_portal_address(named: Named, known: Known) -> bool:
    """The portal address may be that of a colleague, who is a contact as well; the name tells them apart."""
    is_alone = known.email_key is None or (known.is_here and _has_name_of(named, known))
    return named.email_key is not None and named.email_key == known.portal_email_key and is_alone


def _by_number_here(named: Named, known: Known) -> bool:
    """A number is shared in a household and an office: two addresses behind it are two people."""
    is_alone = named.email_key is None or known.email_key is None
    return known.is_here and is_alone and named.phone_key is not None and named.phone_key == known.phone_key


def _by_number(named: Named, known: Known) -> bool:
    is_all_there_is = named.email_key is None and known.email_key is None
    return is_all_there_is and named.phone_key is not None and named.phone_key == known.phone_key


def _by_name_here(named: Named, known: Known) -> bool:
    """Where one of the two has no address at all, the name on the same account is what there is to go by."""
    has_none = (named.email_key or named.phone_key) is None or (known.email_key or known.phone_key) is None
    return known.is_here and has_none and _has_name_of(named, known)


def _has_name_of(named: Named, known: Known) -> bool:
    return bool(named.name) and name_key(named.name) == name_key(known.name)


def name_key(name: str) -> str:
    """The form in which names are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", " ".join(name.split())).casefold())


LIKENESSES: tuple[Callable[[Named, Known], bool], ...] = (
    *(_by_default_address, _by_portal_address, _by_number_here, _by_number, _by_name_here),
)
"""The likeliest first."""


def require_invitable(contact: Contact) -> None:
    """Let a contact through to whom a batch, or a list of contacts, may send (S4.26, S4.31).

    Raises:
        Conflict: `no_address`, `has_username`.
    """
    if not contact.invitation_address and not contact.phone:
        sentence = "There is no address to invite; enter one: doorstep contact set ID --portal-email ADDRESS"
        raise Conflict("no_address", sentence)
    if contact.has_username:
        sentence = "This customer has a username already; add a second one with: doorstep add-user"
        raise Conflict("has_username", sentence)
