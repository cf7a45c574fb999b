"""Statistics and seats in the Team Hub: the same figures as tables, as a picture and as a file."""

import csv
from io import StringIO
from uuid import uuid4

from fastapi import FastAPI

from doorstep.domain.spreadsheets import BOM
from tests.functional.counting import Line, write
from tests.functional.direct import add
from tests.functional.staffing import CRM, staffed
from tests.functional.test_api_directory import statements
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import Seen
from web.hub.statistics_seats import PAGE

MOST_QUERIES = 8
DAY = 24.0
LINES = [
    Line(ago=2, state="active", sent=5, delivered=6, set_up=65, decided=3600, active=3601, signed_in=7200),
    Line(ago=3, sent=10, channel="text"),
    Line(ago=40 * DAY, sent=5),
    Line(ago=2, sent=5, is_test=True),
]


def table(page: Seen, name: str) -> list[list[str]]:
    """The cells of a table by the id of its heading, a list a row."""
    body = page.html.split(f'aria-labelledby="{name}" tabindex')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = [row.split("<td")[1:] for row in body.split("<tr>")[1:]]
    return [[cell.partition(">")[2].split("</td>")[0].strip() for cell in row] for row in rows]


async def office_with(house: House, app: FastAPI, *lines: Line) -> Colleague:
    """Somebody who sees everything of an office with these invitations."""
    office = await house.office()
    await write(house, office, lines)
    return await colleague(house, app, office, "administrator")


async def test_the_figures_of_a_time_stand_in_tables(house: House, app: FastAPI) -> None:
    """S4.18: how far invitations of the last 30 days got, how long each step took, what is open; no rehearsal."""
    person = await office_with(house, app, *LINES)

    page = await person.look(person.path("/statistics"))
    all_of_it = await person.look(person.path("/statistics?period=all&by=channel"))

    funnel = {name: cells for name, *cells in table(page, "funnel")}
    assert funnel["Invited"] == ["2", "100 %"]
    assert funnel["Signed in"] == ["1", "50 %"]
    assert table(page, "times")[2] == ["Sent to set up", "1 min", "1 min", "1"]
    assert table(page, "open") == [["pending", "0", "1", "0", "0", "1"]]
    assert [row[:2] for row in table(all_of_it, "groups")] == [["mail", "2"], ["text", "1"]]


async def test_the_picture_brings_its_own_colours_and_runs_nothing(house: House, app: FastAPI) -> None:
    """T13: the chart is an image with a policy of its own, since no page of ours lets a style in."""
    person = await office_with(house, app, *LINES)

    page = await person.look(person.path("/statistics?by=template"))
    answers = [
        await person.browser.get(person.path(f"/statistics/{path}")) for path in ("chart?period=7", "seats/chart")
    ]

    assert f'src="{person.path("/statistics/chart")}?by=template"' in page.html
    for answer in answers:
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
        assert answer.text.startswith("<svg")
    assert "Invited" in answers[0].text


async def test_t31_the_files_of_the_statistics_are_safe_for_a_spreadsheet(house: House, app: FastAPI) -> None:
    """T31: figures, invitations and seats come as CSV with the mark of UTF-8; a name that is a formula is a text."""
    person = await office_with(house, app, *LINES, Line(name="=cmd|' /C calc'!A0", set_up=9, state="awaiting_approval"))
    paths = ("file?by=channel", "invitations", "seats/file")

    answers = [await person.browser.get(person.path(f"/statistics/{path}")) for path in paths]

    figures, invitations, seats = (answer.content.decode() for answer in answers)
    assert [each.startswith(BOM) for each in (figures, invitations, seats)] == [True] * 3
    assert [row[1] for row in csv.reader(StringIO(figures))] == ["invited", "3", "2", "1"]
    assert len(invitations.splitlines()) == 1 + 4
    assert "'=cmd|" in invitations
    assert "'=cmd|" in seats
    assert [each.headers["content-disposition"] for each in answers] == [
        f'attachment; filename="{name}.csv"' for name in ("statistics", "invitations", "seats")
    ]


