"""What an office has to do, at a glance: how many of each kind, counted up to a bound, so that it stays quick."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import Authority
from doorstep.domain.states import Attention, State
from doorstep.store import sight, stuck
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.reading import Row

i = t.invitations.c
MOST = 1000
"""Nobody reads whether it is a thousand or more; a count that goes no further takes as long however many there are."""
MOST_STUCK = 100


@dataclass(frozen=True)
class Needs:
    """What waits for somebody, each number at most `MOST`; those of `stuck` at most `MOST_STUCK`.

    `mine` are the decisions that wait for whoever looks, `awaiting` those that wait for anybody. What the office has
    yet to do at its beginning: `has_approvers`, `has_colleagues`, `has_contacts`, `has_invitations`.
    """

    mine: int
    awaiting: int
    undeliverable: int
    overdue: int
    pending: int
    stuck: int
    has_approvers: bool
    has_colleagues: bool
    has_contacts: bool
    has_invitations: bool


async def needs(tx: AsyncConnection, actor: Actor, office: str) -> Needs:
    """What waits in an office, as far as `actor` sees it.

    Raises:
        Forbidden: `not_staff`, `not_allowed`.
    """
    who = await sight.require_some(tx, actor, office)
    key = address_key(actor.name)
    row = (await tx.execute(select(*_counts(who, office, key), *_beginnings(office)))).one()
    rows = await candidates(tx, who, office, limit=MOST_STUCK)
    return Needs(**row._mapping, stuck=len(rows))  # noqa: SLF001 - SQLAlchemy's documented name


async def candidates(tx: AsyncConnection, who: Authority, office: str, *, limit: int) -> list[Row]:
    """What may need a human in one office, those first that are where they are for the longest time."""
    seen = sight.invitations_of(who, office)
    return await stuck.candidates(tx, office=None, older_than=None, seen=seen, limit=limit)


def _counts(who: Authority, office: str, key: str) -> list[ColumnElement[int]]:
    seen = sight.invitations_of(who, office)
    p, a = t.policies.c, t.approvers.c
    waits = select(i.id).where(*seen, i.state == State.AWAITING_APPROVAL)
    decides = exists().where(a.office == office, a.address_key == key)
    may_decide = or_(~p.four_eyes, func.lower(i.invited_by) != key)
    mine = waits.join(t.policies, p.id == i.policy_id).where(decides, may_decide)
    wanted: dict[str, Select[tuple[object]]] = {
        "mine": mine,
        "awaiting": waits,
        "undeliverable": _flagged(seen, Attention.UNDELIVERABLE),
        "overdue": _flagged(seen, Attention.APPROVAL_OVERDUE),
        "pending": select(i.id).where(*seen, i.state == State.PENDING),
    }
    return [_up_to_a_bound(query).label(name) for name, query in wanted.items()]


def _flagged(seen: list[ColumnElement[bool]], flag: Attention) -> Select[tuple[object]]:
    return select(i.id).where(*seen, stuck.IS_FLAGGED, i.attention.contains([flag]))


def _up_to_a_bound(query: Select[tuple[object]]) -> ColumnElement[int]:
    return select(func.count()).select_from(query.limit(MOST).subquery()).scalar_subquery()


def _beginnings(office: str) -> list[ColumnElement[bool]]:
    so = t.staff_offices
    colleagues = select(literal(1)).select_from(so).where(so.c.office == office).offset(1).exists()
    return [
        exists().where(t.approvers.c.office == office).label("has_approvers"),
        colleagues.label("has_colleagues"),
        exists().where(t.contacts.c.office == office).label("has_contacts"),
        exists().where(i.office == office).label("has_invitations"),
    ]
