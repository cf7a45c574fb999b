"""Where a webhook may lead: out into the world and never back into our own network (T32)."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from doorstep.domain.errors import Invalid

LONGEST_URL = 2000

# Nothing that another reader of addresses could take for another host.
_PLACE = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")

_WITHIN = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
            # Forms of IPv6 that carry an IPv4 address somewhere in them: mapped, translated (NAT64), 6to4, Teredo.
            *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23"),
            *("fec0::/10", "2001:db8::/32", "3fff::/20", "5f00::/16", "100::/64"),
        ),
    )
)
"""What Python counts as global, or does in some of its releases, and is no place of the public Internet."""


@dataclass(frozen=True)
class Target:
    """A checked address: the whole of it, its host alone, and whether that may be this machine."""

    url: str
    host: str
    may_be_loopback: bool


def checked_url(text: str, *, may_be_loopback: bool) -> Target:
    """The address to send to; that its host leads outside is checked when it is resolved.

    Args:
        text: as it was typed.
        may_be_loopback: plain http and this very machine are allowed, for development.

    Raises:
        Invalid: `webhook_url`, which repeats nothing of the address.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise _unusable("It cannot be read as an address.") from None
    if len(url) > LONGEST_URL or not url.isprintable() or not url.isascii() or " " in url or "\\" in url:
        raise _unusable(f"It has at most {LONGEST_URL} plain characters, without blanks.")
    if parts.scheme != "https" and not (parts.scheme == "http" and may_be_loopback and is_loopback(host)):
        raise _unusable("It begins with https://.")
    if not _PLACE.fullmatch(parts.netloc) or parts.fragment:
        raise _unusable("It has a host, and no user, password or fragment.")
    return Target(url, host, may_be_loopback)


def is_loopback(host: str) -> bool:
    """True for the names and numbers of this machine."""
    found = _number(host)
    return host == "localhost" if found is None else found.is_loopback


def may_be_sent_to(address: str, *, may_be_loopback: bool) -> bool:
    """True for the number of a place of the public Internet, or of this machine where that is allowed."""
    found = _number(address)
    if found is None:
        return False
    if found.is_loopback:
        return may_be_loopback
    is_within = any(found in network for network in _WITHIN if network.version == found.version)
    return found.is_global and not (is_within or found.is_multicast or found.is_reserved or found.is_link_local)


def address_private() -> Invalid:
    """The refusal for a host that leads into a private network."""
    sentence = "The host of this address leads to a private or reserved network. Use a server of the public Internet."
    return Invalid("webhook_address_private", sentence, field="url")


def host_unknown() -> Invalid:
    """The refusal for a host that has no address."""
    return Invalid(
        "webhook_host_unknown", "The host of this address cannot be found. Check how it is spelt.", field="url"
    )


def _number(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _unusable(why: str) -> Invalid:
    sentence = f"A webhook cannot be sent to this address. {why} For instance: https://erp.example/doorstep"
    return Invalid("webhook_url", sentence, field="url")
