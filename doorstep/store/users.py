"""Users of the portal: made by a set-up, active after approval, deleted by a refusal."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import parse_email
from doorstep.domain.errors import Invalid
from doorstep.domain.invitation import Invitation
from doorstep.store import tables as t
from doorstep.store.engine import violated_constraint
from doorstep.store.orders import NewUser
from doorstep.store.person import known

UNIQUE_USERNAME = "uq_users_username_key"
SHORTEST_USERNAME = 3
LONGEST_USERNAME = 254

u = t.users.c


@dataclass(frozen=True)
class User:
    """A user without the password; `pair_id` is the management login that a staff login belongs to (S4.10)."""

    id: UUID
    username: str
    name: str
    email: str
    phone: str
    state: str
    has_password: bool
    pair_id: UUID | None
    is_test: bool
    password_changed_at: datetime
    first_signed_in_at: datetime | None

    @property
    def address(self) -> str:
        """Where messages to the user go: by mail, or by text where no address is known."""
        return self.email or self.phone


@dataclass(frozen=True)
class Membership:
    """What a user was granted on one account of one office; no account means the office itself."""

    office: str
    office_name: str
    account_code: str | None
    account_name: str | None
    permissions: tuple[str, ...]
    relationship: str = "customer"
    account_id: UUID | None = None
    id: UUID | None = None


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


async def insert(tx: AsyncConnection, new: NewUser, invitation: Invitation) -> User:
    """The unapproved user of an invitation, made now; it cannot sign in before approval (S4.41).

    Raises:
        Invalid: `username_taken`.
    """
    email = parse_email(invitation.email) if invitation.email else None
    values = {
        "id": uuid7(),
        "username": new.username,
        "username_key": username_key(new.username),
        "password_hash": new.password_hash,
        "state": "unapproved",
        "name": new.name or invitation.name,
        "email": "" if email is None else email.typed,
        "email_key": "" if email is None else email.key,
        "phone": invitation.phone,
        "phone_key": invitation.phone,
        "is_test": invitation.is_test,
    }
    try:
        made = await tx.execute(t.users.insert().values(**values).returning(*_COLUMNS))
    except IntegrityError as error:
        if violated_constraint(error) == UNIQUE_USERNAME:
            raise username_taken() from None
        raise
    return User(*made.one())


_COLUMNS = (
    *(u.id, u.username, u.name, u.email, u.phone, u.state, u.password_hash.is_not(None).label("has_password")),
    *(u.pair_id, u.is_test, u.password_changed_at, u.first_signed_in_at),
)


async def person(tx: AsyncConnection, keys: Sequence[str], *, is_test: bool) -> User | None:
    """The user that somebody with these addresses has; of several the one that can sign in, the oldest first.

    A number alone that several people have tells nobody which of them is meant.
    """
    best = (u.password_hash.is_not(None).desc(), (u.state == "active").desc(), u.created_at, u.id)
    query = select(*_COLUMNS).where(known(keys, is_test=is_test)).order_by(*best).limit(LIKELY)
    found = [User(*row) for row in await tx.execute(query)]
    is_shared = len({user.email.casefold() for user in found if user.email}) > 1
    return None if not found or is_shared else found[0]


LIKELY = 20
"""Users under one address; more is no person."""


async def lock(tx: AsyncConnection, user_id: UUID | None) -> bool:
    """Let one transaction at a time decide what becomes of a user; False once there is none."""
    if user_id is None:
        return False
    query = select(u.id).where(u.id == user_id).with_for_update(key_share=True)
    return (await tx.execute(query)).one_or_none() is not None


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
    by_address = and_(or_(u.email_key == typed_key, u.phone_key == typed_key), u.pair_id.is_(None))
    query = select(*_COLUMNS).where(or_(u.username_key == typed_key, by_address))
    found = [User(*row) for row in await tx.execute(query.order_by((u.username_key == typed_key).desc()).limit(2))]
    if len(found) == 1 or (found and username_key(found[0].username) == typed_key):
        return found[0]
    return None


def never_signed_in_since_activation() -> ColumnElement[bool]:
    """The guard of S2.10 and S2.11 in a statement about an invitation; an existing user may have been in before."""
    i = t.invitations.c
    is_new = or_(u.last_signed_in_at.is_(None), u.last_signed_in_at < i.activated_at)
    return exists().where(u.id == i.user_id, is_new)


async def has_signed_in(tx: AsyncConnection, user_id: UUID | None, since: datetime | None) -> bool:
    """True once the user has signed in after `since`."""
    query = select(u.last_signed_in_at).where(u.id == user_id)
    last = (await tx.execute(query)).scalar_one_or_none()
    return last is not None and (since is None or last >= since)


async def note_sign_in(tx: AsyncConnection, user_id: UUID) -> bool:
    """Note the moment of a sign-in; False if the user may not sign in any more."""
    first = func.coalesce(u.first_signed_in_at, func.now())
    statement = update(t.users).where(u.id == user_id, u.state == "active")
    return (await tx.execute(statement.values(first_signed_in_at=first, last_signed_in_at=func.now()))).rowcount == 1


async def set_password(tx: AsyncConnection, user_id: UUID, password_hash: str) -> bool:
    """Keep a new password, the first one too; False if the user may not sign in any more."""
    statement = update(t.users).where(u.id == user_id, u.state.in_(("active", "setup_pending")))
    values = {"password_hash": password_hash, "password_changed_at": func.now(), "state": "active"}
    return (await tx.execute(statement.values(**values))).rowcount == 1


async def office_of(tx: AsyncConnection, user: User) -> str | None:
    """The office that messages to a user come from: the first that they belong to, or were invited by."""
    i, m = t.invitations.c, t.memberships.c
    owner = user.pair_id or user.id
    joined = select(m.office, m.created_at.label("at")).where(m.user_id == owner)
    invited = select(i.office, i.created_at.label("at")).where(i.user_id == owner)
    either = joined.union_all(invited).subquery()
    query = select(either.c.office).order_by(either.c.at).limit(1)
    office: str | None = (await tx.execute(query)).scalar_one_or_none()
    return office


async def staff_login_of(tx: AsyncConnection, user_id: UUID) -> User | None:
    """The staff login beside a management login (S4.9)."""
    row = (await tx.execute(select(*_COLUMNS).where(u.pair_id == user_id))).one_or_none()
    return None if row is None else User(*row)


async def found(tx: AsyncConnection, *wanted: ColumnElement[bool], limit: int) -> list[User]:
    """Users that match, in order of username."""
    query = select(*_COLUMNS).where(*wanted).order_by(u.username_key).limit(limit)
    return [User(*row) for row in await tx.execute(query)]


async def memberships(tx: AsyncConnection, user_id: UUID) -> list[Membership]:
    """What the portal home lists: each account with its own grants, in order of code."""
    return (await memberships_of(tx, [user_id])).get(user_id, [])


async def memberships_of(tx: AsyncConnection, user_ids: Sequence[UUID]) -> dict[UUID, list[Membership]]:
    """The same for several users at once."""
    m = t.memberships.c
    query = (
        select(
            *(m.user_id, m.office, t.offices.c.name, t.accounts.c.code, t.accounts.c.name),
            *(m.permissions, m.relationship, m.account_id, m.id),
        )
        .join(t.offices, t.offices.c.code == m.office)
        .outerjoin(t.accounts, t.accounts.c.id == m.account_id)
        .where(m.user_id.in_(user_ids))
        .order_by(t.offices.c.name, t.accounts.c.code)
    )
    belongs: dict[UUID, list[Membership]] = {}
    for row in await tx.execute(query):
        one = Membership(row[1], row[2], row[3], row[4], tuple(row[5]), *row[6:9])
        belongs.setdefault(row[0], []).append(one)
    return belongs
