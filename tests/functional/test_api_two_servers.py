"""A system that asks two servers for everything, one on another clock, and repeats what it asked (F17, F19)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2
import time_machine

from doorstep.domain.events import Event
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import House
from tests.systems import Systems

WRONG = timedelta(minutes=47)


class Repeating:
    """Sends each request to every server in turn, the same under one key, each server on its own clock."""

    def __init__(self, servers: Sequence[tuple[httpx2.AsyncClient, timedelta]]) -> None:
        self._servers = servers
        self._names = count(1)

    async def send(self, method: str, path: str, said: dict[str, Any]) -> list[httpx2.Response]:
        """What each of them answered."""
        key = {"Idempotency-Key": f"step-{next(self._names)}"} if method == "POST" else {}
        answers = []
        for server, wrong in self._servers:
            with time_machine.travel(datetime.now(UTC) + wrong):  # noqa: TID251 - the clock of a server, moved
                answers.append(await server.request(method, path, json=said, headers=key))
        return answers


async def life(house: House, system: Repeating, office: str) -> tuple[list[list[int]], list[str], int, int]:
    """Invite, send to another address, set up, approve: the answers, the audit, the mails, and the accounts."""
    answers = [await system.send("PUT", "/v1/accounts/1042", {"name": "Ruiz Orchards"})]
    asked = {"email": f"ana@{office}.example", "accounts": ["1042"], "is_draft": True}
    answers.append(await system.send("POST", "/v1/invitations", asked))
    path = f"/v1/invitations/{answers[-1][0].json()['id']}"
    answers.append(await system.send("POST", f"{path}/send", {}))
    made = (await house.doorstep.list(office=office))[0]
    await house.mail_of(made, Message.INVITATION)
    answers.append(await system.send("POST", f"{path}/resend", {}))
    await house.set_up(made)
    answers.append(await system.send("POST", f"{path}/approve", {"approver": f"boss1@{office}.example"}))
    await house.until_state(made, State.ACTIVE)
    await house.mail_of(made, Message.APPROVED)
    answers.append(await system.send("POST", f"{path}/revoke", {}))
    records = await house.doorstep.audit(made.id)
    # "Too soon" is no answer to keep: whoever asks again is refused again, and each refusal is a record.
    audit = [each.event for each in records if each.via == "api" and each.event != Event.REFUSED]
    accounts = len((await house.doorstep.account_page(office)).items)
    return [[each.status_code for each in pair] for pair in answers], audit, len(house.mails(made.address)), accounts


async def test_f19_two_clocks_and_every_request_twice_come_to_the_same(house: House) -> None:
    """F17, F19: two servers 47 minutes apart, each asked for everything, do what one that is asked once does."""
    once, twice = await house.office(), await house.office()
    one, other = Systems.of(house), Systems.of(house)
    secret = await one.key(twice)

    async with one.of_office(once) as alone, one.calling(secret) as first, other.calling(secret) as second:
        expected = await life(house, Repeating([(alone, timedelta(0))]), once)
        found = await life(house, Repeating([(first, timedelta(0)), (second, WRONG)]), twice)

    assert [pair[0] for pair in found[0]] == [pair[0] for pair in expected[0]]
    assert [pair[1] for pair in found[0][1:]] == [pair[0] for pair in expected[0][1:]]
    assert found[1:] == expected[1:]
