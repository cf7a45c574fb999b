"""What a row asks for, as the request that a single invitation makes of the same words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.batches import Batch, BatchRow
from doorstep.domain.contact import no_such_contact, require_invitable
from doorstep.domain.destination import email_of, phone_of
from doorstep.domain.errors import Conflict
from doorstep.domain.group_roles import bundles
from doorstep.domain.messages import Channel
from doorstep.domain.requests import NewInvitation
from doorstep.store import address_book
from doorstep.store import tables as t
from doorstep.store.audit import Actor


@dataclass(frozen=True)
class Errand:
    """A batch at work: itself, who asked for it, the region of its office, and what its group roles stood for."""

    batch: Batch
    region: str
    groups: Mapping[str, Sequence[str]]

    @property
    def actor(self) -> Actor:
        """Whoever asked: each row is decided with the rights that this person or key has at that moment."""
        batch = self.batch
        return Actor(batch.created_by, batch.created_via, is_trusted=batch.is_trusted, key_id=batch.key_id)


async def errand_of(tx: AsyncConnection, batch: Batch) -> Errand:
    """The batch with what its rows are read by."""
    pinned = select(t.batches.c.options["groups"]).where(t.batches.c.id == batch.id).scalar_subquery()
    query = select(t.offices.c.region, pinned).where(t.offices.c.code == batch.office)
    region, groups = (await tx.execute(query)).one()
    # A batch from before an office could have groups of its own names none, and means those that come with Doorstep.
    return Errand(batch, region, bundles((groups or {}).items()))


async def request_of(tx: AsyncConnection, errand: Errand, row: BatchRow) -> NewInvitation:
    """The invitation that a row asks for.

    Raises:
        Refused: an address that is none; `no_address`, `has_username`, `already_invited`; `no_such_contact`.
    """
    given, options = row.given, errand.batch.options
    await _require_new(tx, errand, given.get("invitation", ""))
    email, phone = given.get("email", ""), given.get("phone", "")
    codes = given.get("accounts", "")
    new = NewInvitation(
        office=errand.batch.office,
        email=email_of(email) if email else None,
        phone=phone_of(phone, errand.region) if phone else None,
        channel=Channel(options.channel) if options.channel else None,
        name=given.get("name", ""),
        accounts=tuple(codes.split(";")) if codes else (),
        job=row.job or None,
        roles=options.roles,
        groups=errand.groups,
        template=options.template,
        locale=options.locale,
        is_test=options.is_test,
        batch_id=errand.batch.id,
    )
    return new if not given.get("contact") else await _of_contact(tx, errand, new, UUID(given["contact"]))


async def _of_contact(tx: AsyncConnection, errand: Errand, new: NewInvitation, contact_id: UUID) -> NewInvitation:
    """The same, with the name and accounts of a contact where the row has none (S4.26, S4.31)."""
    contact = await address_book.get(tx, errand.actor, contact_id, Right.SEE)
    if contact.office != new.office:
        raise no_such_contact()
    if new.email is None and new.phone is None:
        require_invitable(contact)
    accounts = new.accounts or contact.invited_to
    return replace(new, contact=contact_id, name=new.name or contact.name, accounts=accounts)


async def _require_new(tx: AsyncConnection, errand: Errand, invitation: str) -> None:
    """A row of a file of results that made an invitation makes no second one, whatever became of that one."""
    if not invitation:
        return
    i = t.invitations.c
    query = select(i.id).where(i.id == UUID(invitation), i.office == errand.batch.office)
    if (await tx.execute(query)).one_or_none() is not None:
        sentence = "This row was invited by an earlier batch. To send it elsewhere: doorstep readdress ID ADDRESS"
        raise Conflict("already_invited", sentence)
