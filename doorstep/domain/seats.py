"""Seats: which usernames count, and why (S4.47).

A username takes a seat from the moment it is made until it is deleted. On way B the invitee makes it by the set-up; on
way A staff do, with the same button, so a login that still waits for its first password counts too.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Reason(StrEnum):
    """Why a username counts."""

    SETUP_PENDING = "setup_pending"
    UNAPPROVED = "unapproved"
    ACTIVE = "active"
    SUSPENDED = "suspended"


WHY = {
    Reason.SETUP_PENDING: "Added by staff, and the username is taken; no password has been set yet.",
    Reason.UNAPPROVED: "Set up by the invitee, and waits for approval; a refusal frees the seat.",
    Reason.ACTIVE: "Can sign in.",
    Reason.SUSPENDED: "Shut out, and not deleted: the username is kept for whoever comes back.",
}
"""The reason as a sentence."""


@dataclass(frozen=True)
class Seat:
    """One username that counts; `is_staff_login` is the second one of a pair, which counts by itself (S4.9)."""

    user_id: UUID
    username: str
    name: str
    reason: Reason
    is_staff_login: bool
    accounts: tuple[str, ...]
    since: datetime

    @property
    def why(self) -> str:
        """The reason as a sentence."""
        return WHY[self.reason] + (" The staff login of a pair counts by itself." if self.is_staff_login else "")


@dataclass(frozen=True)
class SeatCount:
    """How many seats share a state or an account; an empty name is no account."""

    name: str
    count: int


@dataclass(frozen=True)
class Taken:
    """How many of the seats in use now were taken on one day, in UTC."""

    day: date
    count: int


@dataclass(frozen=True)
class SeatReport:
    """The seats of an office in use at the hour of asking, as far as they are in sight.

    Whoever belongs to several accounts counts at each of them, and once in `total`. `accounts` are at most
    `MOST_ACCOUNTS`, the largest first. `taken` tells of seats in use now: what was freed since is in it no more.
    `rehearsals` and `awaited` (invitations that are out, and not set up) take none.
    """

    office: str
    at: datetime
    total: int
    states: tuple[SeatCount, ...]
    accounts: tuple[SeatCount, ...]
    accounts_left_out: int
    taken: tuple[Taken, ...]
    rehearsals: int
    awaited: int


MOST_ACCOUNTS = 100
