"""The pages on real servers, behind links that are dead, declined or renewed."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import PASSWORD, House
from tests.pages import open_link, seen, token_of, visitor


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "waiting for approval"),
        ("active", "you can sign in"),
        ("superseded", "open that one"),
        ("expired", "send you a new one"),
        ("closed", "invite you again"),
        ("revoked", "no longer works"),
        ("declined", "not for you"),
    ],
)
async def test_a_dead_link_says_why_and_whom_to_ask(house: House, app: FastAPI, state: str, words: str) -> None:
    """S0.22, S4.13: each reason has its own page, status 410, the help contact of the office, and never the form."""
    office = await house.office(resend_cooldown=timedelta(0))
    invitation = await house.pending(office)
    token = await token_of(house, invitation)
    await _bring(house, office, token, state)
    browser = visitor(app)

    answer = await open_link(browser, token)
    post = await browser.post("/set-up", data={"username": "somebody", "password": PASSWORD})

    page = seen(answer)
    assert (answer.status_code, post.status_code) == (410, 410)
    assert words in page.words
    assert f"help@{office}.example" in page.words
    assert "+64 9 555 0142" in page.words
    assert "password" not in page.fields
    assert ("/set-up/new-link" in page.forms) is (state == "expired")


async def _bring(house: House, office: str, token: str, state: str) -> None:
    """Bring the invitation of `token` into a state."""
    invitation = (await house.doorstep.open_link(token)).invitation
    boss = f"boss1@{office}.example"
    if state in {"waiting", "active"}:
        await house.set_up(invitation)
    if state == "active":
        await house.doorstep.approve(invitation.id, approver=boss)
        await house.until_state(invitation, State.ACTIVE)
    if state == "superseded":
        await house.doorstep.resend(invitation.id)
    if state in {"expired", "closed"}:
        await house.pass_time(invitation, timedelta(hours=25))
        await house.until_state(invitation, State.EXPIRED)
    if state == "closed":
        await house.pass_time(invitation, timedelta(days=8))
        await house.until(invitation, lambda row: row.closed_at is not None)
    if state == "revoked":
        await house.doorstep.revoke(invitation.id)
    if state == "declined":
        await house.doorstep.decline(token)


async def test_an_expired_link_is_renewed_with_one_button(house: House, app: FastAPI) -> None:
    """S4.13: the new link goes to the address that was invited, which the page shows masked, and works."""
    office = await house.office()
    invitation = await house.pending(office)
    browser = visitor(app)
    old = await token_of(house, invitation)
    await _bring(house, office, old, "expired")
    await open_link(browser, old)

    sent = await browser.post("/set-up/new-link", follow_redirects=True)
    again = await browser.post("/set-up/new-link")
    mail = await house.mail_of(invitation, Message.INVITATION, copies=2)
    fresh = await open_link(visitor(app), house.token(mail))

    assert (sent.status_code, sent.url.path) == (200, "/set-up/sent")
    assert "a…@example.org" in seen(sent).words
    assert invitation.address not in sent.text
    assert again.status_code == 410
    assert fresh.status_code == 200


async def test_not_for_me_ends_the_invitation_after_a_question(house: House, app: FastAPI) -> None:
    """S4.38: looking at the question changes nothing, the button ends it, and the inviter is told."""
    office = await house.office()
    invitation = await house.pending(office, actor=f"clerk@{office}.example")
    browser = visitor(app)
    form = seen(await open_link(browser, await token_of(house, invitation)))

    question = seen(await browser.get("/set-up/decline"))
    untouched = await house.doorstep.show(invitation.id)
    over = await browser.post("/set-up/decline", follow_redirects=True)

    assert "/set-up/decline" in form.links
    assert "its link stops working" in question.words
    assert untouched.state is State.PENDING
    assert (over.status_code, over.url.path) == (200, "/set-up/declined")
    assert (await house.doorstep.show(invitation.id)).state is State.DECLINED
    await house.mail_of(invitation, Message.DECLINED_NOTICE, to=f"clerk@{office}.example")


async def test_an_office_without_approval_says_so(house: House, app: FastAPI) -> None:
    """S4.41: where no approval is needed, the page speaks of activation, and soon of the sign-in."""
    invitation = await house.pending(await house.office(approval_required=False))
    browser = visitor(app)
    form = seen(await open_link(browser, await token_of(house, invitation)))

    done = await browser.post(
        "/set-up", data={"username": invitation.address, "password": PASSWORD}, follow_redirects=True
    )
    await house.until_state(invitation, State.ACTIVE)
    later = seen(await browser.get("/set-up/done"))

    assert "approval" not in form.words
    assert "approval" not in seen(done).words
    assert "/sign-in" in later.links
