"""What the pages about clients and companies show, each in a few queries however many rows there are (S3.4, S1.7)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority
from doorstep.domain.clients import Choices, Client, Portal
from doorstep.domain.contact import Contact
from doorstep.domain.errors import NotFound
from doorstep.domain.group_roles import bundles
from doorstep.domain.invitation import Account, Invitation
from doorstep.domain.messages import Message
from doorstep.domain.pages import Page
from doorstep.domain.states import OPEN, State
from doorstep.store import address_book, authority, directory_pages, sight, users
from doorstep.store import tables as t
from doorstep.store.address_book import Search
from doorstep.store.asking import BUILT_IN_WELCOME
from doorstep.store.audit import Actor
from doorstep.store.directory_pages import AccountRecord
from doorstep.store.loading import load_many
from doorstep.store.users import User

a = t.accounts.c
i = t.invitations.c
ia = t.invitation_accounts.c
m = t.memberships.c
o = t.offices.c
p = t.policies.c
u = t.users.c
NEWEST = 20
"""Invitations of one contact that its page shows."""


@dataclass(frozen=True)
class Company:
    """An account with the first of its contacts, users and open invitations (S1.7)."""

    account: AccountRecord
    contacts: tuple[Contact, ...]
    users: tuple[User, ...]
    invitations: tuple[Invitation, ...]


async def page(
    tx: AsyncConnection, actor: Actor, office: str, wanted: Search, *, after: str = "", limit: int
) -> Page[Client]:
    """Contacts that match, each with the state of the newest invitation.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    found = await address_book.page(tx, actor, office, wanted, after=after, limit=limit)
    who = await authority.of(tx, actor, office)
    states = await _newest(tx, who, office, [contact.id for contact in found.items])
    return Page(tuple(Client(contact, states.get(contact.id)) for contact in found.items), found.next)


async def _newest(tx: AsyncConnection, who: Authority, office: str, contacts: Sequence[UUID]) -> dict[UUID, State]:
    if not contacts:
        return {}
    query = select(i.contact_id, i.state).ext(distinct_on(i.contact_id))
    theirs = query.where(i.contact_id.in_(contacts), ~i.is_test, *sight.invitations_of(who, office))
    rows = await tx.execute(theirs.order_by(i.contact_id, i.created_at.desc(), i.id.desc()))
    known = {state.value: state for state in State}
    # A state from the future is left out and hides no row (F20).
    return {contact: known[state] for contact, state in rows if state in known}


async def portal(tx: AsyncConnection, actor: Actor, contact_id: UUID) -> Portal:
    """What the Portal tab of a contact shows.

    Raises:
        NotFound: `no_such_contact`.
    """
    contact, who = await address_book.seen(tx, actor, contact_id)
    theirs = select(i.id).where(i.contact_id == contact_id, *sight.invitations_of(who, contact.office))
    newest = theirs.order_by(i.created_at.desc(), i.id.desc()).limit(NEWEST)
    found = await load_many(tx, i.id.in_(newest), limit=NEWEST)
    facts = await _facts(tx, contact.office)
    settled = await _settled(tx, found)
    return Portal(contact, tuple(found), settled, facts.templates, facts.has_approvers, facts.groups)


async def _settled(tx: AsyncConnection, found: Sequence[Invitation]) -> frozenset[UUID]:
    active = [each.id for each in found if each.state is State.ACTIVE]
    if not active:
        return frozenset()
    query = select(i.id).where(i.id.in_(active), ~users.never_signed_in_since_activation())
    return frozenset((await tx.execute(query)).scalars())


async def company(tx: AsyncConnection, actor: Actor, office: str, code: str, *, limit: int) -> Company:
    """One company, with the first `limit` of each kind that belongs to it, as far as it is in sight.

    Raises:
        NotFound: `no_such_account`, also where it is out of sight (S1.3).
    """
    who = await authority.of(tx, actor, office)
    account = await directory_pages.account_seen(tx, who, office, code)
    contacts = await address_book.of_account(tx, who, account.id, limit=limit)
    members = select(m.user_id).where(m.account_id == account.id)
    known = await users.found(tx, u.id.in_(members), limit=limit)
    of_it = select(ia.invitation_id).where(ia.account_id == account.id)
    is_open = (i.state.in_(OPEN), i.closed_at.is_(None), *sight.invitations_of(who, office))
    newest = select(i.id).where(i.id.in_(of_it), *is_open).order_by(i.created_at.desc()).limit(limit)
    invitations = await load_many(tx, i.id.in_(newest), limit=limit)
    return Company(account, tuple(contacts), tuple(known), tuple(invitations))


async def choices(tx: AsyncConnection, actor: Actor, office: str, *, limit: int) -> Choices:
    """What somebody who adds a client chooses from: templates, and the first open accounts in sight.

    Raises:
        NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
    """
    who = await sight.require_some(tx, actor, office)
    wanted = (a.office == office, a.closed_at.is_(None), *sight.of_accounts(who, a.id))
    first = select(a.id, a.code, a.name).where(*wanted).order_by(a.code).limit(limit)
    rows = await tx.execute(first) if limit else ()
    return replace(await _facts(tx, office), accounts=tuple(Account(*row) for row in rows))


async def _facts(tx: AsyncConnection, office: str) -> Choices:
    """The welcome templates and group roles of an office, what it insists on, and whether anybody could approve."""
    own = select(t.templates.c.name).where(t.templates.c.office == office, t.templates.c.message == Message.WELCOME)
    g = t.group_roles.c
    groups = select(func.jsonb_object_agg(g.name, g.roles)).where(g.office == office).scalar_subquery()
    judges = exists().where(t.approvers.c.office == office)
    columns = (func.array(own.scalar_subquery()), p.required_fields, p.account_required, judges, groups)
    query = select(*columns).select_from(t.offices.join(t.policies, o.policy_id == p.id)).where(o.code == office)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("no_such_office", "There is no such office.")
    names, required_fields, account_required, has_approvers, own_groups = row
    templates = tuple(dict.fromkeys([BUILT_IN_WELCOME, *sorted(names)]))
    grouped = bundles((own_groups or {}).items())
    return Choices(templates, (), tuple(required_fields), account_required, has_approvers, grouped)
