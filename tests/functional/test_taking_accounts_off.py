"""A contact is taken off an account: by whom, what stays as it was, and what puts them on again."""

import pytest
from fastapi import FastAPI

from doorstep.domain.errors import Changed, Forbidden, Invalid
from doorstep.domain.events import Event
from doorstep.domain.states import State
from doorstep.store import audit
from tests.command_line import CommandLine
from tests.functional.importing import imported, on
from tests.functional.staffing import CRM, contact_named, staffed
from tests.house import House
from tests.hub import colleague
from tests.pages import active, seen
from tests.systems import Systems


async def test_an_open_invitation_and_a_membership_stay_as_they_were(house: House) -> None:
    """S1.18, S0.12: the contact leaves the account; what they were invited to and may see as a user does not."""
    office, clerk = await staffed(house, "companyView", "companyEdit")
    ana, cara = [await contact_named(house, office, name) for name in ("Ana", "Cara")]
    member = await active(house, office, email=f"ana@{office}.example", accounts=["1042"])
    invited = await house.pending(office, email=f"cara@{office}.example", accounts=["1042", "2000"])

    alone = await clerk.contact_set(ana, remove_accounts=["1042"])
    moved = await clerk.contact_set(cara, remove_accounts=["1042", "1042"])

    assert (on(alone), on(moved)) == ([], ["2000"])
    still = await house.doorstep.show(invited.id)
    assert (still.state, [each.code for each in still.accounts]) == (State.PENDING, ["1042", "2000"])
    memberships = (await house.doorstep.user(member.username)).memberships
    assert [each.account_code for each in memberships] == ["1042"]
    recorded = await house.run(lambda tx: audit.entries(tx, cara))
    [entry] = [each for each in recorded if each.event == Event.CONTACT_SET]
    assert (entry.actor, entry.detail["accounts_removed"]) == (clerk.actor.name, ["1042"])


async def test_the_erp_puts_somebody_on_again_whom_it_still_names_there(house: House) -> None:
    """S0.3, S4.33: what the ERP says stays the ERP's; the default address is not touched by any of it."""
    office, clerk = await staffed(house, "companyView", "companyEdit")
    cara = await contact_named(house, office, "Cara")
    before = await clerk.contact(cara)

    off = await clerk.contact_set(cara, remove_accounts=["1042"])
    await imported(house, office, f"1042,Kauri Farms,,,,Cara Both,cara@{office}.example,")

    again = await clerk.contact(cara)
    assert (on(off), on(again)) == (["2000"], ["1042", "2000"])
    assert before.email == off.email == again.email


async def test_whoever_is_held_to_companies_takes_off_those_in_sight_alone(house: House) -> None:
    """S1.3, S4.3: not of somebody who is elsewhere too, not an account out of sight, and never the last one."""
    office, clerk = await staffed(house, *CRM)
    await house.doorstep.staff_set(office, clerk.actor.name, accounts=["1042"])
    ana, cara = [await contact_named(house, office, name) for name in ("Ana", "Cara")]

    with pytest.raises(Forbidden) as shared:
        await clerk.contact_set(cara, remove_accounts=["1042"])
    with pytest.raises(Invalid) as hidden:
        await clerk.contact_set(ana, remove_accounts=["2000"])
    with pytest.raises(Invalid) as last:
        await clerk.contact_set(ana, remove_accounts=["1042"])
    await house.doorstep.staff_set(office, clerk.actor.name, accounts=["1042", "2000"])
    allowed = await clerk.contact_set(cara, remove_accounts=["1042"])

    assert [each.value.code for each in (shared, hidden, last)] == [
        "not_allowed",
        "unknown_account",
        "account_required",
    ]
    assert on(await house.doorstep.contact(ana)) == ["1042"]
    assert on(allowed) == ["2000"]


async def test_where_accounts_are_required_the_last_one_stays(house: House) -> None:
    """S0.10, S0.13: the refusal changes nothing; in exchange for another one it goes; an unknown one is refused."""
    office, _ = await staffed(house, "companyView")
    await house.doorstep.office_set(office, rules={"account_required": True})
    ana = await contact_named(house, office, "Ana")
    before = await house.doorstep.contact(ana)

    with pytest.raises(Invalid) as last:
        await house.doorstep.contact_set(ana, name="Renamed", remove_accounts=["1042"])
    with pytest.raises(Invalid) as unknown:
        await house.doorstep.contact_set(ana, remove_accounts=["9"])
    unchanged = await house.doorstep.contact(ana)
    exchanged = await house.doorstep.contact_set(ana, add_accounts=["2000"], remove_accounts=["1042"])

    assert (last.value.code, unknown.value.code) == ("account_required", "unknown_account")
    assert unchanged == before
    assert on(exchanged) == ["2000"]
    with pytest.raises(Changed):
        await house.doorstep.contact_set(ana, remove_accounts=["2000"], seen=before.updated_at)


async def test_the_page_says_what_stays_and_takes_off_what_is_ticked(house: House, app: FastAPI) -> None:
    """S1.18: nothing ticked is said beside the boxes; a page that is out of date takes nobody off."""
    office, _ = await staffed(house, "companyView")
    who = await colleague(house, app, office, "companyView", "companyEdit")
    path = who.path(f"/clients/{await contact_named(house, office, 'Cara')}")

    page = await who.look(path)
    tick = {"seen": page.fields["seen"]["value"], "take_off": ["1042"]}
    nothing = await who.send(f"{path}/take-off", seen=tick["seen"])
    done = await who.send(f"{path}/take-off", **tick)
    stale = await who.send(f"{path}/take-off", seen=tick["seen"], take_off=["2000"])

    assert "What they were invited to stays open" in page.words
    assert (nothing.status_code, "take_off-fault" in seen(nothing).by_id) == (422, True)
    assert "Cara Both" in seen(nothing).fields["name"]["value"]
    assert done.headers["location"] == f"{path}?done=contact-taken-off"
    assert stale.status_code == 412
    assert on(await house.doorstep.contact(await contact_named(house, office, "Cara"))) == ["2000"]


async def test_whoever_may_not_edit_finds_no_button(house: House, app: FastAPI) -> None:
    """S4.4: without the right to edit the step is not there, and its form is refused."""
    office, _ = await staffed(house, "companyView")
    who = await colleague(house, app, office, "companyView")
    cara = await contact_named(house, office, "Cara")
    path = who.path(f"/clients/{cara}")

    page = await who.look(path)
    refused = await who.send(f"{path}/take-off", take_off=["1042"])

    assert "Take off an account" not in page.words
    assert refused.status_code == 403
    assert on(await house.doorstep.contact(cara)) == ["1042", "2000"]


async def test_a_system_and_the_command_line_do_it_too(house: House, doorstep: CommandLine) -> None:
    """S1.18: `PATCH` of the API and `contact set --remove-account` reach the same."""
    office, _ = await staffed(house, "companyView")
    cara = await contact_named(house, office, "Cara")

    async with Systems.of(house).of_office(office) as api:
        patched = await api.patch(f"/v1/contacts/{cara}", json={"remove_accounts": ["1042"]})
    taken = await doorstep.done("contact", "set", str(cara), "--remove-account", "2000")
    unknown = await doorstep.refused("contact", "set", str(cara), "--remove-account", "9")

    assert [each["code"] for each in patched.json()["accounts"]] == ["2000"]
    assert taken["accounts"] == []
    assert unknown["code"] == "unknown_account"
