"""What may need a human, as far as the database knows; found by index, each reason by itself.

These are candidates: whoever explains a row has the last word, and may find that its trouble is over.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal_column, or_, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.states import State
from doorstep.store import tables as t
from doorstep.store.reading import IS_AT_HOME, SETTLED_AFTER, Row
from doorstep.store.tables.base import one_of

i = t.invitations.c
d = t.deliveries.c
p = t.policies.c
a = t.approvers.c
QUEUED_TOO_LONG = timedelta(minutes=15)
FLAGGABLE = (State.PENDING, State.AWAITING_APPROVAL, State.APPROVED, State.EXPIRED, State.ACTIVE)
# As the partial indexes and the rule of the table spell it: a parameter in its place would leave them aside.
IS_FLAGGED: ColumnElement[bool] = literal_column("invitations.attention <> '{}'")
IS_UNSENT: ColumnElement[bool] = literal_column("deliveries.status IN ('queued', 'deferred')")
IS_UNKNOWN: ColumnElement[bool] = literal_column(f"(NOT invitations.{one_of('state', State)})")


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
    # The rule that the table has for its states then proves that no row has another one, without a look at any; where
    # a newer release has let one in, every row is looked at.
    await tx.execute(text("SET LOCAL constraint_exclusion = on"))
    narrowed = [*seen, *([] if office is None else [i.office == office])]
    # Each reason is bounded by itself, so that it takes its index, however many rows there are.
    bounded = [reason.where(*narrowed).order_by(i.since, i.id).limit(limit) for reason in _reasons(older_than)]
    found = union(*(select(each.subquery()) for each in bounded)).subquery().c
    first = select(found.id, found.state, found.office).order_by(found.since, found.id).limit(limit)
    return [Row(*row) for row in await tx.execute(first)]


def _reasons(older_than: timedelta | None) -> list[Select[Any]]:
    now, one = func.now(), select(i.id, i.state, i.office, i.since)
    waits = i.state == State.AWAITING_APPROVAL
    may_decide = or_(~p.four_eyes, a.address_key != func.lower(i.invited_by))
    queued = select(d.subject_id).where(IS_UNSENT, d.created_at < now - QUEUED_TOO_LONG)
    with_policy = one.join(t.policies, p.id == i.policy_id)
    reasons = [
        one.where(IS_FLAGGED, i.closed_at.is_(None), i.state.in_(FLAGGABLE), ~IS_AT_HOME),
        one.where(i.id.in_(queued)),
        one.where(i.seen_rev < i.rev, i.changed_at < now - SETTLED_AFTER),
        one.where(i.state == State.APPROVED, i.since < now - SETTLED_AFTER),
        with_policy.where(waits, i.set_up_at + p.approval_escalation < now),
        with_policy.where(waits, ~exists().where(a.office == i.office, may_decide)),
        one.where(IS_UNKNOWN),
    ]
    if older_than is not None:
        reasons.append(one.where(i.state.in_((State.AWAITING_APPROVAL, State.APPROVED)), i.since < now - older_than))
    return reasons
