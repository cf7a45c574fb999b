"""How figures are said: steps, lengths of time, shares."""

from collections.abc import Mapping

from doorstep.domain.figures import Step, Stretch

STEPS: Mapping[Step, str] = {
    Step.INVITED: "Invited",
    Step.SENT: "Sent",
    Step.DELIVERED: "Delivered",
    Step.SET_UP: "Set up",
    Step.APPROVED: "Approved",
    Step.SIGNED_IN: "Signed in",
}

STRETCHES: Mapping[Stretch, str] = {
    Stretch.ASKED_TO_SENT: "asked for to sent",
    Stretch.SENT_TO_DELIVERED: "sent to delivered",
    Stretch.SENT_TO_SET_UP: "sent to set up",
    Stretch.SET_UP_TO_DECISION: "set up to decision",
    Stretch.DECISION_TO_ACTIVE: "decision to active",
    Stretch.ACTIVE_TO_SIGNED_IN: "active to signed in",
}

MINUTE, HOUR, DAY = 60, 3600, 86400
HUNDRED = 100
"""From here on a tenth says nothing."""

NOTHING = "–"  # noqa: RUF001 - an en dash, where a table has no figure


def length(seconds: float | None) -> str:
    """A length of time in the one unit that says enough: `2.4 s`, `12 min`, `7.5 h`, `3 d`."""
    if seconds is None:
        return NOTHING
    # A tenth below the next unit is said in that one, or 59.97 seconds would read as 60 s.
    for unit, name, end in ((1, "s", MINUTE), (MINUTE, "min", HOUR), (HOUR, "h", 2 * DAY)):
        if seconds < end - unit * 0.05:
            return f"{_short(seconds / unit)} {name}"
    return f"{_short(seconds / DAY)} d"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= HUNDRED else f"{value:.1f}".removesuffix(".0")


def share(part: float | None) -> str:
    """`60 %`; less than half of one and more than none is said so."""
    if part is None:
        return NOTHING
    percent = part * 100
    return "< 1 %" if 0 < percent < 1 else f"{int(percent)} %"  # rounded down: 100 % is all of them


def number(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


def said(name: str, empty: str = "none") -> str:
    """A state or a group as words; what has no name is called `empty`."""
    return name.replace("_", " ") if name else empty
