"""Offices, their versioned policies and their username administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import and_, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import EmailAddress
from doorstep.domain.authority import Right
from doorstep.domain.editions import edition_of, edition_of_approvers, require_same
from doorstep.domain.errors import Conflict, Invalid, NotFound
from doorstep.domain.events import Event
from doorstep.domain.invitation import Office
from doorstep.domain.policy import MAX_APPROVERS, Policy
from doorstep.domain.states import State
from doorstep.store import asking, audit, authority
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.loading import OFFICE_FIELDS, POLICY_COLUMNS

o = t.offices.c
DEFAULTS = {"region": "NZ", "locale": "en_NZ", "time_zone": "Pacific/Auckland"}


@dataclass(frozen=True)
class Front:
    """What the pages show of an office, and the address at which its people reach them."""

    code: str
    name: str
    locale: str
    time_zone: str
    public_url: str
    help_email: str
    help_phone: str
    client_guide: str


async def fronts(tx: AsyncConnection) -> list[Front]:
    """The fronts of all offices."""
    columns = [o[name] for name in Front.__dataclass_fields__]
    return [Front(*row) for row in await tx.execute(select(*columns).order_by(o.code))]


async def front(tx: AsyncConnection, code: str) -> Front:
    """The front of one office, in one statement.

    Raises:
        NotFound: `no_such_office`.
    """
    columns = [o[name] for name in Front.__dataclass_fields__]
    row = (await tx.execute(select(*columns).where(o.code == code))).one_or_none()
    if row is None:
        raise _no_such_office(code)
    return Front(*row)


async def get(tx: AsyncConnection, code: str, *, is_sending: bool = False) -> Office:
    """The office with its present policy and administrators; `is_sending` keeps the last one there until the commit.

    Raises:
        NotFound: `no_such_office`, with the command that makes it.
    """
    own = [o[name] for name in OFFICE_FIELDS]
    query = (
        select(*own, *POLICY_COLUMNS, t.policies.c.id, t.policies.c.version)
        .select_from(t.offices.join(t.policies, t.policies.c.id == o.policy_id))
        .where(o.code == code)
    )
    if is_sending:  # the lock that the new row's reference takes anyway; the administrators are read under it
        query = query.with_for_update(read=True, key_share=True, of=t.offices)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise _no_such_office(code)
    approvers = select(t.approvers.c.address).where(t.approvers.c.office == code).order_by(t.approvers.c.address)
    addresses = (await tx.execute(approvers)).scalars().all()
    rules = dict(zip((c.name for c in POLICY_COLUMNS), row[len(own) : -2], strict=True))
    policy = Policy(**rules | {"required_fields": tuple(rules["required_fields"])})
    return Office(
        code=code,
        **dict(zip(OFFICE_FIELDS, row[: len(own)], strict=True)),
        policy=policy,
        policy_id=row[-2],
        policy_version=row[-1],
        approvers=tuple(addresses),
    )


async def hour(tx: AsyncConnection, code: str) -> datetime:
    """The hour of asking, for an office that is there: in one statement, where nothing else of it is wanted.

    Raises:
        NotFound: `no_such_office`.
    """
    now, is_there = (await tx.execute(select(func.now(), exists().where(o.code == code)))).one()
    if not is_there:
        await get(tx, code)
    return now


def _no_such_office(code: str) -> NotFound:
    sentence = f"There is no office {code[:20]!r}. Make it first: doorstep office set {code[:20]}"
    return NotFound("no_such_office", sentence)


async def codes(tx: AsyncConnection) -> list[str]:
    """The codes of all offices."""
    return list((await tx.execute(select(o.code).order_by(o.code))).scalars())


async def put(
    tx: AsyncConnection,
    actor: Actor,
    code: str,
    own: Mapping[str, object],
    rules: Mapping[str, object],
    *,
    seen: str | None = None,
) -> Office:
    """Make or change an office; changed rules become a new version of the policy.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Invalid: `unknown_template` (S1.16); Changed: `changed_meanwhile`, where
            its edition is not the one that was `seen`.
    """
    await authority.require_in_office(tx, actor, code, Right.SETTINGS)
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"office/{code}", 0))))
    if (await tx.execute(select(o.code).where(o.code == code))).one_or_none() is None:
        require_same(seen, None)
        policy_id = await _add_policy(tx, code, 1, replace(Policy(), **rules))  # type: ignore[arg-type]
        values = DEFAULTS | {"name": code.upper()} | dict(own)
        await tx.execute(t.offices.insert().values(code=code, policy_id=policy_id, **values))
    else:
        present = await get(tx, code)
        require_same(seen, edition_of(present))
        wanted = replace(present.policy, **rules)  # type: ignore[arg-type]
        changed: dict[str, object] = dict(own)
        if wanted != present.policy:
            changed["policy_id"] = await _add_policy(tx, code, present.policy_version + 1, wanted)
        if changed:
            await tx.execute(t.offices.update().where(o.code == code).values(**changed))
    made = await get(tx, code)
    await asking.require_template(tx, made, made.welcome_template if "welcome_template" in own else "")
    detail = {"office": code, "changed": sorted([*own, *rules])}
    await audit.record(tx, Event.OFFICE_SET, actor, subject_id=None, detail=detail)
    return made


async def _add_policy(tx: AsyncConnection, code: str, version: int, policy: Policy) -> int:
    values = asdict(policy) | {"required_fields": list(policy.required_fields)}
    made = t.policies.insert().values(office=code, version=version, **values).returning(t.policies.c.id)
    policy_id: int = (await tx.execute(made)).scalar_one()
    return policy_id


async def set_approvers(
    tx: AsyncConnection, actor: Actor, code: str, addresses: Sequence[EmailAddress], *, seen: str | None = None
) -> Office:
    """Replace the username administrators of an office: one to three (S4.21, S4.22).

    Raises:
        Invalid: `approvers_count`; NotFound: `no_such_office`; Forbidden: not allowed; Changed: `changed_meanwhile`,
            where the list is not the one that was `seen`.
    """
    distinct = {address.key: address for address in addresses}
    if not 1 <= len(distinct) <= MAX_APPROVERS:
        sentence = f"An office has one to {MAX_APPROVERS} username administrators; {len(distinct)} were given."
        raise Invalid("approvers_count", sentence, field="approvers")
    await _locked(tx, actor, code)
    if seen is not None:
        require_same(seen, edition_of_approvers(await get(tx, code)))
    await tx.execute(delete(t.approvers).where(t.approvers.c.office == code))
    rows = [{"office": code, "address_key": a.key, "address": a.typed} for a in distinct.values()]
    await tx.execute(insert(t.approvers), rows)
    return await _note_approvers(tx, actor, code, len(rows))


async def remove_approver(tx: AsyncConnection, actor: Actor, code: str, address: EmailAddress) -> Office:
    """Take one username administrator off the list; the last one only while nothing is open.

    Raises:
        NotFound: `no_such_approver`; Conflict: `last_approver`; Forbidden: not allowed.
    """
    await _locked(tx, actor, code)
    a = t.approvers.c
    keys = set((await tx.execute(select(a.address_key).where(a.office == code))).scalars())
    if address.key not in keys:
        raise NotFound("no_such_approver", f"That address is no username administrator of office {code}.")
    is_open = 0 if len(keys) > 1 else await _count_undecided(tx, code)
    if is_open:
        sentence = f"{is_open} invitations of office {code} are open, and nobody else could approve them."
        remedy = f"Name another administrator first: doorstep approvers set {code} ADDRESS"
        raise Conflict("last_approver", f"{sentence} {remedy}")
    await tx.execute(delete(t.approvers).where(a.office == code, a.address_key == address.key))
    return await _note_approvers(tx, actor, code, len(keys) - 1)


async def _locked(tx: AsyncConnection, actor: Actor, code: str) -> None:
    """Lock the office for whoever may change its administrators: lists are replaced one after the other.

    Whoever is about to commit an invitation of the office has the row too, so none is overlooked.
    """
    await get(tx, code)
    await authority.require_in_office(tx, actor, code, Right.SETTINGS)
    await tx.execute(select(o.code).where(o.code == code).with_for_update())


async def _count_undecided(tx: AsyncConnection, code: str) -> int:
    """How many invitations somebody will have to decide about; an expired one can still be sent again."""
    i = t.invitations.c
    is_open = and_(i.state.in_((State.PENDING, State.AWAITING_APPROVAL, State.EXPIRED)), i.closed_at.is_(None))
    query = select(func.count()).select_from(t.invitations).where(i.office == code, is_open)
    count: int = (await tx.execute(query)).scalar_one()
    return count


async def _note_approvers(tx: AsyncConnection, actor: Actor, code: str, count: int) -> Office:
    detail = {"office": code, "count": count}
    await audit.record(tx, Event.APPROVERS_SET, actor, subject_id=None, detail=detail)
    return await get(tx, code)
