"""An office where something stands at every point of the way, so that every page of the Team Hub has something to show.

Made once a process, and nobody who looks at it changes it: a test that does makes one of its own with `make_world`.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import FastAPI

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import Attention, State
from tests.faults.misbehaving_smtp import ACCEPT, REFUSE_550
from tests.house import House
from tests.hub import Colleague, colleague
from tests.hub_things import OTHERS, THEIRS, add_things

EVERYTHING = ("administrator", "manage_email_templates", "erase_people")
CUSTOMERS = f"""\
Account Code,Account Name,Customer Type,Sales Rep,Price List,Contact Key,Contact,E-mail,Mobile
{THEIRS},Kauri Ridge Farms,Dairy,Rachel Moana,FARM-A,P1,Ana Ngata,ana@OFFICE.example,021 555 0100
{THEIRS},Kauri Ridge Farms,Dairy,Rachel Moana,FARM-A,P2,Ben Ngata,ben@OFFICE.example,
{THEIRS},Kauri Ridge Farms,Dairy,Rachel Moana,FARM-A,P6,Fred Ngata,fred@OFFICE.example,
{OTHERS},Rimu Station,Sheep,Mele Fifita,FARM-B,P3,Cleo Hare,cleo@OFFICE.example,021 555 0143
{OTHERS},Rimu Station,Sheep,Mele Fifita,FARM-B,P4,Dan Hare,,
2001,Totara Vale,Sheep,Mele Fifita,FARM-B,P5,Eva Poata,eva@OFFICE.example,
"""
OF_OTHERS = ("Rimu Station", "Cleo Hare", "Dan Hare", "Totara Vale", "Eva Poata", "Mia Hare", "Nico Hare")
"""Words that tell of accounts that are not assigned to the rep."""


@dataclass
class World:
    """The office, its invitations by the point that they reached, and what an address names, by what it is called."""

    house: House
    office: str
    chief: str
    """The address of somebody who may do everything, and who decides."""

    points: dict[str, Invitation] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    """The ids of the contacts, by name."""

    things: dict[str, str] = field(default_factory=dict)
    """Of the account `THEIRS`, or of the office."""

    others: dict[str, str] = field(default_factory=dict)
    """The same kinds of things of the account `OTHERS`, where a kind belongs to an account."""


async def make_world(house: House, *, office: str = "", name: str = "Waikato Farm Supplies") -> World:
    """A new office with all of that; takes some seconds."""
    code = await _office(house, office, name)
    world = World(house, code, chief=f"boss1@{code}.example")
    await house.doorstep.staff_set(code, world.chief, name="Mere Tane", permissions=EVERYTHING)
    async for _row in await house.doorstep.import_rows(CUSTOMERS.replace("OFFICE", code).encode(), code):
        pass
    world.contacts = {each.name: str(each.id) for each in await house.doorstep.contacts(code)}
    await _undeliverable(world)
    await _walk(world)
    await add_things(world)
    return world


async def _office(house: House, code: str, name: str) -> str:
    own = {"name": name, "help_email": "help@waikato-farm.example", "time_zone": "Pacific/Auckland"}
    rules = {"resend_cooldown": timedelta(0)}
    if not code:
        made = await house.office(approvers=2, **rules)
        await house.doorstep.office_set(made, own=own)
        return made
    await house.doorstep.office_set(code, own=own, rules=rules)
    await house.doorstep.approvers_set(code, [f"boss{number}@{code}.example" for number in (1, 2)])
    return code


async def _invite(world: World, point: str, name: str, **options: object) -> None:
    """Somebody whose mail has arrived; a contact is invited as what the ERP knows of them."""
    address = f"{name.lower().replace(' ', '.')}@{world.office}.example"
    asked: dict[str, object] = {"name": name, "accounts": [THEIRS], "roles": ["customer", "grower"]}
    asked |= {"contact": world.contacts[name]} if name in world.contacts else {"email": address}
    made = await world.house.doorstep.invite(office=world.office, actor=world.chief, **(asked | options))  # type: ignore[arg-type]
    if not options.get("is_draft"):
        await world.house.mail_of(made, Message.INVITATION)
    world.points[point] = await world.house.settled(made)


async def _undeliverable(world: World) -> None:
    """While the mail server refuses, nobody else is invited."""
    house = world.house
    house.smtp.mode = REFUSE_550
    made = await house.doorstep.invite(
        office=world.office, email=f"typo@{world.office}.example", name="Tui Wrong", accounts=[THEIRS]
    )
    world.points["undeliverable"] = await house.until(made, lambda row: Attention.UNDELIVERABLE in row.attention)
    house.smtp.mode = ACCEPT


WALKING: dict[str, tuple[str, dict[str, object]]] = {
    "draft": ("Jack Draft", {"is_draft": True}),
    "kept": ("Fred Ngata", {"is_draft": True}),
    "asked": ("Ana Ngata", {}),
    "pending": ("Ivy Moana", {"job": "Milking shed"}),
    "expired": ("Hemi Rangi", {}),
    "waiting": ("Kiri Tuhoro", {"job": "Milking shed"}),
    "waiting_too": ("Liam Paki", {}),
    "active": ("Olga Wirihana", {}),
    "suspended": ("Vera Kemp", {}),
    "rejected": ("Pita Henare", {}),
    "declined": ("Ruth Solomon", {}),
    "revoked": ("Sam Tipene", {}),
    "other": ("Mia Hare", {"accounts": [OTHERS], "job": "Woolshed"}),
    "other_waiting": ("Nico Hare", {"accounts": [OTHERS]}),
}
SET_UP = ("waiting", "waiting_too", "active", "suspended", "rejected", "other_waiting")


async def _walk(world: World) -> None:
    """Somebody at every point of the way."""
    await asyncio.gather(*(_invite(world, point, name, **more) for point, (name, more) in WALKING.items()))
    await asyncio.gather(*(_set_up(world, point) for point in SET_UP), _end(world))
    await asyncio.gather(_approve(world, "active"), _approve(world, "suspended"), _reject(world))
    suspended = await world.house.doorstep.show(world.points["suspended"].id)
    await world.house.doorstep.user_suspend(suspended.address, actor=world.chief)


async def _set_up(world: World, point: str) -> None:
    invitation = world.points[point]
    await world.house.set_up(invitation)
    world.points[point] = await world.house.until_state(invitation, State.AWAITING_APPROVAL)


async def _end(world: World) -> None:
    """The ways that end before anybody decides."""
    house, points = world.house, world.points
    await house.pass_time(points["expired"], timedelta(hours=25))
    await house.doorstep.revoke(points["revoked"].id, actor=world.chief)
    await house.doorstep.decline((await house.doorstep.link(points["declined"].id)).rpartition("/")[2])
    for point in ("expired", "revoked", "declined"):
        points[point] = await house.until_state(points[point], State(point))


async def _approve(world: World, point: str) -> None:
    house, invitation = world.house, world.points[point]
    await house.doorstep.approve(invitation.id, approver=world.chief, permissions=["invoices", "messages"])
    world.points[point] = await house.settled(await house.until_state(invitation, State.ACTIVE))


async def _reject(world: World) -> None:
    house, invitation = world.house, world.points["rejected"]
    await house.doorstep.reject(invitation.id, approver=world.chief, reason="Not a customer of ours.")
    world.points["rejected"] = await house.settled(await house.until_state(invitation, State.REJECTED))


async def chief_of(world: World, app: FastAPI) -> Colleague:
    """Somebody who may do everything in the office, and decides there."""
    return await colleague(world.house, app, world.office, address=world.chief)


async def rep_of(world: World, app: FastAPI) -> Colleague:
    """Somebody who serves the account `THEIRS` alone."""
    return await colleague(world.house, app, world.office, address=world.things["rep"])


_worlds: dict[int, World] = {}


async def world_of(house: House) -> World:
    """The one that all tests of this process share."""
    if id(house) not in _worlds:
        _worlds[id(house)] = await make_world(house)
    return _worlds[id(house)]
