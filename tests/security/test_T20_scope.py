"""T20: the staff of one office and the ids of another: not there, whatever is asked, and nothing is touched.

The code of an office is the one name that is no secret, since its address on the web tells it (S2.15): whoever names a
foreign one is told that its staff alone may do that. Whatever stands beside the code is answered for as if unknown.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from doorstep.domain.errors import Forbidden, NotFound, Refused
from starter.client import Doorstep
from tests.client_commands import CASES, About, Things, acting, commands, fresh, heard
from tests.house import House
from tests.office_rows import fingerprints
from tests.offices_at_work import AtWork, add_user, at_work, told
from tests.pages import add_accounts

NOWHERE = UUID("0199a7c2-5a80-7000-8000-000000000000")
BY_ID = [name for name, case in CASES.items() if case.about in (About.THING, About.DECISION)]
BY_OFFICE = [
    name for name, case in CASES.items() if case.about in (About.ACCOUNT, About.OFFICE, About.LIST, About.PEOPLE)
]


@dataclass(frozen=True)
class Two:
    """An office at work, and the client API in the hands of people of another one."""

    victim: AtWork
    home: str
    strangers: tuple[Doorstep, ...]

    @property
    def unknown(self) -> Things:
        """Ids that nothing has, in the office of the victim."""
        name = fresh("nobody")
        return Things(self.victim.office, name, NOWHERE, NOWHERE, name, f"{name}@x.example", f"{name}@x.example", name)


@pytest.fixture(scope="module")
async def two(worked_house: House) -> Two:
    """Strangers with every permission of their own office, its username administrator, and the same as a rep."""
    victim, home = await at_work(worked_house), await worked_house.office()
    everything = [*("administrator", "superuser", "companyView", "companyEdit", "crmCompanyView", "crmCompanyEdit")]
    everything += ["customerView", "customerEdit", "addPortalUser", "manage_email_templates", "erase_people"]
    staff = worked_house.doorstep.staff_set
    await staff(home, f"all@{home}.example", permissions=everything)
    await staff(home, f"rep@{home}.example", permissions=everything, is_rep=True)
    who = (f"all@{home}.example", f"rep@{home}.example", f"boss1@{home}.example")
    return Two(victim, home, tuple(acting(worked_house.doorstep, each) for each in who))


async def refused(asked: Awaitable[object]) -> tuple[str, int, str]:
    """The refusal: code, status and all of its words."""
    with pytest.raises(Refused) as caught:
        await asked
    return caught.value.code, caught.value.status, caught.value.full_message


async def untouched(two: Two, before: dict[str, str]) -> bool:
    """True if every row of the victim's is as it was."""
    house, office = two.victim.house, two.victim.office
    return await house.run(lambda tx: fingerprints(tx, office)) == before


async def rows(two: Two) -> dict[str, str]:
    """Every row of the victim's."""
    return await two.victim.house.run(lambda tx: fingerprints(tx, two.victim.office))


def test_every_command_is_asked_by_id_or_by_office() -> None:
    """T20: a command that is added has its place here, or fails."""
    open_to_all = {name for name, case in CASES.items() if case.about is About.OPEN}

    assert commands() == {*BY_ID, *BY_OFFICE} | open_to_all
    assert open_to_all == {"offices", "fronts"}


@pytest.mark.parametrize("name", BY_ID)
async def test_a_foreign_id_is_an_unknown_one(two: Two, name: str) -> None:
    """T20: 404 with the very words for an id that nothing has, for either account, and no row is another one."""
    before = await rows(two)

    for stranger in two.strangers:
        if name == "contacts_invite":  # answers for each of a list
            continue
        unknown = await refused(CASES[name].call(stranger, two.unknown))
        for things in (two.victim.theirs, two.victim.others):
            said = await refused(CASES[name].call(stranger, things))
            assert said == unknown
            assert said[1] == 404
    assert await untouched(two, before)


@pytest.mark.parametrize("name", BY_OFFICE)
async def test_a_foreign_office_tells_nothing_of_what_is_in_it(two: Two, name: str) -> None:
    """T20: refused alike, whether the account, the colleague or the template that is named beside it exists or not."""
    before = await rows(two)

    for stranger in two.strangers:
        for things in (two.victim.theirs, two.unknown):
            said = await refused(CASES[name].call(stranger, things))
            assert said[:2] == ("not_staff", 403)
            assert two.victim.office not in said[2]
    assert await untouched(two, before)


async def test_an_office_without_staff_is_no_open_door(two: Two) -> None:
    """T20: whoever has an office is held to it, also where another one has named nobody yet."""
    house, office = two.victim.house, await two.victim.house.office()
    await add_accounts(house, office, {"1": "Firm"})
    draft = await house.doorstep.invite(office=office, email="ana@example.org", accounts=["1"], is_draft=True)
    contact = await house.doorstep.contact_add(office=office, email="ben@example.org", accounts=["1"])
    name, boss = await add_user(house, office, "1"), f"boss1@{office}.example"
    await told(house, name)
    things = Things(office, "1", draft.id, contact.id, name, boss, boss)
    before = await house.run(lambda tx: fingerprints(tx, office))

    for stranger in two.strangers:
        said = {each: await heard(stranger, case, things) for each, case in CASES.items()}
        assert {each for each, answer in said.items() if answer == "hidden"} == set(BY_ID)
        assert {each for each, answer in said.items() if answer == "refused"} == set(BY_OFFICE)
        assert draft.id not in {each.id for each in await stranger.list(limit=10_000)}
    assert await house.run(lambda tx: fingerprints(tx, office)) == before


