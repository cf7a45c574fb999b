"""The staff of an office in the Team Hub: listed, added with a mailed link, changed, assigned, and taken off."""

import asyncio
from uuid import UUID

from fastapi import FastAPI

from doorstep.domain.messages import Message
from doorstep.domain.permissions import SECTIONS
from doorstep.domain.staff import StaffKind, StaffMember
from tests.client_commands import fresh
from tests.house import House, eventually
from tests.hub import Colleague, colleague
from tests.office_rows import fingerprints
from tests.pages import add_accounts, seen

CRM = ["crmCompanyView", "crmCompanyEdit"]


async def chief(house: House, app: FastAPI) -> Colleague:
    """Somebody who looks after the staff of an office."""
    return await colleague(house, app, await house.office(), "administrator")


async def rep(house: House, office: str, **more: object) -> StaffMember:
    """A colleague who serves assigned companies alone."""
    asked: dict[str, object] = {"name": "Rob Tait", "permissions": CRM, "is_rep": True} | more
    return await house.doorstep.staff_set(office, f"{fresh('rob')}@{office}.example", **asked)  # type: ignore[arg-type]


async def member(house: House, office: str, address: str) -> StaffMember:
    """What somebody holds now."""
    return await house.doorstep.staff_member(office, address)


def held(**changed: object) -> dict[str, object]:
    """The form of what somebody holds."""
    return {"name": "Rob Tait", "permission": CRM, "kind": "rep", "grants": "everything"} | changed


async def test_somebody_new_is_mailed_the_link(house: House, app: FastAPI) -> None:
    """S1.2, S1.20: with permissions, kind, and what they may hand on; the mail has the way to the Team Hub."""
    person = await chief(house, app)
    address = f"anna@{person.office}.example"
    typed = held(name="Anna Reid", grants="some", may_grant=["invoices", "statements"], address=address, mails="yes")

    answer = await person.send(person.path("/staff/add"), **typed)
    page = await person.look(answer.headers["location"].partition("?")[0])
    made = await member(house, person.office, address)

    async def mailed() -> bool | None:
        return bool(house.mails(address, Message.STAFF_LINK)) or None

    await eventually(mailed, "the link")
    assert answer.headers["location"] == person.path(f"/staff/{made.id}?done=staff-mailed")
    assert (made.name, made.kind, made.permissions) == ("Anna Reid", StaffKind.REP, frozenset(CRM))
    assert made.may_grant == frozenset({"invoices", "statements"})
    assert "invite, send, resend, send elsewhere and revoke (companies assigned to them)" in page.words
    assert "Companies, with Add customer" in page.words


async def test_what_is_wrong_is_named_and_kept(house: House, app: FastAPI) -> None:
    """S1.2: no permission at all, no address: what was typed is still there, and nobody is added."""
    person = await chief(house, app)
    path = person.path("/staff/add")

    bare = await person.send(path, **held(address=f"x@{person.office}.example", permission=[]))
    nobody = await person.send(path, **held(address="nobody at all"))

    assert (bare.status_code, nobody.status_code) == (422, 422)
    assert "permission-fault" in seen(bare).by_id
    assert "address-fault" in seen(nobody).by_id
    assert seen(nobody).fields["address"]["value"] == "nobody at all"
    assert [each.address for each in await house.doorstep.staff(person.office)] == [person.address]


async def _numbered(house: House, office: str, number: int) -> None:
    address, name = f"p{number:02}@{office}.example", f"Person {number:02}"
    await house.doorstep.staff_set(office, address, name=name, permissions=["companyView"])


async def test_the_list_is_searched_and_paged(house: House, app: FastAPI) -> None:
    """S4.2, S4.3: in order of address, fifty at a time, by a part of a name; no address of a person in a link."""
    person = await chief(house, app)
    await asyncio.gather(*(_numbered(house, person.office, number) for number in range(51)))

    first = await person.look(person.path("/staff"))
    second = await person.look(next(link for link in first.links if "after=" in link))
    found = await person.look(person.path("/staff?q=person+07"))
    none = await person.look(person.path("/staff?q=zebra"))

    assert "Person 49" in first.words
    assert "Person 50" not in first.words
    assert "Person 50" in second.words
    assert ("Person 07" in found.words, "Person 08" in found.words) == (True, False)
    assert "Nobody is called that" in none.words
    assert not any("@" in link for link in first.links)


async def test_what_somebody_holds_is_changed(house: House, app: FastAPI) -> None:
    """S1.2-S1.5, S1.20: permissions, kind and what may be handed on; what is not touched stays."""
    person = await chief(house, app)
    rob = await rep(house, person.office, may_grant=["invoices"])
    path = person.path(f"/staff/{rob.id}")

    page = await person.look(path)
    saved = await person.send(
        path,
        **held(permission=["customerView", "customerEdit"], kind="in_house", grants="some", may_grant=["invoices"]),
    )
    after = await member(house, person.office, rob.address)
    widened = await person.send(path, **held(permission=["companyView"], kind="in_house", grants="everything"))

    assert page.fields["name"]["value"] == "Rob Tait"
    assert saved.headers["location"] == f"{path}?done=staff-saved"
    assert (after.kind, after.permissions) == (StaffKind.IN_HOUSE, frozenset({"customerView", "customerEdit"}))
    assert after.may_grant == frozenset({"invoices"})
    assert widened.status_code == 303
    assert (await member(house, person.office, rob.address)).may_grant is None


