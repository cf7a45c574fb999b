"""T03: nothing secret and nothing personal enters Temporal, on any path."""

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowHandle

from doorstep.domain.states import State
from tests.faults.misbehaving_texts import MisbehavingTexts
from tests.faults.own_stack import own_house, own_stack
from tests.house import House, work
from tests.security.canaries import PATHS, Canary, hatch, waiting
from tests.security.canaries_of_people import PEOPLE
from tests.security.temporal_bytes import all_of, leaks


async def handles_of(house: House, canary: Canary) -> list[WorkflowHandle[object, object]]:
    """The workflow of every invitation and of every link to a password."""
    requests = [f"password-link-{each}" for each in await canary.requests(house)]
    names = [each.workflow_id for each in canary.made] + requests + canary.links
    return [house.client.get_workflow_handle(name) for name in names]


@pytest.fixture(scope="module")
async def texting_house() -> AsyncIterator[House]:
    """Servers of our own, with a text gateway."""
    async with (
        own_stack() as stack,
        MisbehavingTexts() as texts,
        own_house(stack, text_url=SecretStr(texts.url)) as built,
        work(built),
    ):
        yield built


@pytest.mark.timeout(240)
async def test_no_workflow_knows_anybody(texting_house: House) -> None:
    """T03: on every path, no address, name, phone, username, password, account, job, reason or token, in any byte."""
    house = texting_house
    canary = await hatch(house)
    for path in (*PATHS, *PEOPLE):
        await path(house, canary)
    handles = await handles_of(house, canary)
    secrets = canary.secrets(house)

    found = {
        f"{handle.id} {where}": text for handle in handles for where, text in (await all_of(house, handle)).items()
    }

    assert len(handles) == len(canary.made) + 5
    assert len(found) > 450
    assert leaks(found, secrets) == []


async def test_what_a_person_signals_stays_where_they_put_it(house: House) -> None:
    """T03: an address typed into a signal or an update stands in that one event; the product repeats it nowhere."""
    canary = await hatch(house)
    signalled, updated = await waiting(house, canary, "one"), await waiting(house, canary, "two")
    decision = {"approver": canary.boss, "note": f"as {canary.word} said"}

    await house.handle(signalled).signal("approve", {"approver": canary.address("stranger")})
    await house.handle(signalled).signal("approve", {"approver": [canary.word]})
    await house.handle(signalled).signal("approve", decision)
    await house.handle(updated).execute_update("approve", decision)
    for made in (signalled, updated):
        await house.until_state(made, State.ACTIVE)
        await house.handle(made).result()

    places = []
    for made in (signalled, updated):
        found = leaks(await all_of(house, house.handle(made)), [canary.word.encode()])
        places.append([place.split()[-1] for place in found])
    assert places == [["WORKFLOW_EXECUTION_SIGNALED"] * 3, ["WORKFLOW_EXECUTION_UPDATE_ACCEPTED"]]


def test_the_search_for_leaks_finds_one() -> None:
    """T03: the test above would notice: it finds what is put there on purpose, in plain and in base64."""
    secret = b"kakapo12345678"

    found = leaks(
        {"plain": b"..Kakapo12345678..", "coded": b64encode(b"x" + secret + b"y"), "clean": b"kaka"}, [secret]
    )

    assert found == ["plain", "coded"]