async def test_a_list_of_foreign_contacts_invites_none_of_them(two: Two) -> None:
    """T20: each is answered as unknown, and nothing is sent."""
    before = await rows(two)

    for stranger in two.strangers:
        ids = [NOWHERE, two.victim.theirs.contact, two.victim.others.contact]
        said = [(each.outcome, each.code, each.invitation) async for each in stranger.contacts_invite(ids)]
        assert said == [("refused", "no_such_contact", None)] * 3
    assert await untouched(two, before)


def beside_ones_own(two: Two, things: Things) -> dict[str, Callable[[Doorstep], Awaitable[object]]]:
    """Commands on one's own office that name something of another one."""
    email, home = f"{fresh('x')}@example.org", two.home
    return {
        "an account, to invite to": lambda d: d.invite(office=home, email=email, accounts=[things.account]),
        "a contact, to invite": lambda d: d.invite(office=home, contact=things.contact),
        "an account, for a contact": lambda d: d.contact_add(office=home, email=email, accounts=[things.account]),
        "an account, for a login": lambda d: d.add_user(
            office=home, account=things.account, email=email, username=fresh("user")
        ),
        "an account, for a colleague": lambda d: d.staff_set(home, f"rep@{home}.example", accounts=[things.account]),
        "a colleague": lambda d: d.staff_member(home, things.colleague),
        "a colleague, to go": lambda d: d.staff_remove(home, things.colleague),
        "an administrator": lambda d: d.approver_remove(home, things.approver),
        "a template": lambda d: d.template(home, things.template),
        "a template, to save": lambda d: d.template_set(
            home, things.template, subject="x", body="[Sign in]({{ sign_in_url }})"
        ),
    }


async def test_ones_own_office_is_no_way_into_another(two: Two) -> None:
    """T20, S0.13: ids of another office beside the own code are unknown ones, word for word."""
    growers = await two.victim.operator.template_add(two.victim.office, fresh("Growers"))
    before = await rows(two)
    stranger = two.strangers[0]
    foreign = replace(two.victim.theirs, template=growers.name, approver=f"boss1@{two.victim.office}.example")
    unknown = beside_ones_own(two, two.unknown)

    for what, call in beside_ones_own(two, foreign).items():
        said, as_unknown = await refused(call(stranger)), await refused(unknown[what](stranger))
        assert said[:2] == as_unknown[:2], what
        assert said[1] in (404, 422), what
    assert await untouched(two, before)


async def test_no_list_and_no_search_crosses_the_border(two: Two) -> None:
    """T20: what a stranger lists without naming an office holds nothing of another one, whatever it is narrowed by."""
    victim = {two.victim.theirs.invitation, two.victim.others.invitation}
    everywhere = {each.id for each in await two.victim.operator.list(limit=10_000)}

    for stranger in two.strangers:
        found = await stranger.list(limit=10_000)
        narrowed = await stranger.list(account=two.victim.theirs.account, limit=10_000)
        troubled = [each async for each in stranger.stuck(limit=10_000)]
        survey = await stranger.survey(limit=10_000)
        assert not victim & {each.id for each in (*found, *narrowed)}
        assert not victim & {each.id for each in (*troubled, *survey.found)}
        assert survey.other_workflows == ()
    assert victim <= everywhere


async def test_a_user_of_two_offices_is_each_offices_own_part(two: Two) -> None:
    """T20, S2.18: the staff of one see their part of the user and no other, and whatever they do stays there."""
    house, chief, account = two.victim.house, two.strangers[0], two.victim.theirs.account
    name = await add_user(house, two.victim.office, account)
    await told(house, name)
    shared = await house.pending(two.home, email=f"{name}@example.org")
    await house.set_up(shared, username=name)
    await house.doorstep.approve(shared.id, approver=f"boss1@{two.home}.example")
    await house.until(shared, lambda row: row.activated_at is not None)
    before = await rows(two)

    assert [each.office for each in (await chief.user(name)).memberships] == [two.home]
    with pytest.raises(Forbidden) as whole:
        await chief.user_suspend(name)
    with pytest.raises(Refused):
        await chief.user_permissions(name, ["invoices"], account=account)
    await chief.user_permissions(name, ["messages"])
    told_of = await chief.audit(shared.id, includes_user=True)
    assert (await chief.user(name)).memberships[0].permissions == ("messages",)
    await chief.user_erase(name)

    assert whole.value.code == "belongs_elsewhere"
    assert all(account not in str(each.detail) for each in told_of)
    with pytest.raises(NotFound):
        await chief.user(name)
    assert await untouched(two, before)


async def test_the_beginning_of_a_foreign_id_is_of_no_use(two: Two) -> None:
    """T20: it opens nothing, and is not told from the beginning of no id at all."""
    start = str(two.victim.theirs.invitation)[:18]

    for stranger in two.strangers:
        assert await refused(stranger.find(start)) == await refused(stranger.find(str(NOWHERE)[:18]))
    assert await two.victim.operator.find(start) == two.victim.theirs.invitation
