"""Invitations that got as far as a test says, written into the tables, and what figures have to say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import uuid_utils.compat as uuid_utils
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.figures import Step, Stretch, Ways
from doorstep.store import tables as t
from tests.house import House, mobile

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Line:
    """One invitation: `ago` is when it was created, in hours; everything else is seconds after that, None for never."""

    ago: float = 1
    state: str = "pending"
    sent: float | None = 5
    delivered: float | None = None
    set_up: float | None = None
    decided: float | None = None
    active: float | None = None
    signed_in: float | None = None
    since: float = 0
    channel: str = "mail"
    template: str = ""
    accounts: tuple[str, ...] = ()
    attention: tuple[str, ...] = ()
    is_test: bool = False
    is_existing: bool = False
    is_released: bool = True
    is_closed: bool = False
    has_user: bool = True
    name: str = ""

    @property
    def steps(self) -> set[Step]:
        """How far it got, said without a database: whoever reached a step reached every one before it."""
        if self.is_test or not (self.is_released or self.set_up is not None):
            return set()
        reached = {
            Step.INVITED: True,
            Step.SENT: self.sent is not None,
            Step.DELIVERED: self.delivered is not None,
            Step.SET_UP: self.set_up is not None,
            Step.APPROVED: self.active is not None or self.state == "approved",
            Step.SIGNED_IN: self.signed_in is not None and self.has_user,
        }
        last = max(index for index, step in enumerate(Step) if reached[step])
        return set(list(Step)[: last + 1])

    @property
    def times(self) -> dict[Stretch, float]:
        """What each stretch took."""
        signed_in = self.signed_in if self.has_user else None
        ends = {
            Stretch.ASKED_TO_SENT: (0, self.sent),
            Stretch.SENT_TO_DELIVERED: (self.sent, self.delivered),
            Stretch.SENT_TO_SET_UP: (self.sent, self.set_up),
            Stretch.SET_UP_TO_DECISION: (self.set_up, self.decided),
            Stretch.DECISION_TO_ACTIVE: (self.decided, self.active),
            Stretch.ACTIVE_TO_SIGNED_IN: (self.active, signed_in),
        }
        if not self.steps:
            return {}
        return {each: end - begin for each, (begin, end) in ends.items() if begin is not None and end is not None}


async def write(house: House, office: str, lines: Sequence[Line]) -> None:
    """Put the lines into the tables; no workflow hears of them."""

    async def work(tx: AsyncConnection) -> None:
        now = (await tx.execute(select(func.now()))).scalar_one()
        policy = (await tx.execute(select(t.offices.c.policy_id).where(t.offices.c.code == office))).scalar_one()
        a = t.accounts.c
        codes = {row.code: row.id for row in await tx.execute(select(a.code, a.id).where(a.office == office))}
        rows = [_Rows(office, policy, now - timedelta(hours=line.ago), line) for line in lines]
        for table, values in (
            (t.users, [row.user() for row in rows if row.has_user]),
            (t.invitations, [row.invitation() for row in rows]),
            (t.deliveries, [row.delivery() for row in rows if row.line.sent is not None]),
            (t.invitation_accounts, [link for row in rows for link in row.links(codes)]),
        ):
            if values:
                await tx.execute(table.insert(), values)

    await house.run(work)


class _Rows:
    """The rows of one line."""

    def __init__(self, office: str, policy: int, created: datetime, line: Line) -> None:
        self.office, self.policy, self.created, self.line = office, policy, created, line
        self.id, self.user_id = uuid_utils.uuid7(), uuid_utils.uuid7()
        self.has_user = line.set_up is not None and line.has_user
        self.address = f"x{self.id.hex[-10:]}@example.org" if line.channel == "mail" else mobile()

    def at(self, seconds: float | None) -> datetime | None:
        """That long after it was created."""
        return None if seconds is None else self.created + seconds * SECOND

    def user(self) -> dict[str, object]:
        """The user of whoever set up; the last sign-in is later than the first."""
        line = self.line
        last = None if line.signed_in is None else line.signed_in + 60
        return {
            "id": self.user_id,
            "username": self.user_id.hex,
            "username_key": self.user_id.hex,
            "password_hash": "x",
            "state": "active" if line.active is not None else "unapproved",
            "name": line.name,
            "email": self.address,
            "email_key": self.address,
            "is_test": line.is_test,
            "created_at": self.at(line.set_up),
            "first_signed_in_at": self.at(line.signed_in),
            "last_signed_in_at": self.at(last),
        }

    def invitation(self) -> dict[str, object]:
        """The row itself, whose workflow has nothing to do."""
        line = self.line
        return {
            "id": self.id,
            "office": self.office,
            "policy_id": self.policy,
            "state": line.state,
            "seen_rev": 1,
            "address": self.address,
            "address_key": self.address,
            "name": line.name,
            "template": line.template,
            "roles": ["customer"],
            "permissions": ["invoices"],
            "invited_by": f"clerk@{self.office}.example",
            "attention": list(line.attention),
            "is_test": line.is_test,
            "is_existing": line.is_existing,
            "created_at": self.created,
            "since": self.at(line.since),
            "link_made_at": self.created if line.is_released else None,
            "set_up_at": self.at(line.set_up),
            "decided_at": self.at(line.decided),
            "activated_at": self.at(line.active),
            "closed_at": self.created if line.is_closed else None,
            "user_id": self.user_id if self.has_user else None,
        }

    def delivery(self) -> dict[str, object]:
        """The message with the link."""
        line = self.line
        return {
            "id": uuid_utils.uuid7(),
            "subject_id": self.id,
            "message": "invitation",
            "generation": 1,
            "recipient": self.address,
            "recipient_key": self.address,
            "channel": line.channel,
            "status": "sent" if line.delivered is None else "delivered",
            "created_at": self.created,
            "sent_at": self.at(line.sent),
            "delivered_at": self.at(line.delivered),
        }

    def links(self, codes: dict[str, object]) -> list[dict[str, object]]:
        """Its accounts."""
        return [{"invitation_id": self.id, "account_id": codes[code]} for code in self.line.accounts]


def expected(lines: Sequence[Line]) -> dict[object, object]:
    """What the figures have to say, worked out line by line."""
    counts: dict[object, object] = {step: sum(step in line.steps for line in lines) for step in Step}
    for stretch in Stretch:
        took = sorted(line.times[stretch] for line in lines if stretch in line.times)
        counts[stretch] = (len(took), percentile(took, 0.5), percentile(took, 0.95))
    return counts


def percentile(values: Sequence[float], share: float) -> float | None:
    """Between the two values on either side, as `percentile_cont` has it."""
    if not values:
        return None
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return round(values[below] + (values[above] - values[below]) * (place - below), 3)


def told(ways: Ways) -> dict[object, object]:
    """The same of what the product says."""
    counts: dict[object, object] = {each.step: each.count for each in ways.funnel}
    times = {each.stretch: (each.count, _short(each.median), _short(each.p95)) for each in ways.times}
    return counts | times


def _short(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
