"""A mail server that may or may not have taken a mail, and a template that is broken: nobody else waits for either.

The names begin with the fault of the trust table; F10 to F13 are in `test_mail_faults.py`.
"""

import asyncio
import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from activities import post
from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import State
from doorstep.mail.compose import compose
from doorstep.mail.rendering import TEMPLATES
from tests.faults import misbehaving_smtp as smtp
from tests.functional.racing import pass_on_row
from tests.house import PASSWORD, House, eventually

DAY = timedelta(days=1)


async def invited(house: House) -> Invitation:
    """An invitation just made, in an office of its own; its mail is on the way."""
    office = await house.office()
    return await house.doorstep.invite(office=office, email=f"ana@{office}.example")


def latest(row: Invitation) -> Delivery:
    """The delivery of the invitation in the present generation."""
    [found] = row.of(Message.INVITATION)
    return found


def copies(house: House, *addresses: str) -> list[bytes]:
    """Every copy that a server took for these addresses, byte for byte, oldest first."""
    return [stored.content for stored in house.smtp.stored if set(addresses) & set(stored.recipients)]


async def copied(house: House, invitation: Invitation, times: int) -> None:
    """Wait until a server took that many copies."""

    async def look() -> bool | None:
        return True if len(copies(house, invitation.address)) >= times else None

    await eventually(look, f"{times} copies of the mail")


async def in_doubt(house: House, invitation: Invitation, times: int = 1) -> Invitation:
    """The invitation once that many tries were made and the last one's end is noted as unknown."""

    def holds(row: Invitation) -> bool:
        mail = latest(row)
        return mail.status is DeliveryStatus.DEFERRED and mail.attempts >= times and mail.is_attempt_open

    return await house.until(invitation, holds)


async def test_f14_a_slow_server_keeps_only_its_own_mail_waiting(house: House) -> None:
    """F14: while the server does not answer for five mails a sixth goes out; the five give up and go out again."""
    house.smtp.mode = smtp.SLOW_AFTER_DATA
    try:
        slow = await asyncio.gather(*(invited(house) for _ in range(5)))
        for each in slow:
            await copied(house, each, 1)
    finally:
        house.smtp.mode = smtp.ACCEPT
    taken, own = len(house.smtp.stored), {each.address for each in slow}

    quick = await house.pending(await house.office())
    arrived = [await house.settled(each) for each in slow]

    # Of these six: a mail that another test left behind may be tried again at any time.
    later = [stored.recipients for stored in house.smtp.stored[taken:] if {*stored.recipients} & {quick.address, *own}]
    assert later[0] == (quick.address,)
    assert [latest(each).status for each in arrived] == [DeliveryStatus.SENT] * 5
    for each in slow:
        first, *others = copies(house, each.address)
        assert others
        assert {first} == set(others)


@pytest.mark.parametrize("is_down_between", [False, True], ids=["at-once", "after-an-outage"])
async def test_f15_the_second_copy_is_the_first_one(house: House, *, is_down_between: bool) -> None:
    """F15: taken, then the line is lost: Message-ID, Date, boundary, link and end stay, also when a try fails then."""
    house.smtp.mode = smtp.TAKES_AND_DROPS
    try:
        invitation = await invited(house)
        before = await in_doubt(house, invitation)
        if is_down_between:
            await house.smtp.stop()
            await in_doubt(house, invitation, 2)
    finally:
        house.smtp.mode = smtp.ACCEPT
        if is_down_between:
            await house.smtp.start()

    after = await house.settled(invitation)

    first, *others = copies(house, invitation.address)  # on a slow machine there is time for one more of them
    assert others
    assert {first} == set(others)
    assert latest(after).status is DeliveryStatus.SENT
    assert after.expires_at == before.expires_at
    assert latest(after).handed_over_at == latest(before).handed_over_at
    assert latest(before).cause == "connection_lost"
    await house.set_up(after)


async def test_f15_a_link_that_may_be_out_dies_on_time(house: House) -> None:
    """F15, decision 1: the end that was printed holds, although no server ever said that it took the mail."""
    house.smtp.mode = smtp.TAKES_AND_DROPS
    try:
        invitation = await invited(house)
        await in_doubt(house, invitation)

        await pass_on_row(house, invitation, DAY)
        expired = await house.until_state(invitation, State.EXPIRED)
    finally:
        house.smtp.mode = smtp.ACCEPT

    assert (latest(expired).status, latest(expired).cause) == (DeliveryStatus.FAILED, "expired")
    assert len(set(copies(house, invitation.address))) == 1


async def test_f16_a_broken_template_holds_up_its_own_kind_alone(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """F16: a deploy breaks one template: that message waits, others go out, and the deploy that mends it sends it."""
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    broken = folder / Message.APPROVAL_NEEDED / "body.txt"
    broken.write_text("{{ nobody knows this }}", encoding="utf-8")
    monkeypatch.setattr(post, "compose", partial(compose, templates=folder))
    invitation = await house.pending(await house.office())
    token = house.token(await house.mail_of(invitation, Message.INVITATION))
    await house.doorstep.set_up(token, username=invitation.address, password=PASSWORD)
    deferred = await house.until(
        invitation, lambda row: [d.cause for d in row.of(Message.APPROVAL_NEEDED)] == ["template_broken"]
    )
    await house.mail_of(invitation, Message.SET_UP_RECEIVED)
    other = await house.pending(await house.office())

    shutil.copy(TEMPLATES / Message.APPROVAL_NEEDED / "body.txt", broken)

    await house.settled(invitation)
    boss = f"boss1@{invitation.office.code}.example"
    assert [d.message for d in deferred.unsent()] == [Message.APPROVAL_NEEDED]
    assert (deferred.state, deferred.attention) == (State.AWAITING_APPROVAL, ())
    assert len(house.mails(other.address, Message.INVITATION)) == 1
    assert len(house.mails(boss, Message.APPROVAL_NEEDED)) == 1
    assert len(house.mails(invitation.address, Message.SET_UP_RECEIVED)) == 1
