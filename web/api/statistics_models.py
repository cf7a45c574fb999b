"""Figures and seats as systems see them."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from doorstep.domain.figures import Age, By, Step, Stretch
from doorstep.domain.seats import Reason
from web.api.texts import Answer

AT = "2026-11-22T08:00:00Z"
REACHED: dict[str, Any] = {"step": "set_up", "count": 40, "share": 0.8}
TOOK: dict[str, Any] = {"stretch": "sent_to_set_up", "count": 40, "median": 3600.0, "p95": 72000.0}
WAYS: dict[str, Any] = {
    "name": "",
    "funnel": [REACHED],
    "times": [TOOK],
    "states": {"active": 38, "pending": 12},
    "undeliverable": 1,
    "existing": 2,
    "departed": 0,
}
WAITING: dict[str, Any] = {"state": "pending", "age": "1-24 h", "count": 12}
DIRECT: dict[str, Any] = {"added": 3, "password_set": 2, "signed_in": 2}
FIGURES: dict[str, Any] = {
    "office": "nz",
    "since": None,
    "until": AT,
    "at": AT,
    "total": WAYS,
    "by": None,
    "groups": [],
    "groups_left_out": 0,
    "open": [WAITING],
    "direct": DIRECT,
}
SEAT_COUNT: dict[str, Any] = {"name": "active", "count": 38}
TAKEN: dict[str, Any] = {"day": "2026-11-22", "count": 4}
SEATS: dict[str, Any] = {
    "office": "nz",
    "at": AT,
    "total": 38,
    "states": [SEAT_COUNT],
    "accounts": [{"name": "1042", "count": 2}],
    "accounts_left_out": 0,
    "taken": [TAKEN],
    "rehearsals": 1,
    "awaited": 12,
}
SEAT: dict[str, Any] = {
    "user_id": "0199a7c2-5a80-7000-8000-000000000000",
    "username": "ana@example.org",
    "name": "Ana",
    "reason": "active",
    "why": "Can sign in.",
    "is_staff_login": False,
    "accounts": ["1042"],
    "since": AT,
}


def _shown_by(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [example]})


class ReachedAnswer(Answer):
    """How many invitations got as far as a step."""

    model_config = _shown_by(REACHED)

    step: Annotated[Step, Field(description="The step.")]
    count: Annotated[int, Field(description="How many got that far.")]
    share: Annotated[float | None, Field(description="Of those invited; null of none.")]


class TookAnswer(Answer):
    """How long a stretch took."""

    model_config = _shown_by(TOOK)

    stretch: Annotated[Stretch, Field(description="From one step to another.")]
    count: Annotated[int, Field(description="How many went all of it.")]
    median: Annotated[float | None, Field(description="In seconds.")]
    p95: Annotated[float | None, Field(description="In seconds; 95 of a hundred were faster.")]


class WaysAnswer(Answer):
    """The funnel and the times of some invitations."""

    model_config = _shown_by(WAYS)

    name: Annotated[str, Field(description="Of what; empty for all.")]
    funnel: Annotated[list[ReachedAnswer], Field(description="How far they got.")]
    times: Annotated[list[TookAnswer], Field(description="How long each stretch took.")]
    states: Annotated[dict[str, int], Field(description="Where they stand now.")]
    undeliverable: Annotated[int, Field(description="Flagged as undeliverable now.")]
    existing: Annotated[int, Field(description="Had a user already.")]
    departed: Annotated[int, Field(description="Let in, and deleted since.")]


class WaitingAnswer(Answer):
    """How many open invitations have been in one state for how long."""

    model_config = _shown_by(WAITING)

    state: Annotated[str, Field(description="The state.")]
    age: Annotated[Age, Field(description="For how long.")]
    count: Annotated[int, Field(description="How many.")]


class DirectAnswer(Answer):
    """Whom staff added themselves, without an invitation."""

    model_config = _shown_by(DIRECT)

    added: Annotated[int, Field(description="Added; a login pair counts once.")]
    password_set: Annotated[int, Field(description="Of them with a password.")]
    signed_in: Annotated[int, Field(description="Of them signed in.")]


class FiguresAnswer(Answer):
    """The figures of the invitations made in a window; rehearsals are in none of them."""

    model_config = _shown_by(FIGURES)

    office: Annotated[str | None, Field(description="The office.")]
    since: Annotated[datetime | None, Field(description="Made from then on; null from the first.")]
    until: Annotated[datetime, Field(description="Made before.")]
    at: Annotated[datetime, Field(description="When this was counted.")]
    total: Annotated[WaysAnswer, Field(description="All of them.")]
    by: Annotated[By | None, Field(description="What they are taken apart by.")]
    groups: Annotated[list[WaysAnswer], Field(description="Each group, the largest first.")]
    groups_left_out: Annotated[int, Field(description="Groups beyond those.")]
    open: Annotated[list[WaitingAnswer], Field(description="What is open now, whenever it was made.")]
    direct: Annotated[DirectAnswer, Field(description="Whom staff added themselves.")]


class SeatCountAnswer(Answer):
    """How many seats share something."""

    model_config = _shown_by(SEAT_COUNT)

    name: Annotated[str, Field(description="A state, or the code of an account; empty for no account.")]
    count: Annotated[int, Field(description="How many.")]


class TakenAnswer(Answer):
    """How many of the seats in use were taken on one day."""

    model_config = _shown_by(TAKEN)

    day: Annotated[date, Field(description="The day, in UTC.")]
    count: Annotated[int, Field(description="How many.")]


class SeatsAnswer(Answer):
    """The seats in use now: usernames from set-up until they are deleted."""

    model_config = _shown_by(SEATS)

    office: Annotated[str, Field(description="The office.")]
    at: Annotated[datetime, Field(description="When this was counted.")]
    total: Annotated[int, Field(description="Usernames that count.")]
    states: Annotated[list[SeatCountAnswer], Field(description="By state.")]
    accounts: Annotated[list[SeatCountAnswer], Field(description="By account, the largest first.")]
    accounts_left_out: Annotated[int, Field(description="Accounts beyond those.")]
    taken: Annotated[list[TakenAnswer], Field(description="By the day they were taken.")]
    rehearsals: Annotated[int, Field(description="Test users, which take no seat.")]
    awaited: Annotated[int, Field(description="Invitations that are out and not set up; they take none.")]


class SeatAnswer(Answer):
    """One username that counts, and why."""

    model_config = _shown_by(SEAT)

    user_id: Annotated[UUID, Field(description="The user.")]
    username: Annotated[str, Field(description="The username.")]
    name: Annotated[str, Field(description="Who it is.")]
    reason: Annotated[Reason, Field(description="Why it counts.")]
    why: Annotated[str, Field(description="Why it counts, as a sentence.")]
    is_staff_login: Annotated[bool, Field(description="The second login of a pair, which counts by itself.")]
    accounts: Annotated[list[str], Field(description="The codes of its accounts.")]
    since: Annotated[datetime, Field(description="Since when it counts.")]
