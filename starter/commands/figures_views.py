"""Figures as tables for a terminal."""

from collections.abc import Sequence

from rich.console import RenderableType

from doorstep.domain.figures import Age, Figures, Step, Stretch, Ways
from starter.charts.words import STEPS, STRETCHES, length, number, said, share
from starter.commands.printing import local, pairs, table

BAR = 24
BLOCKS = " ▏▎▍▌▋▊▉"


def sheet(found: Figures, zone: str) -> Sequence[RenderableType]:
    """All of it, for a person; what there is none of is left out."""
    since = "" if found.since is None else f"since {local(found.since, zone)}, "
    parts: list[RenderableType] = [
        f"Invitations created {since}until {local(found.until, zone)}, rehearsals left out:",
        _funnel(found.total),
        _times(found.total),
        pairs((said(state), number(count)) for state, count in _now(found.total)),
    ]
    if found.by is not None:
        parts += [_groups(found)]
        more = found.groups_left_out
        parts += [f"And {number(more)} more, with fewer invitations."] if more else []
    if found.open:
        parts += ["Open now, by how long it has been in its state:", _open(found)]
    added = found.direct
    if added.added:
        counts = f"{number(added.password_set)} set a password, {number(added.signed_in)} signed in"
        parts += [f"Added directly, without an invitation: {number(added.added)}; of these {counts}."]
    return parts


def _funnel(ways: Ways) -> RenderableType:
    rows = [(STEPS[each.step], number(each.count), share(each.share), bar(each.share)) for each in ways.funnel]
    return _right(table(("step", "count", "share", ""), rows), 1, 2)


def _times(ways: Ways) -> RenderableType:
    rows = [(STRETCHES[each.stretch], number(each.count), length(each.median), length(each.p95)) for each in ways.times]
    return _right(table(("time from", "of", "median", "p95"), rows), 1, 2, 3)


def _now(ways: Ways) -> list[tuple[str, int]]:
    flags = (
        ("undeliverable", ways.undeliverable),
        ("had a user before", ways.existing),
        ("deleted since", ways.departed),
    )
    return [
        (f"{name} now" if name in ways.states else name, count)
        for name, count in (*ways.states.items(), *flags)
        if count
    ]


def _groups(found: Figures) -> RenderableType:
    steps = (Step.SENT, Step.DELIVERED, Step.SET_UP, Step.APPROVED, Step.SIGNED_IN)
    waits = (Stretch.SENT_TO_SET_UP, Stretch.SET_UP_TO_DECISION)
    rows = []
    for each in found.groups:
        shares = {reached.step: share(reached.share) for reached in each.funnel}
        medians = {took.stretch: length(took.median) for took in each.times}
        named = (each.name or "none", number(each.reached(Step.INVITED)))
        rows.append((*named, *(shares[step] for step in steps), *(medians[wait] for wait in waits)))
    headings = (str(found.by), "invited", *(STEPS[step].lower() for step in steps), "to set up", "to decision")
    return _right(table(headings, rows), *range(1, len(headings)))


def _open(found: Figures) -> RenderableType:
    counts = {(each.state, each.age): each.count for each in found.open}
    states = dict.fromkeys(each.state for each in found.open)
    rows = [(said(state), *(number(counts.get((state, age), 0)) for age in Age)) for state in states]
    return _right(table(("state", *Age), rows), *range(1, len(Age) + 1))


def bar(part: float | None) -> str:
    """A bar of at most `BAR` letters, to an eighth of one."""
    eighths = round((part or 0) * BAR * 8)
    return "█" * (eighths // 8) + BLOCKS[eighths % 8].strip()


def _right(made: RenderableType, *columns: int) -> RenderableType:
    for each in columns:
        made.columns[each].justify = "right"  # type: ignore[union-attr]
    return made
