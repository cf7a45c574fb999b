"""What a person signalled to a batch, read from the history of its present run: which command, and who sent it.

What was typed into a signal is never looked at: who may write to Temporal holds its keys, and a batch asks no name.
"""

from dataclasses import dataclass

from temporalio import activity
from temporalio.api.enums.v1 import EventType

from doorstep.store.audit import Actor
from doorstep.store.batch_commands import BatchCommand

LONGEST_NAME = 320
SIGNALS = frozenset({BatchCommand.PAUSE, BatchCommand.RESUME, BatchCommand.CANCEL, BatchCommand.START})


@dataclass(frozen=True)
class SentToBatch:
    """One signal: the command, and whoever the server says sent it."""

    command: BatchCommand
    actor: Actor


async def signals() -> list[SentToBatch]:
    """Every signal of the run that carries a command, in order."""
    info = activity.info()
    handle = activity.client().get_workflow_handle(str(info.workflow_id), run_id=info.workflow_run_id)
    found = []
    async for event in handle.fetch_history_events():
        said = event.workflow_execution_signaled_event_attributes
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED and said.signal_name in SIGNALS:
            name = "".join(letter for letter in said.identity if letter.isprintable())[:LONGEST_NAME]
            message = f"{info.workflow_run_id}/{event.event_id}"
            actor = Actor(name or "unknown", "temporal", name, message, is_trusted=True)
            found.append(SentToBatch(BatchCommand(said.signal_name), actor))
    return found
