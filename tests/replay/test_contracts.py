"""F24: what an older release wrote is read by this one, and what a newer one writes as well."""

import json
from dataclasses import MISSING, fields
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter

from activities import contracts
from doorstep.domain.standing import Standing
from workflows.batch import BatchOutcome
from workflows.erp_pull import ErpPullOutcome
from workflows.invitation import Answer, Outcome
from workflows.password_link import PasswordLinkOutcome
from workflows.webhook import WebhookOutcome

STANDING = '{"state": "pending", "rev": 1, "step": "remind", "wait_seconds": 43200.0, "since": "", "expires_at": null, '
STANDING += '"is_closed": false, "deliveries": {"invitation": "sent"}, "attention": [], "last_refusal": null}'

BATCH = '{"state": "running", "step": "invite", "wait_seconds": 2.0, "rows": 9, "checked": 9, "ok": 4, "skipped": 1, '
BATCH += '"refused": 1, "failing": 1}'

FIRST_RELEASE: dict[type, str] = {
    contracts.InvitationRef: '{"invitation_id": "0199a7c2-5a80-7000-8000-000000000000"}',
    contracts.SignalsRef: '{"invitation_id": "0199a7c2-5a80-7000-8000-000000000000", "first": 2}',
    contracts.UpdateRef: '{"invitation_id": "0199a7c2-5a80-7000-8000-000000000000", "update_id": "u"}',
    contracts.CarriedSignals: f'{{"standing": {STANDING}, "next": 3, "has_more": false}}',
    contracts.Carried: f'{{"standing": {STANDING}, "refusal_code": "malformed", "refusal_message": "No."}}',
    contracts.PasswordLinkRef: '{"password_link_id": "0199a7c2-5a80-7000-8000-000000000000"}',
    contracts.PasswordLinkStanding: '{"state": "sent", "wait_seconds": 5.0, "deliveries": {"password_reset": "sent"}}',
    contracts.WebhookRef: '{"delivery_id": "0199a7c2-5a80-7000-8000-000000000000"}',
    contracts.WebhookStanding: '{"status": "delivered", "has_news": false}',
    WebhookOutcome: '{"status": "delivered"}',
    contracts.BatchRef: '{"batch_id": "0199a7c2-5a80-7000-8000-000000000000"}',
    contracts.BatchSignalsRef: '{"batch_id": "0199a7c2-5a80-7000-8000-000000000000", "first": 1}',
    contracts.BatchStanding: BATCH,
    contracts.CarriedBatchSignals: f'{{"standing": {BATCH}, "next": 2}}',
    contracts.ErpSourceRef: '{"source_id": "0199a7c2-5a80-7000-8000-000000000000"}',
    contracts.ErpPulled: '{"outcome": "done", "rows": 3, "refused": 1}',
    ErpPullOutcome: '{"outcome": "done", "rows": 3, "refused": 1}',
    Standing: STANDING,
    Outcome: '{"state": "active"}',
    Answer: '{"state": "active", "waiting_for": "nothing"}',
    PasswordLinkOutcome: '{"state": "used"}',
    BatchOutcome: '{"state": "done"}',
}
"""What the first release writes, kept for good; a field that comes later is missing here and has a default."""


async def decoded(text: str, kind: type) -> Any:
    """A payload as the SDK reads it."""
    payload = Payload(metadata={"encoding": b"json/plain"}, data=text.encode())
    [value] = await DataConverter.default.decode([payload], [kind])
    return value


@pytest.mark.parametrize("kind", FIRST_RELEASE, ids=lambda kind: kind.__name__)
async def test_what_the_first_release_wrote_is_read(kind: type) -> None:
    """F24: every field arrives, and those that came later have their defaults."""
    text = FIRST_RELEASE[kind]

    value = await decoded(text, kind)

    [payload] = await DataConverter.default.encode([value])
    assert isinstance(value, kind)
    assert json.loads(payload.data).items() >= json.loads(text).items()


@pytest.mark.parametrize("kind", FIRST_RELEASE, ids=lambda kind: kind.__name__)
async def test_what_a_later_release_writes_is_read(kind: type) -> None:
    """F24: while two releases work side by side, a field that this one does not know is no fault."""
    text = FIRST_RELEASE[kind][:-1] + ', "a_field_of_next_year": [1, 2]}'

    assert await decoded(text, kind) == await decoded(FIRST_RELEASE[kind], kind)


@pytest.mark.parametrize("kind", FIRST_RELEASE, ids=lambda kind: kind.__name__)
def test_every_later_field_has_a_default(kind: type) -> None:
    """F24: a field without a default, added to a message, would stop every workflow under way."""
    known = json.loads(FIRST_RELEASE[kind])

    later = [field for field in fields(kind) if field.name not in known]

    assert all(field.default is not MISSING or field.default_factory is not MISSING for field in later)


def test_every_contract_is_kept_here() -> None:
    """F24: a new message is added to the list with its release."""
    own = {value for value in vars(contracts).values() if getattr(value, "__module__", "") == contracts.__name__}

    assert own <= FIRST_RELEASE.keys()
