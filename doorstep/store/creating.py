"""The first row of an invitation: checked, counted and linked in one transaction, before any workflow exists."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Authority, Right, require_grants
from doorstep.domain.destination import Destination, destination
from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation, Office
from doorstep.domain.messages import Message
from doorstep.domain.policy import CONSENT
from doorstep.domain.requests import NewInvitation
from doorstep.domain.states import State
from doorstep.security.links import KeyRing, Purpose
from doorstep.store import asking, audit, deliveries, existing, links, locks, offices, places, repeating
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.orders import get
from doorstep.store.person import Asked
from doorstep.store.users import User


@dataclass(frozen=True)
class _Plan:
    """An invitation that nothing speaks against yet; `user` is the one that the person has already."""

    office: Office
    new: NewInvitation
    to: Destination
    contact: UUID | None
    asked: Asked
    permissions: list[str] = field(default_factory=list)
    user: User | None = None

    @property
    def is_granted(self) -> bool:
        """True where an existing user is let in without being asked first (decision 5)."""
        is_asked = self.office.policy.existing_users == CONSENT
        return self.user is not None and not is_asked and not self.new.is_draft

    @property
    def has_link(self) -> bool:
        """True where a link goes out now."""
        return not self.is_granted and not self.new.is_draft

    @property
    def state(self) -> State:
        """Where it begins."""
        if self.new.is_draft:
            return State.DRAFT
        return existing.granted_state(self.office.policy) if self.is_granted else State.PENDING


async def create(tx: AsyncConnection, ring: KeyRing, actor: Actor, new: NewInvitation) -> tuple[Invitation, bool]:
    """Insert the invitation; answers with it and whether it is new.

    A repeated key answers with what it made, a duplicate with the open invitation; neither sends anything.

    Raises:
        Refused: unknown office, account, role or template; not allowed; no administrator; no place; `already_member`;
            `not_portal_user`; `user_suspended`; `job_permissions`; a re-used key.
    """
    office = await offices.get(tx, new.office, is_sending=not new.is_draft)
    # The right comes before the key: whoever has none learns of no invitation by repeating somebody's request.
    who, accounts = await asking.accounts_for(tx, actor, Right.INVITE, office, new.accounts)
    earlier = await repeating.earlier(tx, office.code, new.idempotency_key, new.fingerprint())
    if earlier is not None:
        return earlier, False
    plan = await _planned(tx, who, office, new, accounts)
    duplicate = await places.duplicate_of(tx, plan.asked)
    if duplicate is not None:
        _require_seen(who, duplicate)
        return duplicate, False
    permissions = await asking.permissions(tx, new, plan.asked.job)
    require_grants(who, permissions)
    user = await existing.user_for(tx, plan.asked)
    if not new.is_draft:
        await places.hold_place(tx, plan.asked.job, office.policy)
    identifier = await _insert(tx, ring, actor, replace(plan, permissions=permissions, user=user))
    return await get(tx, identifier), True


def _require_seen(who: Authority, duplicate: Invitation) -> None:
    """Show the open invitation to whoever serves all of its accounts, and to nobody else (S1.3)."""
    if not who.covers(Right.SEE, [account.id for account in duplicate.accounts]):
        sentence = (
            "This person has an open invitation already, to accounts besides yours; who serves those looks after it."
        )
        raise Conflict("already_invited", sentence)


async def _planned(
    tx: AsyncConnection, who: Authority, office: Office, new: NewInvitation, accounts: list[UUID]
) -> _Plan:
    """What is asked for, looked up and checked; the person and the job are locked from here on."""
    contact, email, phone = await asking.contact_of(tx, who, office.code, new.contact, new.email, new.phone)
    asking.require_fields(office, new, email, phone)
    to = destination(email, phone, new.channel)
    await asking.require_template(tx, office, new.template)
    await locks.of_person(tx, to.keys)
    job = None if new.job is None else await locks.of_job(tx, office.code, new.job)
    return _Plan(office, new, to, contact, Asked(office.code, to.keys, job, tuple(accounts), new.is_test))


async def _insert(tx: AsyncConnection, ring: KeyRing, actor: Actor, plan: _Plan) -> UUID:
    identifier: UUID = uuid7()
    await tx.execute(t.invitations.insert().values(id=identifier, **_row(actor, plan)))
    if plan.asked.accounts:
        rows = [{"invitation_id": identifier, "account_id": account} for account in plan.asked.accounts]
        await tx.execute(t.invitation_accounts.insert(), rows)
    detail = {"is_draft": plan.new.is_draft, "office": plan.office.code}
    await audit.record(tx, Event.CREATED, actor, subject_id=identifier, detail=detail)
    if plan.has_link:
        await links.keep(tx, ring.make(Purpose.INVITATION, identifier, 1))
        await deliveries.queue(tx, identifier, Message.INVITATION, 1, [plan.to.address])
    elif plan.is_granted:
        await existing.note(tx, actor, identifier, plan.state)
    return identifier


def _row(actor: Actor, plan: _Plan) -> dict[str, object]:
    new, office, to = plan.new, plan.office, plan.to
    user = None if new.is_draft else plan.user
    return {
        "office": office.code,
        "policy_id": office.policy_id,
        "state": plan.state,
        "address": to.address,
        "address_key": to.key,
        "other_address": to.other_address,
        "other_key": to.other_key,
        "name": new.name,
        "locale": new.locale,
        "template": new.template,
        "contact_id": plan.contact,
        "job_id": plan.asked.job,
        "batch_id": new.batch_id,
        "roles": list(new.roles),
        "permissions": plan.permissions,
        "is_test": new.is_test,
        "invited_by": actor.name,
        "idempotency_key": new.idempotency_key,
        "idempotency_hash": new.fingerprint() if new.idempotency_key else None,
        "is_existing": user is not None,
        "user_id": user.id if user is not None and plan.is_granted else None,
        "username": "" if user is None else user.username,
        "set_up_at": func.now() if plan.is_granted else None,
        "link_made_at": func.now() if plan.has_link else None,
        # Moves to the hour of the handing over; until then the link can be passed on by hand.
        "expires_at": func.now() + office.policy.validity if plan.has_link else None,
        "seen_rev": 1 if new.is_draft else 0,
    }
