"""How every page looks: free of what axe finds (WCAG 2.2 AA), on a phone and on a desk, light and dark.

Pictures of all of them land in `build/screens/`.
"""

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.browser.looking import PHONE, SMALL_TARGETS, Cast, Look, Scheme, bring, inspect
from tests.functional.knowing import mail_to
from tests.house import PASSWORD, House
from tests.pages import active, add_accounts

pytestmark = pytest.mark.xdist_group("looks")  # the cast takes long to bring together

VIEWS: list[tuple[int, int, Scheme]] = [(PHONE, 740, "light"), (PHONE, 740, "dark"), (1280, 800, "light")]
"""A desk in the dark would show nothing new: what is wide is wide by day, and a colour is the same in any width."""


@pytest.fixture(scope="module")
async def cast(worked_house: House) -> Cast:
    """Everybody whom the pages are for."""
    house, made = worked_house, Cast()
    office = await house.office(resend_cooldown=timedelta(0), existing_users="consent")
    guide = "https://waikato-farm.example/portal-guide"
    await house.doorstep.office_set(office, own={"name": "Waikato Farm Supplies", "client_guide": guide})
    await add_accounts(house, office, {"1042": "Kauri Ridge Farms Ltd", "1045": "Te Miro Dairies", "7": "Harbour"})
    names = ("pending", "waiting", "superseded", "expired", "closed", "revoked", "declined")
    invitations = await asyncio.gather(*(_invite(house, office, made, name) for name in names))
    people = dict(zip(names, invitations, strict=True))
    await asyncio.gather(
        house.set_up(people["waiting"]),
        house.doorstep.resend(people["superseded"].id),
        house.doorstep.revoke(people["revoked"].id),
        house.doorstep.decline(made.links["declined"].rpartition("/")[2]),
        _grow_old(house, people["expired"], timedelta(hours=25)),
        _grow_old(house, people["closed"], timedelta(hours=25), timedelta(days=8)),
    )
    member = await active(house, office, accounts=["1042", "1045"], roles=["grower", "buyer"], name="Ana Ngata")
    made.member, made.waiting = member.address, people["waiting"].address
    await asyncio.gather(_make_known(house, office, made, member), _make_pair(house, office, made))
    return made


async def _invite(house: House, office: str, made: Cast, name: str, **options: object) -> Invitation:
    asked: dict[str, object] = {"name": "Ana Ngata", "accounts": ["1042", "1045"]} | options
    invitation = await house.pending(office, **asked)
    made.links[name] = await _link(house, invitation)
    return invitation


async def _link(house: House, invitation: Invitation) -> str:
    return "/invitation/" + (await house.doorstep.link(invitation.id)).rpartition("/")[2]


async def _grow_old(house: House, invitation: Invitation, *steps: timedelta) -> None:
    for step in steps:
        await house.pass_time(invitation, step)
        await house.until_state(invitation, State.EXPIRED)
    if len(steps) > 1:
        await house.until(invitation, lambda row: row.closed_at is not None)


async def _make_known(house: House, office: str, made: Cast, member: Invitation) -> None:
    """Somebody who is asked for consent, somebody who gave it, and a link for a forgotten password."""
    asked = await house.doorstep.invite(office=office, email=member.address, accounts=["7"], name="Ana Ngata")
    made.links["consent"] = await _link(house, asked)
    other = await active(house, await house.office())
    accepted = await house.doorstep.invite(office=office, email=other.address, accounts=["7"])
    made.links["accepted"] = await _link(house, accepted)
    await house.doorstep.accept(made.links["accepted"].rpartition("/")[2])
    await house.doorstep.forgot(member.address)
    made.links["reset"] = "/reset/" + house.token(await house.mail_of(member, Message.PASSWORD_RESET))


async def _make_pair(house: House, office: str, made: Cast) -> None:
    """A new login pair, and an invitation of somebody who was added and never set a password."""
    address, username = f"pair@{office}.example", f"kauri.{office[-4:]}"
    await house.doorstep.add_user(office=office, account="1045", email=address, username=username, name="Ana Ngata")
    made.links["pair"] = "/reset/" + house.token(await mail_to(house, address, Message.SET_PASSWORD))
    fixed = await house.doorstep.invite(office=office, email=address, accounts=["7"], name="Ana Ngata")
    made.links["fixed"] = await _link(house, fixed)


PAGES: dict[str, Look] = {
    "set-up": Look("/set-up", "pending"),
    "set-up-fixed": Look("/set-up", "fixed"),
    "set-up-decline": Look("/set-up/decline", "pending"),
    "set-up-done": Look("/set-up/done", "waiting"),
    "set-up-faults": Look("/set-up", "pending", {"username": "a b", "password": "short"}),
    "consent": Look("/set-up", "consent"),
    "consent-done": Look("/set-up/done", "accepted"),
    "link-used": Look("/set-up", "waiting"),
    "link-superseded": Look("/set-up", "superseded"),
    "link-expired": Look("/set-up", "expired"),
    "link-closed": Look("/set-up", "closed"),
    "link-revoked": Look("/set-up", "revoked"),
    "link-declined": Look("/set-up/declined", "declined"),
    "link-sent": Look("/set-up/sent", "superseded"),
    "link-missing": Look("/set-up"),
    "sign-in": Look("/sign-in"),
    "sign-in-refused": Look("/sign-in", "", {"username": "nobody@example.org", "password": "not the right one"}),
    "sign-in-empty": Look("/sign-in", "", {}),
    "waiting": Look("/sign-in", "", {"username": "{waiting}", "password": PASSWORD}),
    "home": Look("/sign-in", "", {"username": "{member}", "password": PASSWORD}),
    "forgot": Look("/forgot"),
    "forgot-sent": Look("/forgot/sent"),
    "reset": Look("/reset", "reset"),
    "reset-dead": Look("/reset/" + "x" * 43),
    "passwords": Look("/reset", "pair"),
    "passwords-faults": Look("/reset", "pair", {"password": "", "staff_password": "short"}),
    "reset-done": Look("/reset/done"),
    "passwords-done": Look("/reset/done?set=both"),
    "not-found": Look("/no-such-page", "pending"),
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_accessible_in_every_light(chromium: Browser, portal: str, cast: Cast, name: str) -> None:
    """S0.22, S4.38, S4.12: axe finds nothing, no text runs out of the page, and a thumb can hit every target."""
    async with await chromium.new_context(base_url=portal) as context:
        page = await bring(context, cast, PAGES[name])
        small = await page.evaluate(SMALL_TARGETS)
        for width, height, scheme in VIEWS:
            await inspect(page, name, width, height, scheme)
    assert small == []
