"""Seats as JSON and as tables."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import RenderableType

from doorstep.domain.seats import WHY, Reason, Seat, SeatReport
from starter.charts.words import number, said
from starter.commands.printing import iso, local, table


def report(found: SeatReport, seats: Sequence[Seat] | None) -> dict[str, object]:
    """The report for a script, with the usernames where they were asked for."""
    data = asdict(found) | {
        "at": iso(found.at),
        "taken": [{"day": f"{each.day}", "count": each.count} for each in found.taken],
    }
    return data if seats is None else data | {"seats": [_seat(each) for each in seats]}


def _seat(seat: Seat) -> dict[str, object]:
    return {
        "user_id": str(seat.user_id),
        "username": seat.username,
        "name": seat.name,
        "state": seat.reason.value,
        "is_staff_login": seat.is_staff_login,
        "accounts": list(seat.accounts),
        "since": iso(seat.since),
        "why": seat.why,
    }


def sheet(found: SeatReport, seats: Sequence[Seat]) -> Sequence[RenderableType]:
    """The report for a person: the number, why, and the accounts."""
    states = [(said(each.name), number(each.count), WHY[Reason(each.name)]) for each in found.states]
    used = "1 seat is used." if found.total == 1 else f"{number(found.total)} seats are used."
    parts: list[RenderableType] = [used]
    parts += [table(("state", "seats", "why it counts"), states)] if states else []
    none = f"{number(found.rehearsals)} of a rehearsal, {number(found.awaited)} invited and not set up yet"
    parts += [f"Without a seat: {none}."]
    if found.accounts:
        parts += [table(("account", "seats"), [(each.name or "none", number(each.count)) for each in found.accounts])]
    if found.accounts_left_out:
        parts += [f"And {number(found.accounts_left_out)} more accounts."]
    if seats:
        rows = [
            (seat.username, seat.name, " ".join(seat.accounts), local(seat.since, "UTC"), seat.why) for seat in seats
        ]
        parts += [table(("username", "name", "accounts", "since", "why it counts"), rows)]
    return parts
