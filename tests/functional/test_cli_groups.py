"""The command line for the group roles of an office."""

from uuid import UUID

from doorstep.domain.permissions import GROUPS, ROLES
from tests.command_line import CommandLine
from tests.house import House


async def test_groups_are_listed_set_and_taken_away(house: House, doorstep: CommandLine) -> None:
    """S1.11: one object a command, and for a person which group stands for what, and from when on."""
    office = await house.office()

    made = await doorstep.done("groups", "set", office, "seasonal_staff", "buyer", "customer")
    told = await doorstep("groups", "set", office, "owner", "customer")
    listed = await doorstep.done("groups", "list", office)
    shown = await doorstep("groups", "list", office)
    asked = await doorstep.done(
        *("invite", "--office", office, "--email", "ana@example.org", "--role", "seasonal_staff", "--draft")
    )
    back = await doorstep.done("groups", "remove", office, "owner")
    gone = await doorstep("groups", "remove", office, "seasonal_staff")

    assert (made["office"], made["name"], made["roles"], made["is_own"]) == (
        *(office, "seasonal_staff", ["customer", "buyer"], True),
    )
    assert made["permissions"] == sorted(ROLES["customer"] | ROLES["buyer"])
    assert f"From now on owner stands for customer in office {office}." in told.out
    assert "What was asked or granted before stays" in told.out
    assert [each["name"] for each in listed["groups"]] == sorted({*GROUPS, "seasonal_staff"})
    assert {each["name"] for each in listed["groups"] if each["is_own"]} == {"owner", "seasonal_staff"}
    assert "the office's, instead of the built-in one" in shown.out
    assert set((await house.doorstep.show(UUID(asked["id"]))).permissions) == ROLES["customer"] | ROLES["buyer"]
    assert (back["name"], back["is_removed"]) == ("owner", True)
    assert back["built_in"]["roles"] == list(GROUPS["owner"])
    assert "seasonal_staff is gone." in gone.out


async def test_what_makes_no_group_is_refused_at_the_command_line(house: House, doorstep: CommandLine) -> None:
    """S1.11: each refusal has its code, its sentence and its status; without a role the line is typed wrongly."""
    office = await house.office()

    name = await doorstep.refused("groups", "set", office, "Owner", "customer")
    nested = await doorstep.refused("groups", "set", office, "more", "owner")
    built_in = await doorstep.refused("groups", "remove", office, "owner")
    nowhere = await doorstep.refused("groups", "remove", office, "more")
    empty = await doorstep("groups", "set", office, "more")

    assert [(each["code"], each["status"]) for each in (name, nested, built_in, nowhere)] == [
        ("group_name", 422),
        ("group_in_group", 422),
        ("group_built_in", 409),
        ("no_such_group", 404),
    ]
    assert empty.status == 2
