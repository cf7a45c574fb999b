"""Long lists of invitations in pages, the newest first; a place stays where it is while rows are added."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.invitation import Invitation
from doorstep.domain.pages import Page, cursor_invalid, page_of
from doorstep.domain.states import State
from doorstep.store import sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.loading import load_many

i = t.invitations.c
MARK = ".."


@dataclass(frozen=True)
class Wanted:
    """What narrows the list; None leaves a thing open. `account` and `job` are named as the office names them."""

    state: State | None = None
    account: str | None = None
    job: str | None = None
    batch: UUID | None = None
    contact: UUID | None = None
    attention: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    search: str = ""
    """A part of the name, of an address, or of the username."""


async def page(
    tx: AsyncConnection, actor: Actor, office: str, wanted: Wanted, *, after: str = "", limit: int
) -> Page[Invitation]:
    """At most `limit` invitations of an office in sight, from `after` on; those that this code cannot read left out.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    who = await sight.require_some(tx, actor, office)
    conditions = [*sight.invitations_of(who, office), *_narrowed(office, wanted)]
    if after:
        conditions.append(tuple_(i.created_at, i.id) < tuple_(*place_at(after)))
    query = select(i.id, i.created_at).where(*conditions).order_by(i.created_at.desc(), i.id.desc())
    rows = (await tx.execute(query.limit(limit + 1))).all()
    found = page_of(rows, limit, lambda row: place_of(row.created_at, row.id))
    ids = [row.id for row in found.items]
    loaded = {each.id: each for each in await load_many(tx, i.id.in_(ids), limit=limit)} if ids else {}
    return Page(tuple(loaded[each] for each in ids if each in loaded), found.next)


def _narrowed(office: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    equal = ((i.state, wanted.state), (i.batch_id, wanted.batch), (i.contact_id, wanted.contact))
    conditions = [column == value for column, value in equal if value is not None]
    if wanted.account is not None:
        ia, a = t.invitation_accounts.c, t.accounts.c
        account = select(a.id).where(a.office == office, a.code == wanted.account).scalar_subquery()
        conditions.append(exists().where(ia.invitation_id == i.id, ia.account_id == account))
    if wanted.job is not None:
        j = t.jobs.c
        conditions.append(i.job_id == select(j.id).where(j.office == office, j.name == wanted.job).scalar_subquery())
    if wanted.attention is not None:
        conditions.append(and_(i.attention != [], i.attention.contains([wanted.attention])))
    if wanted.created_after is not None:
        conditions.append(i.created_at > wanted.created_after)
    if wanted.created_before is not None:
        conditions.append(i.created_at < wanted.created_before)
    if wanted.search.strip():
        conditions.append(_matches(wanted.search.strip()))
    return conditions


def _matches(text: str) -> ColumnElement[bool]:
    """True of whoever's name, address or username holds `text`; of a number its digits count, however it is written."""
    keys = (i.address_key, i.other_key)
    found = [column.contains(address_key(text), autoescape=True) for column in keys]
    found += [column.icontains(text, autoescape=True) for column in (i.name, i.username)]
    if NUMBER.fullmatch(text):
        digits = "".join(letter for letter in text if letter.isdigit()).lstrip("0")
        found += [column.contains(digits) for column in keys]
    return or_(*found)


NUMBER = re.compile(r"[+0-9 ()/.-]{3,}")


def place_of(moment: datetime, identifier: UUID) -> str:
    """A place in a list that is in the order of a moment."""
    return f"{moment.astimezone(UTC).isoformat()}{MARK}{identifier.hex}"


def place_at(place: str) -> tuple[datetime, UUID]:
    """The moment and the id of a place.

    Raises:
        Invalid: `cursor_invalid`.
    """
    moment, _, identifier = place.partition(MARK)
    try:
        at = datetime.fromisoformat(moment)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)), UUID(identifier)
    except ValueError:
        raise cursor_invalid() from None
