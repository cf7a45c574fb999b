"""The first row of an invitation: checked, counted and linked in one transaction, before any workflow exists."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from doorstep.domain.addresses import EmailAddress
from doorstep.domain.errors import Conflict, Invalid
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation, Office
from doorstep.domain.messages import Message
from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from doorstep.security.links import KeyRing, Purpose
from doorstep.store import audit, deliveries, links, offices, places, users
from doorstep.store import tables as t
from doorstep.store.audit import Actor
from doorstep.store.loading import load
from doorstep.store.orders import get

i = t.invitations.c


@dataclass(frozen=True)
class NewInvitation:
    """What an inviter says; the address already checked."""

    office: str
    address: EmailAddress
    name: str = ""
    accounts: tuple[str, ...] = ()
    job: str | None = None
    roles: tuple[str, ...] = ()
    is_draft: bool = False
    is_test: bool = False
    idempotency_key: str | None = field(default=None, compare=False)

    def fingerprint(self) -> bytes:
        """The same for the same request, so that a key used for another one is noticed."""
        said = asdict(self) | {"idempotency_key": None}
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).digest()


async def create(tx: AsyncConnection, ring: KeyRing, actor: Actor, new: NewInvitation) -> tuple[Invitation, bool]:
    """Insert the invitation; answers with it and whether it is new.

    A repeated key answers with what it made, a duplicate with the open invitation; neither sends anything.

    Raises:
        Refused: unknown office, account or role; no administrator; no place; `already_member`; a re-used key.
    """
    office = await offices.get(tx, new.office)
    earlier = await _earlier(tx, new)
    if earlier is not None:
        return earlier, False
    accounts = await _account_ids(tx, office, new.accounts)
    permissions = permissions_of(new.roles)
    _require_fields(office, new)
    job = None if new.job is None else await places.job_id(tx, new.office, new.job)
    await places.lock_person(tx, new.office, new.address.key)
    duplicate = await places.duplicate_of(tx, new.office, new.address.key, job, accounts)
    if duplicate is not None:
        return duplicate, False
    if await users.belongs(tx, new.office, new.address.key, accounts):
        raise Conflict("already_member", "This person belongs there already and can sign in; there is nothing to send.")
    if job is not None and not new.is_draft:
        await places.hold_place_of(tx, job, office.policy.places_per_job)
    identifier = await _insert(tx, ring, actor, new, office, accounts, job, sorted(permissions))
    return await get(tx, identifier), True


async def _insert(  # noqa: PLR0913, PLR0917 - the columns of one row
    tx: AsyncConnection,
    ring: KeyRing,
    actor: Actor,
    new: NewInvitation,
    office: Office,
    accounts: list[UUID],
    job: UUID | None,
    permissions: list[str],
) -> UUID:
    identifier: UUID = uuid7()
    values = {
        "id": identifier,
        "office": new.office,
        "policy_id": office.policy_id,
        "state": State.DRAFT if new.is_draft else State.PENDING,
        "address": new.address.typed,
        "address_key": new.address.key,
        "name": new.name,
        "job_id": job,
        "roles": list(new.roles),
        "permissions": permissions,
        "is_test": new.is_test,
        "invited_by": actor.name,
        "idempotency_key": new.idempotency_key,
        "idempotency_hash": new.fingerprint() if new.idempotency_key else None,
        "link_made_at": None if new.is_draft else func.now(),
        # Moves to the hour of the handing over; until then the link can be passed on by hand.
        "expires_at": None if new.is_draft else func.now() + office.policy.validity,
        "seen_rev": 1 if new.is_draft else 0,
    }
    await tx.execute(t.invitations.insert().values(**values))
    if accounts:
        rows = [{"invitation_id": identifier, "account_id": account} for account in accounts]
        await tx.execute(t.invitation_accounts.insert(), rows)
    await audit.record(tx, Event.CREATED, actor, subject_id=identifier, detail={"is_draft": new.is_draft})
    if not new.is_draft:
        await links.keep(tx, ring.make(Purpose.INVITATION, identifier, 1))
        await deliveries.queue(tx, identifier, Message.INVITATION, 1, [new.address.typed])
    return identifier


async def _earlier(tx: AsyncConnection, new: NewInvitation) -> Invitation | None:
    if new.idempotency_key is None:
        return None
    await places.lock_person(tx, new.office, f"key:{new.idempotency_key}")
    query = select(i.id, i.idempotency_hash).where(i.office == new.office, i.idempotency_key == new.idempotency_key)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    if row[1] != new.fingerprint():
        sentence = "This idempotency key was used for another invitation. Use a new key for a new request."
        raise Invalid("idempotency_mismatch", sentence, field="idempotency_key")
    return await load(tx, row[0])


async def _account_ids(tx: AsyncConnection, office: Office, codes: tuple[str, ...]) -> list[UUID]:
    """S0.13, S0.14: an unknown account is refused, the same one twice counts once."""
    wanted = dict.fromkeys(code.strip() for code in codes)
    a = t.accounts.c
    rows = await tx.execute(select(a.code, a.id).where(a.office == office.code, a.code.in_(wanted)))
    known: dict[str, UUID] = {row[0]: row[1] for row in rows}
    unknown = [code for code in wanted if code not in known]
    if unknown:
        raise Invalid(
            "unknown_account",
            f"An account is not known in office {office.code}. Import it first, or check the code.",
            field="account",
            private=f"Unknown: {', '.join(unknown)[:200]}.",
        )
    return [known[code] for code in wanted]


def _require_fields(office: Office, new: NewInvitation) -> None:
    if not new.is_draft and not office.approvers:
        raise Conflict(
            "no_approver",
            f"Office {office.code} has no username administrator, so nobody could approve. "
            f"Name one first: doorstep approvers set {office.code} ADDRESS",
        )
    if office.policy.account_required and not new.accounts:
        raise Invalid("account_required", f"Office {office.code} asks for an Account ID.", field="account")
    for name in office.policy.required_fields:
        if not getattr(new, name, None):
            raise Invalid("field_required", f"Office {office.code} asks for the field {name!r}.", field=name)
