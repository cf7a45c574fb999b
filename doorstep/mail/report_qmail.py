"""Bounces of qmail, which come as a plain text of a fixed shape and not as RFC 3464 has it (`qsbmf` of its author)."""

import re

from doorstep.domain.reports import Action
from doorstep.mail.report_parts import Part
from doorstep.mail.report_status import Verdict, verdict_of

_BEGINNING = re.compile(rb"\s{0,20}Hi\. This is the ")
_COPY = re.compile(rb"^--- Below this line is a copy of the message\.\s*", re.MULTILINE)
_STATUS = re.compile(r"#([45]\.\d{1,3}\.\d{1,3})\b")
_SAID = re.compile(r"\bsaid: (\d{3}[ -][^\n]*)")


def read_bounce(part: Part) -> tuple[Verdict, bytes] | None:
    """The verdict and the mail that came back; None where `part` is no such bounce."""
    copy = _COPY.search(part.body)
    if copy is None or not part.kind.startswith("text/plain") or not _BEGINNING.match(part.body):
        return None
    text = part.body[: copy.start()].decode("ascii", "replace")
    status, said = _STATUS.search(text), _SAID.search(text)
    verdict = verdict_of(Action.FAILED, status[1] if status else "", f"smtp; {said[1]}" if said else "")
    return verdict, part.body[copy.end() :]
