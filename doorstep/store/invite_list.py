"""The list of those to invite: contacts without a username, narrowed by their accounts (S4.26, S4.29, S4.36)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority, Right, not_allowed
from doorstep.domain.batches import MOST_ROWS
from doorstep.domain.errors import Conflict
from doorstep.domain.invite_list import REP_TYPES, Asked, Choice, FilterChoices, InviteFilter, InviteList, InviteRow
from doorstep.domain.pages import id_at, page_of
from doorstep.domain.states import State
from doorstep.store import address_book, authority, sight
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.usernames import HAS_USERNAME, have_none

a = t.accounts.c
c = t.contacts.c
ca = t.contact_accounts.c
i = t.invitations.c


async def page(
    tx: AsyncConnection,
    actor: Actor,
    office: str,
    wanted: InviteFilter,
    *,
    after: str = "",
    limit: int,
    is_counted: bool = False,
) -> InviteList:
    """A page of the list in the order in which the contacts were made; with `is_counted` how many there are in all.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    who = await _require_inviter(tx, actor, office)
    conditions = [*_narrowed(who, office, wanted), ~HAS_USERNAME]
    if after:
        conditions.append(c.id > id_at(after))
    ids = select(c.id).where(*conditions).order_by(c.id).limit(limit + 1)
    found = await address_book.few(tx, who, ids)
    asked = await _asked(tx, who, office, [contact.id for contact in found])
    rows = [InviteRow(contact, asked.get(contact.id)) for contact in found]
    total = await _count(tx, [*_narrowed(who, office, wanted), have_none(office)]) if is_counted else None
    has_approvers = await _has_approvers(tx, office)
    found_page = page_of(rows, limit, lambda row: row.contact.id)
    return InviteList(found_page, await _choices(tx, who, office), has_approvers, total)


async def chosen(tx: AsyncConnection, actor: Actor, office: str, choice: Choice) -> list[UUID]:
    """The ids of those chosen, in order of name; one more than a batch may have. Nobody without an administrator.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Conflict: `no_approver` (S4.21, S4.23).
    """
    who = await _require_inviter(tx, actor, office)
    if not await _has_approvers(tx, office):
        sentence = "Nothing was sent: the office has no username administrator who could approve. Save one first."
        raise Conflict("no_approver", sentence)
    if choice.is_all:
        wanted = [*_narrowed(who, office, choice.wanted), have_none(office), c.id.not_in(choice.marks)]
    else:
        # Whoever got a username since is left to the batch, which says so beside the row.
        wanted = [c.office == office, c.id.in_(choice.marks), *([] if who.sees_all else [_on_account(who, office)])]
    query = select(c.id).where(*wanted).order_by(func.lower(c.name), c.id).limit(MOST_ROWS + 1)
    return list((await tx.execute(query)).scalars())


async def choices(tx: AsyncConnection, actor: Actor, office: str) -> FilterChoices:
    """What the filters are chosen from.

    Raises:
        Forbidden: `not_staff`, `not_allowed`.
    """
    return await _choices(tx, await _require_inviter(tx, actor, office), office)


async def _choices(tx: AsyncConnection, who: Authority, office: str) -> FilterChoices:
    """What the accounts in sight have in the three columns, each in its order, in one reading of the accounts."""
    columns = (a.customer_type, a.sales_rep, a.price_list)
    query = select(*columns).where(a.office == office, a.closed_at.is_(None), *sight.of_accounts(who, a.id))
    rows = (await tx.execute(query.group_by(func.grouping_sets(*columns)))).all()
    return FilterChoices(*(tuple(sorted({row[at] for row in rows} - {None, ""}, key=str.casefold)) for at in range(3)))


async def _require_inviter(tx: AsyncConnection, actor: Actor, office: str) -> Authority:
    who = await authority.standing(tx, actor, office)
    if Right.INVITE not in who.rights:
        raise not_allowed(Right.INVITE)
    return who


def _narrowed(who: Authority, office: str, wanted: InviteFilter) -> list[ColumnElement[bool]]:
    said = ((a.customer_type, wanted.customer_type), (a.sales_rep, wanted.sales_rep), (a.price_list, wanted.price_list))
    matches = [func.lower(column) == text.lower() for column, text in said if text]
    reps = select(ca.contact_id).join(t.accounts, a.id == ca.account_id)
    are_reps = c.id.in_(reps.where(a.office == office, func.lower(a.customer_type).in_(REP_TYPES)))
    conditions = [c.office == office, are_reps if wanted.are_reps else ~are_reps]
    return [*conditions, _on_account(who, office, *matches)] if matches or not who.sees_all else conditions


def _on_account(who: Authority, office: str, *matches: ColumnElement[bool]) -> ColumnElement[bool]:
    """True of those on an open account that matches, of the accounts in sight."""
    join = t.contact_accounts.join(t.accounts, a.id == ca.account_id)
    theirs = select(ca.contact_id).select_from(join).where(a.office == office, a.closed_at.is_(None))
    return c.id.in_(theirs.where(*matches, *sight.of_accounts(who, a.id)))


async def _asked(tx: AsyncConnection, who: Authority, office: str, contacts: Sequence[UUID]) -> dict[UUID, Asked]:
    """The newest open invitation of each."""
    if not contacts:
        return {}
    is_open = (i.contact_id.in_(contacts), i.state == State.PENDING, ~i.is_test, *sight.invitations_of(who, office))
    query = select(i.contact_id, i.id, i.expires_at).where(*is_open).order_by(i.created_at)
    return {contact: Asked(identifier, expires_at) for contact, identifier, expires_at in await tx.execute(query)}


async def _has_approvers(tx: AsyncConnection, office: str) -> bool:
    return bool((await tx.execute(select(exists().where(t.approvers.c.office == office)))).scalar_one())


async def _count(tx: AsyncConnection, wanted: Sequence[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(t.contacts).where(*wanted)
    return int((await tx.execute(query)).scalar_one())
