"""What a change of the rules of an office would do, counted before it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.invitation import Office
from doorstep.domain.policy import Policy
from doorstep.domain.states import OPEN
from doorstep.store import authority, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.places import holds_a_place
from doorstep.store.retaining import IS_UNANSWERED

i = t.invitations.c


@dataclass(frozen=True)
class Foresight:
    """What would come of other rules.

    `changed` has each rule that would be another one, as it is and as it would be. `is_open`: how many invitations are
    on their way, which keep the rules that they began with. `erased`: how many unanswered ones would be erased that are
    kept today. `full_jobs`: how many jobs would have no place left, and `full_jobs_now` how many have none today.
    """

    office: Office
    changed: Mapping[str, tuple[object, object]]
    is_open: int
    erased: int
    full_jobs: int
    full_jobs_now: int


async def of_rules(tx: AsyncConnection, actor: Actor, code: str, rules: Mapping[str, object]) -> Foresight:
    """What it would do to give an office these rules; the others stay.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    await authority.require_in_office(tx, actor, code, Right.SETTINGS)
    office = await offices.get(tx, code)
    before = office.policy
    after = replace(before, **rules)  # type: ignore[arg-type]
    is_open = (i.office == code, i.state.in_(OPEN), i.closed_at.is_(None))
    counts = (
        select(func.count()).select_from(t.invitations).where(*is_open),
        _erased(code, before.retention, after.retention),
        _full_jobs(code, after),
        _full_jobs(code, before),
    )
    row = (await tx.execute(select(*(each.scalar_subquery() for each in counts)))).one()
    names = [name for name in rules if getattr(before, name) != getattr(after, name)]
    changed = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return Foresight(office, changed, *row)


def _erased(code: str, before: timedelta | None, after: timedelta | None) -> Select[int]:
    """Those that would be due at once, and are not today."""
    if after is None:
        return select(literal(0))
    due = [i.office == code, IS_UNANSWERED, i.changed_at < func.now() - after]
    if before is not None:
        due.append(i.changed_at >= func.now() - before)
    return select(func.count()).select_from(t.invitations).where(*due)


def _full_jobs(code: str, policy: Policy) -> Select[int]:
    counted = (i.office == code, i.job_id.is_not(None), holds_a_place(literal(policy.expired_holds_place)))
    per_job = select(i.job_id).where(*counted).group_by(i.job_id).having(func.count() >= policy.places_per_job)
    return select(func.count()).select_from(per_job.subquery())
