"""The API against its own document: whatever is sent, no 5xx and no answer that the document does not have.

A short run tries each operation with what fits, and every fourth one with what does not, another fourth the next time.
A long one tries everything: `make test ARGS="tests/functional/test_api_document.py --hypothesis-profile=ci"`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.house import PATIENCE, House
from tests.offices_at_work import at_work
from tests.systems import Systems, things_of
from web.api.texts import NO_NUL
from web.serving import build_server, listen

AnyCase = schemathesis.Case[Any]
A_FEW, MANY = 2, 100
EVERY_FOURTH = 4
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Served:
    """The API behind a real server, with the key of an office and one of each of its things."""

    url: str
    secret: str
    things: Mapping[str, str]
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Effort:
    """How many of each kind are tried, and which operations also with what does not fit (None: all of them)."""

    count: int
    turn: int | None

    @classmethod
    def of(cls, config: pytest.Config) -> "Effort":
        """A little each time, by the seed of the run; everything in a long run."""
        if config.getoption("--hypothesis-profile") == "ci":
            return cls(MANY, None)
        return cls(A_FEW, int(config.getoption("randomly_seed")) % EVERY_FOURTH)

    def modes(self, number: int) -> list[GenerationMode]:
        """How the operation of that number is tried."""
        is_its_turn = self.turn is None or number % EVERY_FOURTH == self.turn
        return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if is_its_turn else [])]


@pytest.mark.timeout(3600)
async def test_no_answer_is_outside_the_document(house: House, request: pytest.FixtureRequest) -> None:
    """Schemathesis over every operation, with what fits and what does not, about things that are there."""
    systems, at = Systems.of(house), await at_work(house)
    document = await systems.document()
    secret, things = await systems.key(at.office), await things_of(at)
    with listen("127.0.0.1", 0) as listener:
        served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}", secret, things, document)
        server = build_server(systems.app, house.settings)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            tried = await asyncio.to_thread(try_everything, served, Effort.of(request.config))
        finally:
            server.should_exit = True
            await serving

    assert len(tried) == sum(len(methods) for methods in document["paths"].values())


def try_everything(served: Served, effort: Effort) -> list[str]:
    """Try each operation; their names.

    Raises:
        FailureGroup: answers were wrong, with the requests that got them.
    """
    tried, wrong = [], []
    schema = schemathesis.openapi.from_dict(without_patterns(served.document))
    for number, each in enumerate(schema.get_all_operations()):
        assert isinstance(each, Ok)
        operation = each.ok()
        for mode in effort.modes(number):
            try:
                try_one(served, operation.as_strategy(generation_mode=mode), effort.count)
            except FailureGroup as failures:
                wrong.append(failures)
        tried.append(operation.label)
    if wrong:
        raise FailureGroup([failure for group in wrong for failure in group.exceptions])
    return tried


def without_patterns(said: Any) -> Any:
    """The document without "no NUL": such texts are made quicker without it, and hold one now and then."""
    if isinstance(said, dict):
        return {name: without_patterns(each) for name, each in said.items() if (name, each) != ("pattern", NO_NUL)}
    return [without_patterns(each) for each in said] if isinstance(said, list) else said


def try_one(served: Served, cases: st.SearchStrategy[AnyCase], count: int) -> None:
    """Send cases of one operation, and look at the answers."""

    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, is_there=st.booleans())
    def send(case: AnyCase, *, is_there: bool) -> None:
        if is_there:
            case.path_parameters = {**(case.path_parameters or {}), **_known(served, case)}
        headers = {"Authorization": f"Bearer {served.secret}"}
        response = case.call(base_url=served.url, headers=headers, timeout=PATIENCE)
        case.validate_response(response, checks=CHECKS)

    send()


def _known(served: Served, case: AnyCase) -> dict[str, str]:
    return {name: served.things[name] for name in case.path_parameters or {} if name in served.things}
