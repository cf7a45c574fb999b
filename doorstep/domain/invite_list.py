"""The list of those to invite: who stands in it, what narrows it, and who of it is chosen (S4.26-S4.36)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from doorstep.domain.contact import Contact
from doorstep.domain.pages import Page

REP_TYPES = ("rep", "reps", "rep user", "rep users", "sales rep", "sales reps", "representative")
"""Customer types, without case, whose people are invited as rep users and not as customers (S4.36)."""


@dataclass(frozen=True)
class InviteFilter:
    """What narrows the list (S4.29): each without case, empty leaves it open. `are_reps`: the rep users instead."""

    customer_type: str = ""
    sales_rep: str = ""
    price_list: str = ""
    are_reps: bool = False

    @property
    def is_narrow(self) -> bool:
        """True where one of the three is filled in."""
        return bool(self.customer_type or self.sales_rep or self.price_list)


@dataclass(frozen=True)
class Choice:
    """Who of a list is chosen: those of `marks`, or with `is_all` everybody whom the filter leaves but them (S4.30)."""

    wanted: InviteFilter = field(default_factory=InviteFilter)
    is_all: bool = False
    marks: frozenset[UUID] = frozenset()

    def has(self, contact: UUID) -> bool:
        """True where the box of a row is ticked."""
        return (contact in self.marks) is not self.is_all

    def ticked(self, shown: frozenset[UUID], ticks: frozenset[UUID]) -> "Choice":
        """The choice after a page with the rows `shown` came back with the boxes `ticks`."""
        marked = shown - ticks if self.is_all else ticks
        return replace(self, marks=(self.marks - shown) | marked)


@dataclass(frozen=True)
class Asked:
    """An invitation that somebody of the list has already, and has not answered."""

    id: UUID
    expires_at: datetime | None


@dataclass(frozen=True)
class InviteRow:
    """Somebody without a username (S4.26), and their open invitation."""

    contact: Contact
    asked: Asked | None = None


@dataclass(frozen=True)
class FilterChoices:
    """What the accounts in sight have in the three columns that filter."""

    customer_types: tuple[str, ...] = ()
    sales_reps: tuple[str, ...] = ()
    price_lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class InviteList:
    """A page of the list; `total` is how many the filter leaves in all, None where nobody asked."""

    rows: Page[InviteRow]
    choices: FilterChoices
    has_approvers: bool
    total: int | None = None
