"""What a person sent straight to Temporal: a claim, read from the history and checked like any other input.

The workflow never decodes a signal of a person, so a blank one, one with two values or of the wrong type cannot stick
it (`docs/operations.md`); here each becomes an order or a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from doorstep.domain.errors import Invalid
from doorstep.domain.states import Command

BY_HAND = (Command.APPROVE, Command.REJECT, Command.RESEND, Command.REVOKE)
"""The commands that may be sent from the Temporal UI and CLI, as signals and as updates."""


LONGEST_NAME = 320


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("PostgreSQL keeps no NUL")
    return text


Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_without_nul), AfterValidator(str.strip)]
Note = Annotated[str, Field(max_length=1000), AfterValidator(_without_nul)]


class Claim(BaseModel):
    """The JSON object of a signal or update; every field optional, unknown ones ignored, types strict."""

    model_config = ConfigDict(strict=True, extra="ignore")

    approver: Name | None = None
    by: Name | None = None
    permissions: list[str] | None = Field(default=None, max_length=100)
    reason: Note = ""
    note: Note = ""
    silent: bool = False


@dataclass(frozen=True)
class Sent:
    """One message as the history holds it: its event, its command, its payloads, and who the server says sent it."""

    event_id: int
    command: Command
    payloads: Sequence[Payload]
    identity: str


def signals(history: WorkflowHistory) -> list[Sent]:
    """Every signal that carries a command, in order."""
    found = ((e.event_id, e.workflow_execution_signaled_event_attributes) for e in history.events if _is_signal(e))
    return [_sent(i, a.signal_name, a.input.payloads, a.identity) for i, a in found if a.signal_name in BY_HAND]


def _is_signal(event: HistoryEvent) -> bool:
    return event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


def _sent(event_id: int, name: str, payloads: Sequence[Payload], identity: str) -> Sent:
    """The message; an identity is whatever the sender's program says, so it is cut to what the audit can keep."""
    plain = "".join(character for character in identity if character.isprintable())
    return Sent(event_id, Command(name), payloads, plain[:LONGEST_NAME])


def update(history: WorkflowHistory, update_id: str) -> Sent:
    """The update of that id.

    Raises:
        LookupError: it is not in the history.
    """
    for event in history.events:
        request = event.workflow_execution_update_accepted_event_attributes.accepted_request
        if request.meta.update_id == update_id:
            return _sent(event.event_id, request.input.name, request.input.args.payloads, request.meta.identity)
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
