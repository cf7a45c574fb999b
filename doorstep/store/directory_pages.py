"""Accounts and jobs page by page, each with what whoever looks may see (S1.3, T20).

A page is one statement: the order is that of an index, and the place where it begins is a value of that index.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority, Right, require
from doorstep.domain.errors import NotFound
from doorstep.domain.pages import Page, page_of
from doorstep.store import authority, offices, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.places import holds_a_place

a = t.accounts.c
j = t.jobs.c
i = t.invitations.c
o = t.offices.c
p = t.policies.c


@dataclass(frozen=True)
class AccountRecord:
    """An account as the ERP described it; closed once the ERP said so."""

    id: UUID
    office: str
    code: str
    name: str
    customer_type: str
    sales_rep: str
    price_list: str
    closed_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class AccountFilter:
    """What narrows a list of accounts; `search` goes over code and name (S1.6), the others are exact (S4.29)."""

    search: str = ""
    customer_type: str | None = None
    sales_rep: str | None = None
    price_list: str | None = None


@dataclass(frozen=True)
class JobPlaces:
    """A job, and how many of its places are taken (S2.1, S2.4)."""

    id: UUID
    office: str
    name: str
    created_at: datetime
    places: int
    taken: int

    @property
    def left(self) -> int:
        """How many more people can be invited."""
        return max(0, self.places - self.taken)


_ACCOUNT = select(*(a[name] for name in AccountRecord.__dataclass_fields__))
_taken = (
    select(func.count())
    .select_from(t.invitations)
    .where(i.job_id == j.id, holds_a_place(p.expired_holds_place))
    .correlate(t.jobs, t.policies)
    .scalar_subquery()
)
_JOB = (
    select(j.id, j.office, j.name, j.created_at, p.places_per_job, _taken)
    .join(t.offices, o.code == j.office)
    .join(t.policies, p.id == o.policy_id)
)


async def accounts(
    tx: AsyncConnection, actor: Actor, office: str, wanted: AccountFilter, *, after: str = "", limit: int
) -> Page[AccountRecord]:
    """The accounts of an office that match, in order of code.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    who = await sight.require_some(tx, actor, office)
    query = _ACCOUNT.where(a.office == office, a.code > after, *_narrowed(wanted), *sight.of_accounts(who, a.id))
    found = [AccountRecord(*row) for row in await tx.execute(query.order_by(a.code).limit(limit + 1))]
    if not found:
        await offices.get(tx, office)
    return page_of(found, limit, lambda account: account.code)


async def account(tx: AsyncConnection, actor: Actor, office: str, code: str) -> AccountRecord:
    """One account by its code.

    Raises:
        NotFound: `no_such_account`, also where it is out of sight.
    """
    return await account_seen(tx, await authority.of(tx, actor, office), office, code)


async def account_seen(tx: AsyncConnection, who: Authority, office: str, code: str) -> AccountRecord:
    """The same for somebody whose authority in the office is known already.

    Raises:
        NotFound: `no_such_account`.
    """
    row = (await tx.execute(_ACCOUNT.where(a.office == office, a.code == code))).one_or_none()
    if row is None:
        raise _no_such_account()
    require(who, Right.SEE, [row.id], _no_such_account())
    return AccountRecord(*row)


def _narrowed(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    exact = (
        (a.customer_type, wanted.customer_type),
        (a.sales_rep, wanted.sales_rep),
        (a.price_list, wanted.price_list),
    )
    narrowed: list[ColumnElement[bool]] = [column == value for column, value in exact if value is not None]
    text = wanted.search.strip()
    if text:
        narrowed.append(or_(*(column.icontains(text, autoescape=True) for column in (a.code, a.name))))
    return narrowed


async def jobs(
    tx: AsyncConnection, actor: Actor, office: str, *, search: str = "", after: str = "", limit: int
) -> Page[JobPlaces]:
    """The jobs of an office with their places, in order of name; of an assigned account's, for whoever is held to them.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    who = await sight.require_some(tx, actor, office)
    query = _JOB.where(j.office == office, j.name > after, *await _in_sight(tx, actor, who))
    if search.strip():
        query = query.where(j.name.icontains(search.strip(), autoescape=True))
    found = [JobPlaces(*row) for row in await tx.execute(query.order_by(j.name).limit(limit + 1))]
    if not found:
        await offices.get(tx, office)
    return page_of(found, limit, lambda job: job.name)


async def job(tx: AsyncConnection, actor: Actor, job_id: UUID) -> JobPlaces:
    """One job.

    Raises:
        NotFound: `no_such_job`, also where it is out of sight.
    """
    office = (await tx.execute(select(j.office).where(j.id == job_id))).scalar_one_or_none()
    if office is None:
        raise _no_such_job()
    who = await authority.of(tx, actor, office)
    if Right.SEE not in who.rights:
        raise _no_such_job()
    row = (await tx.execute(_JOB.where(j.id == job_id, *await _in_sight(tx, actor, who)))).one_or_none()
    if row is None:
        raise _no_such_job()
    return JobPlaces(*row)


async def _in_sight(tx: AsyncConnection, actor: Actor, who: Authority) -> list[ColumnElement[bool]]:
    """A job belongs to no account; somebody held to accounts sees it by an invitation that they see."""
    if who.sees_all:
        return []
    return [exists().where(i.job_id == j.id, *await sight.of_invitations(tx, actor))]


def _no_such_account() -> NotFound:
    return NotFound("no_such_account", "There is no such account.")


def _no_such_job() -> NotFound:
    return NotFound("no_such_job", "There is no such job.")
