"""The parts of a mail that somebody sent us, found within bounds and without recursion: anybody may send anything.

The standard library's parser descends as deep as a mail is nested, and stops at the first header line that is none,
though some relays write such lines. Here a mail is cut off at a size, a depth and a number of parts, and what cannot be
read is passed over; what matters of a report stands near its beginning.
"""

import quopri
import re
from base64 import b64decode
from binascii import Error as NoBase64Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_BYTES = 1024 * 1024
MAX_HEADERS = 64 * 1024  # bytes of one header section
MAX_VALUE = 2000  # characters of one header
MAX_DEPTH = 4
MAX_PARTS = 40
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:(.*)")
_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One part of a mail, or a mail itself: its header fields, and what follows them as it was sent."""

    fields: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The media type in lower case; `text/plain` where there is none."""
        return self.field("Content-Type").partition(";")[0].strip().lower() or "text/plain"

    @property
    def content(self) -> bytes:
        """The body without its transfer encoding; nothing where that is broken."""
        match self.field("Content-Transfer-Encoding").lower():
            case "base64":
                try:
                    return _with_plain_ends(b64decode(self.body))
                except NoBase64Error:
                    return b""
            case "quoted-printable":
                return _with_plain_ends(quopri.decodestring(self.body))
            case _:
                return self.body

    def field(self, name: str) -> str:
        """A header field on one line; empty where there is none."""
        return self.fields.get(name.lower(), "")


def parts_of(raw: bytes) -> Iterator[Part]:
    """The parts of a mail that are no containers, in their order."""
    waiting = [(_with_plain_ends(raw[:MAX_BYTES]), 0)]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        text, depth = waiting.pop()
        part = read_part(text)
        if not part.kind.startswith("multipart/"):
            yield part
        elif depth < MAX_DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(_inside(part))]


def read_part(text: bytes) -> Part:
    """Header fields and body of a text with bare line feeds."""
    head, _, body = (b"", b"", text[1:]) if text.startswith(b"\n") else text.partition(b"\n\n")
    return Part(_fields_of(head[:MAX_HEADERS].decode("ascii", "replace")), body)


def groups_of(text: bytes) -> Iterator[Part]:
    """The groups of fields of a delivery status, which blank lines separate."""
    for group in re.split(rb"\n[ \t]*\n\s*", text.strip(), maxsplit=MAX_PARTS)[:MAX_PARTS]:
        yield read_part(group)


def _fields_of(head: str) -> dict[str, str]:
    """Each field on one line, by its name in lower case; of several with one name the first."""
    found: dict[str, str] = {}
    name = ""
    for line in head.split("\n"):
        if line[:1] in {" ", "\t"}:
            if name:
                found[name] = f"{found[name]} {line.strip()}".lstrip()[:MAX_VALUE]
        elif field := _FIELD.match(line):
            name = "" if field[1].lower() in found else field[1].lower()
            if name:
                found[name] = field[2].strip()[:MAX_VALUE]
    return found


def _with_plain_ends(text: bytes) -> bytes:
    """Every kind of line end as a line feed."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _inside(container: Part) -> list[bytes]:
    found = _BOUNDARY.search(container.field("Content-Type"))
    if found is None:
        return []
    boundary = (found[1] or found[2]).encode("ascii", "replace")
    delimiter = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*$\n?", re.MULTILINE)
    inner: list[bytes] = []
    begins: int | None = None
    for line in delimiter.finditer(container.body):
        if begins is not None:
            inner.append(container.body[begins : line.start()])
        begins = line.end()
        if line[1] or len(inner) >= MAX_PARTS:
            return inner
    # A mail that was cut off has no last delimiter; the part that it ends in may be the one that counts.
    return inner if begins is None else [*inner, container.body[begins:]]
