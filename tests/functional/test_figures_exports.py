"""Exports: everything of a filter as CSV that a spreadsheet opens as texts (T31); the same from the command line."""

import csv
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from doorstep.domain.errors import Forbidden, NotFound, Refused
from doorstep.domain.spreadsheets import BOM, spreadsheet_plain
from doorstep.domain.states import State
from doorstep.store.invitation_exports import InvitationFilter
from starter import exports
from starter.exports import figures_csv
from tests.client_commands import acting
from tests.command_line import CommandLine
from tests.functional.counting import Line, write
from tests.functional.staffing import CRM, staffed
from tests.house import House

FORMULA = '=HYPERLINK("http://evil.example";"open")'
LINES = (
    Line(state="active", set_up=60, decided=90, active=95, signed_in=200, name=FORMULA, accounts=("1042", "2000")),
    Line(ago=40, state="awaiting_approval", set_up=60, name='Ana, of the "Hill"', accounts=("1042",)),
    Line(ago=50, channel="text", accounts=("2000",)),
)


@dataclass(frozen=True)
class Exported:
    """An office with `LINES`, and a rep who serves the account 1042."""

    office: str
    rep: str


@pytest.fixture(scope="module")
async def made(worked_house: House) -> Exported:
    """For every test that only looks."""
    office, rep = await staffed(worked_house, *CRM, is_rep=True)
    await write(worked_house, office, LINES)
    return Exported(office, rep.actor.name)


async def rows_of(pieces: AsyncIterator[str]) -> list[dict[str, str]]:
    """An export as a spreadsheet reads it."""
    return read("".join([each async for each in pieces]))


def read(text: str) -> list[dict[str, str]]:
    """CSV with the mark of UTF-8, CRLF after every row, and the same cells in each."""
    assert text.startswith(BOM)
    assert text.endswith("\r\n")
    rows = list(csv.DictReader(StringIO(text.removeprefix(BOM), newline=""), strict=True))
    assert not any(None in row or None in row.values() for row in rows)
    return rows


async def test_invitations_are_exported_as_they_stand(house: House, made: Exported) -> None:
    """T31: oldest id first, moments with their zone, a formula as a text that still says what it said."""
    rows = await rows_of(house.doorstep.export_invitations(InvitationFilter(made.office)))

    assert [row["state"] for row in rows] == [line.state for line in LINES]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert rows[0]["name"].startswith("'=")
    assert [spreadsheet_plain(row["name"]) for row in rows] == [line.name for line in LINES]
    assert (rows[0]["accounts"], rows[0]["is_test"], rows[0]["office"]) == ("1042 2000", "no", made.office)
    assert rows[2]["address"].startswith("'+64")
    first = rows[0]
    created, signed_in = (datetime.fromisoformat(first[name]) for name in ("created_at", "first_signed_in_at"))
    assert first["created_at"].endswith("Z")
    assert signed_in - created == timedelta(seconds=200)


async def test_an_export_is_narrowed_by_its_filter_and_by_sight(house: House, made: Exported) -> None:
    """S1.3: state, account, and when; a rep gets what is wholly of the assigned accounts, and a stranger nothing."""
    every = InvitationFilter(made.office)
    rep = acting(house.doorstep, made.rep)
    stranger = acting(house.doorstep, f"nobody@{made.office}.example")
    wanted = (
        replace(every, state=State.ACTIVE),
        replace(every, account="2000"),
        replace(every, since=timedelta(hours=45)),
        replace(every, until=timedelta(hours=45)),
    )

    found = [[row["state"] for row in await rows_of(house.doorstep.export_invitations(each))] for each in wanted]
    seen = [await rows_of(rep.export_invitations(each)) for each in (every, InvitationFilter())]

    assert found == [["active"], ["active", "pending"], ["active", "awaiting_approval"], ["pending"]]
    assert [[row["state"] for row in rows] for rows in seen] == [["awaiting_approval"]] * 2
    with pytest.raises(Forbidden):
        await rows_of(stranger.export_invitations(every))
    with pytest.raises(NotFound):
        await rows_of(house.doorstep.export_invitations(InvitationFilter("nowhere")))


