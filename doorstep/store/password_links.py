"""Links to set a password: forgotten ones, and the first one of a user who was added directly (S4.12).

Of forgotten ones there is a row a request, whoever asked, so that known and unknown names look alike (T08).

States: `asked` (the workflow has to look who is meant), `sent` (a link is out), then `used`, `expired`, or `moot` for
whoever needed no link.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.passwords import RESET_VALIDITY
from doorstep.store import tables as t

p = t.password_links.c
FORGOT, SET_PASSWORD, STAFF = "forgot", "set_password", "staff"


@dataclass(frozen=True)
class PasswordLink:
    """A request for a new password, as of `now`: of a user, or of the login of a member of staff."""

    id: UUID
    user_id: UUID | None
    asked_key: str
    state: str
    kind: str
    office: str | None
    template: str
    rev: int
    expires_at: datetime | None
    now: datetime
    login_id: UUID | None = None

    @property
    def is_live(self) -> bool:
        """True while its link opens the form."""
        return self.state == "sent" and self.expires_at is not None and self.now < self.expires_at


async def insert(tx: AsyncConnection, identifier: UUID, asked_key: str) -> None:
    """Note that somebody asked."""
    await tx.execute(t.password_links.insert().values(id=identifier, asked_key=asked_key, state="asked"))


async def insert_first(tx: AsyncConnection, identifier: UUID, user_id: UUID, office: str, template: str) -> None:
    """Note that a new user of way A needs the link for the first password (S4.12)."""
    values = {"user_id": user_id, "asked_key": "", "kind": SET_PASSWORD, "office": office, "template": template}
    await tx.execute(t.password_links.insert().values(id=identifier, state="asked", **values))


async def insert_of_staff(tx: AsyncConnection, identifier: UUID, asked_key: str) -> None:
    """Note that somebody asked for a link to the Team Hub."""
    await tx.execute(t.password_links.insert().values(id=identifier, asked_key=asked_key, state="asked", kind=STAFF))


async def insert_told(tx: AsyncConnection, identifier: UUID, login_id: UUID, asked_key: str) -> None:
    """Note that somebody who signs in to the Team Hub is told of something; no link goes out with it."""
    values = {"id": identifier, "login_id": login_id, "asked_key": asked_key, "state": "moot", "kind": STAFF}
    await tx.execute(t.password_links.insert().values(**values))


async def get(tx: AsyncConnection, identifier: UUID, *, for_update: bool = False) -> PasswordLink | None:
    """The request, or None."""
    own = (p.id, p.user_id, p.asked_key, p.state, p.kind, p.office, p.template, p.rev, p.expires_at)
    query = select(*own, func.now(), p.login_id).where(p.id == identifier)
    row = (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()
    return None if row is None else PasswordLink(*row)


async def move(tx: AsyncConnection, identifier: UUID, from_state: str, **values: object) -> bool:
    """The guarded statement of a request."""
    statement = update(t.password_links).where(p.id == identifier, p.state == from_state)
    changed = {"rev": p.rev + 1, "changed_at": func.now()} | values
    return (await tx.execute(statement.values(**changed))).rowcount == 1


async def run_clock(tx: AsyncConnection, identifier: UUID, since: datetime) -> None:
    """Let the link live from the moment at which its message is handed over."""
    row = update(t.password_links).where(p.id == identifier)
    await tx.execute(row.values(expires_at=since + RESET_VALIDITY))


async def use(tx: AsyncConnection, identifier: UUID) -> bool:
    """Consume a live link; False when it is used, expired or superseded."""
    statement = update(t.password_links).where(p.id == identifier, p.state == "sent", p.expires_at > func.now())
    values = {"state": "used", "rev": p.rev + 1, "changed_at": func.now()}
    return (await tx.execute(statement.values(**values))).rowcount == 1


async def end_others(tx: AsyncConnection, user_id: UUID, identifier: UUID) -> None:
    """One change of password ends every other link of that user."""
    statement = update(t.password_links).where(p.user_id == user_id, p.id != identifier, p.state == "sent")
    await tx.execute(statement.values(state="moot", rev=p.rev + 1, changed_at=func.now()))


async def end_others_of_login(tx: AsyncConnection, login_id: UUID, identifier: UUID) -> None:
    """The same for the login of a member of staff."""
    statement = update(t.password_links).where(p.login_id == login_id, p.id != identifier, p.state == "sent")
    await tx.execute(statement.values(state="moot", rev=p.rev + 1, changed_at=func.now()))


async def end_all(tx: AsyncConnection, user_id: UUID) -> None:
    """The password was set by another door: no link of that user opens anything any more."""
    statement = update(t.password_links).where(p.user_id == user_id, p.state.in_(("asked", "sent")))
    await tx.execute(statement.values(state="moot", rev=p.rev + 1, changed_at=func.now()))


async def see(tx: AsyncConnection, identifier: UUID, rev: int) -> None:
    """Note up to which revision the workflow has acted."""
    await tx.execute(
        update(t.password_links)
        .where(p.id == identifier)
        .values(seen_rev=func.greatest(p.seen_rev, rev), wakes=0, woken_at=None)
    )
