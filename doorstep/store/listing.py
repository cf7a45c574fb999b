"""Long lists of invitations in pages, the newest first; a place stays where it is while rows are added."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

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


async def page(
    tx: AsyncConnection, actor: Actor, office: str, wanted: Wanted, *, after: str = "", limit: int
) -> Page[Invitation]:
    """At most `limit` invitations of an office in sight, from `after` on; those that this code cannot read left out.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    await sight.require_some(tx, actor, office)
    conditions = [i.office == office, *await sight.of_invitations(tx, actor), *_narrowed(office, wanted)]
    if after:
        conditions.append(tuple_(i.created_at, i.id) < tuple_(*_place_at(after)))
    query = select(i.id, i.created_at).where(*conditions).order_by(i.created_at.desc(), i.id.desc())
    found = page_of((await tx.execute(query.limit(limit + 1))).all(), limit, _place)
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
    return conditions


def _place(row: object) -> str:
    created_at, identifier = row.created_at, row.id  # type: ignore[attr-defined]
    return f"{created_at.astimezone(UTC).isoformat()}{MARK}{identifier.hex}"


def _place_at(place: str) -> tuple[datetime, UUID]:
    moment, _, identifier = place.partition(MARK)
    try:
        at = datetime.fromisoformat(moment)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)), UUID(identifier)
    except ValueError:
        raise cursor_invalid() from None
