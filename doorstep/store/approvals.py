"""The decisions that an office waits for: the queue, what is usual, which one comes next, and a reminder by hand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import address_key
from doorstep.domain.authority import Authority, Right
from doorstep.domain.errors import Conflict
from doorstep.domain.invitation import Invitation
from doorstep.domain.pages import Page, page_of
from doorstep.domain.states import State
from doorstep.store import authority, reading, sight, timing
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.listing import place_at, place_of
from doorstep.store.orders import get
from doorstep.store.tables.invitations import WAITS as IN_WORDS

i = t.invitations.c
m = t.memberships.c
p = t.policies.c
a = t.approvers.c
# As the partial index spells it: a parameter in its place would leave it aside.
WAITS: ColumnElement[bool] = literal_column(f"(invitations.{IN_WORDS})")
LOOKED_AT = 200
"""Of the newest grants, and of those on an account: enough to tell what is usual."""


@dataclass(frozen=True)
class Usual:
    """What people like this one were granted (S4.42).

    `whose`: `account` for others on the same account, `role` for those with the same roles, `office` for anybody of the
    office; `people` is how many they are, and `holders` how many of them hold each permission.
    """

    whose: str = "office"
    people: int = 0
    holders: Mapping[str, int] = field(default_factory=dict)

    @property
    def permissions(self) -> frozenset[str]:
        """What at least half of them hold."""
        return frozenset(name for name, count in self.holders.items() if 2 * count >= self.people)


@dataclass(frozen=True)
class Review:
    """What somebody needs to decide: the invitation, what is usual, and which one waits after it."""

    invitation: Invitation
    usual: Usual
    next: UUID | None


async def page(
    tx: AsyncConnection, actor: Actor, office: str, *, is_mine: bool = False, after: str = "", limit: int
) -> Page[Invitation]:
    """What waits for a decision, of what is in sight, the one that waits for the longest time first.

    `is_mine`: what `actor` may decide, alone.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Invalid: `cursor_invalid`.
    """
    who = await sight.require_some(tx, actor, office)
    conditions = [WAITS, *sight.invitations_of(who, office), *([_may_decide(actor)] if is_mine else [])]
    if after:
        conditions.append(tuple_(i.set_up_at, i.id) > tuple_(*place_at(after)))
    query = select(i.id, i.set_up_at).where(*conditions).order_by(i.set_up_at, i.id).limit(limit + 1)
    found = page_of((await tx.execute(query)).all(), limit, lambda row: place_of(row.set_up_at, row.id))
    ids = [row.id for row in found.items]
    loaded = {each.id: each for each in await reading.named(tx, ids)}
    return Page(tuple(loaded[each] for each in ids if each in loaded), found.next)


async def review(tx: AsyncConnection, actor: Actor, invitation_id: UUID) -> Review:
    """An invitation with what helps to decide about it, for whoever sees it.

    Raises:
        NotFound: `no_such_invitation`; Conflict: `row_unreadable`.
    """
    invitation = await readable(tx, invitation_id)
    who = await authority.require_for_invitation(tx, actor, invitation, Right.SEE)
    return Review(invitation, await _usual(tx, invitation), await _next(tx, actor, who, invitation))


async def readable(tx: AsyncConnection, invitation_id: UUID) -> Invitation:
    """The invitation, whoever may see it.

    Raises:
        NotFound: `no_such_invitation`; Conflict: `row_unreadable`, for one that a newer Doorstep wrote (F20).
    """
    try:
        return await get(tx, invitation_id)
    except ValueError:
        sentence = "A newer Doorstep wrote this invitation. Upgrade this one to read it."
        raise Conflict("row_unreadable", sentence) from None


async def remind(tx: AsyncConnection, actor: Actor, invitation_id: UUID) -> Invitation:
    """Remind the username administrators before their time, once.

    Raises:
        NotFound: `no_such_invitation`; Forbidden: `not_allowed`; Conflict: `wrong_state`, `reminded_already`,
            `no_approver`.
    """
    invitation = await get(tx, invitation_id, for_update=True)
    await authority.require_for_invitation(tx, actor, invitation, Right.INVITE)
    if invitation.state is not State.AWAITING_APPROVAL:
        raise Conflict("wrong_state", f"Nobody has to decide now: the invitation is {invitation.state.value}.")
    if not invitation.office.approvers:
        raise Conflict("no_approver", "The office has no username administrator whom anybody could remind.")
    if not await timing.nudge_now(tx, actor, invitation):
        raise Conflict("reminded_already", "The username administrators were reminded already.")
    return await get(tx, invitation_id)


def _may_decide(actor: Actor) -> ColumnElement[bool]:
    """True of what `actor` may decide; where four eyes are asked for, not of what they asked for themselves."""
    key = address_key(actor.name)
    is_listed = exists().where(a.office == i.office, a.address_key == key)
    needs_another = exists().where(p.id == i.policy_id, p.four_eyes, func.lower(i.invited_by) == key)
    return and_(is_listed, ~needs_another)


async def _next(tx: AsyncConnection, actor: Actor, who: Authority, seen: Invitation) -> UUID | None:
    """The one that waits after `seen`; after the last one, the first."""
    mine = (WAITS, *sight.invitations_of(who, seen.office.code), _may_decide(actor), i.id != seen.id)
    one = select(i.id, i.set_up_at).where(*mine).order_by(i.set_up_at, i.id).limit(1)
    wanted = [one]
    if seen.set_up_at is not None:
        wanted.insert(0, one.where(tuple_(i.set_up_at, i.id) > tuple_(literal(seen.set_up_at), literal(seen.id))))
    # Each bounded by itself, so that it takes its index; the later one comes first.
    parts = [select(literal(place).label("place"), each.subquery().c.id) for place, each in enumerate(wanted)]
    found = union_all(*parts).subquery().c
    identifier: UUID | None = (await tx.execute(select(found.id).order_by(found.place).limit(1))).scalar_one_or_none()
    return identifier


async def _usual(tx: AsyncConnection, invitation: Invitation) -> Usual:
    accounts = [account.id for account in invitation.accounts]
    others = [] if invitation.user_id is None else [m.user_id != invitation.user_id]
    on_account = select(literal("account"), literal([], i.roles.type).label("roles"), m.permissions.label("granted"))
    on_account = on_account.where(m.account_id.in_(accounts), *others).limit(LOOKED_AT)
    given = func.coalesce(i.granted, i.permissions)
    newest = select(literal("office"), i.roles, given).where(
        i.office == invitation.office.code, i.state == State.ACTIVE, i.id != invitation.id
    )
    newest = newest.order_by(i.created_at.desc()).limit(LOOKED_AT)
    rows = (await tx.execute(union_all(select(on_account.subquery()), select(newest.subquery())))).all()
    by_account = [row[2] for row in rows if row[0] == "account"]
    by_role = [row[2] for row in rows if row[0] == "office" and set(row[1]) == set(invitation.roles)]
    for whose, grants in (("account", by_account), ("role", by_role)):
        if grants:
            return _counted(whose, grants)
    return _counted("office", [row[2] for row in rows])


def _counted(whose: str, grants: Sequence[Sequence[str]]) -> Usual:
    return Usual(whose, len(grants), Counter(name for each in grants for name in set(each)))
