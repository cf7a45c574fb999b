"""Everything that is stuck, from both sides: what the database knows, and what Temporal does not run or cannot.

Rows and workflows are compared in slices of ids, so that a hundred thousand of them are never held at once; only what
is to be told is looked at one by one.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Unavailable
from doorstep.domain.invitation import Invitation
from doorstep.domain.standing import Step
from doorstep.domain.states import State
from doorstep.store import offices, reading, stuck, users
from doorstep.store.loading import standing_of
from doorstep.store.reading import SETTLED_AFTER, Row
from starter import visibility
from starter.desk import Connected
from starter.explaining import explain, rowless, unreadable
from starter.runs import Run
from starter.troubles import Explanation, urgency

PAGE = 200
SLICE = 1000
AT_ONCE = 10
FIRST = UUID(int=0)
Progress = Callable[[int, int], None]
"""Told how many open invitations were compared with Temporal, and how many there are."""


@dataclass(frozen=True)
class Survey:
    """What is stuck, the most urgent first.

    `other_workflows` are those of another kind that fail their tasks. `is_temporal_asked`: it answered to all of it.
    `has_more`: there is more than was asked for.
    """

    found: tuple[Explanation, ...]
    other_workflows: tuple[str, ...]
    is_temporal_asked: bool
    has_more: bool


@dataclass
class _Differences:
    """Where the two sides disagree, as far as they were compared."""

    missing: list[UUID] = field(default_factory=list)
    failing: list[UUID] = field(default_factory=list)
    rowless: list[UUID] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    is_complete: bool = False
