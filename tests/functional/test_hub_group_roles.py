"""Group roles in the Team Hub: what each opens, the office's own ones, and who is offered them."""

from uuid import UUID

import pytest
from fastapi import FastAPI

from doorstep.domain.permissions import GROUPS, ROLES
from tests.functional.staffing import EXPORT
from tests.house import House
from tests.hub import Colleague, colleague
from tests.office_rows import fingerprints
from tests.pages import seen

ROLES_PATH = "/settings/roles"
SEASONAL = "seasonal_staff"


async def chief(house: House, app: FastAPI, **more: object) -> Colleague:
    """Somebody who may change the settings of an office with customers."""
    office = await house.office()
    async for _ in await house.doorstep.import_rows(EXPORT.format(office).encode(), office):
        pass
    return await colleague(house, app, office, "administrator", **more)  # type: ignore[arg-type]


async def stands_for(house: House, office: str) -> dict[str, tuple[str, ...]]:
    """The groups of an office."""
    return {each.name: each.roles for each in await house.doorstep.group_roles(office)}


async def edition(who: Colleague, name: str) -> str:
    """What the page of a group carries."""
    return (await who.look(who.path(f"{ROLES_PATH}/{name}"))).fields["seen"]["value"]


async def test_every_group_and_role_says_what_it_opens(house: House, app: FastAPI) -> None:
    """S1.11, S1.12, S1.13: whose a group is, its roles and sections, and that a change changes nothing before it."""
    who = await chief(house, app)
    await house.doorstep.group_role_set(who.office, SEASONAL, ["buyer"])
    await house.doorstep.group_role_set(who.office, "owner", ["rep"])

    page = await who.look(who.path(ROLES_PATH))
    changed = await who.look(who.path(f"{ROLES_PATH}/owner"))
    built_in = await who.look(who.path(f"{ROLES_PATH}/family_farm"))

    assert "family_farm customer, grower" in page.words
    assert "Grain contracts" in page.words
    assert "yours, instead of the built-in one" in page.words
    assert "an invitation keeps what it was asked with" in page.words
    assert {who.path(f"{ROLES_PATH}/{name}") for name in (*GROUPS, SEASONAL)} <= set(page.links)
    assert "which stands for customer, buyer, accounts payable" in changed.words
    assert "Take it away" in changed.words
    assert "A group that comes with Doorstep." in built_in.words
    assert "Take it away" not in built_in.words


async def test_a_group_is_added_changed_and_taken_away(house: House, app: FastAPI) -> None:
    """S1.11: each step says what it did; what takes one away says before what comes of it."""
    who = await chief(house, app)
    path = who.path(ROLES_PATH)

    added = await who.send(path, name=SEASONAL, roles=["customer", "buyer"])
    saved = await who.send(f"{path}/{SEASONAL}", roles=["rep"], seen=await edition(who, SEASONAL))
    instead = await who.send(f"{path}/owner", roles=["customer"], seen=await edition(who, "owner"))
    between = await stands_for(house, who.office)
    own = await who.look(f"{path}/{SEASONAL}")
    owner = await who.look(f"{path}/owner")
    gone = await who.send(f"{path}/{SEASONAL}/remove", seen=own.fields["seen"]["value"])
    back = await who.send(f"{path}/owner/remove", seen=owner.fields["seen"]["value"])

    done = f"{path}?done=group-"
    assert [answer.headers["location"] for answer in (added, saved, instead)] == [f"{done}saved"] * 3
    assert [answer.headers["location"] for answer in (gone, back)] == [f"{done}removed"] * 2
    assert between == {**GROUPS, SEASONAL: ("rep",), "owner": ("customer",)}
    assert f"Nobody can be invited or added with “{SEASONAL}” any more." in own.words
    assert "“owner” stands for customer, buyer, accounts payable again" in owner.words
    assert "What was asked or granted before stays as it is." in owner.words
    assert await stands_for(house, who.office) == GROUPS
    assert "It counts for whatever is asked from now on." in (await who.look(added.headers["location"])).words


@pytest.mark.parametrize(
    ("name", "roles", "field", "sentence"),
    [
        ("Seasonal", ["buyer"], "name", "lower-case letters"),
        ("buyer", ["customer"], "name", "is an individual role"),
        ("owner", ["customer"], "name", "There is a group of that name already"),
        ("more", [], "roles", "Choose at least one role"),
        ("more", ["buyer", "owner"], "roles", "owner is a group itself"),
        ("more", ["buyer", "king"], "roles", "There is no such role"),
    ],
)
async def test_what_makes_no_group_is_said_beside_its_field(
    house: House, app: FastAPI, name: str, roles: list[str], field: str, sentence: str
) -> None:
    """S0.9: nothing that was typed or ticked is lost, and nothing is changed."""
    who = await chief(house, app)
    before = await house.run(lambda tx: fingerprints(tx, who.office))

    answer = await who.send(who.path(ROLES_PATH), name=name, roles=roles)
    page = seen(answer)

    assert (answer.status_code, page.by_id[f"{field}-fault"]) == (422, "p")
    assert sentence in page.words
    assert page.fields["name"]["value"] == name
    assert page.html.count(" checked") == len(set(roles) & ROLES.keys())
    assert await house.run(lambda tx: fingerprints(tx, who.office)) == before


