"""The command line for those who run an office: its staff with their rights, and its username administrators."""

from doorstep.domain.states import State
from tests.command_line import CommandLine
from tests.house import House
from tests.pages import add_accounts


async def test_staff_are_set_listed_shown_and_removed(house: House, doorstep: CommandLine) -> None:
    """S1.2, S1.4: what is named changes and nothing else; `show` tells the rights that follow."""
    office = await house.office()
    await add_accounts(house, office, {"1": "First Farm", "2": "Second Farm"})
    boss, rep = f"boss@{office}.example", f"Rep@{office}.example"
    rights = ("--permission", "crmCompanyView", "--permission", "crmCompanyEdit")

    await doorstep.done("staff", "set", office, boss, "--name", "Moana", "--permission", "administrator")
    await doorstep.done("staff", "set", office, rep, "--rep", "--account", "2", "--account", "1", *rights)
    changed = await doorstep.done("staff", "set", office, rep.lower(), "--name", "Tom", "--may-grant", "invoices")
    shown = await doorstep.done("staff", "show", office, rep)
    listed = await doorstep.done("staff", "list", office)
    told = await doorstep("staff", "list", office)
    freed = await doorstep.done("staff", "set", office, rep, "--may-grant-all", "--in-house", "--account", "1")
    removed = await doorstep.done("staff", "remove", office, rep)
    gone = await doorstep.refused("staff", "show", office, rep)

    assert changed == shown
    assert (shown["address"], shown["name"], shown["kind"]) == (rep, "Tom", "rep")
    assert (shown["permissions"], shown["accounts"]) == (["crmCompanyEdit", "crmCompanyView"], ["1", "2"])
    assert shown["may_grant"] == ["invoices"]
    assert shown["rights"] == dict.fromkeys(["see", "invite", "contacts", "link"], "assigned")
    assert shown["ways"] == ["companies"]
    assert [(each["address"], each["kind"]) for each in listed["staff"]] == [(boss, "in_house"), (rep, "rep")]
    assert (boss in told.out, "administrator" in told.out) == (True, True)
    assert (freed["may_grant"], freed["kind"], freed["accounts"]) == (None, "in_house", ["1"])
    assert removed == {"office": office, "address": rep, "is_removed": True}
    assert (gone["code"], gone["status"]) == ("no_such_staff", 404)


async def test_the_rights_of_whoever_acts_decide(house: House, doorstep: CommandLine) -> None:
    """S0.1, S1.5, S1.20, S4.3, S4.4: `--as` is held to what the office gave that person."""
    office = await house.office()
    await add_accounts(house, office, {"1": "First Farm", "2": "Second Farm"})
    viewer, rep, clerk = (f"{name}@{office}.example" for name in ("viewer", "rep", "clerk"))
    edits = ("--permission", "customerView", "--permission", "customerEdit")
    await doorstep.done("staff", "set", office, viewer, "--permission", "customerView")
    await doorstep.done("staff", "set", office, rep, *edits, "--rep", "--account", "1")
    await doorstep.done("staff", "set", office, clerk, *edits, "--may-grant", "messages")
    to = ("invite", "--office", office, "--email", f"ana@{office}.example")

    refusals = [
        await doorstep.refused(*to, "--as", f"stranger@{office}.example"),
        await doorstep.refused(*to, "--as", viewer),
        await doorstep.refused(*to, "--as", rep, "--account", "2"),
        await doorstep.refused(*to, "--as", rep),
        await doorstep.refused(*to, "--as", clerk, "--role", "buyer"),
        await doorstep.refused("staff", "list", office, "--as", clerk),
        await doorstep.refused("office", "set", office, "--name", "Mine", "--as", clerk),
        await doorstep.refused("approvers", "set", office, clerk, "--as", clerk),
    ]
    by_rep = await doorstep.done(*to, "--as", rep, "--account", "1")
    hidden = await doorstep.refused("revoke", by_rep["id"], "--as", f"stranger@{office}.example")
    revoked = await doorstep.done("revoke", by_rep["id"], "--as", rep.upper())

    assert [each["code"] for each in refusals] == [
        *("not_staff", "not_allowed", "unknown_account", "account_required"),
        *("grant_not_allowed", "not_allowed", "not_allowed", "not_allowed"),
    ]
    assert "customerEdit + customerView" in refusals[1]["message"]
    assert (hidden["code"], hidden["status"]) == ("no_such_invitation", 404)
    assert revoked["state"] == "revoked"


