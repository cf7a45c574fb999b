"""T20 at the JSON API, for every operation of its document: no key, the wrong scope, the key of another office.

An operation that is added is covered by itself; an address that names a new kind of thing needs one in
`tests.systems.THINGS`, and an operation without an example of its body fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from doorstep.domain.keys import Scope
from tests.house import House
from tests.office_rows import fingerprints
from tests.offices_at_work import AtWork, at_work
from tests.systems import THINGS, Operation, Systems, code_of, operations, things_of

NOT_ENOUGH = dict.fromkeys(Scope, Scope.TEMPLATES) | {Scope.TEMPLATES: Scope.READ}
"""A scope that does not open what another one does."""


@dataclass(frozen=True)
class Two:
    """An office at work with one of everything, and another one with a key for everything."""

    systems: Systems
    victim: AtWork
    things: Mapping[str, str]
    home: str
    document: Mapping[str, Any]

    @property
    def operations(self) -> list[Operation]:
        """Everything that can be asked."""
        return operations(self.document)

    async def rows(self) -> dict[str, str]:
        """Every row of the victim's."""
        return await self.systems.house.run(lambda tx: fingerprints(tx, self.victim.office))


@pytest.fixture(scope="module")
async def two(worked_house: House) -> Two:
    """Two offices and the API."""
    systems = Systems.of(worked_house)
    victim, home = await at_work(worked_house), await worked_house.office()
    return Two(systems, victim, await things_of(victim), home, await systems.document())


def said(response: httpx2.Response, things: Mapping[str, str]) -> str:
    """The answer without the names that were asked for, which a refusal may say again."""
    words = response.text
    for name in things.values():
        words = words.replace(name, "…")
    return words


def test_every_kind_of_thing_has_one(two: Two) -> None:
    """T20: an address that names something new has its case here, or fails."""
    named = {thing for each in two.operations for thing in each.things}

    assert named - THINGS.keys() == set()


async def test_nobody_comes_in_without_a_key(two: Two) -> None:
    """T20: every operation asks for a key before it reads anything, and a cookie is none."""
    answers = {}
    async with two.systems.calling() as nobody:
        nobody.cookies.set("doorstep_session", "anything")
        for each in two.operations:
            response = await nobody.request(each.method, each.at(two.things), content=b"{no json")
            answers[each.name] = (response.status_code, code_of(response), response.headers["www-authenticate"])

    assert set(answers.values()) == {(401, "unauthorized", 'Bearer realm="doorstep"')}


async def test_a_key_is_good_for_its_scopes_alone(two: Two) -> None:
    """T20: a key of the office that lacks the scope is told which one it takes, whatever is asked."""
    wrong, before = {}, await two.rows()
    keys = {scope: await two.systems.key(two.victim.office, scope) for scope in set(NOT_ENOUGH.values())}
    for each in two.operations:
        async with two.systems.calling(keys[NOT_ENOUGH[each.scope]]) as system:
            response = await system.request(each.method, each.at(two.things), **each.request(two.document))
        said = (response.status_code, code_of(response))
        if said != (403, "scope_missing") or f"scope {each.scope}" not in response.json()["detail"]:
            wrong[each.name] = said

    assert wrong == {}
    assert await two.rows() == before


async def test_the_things_of_another_office_are_not_there(two: Two) -> None:
    """T20: with every scope of its own office, a key finds of another one what it finds of nothing: 404."""
    wrong, before = {}, await two.rows()
    unknown = dict.fromkeys(THINGS, str(uuid4()))
    async with two.systems.of_office(two.home) as stranger:
        for each in two.operations:
            if not each.things or each.method == "PUT":  # what is put by its name is put into the own office
                continue
            asked = each.request(two.document)
            theirs = await stranger.request(each.method, each.at(two.things), **asked)
            nobodys = await stranger.request(each.method, each.at(unknown), **asked)
            if theirs.status_code != 404 or said(theirs, two.things) != said(nobodys, unknown):
                wrong[each.name] = (theirs.status_code, theirs.text)

    assert wrong == {}
    assert await two.rows() == before


async def test_lists_hold_the_own_office_alone(two: Two) -> None:
    """T20: every list of a stranger's, and whatever it puts by a foreign name, holds and touches nothing of another."""
    told, before = "", await two.rows()
    # An office of its own: what is put there would be found by the other tests.
    async with two.systems.of_office(await two.systems.house.office()) as stranger:
        for each in two.operations:
            if (each.method == "GET" and not each.things) or each.method == "PUT":
                response = await stranger.request(each.method, each.at(two.things), **each.request(two.document))
                assert response.status_code < 500, each.name
                told += response.text if each.method == "GET" else ""

    assert two.victim.office not in told
    assert str(two.victim.theirs.invitation) not in told
    assert await two.rows() == before
