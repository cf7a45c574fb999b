"""Every byte that Temporal holds of a workflow, and where a secret stands in them."""

from base64 import b64encode

from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle
from temporalio.converter import DataConverter

from tests.histories import name_of
from tests.house import House

METADATA = "__temporal_workflow_metadata"


async def all_of(house: House, handle: WorkflowHandle[object, object]) -> dict[str, bytes]:
    """Every byte that Temporal holds of one workflow, by where it holds it."""
    history = await handle.fetch_history()
    described = (await handle.describe()).raw_description
    found = {f"event {event.event_id} {name_of(event)}": event.SerializeToString() for event in history.events}
    found["description"] = described.SerializeToString()
    for query in ("status", METADATA):
        answered = await handle.query(query, result_type=None)
        payloads: list[Payload] = await DataConverter.default.encode([answered])
        found[f"query {query}"] = b"".join(each.SerializeToString() for each in payloads)
    return found


def leaks(found: dict[str, bytes], secrets: list[bytes]) -> list[str]:
    """Where a secret stands, in plain or in base64, whatever its case."""
    coded = [b64encode(b"\0" * shift + secret)[4:-4] for secret in secrets for shift in range(3)]
    wanted = [secret.lower() for secret in secrets]
    return [
        where
        for where, content in found.items()
        if any(each in content.lower() for each in wanted) or any(each in content for each in coded)
    ]
