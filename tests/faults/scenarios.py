"""For every activity a way to bring it about: what comes before, what makes it run, and what has to hold afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import deliveries, password_links
from doorstep.store import tables as t
from tests.faults.aftermath import is_clean, replays
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451
from tests.house import PASSWORD, House, eventually

ALWAYS = ("before", "after")
WITH_MAIL = ("before", "posted", "after")
"""All mails go out in one of two ways; where others only repeat those, dying `posted` is left out."""


@dataclass
class Subject:
    """One invitation on its way, in an office of its own, and the request for a password where there is one."""

    office: str
    invitation: Invitation
    request: UUID | None = None

    @property
    def boss(self) -> str:
        """The username administrator."""
        return f"boss1@{self.office}.example"

    @property
    def invitee(self) -> str:
        """The address of the invitation."""
        return self.invitation.address


Step = Callable[[House, Subject], Awaitable[object]]


@dataclass(frozen=True)
class Scenario:
    """How an activity comes about, and where that has to end; `mails` are (who, message)."""

    prepare: Step
    act: Step
    state: State
    mails: tuple[tuple[str, Message], ...] = ()
    moments: tuple[str, ...] = ALWAYS
    rules: dict[str, object] = field(default_factory=dict)

    async def holds(self, house: House, subject: Subject) -> None:
        """The audit of this scenario."""
        people = {"invitee": subject.invitee, "boss": subject.boss}
        await is_clean(house, subject.invitation, self.state, [(people[who], message) for who, message in self.mails])
        if subject.request is not None:
            await all_handed_over(house, subject.request)
            await replays(house, f"password-link-{subject.request}")


async def nothing(_house: House, _subject: Subject) -> None:
    """A draft is where everybody begins."""


async def send(house: House, subject: Subject) -> None:
    """Send the draft."""
    subject.invitation = await house.doorstep.send(subject.invitation.id)


async def pending(house: House, subject: Subject) -> None:
    """The invitation has arrived."""
    await send(house, subject)
    await house.mail_of(subject.invitation, Message.INVITATION)


async def set_up(house: House, subject: Subject) -> None:
    """The invitee fills in the form."""
    token = house.token(await house.mail_of(subject.invitation, Message.INVITATION))
    await house.doorstep.set_up(token, username=subject.invitee, password=PASSWORD)


async def waiting(house: House, subject: Subject) -> None:
    """It waits for approval."""
    await pending(house, subject)
    await set_up(house, subject)
    await house.settled(subject.invitation)


async def approve(house: House, subject: Subject) -> None:
    """The administrator approves through our own door."""
    await house.doorstep.approve(subject.invitation.id, approver=subject.boss)


async def approve_by_signal(house: House, subject: Subject) -> None:
    """The administrator approves from the Temporal UI."""
    await house.handle(subject.invitation).signal("approve", {"approver": subject.boss})


async def approve_by_update(house: House, subject: Subject) -> None:
    """The administrator approves with an update, and is answered."""
    answer = await house.handle(subject.invitation).execute_update("approve", {"approver": subject.boss})
    assert answer == {"state": "active", "waiting_for": "nothing: it has come to its end"}


async def active_with_unsent(house: House, subject: Subject) -> None:
    """Approved and active while the mail server takes nothing."""
    await waiting(house, subject)
    house.smtp.mode = DEFER_451
    await approve(house, subject)
    await house.until(subject.invitation, lambda row: row.state is State.ACTIVE and row.seen_rev == row.rev)


async def mend_the_mail(house: House, _subject: Subject) -> None:
    """The mail server takes mails again."""
    house.smtp.mode = ACCEPT


async def active(house: House, subject: Subject) -> None:
    """Approved, told and able to sign in."""
    await waiting(house, subject)
    await approve(house, subject)
    await house.until(subject.invitation, lambda row: row.state is State.ACTIVE and not row.unsent())


async def forget(house: House, subject: Subject) -> None:
    """The user forgot the password."""
    await house.doorstep.forgot(subject.invitee)

    async def newest(tx: AsyncConnection) -> UUID:
        p = t.password_links.c
        query = select(p.id).where(p.asked_key == subject.invitation.address_key).order_by(p.created_at.desc())
        return UUID(str((await tx.execute(query.limit(1))).scalar_one()))

    subject.request = await house.run(newest)
    await house.mail_of(subject.invitation, Message.PASSWORD_RESET)
    await until_request(house, subject, "sent")


async def forgotten(house: House, subject: Subject) -> None:
    """The link for a new password has arrived."""
    await active(house, subject)
    await forget(house, subject)


async def reset(house: House, subject: Subject) -> None:
    """The user chooses another password."""
    token = house.token(await house.mail_of(subject.invitation, Message.PASSWORD_RESET))
    await house.doorstep.reset(token, password=PASSWORD + " again")
    await house.mail_of(subject.invitation, Message.PASSWORD_CHANGED)
    await until_request(house, subject, "used")


async def let_the_link_die(house: House, subject: Subject) -> None:
    """Nobody uses the link, which lives for a few seconds here."""
    await until_request(house, subject, "expired")


async def all_handed_over(house: House, request: UUID) -> None:
    """Wait until nothing of a request is left to send."""

    async def look() -> bool | None:
        sent = await house.run(lambda tx: deliveries.of_subject(tx, request))
        return None if any(each.is_unsent for each in sent) else True

    await eventually(look, "the mails about the password to go out")


async def until_request(house: House, subject: Subject, state: str) -> None:
    """Wait for a state of the request."""

    async def look() -> bool | None:
        identifier = subject.request
        assert identifier is not None
        link = await house.run(lambda tx: password_links.get(tx, identifier))
        return True if link is not None and link.state == state else None

    await eventually(look, f"the request to be {state}")


async def expired(house: House, subject: Subject) -> None:
    """Nobody used the link."""
    await pending(house, subject)
    await house.until_state(subject.invitation, State.EXPIRED)


def until(event: Event) -> Step:
    """What the clock brings by itself; the rules of the office make it come within seconds.

    Moving the clocks would wait for a worker that may be dead just then.
    """

    async def wait(house: House, subject: Subject) -> None:
        async def look() -> bool | None:
            return True if event in await house.events(subject.invitation) else None

        await eventually(look, event)

    return wait
