"""What webhooks offer, how their bodies are written, and how long they wait."""

from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from doorstep.domain.errors import Invalid
from doorstep.domain.events import Event
from doorstep.domain.webhooks import FAMILIES, OFFERED, body_text, checked_events, pause_after
from doorstep.security.links import KeyRing, Purpose, UnknownKeyError, new_ring_text
from doorstep.security.signing import new_record, secret_of
from doorstep.webhooks.outcomes import Cause


def test_what_is_offered_is_a_list_of_its_own() -> None:
    """T32: no refusal, no key, no setting, no staff, and nothing that support does by hand."""
    assert {event.partition(".")[0] for event in OFFERED} == set(FAMILIES)
    assert {Event.REFUSED, Event.SIGN_IN_REFUSED, Event.LINK_SHOWN, Event.WEBHOOK_SECRET_SHOWN}.isdisjoint(OFFERED)
    assert {Event.ACTIVATED, Event.BOUNCED, Event.DELIVERED, Event.USER_SUSPENDED, Event.BATCH_DONE} <= set(OFFERED)


@pytest.mark.parametrize("names", [["*"], ["invitation.*", "message.*"], [" invitation.activated "]])
def test_events_are_asked_for_by_name_or_family(names: list[str]) -> None:
    """A family is kept as it was typed, so that an event of a later version belongs to it."""
    assert checked_events([*names, *names]) == tuple(name.strip() for name in names)


@pytest.mark.parametrize("names", [[], ["invitation"], ["key.*"], ["command.refused"], ["user.sign_in_refused"], ["x"]])
def test_an_event_that_is_not_offered_is_refused(names: list[str]) -> None:
    """One sentence with what there is."""
    with pytest.raises(Invalid, match="Name the events to send") as refusal:
        checked_events(names)

    assert refusal.value.code == "unknown_event"


def test_a_body_is_the_same_text_every_time() -> None:
    """T32: whatever order the values come in, what is signed and sent again is the same bytes."""
    body = {"type": "a", "data": {"z": 1, "id": "x"}}

    assert (
        body_text(body)
        == body_text({"data": {"id": "x", "z": 1}, "type": "a"})
        == '{"data":{"id":"x","z":1},"type":"a"}'
    )


def test_pauses_grow_from_seconds_to_hours() -> None:
    """A receiver that restarts is asked again soon, and one that is away for days a few times a day."""
    pauses = [pause_after(attempt) for attempt in range(1, 40)]

    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=45)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=4)
    assert sum(pause < timedelta(hours=4) for pause in pauses) == 8


def test_t23_a_secret_is_derived_and_lost_with_its_key() -> None:
    """T23: the same each time, 32 bytes in the form of Standard Webhooks, another for every purpose and generation."""
    ring, other = KeyRing.parse(new_ring_text("k1")), KeyRing.parse(new_ring_text("k2"))
    record = new_record(ring, Purpose.WEBHOOK, uuid4(), 1)
    alike = [record, replace(record, generation=2), replace(record, purpose=Purpose.DELIVERY_SOURCE)]

    secret = secret_of(ring, record)

    assert secret == secret_of(ring, record)
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert len({secret_of(ring, each) for each in alike}) == 3
    with pytest.raises(UnknownKeyError):
        secret_of(other, record)


def test_every_event_stands_in_the_documents() -> None:
    """What a receiver may be told is a list that people read."""
    text = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")

    assert [event for event in OFFERED if f"`{event}`" not in text] == []
    assert [cause for cause in Cause if f"`{cause}`" not in text] == []
