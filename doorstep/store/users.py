"""Users of the portal: made by a set-up, active after approval, deleted by a refusal."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import parse_email
from doorstep.domain.errors import Invalid
from doorstep.domain.invitation import Invitation
from doorstep.store import tables as t
from doorstep.store.orders import NewUser

UNIQUE_USERNAME = "uq_users_username_key"
SHORTEST_USERNAME = 3
LONGEST_USERNAME = 254

u = t.users.c


@dataclass(frozen=True)
class User:
    """A user without the password."""

    id: UUID
    username: str
    name: str
    email: str
    state: str
    password_changed_at: datetime
    first_signed_in_at: datetime | None


@dataclass(frozen=True)
class Membership:
    """What a user was granted on one account of one office; no account means the office itself."""

    office: str
    office_name: str
    account_code: str | None
    account_name: str | None
    permissions: tuple[str, ...]


def username_key(username: str) -> str:
    """The form in which usernames are compared."""
    return unicodedata.normalize("NFC", username).strip().casefold()


def check_username(username: str) -> str:
    """The username as kept.

    Raises:
        Invalid: `username_invalid`.
    """
    text = unicodedata.normalize("NFC", username).strip()
    is_plain = text.isprintable() and not any(character.isspace() for character in text)
    if not (SHORTEST_USERNAME <= len(text) <= LONGEST_USERNAME and is_plain):
        sentence = f"Choose a username of {SHORTEST_USERNAME} to {LONGEST_USERNAME} characters without spaces."
        raise Invalid("username_invalid", sentence, field="username")
    return text


def username_taken() -> Invalid:
    """The refusal for a username that somebody has."""
    return Invalid("username_taken", "This username is taken. Choose another one.", field="username")


async def insert(tx: AsyncConnection, user_id: UUID, new: NewUser, invitation: Invitation) -> None:
    """Make the unapproved user of an invitation; it cannot sign in before approval (S4.41)."""
    email = parse_email(invitation.address)
    await tx.execute(
        t.users.insert().values(
            id=user_id,
            username=new.username,
            username_key=username_key(new.username),
            password_hash=new.password_hash,
            state="unapproved",
            name=new.name or invitation.name,
            email=email.typed,
            email_key=email.key,
        )
    )


_COLUMNS = (u.id, u.username, u.name, u.email, u.state, u.password_changed_at, u.first_signed_in_at)


async def by_username(tx: AsyncConnection, username: str) -> tuple[User, str] | None:
    """The user of that name and the hash of the password."""
    row = (
        await tx.execute(select(*_COLUMNS, u.password_hash).where(u.username_key == username_key(username)))
    ).one_or_none()
    return None if row is None else (User(*row[:-1]), row[-1])


async def by_id(tx: AsyncConnection, user_id: UUID) -> User | None:
    """The user, or None once deleted."""
    row = (await tx.execute(select(*_COLUMNS).where(u.id == user_id))).one_or_none()
    return None if row is None else User(*row)


async def by_name_or_address(tx: AsyncConnection, typed_key: str) -> User | None:
    """The user whom somebody who forgot the password means: by username, else by an address that is only theirs."""
    query = select(*_COLUMNS).where(or_(u.username_key == typed_key, u.email_key == typed_key))
    found = [User(*row) for row in await tx.execute(query.order_by((u.username_key == typed_key).desc()).limit(2))]
    if len(found) == 1 or (found and username_key(found[0].username) == typed_key):
        return found[0]
    return None


async def has_signed_in(tx: AsyncConnection, user_id: UUID | None) -> bool:
    """True once the user has signed in."""
    query = select(u.first_signed_in_at).where(u.id == user_id)
    return (await tx.execute(query)).scalar_one_or_none() is not None


async def note_sign_in(tx: AsyncConnection, user_id: UUID) -> bool:
    """Note the moment of a sign-in; False if the user may not sign in any more."""
    first = func.coalesce(u.first_signed_in_at, func.now())
    statement = update(t.users).where(u.id == user_id, u.state == "active")
    return (await tx.execute(statement.values(first_signed_in_at=first, last_signed_in_at=func.now()))).rowcount == 1


async def set_password(tx: AsyncConnection, user_id: UUID, password_hash: str) -> bool:
    """Keep a new password; False if the user is not active any more."""
    statement = update(t.users).where(u.id == user_id, u.state == "active")
    return (
        await tx.execute(statement.values(password_hash=password_hash, password_changed_at=func.now()))
    ).rowcount == 1


async def memberships(tx: AsyncConnection, user_id: UUID) -> list[Membership]:
    """What the portal home lists: each account with its own grants, in order of code."""
    m = t.memberships.c
    query = (
        select(m.office, t.offices.c.name, t.accounts.c.code, t.accounts.c.name, m.permissions)
        .join(t.offices, t.offices.c.code == m.office)
        .outerjoin(t.accounts, t.accounts.c.id == m.account_id)
        .where(m.user_id == user_id)
        .order_by(t.offices.c.name, t.accounts.c.code)
    )
    return [Membership(row[0], row[1], row[2], row[3], tuple(row[4])) for row in await tx.execute(query)]


async def belongs(tx: AsyncConnection, office: str, address_key: str, accounts: list[UUID]) -> bool:
    """True if an active user with that address already belongs to every one of `accounts` (or to the office)."""
    m = t.memberships.c
    query = (
        select(func.count(func.distinct(m.account_id)), func.count())
        .select_from(t.memberships.join(t.users, u.id == m.user_id))
        .where(u.email_key == address_key, m.office == office)
    )
    if accounts:
        query = query.where(m.account_id.in_(accounts))
    distinct, total = (await tx.execute(query)).one()
    return bool(distinct == len(accounts) if accounts else total > 0)
