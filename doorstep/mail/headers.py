"""Headers that carry what people typed, encoded here and left alone by the standard library.

Its header classes decode encoded words in what they are given, so that a person called `=?utf-8?q?=0d=0aBcc:_eve?=`
adds a header; and they lose spaces where they fold a long subject that is not ASCII (both seen in Python 3.11).
"""

from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import quote
from typing import Self

MAX_LINE = 76
# RFC 5322: a phrase with any of these has to be quoted.
_SPECIALS = frozenset('()<>[]:;@\\,."')


class ReadyHeader(str):
    """The text of a header with its form on the wire; a mail takes it as it is, because it knows its own name."""

    __slots__ = ("addresses", "name", "wire")

    name: str
    wire: str
    addresses: tuple[Address, ...]

    def __new__(cls, name: str, text: str, wire: str, addresses: tuple[Address, ...] = ()) -> Self:
        """Keep what belongs to the text beside it."""
        header = super().__new__(cls, text)
        header.name, header.wire, header.addresses = name, wire, addresses
        return header

    def fold(self, *, policy: EmailPolicy) -> str:
        """The header line; part of what the standard library asks of a header."""
        return f"{self.name}: {self.wire}\n".replace("\n", policy.linesep)


def text_header(name: str, text: str) -> ReadyHeader:
    """A header that is text for people, such as the subject."""
    return ReadyHeader(name, text, _encoded(name, text))


def address_header(name: str, address: Address) -> ReadyHeader:
    """A header with one mailbox."""
    phrase = _phrase(name, address.display_name)
    if not phrase:
        return ReadyHeader(name, str(address), address.addr_spec, (address,))
    last_line = f"{name}: {phrase}".rpartition("\n")[2]
    is_long = len(last_line) + len(address.addr_spec) + len(" <>") > MAX_LINE
    wire = f"{phrase}\n <{address.addr_spec}>" if is_long else f"{phrase} <{address.addr_spec}>"
    return ReadyHeader(name, str(address), wire, (address,))


def _phrase(name: str, text: str) -> str:
    if not _is_plain(text):
        return _encoded(name, text)
    return f'"{quote(text)}"' if _SPECIALS.intersection(text) else text


def _encoded(name: str, text: str) -> str:
    charset = "us-ascii" if _is_plain(text) else "utf-8"
    return Header(text, charset, header_name=name, maxlinelen=MAX_LINE).encode()


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text
