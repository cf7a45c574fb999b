"""Lists for support: what there is, which of it needs a workflow, and which of it this code can read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from doorstep.store import tables as t
from doorstep.store.loading import load, load_many
from doorstep.store.tables.invitations import NEEDS_A_WORKFLOW as IN_WORDS

i = t.invitations.c
SETTLED_AFTER = timedelta(minutes=1)
"""How long a lost start or wake may take until the sweep has made up for it."""

IS_AT_HOME: ColumnElement[bool] = and_(
    i.state == State.ACTIVE,
    exists().where(t.users.c.id == i.user_id, t.users.c.last_signed_in_at >= i.activated_at),
)
"""The person has signed in with what the invitation brought; a message they miss is missed by nobody."""

KNOWN = frozenset(state.value for state in State)

# As the partial index spells it: a parameter in its place would leave it aside.
NEEDS_A_WORKFLOW: ColumnElement[bool] = literal_column(f"({IN_WORDS})")
"""Open invitations that time or somebody's word moves on; a draft has no workflow, and an ended one needs none."""


@dataclass(frozen=True)
class Row:
    """What can be said of a row without understanding it."""

    id: UUID
    state: str
    office: str

    @property
    def is_known(self) -> bool:
        """False where the state is one that this code does not know (F20)."""
        return self.state in KNOWN


async def listed(
    tx: AsyncConnection,
    *,
    ids: Sequence[UUID] | None = None,
    state: State | None = None,
    office: str | None = None,
    account: str | None = None,
    seen: Sequence[ColumnElement[bool]] = (),
    limit: int,
) -> list[Invitation]:
    """The newest invitations, narrowed by their ids, by state, by office and by the code of an account.

    `seen` are the conditions of `sight.of_invitations`. What this code cannot read is left out, and noted in the log
    unless it was asked for by its id.
    """
    wanted: list[ColumnElement[bool]] = list(seen)
    if ids is not None:
        wanted += [i.id.in_(ids), i.state.in_(KNOWN)]
    if state is not None:
        wanted.append(i.state == state)
    if office is not None:
        wanted.append(i.office == office)
    if account is not None:
        link = t.invitation_accounts.c
        of_account = select(link.invitation_id).join(t.accounts, t.accounts.c.id == link.account_id)
        wanted.append(i.id.in_(of_account.where(t.accounts.c.code == account)))
    # The ids first, which an index has in their order: all that belongs to an invitation is gathered for these alone.
    newest = select(i.id).where(*wanted).order_by(i.created_at.desc()).limit(limit)
    found = (await tx.execute(newest)).scalars().all()
    return await load_many(tx, i.id.in_(found), limit=limit) if found else []


async def named(tx: AsyncConnection, ids: Sequence[UUID]) -> list[Invitation]:
    """Those of `ids` that this code can read, in one query; whoever asks has seen to it that they are in sight."""
    return await load_many(tx, i.id.in_(ids), limit=len(ids)) if ids else []


async def rows(tx: AsyncConnection, ids: Sequence[UUID], *, seen: Sequence[ColumnElement[bool]] = ()) -> list[Row]:
    """What is there of `ids` and in sight, whether this code understands it or not."""
    return [Row(*row) for row in await tx.execute(select(i.id, i.state, i.office).where(i.id.in_(ids), *seen))]


async def at_home(tx: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` whose user has signed in since the account became active."""
    return set((await tx.execute(select(i.id).where(i.id.in_(ids), IS_AT_HOME))).scalars())


async def is_unreadable(tx: AsyncConnection, invitation_id: UUID) -> bool:
    """True for a row that is there and that this code cannot read, as one from the future (F20)."""
    try:
        await load(tx, invitation_id)
    except ValueError:
        return True
    return False


async def count_open(
    tx: AsyncConnection, office: str | None, *, after: UUID | None = None, upto: UUID | None = None
) -> int:
    """How many invitations need a workflow; of all ids, or of those from `after` (without it) up to `upto`."""
    query = select(func.count()).select_from(t.invitations).where(NEEDS_A_WORKFLOW, *_between(after, upto, office))
    return (await tx.execute(query)).scalar_one()


async def open_ids(
    tx: AsyncConnection, *, after: UUID, upto: UUID | None = None, office: str | None, limit: int
) -> list[UUID]:
    """The next invitations that need a workflow, in the order of their ids, once their start had time to happen."""
    is_settled = i.changed_at < func.now() - SETTLED_AFTER
    query = select(i.id).where(NEEDS_A_WORKFLOW, is_settled, *_between(after, upto, office))
    return list((await tx.execute(query.order_by(i.id).limit(limit))).scalars())


async def open_id_before(tx: AsyncConnection, office: str | None, *, upto: UUID | None, count: int) -> UUID | None:
    """The id that has `count` open invitations after itself, up to `upto` or to the end; None where there are fewer."""
    query = select(i.id).where(NEEDS_A_WORKFLOW, *_between(None, upto, office)).order_by(i.id.desc())
    return (await tx.execute(query.offset(count).limit(1))).scalar_one_or_none()


def _between(after: UUID | None, upto: UUID | None, office: str | None) -> list[ColumnElement[bool]]:
    conditions = [] if office is None else [i.office == office]
    if after is not None:
        conditions.append(i.id > after)
    if upto is not None:
        conditions.append(i.id <= upto)
    return conditions