async def test_a_change_that_cannot_be_made_keeps_what_was_ticked(house: House, app: FastAPI) -> None:
    """S0.9, S1.11: an empty group, one that somebody else changed meanwhile, and one that is gone."""
    who = await chief(house, app)
    await house.doorstep.group_role_set(who.office, SEASONAL, ["buyer"])
    path, opened = who.path(f"{ROLES_PATH}/{SEASONAL}"), await edition(who, SEASONAL)

    empty = await who.send(path, seen=opened)
    await house.doorstep.group_role_set(who.office, SEASONAL, ["grower"])
    late = await who.send(path, seen=opened, roles=["rep"])
    late_to_remove = await who.send(f"{path}/remove", seen=opened)
    await house.doorstep.group_role_remove(who.office, SEASONAL)
    nowhere = await who.send(path, seen=opened, roles=["rep"])

    assert (empty.status_code, seen(empty).by_id["roles-fault"]) == (422, "p")
    assert (late.status_code, late_to_remove.status_code, nowhere.status_code) == (412, 412, 404)
    assert 'value="rep" checked' in late.text
    assert "Somebody changed this since you read it" in seen(late).words
    assert SEASONAL not in await stands_for(house, who.office)


async def test_what_somebody_may_not_grant_they_neither_see_nor_change(house: House, app: FastAPI) -> None:
    """S1.20: no role is offered that is beyond them, no group either; a form that asks for one all the same fails."""
    who = await chief(house, app, may_grant=sorted(ROLES["customer"]))
    await house.doorstep.group_role_set(who.office, "plain", ["customer"])

    listed = await who.look(who.path(ROLES_PATH))
    beyond = await who.look(who.path(f"{ROLES_PATH}/owner"))
    forced = await who.send(who.path(f"{ROLES_PATH}/plain"), roles=["owner"], seen=await edition(who, "plain"))
    too_much = await who.send(who.path(ROLES_PATH), name="more", roles=["buyer"])
    form = await who.look(who.path("/clients/new"))

    assert 'value="customer"' in listed.html
    assert 'value="buyer"' not in listed.html
    assert "more than you may grant" in listed.words
    assert who.path(f"{ROLES_PATH}/plain") in listed.links
    assert "somebody else has to change it" in beyond.words
    assert (forced.status_code, too_much.status_code) == (422, 403)
    assert 'value="plain"' in form.html
    assert 'value="owner"' not in form.html


@pytest.mark.parametrize("below", ["/clients/new", "/users/new", "/batches/new", "/clients/{contact}/portal"])
async def test_the_groups_of_the_office_are_offered_wherever_a_role_is(house: House, app: FastAPI, below: str) -> None:
    """S1.11: to whoever invites or adds somebody, with the roles that each of them bundles."""
    who = await chief(house, app)
    await house.doorstep.group_role_set(who.office, SEASONAL, ["buyer", "accounts_payable"])
    contact = (await house.doorstep.contacts(who.office))[0]

    page = await who.look(who.path(below.format(contact=contact.id)))

    assert "Seasonal staff: buyer, accounts payable" in page.words
    assert "Family farm: customer, grower" in page.words


async def test_a_customer_is_added_with_a_group_of_the_office(house: House, app: FastAPI) -> None:
    """S1.17, S1.13: what was ticked is what is asked for."""
    who = await chief(house, app)
    await house.doorstep.group_role_set(who.office, SEASONAL, ["buyer"])

    answer = await who.send(
        who.path("/clients/new"), email=f"new@{who.office}.example", account="1042", groups=[SEASONAL], step="draft"
    )

    assert answer.status_code == 303, seen(answer).words
    contact = UUID(answer.headers["location"].rpartition("/")[2].partition("?")[0])
    assert set((await house.doorstep.client_portal(contact)).invitations[0].permissions) == ROLES["buyer"]


async def test_only_administrators_change_groups(house: House, app: FastAPI) -> None:
    """S1.2, S4.4: a superuser has neither the pages nor the forms."""
    office = await house.office()
    who = await colleague(house, app, office, "superuser")
    path = who.path(ROLES_PATH)

    shown = [(await who.browser.get(each)).status_code for each in (path, f"{path}/owner")]
    sent = [
        (await who.send(path, name="more", roles=["buyer"])).status_code,
        (await who.send(f"{path}/owner", roles=["buyer"], seen="built-in")).status_code,
        (await who.send(f"{path}/owner/remove", seen="built-in")).status_code,
    ]

    assert (shown, sent) == ([403] * 2, [403] * 3)
    assert await stands_for(house, office) == GROUPS
