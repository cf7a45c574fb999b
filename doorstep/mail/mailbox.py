"""One mailbox for a header or an envelope, with a display name that cannot break out of it."""

from email.headerregistry import Address

from doorstep.domain.addresses import AddressError, parse_email
from doorstep.mail.plain_text import one_line, shorten

MAX_NAME = 60


def mailbox(name: str, address: str) -> Address:
    """The address with a name in front, both harmless in a header (T16).

    Raises:
        AddressError: where the address is none.
    """
    local, _, domain = reachable(address).rpartition("@")
    return Address(display_name(name), username=local, domain=domain)


def reachable(address: str) -> str:
    """The address in the form that most servers take: an international domain in ASCII, where the rest is ASCII too.

    Raises:
        AddressError: where it is none; the sentence does not repeat it.
    """
    parsed = parse_email(address)
    local, _, _ = parsed.typed.rpartition("@")
    ascii_domain = parsed.key.rpartition("@")[2]
    return f"{local}@{ascii_domain}" if local.isascii() else parsed.typed


def display_name(name: str) -> str:
    return shorten(one_line(name), MAX_NAME)


__all__ = ["AddressError", "mailbox", "reachable"]
