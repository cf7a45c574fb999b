"""Clients, companies and the Portal tab in a real browser, with the mail read from the mailbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.importing import imported
from tests.house import PASSWORD, House
from tests.hub import Colleague, colleague
from tests.hub_browsing import signed_in

ROWS = (
    "1042,Kauri Ridge Farms,Dairy,Mele,FARM,Ana Ngata,ana@{0}.example,021 555 0142",
    "2000,Rimu Dairies,Dairy,Mele,FARM,Ben Rata,ben@{0}.example,",
)


async def clerk(house: House, app: FastAPI) -> Colleague:
    """Somebody on the staff of an office with two companies, whose templates hold one of its own."""
    office = await house.office(resend_cooldown=timedelta(0))
    await imported(house, office, *(row.format(office) for row in ROWS))
    await house.doorstep.template_add(office, "accountactivation-Growers")
    return await colleague(house, app, office, "administrator")


@asynccontextmanager
async def opened(chromium: Browser, portal: str, who: Colleague, *, has_script: bool = True) -> AsyncIterator[Page]:
    """The Clients page, in a browser of theirs."""
    async with await chromium.new_context(base_url=portal, java_script_enabled=has_script) as context:
        page = await (await signed_in(context, portal, who.session)).new_page()
        await page.goto(who.path("/clients"))
        yield page


async def of_address(house: House, who: Colleague, address: str) -> Invitation:
    """The invitation to an address, whose mail has arrived."""
    [found] = [each for each in await house.doorstep.list(office=who.office) if each.address == address]
    await house.mail_of(found, Message.INVITATION)
    return found


async def test_two_ways_in_make_the_same_customer(chromium: Browser, portal: str, house: House, app: FastAPI) -> None:
    """S0.2, S1.1, S1.6, S1.7, S1.8, S1.9, S1.10, S1.14, S1.17, S1.18: from a company, and from the list of clients."""
    who = await clerk(house, app)
    first, second = f"eva@{who.office}.example", f"fay@{who.office}.example"
    async with opened(chromium, portal, who) as page:
        await page.click("nav >> text=Companies")
        await page.fill("#q", "rimu")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.locator("tbody tr").click()
        await expect(page.locator("h1")).to_contain_text("Rimu Dairies")
        await page.click("text=Add customer")
        fields = await page.locator("main form input:visible").evaluate_all("all => all.map(each => each.name)")
        await _fill(page, first, "Eva Poata")
        await page.click("text=Send now")
        await expect(page.locator("h1")).to_have_text("Eva Poata")

        await page.click("nav >> text=Clients")
        await page.click("text=Add client")
        await page.fill("#account", "Rimu")
        await expect(page.locator("#companies option")).to_have_count(1)
        await page.fill("#account", "rimu dairies")
        await _fill(page, second, "Fay Poata")
        await page.click("text=Send now")
        await expect(page.locator("h1")).to_have_text("Fay Poata")
        await page.fill("#name", "Fay Hare")
        await page.click("text=Save")
        await expect(page.locator("h1")).to_have_text("Fay Hare")

    by_company, by_list = [await of_address(house, who, address) for address in (first, second)]
    assert fields[0] == "email"
    assert [each.code for each in by_company.accounts] == ["2000"]
    for name in ("accounts", "roles", "permissions", "template", "invited_by", "state"):
        assert getattr(by_list, name) == getattr(by_company, name)
    assert (by_list.roles, by_list.template) == (("trade_customer", "grower"), "accountactivation-Growers")


async def _fill(page: Page, address: str, name: str) -> None:
    await page.fill("#email", address)
    await page.fill("#name", name)
    await page.check("input[name=groups][value=trade_customer]")
    await page.check("input[name=roles][value=grower]")
    await page.fill("#template", "accountactivation-Growers")


async def test_the_portal_tab_sends_shows_resends_and_removes(
    chromium: Browser, portal: str, house: House, app: FastAPI
) -> None:
    """S2.8, S2.9, S2.10, S3.4, S3.8: the button gives way to the flag; both ways back until the first sign-in."""
    who = await clerk(house, app)
    async with opened(chromium, portal, who) as page:
        await page.fill("#q", "ngata")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.click("text=Ana Ngata")
        await page.click(".tabs >> text=Customer Portal")
        await page.click("text=Send Portal Invitation")
        flag = page.locator(".flag")
        await expect(flag).to_contain_text("Invited")
        await expect(page.locator("text=Send Portal Invitation")).to_have_count(0)
        invitation = await of_address(house, who, f"ana@{who.office}.example")
        old = house.token(await house.mail_of(invitation, Message.INVITATION))
        await expect(page.locator("#invited")).to_contain_text("invitation: sent")

        await page.click("text=Resend")
        await expect(page.locator(".notice")).to_contain_text("Sent again")
        new = house.token(await house.mail_of(invitation, Message.INVITATION, copies=2))
        await house.doorstep.set_up(new, username=invitation.address, password=PASSWORD)
        await house.until_state(invitation, State.AWAITING_APPROVAL)
        await house.doorstep.approve(invitation.id, approver=f"boss1@{who.office}.example")
        await house.until_state(invitation, State.ACTIVE)
        await page.reload()
        await expect(flag).to_contain_text("active")
        await page.click("text=Remove…")
        await page.click("text=Remove it")
        await expect(page.locator("text=Send Portal Invitation")).to_have_count(1)

    assert old != new
    assert (await house.doorstep.show(invitation.id)).state is State.REVOKED


async def test_without_javascript_a_client_is_found_added_and_invited_later(
    chromium: Browser, portal: str, house: House, app: FastAPI
) -> None:
    """S0.2, S0.15, S0.16, S1.10, S3.7: no step of it needs a script; a slip and an unclear company are asked about."""
    who = await clerk(house, app)
    async with opened(chromium, portal, who, has_script=False) as page:
        await page.fill("#q", "555 0142")
        await page.click("button >> text=Search")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.click("text=Add client")
        await page.fill("#email", f"{who.office}@gmial.com")
        await page.fill("#account", "kauri")
        await page.click("text=Save and invite later")
        await page.check("input[name=use_meant]")
        await page.click("text=Save and invite later")
        await expect(page.locator(".summary:focus")).to_have_count(1)
        await page.check("input[name=picked][value='1042']")
        await page.fill("#name", "Gus")
        await page.click("text=Save and invite later")
        [saved] = await house.doorstep.list(office=who.office)
        await page.click(".tabs >> text=Customer Portal")
        await page.click("text=Send now")
        await expect(page.locator(".flag")).to_contain_text("Invited")

    assert (saved.state, saved.address) == (State.DRAFT, f"{who.office}@gmail.com")
    await house.mail_of(saved, Message.INVITATION)
