"""Way A: staff add a portal user directly, which makes a login pair, and nobody approves (S4.6-S4.11, S4.15-S4.18)."""

import asyncio
import re
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.messages import Message
from doorstep.domain.pairs import STAFF_NEVER
from doorstep.domain.permissions import ROLES, SECTIONS
from doorstep.store.users import username_key
from starter.people import Pair
from tests.functional.direct import (
    ACCOUNT,
    add,
    mail_to,
    memberships_of,
    office_with_account,
    token_of,
)
from tests.house import PASSWORD, House
from tests.pages import add_accounts

HOUR = timedelta(hours=1)
ANOTHER = "five other words for later"


@pytest.mark.parametrize(("relationship", "role"), [("customer", "customer"), ("rep", "rep")])
async def test_staff_say_the_relationship_the_customer_and_the_details(
    house: House, relationship: str, role: str
) -> None:
    """S4.6, S4.7, S4.8: relationship, account and details make a user who belongs there, a customer or a rep."""
    office = await office_with_account(house)

    pair = await add(house, office, relationship=relationship, name="Ann  Hill ")

    belongs = await memberships_of(house, pair.management.id)
    assert [(each.office, each.account_code, each.relationship) for each in belongs] == [
        (office, ACCOUNT, relationship)
    ]
    assert set(belongs[0].permissions) == ROLES[role]
    assert (pair.management.name, pair.management.state) == ("Ann Hill", "setup_pending")
    with pytest.raises(Invalid) as refused:
        await add(house, office, f"bob.{office}", relationship="friend")
    assert (refused.value.code, refused.value.field) == ("relationship", "relationship")


async def test_two_logins_are_made_and_the_staff_one_is_the_same_with_an_s(house: House) -> None:
    """S4.9, S4.10: a management and a staff login, which belong together and to the same account."""
    office = await office_with_account(house)

    pair = await add(house, office, f"Ann.{office}")

    assert (pair.management.username, pair.staff.username) == (f"Ann.{office}", f"Ann.{office}S")
    assert (pair.management.pair_id, pair.staff.pair_id) == (None, pair.management.id)
    assert [each.account_code for each in await memberships_of(house, pair.staff.id)] == [ACCOUNT]


async def test_the_next_free_staff_username_is_taken(house: House) -> None:
    """S4.10: `S` is taken, so is `S2`, in whatever spelling; it becomes `S3`."""
    office = await office_with_account(house)
    await add(house, office, f"ann.{office}s")
    await add(house, office, f"ANN.{office}S2")

    pair = await add(house, office, f"ann.{office}")

    assert pair.staff.username == f"ann.{office}S3"


async def test_of_twenty_at_once_one_gets_the_username(house: House) -> None:
    """S4.17: usernames are unique, however many want one at the same moment; everybody else is told so."""
    office = await office_with_account(house)

    ended = await asyncio.gather(
        *(add(house, office, f"ann.{office}", email=f"ann{n}@{office}.example") for n in range(20)),
        return_exceptions=True,
    )

    made = [each for each in ended if isinstance(each, Pair)]
    refused = [each for each in ended if isinstance(each, Invalid)]
    assert (len(made), len(refused)) == (1, 19)
    assert {(each.code, each.field) for each in refused} == {("username_taken", "username")}
    assert await house.doorstep.seats(office) == 2


async def test_twenty_pairs_at_once_whose_names_run_into_each_other_all_get_theirs(house: House) -> None:
    """S4.10: `annS` is somebody's own name and somebody else's staff login; nobody is turned away for a staff login."""
    office = await office_with_account(house)
    base = f"ann.{office}"
    names = [base, *(f"{base}S{number or ''}" for number in [0, *range(2, 20)])]

    ended = await asyncio.gather(*(add(house, office, name) for name in names), return_exceptions=True)

    made = [each for each in ended if isinstance(each, Pair)]
    refused = [name for name, each in zip(names, ended, strict=True) if isinstance(each, Refused)]
    logins = [login.username for pair in made for login in (pair.management, pair.staff)]
    assert len(made) + len(refused) == 20
    assert len({username_key(name) for name in logins}) == len(logins)
    assert all(re.fullmatch(re.escape(each.management.username) + r"S\d*", each.staff.username) for each in made)
    assert all(name in logins for name in refused), "who was refused found the name as somebody's staff login"
    assert await house.doorstep.seats(office) == 2 * len(made)


@pytest.mark.parametrize(
    ("username", "typed_later"),
    [("Straße", "STRASSE"), ("Ωμέγα", "ωΜΈΓΑ"), ("Åsa", "A\u030asa"), ("名前です", "名前です"), ("ana+b@x", "ANA+B@X")],
)
async def test_a_username_may_be_in_any_script(house: House, username: str, typed_later: str) -> None:
    """S4.9, S4.16: both logins of the pair sign in, however the letters are typed, and no other spelling is free."""
    office = await office_with_account(house)
    name = f"{username}{office}"
    pair = await add(house, office, name, email=f"ann@{office}.example")

    with pytest.raises(Invalid) as refused:
        await add(house, office, f"{typed_later}{office.upper()}", email=f"bob@{office}.example")
    await house.doorstep.reset(await token_of(house, pair), password=PASSWORD, staff_password=ANOTHER)

    assert refused.value.code == "username_taken"
    assert await house.doorstep.sign_in(f"{typed_later}{office}", PASSWORD, source=office)
    assert await house.doorstep.sign_in(f"{typed_later}{office}s", ANOTHER, source=office)


