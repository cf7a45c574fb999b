"""The first row of an invitation: checked, counted and linked in one transaction, before any workflow exists."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.authority import Right, require_grants
from doorstep.domain.destination import Destination, destination
from doorstep.domain.errors import Conflict
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation, Office
from doorstep.domain.messages import Message
from doorstep.domain.policy import CONSENT
from doorstep.domain.requests import NewInvitation
from doorstep.domain.states import State
from doorstep.security.links import KeyRing, Purpose
from doorstep.store import announcing, audit, authority, deliveries, existing, links, offices, places, repeating, users
from doorstep.store import asking as asked
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.orders import get
from doorstep.store.users import User


@dataclass(frozen=True)
class _Plan:
    """An invitation that nothing speaks against; `user` is the one that the person has already."""

    office: Office
    new: NewInvitation
    to: Destination
    accounts: list[UUID]
    job: UUID | None
    permissions: list[str]
    contact: UUID | None
    user: User | None

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
        return existing.granted_state(self.office.policy.approval_required) if self.is_granted else State.PENDING


async def create(tx: AsyncConnection, ring: KeyRing, actor: Actor, new: NewInvitation) -> tuple[Invitation, bool]:
    """Insert the invitation; answers with it and whether it is new.

    A repeated key answers with what it made, a duplicate with the open invitation; neither sends anything.

    Raises:
        Refused: unknown office, account, role or template; not allowed; no administrator; no place; `already_member`;
            `not_portal_user`; `user_suspended`; a re-used key.
    """
    office = await offices.get(tx, new.office)
    earlier = await repeating.earlier(tx, office.code, new.idempotency_key, new.fingerprint())
    if earlier is not None:
        return earlier, False
    accounts = await asked.account_ids(tx, office, new.accounts)
    who = await authority.of(tx, actor, office.code)
    asked.require_reach(who, Right.INVITE, office, accounts)
    contact, email, phone = await asked.contact_of(tx, new.office, new.contact, new.email, new.phone)
    asked.require_fields(office, new, email, phone)
    to = destination(email, phone, new.channel)
    await asked.require_template(tx, office, new.template)
    job = None if new.job is None else await places.job_id(tx, new.office, new.job)
    permissions = await asked.permissions(tx, new.roles, job)
    require_grants(who, permissions)
    await places.lock_people(tx, new.office, to.keys)
    duplicate = await places.duplicate_of(tx, new.office, to.keys, job, accounts)
    if duplicate is not None:
        return duplicate, False
    if await users.belongs(tx, new.office, to.keys, accounts, job):
        raise Conflict("already_member", "This person belongs there already and can sign in; there is nothing to send.")
    if job is not None and not new.is_draft:
        await places.hold_place_of(tx, job, office.policy)
    user = None if new.is_draft else await existing.credentialed(tx, to.keys)
    identifier = await _insert(tx, ring, actor, _Plan(office, new, to, accounts, job, permissions, contact, user))
    return await get(tx, identifier), True


async def _insert(tx: AsyncConnection, ring: KeyRing, actor: Actor, plan: _Plan) -> UUID:
    identifier: UUID = uuid7()
    await tx.execute(t.invitations.insert().values(id=identifier, **_row(actor, plan)))
    if plan.accounts:
        rows = [{"invitation_id": identifier, "account_id": account} for account in plan.accounts]
        await tx.execute(t.invitation_accounts.insert(), rows)
    detail = {"is_draft": plan.new.is_draft, "office": plan.office.code}
    await audit.record(tx, Event.CREATED, actor, subject_id=identifier, detail=detail)
    if plan.has_link:
        await links.keep(tx, ring.make(Purpose.INVITATION, identifier, 1))
        await deliveries.queue(tx, identifier, Message.INVITATION, 1, [plan.to.address])
    elif plan.is_granted:
        await audit.record(tx, Event.EXISTING_USER, actor, subject_id=identifier)
        if plan.state is State.AWAITING_APPROVAL:
            await announcing.ask_approvers(tx, await get(tx, identifier))
    return identifier


def _row(actor: Actor, plan: _Plan) -> dict[str, object]:
    new, office, to = plan.new, plan.office, plan.to
    user = plan.user if plan.is_granted else None
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
        "job_id": plan.job,
        "roles": list(new.roles),
        "permissions": plan.permissions,
        "is_test": new.is_test,
        "invited_by": actor.name,
        "idempotency_key": new.idempotency_key,
        "idempotency_hash": new.fingerprint() if new.idempotency_key else None,
        "is_existing": plan.user is not None,
        "user_id": None if user is None else user.id,
        "username": "" if plan.user is None else plan.user.username,
        "set_up_at": None if user is None else func.now(),
        "link_made_at": func.now() if plan.has_link else None,
        # Moves to the hour of the handing over; until then the link can be passed on by hand.
        "expires_at": func.now() + office.policy.validity if plan.has_link else None,
        "seen_rev": 1 if new.is_draft else 0,
    }
