"""Logins of staff that are tied to a person of an OpenID Connect provider: by issuer and subject, never by a name."""

from uuid import UUID

from sqlalchemy import not_, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import authority, staff_logins
from doorstep.store import tables as t
from doorstep.store.staff_logins import StaffLogin

sl = t.staff_logins.c


async def tied(tx: AsyncConnection, issuer: str, subject: str) -> StaffLogin | None:
    """The login that is tied to that person, if its address still works anywhere."""
    theirs = (sl.oidc_issuer == issuer, sl.oidc_subject == subject, authority.is_known(sl.address_key))
    row = (await tx.execute(staff_logins.query().where(*theirs))).mappings().one_or_none()
    return None if row is None else staff_logins.read(row)


async def tie(tx: AsyncConnection, address: str, issuer: str, subject: str) -> StaffLogin | None:
    """Tie the login of a verified address that an office saved; None for any other, or where somebody else is tied.

    An address may be given to another person one day, so the first one who came keeps it. A tie to a provider that is
    not ours any more holds nobody back, nor does one of an address that works nowhere any more.
    """
    saved = await staff_logins.known_address(tx, address)
    if saved is None:
        return None
    left = (sl.oidc_issuer == issuer, sl.oidc_subject == subject, not_(authority.is_known(sl.address_key)))
    await tx.execute(update(t.staff_logins).where(*left).values(oidc_issuer=None, oidc_subject=None))
    login_id = await staff_logins.make(tx, saved)
    is_free = or_(sl.oidc_issuer.is_(None), sl.oidc_issuer != issuer)
    mine = update(t.staff_logins).where(sl.id == login_id, is_free)
    done = await tx.execute(mine.values(oidc_issuer=issuer, oidc_subject=subject))
    return await staff_logins.by_id(tx, login_id) if done.rowcount == 1 else None


async def untie(tx: AsyncConnection, login_id: UUID) -> bool:
    """Tie nobody to it any more; False where nobody was."""
    mine = update(t.staff_logins).where(sl.id == login_id, sl.oidc_subject.is_not(None))
    return (await tx.execute(mine.values(oidc_issuer=None, oidc_subject=None))).rowcount == 1
