"""What may need a human, as far as the database knows; found by index, each reason by itself.

These are candidates: whoever explains a row has the last word, and may find that its trouble is over.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, exists, func, literal_column, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.states import State
from doorstep.store import tables as t
from doorstep.store.reading import IS_AT_HOME, SETTLED_AFTER, Row

i = t.invitations.c
d = t.deliveries.c
p = t.policies.c
a = t.approvers.c
QUEUED_TOO_LONG = timedelta(minutes=15)
FLAGGABLE = (State.PENDING, State.AWAITING_APPROVAL, State.APPROVED, State.EXPIRED, State.ACTIVE)
# As the partial indexes spell it: a parameter in its place would leave them aside.
IS_FLAGGED: ColumnElement[bool] = literal_column("invitations.attention <> '{}'")
IS_UNSENT: ColumnElement[bool] = literal_column("deliveries.status IN ('queued', 'deferred')")


async def candidates(
    tx: AsyncConnection,
    *,
    office: str | None,
    older_than: timedelta | None,
    seen: Sequence[ColumnElement[bool]] = (),
    limit: int,
) -> list[Row]:
    """The rows in sight, those first that are where they are for the longest time.

    With `older_than` also whatever has waited that long for an approval. `seen` are the conditions of
    `sight.of_invitations`.
    """
    found = union(*_reasons(older_than)).subquery()
    query = select(i.id, i.state, i.office).where(i.id.in_(select(found.c.id)), *seen)
    if office is not None:
        query = query.where(i.office == office)
    return [Row(*row) for row in await tx.execute(query.order_by(i.since, i.id).limit(limit))]


def _reasons(older_than: timedelta | None) -> list[Select[tuple[object]]]:
    now, one = func.now(), select(i.id)
    waits = i.state == State.AWAITING_APPROVAL
    may_decide = or_(~p.four_eyes, a.address_key != func.lower(i.invited_by))
    queued = select(d.subject_id.label("id")).where(IS_UNSENT, d.created_at < now - QUEUED_TOO_LONG)
    reasons = [
        one.where(IS_FLAGGED, i.closed_at.is_(None), i.state.in_(FLAGGABLE), ~IS_AT_HOME),
        queued,
        one.where(i.seen_rev < i.rev, i.changed_at < now - SETTLED_AFTER),
        one.where(i.state == State.APPROVED, i.since < now - SETTLED_AFTER),
        _with_policy(waits, i.set_up_at + p.approval_escalation < now),
        _with_policy(waits, ~exists().where(a.office == i.office, may_decide)),
        one.where(i.state.not_in(tuple(State))),
    ]
    if older_than is not None:
        reasons.append(one.where(i.state.in_((State.AWAITING_APPROVAL, State.APPROVED)), i.since < now - older_than))
    return reasons


def _with_policy(*wanted: ColumnElement[bool]) -> Select[tuple[object]]:
    return select(i.id).join(t.policies, p.id == i.policy_id).where(*wanted)
