"""Lists of the JSON API: pages that stay where they are, filters, cursors that fit one list alone."""

from typing import Any

import httpx2
import pytest

from doorstep.domain.keys import Scope
from doorstep.domain.states import Attention
from doorstep.store import tables as t
from tests.house import House
from tests.pages import add_accounts
from tests.systems import Systems, code_of

ASKED = "/v1/invitations"


@pytest.fixture(scope="module")
async def systems(worked_house: House) -> Systems:
    """The API."""
    return Systems.of(worked_house)


async def every(system: httpx2.AsyncClient, path: str) -> tuple[list[dict[str, Any]], int]:
    """All things of a list and the number of pages, by its links."""
    found: list[dict[str, Any]] = []
    pages = 0
    while path:
        response = await system.get(path)
        assert response.status_code == 200, response.text
        said = response.json()
        found += said["data"]
        pages += 1
        link = response.headers.get("link", "")
        assert bool(link) is (said["next_cursor"] is not None)
        path = link.partition(">")[0].removeprefix("<")
    return found, pages


async def test_a_list_stays_where_it_is_while_rows_are_added(systems: Systems) -> None:
    """Cursors: what is added while somebody reads moves nothing; every row comes once, the newest first."""
    house, office = systems.house, await systems.house.office()
    invite = house.doorstep.invite
    ids = [str((await invite(office=office, email=f"a{n}@example.org", is_draft=True)).id) for n in range(7)]

    async with systems.of_office(office, Scope.READ) as system:
        first = await system.get(f"{ASKED}?limit=3")
        await invite(office=office, email="late@example.org", is_draft=True)
        rest, pages = await every(system, f"{ASKED}?limit=3&cursor={first.json()['next_cursor']}")
        whole = await system.get(f"{ASKED}?limit=200")

    assert [each["id"] for each in [*first.json()["data"], *rest]] == ids[::-1]
    assert pages == 2
    assert (len(whole.json()["data"]), whole.json()["next_cursor"], "link" in whole.headers) == (8, None, False)


async def test_a_list_is_narrowed(systems: Systems) -> None:
    """Each filter narrows, also together; a cursor of another list is refused."""
    house, office = systems.house, await systems.house.office()
    await add_accounts(house, office, {"1042": "Hill Road Farm", "2000": "Valley Farm"})
    invite = house.doorstep.invite
    first = await invite(office=office, email="a@example.org", accounts=["1042"], job="J1", is_draft=True)
    second = await invite(office=office, email="b@example.org", accounts=["2000"], is_draft=True)
    third = await house.pending(office, accounts=["1042", "2000"])
    flagged = t.invitations.update().where(t.invitations.c.id == second.id)
    await house.run(lambda tx: tx.execute(flagged.values(attention=[Attention.NO_APPROVER])))
    moment = second.created_at.isoformat().replace("+", "%2B")
    expected = {
        "": [third, second, first],
        "state=draft": [second, first],
        "account=1042": [third, first],
        "account=1042&state=pending": [third],
        "account=9999": [],
        "job=J1": [first],
        "job=J2": [],
        "attention=no_approver": [second],
        "attention=undeliverable": [],
        f"created_after={moment}": [third],
        f"created_before={moment}": [first],
        f"batch={first.id}": [],
        f"contact={first.id}": [],
    }

    async with systems.of_office(office, Scope.READ) as system:
        found = {query: (await every(system, f"{ASKED}?limit=1&{query}"))[0] for query in expected}
        cursor = (await system.get(f"{ASKED}?limit=1")).json()["next_cursor"]
        other = await system.get(f"{ASKED}?limit=1&state=draft&cursor={cursor}")

    assert {query: [each["id"] for each in rows] for query, rows in found.items()} == {
        query: [str(each.id) for each in rows] for query, rows in expected.items()
    }
    assert (other.status_code, code_of(other)) == (422, "cursor_invalid")
