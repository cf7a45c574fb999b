"""Sending at once: places, duplicates, keys, the sweep and the limits hold under real concurrency."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
import uuid_utils.compat as uuid_utils
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Invalid, TooMany
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import rates
from starter.sweep import sweep_once
from starter.temporal import Starter
from tests.functional.racing import LONG_AGO, at_once
from tests.house import House, eventually, mobile

MINUTE = timedelta(minutes=1)


async def test_s4_37_ten_invitations_of_one_person_are_one(house: House) -> None:
    """S4.37, S1.19: ten people of staff invite the same person at once; there is one invitation and one mail."""
    office = await house.office()
    address = f"Ana@{office}.example"

    made = await asyncio.gather(*(house.doorstep.invite(office=office, email=address) for _ in range(10)))

    (identifier,) = {each.id for each in made}
    await house.until(made[0], lambda row: not row.unsent())
    assert len(house.mails(address, Message.INVITATION)) == 1
    assert [each.id for each in await house.doorstep.list(office=office)] == [identifier]


async def test_s4_37_by_either_address_they_are_one(house: House) -> None:
    """S4.37, S1.19: the same where each of them names another address of the person, whom somebody invited before."""
    office = await house.office()
    address, number = f"ana@{office}.example", mobile()
    first = await house.doorstep.invite(office=office, email=address, phone=number, is_draft=True)
    ways = [(address, None), (None, number), (address, number)]

    again = (house.doorstep.invite(office=office, email=mail, phone=text) for mail, text in ways * 3)
    made = await asyncio.gather(*again)

    assert {each.id for each in made} == {first.id}


async def test_s2_5_of_four_sends_three_succeed(house: House) -> None:
    """S2.5, S2.2: of four simultaneous sends exactly three succeed; the fourth hears of the limit and the remedy."""
    office = await house.office()
    drafts = await asyncio.gather(
        *(
            house.doorstep.invite(office=office, email=f"{n}@{office}.example", job="12 Hill Street", is_draft=True)
            for n in range(4)
        )
    )

    outcomes = await at_once(*(house.doorstep.send(draft.id) for draft in drafts))

    assert Counter(outcomes) == {"done": 3, "job_full": 1}
    refused = drafts[outcomes.index("job_full")]
    assert (await house.doorstep.show(refused.id)).last_refusal == "job_full"


async def test_s2_5_of_four_invitations_three_succeed(house: House) -> None:
    """S2.5: the same without drafts, where the job is made by the first of them."""
    office = await house.office()

    outcomes = await at_once(
        *(house.doorstep.invite(office=office, email=f"{n}@{office}.example", job="7 Lake Road") for n in range(4))
    )

    assert Counter(outcomes) == {"done": 3, "job_full": 1}
    assert len(await house.doorstep.list(office=office)) == 3


async def test_s2_3_a_freed_place_goes_to_one(house: House) -> None:
    """S2.3, S2.5: when one of three is revoked, of several who want the place one gets it."""
    office = await house.office()
    three = [
        await house.doorstep.invite(office=office, email=f"{n}@{office}.example", job="7 Lake Road") for n in range(3)
    ]
    await house.doorstep.revoke(three[0].id)

    outcomes = await at_once(
        *(house.doorstep.invite(office=office, email=f"new{n}@{office}.example", job="7 Lake Road") for n in range(4))
    )

    assert Counter(outcomes) == {"done": 1, "job_full": 3}


async def test_f17_one_key_is_one_invitation(house: House) -> None:
    """F17: twenty requests with one idempotency key are one; the same key for another person is refused."""
    office = await house.office()

    made = await asyncio.gather(
        *(house.doorstep.invite(office=office, email="ana@example.org", idempotency_key="erp-881") for _ in range(20))
    )

    assert len({each.id for each in made}) == 1
    with pytest.raises(Invalid) as caught:
        await house.doorstep.invite(office=office, email="ben@example.org", idempotency_key="erp-881")
    assert caught.value.code == "idempotency_mismatch"


class Counting(Starter):
    """A starter that notes whom it woke."""

    def __init__(self, house: House) -> None:
        super().__init__(house.client)
        self.woken: list[Invitation] = []

    async def wake(self, invitation: Invitation) -> bool:
        """Note it, and wake."""
        self.woken.append(invitation)
        return await super().wake(invitation)


async def test_f05_sweeps_at_once_wake_once(idle_house: House) -> None:
    """F05: of eight workers that sweep at the same moment one does; each row that is behind is woken once."""
    house = idle_house
    office = await house.office()
    made = await asyncio.gather(
        *(house.doorstep.invite(office=office, email=f"{n}@{office}.example", is_draft=True) for n in range(5))
    )

    async def fall_behind(tx: AsyncConnection) -> None:
        query = "UPDATE invitations SET rev = rev + 1, changed_at = :then WHERE office = :office"
        # First of all, since a sweep takes the oldest 200 and other tests leave many behind.
        await tx.execute(text(query), {"office": office, "then": LONG_AGO})

    await house.run(fall_behind)
    starters = [Counting(house) for _ in range(8)]

    await asyncio.gather(*(sweep_once(house.engine, starter, older_than=30 * MINUTE) for starter in starters))

    woken = [each.id for starter in starters for each in starter.woken if each.office.code == office]
    assert Counter(woken) == {each.id: 1 for each in made}


async def test_t28_a_window_holds_under_forty_hits(idle_house: House) -> None:
    """T28, T06: of forty tries at once five are let through, and another key is not touched."""
    key = f"test:{uuid_utils.uuid7()}"

    async def hit(key: str) -> None:
        await idle_house.run(lambda tx: rates.hit(tx, key, limit=5, window=MINUTE))

    outcomes = await at_once(*(hit(key) for _ in range(40)), hit(key + "-other"))

    assert Counter(outcomes[:-1]) == {"done": 5, "too_many_tries": 35}
    assert outcomes[-1] == "done"
    with pytest.raises(TooMany) as caught:
        await hit(key)
    assert 0 < caught.value.retry_after <= 61


async def test_s2_3_a_revoked_invitation_ends_while_its_mail_is_on_the_way(house: House) -> None:
    """T11: invite and revoke in one breath: whatever the mail does, the link is dead and nothing is left over."""
    office = await house.office()
    made = await asyncio.gather(
        *(house.doorstep.invite(office=office, email=f"{n}@{office}.example") for n in range(10))
    )

    await asyncio.gather(*(house.doorstep.revoke(each.id) for each in made))

    async def all_ended() -> bool | None:
        rows = await house.doorstep.list(office=office)
        return True if all(row.seen_rev == row.rev and not row.unsent() for row in rows) else None

    await eventually(all_ended, "ten revoked invitations to end")
    assert {row.state for row in await house.doorstep.list(office=office)} == {State.REVOKED}
