"""From the invitation to the decision in a real browser, with every mail read from the mailbox."""

from datetime import timedelta
from email.message import EmailMessage
from re import search

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, expect

from doorstep.domain.errors import NotFound
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import PASSWORD, House, eventually, text_of
from tests.hub import colleague
from tests.hub_browsing import painted, signed_in
from tests.pages import add_accounts


async def newest(house: House, address: str, message: Message) -> EmailMessage:
    """The newest mail of that message in somebody's mailbox."""

    async def look() -> EmailMessage | None:
        found = house.mails(address, message)
        return found[-1] if found else None

    return await eventually(look, f"the mail {message}")


def link_in(house: House, mail: EmailMessage, part: str) -> str:
    """The path of the link in a mail that has `part` in it."""
    found = search(rf"{house.settings.public_url}(\S*{part}\S*)", text_of(mail))
    assert found is not None, text_of(mail)
    return found[1]


async def become_a_user(house: House, context: BrowserContext, invitation: Invitation) -> Page:
    """Open the mailed link, choose a password, and press Create user."""
    page = await context.new_page()
    await page.goto(link_in(house, await newest(house, invitation.address, Message.INVITATION), "/invitation/"))
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Create user").click()
    await page.wait_for_url("**/set-up/done")
    return page


async def come_in(house: House, page: Page, address: str) -> None:
    """Get a link to the Team Hub by mail, and choose a password behind it."""
    await page.goto("/hub/forgot")
    await page.fill("#address", address)
    await page.get_by_role("button", name="Mail me a link").click()
    await page.goto(link_in(house, await newest(house, address, Message.STAFF_LINK), "/hub/password/"))
    await page.fill("#password", PASSWORD)
    await page.locator("main button[type=submit]").click()
    await page.wait_for_url("**/hub/sign-in?done=password-set")


async def test_from_the_link_to_the_first_sign_in(chromium: Browser, portal: str, house: House) -> None:
    """S4.38, S4.40, S4.41, S4.42, S4.45: set up by the mailed link, approved on the page, and in.

    Both are mailed; the mail of the administrator leads to the review page after the sign-in, and decides nothing by
    itself; approved there with other permissions, the customer is mailed and signs in.
    """
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Ridge Farms"})
    invitation = await house.pending(office, accounts=["1042"], name="Ana Ngata")
    boss = f"boss1@{office}.example"
    async with (
        await chromium.new_context(base_url=portal) as hers,
        await chromium.new_context(base_url=portal) as theirs,
    ):
        customer = await become_a_user(house, hers, invitation)
        await newest(house, invitation.address, Message.SET_UP_RECEIVED)
        review = link_in(house, await newest(house, boss, Message.APPROVAL_NEEDED), "/review")
        await customer.goto("/sign-in")
        await customer.fill("#username", invitation.address)
        await customer.fill("#password", PASSWORD)
        await customer.click("main button[type=submit]")
        too_early = await customer.inner_text("main")

        page = await theirs.new_page()
        await come_in(house, page, boss)
        await page.goto(review)
        await page.fill("#address", boss)
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"**{review}")
        is_undecided = (await house.doorstep.show(invitation.id)).state
        shown = await page.inner_text("main")
        await page.get_by_label("Statements").uncheck()
        await page.get_by_text("more permissions").click()
        await page.get_by_label("Pricing").check()
        await page.get_by_role("button", name="Approve").click()
        await expect(page.locator(".notice")).to_contain_text("Approved")

        done = await house.until_state(invitation, State.ACTIVE)
        await newest(house, invitation.address, Message.APPROVED)
        await customer.goto("/sign-in")
        await customer.fill("#username", invitation.address)
        await customer.fill("#password", PASSWORD)
        await customer.click("main button[type=submit]")
        await customer.wait_for_url(f"{portal}/")

    assert "Waiting for approval" in too_early
    assert is_undecided is State.AWAITING_APPROVAL
    assert all(words in shown for words in ("Ana Ngata", "1042", "Kauri Ridge Farms", invitation.address))
    assert set(done.granted or ()) == {*invitation.permissions, "pricing"} - {"statements"}


