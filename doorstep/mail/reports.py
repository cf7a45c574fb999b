"""Mail that came back to the sender address: what it says became of one of our messages (RFC 3464).

Pure, and never an error: what is no report about a message of ours is None. Of what it holds, three things are taken:
the id that we gave the message, what became of it, and a status code. Anybody could have written them; but an id cannot
be guessed, so that a forger has had the message, and harms nobody's invitation but the one that it is about.
"""

import re
from collections.abc import Sequence
from uuid import UUID

from doorstep.domain.reports import Action, Report
from doorstep.mail.report_parts import Part, groups_of, parts_of, read_part
from doorstep.mail.report_qmail import read_bounce
from doorstep.mail.report_status import Verdict, verdict_on

__all__ = ["Action", "Report", "delivery_in", "read_report"]

_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status", "message/xdelivery-status"})
_RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_UUID = re.compile(r"<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=[@>]|$)", re.IGNORECASE)
_OURS = ("X-Doorstep-Delivery", "Message-ID")  # Amazon SES puts a Message-ID of its own in place of every other
_ENVELOPE = ("Original-Envelope-Id", "X-Envelope-Id")


def read_report(raw: bytes) -> Report | None:
    """What the mail in `raw` reports of a delivery of ours; None where it reports none."""
    parts = list(parts_of(raw))
    for part in parts:
        if part.kind in _STATUS:
            groups = list(groups_of(part.content))
            verdict = verdict_on(groups)
            return None if verdict is None else _report(verdict, _returned(parts), groups)
    bounce = read_bounce(parts[0]) if parts else None
    if bounce is None:
        return None
    verdict, copy = bounce
    return _report(verdict, read_part(copy.lstrip()), [])


def _returned(parts: Sequence[Part]) -> Part | None:
    """The header fields of the mail that came back."""
    return next((read_part(part.content.lstrip()) for part in parts if part.kind in _RETURNED), None)


def _report(verdict: Verdict, returned: Part | None, groups: Sequence[Part]) -> Report | None:
    ids = [returned.field(name) for name in _OURS] if returned else []
    ids += [group.field(name) for group in groups for name in _ENVELOPE]
    found = next((found for text in ids if (found := delivery_in(text))), None)
    if found is None:
        return None
    return Report(
        delivery_id=found,
        action=verdict.action,
        status=verdict.status,
        is_permanent=verdict.is_permanent,
        cause="" if verdict.cause is None else str(verdict.cause),
    )


def delivery_in(text: str) -> UUID | None:
    """The delivery that a Message-ID of ours names, with or without its brackets and its domain; else None."""
    found = _UUID.match(text)
    return UUID(found[1]) if found else None
