"""Charts: well-formed, without scripts, with their figures as text for the eye and for the ear."""

import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from doorstep.domain.figures import Age, By, Direct, Figures, Reached, Step, Stretch, Took, Waiting, Ways
from doorstep.domain.seats import SeatCount, SeatReport, Taken
from starter.charts.figures import MOST_GROUPS, figures_svg
from starter.charts.rows import WIDE
from starter.charts.seats import seats_svg
from starter.charts.words import length, share

SVG = "{http://www.w3.org/2000/svg}"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVIL = '"><script>alert(1)</script>&\x07'


def ways(name: str = "", *counts: int) -> Ways:
    """Some invitations, by how many reached each step."""
    reached = counts or (1200, 1100, 1000, 600, 500, 3)
    funnel = tuple(Reached(step, count, count / reached[0]) for step, count in zip(Step, reached, strict=True))
    times = tuple(Took(stretch, 10, 90.0, 7_200.0) for stretch in Stretch)
    return Ways(name, funnel, times, {"pending": 4}, 0, 0, 0)


def figures(**given: object) -> Figures:
    """Figures of an office."""
    plain = {
        "office": "nz",
        "since": datetime(2026, 10, 31, 12, 0, tzinfo=UTC),
        "until": NOON,
        "at": NOON,
        "total": ways(),
        "by": None,
        "groups": (),
        "groups_left_out": 0,
        "open": (Waiting("pending", Age.HOUR, 3), Waiting("awaiting_approval", Age.HOUR, 2)),
        "direct": Direct(),
    }
    return Figures(**plain | given)  # type: ignore[arg-type]


def texts(svg: str) -> list[str]:
    """What can be read, in its order."""
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own text


def bars(svg: str, kind: str = "bar") -> list[float]:
    """The lengths of the bars."""
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    return [float(each.get("width", "")) for each in root.iter(f"{SVG}rect") if each.get("class") == kind]


def test_the_chart_says_every_figure() -> None:
    """Steps with counts and shares, median and p95 beside them, what is open; the window on the clock of the office."""
    found = texts(figures_svg(figures(), office_name="Kauri", time_zone="Pacific/Auckland"))

    assert found[:2] == ["Invitations of Kauri", "2026-11-01 to 2026-11-23, without rehearsals"]
    assert found[found.index("Set up") + 1 :][:2] == ["600 · 50 %", "median 1.5 min, p95 2 h after sending"]
    assert found[found.index("Signed in") + 1] == "3 · < 1 %"
    assert found[found.index("0-1 h") + 1 :][:2] == ["5", "pending 3, awaiting approval 2"]


def test_the_bars_are_as_long_as_the_figures_are_large() -> None:
    """The first is whole; what is more than nothing can be seen; nothing has none; none is longer than its track."""
    found = bars(figures_svg(figures()))

    assert found == [WIDE, 319.0, 290.0, 174.0, 145.0, 2.0, WIDE]
    assert set(bars(figures_svg(figures()), "track")) == {WIDE}


def test_whoever_hears_the_chart_hears_the_figures() -> None:
    """A title and a description, which the image names as its own."""
    root = ET.fromstring(figures_svg(figures(), chart_id="here"))  # noqa: S314 - our own text

    title, description = (root.find(f"{SVG}{name}") for name in ("title", "desc"))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "here-title here-desc")
    assert title is not None
    assert (title.get("id"), title.text) == ("here-title", "Invitations of nz")
    assert description is not None
    assert "600 set up" in str(description.text)
    assert "2 awaiting approval for 0-1 h" in str(description.text)