async def test_a_day_that_is_none_is_told_beside_its_field(house: House, app: FastAPI) -> None:
    """S0.9: what was typed stays, and the field says what is wrong with it."""
    person = await office_with(house, app)

    wrong = await person.look(person.path("/statistics?from=2026-13-40&by=channel"), 422)
    backwards = await person.look(person.path("/statistics?from=2026-11-22&to=2026-11-01"), 422)
    unknown = await person.look(person.path("/statistics?by=moon"), 422)

    assert wrong.fields["from"]["value"] == "2026-13-40"
    assert "Write it like 2026-11-22." in wrong.words
    assert "The last day is before the first one." in backwards.words
    assert "Figures cannot be taken apart by that" in unknown.words


async def test_an_office_that_sent_nothing_is_told_what_to_do(house: House, app: FastAPI) -> None:
    """S4.4: the empty page leads to the invitations for whoever may invite, and to nothing for others."""
    person = await office_with(house, app)
    viewer = await colleague(house, app, person.office, "companyView")

    may, may_not = [await each.look(each.path("/statistics")) for each in (person, viewer)]

    assert "Nothing was sent in that time" in may.words
    assert may.html.split('id="results"')[1].count(person.path("/invite")) == 1
    assert may_not.html.split('id="results"')[1].count(person.path("/invite")) == 0


async def test_by_office_compares_those_that_somebody_works_for(house: House, app: FastAPI) -> None:
    """T20: figures by office are of all offices of the person, and of no other."""
    mine, also_mine, foreign = [await house.office() for _ in range(3)]
    for office in (mine, also_mine, foreign):
        await write(house, office, [Line()])
    person = await colleague(house, app, mine, "administrator", address=f"both@{mine}.example")
    await house.doorstep.staff_set(also_mine, person.address, permissions=["companyView"])

    page = await person.look(person.path("/statistics?by=office"))

    assert {row[0] for row in table(page, "groups")} == {mine, also_mine}


async def test_seats_are_told_with_the_reason(house: House, app: FastAPI) -> None:
    """S4.47: how many usernames count, why each state counts, which ones, page by page; the address names nobody."""
    office, _ = await staffed(house, *CRM)
    await write(house, office, [Line(ago=50, state="awaiting_approval", set_up=60, accounts=("2000",))])
    await add(house, office)
    person = await colleague(house, app, office, "administrator")
    rep = await colleague(house, app, office, address=f"clerk@{office}.example")

    report = await person.look(person.path("/statistics/seats"))
    names = await person.look(person.path("/statistics/seats/usernames"))
    theirs = await rep.look(rep.path("/statistics/seats"))
    last = names.html.count("<tr>")

    assert "Seats in use: 3" in report.words
    assert ["unapproved", "1"] in [row[:2] for row in table(report, "states")]
    assert "a refusal frees the seat" in report.words
    assert last == 1 + 3
    assert "The staff login of a pair counts by itself." in names.words
    assert "Seats in use: 2" in theirs.words


async def test_seats_come_page_by_page(house: House, app: FastAPI) -> None:
    """S4.47: every username is on one page; the place is that of a user, and none for a user who is gone."""
    person = await office_with(house, app, *[Line(state="awaiting_approval", set_up=5) for _ in range(PAGE + 1)])
    found, path = [], person.path("/statistics/seats/usernames")

    while path:
        page = await person.look(path)
        found += [row[0] for row in table(page, "usernames")]
        path = next((each for each in page.links if "after=" in each), "")

    assert len(found) == len(set(found)) == PAGE + 1
    await person.look(person.path(f"/statistics/seats/usernames?after={uuid4()}"), 422)
    await person.look(person.path("/statistics/seats/usernames?after=mere"), 422)


async def test_the_statistics_cost_the_same_however_many_there_are(house: House, app: FastAPI) -> None:
    """T27: at most eight queries for each page, taken apart or not."""
    person = await office_with(house, app, *LINES * 5)

    for path in ("", "?by=channel", "?by=office", "/seats", "/seats/usernames"):
        with statements(house) as said:
            await person.look(person.path(f"/statistics{path}"))

        assert len(said) <= MOST_QUERIES, (path, said)
