"""Requests that are repeated under one idempotency key (F17)."""

import asyncio
import hashlib
import json
from typing import Any

import pytest

from doorstep.domain.errors import Invalid
from doorstep.domain.messages import Message
from doorstep.store import tables as t
from tests.house import House
from tests.pages import add_accounts


async def test_the_same_key_answers_with_the_same_invitation(house: House) -> None:
    """F18: of ten starts with one key, at once or later, one makes it and mails; the others get the same answer."""
    office = await house.office()

    async def start() -> object:
        made = await house.doorstep.invite(office=office, email=f"ana@{office}.example", idempotency_key="erp-881")
        return made.id

    made = set(await asyncio.gather(*(start() for _ in range(10))))
    made.add(await start())
    [only] = await house.doorstep.list(office=office)
    await house.mail_of(only, Message.INVITATION)

    assert made == {only.id}
    assert len(house.mails(only.address)) == 1


async def test_a_key_used_for_something_else_is_refused(house: House) -> None:
    """F18: one key, two different requests: the second is a mistake, and it is said."""
    office = await house.office()
    await house.doorstep.invite(office=office, email=f"ana@{office}.example", idempotency_key="erp-881")

    with pytest.raises(Invalid) as refused:
        await house.doorstep.invite(office=office, email=f"zoe@{office}.example", idempotency_key="erp-881")

    assert refused.value.code == "idempotency_mismatch"
    assert len(await house.doorstep.list(office=office)) == 1


OF_BEFORE: dict[str, object] = {"name": "", "accounts": [], "job": None, "roles": [], "is_draft": False}
"""What a fingerprint was made of before there were numbers and templates, beside the office and the address."""


def fingerprint_of_before(office: str, address: str, **said: object) -> bytes:
    """What the release before kept of a request, in its own way of writing."""
    whole = {"office": office, "address": {"typed": address, "key": address}, "is_test": False, "idempotency_key": None}
    return hashlib.sha256(json.dumps(OF_BEFORE | whole | said, sort_keys=True).encode()).digest()


@pytest.mark.parametrize(
    "said",
    [{}, {"name": "Ana", "job": "Hill Road 4", "roles": ["buyer"], "accounts": ["1042"], "is_test": True}],
    ids=["least", "most"],
)
async def test_a_key_from_before_an_upgrade_still_fits(house: House, said: dict[str, object]) -> None:
    """F17, F24: a request that is repeated after the upgrade answers with what it made before, and mails nothing."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Ana Farms"})
    asked: dict[str, Any] = {"office": office, "email": f"ana@{office}.example", "idempotency_key": "erp-881"} | said
    first = await house.doorstep.invite(**asked)
    before = fingerprint_of_before(office, first.address, **said)
    own = t.invitations.update().where(t.invitations.c.id == first.id)
    await house.run(lambda tx: tx.execute(own.values(idempotency_hash=before)))

    again = await house.doorstep.invite(**asked)
    with pytest.raises(Invalid) as refused:
        await house.doorstep.invite(**asked, phone="+64 21 555 0142")

    assert again.id == first.id
    assert refused.value.code == "idempotency_mismatch"
