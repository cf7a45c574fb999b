"""Where somebody stands in the list of those to invite: tab, filter, page and ticks, all in its address (S4.30).

Ids and no names: whoever looks over a shoulder, or into a history, reads nothing of anybody.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from doorstep.domain.errors import Invalid
from doorstep.domain.invite_list import Choice, InviteFilter
from web.hub.navigation import home_of
from web.hub.visits import Visit

MOST_MARKS = 400
"""Ticks that an address carries; as many bytes as a browser and a server take without asking."""

FILTERS = ("customer_type", "sales_rep", "price_list")
BYTES = 16


@dataclass(frozen=True)
class Place:
    """One page of the list of an office; `choice` is who is ticked, on this page and on others."""

    office: str
    choice: Choice = field(default_factory=Choice)
    after: str = ""

    @classmethod
    def of(cls, visit: Visit) -> Self:
        """The place that an address names; what cannot be read in it is left out."""
        texts = {name: visit.asked(name)[:200] for name in FILTERS}
        wanted = InviteFilter(**texts, are_reps=visit.asked("reps") == "yes")
        choice = Choice(wanted, is_all=visit.asked("all") == "yes", marks=marks_of(visit.asked("marks")))
        return cls(visit.code, choice, visit.asked("after"))

    @property
    def wanted(self) -> InviteFilter:
        """What narrows the list."""
        return self.choice.wanted

    @property
    def home(self) -> str:
        """The list without anything."""
        return f"{home_of(self.office)}/invite"

    @property
    def tab(self) -> str:
        """The list of this tab without filter."""
        return f"{self.home}?reps=yes" if self.wanted.are_reps else self.home

    @property
    def query(self) -> str:
        """What stands behind the question mark; empty for the beginning of the list."""
        wanted = self.wanted
        said = {"reps": "yes" if wanted.are_reps else ""} | {name: getattr(wanted, name) for name in FILTERS}
        said |= {"all": "yes" if self.choice.is_all else "", "marks": text_of(self.choice.marks), "after": self.after}
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def path(self) -> str:
        """The address of this page."""
        return self.behind("")

    def behind(self, below: str) -> str:
        """The address of a step from here, which leads back here."""
        return f"{self.home}{below}?{self.query}".rstrip("?")

    def at(self, after: str) -> Self:
        """Another page of the same list."""
        return replace(self, after=after)

    def choosing(self, *, is_all: bool) -> Self:
        """The same page with everybody of the filter ticked, or nobody."""
        return replace(self, choice=replace(self.choice, is_all=is_all, marks=frozenset()))

    def ticked(self, shown: frozenset[UUID], ticks: frozenset[UUID]) -> Self:
        """The same page after its boxes came back."""
        return replace(self, choice=self.choice.ticked(shown, ticks))

    def elsewhere(self, shown: frozenset[UUID]) -> int:
        """How many ticks, or gaps where all are ticked, stand on other pages."""
        return len(self.choice.marks - shown)


def marks_of(text: str) -> frozenset[UUID]:
    """The ids in an address; none where it was not written by a page of ours."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return frozenset()
    whole = range(0, len(data) - len(data) % BYTES, BYTES)
    return frozenset(UUID(bytes=data[at : at + BYTES]) for at in list(whole)[:MOST_MARKS])


def text_of(marks: Collection[UUID]) -> str:
    """The ids as an address carries them."""
    return urlsafe_b64encode(b"".join(each.bytes for each in sorted(marks))).decode().rstrip("=")


def require_few(place: Place) -> None:
    """Let through a place whose address can be written.

    Raises:
        Invalid: `batch_too_long`.
    """
    if len(place.choice.marks) > MOST_MARKS:
        sentence = (
            f"At most {MOST_MARKS} can be ticked one by one. Send these first, or narrow the filter and select all."
        )
        raise Invalid("batch_too_long", sentence, field="")
