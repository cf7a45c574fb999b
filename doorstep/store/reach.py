"""How far somebody reaches who looks after a user: a person may belong to several offices, and staff to one of them.

What is done to the whole user takes the right wherever the user belongs; else the staff of one office could shut out,
or do away with, the user of another one, by inviting them first (T20).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, null, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Authority, Right, not_allowed
from doorstep.domain.errors import Forbidden, NotFound
from doorstep.domain.states import State
from doorstep.store import authority
from doorstep.store import tables as t
from doorstep.store.audit import Actor

i = t.invitations.c
ia = t.invitation_accounts.c
m = t.memberships.c


@dataclass(frozen=True)
class Reached:
    """What `actor` may do in each office of a user, and the accounts that the user has to do with there."""

    by_office: Mapping[str, tuple[Authority, frozenset[UUID]]]
    is_trusted: bool

    def authority(self, office: str) -> Authority:
        """What may be done in one of the offices."""
        return self.by_office[office][0]

    def covers(self, right: Right, office: str, account: UUID | None) -> bool:
        """True where `right` goes as far as one account of one office."""
        if office not in self.by_office:
            return False
        return self.authority(office).covers(right, () if account is None else (account,))

    def sees(self, office: str, account: UUID | None) -> bool:
        """True where that membership is in sight."""
        return self.covers(Right.SEE, office, account)

    def in_sight(self) -> list[str]:
        """The offices in which anything of the user is in sight."""
        return [office for office, (who, accounts) in self.by_office.items() if _sees_some(who, accounts)]

    def offices(self, right: Right) -> list[str]:
        """The offices in which `right` covers all that the user has there."""
        return [office for office, (who, accounts) in self.by_office.items() if who.covers(right, accounts)]

    def is_whole(self, right: Right) -> bool:
        """True where nothing of the user lies beyond."""
        return self.is_trusted or len(self.offices(right)) == len(self.by_office)

    def require_any(self, right: Right) -> None:
        """Let through whoever has `right` somewhere.

        Raises:
            Forbidden: `not_allowed`.
        """
        if not self.is_trusted and not any(right in who.rights for who, _ in self.by_office.values()):
            raise not_allowed(right)

    def require_some(self, right: Right) -> list[str]:
        """The offices that `right` covers; at least one.

        Raises:
            Forbidden: `not_allowed`, `belongs_elsewhere`.
        """
        self.require_any(right)
        found = self.offices(right)
        if not found and not self.is_trusted:
            raise belongs_elsewhere()
        return found

    def require_whole(self, right: Right) -> None:
        """Let through whoever looks after all of the user.

        Raises:
            Forbidden: `not_allowed`, `belongs_elsewhere`.
        """
        self.require_any(right)
        if not self.is_whole(right):
            raise belongs_elsewhere()


@dataclass(frozen=True)
class Belongings:
    """The accounts that a user belongs to, or is invited to, by office; an office may have none.

    `waits_in` are the invitations of theirs that wait for a decision, each with its office.
    """

    accounts: Mapping[str, frozenset[UUID]]
    waits_in: Mapping[UUID, str]


def no_such_user() -> NotFound:
    """The one answer for a user who is unknown or out of sight."""
    return NotFound("no_such_user", "There is no such user.")


def belongs_elsewhere() -> Forbidden:
    """The refusal for what would reach into an office or an account that is not the actor's."""
    sentence = "This user belongs to accounts that you do not look after too, so it takes somebody who does."
    return Forbidden("belongs_elsewhere", sentence)


async def reached(tx: AsyncConnection, actor: Actor, user_id: UUID) -> Reached:
    """How far `actor` reaches.

    Raises:
        NotFound: `no_such_user`, where nothing of the user is in sight.
    """
    return await reach_over(tx, actor, await belongings(tx, user_id))


async def reach_over(tx: AsyncConnection, actor: Actor, theirs: Belongings) -> Reached:
    """The same over what belongs to a user.

    Raises:
        NotFound: `no_such_user`, where nothing of the user is in sight.
    """
    accounts = theirs.accounts
    who = await authority.of_each(tx, actor, sorted(accounts))
    found = Reached({each: (who[each], accounts[each]) for each in sorted(accounts)}, actor.is_trusted)
    if not actor.is_trusted and not found.in_sight():
        raise no_such_user()
    return found


def _sees_some(who: Authority, accounts: frozenset[UUID]) -> bool:
    return who.sees_all or bool(who.in_sight(accounts))


async def belongings(tx: AsyncConnection, user_id: UUID) -> Belongings:
    """Everything that belongs to a user, in one query."""
    belongs = select(m.office, m.account_id, null()).where(m.user_id == user_id)
    of_invitation = t.invitations.outerjoin(t.invitation_accounts, ia.invitation_id == i.id)
    waiting = case((i.state.in_((State.AWAITING_APPROVAL, State.APPROVED)), i.id))
    invited = select(i.office, ia.account_id, waiting).select_from(of_invitation).where(i.user_id == user_id)
    accounts: dict[str, set[UUID]] = {}
    waits: dict[UUID, str] = {}
    for office, account, invitation in await tx.execute(union(belongs, invited)):
        accounts.setdefault(office, set()).update(() if account is None else (account,))
        if invitation is not None:
            waits[invitation] = office
    return Belongings({office: frozenset(theirs) for office, theirs in accounts.items()}, waits)