async def test_anybody_may_look_at_themselves(house: House, doorstep: CommandLine) -> None:
    """S4.4: what I hold is no secret to me, whatever the case of my address, and what others hold is."""
    office = await house.office()
    me, other = f"Me@{office}.example", f"other@{office}.example"
    for address in (me, other):
        await doorstep.done("staff", "set", office, address, "--permission", "customerView")

    mine = await doorstep.done("staff", "show", office, me.lower(), "--as", me.upper())
    theirs = await doorstep.refused("staff", "show", office, other, "--as", me)

    assert (mine["address"], mine["rights"]) == (me, {"see": "all"})
    assert theirs["code"] == "not_allowed"


async def test_an_office_keeps_somebody_who_can_change_its_staff(house: House, doorstep: CommandLine) -> None:
    """S1.2: the last administrator cannot be removed or demoted while others stay; alone they may go."""
    office = await house.office()
    boss, clerk = f"boss@{office}.example", f"clerk@{office}.example"
    await doorstep.done("staff", "set", office, boss, "--permission", "administrator")
    await doorstep.done("staff", "set", office, clerk, "--permission", "customerView")

    kept = await doorstep.refused("staff", "remove", office, boss)
    demoted = await doorstep.refused("staff", "set", office, boss, "--permission", "superuser")
    await doorstep.done("staff", "remove", office, clerk)
    await doorstep.done("staff", "remove", office, boss)
    nobody = await doorstep("staff", "list", office)

    assert (kept["code"], demoted["code"]) == ("last_administrator", "last_administrator")
    assert "Nobody is on the staff" in nobody.out


async def test_what_staff_cannot_be_is_refused(house: House, doorstep: CommandLine) -> None:
    """S1.20: unknown names are refused with the known ones; both ways to say what may be granted are too many."""
    office = await house.office()
    to = ("staff", "set", office, f"tom@{office}.example")

    unknown = await doorstep.refused(*to, "--permission", "king")
    nothing = await doorstep.refused(*to, "--name", "Tom")
    grants = await doorstep.refused(*to, "--permission", "superuser", "--may-grant", "crowns")
    both = await doorstep(*to, "--permission", "superuser", "--may-grant", "invoices", "--may-grant-all")

    assert (unknown["code"], "companyView" in unknown["message"]) == ("unknown_staff_permission", True)
    assert (nothing["code"], grants["code"]) == ("permission_required", "unknown_permission")
    assert (both.status, both.out) == (2, "")


async def test_an_office_has_three_administrators_at_most(house: House, doorstep: CommandLine) -> None:
    """S4.22: three are saved, a fourth is refused and changes nothing; the same one twice counts once."""
    office = await house.office(approvers=0)
    addresses = [f"boss{n}@{office}.example" for n in range(1, 5)]

    four = await doorstep.refused("approvers", "set", office, *addresses)
    none_yet = await doorstep("approvers", "list", office)
    three = await doorstep.done("approvers", "set", office, *addresses[:3], addresses[0].upper())
    listed = await doorstep.done("approvers", "list", office)

    assert (four["code"], "one to 3" in four["message"]) == ("approvers_count", True)
    assert "it sends nothing" in none_yet.out
    assert three == listed
    assert sorted(each.lower() for each in listed["approvers"]) == addresses[:3]


async def test_the_last_administrator_stays_while_something_is_open(house: House, doorstep: CommandLine) -> None:
    """S4.21, S4.23: whoever could decide last cannot go while an invitation is open; afterwards they can."""
    office = await house.office(approvers=2)
    invitation = await house.pending(office)
    remove = ("approvers", "remove", office)

    one_left = await doorstep.done(*remove, f"BOSS2@{office}.example")
    stranger = await doorstep.refused(*remove, f"boss2@{office}.example")
    kept = await doorstep.refused(*remove, f"boss1@{office}.example")
    await doorstep.done("revoke", str(invitation.id))
    await house.until_state(invitation, State.REVOKED)
    last = await doorstep(*remove, f"boss1@{office}.example")
    unsent = await doorstep.refused("invite", "--office", office, "--email", "ana@example.org")

    assert one_left == {"office": office, "approvers": [f"boss1@{office}.example"]}
    assert (stranger["code"], stranger["status"]) == ("no_such_approver", 404)
    assert (kept["code"], kept["status"]) == ("last_approver", 409)
    assert f"doorstep approvers set {office} ADDRESS" in kept["message"]
    assert (last.status, f"doorstep approvers set {office} ADDRESS" in last.out) == (0, True)
    assert unsent["code"] == "no_approver"
