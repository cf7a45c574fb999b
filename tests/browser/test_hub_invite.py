"""Inviting many, approving in the row, and adding a user directly, in a real browser with the mail from the mailbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.importing import imported
from tests.functional.knowing import mail_to
from tests.house import PASSWORD, House
from tests.hub import Colleague, colleague
from tests.hub_browsing import signed_in

ROWS = (
    "1,Hill Farm,Retail,Kim,A,Ana Hill,ana@{0}.example,",
    "2,Lake Farm,Retail,Kim,B,Ben Lake,,",
    "3,Bay Farm,Trade,Lee,A,Cy Bay,cy@{0}.example,",
)


async def boss(house: House, app: FastAPI) -> Colleague:
    """A username administrator on the staff of an office with three customers, one of them without an address."""
    office = await house.office()
    await imported(house, office, *(row.format(office) for row in ROWS))
    return await colleague(house, app, office, "administrator", address=f"boss1@{office}.example")


@asynccontextmanager
async def opened(chromium: Browser, portal: str, who: Colleague, *, has_script: bool = True) -> AsyncIterator[Page]:
    """The page of the invite list, in a browser of theirs."""
    async with await chromium.new_context(base_url=portal, java_script_enabled=has_script) as context:
        page = await (await signed_in(context, portal, who.session)).new_page()
        await page.goto(who.path())
        await page.click("nav >> text=Invite")
        yield page


async def people(page: Page) -> list[str]:
    """Who stands in the list."""
    names: list[str] = await page.locator("tbody td[data-label=Customer] strong").all_inner_texts()
    return names


async def invitation_to(house: House, office: str, address: str) -> Invitation:
    """The invitation to an address, whose mail has arrived."""
    [found] = [each for each in await house.doorstep.list(office=office) if each.address == address]
    await house.mail_of(found, Message.INVITATION)
    return found


async def test_many_are_invited_and_approved_in_the_row(
    chromium: Browser, portal: str, house: House, app: FastAPI
) -> None:
    """S4.1, S4.26, S4.28, S4.29, S4.32, S4.35, S4.39, S4.43, S4.44: from the filter to the sign-in, on the pages."""
    who = await boss(house, app)
    address = f"gm@{who.office}.example"
    async with opened(chromium, portal, who) as page:
        ways = [await page.locator(f"text={words}").count() for words in ("Add Portal User", "Send invitations to the")]
        await page.select_option("#customer_type", "Retail")
        await expect(page.locator("tbody tr")).to_have_count(2)
        filtered = await people(page)
        row = page.locator("tbody tr", has_text="Ana Hill")
        await row.locator("input[name=contact]").check()
        await row.locator("summary").click()
        await row.locator("input[name=address]").fill("gm at hill")
        await row.locator("text=Save").click()
        await expect(row.locator("[role=alert]")).to_contain_text("no @")
        await row.locator("input[name=address]").fill(address)
        await row.locator("text=Save").click()
        await expect(row.locator("[role=status]")).to_have_text("saved")
        is_still_ticked = await row.locator("input[name=contact]").is_checked()
        await page.locator("text=Send invitations to the customers selected").first.click()
        await expect(page.locator("#progress")).to_contain_text("Done", timeout=60_000)
        await expect(page.locator("tbody tr")).to_contain_text("invited")

        invitation = await invitation_to(house, who.office, address)
        await house.set_up(invitation)
        await page.click("nav >> text=Invite")
        await expect(page.locator("tbody tr")).to_have_count(2)
        left = await people(page)
        await page.click(".tabs >> text=Unapproved usernames")
        await page.click("tbody >> text=Approve")
        await expect(page.locator(".notice")).to_contain_text("Approved")
        await expect(page.locator("tbody tr")).to_have_count(0)
        await house.until_state(invitation, State.ACTIVE)
        await page.goto("/sign-in")
        await page.fill("#username", address)
        await page.fill("#password", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_url(f"{portal}/")

    assert all(ways)
    assert filtered == ["Ana Hill", "Ben Lake"]
    assert is_still_ticked
    assert left == ["Ben Lake", "Cy Bay"]


async def test_all_filtered_are_invited_without_javascript(
    chromium: Browser, portal: str, house: House, app: FastAPI
) -> None:
    """S4.25, S4.29, S4.30, S4.32: hidden instructions, filter, all selected, an address, the results: no script."""
    who = await boss(house, app)
    address = f"ben@{who.office}.example"
    async with opened(chromium, portal, who, has_script=False) as page:
        await page.click("text=Hide these instructions")
        await expect(page.locator("#how")).to_have_count(0)
        await page.click("nav >> text=Invite")
        await expect(page.locator("tbody tr")).to_have_count(3)
        hidden = await page.locator("#how").count()
        await page.select_option("#price_list", "A")
        await page.click("text=Search")
        await expect(page.locator("tbody tr")).to_have_count(2)
        narrowed = await people(page)
        await page.click("text=Clear")
        await page.click("text=Unselect All Filtered")
        await expect(page.locator("input[name=contact]:checked")).to_have_count(0)
        row = page.locator("tbody tr", has_text="Ben Lake")
        await row.locator("summary").click()
        await row.locator("input[name=address]").fill(address)
        await row.locator("text=Save").click()
        await expect(row).to_contain_text(address)
        await page.locator("text=Select All Filtered").first.click()
        await expect(page.locator("input[name=contact]:checked")).to_have_count(3)
        await page.locator("tbody tr", has_text="Cy Bay").locator("input[name=contact]").uncheck()
        await page.locator("text=Send invitations to the customers selected").first.click()
        await expect(page.locator("h1")).to_have_text("Customers")
        await house.mail_of(await _asked(house, who, address), Message.INVITATION)

    asked = {each.address for each in await house.doorstep.list(office=who.office)}
    assert hidden == 0
    assert narrowed == ["Ana Hill", "Cy Bay"]
    assert asked == {address, f"ana@{who.office}.example"}


async def _asked(house: House, who: Colleague, address: str) -> Invitation:
    await mail_to(house, address, Message.INVITATION)
    await mail_to(house, f"ana@{who.office}.example", Message.INVITATION)
    return await invitation_to(house, who.office, address)


async def test_a_portal_user_is_added_directly(chromium: Browser, portal: str, house: House, app: FastAPI) -> None:
    """S4.1, S4.6, S4.7, S4.8, S4.9: relationship, customer, details, Create User; both usernames are shown."""
    who = await boss(house, app)
    address, username = f"hill@{who.office}.example", f"hill.{who.office[-6:]}"
    async with opened(chromium, portal, who) as page:
        await page.locator("text=Add Portal User").first.click()
        await page.select_option("#relationship", "rep")
        await page.fill("#account", "hill farm")
        await expect(page.locator("#companies option")).to_have_count(1)
        await page.fill("#email", address)
        await page.fill("#username", username)
        await page.click("text=Create User")
        await expect(page.locator("h1")).to_have_text("Two usernames were made")
        shown = await page.locator(".facts strong").all_inner_texts()

    await mail_to(house, address, Message.SET_PASSWORD)
    [grant] = (await house.doorstep.user(username)).memberships
    assert shown == [username, f"{username}S"]
    assert (grant.account_code, grant.relationship) == ("1", "rep")
