"""Webhooks: who is told what, how it is signed, and what a receiver's answers lead to."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from doorstep.domain.errors import Conflict, Forbidden, NotFound
from doorstep.domain.webhooks import SendingStatus
from doorstep.security.links import KeyRing, Purpose, new_ring_text
from doorstep.store import audit, signing
from starter.client import Doorstep
from tests.client_commands import OF_A_WEBHOOK
from tests.functional.webhook_receiver import (
    drafted,
    hand_on,
    listening,
    receiving,
    recorded,
    retried,
    until_status,
    until_tried,
)
from tests.house import House

DELIVERED, FAILED, QUEUED = SendingStatus.DELIVERED, SendingStatus.FAILED, SendingStatus.QUEUED


async def test_what_happens_is_told_signed_and_without_a_word_of_a_person(house: House) -> None:
    """T32: the reference library verifies every delivery; T03: it holds ids, states and codes, and nothing personal."""
    async with receiving() as receiver:
        added = await listening(house, receiver, "invitation.*", "message.*")
        invitation = await house.pending(added.webhook.office, name="Anahera Ngatarua")
        await house.doorstep.revoke(invitation.id)
        await hand_on(house)

        got = await receiver.until(3)

    told = sorted((each.event for each in got), key=lambda event: int(event["sequence"]))
    assert [event["type"] for event in told] == ["invitation.created", "message.sent", "invitation.revoked"]
    data = {"kind": "invitation", "id": str(invitation.id), "office": added.webhook.office, "state": "revoked"}
    assert told[0]["data"] == told[2]["data"] == data
    assert told[1]["data"] == data | {"messages": ["invitation"]}
    assert datetime.fromisoformat(told[0]["timestamp"]) == invitation.created_at
    assert all(each.is_signed_with(added.secret) for each in got)
    assert all(each.headers["user-agent"].startswith("Doorstep/") for each in got)
    everything = b"".join(each.body + repr(each.headers).encode() for each in got)
    # Long ones: three letters were to be found by chance in the signatures.
    words = (invitation.address, "Anahera", "Ngatarua", "boss1@")
    assert not [word for word in words if word.encode() in everything]


async def test_t23_while_a_secret_is_exchanged_both_verify(house: House) -> None:
    """T23: after a rotation each delivery is signed with both secrets, and at the end of the overlap with one."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
        doorstep, webhook_id = house.doorstep, added.webhook.id

        second = await doorstep.webhook_rotate(webhook_id)
        await doorstep.webhook_test(webhook_id)
        third = await doorstep.webhook_rotate(webhook_id, overlap=timedelta(0))
        await doorstep.webhook_test(webhook_id)

    both, last = receiver.got
    assert both.is_signed_with(added.secret)
    assert both.is_signed_with(second)
    assert await doorstep.webhook_secret(webhook_id) == third
    assert len(last.headers["webhook-signature"].split()) == 1
    assert last.is_signed_with(third)
    assert "webhook.secret_shown" in await recorded(house, webhook_id)


