"""The seats in use as a line over the days on which they were taken, and by state."""

from doorstep.domain.seats import SeatReport
from starter.charts.drawing import clean, draw, short
from starter.charts.rows import WIDE, Row, bar, placed
from starter.charts.words import number, said

HIGH = 120
TOP = 250


def seats_svg(report: SeatReport, *, office_name: str = "", chart_id: str = "seats") -> str:
    """The chart as SVG; the line has only seats that are in use now, by the day they were taken."""
    whose = clean(office_name or report.office)
    rows, end = placed(
        [Row(_state(each.name), number(each.count), bar(each.count, report.total)) for each in report.states], TOP
    )
    taken = report.taken
    states = ", ".join(f"{number(each.count)} {said(each.name)}" for each in report.states)
    return draw(
        "seats",
        id=chart_id,
        height=end,
        title=f"Seats of {whose}",
        description=f"{number(report.total)} seats are in use: {states or 'none'}.",
        heading=short(f"Seats of {whose}: {number(report.total)}"),
        subheading="in use now, by the day they were taken",
        top=number(report.total),
        line=_line(report),
        first=f"{taken[0].day}" if taken else "",
        last=f"{report.at:%Y-%m-%d}",
        rows=rows,
    )


def _state(name: str) -> str:
    return said(name).capitalize()


def _line(report: SeatReport) -> str:
    """Steps, since a seat is there or is not: level until the day, then up."""
    if not report.taken:
        return ""
    first = report.taken[0].day
    days = max((report.at.date() - first).days, 1)
    points, used = [f"M0 {HIGH}"], 0
    for each in report.taken:
        used += each.count
        points.append(f"H{WIDE * (each.day - first).days / days:.1f}V{HIGH * (1 - used / report.total):.1f}")
    return "".join([*points, f"H{WIDE}"])
