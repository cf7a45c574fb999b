"""The command line for users: a login pair added directly, users looked after, and seats."""

from email.message import EmailMessage

import uuid_utils.compat as uuid_utils

from doorstep.domain.messages import Message
from doorstep.domain.permissions import permissions_of
from tests.command_line import CommandLine
from tests.house import PASSWORD, House, eventually
from tests.pages import active, add_accounts


def named(prefix: str) -> str:
    """A username that no other test has."""
    return f"{prefix}-{uuid_utils.uuid7().hex[-8:]}"


async def test_two_logins_are_made_at_once(house: House, doorstep: CommandLine) -> None:
    """S4.9, S4.10, S4.11, S4.15: the staff login is the name and S, the next free one where it is taken."""
    office, name = await house.office(), named("hill")
    await add_accounts(house, office, {"1042": "Hill Farms"})
    add = ("add-user", "--office", office, "--account", "1042", "--email", "hill@example.org", "--username")

    first = await doorstep.done(*add, f"{name}S")
    second = await doorstep.done(*add, name, "--role", "accounts_payable")
    taken = await doorstep.refused(*add, name.upper())
    told = await doorstep(*add, f"{name}-x")
    management, staff = [await doorstep.done("user", "show", each) for each in (name, f"{name}S2")]

    assert (first["username"], first["staff_username"]) == (f"{name}S", f"{name}SS")
    assert (second["username"], second["staff_username"]) == (name, f"{name}S2")
    assert second["workflow_id"] == f"password-link-{second['password_link_id']}"
    assert (taken["code"], list(taken["fields"])) == ("username_taken", ["username"])
    assert f"{name}-xS" in told.out
    assert "dies after 24 hours" in told.out
    assert staff["management_user_id"] == management["user_id"] == second["user_id"]
    assert staff["user_id"] == second["staff_user_id"]
    assert set(management["memberships"][0]["permissions"]) == permissions_of(["accounts_payable"])
    assert "balance" not in staff["memberships"][0]["permissions"]


async def test_a_user_who_is_added_is_mailed_twice(house: House, doorstep: CommandLine) -> None:
    """S4.6, S4.12: relationship, account and details make a user, who gets a welcome and the link to the passwords."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Hill Farms"})
    address = f"rep@{office}.example"

    made = await doorstep.done(
        *("add-user", "--office", office, "--account", "1042", "--email", address, "--username", named("rep")),
        *("--name", "Rae Hill", "--relationship", "rep"),
    )
    odd = await doorstep("user", "list", office, "--state", "odd")
    waiting = await doorstep.done("user", "list", office, "--state", "setup_pending")

    async def both() -> EmailMessage | None:
        is_welcome = house.mails(address, Message.WELCOME)
        return next(iter(house.mails(address, Message.SET_PASSWORD)), None) if is_welcome else None

    assert house.token(await eventually(both, "the welcome and the link"))
    assert [each["username"] for each in waiting["users"]] == sorted([made["username"], made["staff_username"]])
    assert {each["relationship"] for user in waiting["users"] for each in user["memberships"]} == {"rep"}
    assert odd.status == 2


async def test_a_rehearsal_takes_no_seat(house: House, doorstep: CommandLine) -> None:
    """S4.18, S4.47: seats count every username from set-up on, but those of a rehearsal, whichever way they came."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Hill Farms"})
    add = ("add-user", "--office", office, "--account", "1042", "--email", f"me@{office}.example", "--username")

    await doorstep.done(*add, named("real"))
    await doorstep.done(*add, named("tried"), "--test")
    tried = await house.waiting(office, is_test=True)
    real = await house.waiting(office)
    listed = await doorstep.done("user", "list", office)
    told, shown = await doorstep("user", "list", office), await doorstep.done("office", "show", office)

    by_name = {each["username"]: each for each in listed["users"]}
    assert (len(by_name), listed["seats"], shown["seats"]) == (6, 3, 3)
    assert (by_name[tried.address]["is_test"], by_name[real.address]["is_test"]) == (True, False)
    assert "3 seats are used." in told.out
    assert "unapproved, rehearsal" in told.out


