"""What the codes of a report mean: an enhanced status code becomes one of the stable words for a cause.

The words of a server are not read: they are in any language, and often repeat the address.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from doorstep.domain.reports import Action
from doorstep.mail.outcomes import Cause
from doorstep.mail.report_parts import Part

_ACTIONS = {
    "failed": Action.FAILED,
    "delayed": Action.DELAYED,
    "delivered": Action.DELIVERED,
    "relayed": Action.DELIVERED,
    "expanded": Action.DELIVERED,
}
_MOST_TELLING = (Action.DELIVERED, Action.FAILED, Action.DELAYED)
"""Where one address stood for several people: if one of them has the message, it has arrived."""

_CLASSES = {Action.FAILED: "54", Action.DELAYED: "4", Action.DELIVERED: "2"}
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?![.\d])")
_DIAGNOSTIC = re.compile(r"smtp\s*;\s*(?:(\d{3})\b(?!\.)[ -]*)?([#\d.]*)", re.IGNORECASE)

_BY_STATUS = {
    "1.7": Cause.SENDER_REFUSED,
    "1.8": Cause.SENDER_REFUSED,
    "2.2": Cause.MAILBOX_FULL,
    "2.3": Cause.TOO_LARGE,
    "3.4": Cause.TOO_LARGE,
    "4.1": Cause.ADDRESS_REFUSED,  # in a refusal: how Microsoft 365 says that nobody has the address
    "4.4": Cause.ADDRESS_REFUSED,  # no such domain
    "4.310": Cause.ADDRESS_REFUSED,  # the same, at Microsoft
    "4.7": Cause.GIVEN_UP,
    "6.7": Cause.UTF8_NOT_SUPPORTED,
}
_BY_SUBJECT = {
    "1": Cause.ADDRESS_REFUSED,
    "2": Cause.ADDRESS_REFUSED,
    "3": Cause.UNREACHABLE,
    "4": Cause.UNREACHABLE,
    "5": Cause.MESSAGE_REFUSED,
    "6": Cause.MESSAGE_REFUSED,
    "7": Cause.MESSAGE_REFUSED,
}
_BY_REPLY = {
    "550": Cause.ADDRESS_REFUSED,
    "551": Cause.ADDRESS_REFUSED,
    "552": Cause.MAILBOX_FULL,
    "553": Cause.ADDRESS_REFUSED,
}
_SAYS_NOTHING = frozenset({"0.0", "5.0"})  # then the reply code of SMTP says more


@dataclass(frozen=True)
class Verdict:
    """What a report says became of the message."""

    action: Action
    status: str
    cause: Cause | None

    @property
    def is_permanent(self) -> bool:
        """True where the answer was a no, and not the end of somebody's patience."""
        return self.action is Action.FAILED and self.status.startswith("5")


def verdict_on(recipients: Iterable[Part]) -> Verdict | None:
    """The verdict of the groups of fields about recipients; None where none of them is one."""
    found = [verdict for each in recipients if (verdict := _read(each)) is not None]
    return min(found, key=lambda verdict: _MOST_TELLING.index(verdict.action), default=None)


def verdict_of(action: Action, status: str, diagnostic: str) -> Verdict:
    """The verdict of an action with its codes; a status that contradicts the action is not believed."""
    said = _DIAGNOSTIC.match(diagnostic)
    reply, second = (said[1] or "", said[2]) if said else ("", "")
    default = f"{_CLASSES[action][0]}.0.0"
    code, better = _believed(action, status), _believed(action, second)
    if better and (not code or (code.endswith(".0.0") and better[0] == code[0])):
        code = better
    return Verdict(action, code or default, _cause(action, code or default, reply))


def _read(group: Part) -> Verdict | None:
    words = group.field("Action").lower().split()
    action = _ACTIONS.get(words[0].rstrip(";(")) if words else None
    return None if action is None else verdict_of(action, group.field("Status"), group.field("Diagnostic-Code"))


def _believed(action: Action, text: str) -> str:
    """The status code that a text begins with, where it goes with the action; else empty."""
    found = _STATUS.match(text.lstrip("#"))
    return f"{found[1]}.{int(found[2])}.{int(found[3])}" if found and found[1] in _CLASSES[action] else ""


def _cause(action: Action, code: str, reply: str) -> Cause | None:
    kind, _, detail = code.partition(".")
    subject = detail.partition(".")[0]
    if action is Action.DELIVERED:
        return None
    if kind == "4":
        if detail == "2.2":
            return Cause.MAILBOX_FULL
        return Cause.GIVEN_UP if action is Action.FAILED else Cause.TRY_LATER
    if detail in _SAYS_NOTHING and reply in _BY_REPLY:
        return _BY_REPLY[reply]
    return _BY_STATUS.get(detail) or _BY_SUBJECT.get(subject, Cause.MESSAGE_REFUSED)