async def test_t23_a_secret_whose_key_is_gone_is_made_anew(house: House) -> None:
    """T23: a key that left the ring signs nothing; a rotation makes a secret under the one that is there."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
    other, subject = KeyRing.parse(new_ring_text("t2")), added.webhook.id

    lost = await house.run(lambda tx: signing.valid(tx, other, Purpose.WEBHOOK, subject))
    made = await house.run(lambda tx: signing.rotate(tx, other, Purpose.WEBHOOK, subject))
    found = await house.run(lambda tx: signing.valid(tx, other, Purpose.WEBHOOK, subject))
    with pytest.raises(Conflict, match="DOORSTEP_LINK_KEYS"):
        await house.doorstep.webhook_secret(subject)
    await house.doorstep.webhook_remove(subject)  # a worker that starts later asks for the key of every secret in use

    assert lost == []
    assert found == [made]


@pytest.mark.parametrize(
    ("behaviour", "cause", "code"),
    [
        ({"status": 500}, "answered", 500),
        ({"status": 0}, "connection_lost", None),
        ({"status": 302, "headers": {"Location": "https://example.com/"}}, "redirected", 302),
    ],
)
async def test_what_was_not_taken_is_sent_again_byte_for_byte(
    house: House, behaviour: dict[str, object], cause: str, code: int | None
) -> None:
    """T32: a copy has the same id and the same body; the moment and the signature are those of the try."""
    async with receiving(**behaviour) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        tried = await until_tried(house, added)
        receiver.status = 204
        await retried(house, tried.id)
        [done] = await until_status(house, added, DELIVERED)

    first, second = receiver.got
    assert (tried.cause, tried.reply_code, tried.status) == (cause, code, QUEUED)
    assert tried.due_at is not None
    assert tried.tried_at is not None
    assert timedelta(seconds=4) < tried.due_at - tried.tried_at < timedelta(seconds=20)
    assert (first.id, first.body) == (second.id, second.body)
    assert first.is_signed_with(added.secret)
    assert second.is_signed_with(added.secret)
    assert (done.attempts, done.reply_code, done.due_at) == (2, 204, None)


async def test_a_replay_repeats_ids_and_bodies(house: House) -> None:
    """What was delivered since a moment goes out again, so that a receiver fills its gaps, with the same ids."""
    async with receiving() as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        await until_status(house, added, DELIVERED)

        none = await house.doorstep.webhook_replay(added.webhook.id, since=datetime.now(UTC) + timedelta(hours=1))  # noqa: TID251 - as somebody would type it
        some = await house.doorstep.webhook_replay(added.webhook.id, since=timedelta(hours=1))
        await hand_on(house)
        await until_status(house, added, DELIVERED)

    first, second = receiver.got
    assert (none, some) == (0, 1)
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_replay_does_not_wait_for_a_pause(house: House) -> None:
    """What waits hours for its next try goes out at once when somebody asks for it."""
    async with receiving(status=500) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        await until_tried(house, added)
        receiver.status = 204
        await house.doorstep.webhook_replay(added.webhook.id, since=timedelta(hours=1))
        await hand_on(house)

        [done] = await until_status(house, added, DELIVERED)

    assert done.attempts == 1


async def test_what_is_removed_is_told_nothing_more(house: House) -> None:
    """What was queued is dropped, and nobody finds the webhook any more."""
    async with receiving(status=500) as receiver:
        added = await listening(house, receiver)
        await drafted(house, added)
        tried = await until_tried(house, added)
        await house.doorstep.webhook_remove(added.webhook.id)
        await retried(house, tried.id)
        result = await house.client.get_workflow_handle(f"webhook-{tried.id}").result()
        await drafted(house, added)

    assert result == {"status": "dropped"}
    assert len(receiver.got) == 1
    assert await house.doorstep.webhooks(added.webhook.office) == []
    with pytest.raises(NotFound):
        await house.doorstep.webhook_deliveries(added.webhook.id)


async def test_t20_another_office_neither_sees_nor_hears_of_it(house: House) -> None:
    """T20: a webhook belongs to its office: its events, its deliveries and its secret."""
    async with receiving() as receiver, receiving() as elsewhere:
        added, other = await listening(house, receiver, "*"), await listening(house, elsewhere, "*")
        doorstep, theirs = house.doorstep, f"boss@{other.webhook.office}.example"
        await doorstep.staff_set(added.webhook.office, "chief@example.org", permissions=["administrator"])
        await doorstep.staff_set(added.webhook.office, "clerk@example.org", permissions=["superuser"])
        await doorstep.staff_set(other.webhook.office, theirs, permissions=["administrator"])
        await drafted(house, added)
        await until_status(house, added, DELIVERED)

        assert await doorstep.webhook_secret(added.webhook.id, actor="chief@example.org") == added.secret
        for name in OF_A_WEBHOOK:
            with pytest.raises(NotFound):
                await _asked(doorstep, name, added.webhook.id, theirs)
            with pytest.raises(Forbidden):
                await _asked(doorstep, name, added.webhook.id, "clerk@example.org")

    assert elsewhere.got == []
    entries = await house.run(lambda tx: audit.entries(tx, added.webhook.id))
    refused = Counter(entry.code for entry in entries if entry.event == "command.refused")
    assert refused == {code: len(OF_A_WEBHOOK - {"webhook", "webhook_deliveries"}) for code in OUT_OF_REACH}


OUT_OF_REACH = ("no_such_webhook", "not_allowed")


async def _asked(doorstep: Doorstep, name: str, webhook_id: UUID, actor: str) -> None:
    """Ask for one of the commands of a webhook."""
    options = {"since": timedelta(hours=1)} if name == "webhook_replay" else {}
    await getattr(doorstep, name)(webhook_id, actor=actor, **options)
