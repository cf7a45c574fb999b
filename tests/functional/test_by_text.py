"""Invited by text message: everything that an invitee gets by mail comes to the number instead (S0.8, S0.17)."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from doorstep.domain.errors import Conflict, Gone, Invalid
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.faults.misbehaving_texts import ACCEPT, INVALID_NUMBER_21211, MisbehavingTexts
from tests.faults.own_stack import own_house, own_stack
from tests.functional.knowing import approved, belongs_to, done, person_at, users_of
from tests.house import PASSWORD, House, eventually, mobile, work
from tests.members import boss_of
from tests.pages import token_of

HOUR = timedelta(hours=1)
PORTAL = "http://portal.example"


@pytest.fixture(scope="module")
async def gateway() -> AsyncIterator[MisbehavingTexts]:
    """A text gateway on this machine."""
    async with MisbehavingTexts() as running:
        yield running


@pytest.fixture(scope="module")
async def texting(gateway: MisbehavingTexts) -> AsyncIterator[House]:
    """A house on servers of its own, since a worker of the shared one has no gateway."""
    async with (
        own_stack() as stack,
        own_house(stack, text_url=SecretStr(gateway.url), text_timeout_seconds=2.0) as built,
        work(built),
    ):
        yield built


@pytest.fixture
def number(gateway: MisbehavingTexts) -> str:
    """A mobile number that nobody else has, as somebody types it; the gateway behaves."""
    gateway.mode = ACCEPT
    return mobile().replace("+6421", "021 ")


async def texts_to(gateway: MisbehavingTexts, invitation: Invitation, copies: int) -> list[str]:
    """What has come to the number of an invitation, oldest first, once so much is there."""

    async def look() -> list[str] | None:
        found = [each.body for each in gateway.stored if each.to == invitation.phone]
        return found if len(found) >= copies else None

    return await eventually(look, f"{copies} texts")


def link_in(text: str) -> str:
    """The token of the link in a text."""
    found = re.search(rf"{PORTAL}/invitation/([A-Za-z0-9_-]{{43}})", text)
    assert found is not None, text
    return found[1]


async def test_s0_8_a_number_alone_is_enough(texting: House, gateway: MisbehavingTexts, number: str) -> None:
    """S0.8, S0.17, S0.18: invited, set up, approved and welcomed by text; the person signs in and needs no mail."""
    office = await texting.office()
    invited = await texting.doorstep.invite(office=office, phone=number)
    [first] = await texts_to(gateway, invited, 1)

    await texting.doorstep.set_up(link_in(first), username=f"ana.{office}", password=PASSWORD)
    await texts_to(gateway, invited, 2)
    await texting.mail_of(invited, Message.APPROVAL_NEEDED, to=boss_of(invited))
    await approved(texting, invited)
    told = await texts_to(gateway, invited, 4)

    assert invited.address == number.replace("021 ", "+6421")
    assert (invited.phone, invited.email) == (invited.address, "")
    assert "waits for approval" in told[1]
    assert all(f"{PORTAL}/sign-in" in text for text in told[2:4])
    assert {
        d.message for d in (await texting.doorstep.show(invited.id)).deliveries if d.recipient == invited.phone
    } == {*(Message.INVITATION, Message.SET_UP_RECEIVED, Message.APPROVED, Message.WELCOME)}
    assert await texting.doorstep.sign_in(f"ana.{office}", PASSWORD)
    assert await texting.handle(invited).result() == {"state": "active"}


@pytest.mark.parametrize(
    ("channel", "way"), [(None, "mail"), ("mail", "mail"), ("text", "text")], ids=["default", "mail", "text"]
)
async def test_s0_17_the_channel_is_chosen(
    texting: House, gateway: MisbehavingTexts, number: str, channel: str | None, way: str
) -> None:
    """S0.17, S0.7: of somebody with both addresses the one goes out that was chosen, by mail where none was."""
    office = await texting.office()

    invited = await texting.doorstep.invite(
        office=office, email=person_at(office), phone=number, channel=channel, name="Ana"
    )

    await texting.until(invited, lambda row: not row.unsent())
    assert (invited.channel, invited.email) == (way, person_at(office))
    assert len(texting.mails(invited.email, Message.INVITATION)) == (way == "mail")
    assert len([each for each in gateway.stored if each.to == invited.phone]) == (way == "text")


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({}, "address_required", "email"),
        ({"channel": "text", "email": "ana@example.org"}, "phone_required", "phone"),
        ({"channel": "mail", "phone": "021 555 0199"}, "email_required", "email"),
        ({"phone": "09 555 0142"}, "no_texts", "phone"),
        ({"phone": "12"}, "phone_invalid", "phone"),
    ],
    ids=["neither", "text without a number", "mail without an address", "landline", "no number"],
)
async def test_s0_6_the_channel_needs_an_address(texting: House, asked: dict[str, str], code: str, field: str) -> None:
    """S0.6, S0.17: without any address, or the one that the channel takes, the field is named and nothing is made."""
    office = await texting.office()

    with pytest.raises(Invalid) as refused:
        await texting.doorstep.invite(office=office, **asked)  # type: ignore[arg-type]

    assert (refused.value.code, refused.value.field) == (code, field)
    assert await texting.doorstep.list(office=office) == []


async def test_s0_17_an_invitation_moves_between_mail_and_text(
    texting: House, gateway: MisbehavingTexts, number: str
) -> None:
    """S0.17, decision 4, T29: from an address to a number and back; each time the link before dies, and it is said."""
    office = await texting.office()
    invited = await texting.doorstep.invite(office=office, email=person_at(office))
    first = texting.token(await texting.mail_of(invited, Message.INVITATION))

    by_text = await texting.doorstep.readdress(invited.id, number)
    [text] = await texts_to(gateway, by_text, 1)
    await texting.mail_of(invited, Message.READDRESSED_NOTICE)
    by_mail = await texting.doorstep.readdress(invited.id, person_at(office, "ana.new"))
    await texting.mail_of(by_mail, Message.INVITATION)
    notice = (await texts_to(gateway, by_text, 2))[1]

    assert (by_text.channel, by_text.email) == ("text", person_at(office))
    assert (by_mail.channel, by_mail.email, by_mail.phone) == ("mail", person_at(office, "ana.new"), by_text.phone)
    assert "no longer works" in notice
    for token in (first, link_in(text)):
        with pytest.raises(Gone):
            await texting.doorstep.set_up(token, username=f"old.{office}", password=PASSWORD)
    assert (await done(texting, by_mail)).state is State.AWAITING_APPROVAL


async def test_s0_17_a_landline_takes_no_invitation(texting: House) -> None:
    """S0.17: another number has to be a mobile one too; nothing is changed by a wrong one."""
    office = await texting.office()
    invited = await texting.doorstep.invite(office=office, email=person_at(office))

    with pytest.raises(Invalid) as refused:
        await texting.doorstep.readdress(invited.id, "09 555 0142")

    assert refused.value.code == "no_texts"
    assert (await texting.doorstep.show(invited.id)).address == person_at(office)


async def test_s2_17_an_existing_user_is_welcomed_by_text(
    texting: House, gateway: MisbehavingTexts, number: str
) -> None:
    """S2.17, S0.8: known by the number alone, the person is let in and told by text, with the username."""
    one, two = await texting.office(), await texting.office()
    first = await texting.doorstep.invite(office=one, phone=number)
    await texts_to(gateway, first, 1)
    await done(texting, first, username=f"ana.{one}")
    await texts_to(gateway, first, 2)
    await approved(texting, first)
    await texts_to(gateway, first, 4)

    second = await texting.doorstep.invite(office=two, phone=number)
    await approved(texting, second)
    [*_, welcome] = await texts_to(gateway, first, 5)

    assert second.state is State.AWAITING_APPROVAL
    assert f"ana.{one}" in welcome
    assert await belongs_to(texting, f"ana.{one}") == {one, two}
    assert await users_of(texting, first.phone) == [f"ana.{one}"]


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "silent"])
async def test_s4_46_a_refusal_comes_by_text(
    texting: House, gateway: MisbehavingTexts, number: str, *, is_told: bool
) -> None:
    """S4.46, S0.8: the user is gone, and the person hears of it where they were invited, unless silently."""
    office = await texting.office()
    invited = await texting.doorstep.invite(office=office, phone=number)
    await done(texting, invited, username=f"ana.{office}")
    await texting.until(invited, lambda row: not row.unsent())

    await texting.doorstep.reject(invited.id, approver=boss_of(invited), reason="Not ours.", is_silent=not is_told)

    await texting.until(invited, lambda row: not row.unsent())
    told = [text for text in await texts_to(gateway, invited, 1) if "not approved" in text]
    assert [("Not ours." in text) for text in told] == [True] * is_told
    assert await users_of(texting, invited.phone) == []


async def test_s0_8_the_reminder_comes_by_text(texting: House, gateway: MisbehavingTexts, number: str) -> None:
    """S0.8, decision 3: at half time, with the same link."""
    invited = await texting.doorstep.invite(office=await texting.office(), phone=number)
    [first] = await texts_to(gateway, invited, 1)
    await texting.until(invited, lambda row: row.seen_rev == row.rev and not row.unsent())

    await texting.pass_time(invited, 12 * HOUR)

    reminder = (await texts_to(gateway, invited, 2))[1]
    assert link_in(reminder) == link_in(first)
    assert reminder != first


async def test_s3_7_a_number_that_takes_nothing_is_flagged(
    texting: House, gateway: MisbehavingTexts, number: str
) -> None:
    """S3.7, F12: refused for good, the inviter is told by mail, and an address mends it."""
    office = await texting.office()
    gateway.mode = INVALID_NUMBER_21211
    inviter = f"clerk@{office}.example"
    invited = await texting.doorstep.invite(office=office, phone=number, actor=inviter)

    await texting.until(invited, lambda row: "undeliverable" in row.attention and not row.unsent())
    await texting.mail_of(invited, Message.BOUNCE_NOTICE, to=inviter)
    mended = await texting.doorstep.readdress(invited.id, person_at(office))

    assert mended.attention == ()
    await texting.mail_of(mended, Message.INVITATION)


async def test_s4_37_by_mail_or_by_text_it_is_one_person(
    texting: House, gateway: MisbehavingTexts, number: str
) -> None:
    """S4.37, S1.19: asked again under either address the open invitation answers, and nothing more goes out."""
    office = await texting.office()
    first = await texting.doorstep.invite(office=office, email=person_at(office), phone=number)
    await texting.until(first, lambda row: not row.unsent())

    again = [
        await texting.doorstep.invite(office=office, phone=number),
        await texting.doorstep.invite(office=office, email=person_at(office)),
        await texting.doorstep.invite(office=office, email=person_at(office), phone=number, channel="text"),
    ]
    await done(texting, first)
    await approved(texting, first)
    with pytest.raises(Conflict) as member:
        await texting.doorstep.invite(office=office, phone=number)
    another = await texting.doorstep.invite(office=office, email=person_at(office, "ben"), phone=number)

    assert {each.id for each in again} == {first.id}
    assert (another.id == first.id, another.state) == (False, State.PENDING)
    assert member.value.code == "already_member"
    assert len(texting.mails(first.email, Message.INVITATION)) == 1
    assert [each for each in gateway.stored if each.to == first.phone] == []


async def test_s0_17_a_new_link_by_text(texting: House, gateway: MisbehavingTexts, number: str) -> None:
    """S0.17, decision 3: sent again it is another link, to the same number, and the first one is dead."""
    office = await texting.office(resend_cooldown=timedelta(0))
    invited = await texting.doorstep.invite(office=office, phone=number)
    [first] = await texts_to(gateway, invited, 1)

    await texting.doorstep.resend(invited.id)
    second = (await texts_to(gateway, invited, 2))[1]

    assert link_in(second) == await token_of(texting, invited)
    assert link_in(first) != link_in(second)