async def test_what_follows_is_told_before_it_is_saved(house: House, app: FastAPI) -> None:
    """S1.2, S1.4: the rights of what is ticked, in plain words, and nothing is changed by looking."""
    person = await chief(house, app)
    rob = await rep(house, person.office)
    before = await house.run(lambda tx: fingerprints(tx, person.office))
    path = person.path(f"/staff/{rob.id}/explain")

    more = seen(await person.send(path, **held(permission=["superuser"], kind="in_house")))
    half = seen(await person.send(path, **held(permission=["companyEdit"], kind="in_house")))

    assert "import from the ERP (every company)" in more.words
    assert "What they could do then As it is ticked. Not saved." in more.words
    assert "Nothing: a pair needs both of its halves." in half.words
    assert await house.run(lambda tx: fingerprints(tx, person.office)) == before


async def test_companies_are_found_assigned_and_taken(house: House, app: FastAPI) -> None:
    """S1.3, S1.6, S4.3: by a part of code or name; assigned ones are seen by the rep, the others stay as they were."""
    person = await chief(house, app)
    await add_accounts(house, person.office, {"1042": "Kauri Farms", "1043": "Kauri Orchards", "2000": "Rimu Dairies"})
    rob = await rep(house, person.office, accounts=["2000"])
    path = person.path(f"/staff/{rob.id}")

    found = await person.look(f"{path}?q=kauri")
    assigned = await person.send(f"{path}/assign", account=["1042", "1043"])
    taken = await person.send(f"{path}/take", account=["1043"])
    unknown = await person.send(f"{path}/assign", account=["9999"])
    codes = (await member(house, person.office, rob.address)).account_codes

    assert "Kauri Farms 1042" in found.words
    assert "Rimu Dairies 2000 Whatever is ticked" in found.words
    assert assigned.headers["location"] == f"{path}?done=companies-assigned"
    assert taken.headers["location"] == f"{path}?done=companies-taken"
    assert unknown.status_code == 422
    assert codes == ("1042", "2000")


async def test_nobody_hands_on_what_they_may_not(house: House, app: FastAPI) -> None:
    """S1.20, T19: somebody who may grant invoices alone offers no more to a colleague, and is refused if they try."""
    office = await house.office()
    person = await colleague(house, app, office, "administrator", may_grant=["invoices"])
    rob = await rep(house, office)
    wide = held(address=f"new@{office}.example", grants="some", may_grant=["invoices", "costs"])

    form = await person.look(person.path("/staff/add"))
    refused = await person.send(person.path("/staff/add"), **wide)
    renamed = await person.send(person.path(f"/staff/{rob.id}"), **held(name="Robert Tait"))

    assert SECTIONS["costs"] not in form.words
    assert refused.status_code == 403
    assert "may_grant-fault" in seen(refused).by_id
    assert seen(refused).fields["address"]["value"] == f"new@{office}.example"
    assert renamed.status_code == 303
    after = await member(house, office, rob.address)
    assert (after.name, after.may_grant) == ("Robert Tait", None)


async def test_taking_somebody_off_says_its_effect_and_ends_it_at_once(house: House, app: FastAPI) -> None:
    """S1.2, T24: the effect stands before the button; the person's next request leads out; the last one stays."""
    person = await chief(house, app)
    gone = await colleague(house, app, person.office, "companyView")
    there = await member(house, person.office, gone.address)
    own = await member(house, person.office, person.address)
    await gone.look(gone.path())

    page = await person.look(person.path(f"/staff/{there.id}"))
    last = await person.send(person.path(f"/staff/{own.id}/remove"))
    removed = await person.send(person.path(f"/staff/{there.id}/remove"))

    assert "can do nothing in" in page.words
    assert last.status_code == 409
    assert "Make another person administrator first" in seen(last).words
    assert removed.headers["location"] == person.path("/staff?done=staff-removed")
    assert (await gone.browser.get(gone.path())).status_code in {303, 404}


async def test_the_link_is_mailed_again(house: House, app: FastAPI) -> None:
    """S1.2: whoever lost the first mail gets another."""
    person = await chief(house, app)
    rob = await rep(house, person.office)

    answer = await person.send(person.path(f"/staff/{rob.id}/mail"))

    async def mailed() -> bool | None:
        return bool(house.mails(rob.address, Message.STAFF_LINK)) or None

    assert answer.headers["location"] == person.path(f"/staff/{rob.id}?done=link-mailed")
    await eventually(mailed, "the link")


async def test_t20_the_staff_of_another_office_is_not_there(house: House, app: FastAPI) -> None:
    """T20: by the id of somebody elsewhere every page and button is the same as by one of nobody."""
    person = await chief(house, app)
    elsewhere = await rep(house, await house.office())
    nobody = UUID(int=0)

    for identifier in (elsewhere.id, nobody):
        path = person.path(f"/staff/{identifier}")
        answers = [await person.browser.get(path), await person.send(path, **held())]
        answers += [await person.send(f"{path}/{each}") for each in ("mail", "remove", "explain", "assign", "take")]
        assert {answer.status_code for answer in answers} == {404}
    assert house.mails(elsewhere.address) == []


async def test_only_administrators_see_the_staff(house: House, app: FastAPI) -> None:
    """S1.2, S4.4: a superuser has neither the pages nor the entry in the menu, and the forms are refused."""
    office = await house.office()
    person = await colleague(house, app, office, "superuser")
    own = (await member(house, office, person.address)).id

    home = await person.look(person.path())
    shown = [await person.browser.get(person.path(each)) for each in ("/staff", "/staff/add", f"/staff/{own}")]
    raised = await person.send(person.path(f"/staff/{own}"), **held(permission=["administrator"]))

    assert person.path("/staff") not in home.links
    assert [answer.status_code for answer in [*shown, raised]] == [403] * 4
    assert (await member(house, office, person.address)).permissions == frozenset({"superuser"})
