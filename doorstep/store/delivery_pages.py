"""Deliveries page by page: of one invitation, or of all that an office sent; newest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.messages import Channel, DeliveryStatus, Message
from doorstep.domain.pages import Page, id_at, page_of
from doorstep.store import offices, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor

d = t.deliveries.c
i = t.invitations.c


@dataclass(frozen=True)
class DeliveryRecord:
    """One message to one recipient and how far it got; `subject_id` is the invitation, or what else it is about."""

    id: UUID
    subject_id: UUID
    message: Message
    generation: int
    recipient: str
    channel: Channel
    status: DeliveryStatus
    attempts: int
    cause: str
    reply_code: int | None
    created_at: datetime
    handed_over_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None


_QUERY = select(*(d[name] for name in DeliveryRecord.__dataclass_fields__))


@dataclass(frozen=True)
class DeliveryFilter:
    """What narrows a list of deliveries; None leaves it as wide as it is."""

    status: DeliveryStatus | None = None
    channel: Channel | None = None
    message: Message | None = None
    since: datetime | None = None


async def of_invitation(
    tx: AsyncConnection, invitation_id: UUID, wanted: DeliveryFilter, *, after: str = "", limit: int
) -> Page[DeliveryRecord]:
    """The deliveries of an invitation, which has to be in the sight of whoever looks.

    Raises:
        Invalid: `cursor_invalid`.
    """
    return await _page(tx, [d.subject_id == invitation_id, *_narrowed(wanted)], after, limit)


async def of_office(
    tx: AsyncConnection, actor: Actor, office: str, wanted: DeliveryFilter, *, after: str = "", limit: int
) -> Page[DeliveryRecord]:
    """The deliveries of all invitations of an office that are in sight.

    Whoever sees everything there sees what went to users and owners of webhooks beside invitations too.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    who = await sight.require_some(tx, actor, office)
    of_invitations = exists().where(i.id == d.subject_id, i.office == office)
    if who.sees_all:
        links, hooks = t.password_links.c, t.webhooks.c
        of_users = exists().where(links.id == d.subject_id, links.office == office)
        of_owners = exists().where(hooks.id == d.subject_id, hooks.office == office)
        theirs: ColumnElement[bool] = or_(of_invitations, of_users, of_owners)
    else:
        theirs = of_invitations.where(*await sight.of_invitations(tx, actor))
    found = await _page(tx, [theirs, *_narrowed(wanted)], after, limit)
    if not found.items:
        await offices.get(tx, office)
    return found


def _narrowed(wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    exact = ((d.status, wanted.status), (d.channel, wanted.channel), (d.message, wanted.message))
    narrowed = [column == value for column, value in exact if value is not None]
    return narrowed if wanted.since is None else [*narrowed, d.created_at >= wanted.since]


async def _page(tx: AsyncConnection, wanted: list[ColumnElement[bool]], after: str, limit: int) -> Page[DeliveryRecord]:
    # Ids are made from the time, so that their order is that of the messages.
    if after:
        wanted.append(d.id < id_at(after))
    query = _QUERY.where(*wanted).order_by(d.id.desc()).limit(limit + 1)
    return page_of([_read(row) for row in await tx.execute(query)], limit, lambda delivery: delivery.id)


def _read(row: object) -> DeliveryRecord:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name
    kinds = {"message": Message, "channel": Channel, "status": DeliveryStatus}
    return DeliveryRecord(**values | {name: kind(values[name]) for name, kind in kinds.items()})
