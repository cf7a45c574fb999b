"""The funnel, the time of each step beside it, and what is open by how long."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from doorstep.domain.figures import Age, Figures, Step, Stretch, Took, Ways
from starter.charts.drawing import clean, draw, short
from starter.charts.rows import Row, bar, placed
from starter.charts.words import STEPS, length, number, said, share

MOST_GROUPS = 12
"""Groups that are drawn; the rest stands in the table and in the file."""

LEADS_TO = {
    Step.SENT: (Stretch.ASKED_TO_SENT, "after it was asked for"),
    Step.DELIVERED: (Stretch.SENT_TO_DELIVERED, "after sending"),
    Step.SET_UP: (Stretch.SENT_TO_SET_UP, "after sending"),
    Step.APPROVED: (Stretch.SET_UP_TO_DECISION, "from set-up to decision"),
    Step.SIGNED_IN: (Stretch.ACTIVE_TO_SIGNED_IN, "after activation"),
}
TOP = 84


def figures_svg(figures: Figures, *, office_name: str = "", time_zone: str = "UTC", chart_id: str = "figures") -> str:
    """The chart as SVG, light or dark as the reader has it, readable at the width of a telephone.

    Args:
        figures: what is drawn.
        office_name: instead of the code.
        time_zone: of the dates.
        chart_id: where several charts stand in one page, one for each.
    """
    whose = clean(office_name or figures.office or "all offices")
    rows, end = placed(_rows(figures), TOP)
    return draw(
        "figures",
        id=chart_id,
        height=end,
        title=f"Invitations of {whose}",
        description=_described(figures),
        heading=short(f"Invitations of {whose}"),
        subheading=_window(figures, time_zone),
        rows=rows,
    )


def _rows(figures: Figures) -> Iterator[Row]:
    total = figures.total
    times = {each.stretch: each for each in total.times}
    for each in total.funnel:
        percent = "" if each.step is Step.INVITED or each.share is None else f" · {share(each.share)}"
        yield Row(
            STEPS[each.step],
            f"{number(each.count)}{percent}",
            bar(each.count, total.reached(Step.INVITED)),
            note=_timed(each.step, times),
        )
    yield from _open(figures)
    if figures.by is not None:
        yield Row(f"By {figures.by}", "set up · signed in", part=True)
        yield from (_group(each) for each in figures.groups[:MOST_GROUPS])


def _timed(step: Step, times: dict[Stretch, Took]) -> str:
    if step not in LEADS_TO:
        return ""
    stretch, where = LEADS_TO[step]
    took = times[stretch]
    return f"median {length(took.median)}, p95 {length(took.p95)} {where}" if took.count else "no times yet"


def _open(figures: Figures) -> Iterator[Row]:
    counts = {age: sum(each.count for each in figures.open if each.age is age) for age in Age}
    yield Row("Open now", "by the time in their state", part=True)
    for age, count in counts.items():
        states = [f"{said(each.state)} {number(each.count)}" for each in figures.open if each.age is age]
        yield Row(age.value, number(count), bar(count, max(counts.values())), note=", ".join(states))


def _group(ways: Ways) -> Row:
    invited, set_up, signed_in = (ways.reached(step) for step in (Step.INVITED, Step.SET_UP, Step.SIGNED_IN))
    shares = {each.step: share(each.share) for each in ways.funnel}
    return Row(
        f"{short(ways.name or 'none', 22)} ({number(invited)})",
        f"{shares[Step.SET_UP]} · {shares[Step.SIGNED_IN]}",
        bar(signed_in, invited),
        half=bar(set_up, invited),
    )


def _window(figures: Figures, time_zone: str) -> str:
    """The days of the window; it ends just before `until`, and so on the day that holds the last moment of it."""
    since = "until" if figures.since is None else f"{_day(figures.since, time_zone)} to"
    return f"{since} {_day(figures.until - timedelta(microseconds=1), time_zone)}, without rehearsals"


def _day(moment: datetime, time_zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(time_zone)):%Y-%m-%d}"


def _described(figures: Figures) -> str:
    """The same in sentences, for whoever hears the chart."""
    steps = ", ".join(f"{number(each.count)} {STEPS[each.step].lower()}" for each in figures.total.funnel)
    times = {each.stretch: each for each in figures.total.times}
    took = [f"{STEPS[step].lower()}: {_timed(step, times)}" for step in LEADS_TO]
    is_open = ", ".join(f"{number(each.count)} {said(each.state)} for {each.age}" for each in figures.open)
    return f"Of the invitations: {steps}. Times: {'; '.join(took)}. Open now: {is_open or 'none'}."