async def test_one_after_the_other_with_the_keyboard(
    chromium: Browser, portal: str, house: House, app: FastAPI
) -> None:
    """S4.44, S4.46: `n` goes to the next; a rejection deletes the username, and the next one is there.

    The person is told, with the reason; a silent one tells nobody.
    """
    office = await house.office()
    first, second, third = [await house.waiting(office, name=name) for name in ("Ana", "Ben", "Cara")]
    boss = await colleague(house, app, office, address=f"boss1@{office}.example")
    async with await chromium.new_context(base_url=portal) as context:
        page = await (await signed_in(context, portal, boss.session)).new_page()
        await page.goto(boss.path("/approvals"))
        waiting = await page.locator("tbody tr").count()
        await page.get_by_role("link", name="Review Ana").click()
        await page.wait_for_url("**/review")  # and for its script, which hears the key
        await painted(page)
        await page.keyboard.press("n")
        await expect(page.locator("h1")).to_have_text("Ben")
        await page.get_by_text("Reject…").click()
        effect = await page.inner_text(".final")
        await page.fill("#reason", "Not a customer of ours")
        await page.get_by_role("button", name="Reject").click()
        await expect(page.locator("h1")).to_have_text("Cara")
        await page.get_by_text("Reject…").click()
        await page.get_by_label("Silent").check()
        await page.get_by_role("button", name="Reject").click()
        await expect(page.locator("h1")).to_have_text("Ana")
        await page.get_by_role("button", name="Approve").click()
        await expect(page.locator(".empty-title")).to_have_text("Nothing waits for you")

    told = await newest(house, second.address, Message.REJECTED)
    silent = await house.until_state(third, State.REJECTED)
    assert waiting == 3
    assert f"deletes the username {second.username}" in effect
    assert "Not a customer of ours" in text_of(told)
    assert silent.of(Message.REJECTED) == ()
    for each in (second, third):
        with pytest.raises(NotFound):
            await house.doorstep.user(each.username)
    await house.until_state(first, State.ACTIVE)


async def test_links_are_found_and_managed(chromium: Browser, portal: str, house: House, app: FastAPI) -> None:
    """S3.2, S4.4: the list filters as one types, sends again and takes back.

    Whoever may only look has no buttons, and what they send nevertheless is refused.
    """
    office = await house.office(resend_cooldown=timedelta(0))
    ana, ben = await house.pending(office, name="Ana Ngata"), await house.pending(office, name="Ben Rata")
    clerk = await colleague(house, app, office, "administrator")
    viewer = await colleague(house, app, office, "companyView")
    async with (
        await chromium.new_context(base_url=portal) as theirs,
        await chromium.new_context(base_url=portal) as others,
    ):
        page = await (await signed_in(theirs, portal, clerk.session)).new_page()
        await page.goto(clerk.path("/links"))
        await page.fill("#q", "ngata")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.get_by_role("button", name="Send again to Ana Ngata").click()
        await expect(page.locator(".notice")).to_contain_text("Sent again")
        kept = await page.input_value("#q")
        await page.get_by_role("link", name="Clear").click()
        row = page.locator("tbody tr", has_text="Ben Rata")
        await row.get_by_text("Revoke…").click()
        effect = await row.locator(".final p").inner_text()
        await row.get_by_role("button", name="Revoke").click()
        await expect(page.locator("tbody tr", has_text="Ben Rata")).to_contain_text("revoked")

        looking = await (await signed_in(others, portal, viewer.session)).new_page()
        await looking.goto(viewer.path("/links"))
        buttons = await looking.locator("#results button").count()
        rows = await looking.locator("tbody tr").count()
        await looking.goto(f"/hub/invitations/{ana.id}")
        buttons += await looking.locator("main form").count()
        refused = await viewer.send(f"/hub/invitations/{ana.id}/revoke")

    await house.mail_of(ana, Message.INVITATION, copies=2)
    assert kept == "ngata"
    assert "stops working at once" in effect
    assert (rows, buttons, refused.status_code) == (2, 0, 403)
    assert (await house.doorstep.show(ana.id)).state is State.PENDING
    assert (await house.doorstep.show(ben.id)).state is State.REVOKED