@pytest.mark.parametrize("svg", ["figures", "seats"])
def test_a_name_breaks_out_of_nothing(svg: str) -> None:
    """T31: names come from anyone; whatever they hold is text, and letters that XML cannot hold are left out."""
    report = SeatReport(EVIL, NOON, 2, (SeatCount("active", 2),), (), 0, (Taken(date(2026, 11, 2), 2),), 0, 0)
    groups = figures(by=By.ACCOUNT, groups=(ways(EVIL),))
    drawn = seats_svg(report, office_name=EVIL) if svg == "seats" else figures_svg(groups, office_name=EVIL)

    root = ET.fromstring(drawn)  # noqa: S314 - our own text

    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "text", "g", "line", "path"}
    assert not re.search(r"\son\w+=|href|url\(|@import", drawn)
    assert any("<script>" in text for text in texts(drawn))


def test_light_and_dark_are_the_readers_choice() -> None:
    """The colours are variables, with others where the reader has it dark; the width is the reader's too."""
    drawn = figures_svg(figures())

    assert "@media (prefers-color-scheme: dark)" in drawn
    assert len(re.findall(r"--chart-paper: #", drawn)) == 2
    assert not re.search(r'(fill|stroke)="', drawn)
    assert 'viewBox="0 0 380 ' in drawn


def test_groups_are_drawn_with_two_shares() -> None:
    """Set up behind, signed in before it; no more than can be read."""
    many = tuple(ways(f"A{number}", 10, 10, 10, 5, 5, 1) for number in range(MOST_GROUPS + 3))

    drawn = figures_svg(figures(by=By.ACCOUNT, groups=many))

    assert bars(drawn, "half") == [174.0] * MOST_GROUPS
    assert "A0 (10)" in texts(drawn)
    assert "50 % · 10 %" in texts(drawn)


def test_a_chart_of_nothing_is_drawn() -> None:
    """An office that has invited nobody: no bar, no share, and no time."""
    none = Ways(
        "",
        tuple(Reached(step, 0, None) for step in Step),
        tuple(Took(each, 0, None, None) for each in Stretch),
        {},
        0,
        0,
        0,
    )

    drawn = figures_svg(figures(total=none, open=(), since=None))
    seats = seats_svg(SeatReport("nz", NOON, 0, (), (), 0, (), 0, 0))

    assert bars(drawn) == bars(seats) == []
    assert "no times yet" in texts(drawn)
    assert "until 2026-11-22, without rehearsals" in texts(drawn)
    assert "path" not in seats


def test_seats_rise_on_the_day_they_are_taken() -> None:
    """Level until the day, then up; at the right it is all of them."""
    taken = (Taken(date(2026, 11, 2), 1), Taken(date(2026, 11, 12), 2), Taken(date(2026, 11, 22), 1))
    report = SeatReport("nz", NOON, 4, (SeatCount("active", 4),), (), 0, taken, 0, 0)

    root = ET.fromstring(seats_svg(report))  # noqa: S314 - our own text

    (line,) = root.iter(f"{SVG}path")
    assert line.get("d") == "M0 120H0.0V90.0H174.0V30.0H348.0V0.0H348"
    assert "Seats of nz: 4" in [each.text for each in root.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),  # noqa: RUF001 - what stands for no figure
        (0.04, "0 s"),
        (2.44, "2.4 s"),
        (59.9, "59.9 s"),
        (59.97, "1 min"),
        (90, "1.5 min"),
        (3_599, "1 h"),
        (7_200, "2 h"),
        (172_600, "47.9 h"),
        (172_700, "2 d"),
        (86_400_000, "1,000 d"),
    ],
)
def test_a_length_of_time_is_said_in_one_unit(seconds: float | None, said: str) -> None:
    """And never as sixty of the smaller one."""
    assert length(seconds) == said


@pytest.mark.parametrize(
    ("part", "said"),
    [(None, "–"), (0, "0 %"), (0.004, "< 1 %"), (0.5, "50 %"), (0.9999, "99 %"), (1, "100 %")],  # noqa: RUF001 - see above
)
def test_a_share_is_whole_only_where_it_is(part: float | None, said: str) -> None:
    """100 % is all of them, and 0 % none."""
    assert share(part) == said