async def test_a_staff_login_never_holds_costs_balance_or_sensitive(house: House) -> None:
    """S4.11: not by the role, not by `user permissions`; the management login holds them."""
    office = await office_with_account(house)
    pair = await add(house, office, roles=["accounts_payable", "customer"])
    at_first = await memberships_of(house, pair.staff.id)
    at_management = await memberships_of(house, pair.management.id)

    asked = await house.doorstep.user_permissions(pair.staff.username, list(SECTIONS))
    alone = await house.doorstep.user_permissions(pair.staff.username, sorted(STAFF_NEVER))
    await house.doorstep.user_permissions(pair.management.username, list(SECTIONS))

    assert {"costs", "balance", "sensitive"} == STAFF_NEVER
    assert set(at_management[0].permissions) == ROLES["accounts_payable"] | ROLES["customer"]
    assert set(at_first[0].permissions) == set(at_management[0].permissions) - {"balance"}
    assert set(asked.memberships[0].permissions) == set(SECTIONS) - STAFF_NEVER
    assert alone.memberships[0].permissions == ()
    assert set((await memberships_of(house, pair.management.id))[0].permissions) == set(SECTIONS)
    assert (await memberships_of(house, pair.staff.id))[0].permissions == ()


async def test_a_second_username_at_one_address(house: House) -> None:
    """S4.17, S4.27: addresses are not unique; a second username is added directly, and each is its own."""
    office = await office_with_account(house)
    first = await add(house, office, f"ann.{office}", email=f"office@{office}.example")
    second = await add(house, office, f"bob.{office}", email=f"OFFICE@{office}.example")
    await mail_to(house, f"office@{office}.example", Message.SET_PASSWORD)
    await mail_to(house, f"OFFICE@{office}.example", Message.SET_PASSWORD)

    await house.doorstep.forgot(second.management.username, source=office)
    token = house.token(await mail_to(house, f"OFFICE@{office}.example", Message.PASSWORD_RESET))
    view = await house.doorstep.open_reset(token)

    assert view.username == second.management.username
    assert (await house.doorstep.user(first.management.username)).user.email == f"office@{office}.example"
    assert await house.doorstep.seats(office) == 4


async def test_a_rehearsal_takes_no_seat(house: House) -> None:
    """S4.18, S4.47: staff walk the whole way with their own address, and no seat is counted."""
    office = await office_with_account(house)

    pair = await add(house, office, is_test=True)
    await house.doorstep.reset(await token_of(house, pair), password=PASSWORD, staff_password=ANOTHER)
    await house.doorstep.sign_in(pair.management.username, PASSWORD, source=office)

    assert (pair.management.is_test, pair.staff.is_test) == (True, True)
    assert await house.doorstep.seats(office) == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"account": "9999"}, "unknown_account"),
        ({"account": ""}, "unknown_account"),
        ({"email": "not an address"}, "address_invalid"),
        ({"username": "a b"}, "username_invalid"),
        ({"username": ""}, "username_invalid"),
        ({"roles": ["landlord"]}, "unknown_role"),
    ],
)
async def test_what_cannot_be_made_is_refused_with_the_field(house: House, fault: dict[str, object], code: str) -> None:
    """S4.7, S4.8, S0.13: one sentence that names the field; nobody is made, and nothing is mailed."""
    office = await office_with_account(house)
    values = {"account": ACCOUNT, "email": f"ann@{office}.example", "username": f"ann.{office}"}

    with pytest.raises(Invalid) as refused:
        await house.doorstep.add_user(office=office, **(values | fault))  # type: ignore[arg-type]

    assert refused.value.code == code
    assert refused.value.field in {*fault, "address", "role"}
    assert await house.doorstep.seats(office) == 0
    assert house.mails(f"ann@{office}.example") == []


async def test_staff_without_the_permission_are_refused_and_that_is_recorded(house: House) -> None:
    """S4.2, S4.3, S4.4, S1.20: it takes the permission, an assigned account, and what one may grant oneself."""
    office = await office_with_account(house)
    await add_accounts(house, office, {"1043": "River Farm"})
    who = {name: f"{name}@{office}.example" for name in ("seller", "rep", "clerk")}
    by = house.doorstep
    await by.staff_set(office, who["seller"], permissions=["addPortalUser"], may_grant=["account", "messages"])
    await by.staff_set(office, who["rep"], permissions=["addPortalUser"], is_rep=True, accounts=[ACCOUNT])
    await by.staff_set(office, who["clerk"], permissions=["companyView", "companyEdit"])

    tries = {
        "grant_not_allowed": add(house, office, f"a.{office}", actor=who["seller"]),
        "unknown_account": add(house, office, f"b.{office}", actor=who["rep"], account="1043"),
        "not_allowed": add(house, office, f"c.{office}", actor=who["clerk"]),
        "not_staff": add(house, office, f"d.{office}", actor="nobody@else.example"),
    }
    codes = [await _code_of(each) for each in tries.values()]
    pair = await add(house, office, f"e.{office}", actor=who["rep"])

    recorded = await by.office_audit(office, is_refused=True)
    assert codes == list(tries)
    assert [(each.actor, each.code, each.detail["command"]) for each in reversed(recorded)] == [
        (who["seller"], "grant_not_allowed", "add-user"),
        (who["rep"], "unknown_account", "add-user"),
        (who["clerk"], "not_allowed", "add-user"),
        ("nobody@else.example", "not_staff", "add-user"),
    ]
    assert await by.seats(office) == 2
    assert pair.management.username == f"e.{office}"


async def _code_of(tried: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await tried
    return refused.value.code
