"""Long lists in parts: one page, and where the next one begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from doorstep.domain.errors import Invalid

T = TypeVar("T")
LONGEST_PAGE = 200


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of many, in their order; `next` is the place of the last of them, empty where nothing follows."""

    items: tuple[T, ...]
    next: str = ""


def page_of(found: Sequence[T], limit: int, place: Callable[[T], object]) -> Page[T]:
    """A page out of one row more than it holds: that one tells whether anything follows."""
    items = tuple(found[:limit])
    return Page(items, str(place(items[-1])) if items and len(found) > limit else "")


def id_at(place: str) -> UUID:
    """The place in a list that is in the order of ids.

    Raises:
        Invalid: `cursor_invalid`.
    """
    try:
        return UUID(place)
    except ValueError:
        raise cursor_invalid() from None


def number_at(place: str) -> int:
    """The place in a list that is numbered.

    Raises:
        Invalid: `cursor_invalid`.
    """
    if not (place.isascii() and place.isdecimal() and len(place) <= LONGEST_NUMBER):
        raise cursor_invalid()
    return int(place)


LONGEST_NUMBER = 18
"""Digits that fit into what the database counts with."""


def cursor_invalid() -> Invalid:
    """The refusal for a place that no page of ours named."""
    return Invalid("cursor_invalid", "That is no place in this list. Leave it out to begin again.", field="cursor")
