"""What the pages of the Team Hub cost: a handful of queries each, and not one more for more rows."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import NewRow
from doorstep.store import staff_sessions, webhooks
from tests.functional.counting import Line, write
from tests.house import House
from tests.hub_ground import Ground, ground_over
from tests.hub_routes import pages
from tests.hub_things import THEIRS
from tests.hub_world import World, make_world

MOST = 8
CROWD = 30
STATES = (
    Line(state="draft", is_released=False, sent=None),
    Line(),
    Line(attention=("undeliverable",)),
    Line(state="expired", ago=30),
    Line(state="awaiting_approval", set_up=60),
    Line(state="awaiting_approval", set_up=60, ago=100, attention=("approval_overdue",)),
    Line(state="active", set_up=60, decided=90, active=95),
    Line(state="active", set_up=60, decided=90, active=95, signed_in=200),
    Line(state="rejected", set_up=60, decided=90, has_user=False, is_closed=True),
    Line(state="revoked", is_closed=True),
)


async def crowd(world: World) -> None:
    """Thirty more of everything that an office has many of."""
    house, office, d = world.house, world.office, world.house.doorstep
    lines = [f"C{n},Firm {n},Dairy,Rep {n % 3},FARM,K{n},Person {n},person{n}@{office}.example" for n in range(CROWD)]
    head = "Account Code,Account Name,Customer Type,Sales Rep,Price List,Contact Key,Contact,E-mail"
    more = [
        f"{THEIRS},Kauri Ridge Farms,Dairy,Rachel Moana,FARM-A,L{n},Kin {n},kin{n}@{office}.example"
        for n in range(CROWD)
    ]
    async for _row in await d.import_rows("\n".join([head, *lines, *more]).encode(), office):
        pass
    await write(house, office, [replace(line, accounts=(THEIRS,)) for line, _ in product(STATES, range(CROWD))])
    await asyncio.gather(*(_one_more(world, number) for number in range(CROWD)))
    rows = [NewRow(email=f"more{number}@{office}.example", accounts=(THEIRS,)) for number in range(CROWD)]
    await asyncio.gather(*(d.batch_create(office, rows=rows[:count]) for count in range(1, 6)))


async def _one_more(world: World, number: int) -> None:
    house, office, d = world.house, world.office, world.house.doorstep
    permissions = ["crmCompanyView", "crmCompanyEdit"]
    await d.staff_set(office, f"s{number}@{office}.example", permissions=permissions, is_rep=True, accounts=[THEIRS])
    await d.template_add(office, f"letter-{number}")
    await d.key_add(office, f"key {number}", scopes=["read"])
    await d.delivery_source_add(office, f"Provider {number}")
    await d.group_role_set(office, f"group_{number}", ["buyer"])

    async def listen(tx: AsyncConnection) -> None:
        await webhooks.add(
            tx, d.ring, d.actor, office, f"https://erp.example/{number}", ("key.none",), "it@erp.example"
        )

    await house.run(listen)


async def counted(ground: Ground) -> dict[str, list[str]]:
    """What each page asks the database."""
    found = {}
    for route in pages():
        path = route.at(ground.things)
        await ground.chief.browser.get(path)
        ground.ledger.clear()
        answer = await ground.chief.browser.get(path)
        assert answer.status_code < 400, (route.name, answer.status_code)
        found[route.name] = list(ground.ledger.asked)
    return found


@pytest.mark.timeout(180)
async def test_a_page_asks_a_handful_of_queries_whatever_there_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3.2, S4.28: no page takes more than eight queries, and none more for thirty rows of a kind than for one."""
    # Once a minute a page notes that the session is in use, and that one page would ask one question more.
    monkeypatch.setattr(staff_sessions, "TOUCH_AFTER", timedelta(days=1))
    world = await make_world(house)
    async with ground_over(world) as ground:
        few = await counted(ground)
        await crowd(world)
        many = await counted(ground)

    files = {route.name for route in pages() if not route.case.is_page}  # which come piece by piece
    too_many = {name: asked for name, asked in many.items() if len(asked) > MOST and name not in files}
    assert {name: len(asked) for name, asked in too_many.items()} == {}, "\n".join(map(str, too_many.items()))
    assert {name: len(asked) for name, asked in many.items()} == {name: len(asked) for name, asked in few.items()}
