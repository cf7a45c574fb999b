"""How a person is recognised: by the e-mail address, and by a number where one of the two has no e-mail address.

A number is shared in a household. Ben, who is invited under an address of his own and the number that Ana has too, must
not be let into her user. A rehearsal never meets a real user, nor the other way round (S4.18).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true

from doorstep.domain.messages import Channel, channel_of
from doorstep.store import tables as t

i = t.invitations.c
u = t.users.c


@dataclass(frozen=True)
class Asked:
    """Who is asked to what: a person by their addresses, to an office, perhaps to a job and to accounts."""

    office: str
    keys: tuple[str, ...]
    job: UUID | None = None
    accounts: tuple[UUID, ...] = ()
    is_test: bool = False


def invited(keys: Sequence[str], *, is_test: bool) -> ColumnElement[bool]:
    """True of the invitations of the person with these addresses."""
    email, phone = _ways(keys)
    same: list[ColumnElement[bool]] = []
    if email is not None:
        same += [i.address_key == email, i.other_key == email]
    if phone is not None:
        is_alone = true() if email is None else i.other_key.is_(None)
        same.append(and_(or_(i.address_key == phone, i.other_key == phone), is_alone))
    return and_(i.is_test == is_test, or_(false(), *same))


def known(keys: Sequence[str], *, is_test: bool) -> ColumnElement[bool]:
    """True of the users of that person; the staff login of a pair belongs to others (S4.9)."""
    email, phone = _ways(keys)
    same: list[ColumnElement[bool]] = []
    if email is not None:
        same.append(u.email_key == email)
    if phone is not None:
        same.append(and_(u.phone_key == phone, true() if email is None else u.email_key == ""))
    return and_(u.is_test == is_test, u.pair_id.is_(None), or_(false(), *same))


def _ways(keys: Sequence[str]) -> tuple[str | None, str | None]:
    by_channel = {channel_of(key): key for key in keys if key}
    return by_channel.get(Channel.MAIL), by_channel.get(Channel.TEXT)
