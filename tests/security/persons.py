"""Somebody with one word in everything that tells of them, and the whole way walked with it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import uuid_utils.compat as uuid_utils

from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import PASSWORD, House, mobile
from tests.pages import add_accounts

ANOTHER = "five other words for later"


@dataclass(frozen=True)
class Person:
    """Somebody with one word in everything that tells of them; office, account and staff are without it."""

    word: str
    office: str
    digits: str

    @property
    def typed(self) -> str:
        """The address as the inviter types it."""
        return f"Ana.{self.word.upper()}@{self.word}.example"

    @property
    def spellings(self) -> tuple[str, str, str]:
        """The address as it is typed on different occasions."""
        return self.typed, self.typed.lower(), self.typed.upper()

    @property
    def phone(self) -> str:
        """The number in E.164."""
        return f"+64{self.digits}"

    @property
    def username(self) -> str:
        """The sign-in."""
        return f"Ana.{self.word}"

    @property
    def words(self) -> tuple[str, str]:
        """What may stand nowhere afterwards; every spelling, note and name has one of the two in it."""
        return self.word, self.digits

    @property
    def boss(self) -> str:
        """The username administrator, who is not erased."""
        return f"boss1@{self.office}.example"


async def somebody(house: House) -> Person:
    """Somebody new, of an office of their own."""
    office = await house.office(resend_cooldown=timedelta(0))
    await add_accounts(house, office, {"1042": "Hill Farm"})
    # Nine digits: seven of them were once found by chance in the UUIDs of a large table.
    return Person(f"kakapo{uuid_utils.uuid7().hex[-8:]}", office, mobile().removeprefix("+64"))


async def invited(house: House, person: Person) -> Invitation:
    """An invitation with everything in it, whose mail is there."""
    made = await house.doorstep.invite(
        office=person.office,
        email=person.typed,
        phone=person.phone,
        name=f"Ana {person.word}",
        accounts=["1042"],
        idempotency_key=f"erp-{person.word}",
        actor=f"clerk@{person.office}.example",
    )
    await house.mail_of(made, Message.INVITATION)
    return made


async def walked(house: House, person: Person) -> Invitation:
    """The whole way: forgotten while pending, set up, meddled with, approved, signed in, forgotten again and reset."""
    made = await invited(house, person)
    _, lower, upper = person.spellings
    await house.doorstep.forgot(f"  {upper} ", source=person.word)
    await house.mail_of(made, Message.INVITATION, copies=2)
    await house.set_up(made, username=person.username)
    for spelling in person.spellings:
        with pytest.raises(Refused):
            await house.doorstep.approve(made.id, approver=spelling)
    await house.doorstep.approve(made.id, approver=person.boss, note=f"as {person.word} said")
    made = await house.until_state(made, State.ACTIVE)
    await house.doorstep.sign_in(person.username, PASSWORD, source=person.word)
    for name in (person.username.upper(), lower):
        await house.doorstep.forgot(name, source=person.word)
    mail = await house.mail_of(made, Message.PASSWORD_RESET, copies=2)
    await house.doorstep.reset(house.token(mail), password=ANOTHER, source=person.word)
    await house.mail_of(made, Message.PASSWORD_CHANGED)
    return made