async def test_page_after_page_nothing_is_left_out_and_nothing_twice(
    house: House, made: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two rows in a page, and a third that no page is full of."""
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    doorstep, office = house.doorstep, made.office

    invitations = await rows_of(doorstep.export_invitations(InvitationFilter(office)))
    audit = await rows_of(doorstep.export_audit(office))
    seats = await rows_of(doorstep.export_seats(office))

    assert len({row["id"] for row in invitations}) == len(invitations) == 3
    numbers = [int(row["id"]) for row in audit]
    assert numbers == sorted(set(numbers), reverse=True)
    assert {"office.set", "staff.set", "directory.imported"} <= {row["event"] for row in audit}
    assert all(json.loads(row["detail"]) for row in audit if row["detail"])
    assert [row["state"] for row in sorted(seats, key=lambda row: row["state"])] == ["active", "unapproved"]
    assert all(row["why"] for row in seats)


async def test_the_audit_is_exported_for_whoever_sees_all_of_the_office(house: House, made: Exported) -> None:
    """S1.3: a rep, who sees a part of it, is refused; seats are those of the accounts in sight."""
    rep = acting(house.doorstep, made.rep)

    with pytest.raises(Refused) as refused:
        await rows_of(rep.export_audit(made.office))
    seats = await rows_of(rep.export_seats(made.office))

    assert refused.value.code == "not_allowed"
    assert [row["accounts"] for row in seats] == ["1042", "1042"]


async def test_figures_are_a_table_too(house: House, made: Exported) -> None:
    """A row for all and one for each group; times in seconds."""
    figures = await house.doorstep.figures(made.office, by="channel")

    rows = read(figures_csv(figures))

    assert [(row["channel"], row["invited"], row["set_up"]) for row in rows] == [
        ("all", "3", "2"),
        ("mail", "2", "2"),
        ("text", "1", "0"),
    ]
    assert (rows[0]["set_up_to_decision_median"], rows[2]["set_up_to_decision_median"]) == ("30.0", "")


async def test_stats_are_printed_for_a_person_and_for_a_script(doorstep: CommandLine, made: Exported) -> None:
    """`doorstep stats` is a table with bars, `--json` one object; the same command writes the chart and the table."""
    told = await doorstep("stats", "--office", made.office, "--by", "channel", "--since", "2d")
    data = await doorstep.done("stats", "--office", made.office, "--since", "45h")
    seats = await doorstep("stats", "seats", "--office", made.office, "--list")

    assert (told.status, told.err) == (0, "")
    assert "Signed in" in told.out
    assert "█" in told.out
    assert "awaiting approval" in told.out
    assert [each["count"] for each in data["total"]["funnel"]] == [2, 2, 2, 2, 1, 1]
    assert data["since"].endswith("Z")
    assert "2 seats are used." in seats.out
    assert "waits for approval" in seats.out


async def test_files_are_written_whole_and_for_the_owner_alone(
    doorstep: CommandLine, made: Exported, tmp_path: Path
) -> None:
    """T31: nobody else on the machine reads them; a refusal leaves no file, and what was there."""
    files = {name: tmp_path / name for name in ("chart.svg", "figures.csv", "invitations.csv", "kept.csv")}
    files["kept.csv"].write_text("as it was")
    office = ("--office", made.office)

    drawn = await doorstep(
        "stats", *office, "--svg", str(files["chart.svg"]), "--csv", str(files["figures.csv"]), "--json"
    )
    exported = await doorstep.done("export", "invitations", *office, "--to", str(files["invitations.csv"]))
    refused = await doorstep("export", "seats", "--office", "nowhere", "--to", str(files["kept.csv"]))
    printed = await doorstep("export", "seats", *office, "--to", "-")
    both = await doorstep("export", "seats", *office, "--to", "-", "--json")

    assert drawn.status == 0
    assert ET.parse(files["chart.svg"]).getroot().tag.endswith("svg")  # noqa: S314 - our own file
    assert len(read(text_of(files["figures.csv"]))) == 1
    assert exported == {"file": str(files["invitations.csv"]), "rows": 3}
    assert len(read(text_of(files["invitations.csv"]))) == 3
    assert {path.stat().st_mode & 0o777 for name, path in files.items() if name != "kept.csv"} == {0o600}
    assert (refused.status, files["kept.csv"].read_text()) == (1, "as it was")
    assert names_in(tmp_path) == sorted(files)
    assert (printed.status, len(read(bare(printed.out)))) == (0, 2)
    assert (both.status, both.out) == (2, "")


def names_in(folder: Path) -> list[str]:
    """What is there."""
    return sorted(path.name for path in folder.iterdir())


def text_of(path: Path) -> str:
    """A file with its ends of lines."""
    with path.open(encoding="utf-8", newline="") as opened:
        return opened.read()


def bare(printed: str) -> str:
    """What was printed, whose ends of lines reading has changed."""
    return printed.replace("\n", "\r\n")


async def test_what_is_typed_wrongly_is_said(doorstep: CommandLine, made: Exported) -> None:
    """A day that is none, and a window that ends before it begins."""
    wrong = await doorstep("stats", "--since", "2026-13-01")
    refused = await doorstep.refused("stats", "--office", made.office, "--since", "1d", "--until", "2d")

    assert (wrong.status, "no day and no moment" in wrong.err) == (2, True)
    assert refused["code"] == "window_invalid"
