"""One word in everything personal, and every path of an invitation walked with it: wherever it turns up, it leaked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
import uuid_utils.compat as uuid_utils
from sqlalchemy import select

from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import tables as t
from tests.breaking import activation_broken
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451, REFUSE_550
from tests.house import House, mobile, text_of

DAY = timedelta(days=1)


@dataclass
class Canary:
    """The word, and digits for numbers; the office whose people carry them; what was made on the way.

    `links` are the workflows of links to a first password, `tokens` those that no mail brought.
    """

    word: str
    office: str
    digits: str
    made: list[Invitation] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def address(self, who: str) -> str:
        """An address with the word on both sides of the @."""
        return f"{who}.{self.word}@{self.word}.example"

    @property
    def boss(self) -> str:
        """The username administrator."""
        return self.address("boss")

    @property
    def phone(self) -> str:
        """A number of somebody here."""
        return f"+64{self.digits}"

    @property
    def password(self) -> str:
        """A password that everybody here uses."""
        return f"four plain words {self.word}"

    def secrets(self, house: House) -> list[bytes]:
        """What must occur nowhere: the word, the digits, and the token of every link that was mailed or texted."""
        mails = [stored.mail for stored in house.smtp.stored if self.word in str(stored.recipients)]
        tokens = {house.token(mail) for mail in mails if "/invitation/" in text_of(mail) or "/reset/" in text_of(mail)}
        assert len(tokens) >= 5
        return [each.encode() for each in (self.word, self.digits, *tokens, *self.tokens)]

    async def requests(self, house: House) -> list[UUID]:
        """The forgotten passwords."""
        p = t.password_links.c
        query = select(p.id).where(p.asked_key.contains(self.word))
        return list((await house.run(lambda tx: tx.execute(query))).scalars())


async def hatch(house: House) -> Canary:
    """A new word, and an office full of it."""
    word = f"kakapo{uuid_utils.uuid7().hex[-8:]}"
    office = f"o{uuid_utils.uuid7().hex[-12:]}"
    own = {"name": f"Office {word}", "help_email": f"help@{word}.example", "help_phone": f"+64 9 {word}"}
    await house.doorstep.office_set(office, own=own, rules={"resend_cooldown": timedelta(0)})
    canary = Canary(word, office, mobile().removeprefix("+64"))
    await house.doorstep.approvers_set(office, [canary.boss])
    accounts = (
        f"Account Code,Account Name,Contact Name,Email\n{word.upper()},{word} Farms,Ana {word},ana@{word}.example\n"
    )
    async for _ in await house.doorstep.import_rows(accounts.encode(), office):
        pass
    return canary


async def invited(house: House, canary: Canary, who: str) -> Invitation:
    """An invitation with the word in every field."""
    word = canary.word
    made = await house.doorstep.invite(
        office=canary.office,
        email=canary.address(who),
        name=f"{who} {word}",
        accounts=[word.upper()],
        job=f"{who} Road {word}",
        idempotency_key=f"{who}-{word}",
        actor=canary.address("clerk"),
    )
    canary.made.append(made)
    return made


async def pending(house: House, canary: Canary, who: str) -> Invitation:
    """The same once its mail is there."""
    made = await invited(house, canary, who)
    await house.mail_of(made, Message.INVITATION)
    return made


async def waiting(house: House, canary: Canary, who: str) -> Invitation:
    """The same once it waits for approval."""
    made = await pending(house, canary, who)
    return await house.set_up(made, username=f"{who}.{canary.word}", password=canary.password)


async def happy(house: House, canary: Canary) -> None:
    """Approved, active, signed in, password forgotten and reset."""
    made = await waiting(house, canary, "happy")
    await house.doorstep.approve(made.id, approver=canary.boss, note=f"as {canary.word} said")
    await house.until_state(made, State.ACTIVE)
    await house.doorstep.sign_in(f"happy.{canary.word}", canary.password, source=canary.word)
    await house.doorstep.forgot(f"happy.{canary.word}", source=canary.word)
    await house.doorstep.forgot(f"nobody.{canary.word}", source=canary.word)
    token = house.token(await house.mail_of(made, Message.PASSWORD_RESET))
    await house.doorstep.reset(token, password=f"{canary.password} anew", source=canary.word)
    await house.mail_of(made, Message.PASSWORD_CHANGED)


async def expired_and_resent(house: House, canary: Canary) -> None:
    """Expired, forgotten, resent, set up."""
    made = await pending(house, canary, "late")
    await house.pass_time(made, DAY)
    await house.until_state(made, State.EXPIRED)
    await house.doorstep.resend(made.id, actor=canary.address("clerk"))
    await house.mail_of(made, Message.INVITATION, copies=2)
    await house.doorstep.forgot(made.address, source=canary.word)
    await house.mail_of(made, Message.INVITATION, copies=3)
    await house.set_up(made, username=f"late.{canary.word}", password=canary.password)


async def closed(house: House, canary: Canary) -> None:
    """Reminded, expired and closed."""
    made = await pending(house, canary, "closed")
    await house.pass_time(made, DAY / 2)
    await house.mail_of(made, Message.REMINDER)
    await house.pass_time(made, DAY / 2)
    await house.until_state(made, State.EXPIRED)
    await house.pass_time(made, 7 * DAY)
    await house.handle(made).result()


async def rejected(house: House, canary: Canary) -> None:
    """Rejected with a reason, through our own door."""
    made = await waiting(house, canary, "rejected")
    await house.doorstep.reject(made.id, approver=canary.boss, reason=f"because of {canary.word}")
    await house.mail_of(made, Message.REJECTED)


async def readdressed_and_declined(house: House, canary: Canary) -> None:
    """Sent to another address, whose owner says no."""
    made = await pending(house, canary, "wrong")
    await house.doorstep.readdress(made.id, canary.address("right"), actor=canary.address("clerk"))
    mail = await house.mail_of(made, Message.INVITATION, to=canary.address("right"))
    await house.mail_of(made, Message.READDRESSED_NOTICE)
    await house.doorstep.decline(house.token(mail))
    await house.until_state(made, State.DECLINED)


async def revoked(house: House, canary: Canary) -> None:
    """Taken back after the set-up."""
    made = await waiting(house, canary, "revoked")
    await house.doorstep.revoke(made.id, reason=f"{canary.word} moved", actor=canary.address("clerk"))
    await house.until_state(made, State.REVOKED)


async def bounced(house: House, canary: Canary) -> None:
    """Refused by the mail server, which repeats the address."""
    house.smtp.mode = REFUSE_550
    made = await invited(house, canary, "bounced")
    await house.until(made, lambda row: "undeliverable" in row.attention)
    house.smtp.mode = ACCEPT


async def deferred(house: House, canary: Canary) -> None:
    """Put off by the mail server, which repeats the address, and tried again."""
    house.smtp.mode = DEFER_451
    made = await invited(house, canary, "deferred")
    await house.until(made, lambda row: any(d.attempts and d.cause for d in row.deliveries))
    house.smtp.mode = ACCEPT
    await house.mail_of(made, Message.INVITATION)


async def activation_failing(house: House, canary: Canary) -> None:
    """Approved while the database refuses the membership."""
    made = await waiting(house, canary, "failing")
    async with activation_broken(house, canary.office):
        await house.doorstep.approve(made.id, approver=canary.boss)
        await house.until(made, lambda row: "activation_failing" in row.attention)
    await house.until_state(made, State.ACTIVE)


async def refused(house: House, canary: Canary) -> None:
    """Everything that can be refused, refused; then overdue."""
    made = await waiting(house, canary, "refused")
    tries: list[Callable[[], Awaitable[object]]] = [
        lambda: house.doorstep.approve(made.id, approver=canary.address("stranger")),
        lambda: house.doorstep.resend(made.id, actor=canary.address("clerk")),
        lambda: house.doorstep.sign_in(f"refused.{canary.word}", canary.password, source=canary.word),
        lambda: house.doorstep.sign_in(f"refused.{canary.word}", f"wrong {canary.word}", source=canary.word),
    ]
    for attempt in tries:
        with pytest.raises(Refused) as refusal:
            await attempt()
        assert canary.word not in str(refusal.value)
    await house.pass_time(made, DAY)
    await house.mail_of(made, Message.APPROVAL_REMINDER, to=canary.boss)
    await house.pass_time(made, 2 * DAY)
    await house.mail_of(made, Message.APPROVAL_ESCALATION, to=canary.boss)


PATHS = (
    *(happy, expired_and_resent, closed, rejected, readdressed_and_declined, revoked),
    *(bounced, deferred, activation_failing, refused),
)
