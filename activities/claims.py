"""What a person sent straight to Temporal: a claim, read from the history and checked like any other input.

The workflow never decodes a signal of a person, so a blank one, one with two values or of the wrong type cannot stick
it (`docs/operations.md`); here each becomes an order or a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from doorstep.domain.errors import Invalid
from doorstep.domain.states import Command

BY_HAND = (Command.APPROVE, Command.REJECT, Command.RESEND, Command.REVOKE)
"""The commands that may be sent from the Temporal UI and CLI, as signals and as updates."""


class Claim(BaseModel):
    """The JSON object of a signal or update; every field optional, unknown ones ignored, types strict."""

    model_config = ConfigDict(strict=True, extra="ignore")

    approver: str | None = Field(default=None, max_length=320)
    by: str | None = Field(default=None, max_length=320)
    permissions: list[str] | None = Field(default=None, max_length=100)
    reason: str = Field(default="", max_length=1000)
    note: str = Field(default="", max_length=1000)
    silent: bool = False


@dataclass(frozen=True)
class Sent:
    """One message as the history holds it: its command, its payloads, and who the server says sent it."""

    command: Command
    payloads: Sequence[Payload]
    identity: str


def signals(history: WorkflowHistory) -> list[Sent]:
    """Every signal that carries a command, in order."""
    attributes = (e.workflow_execution_signaled_event_attributes for e in history.events if _is_signal(e.event_type))
    return [Sent(Command(a.signal_name), a.input.payloads, a.identity) for a in attributes if a.signal_name in BY_HAND]


def _is_signal(event_type: int) -> bool:
    return event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


def update(history: WorkflowHistory, update_id: str) -> Sent:
    """The update of that id.

    Raises:
        LookupError: it is not in the history.
    """
    for event in history.events:
        request = event.workflow_execution_update_accepted_event_attributes.accepted_request
        if request.meta.update_id == update_id:
            return Sent(Command(request.input.name), request.input.args.payloads, request.meta.identity)
    raise LookupError("the update is not in the history")


async def read(sent: Sent, converter: DataConverter) -> Claim:
    """The claim of a message.

    Raises:
        Invalid: `malformed`, with the JSON that would have been right; nothing that was typed is repeated.
    """
    if len(sent.payloads) > 1:
        raise malformed(sent.command, f"it has {len(sent.payloads)} values")
    if not sent.payloads:
        return Claim()
    try:
        values: list[Any] = await converter.decode(sent.payloads)
    except Exception:  # noqa: BLE001 - whatever a stranger typed
        raise malformed(sent.command, "it cannot be read as JSON") from None
    if values[0] is None:
        return Claim()
    if not isinstance(values[0], dict):
        raise malformed(sent.command, "it is not a JSON object")
    try:
        return Claim.model_validate(values[0])
    except ValidationError as error:
        fields = ", ".join(sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]}))
        raise malformed(sent.command, f"of the wrong type or too long: {fields}") from None


EXAMPLES = {
    Command.APPROVE: '{"approver": "you@office.example"}',
    Command.REJECT: '{"approver": "you@office.example", "reason": "..."}',
    Command.RESEND: "{}",
    Command.REVOKE: '{"reason": "..."}',
}


def malformed(command: Command, cause: str) -> Invalid:
    """The refusal for a message that cannot be read."""
    sentence = f"The {command} was not understood: {cause}. Send one JSON object such as {EXAMPLES[command]}"
    return Invalid("malformed", sentence, field="input")
