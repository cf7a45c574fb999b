"""API keys: made once, hashed, good for scopes and a time, revoked at once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from doorstep.domain.errors import Forbidden, Invalid, NotFound, Refused
from doorstep.domain.keys import PREFIX, Scope, secret_hash
from doorstep.store import tables as t
from tests.client_commands import acting
from tests.house import House
from tests.systems import Systems, code_of

k = t.api_keys.c


async def test_a_key_is_shown_once_and_kept_as_a_hash(house: House) -> None:
    """T04: the row has a hash and the first signs; nothing that is listed or recorded holds the key."""
    office = await house.office()

    made = await house.doorstep.key_add(office, "erp", scopes=["read"], expires_in=timedelta(days=90))
    [listed] = await house.doorstep.keys(office)
    row = (await house.run(lambda tx: tx.execute(select(t.api_keys).where(k.id == made.key.id)))).one()
    recorded = select(t.audit.c.actor, t.audit.c.event, t.audit.c.detail).where(t.audit.c.subject_id == made.key.id)
    [entry] = (await house.run(lambda tx: tx.execute(recorded))).all()

    assert made.secret.startswith(PREFIX)
    assert (listed.hint, listed.created_by) == (made.secret[:8], "clerk@office.example")
    assert listed.scopes == frozenset({Scope.READ})
    assert listed.expires_at == listed.created_at + timedelta(days=90)
    assert row.secret_hash == secret_hash(made.secret)
    assert entry == (
        "clerk@office.example",
        "key.made",
        {"office": office, "name": "erp", "scopes": ["read"]},
    )


async def test_what_opens_nothing_is_answered_alike(house: House) -> None:
    """T08: an unknown key, a revoked and an expired one, two keys and another scheme: byte for byte the same."""
    systems, office = Systems.of(house), await house.office()
    add = house.doorstep.key_add
    revoked, expired, good = [await add(office, name, scopes=["read"]) for name in ("revoked", "expired", "good")]
    await house.doorstep.key_revoke(office, "revoked")
    ended = update(t.api_keys).where(k.id == expired.key.id).values(expires_at=func.now())
    await house.run(lambda tx: tx.execute(ended))
    sent = [f"Bearer {each}" for each in (revoked.secret, expired.secret, f"{PREFIX}{'x' * 43}", "", "dsk_ü", "sk_1")]
    sent += [f"Basic {good.secret}", good.secret, "Bearer"]

    answers = set()
    async with systems.calling() as system:
        for each in sent:
            response = await system.get("/v1/invitations", headers={b"Authorization": each.encode()})
            answers.add((response.status_code, response.headers["www-authenticate"], response.content))
        twice = [("Authorization", f"Bearer {good.secret}")] * 2
        doubled = await system.get("/v1/invitations", headers=twice)
        fine = await system.get("/v1/invitations", headers={"Authorization": f"bearer {good.secret}"})

    [(status, _, body)] = answers
    assert (status, doubled.content, fine.status_code) == (401, body, 200)


async def test_guessing_keys_is_limited_by_source(house: House) -> None:
    """T06: after ten keys that open nothing the source has to wait; the right key still comes in, also from there."""
    systems, office = Systems.of(house), await house.office()
    secret = await systems.key(office)

    guesses = [{"Authorization": f"Bearer {PREFIX}wrong-{number}"} for number in range(11)]
    async with systems.calling(source="10.9.9.9") as guesser:
        answers = [await guesser.get("/v1/invitations", headers=guess) for guess in guesses]
    async with systems.calling(secret, source="10.9.9.9") as honest:
        right = await honest.get("/v1/invitations")

    assert [each.status_code for each in answers] == [401] * 10 + [429]
    assert code_of(answers[-1]) == "too_many_tries"
    assert int(answers[-1].headers["retry-after"]) == answers[-1].json()["retry_after"]
    assert right.status_code == 200


async def test_a_key_has_a_pace_of_its_own(house: House) -> None:
    """T28: one key too fast waits; another key of the office does not."""
    systems, office = Systems.of(house, api_requests_per_minute=3), await house.office()

    async with systems.of_office(office) as fast, systems.of_office(office) as other:
        answers = [await fast.get("/v1/invitations") for _ in range(5)]
        calm = await other.get("/v1/invitations")

    assert [each.status_code for each in answers] == [200] * 3 + [429] * 2
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert calm.status_code == 200


async def test_the_last_use_is_written_once_a_minute(house: House) -> None:
    """A busy key does not write its row at each request; it does so after a minute."""
    systems, office = Systems.of(house), await house.office()
    secret = await systems.key(office)

    async with systems.calling(secret) as system:
        await asyncio.gather(*(system.get("/v1/invitations") for _ in range(3)))
        first = (await house.doorstep.keys(office))[0].last_used_at
        await system.get("/v1/invitations")
        second = (await house.doorstep.keys(office))[0].last_used_at
        assert first is not None
        aged = update(t.api_keys).where(k.office == office).values(last_used_at=first - timedelta(minutes=2))
        await house.run(lambda tx: tx.execute(aged))
        await system.get("/v1/invitations")
        third = (await house.doorstep.keys(office))[0].last_used_at

    assert second == first
    assert third is not None
    assert third >= first


async def test_keys_are_made_by_whoever_has_the_settings(house: House) -> None:
    """S1.2: staff without the settings of the office make, see and revoke no key, and a key makes none."""
    office = await house.office()
    await house.doorstep.staff_set(office, f"view@{office}.example", permissions=["companyView", "companyEdit"])
    await house.doorstep.staff_set(office, f"admin@{office}.example", permissions=["administrator"])
    clerk, admin = (acting(house.doorstep, f"{who}@{office}.example") for who in ("view", "admin"))

    made = await admin.key_add(office, "erp", scopes=["read"])

    for asked in (clerk.key_add(office, "x", scopes=["read"]), clerk.keys(office), clerk.key_revoke(office, "erp")):
        with pytest.raises(Forbidden):
            await asked
    assert [key.id for key in await admin.keys(office)] == [made.key.id]
    assert made.key.created_by == f"admin@{office}.example"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("key_name", {"name": "  "}),
        ("unknown_scope", {"scopes": []}),
        ("unknown_scope", {"scopes": ["everything"]}),
        ("key_expiry", {"expires_in": timedelta(0)}),
        ("key_expiry", {"expires_in": timedelta(days=9999)}),
        ("key_name_taken", {"name": "taken"}),
        ("no_such_office", {"office": "nowhere"}),
    ],
)
async def test_a_key_that_cannot_be_made_is_refused(house: House, code: str, change: dict[str, object]) -> None:
    """Each fault with its code; a name is taken as long as its key opens something."""
    office = await house.office()
    await house.doorstep.key_add(office, "taken", scopes=["read"])
    asked: dict[str, object] = {"office": office, "name": "erp", "scopes": ["read"]} | change

    with pytest.raises(Refused) as refused:
        await house.doorstep.key_add(**asked)  # type: ignore[arg-type]

    assert refused.value.code == code
    assert isinstance(refused.value, Invalid) is (code not in ("key_name_taken", "no_such_office"))


async def test_a_revoked_key_leaves_its_name(house: House) -> None:
    """A name can be used again once its key is revoked; revoking twice is refused."""
    office = await house.office()
    first = await house.doorstep.key_add(office, "erp", scopes=["read"])

    ended = await house.doorstep.key_revoke(office, str(first.key.id))
    second = await house.doorstep.key_add(office, "erp", scopes=["read"])
    with pytest.raises(NotFound) as refused:
        await house.doorstep.key_revoke(office, str(first.key.id))

    assert ended.revoked_at is not None
    assert refused.value.code == "no_such_key"
    assert [key.id for key in await house.doorstep.keys(office)] == [second.key.id, first.key.id]
