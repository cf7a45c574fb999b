"""One account or one person as another system says they are, by its own key: merged like a row of an import."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right
from doorstep.domain.editions import require_same
from doorstep.domain.erp import ImportRow
from doorstep.domain.erp_rows import RowRefused
from doorstep.domain.errors import Conflict, Invalid
from doorstep.domain.events import Event
from doorstep.domain.merging import Merged
from doorstep.security.links import KeyRing
from doorstep.store import asking, audit, authority, directory, matching, offices
from doorstep.store import tables as t
from doorstep.store.audit import Actor

a = t.accounts.c
c = t.contacts.c
NOBODY = "There is no contact of that key yet. To make one, say a name, an e-mail address or a mobile number."


class Became(StrEnum):
    """What a `PUT` did; the same one again leaves it unchanged."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Put:
    """What it did, to what, and the invitations that were taken back or lost an account."""

    became: Became
    id: UUID
    touched: Sequence[UUID]


async def account(
    tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, row: ImportRow, *, seen: datetime | None
) -> Put:
    """Make or change an account by its code.

    Raises:
        Refused: unknown office; not allowed; `changed_meanwhile`.
    """
    await _begin(tx, actor, office)
    present = select(a.updated_at).where(a.office == office, a.code == row.account_code)
    await _require_seen(tx, present, seen)
    merged, touched = await _merge(tx, ring, actor, office, [row])
    identifier = _named(merged.account_id)
    became = _became(is_new=merged.is_new_account, is_changed=merged.is_changed)
    if became is not Became.UNCHANGED:
        detail = {"office": office, "code": row.account_code, "became": became.value}
        await audit.record(tx, Event.ACCOUNT_SET, actor, subject_id=identifier, detail=detail)
    return Put(became, identifier, touched)


async def contact(
    tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, rows: Sequence[ImportRow], *, seen: datetime | None
) -> Put:
    """Make or change the person of an external key; a row for each of the accounts, which have to be known.

    Raises:
        Refused: unknown office or account; not allowed; `address_required`; `address_taken`; `changed_meanwhile`.
    """
    await _begin(tx, actor, office)
    codes = [row.account_code for row in rows if row.account_code]
    await asking.account_ids(tx, await offices.get(tx, office), codes)
    present = select(c.updated_at).where(c.office == office, c.external_key == rows[0].contact_key)
    await _require_seen(tx, present, seen)
    merged, touched = await _merge(tx, ring, actor, office, rows)
    identifier = _named(merged.contact_id)
    became = _became(is_new=merged.is_new_contact, is_changed=merged.is_changed)
    if became is not Became.UNCHANGED:
        event = Event.CONTACT_ADDED if became is Became.CREATED else Event.CONTACT_SET
        detail = {"office": office, "became": became.value}
        await audit.record(tx, event, actor, subject_id=identifier, detail=detail)
    return Put(became, identifier, touched)


async def _begin(tx: AsyncConnection, actor: Actor, office: str) -> None:
    """What the ERP says goes for the whole office, so whoever speaks for it may import."""
    await offices.get(tx, office)
    await authority.require_in_office(tx, actor, office, Right.IMPORT)
    await matching.alone(tx, office)


async def _require_seen(tx: AsyncConnection, present: Select[tuple[datetime]], seen: datetime | None) -> None:
    if seen is not None:
        require_same(seen, (await tx.execute(present.with_for_update(key_share=True))).scalar_one_or_none())


async def _merge(
    tx: AsyncConnection, ring: KeyRing, actor: Actor, office: str, rows: Sequence[ImportRow]
) -> tuple[Merged, Sequence[UUID]]:
    """All the rows, or none of them."""
    taken = await directory.merge(tx, ring, actor, office, rows)
    done: list[Merged] = []
    for outcome in taken.outcomes:
        if isinstance(outcome, RowRefused):
            raise Conflict(outcome.code.value, f"{outcome.reason} {outcome.remedy}")
        done.append(outcome)
    is_changed = any(each.is_changed for each in done)
    return replace(done[0], is_changed=is_changed), taken.touched


def _became(*, is_new: bool, is_changed: bool) -> Became:
    if is_new:
        return Became.CREATED
    return Became.CHANGED if is_changed else Became.UNCHANGED


def _named(identifier: UUID | None) -> UUID:
    if identifier is None:
        raise Invalid("address_required", NOBODY, field="name")
    return identifier