async def test_staff_maintain_the_permissions_of_a_user(house: House, doorstep: CommandLine) -> None:
    """S4.19, S4.11: on one account or on all; nothing unknown is granted, and a staff login never sees the costs."""
    office, name = await house.office(), named("hill")
    await add_accounts(house, office, {"1": "First Farm", "2": "Second Farm"})
    invitation = await active(house, office, accounts=["1", "2"])
    await doorstep.done(
        "add-user", *("--office", office, "--account", "1", "--email", "hill@example.org", "--username", name)
    )

    one = await doorstep.done("user", "permissions", invitation.address, "invoices", "--account", "1")
    both = await doorstep.done("user", "permissions", invitation.address, "messages", "costs")
    staff = await doorstep.done("user", "permissions", f"{name}S", "messages", "costs")
    unknown = await doorstep.refused("user", "permissions", invitation.address, "everything")
    foreign = await doorstep.refused("user", "permissions", invitation.address, "messages", "--account", "9")

    assert _granted(one)["1"] == ["invoices"]
    assert "statements" in _granted(one)["2"]
    assert _granted(both) == {"1": ["costs", "messages"], "2": ["costs", "messages"]}
    assert _granted(staff) == {"1": ["messages"]}
    assert (unknown["code"], foreign["code"]) == ("unknown_permission", "unknown_account")


def _granted(user: dict[str, object]) -> dict[str, list[str]]:
    belongs = user["memberships"]
    assert isinstance(belongs, list)
    return {each["account"]: each["permissions"] for each in belongs}


async def test_a_user_is_suspended_and_resumed(house: House, doorstep: CommandLine) -> None:
    """T24: shut out at once, let in again with the same password; neither twice."""
    invitation = await active(house, await house.office())
    session = await house.doorstep.sign_in(invitation.address, PASSWORD)

    suspended = await doorstep.done("user", "suspend", invitation.address)
    again = await doorstep.refused("user", "suspend", invitation.address)
    home = await house.doorstep.home(session)
    resumed = await doorstep.done("user", "resume", invitation.address)

    assert (suspended["state"], again["code"], home) == ("suspended", "not_active", None)
    assert resumed["state"] == "active"
    assert await house.doorstep.sign_in(invitation.address, PASSWORD)


async def test_deleting_a_user_has_to_be_meant(house: House, doorstep: CommandLine) -> None:
    """S4.47, S4.46: without `--yes` it only says who would go; the seat is free afterwards; who waits is rejected."""
    office = await house.office()
    invitation, waiting = await active(house, office), await house.waiting(office)

    asked = await doorstep("user", "delete", invitation.address)
    before = await house.doorstep.seats(office)
    done = await doorstep("user", "delete", invitation.address, "--yes")
    undecided = await doorstep.refused("user", "delete", waiting.address)
    gone = await doorstep.refused("user", "show", invitation.address)

    assert (asked.status, before) == (1, 2)
    assert (invitation.address in asked.out, f"doorstep user delete {invitation.address} --yes" in asked.err) == (
        True,
        True,
    )
    assert (done.status, await house.doorstep.seats(office)) == (0, 1)
    assert (undecided["code"], str(waiting.id) in undecided["message"]) == ("awaiting_decision", True)
    assert (gone["code"], gone["status"]) == ("no_such_user", 404)


async def test_erasing_a_user_leaves_tombstones(house: House, doorstep: CommandLine) -> None:
    """T34: the user goes and their invitations are erased with them; asked for by a person it has to be meant."""
    invitation = await active(house, await house.office(), name="Hēmi Tūhoro")

    asked = await doorstep("user", "erase", invitation.address)
    done = await doorstep.done("user", "erase", invitation.address)
    tombstone = await doorstep("show", str(invitation.id))

    assert (asked.status, "Nothing was changed." in asked.err) == (1, True)
    assert done == {"is_erased": True}
    assert "erased" in tombstone.out
    assert invitation.address not in tombstone.out
    assert "Hēmi" not in tombstone.out
