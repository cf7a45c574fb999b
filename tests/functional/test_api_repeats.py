"""`Idempotency-Key`: asking twice is asking once, as Stripe has it (F17)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func, select, update

from doorstep.domain.keys import Scope
from doorstep.domain.states import State
from doorstep.store import kept_answers
from doorstep.store import tables as t
from starter import sweep
from tests.house import House
from tests.systems import Systems, code_of

ka = t.kept_answers.c
ASKED = "/v1/invitations"


@dataclass(frozen=True)
class Repeating:
    """A system of a new office, and what is kept for it."""

    house: House
    office: str
    system: httpx2.AsyncClient

    async def post(self, key: str, path: str = ASKED, **said: Any) -> httpx2.Response:
        """Send something under a key."""
        return await self.system.post(path, json=said or None, headers={"Idempotency-Key": key})

    async def rows(self) -> list[Any]:
        """What is kept for this system."""
        [key] = await self.house.doorstep.keys(self.office)
        query = select(t.kept_answers).where(ka.owner == str(key.id))
        return list((await self.house.run(lambda tx: tx.execute(query))).all())

    async def aged(self, by: timedelta) -> None:
        """Let what is kept become older."""
        [key] = await self.house.doorstep.keys(self.office)
        older = update(t.kept_answers).where(ka.owner == str(key.id)).values(created_at=ka.created_at - by)
        await self.house.run(lambda tx: tx.execute(older))


@asynccontextmanager
async def repeating(house: House, *scopes: Scope) -> AsyncIterator[Repeating]:
    """A system of a new office."""
    systems, office = Systems.of(house), await house.office()
    async with systems.of_office(office, *scopes) as system:
        yield Repeating(house, office, system)


async def test_the_same_request_gets_the_same_answer(house: House) -> None:
    """F17: status, body, ETag and Location are those of the first time, and one invitation was made."""
    async with repeating(house) as it:
        first, second = [await it.post("k-1", email="ana@example.org", is_draft=True) for _ in range(2)]
        made = await house.doorstep.list(office=it.office)

    assert (first.status_code, len(made)) == (201, 1)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert all(second.headers[name] == first.headers[name] for name in ("etag", "location", "content-type"))
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


async def test_the_same_key_for_something_else_is_refused(house: House) -> None:
    """F17: another body, another address, another condition under the same key: 422, and nothing is done."""
    async with repeating(house) as it:
        made = (await it.post("k-1", email="ana@example.org", is_draft=True)).json()
        others = [
            await it.post("k-1", email="zoe@example.org", is_draft=True),
            await it.post("k-1", f"{ASKED}?x=1", email="ana@example.org", is_draft=True),
            await it.post("k-1", f"{ASKED}/{made['id']}/revoke"),
        ]
        rows = await house.doorstep.list(office=it.office)

    assert [(each.status_code, code_of(each)) for each in others] == [(422, "idempotency_key_reused")] * 3
    assert [row.state for row in rows] == [State.DRAFT]


async def test_a_key_is_the_systems_own(house: House) -> None:
    """Two systems of one office that happen to choose the same key do not meet."""
    async with repeating(house) as it, Systems.of(house).of_office(it.office) as second:
        answers = [
            await client.post(ASKED, json={"email": email, "is_draft": True}, headers={"Idempotency-Key": "k-1"})
            for client, email in ((it.system, "ana@example.org"), (second, "zoe@example.org"))
        ]

    assert [each.status_code for each in answers] == [201, 201]


async def test_many_at_once_are_one(house: House) -> None:
    """F17: of twenty at once one is answered, the others hear that it is under way, or get the same answer."""
    async with repeating(house) as it:
        answers = await asyncio.gather(*(it.post("k-1", email="ana@example.org", is_draft=True) for _ in range(20)))
        made = await house.doorstep.list(office=it.office)

    done = {each.content for each in answers if each.status_code == 201}
    others = {code_of(each) for each in answers if each.status_code != 201}
    assert (len(made), len(done)) == (1, 1)
    assert others <= {"idempotency_in_flight"}


async def test_an_abandoned_request_is_taken_over(house: House) -> None:
    """F17: a claim whose process died before it kept the answer is taken over after a minute; nothing is done twice."""
    said: dict[str, Any] = {"email": "ana@example.org", "is_draft": True}
    async with repeating(house) as it:
        first = await it.post("k-1", **said)
        unfinished = update(t.kept_answers).where(ka.subject_id == first.json()["id"])
        await house.run(lambda tx: tx.execute(unfinished.values(status=None, body=None)))
        early = await it.post("k-1", **said)
        await it.aged(timedelta(seconds=61))
        late = await it.post("k-1", **said)
        made = await house.doorstep.list(office=it.office)

    assert (early.status_code, code_of(early)) == (409, "idempotency_in_flight")
    assert (late.status_code, late.json()["id"]) == (200, first.json()["id"])
    assert len(made) == 1


async def test_whoever_lost_a_claim_keeps_nothing(house: House) -> None:
    """F17: an answer that comes after its claim was taken over does not replace that of the new owner."""
    request = kept_answers.Request(f"test-{uuid4()}", "k-1", b"f")
    slow = await house.run(lambda tx: kept_answers.claim(tx, request))
    old = update(t.kept_answers).where(ka.owner == request.owner)
    await house.run(lambda tx: tx.execute(old.values(created_at=func.now() - timedelta(minutes=2))))
    quick = await house.run(lambda tx: kept_answers.claim(tx, request))
    assert isinstance(slow, kept_answers.Claim)
    assert isinstance(quick, kept_answers.Claim)

    late, right = (kept_answers.KeptAnswer(status, {}, b"x") for status in (409, 201))
    await house.run(lambda tx: kept_answers.keep(tx, slow, late))
    await house.run(lambda tx: kept_answers.keep(tx, quick, right))
    kept = await house.run(lambda tx: kept_answers.claim(tx, request))

    assert isinstance(kept, kept_answers.KeptAnswer)
    assert kept.status == 201


async def test_a_refusal_is_kept_and_a_fault_is_not(house: House) -> None:
    """F17: what was refused stays refused under its key; what does not fit the document never began."""
    async with repeating(house) as it:
        path = f"{ASKED}/{uuid4()}/send"
        refused = [await it.post("k-1", path) for _ in range(2)]
        faulty = await it.post("k-2", email=1)
        mended = await it.post("k-2", email="ana@example.org", is_draft=True)
        rows = await it.rows()

    assert [each.status_code for each in refused] == [404, 404]
    assert refused[1].headers["idempotency-replayed"] == "true"
    assert (faulty.status_code, mended.status_code) == (422, 201)
    assert sorted(row.status for row in rows) == [201, 404]


async def test_too_often_is_not_kept(house: House) -> None:
    """A 429 is no answer to keep: the same key succeeds once the time is over."""
    async with repeating(house) as it:
        made = await house.pending(it.office)
        soon = await it.post("k-1", f"{ASKED}/{made.id}/resend")
        await house.pass_time(made, timedelta(minutes=2))
        later = await it.post("k-1", f"{ASKED}/{made.id}/resend")

    assert (soon.status_code, code_of(soon)) == (429, "too_soon")
    assert later.status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ü"])
async def test_a_key_that_is_none_is_refused(house: House, key: str) -> None:
    """A key has visible characters and an end."""
    async with repeating(house) as it:
        response = await it.system.post(ASKED, json={}, headers={b"Idempotency-Key": key.encode()})

    assert (response.status_code, code_of(response)) == (422, "idempotency_key_invalid")


async def test_what_is_kept_goes_after_a_day_and_with_the_person(house: House) -> None:
    """T34: an erasure takes the kept answers about the person along; the purge takes those of a day ago."""
    async with repeating(house) as it:
        ana, zoe = [
            (await it.post(name, email=f"{name}@example.org", is_draft=True)).json()["id"] for name in ("ana", "zoe")
        ]
        await house.doorstep.erase(ana)
        left = [str(row.subject_id) for row in await it.rows()]
        await it.aged(timedelta(hours=25))
        await sweep.purge(house.engine)

        assert left == [zoe]
        assert await it.rows() == []


async def test_a_link_is_never_kept(house: House) -> None:
    """T04: the answer with a live link stands in no table, whatever key it was asked for under."""
    async with repeating(house) as it:
        made = await house.pending(it.office)
        url = (await it.post("k-1", f"{ASKED}/{made.id}/link")).json()["url"]

        assert url.startswith("http://portal.example/invitation/")
        assert await it.rows() == []


async def test_a_system_that_sends_everything_twice_gets_what_it_would_have_got_once(house: House) -> None:
    """Two offices, of which one is served by a system that repeats every request, end alike."""
    systems = Systems.of(house)
    told = []
    for times in (1, 2):
        office = await house.office()
        async with systems.of_office(office) as system:
            told.append(await _a_day(Repeating(house, office, system), times))

    assert told[0] == told[1]


async def _a_day(it: Repeating, times: int) -> list[object]:
    """What a system does in a day, each request so many times, and what came of it."""
    answers: list[tuple[int, str]] = []

    async def ask(path: str, **said: Any) -> Any:
        key = str(uuid4())
        got = [await it.post(key, path, **said) for _ in range(times)]
        assert {(each.status_code, each.content) for each in got} == {(got[0].status_code, got[0].content)}
        answers.append((got[0].status_code, got[0].json().get("state", got[0].json().get("code"))))
        return got[0].json()

    boss = f"boss1@{it.office}.example"
    draft = await ask(ASKED, email=f"draft@{it.office}.example", is_draft=True)
    await ask(f"{ASKED}/{draft['id']}/send")
    await ask(f"{ASKED}/{draft['id']}/readdress", address=f"new@{it.office}.example")
    await ask(f"{ASKED}/{draft['id']}/revoke", reason="Left")
    await ask(f"{ASKED}/{draft['id']}/revoke")
    waiting = await it.house.waiting(it.office)
    await ask(f"{ASKED}/{waiting.id}/reject", approver="nobody@example.org")
    await ask(f"{ASKED}/{waiting.id}/approve", approver=boss, permissions=["invoices"])
    await it.house.until_state(waiting, State.ACTIVE)
    await ask(ASKED, email=waiting.address)
    gone = await ask(ASKED, email=f"gone@{it.office}.example", is_draft=True)
    await ask(f"{ASKED}/{gone['id']}/erase")
    rows = await it.house.doorstep.list(office=it.office)
    events = [await it.house.events(row) for row in rows]
    return [answers, [row.state for row in rows], [[name for name in each if "message" not in name] for each in events]]
