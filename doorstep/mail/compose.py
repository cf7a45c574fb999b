"""A letter becomes a mail: pure, and byte for byte the same each time, so that a second copy is a harmless one."""

from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import parseaddr
from pathlib import Path

from doorstep.domain.messages import Letter
from doorstep.mail import custom_rendering
from doorstep.mail.headers import address_header, text_header
from doorstep.mail.mailbox import mailbox
from doorstep.mail.rendering import TEMPLATES, Rendered, TemplateBroken, render

__all__ = ["TemplateBroken", "compose"]

MAX_LINE = 998  # RFC 5322; above it a line of the text part would have to be encoded


def compose(letter: Letter, templates: Path = TEMPLATES) -> EmailMessage:
    """The mail of a letter, ready to be handed over.

    Raises:
        TemplateBroken: a fault in the templates, or in the text of the office.
        AddressError: an address that no mail can carry.
    """
    sender = mailbox(*parseaddr(letter.sender))
    recipient = mailbox(letter.recipient_name, letter.recipient_address)
    people = {"From": sender, "To": recipient}
    if letter.reply_to:
        people["Reply-To"] = mailbox(*parseaddr(letter.reply_to))
    own = letter.custom
    rendered = render(letter, templates) if own is None else custom_rendering.render(letter, own, templates)
    is_ascii = all(address.addr_spec.isascii() for address in people.values())
    mail = EmailMessage(policy=SMTP if is_ascii else SMTPUTF8)
    for name, address in people.items():
        mail[name] = address_header(name, address)
    mail["Subject"] = text_header("Subject", rendered.subject)
    _stamp(mail, letter, sender)
    _fill(mail, rendered, boundary=f"=_{letter.delivery_id.hex}")
    return mail


def _stamp(mail: EmailMessage, letter: Letter, sender: Address) -> None:
    mail["Date"] = letter.handed_over_at.astimezone(UTC)  # equal moments of two zones are equal letters
    mail["Message-ID"] = f"<{letter.delivery_id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    # Exchange knows only its own header. Bounces are not suppressed: they are how we learn of a dead address.
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail["X-Doorstep-Message"] = letter.message.value
    # For services that put a Message-ID of their own in place of ours: a mail that comes back is known by this one.
    mail["X-Doorstep-Delivery"] = str(letter.delivery_id)


def _fill(mail: EmailMessage, rendered: Rendered, boundary: str) -> None:
    mail.set_content(rendered.text, cte=_encoding(rendered.text))
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(boundary)
    mail["Content-Language"] = rendered.language


def _encoding(text: str) -> str:
    """Plain where it can be, so that a link reads as itself in the source too; `=_` could forge the boundary."""
    is_plain = text.isascii() and "=_" not in text and max(map(len, text.splitlines())) <= MAX_LINE
    return "7bit" if is_plain else "quoted-printable"
