"""Invitations as flat lines for a file, page by page in the order of their ids, so that memory stays flat."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.messages import Message
from doorstep.domain.pages import Page, id_at, page_of
from doorstep.domain.states import State
from doorstep.store import offices, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor

i = t.invitations.c
ia = t.invitation_accounts.c
ac = t.accounts.c
d = t.deliveries.c
u = t.users.c


@dataclass(frozen=True)
class InvitationLine:
    """One invitation as it stands; a list in a cell has a blank between its parts.

    `sent_at` and `delivered_at` are those of the first mail or text with a link; `first_signed_in_at` is the user's.
    """

    id: UUID
    office: str
    state: str
    address: str
    name: str
    username: str
    accounts: str
    job: str | None
    batch: UUID | None
    template: str
    locale: str
    roles: str
    permissions: str
    granted: str | None
    attention: str
    is_existing: bool
    is_test: bool
    invited_by: str
    decided_by: str | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    expires_at: datetime | None
    set_up_at: datetime | None
    decided_at: datetime | None
    activated_at: datetime | None
    first_signed_in_at: datetime | None
    expired_at: datetime | None
    closed_at: datetime | None
    since: datetime


@dataclass(frozen=True)
class InvitationFilter:
    """What narrows an export: an office, a state, the code of an account, a batch, and when they were created.

    An end of the window is a moment, or how long ago.
    """

    office: str | None = None
    state: State | None = None
    account: str | None = None
    batch: UUID | None = None
    since: datetime | timedelta | None = None
    until: datetime | timedelta | None = None


async def page(
    tx: AsyncConnection, actor: Actor, wanted: InvitationFilter, *, after: str = "", limit: int
) -> Page[InvitationLine]:
    """The next lines of those in sight, in the order in which they were created.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    if wanted.office is not None:
        await offices.get(tx, wanted.office)
        await sight.require_some(tx, actor, wanted.office)
    conditions = [*_narrowed(wanted), *await sight.of_invitations(tx, actor)]
    if after:
        conditions.append(i.id > id_at(after))
    rows = await tx.execute(_LINES.where(*conditions).order_by(i.id).limit(limit + 1))
    return page_of([InvitationLine(*row) for row in rows], limit, lambda line: line.id)


def _narrowed(wanted: InvitationFilter) -> list[ColumnElement[bool]]:
    exact = ((i.office, wanted.office), (i.state, wanted.state), (i.batch_id, wanted.batch))
    narrowed: list[ColumnElement[bool]] = [column == value for column, value in exact if value is not None]
    if wanted.account is not None:
        of_account = select(ia.invitation_id).join(t.accounts, ac.id == ia.account_id)
        narrowed.append(i.id.in_(of_account.where(ac.code == wanted.account)))
    narrowed += [] if wanted.since is None else [i.created_at >= _moment(wanted.since)]
    return narrowed if wanted.until is None else [*narrowed, i.created_at < _moment(wanted.until)]


def _moment(end: datetime | timedelta) -> ColumnElement[Any]:
    return func.now() - end if isinstance(end, timedelta) else literal(end)


def _first(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    theirs = (d.subject_id == i.id, d.message == Message.INVITATION)
    return select(func.min(moment)).where(*theirs).correlate(t.invitations).scalar_subquery()


def _words(column: ColumnElement[Any]) -> ColumnElement[str]:
    return func.array_to_string(column, " ")


_CODES = select(ac.code).join(t.invitation_accounts, ia.account_id == ac.id).where(ia.invitation_id == i.id)
_SPECIAL: dict[str, ColumnElement[Any]] = {
    "accounts": _words(func.array(_CODES.order_by(ac.code).scalar_subquery())),
    "job": select(t.jobs.c.name).where(t.jobs.c.id == i.job_id).scalar_subquery(),
    "batch": i.batch_id,
    "sent_at": _first(d.sent_at),
    "delivered_at": _first(d.delivered_at),
    "first_signed_in_at": select(u.first_signed_in_at).where(u.id == i.user_id).scalar_subquery(),
    **{name: _words(i[name]) for name in ("roles", "permissions", "granted", "attention")},
}
_LINES = select(*(_SPECIAL[each.name] if each.name in _SPECIAL else i[each.name] for each in fields(InvitationLine)))
