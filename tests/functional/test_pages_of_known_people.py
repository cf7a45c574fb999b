"""The pages as somebody meets them whom we know already: asked for consent, or with a username that was chosen."""

from typing import Any

from fastapi import FastAPI

from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from tests.functional.knowing import added, approved, belongs_to, done, member_elsewhere, users_of
from tests.house import PASSWORD, House
from tests.pages import add_accounts, everything, open_link, seen, sign_in, token_of, visitor


async def asked(house: House, address: str, **rules: Any) -> Invitation:
    """An invitation of an office that asks for consent."""
    office = await house.office(existing_users="consent", **rules)
    await add_accounts(house, office, {"7": "Harbour House"})
    return await house.doorstep.invite(office=office, email=address, accounts=["7"], roles=["buyer"])


async def test_somebody_with_a_user_is_asked_and_comes_in_with_it(house: House, app: FastAPI) -> None:
    """Decision 5, S2.18, S0.18: who asks, what for and as whom; one button, and the old sign-in opens both offices."""
    first = await member_elsewhere(house)
    invitation = await asked(house, first.address)
    browser = visitor(app)

    question = seen(await open_link(browser, await token_of(house, invitation)))
    accepted = await browser.post(
        "/set-up/accept", data={"invitation": question.fields["invitation"]["value"]}, follow_redirects=True
    )
    waiting = await house.doorstep.show(invitation.id)
    await approved(house, invitation)
    welcome = seen(await browser.get("/set-up/done")).words
    await sign_in(browser, first.username)
    home = seen(await browser.get("/")).words

    assert question.forms == ["/set-up/accept"]
    assert set(question.fields) == {"invitation"}
    assert f"Office {invitation.office.code} would like to give you access" in question.words
    assert f"with your existing sign-in {first.username}" in question.words
    assert "Harbour House 7" in question.words
    assert "/set-up/decline" in question.links
    assert (accepted.status_code, accepted.url.path) == (200, "/set-up/done")
    assert (waiting.state, waiting.user_id) == (State.AWAITING_APPROVAL, first.user_id)
    assert "waiting for approval" in seen(accepted).words
    assert "with the password that you already have" in seen(accepted).words
    assert "Welcome: you now have access" in welcome
    assert await users_of(house, first.address) == [first.username]
    assert f"Office {first.office.code}" in home
    assert "Harbour House 7" in home
    assert "Inventory" in home


async def test_where_nobody_has_to_approve_the_page_says_welcome(house: House, app: FastAPI) -> None:
    """Decision 5, decision 6: accepted, activated, welcome; nobody speaks of approval."""
    first = await member_elsewhere(house)
    invitation = await asked(house, first.address, approval_required=False)
    browser = visitor(app)

    question = await open_link(browser, await token_of(house, invitation))
    await browser.post("/set-up/accept")
    await house.until_state(invitation, State.ACTIVE)
    welcome = seen(await browser.get("/set-up/done"))

    assert "approval" not in question.text
    assert "Welcome" in welcome.words
    assert "/sign-in" in welcome.links


async def test_t05_looking_at_the_question_is_no_answer(house: House, app: FastAPI) -> None:
    """T05, T01: GET and HEAD of everything there leave the rows as they were, and the token is on no page."""
    first = await member_elsewhere(house)
    invitation = await asked(house, first.address)
    await house.until(invitation, lambda row: row.seen_rev == row.rev and not row.unsent())
    token = await token_of(house, invitation)
    before = await everything(house, invitation)
    browser = visitor(app)

    answers = [await open_link(browser, token)]
    for path in (f"/invitation/{token}", "/set-up", "/set-up/accept", "/set-up/done", "/set-up/decline"):
        answers += [await browser.request(method, path) for method in ("GET", "HEAD", "GET")]

    assert await everything(house, invitation) == before
    assert {answer.status_code for answer in answers} == {200, 303, 405}
    assert not [answer for answer in answers if token in answer.text]


async def test_not_for_me_leaves_the_user_alone(house: House, app: FastAPI) -> None:
    """Decision 5: whoever declines keeps the user that they have, and the question says so."""
    first = await member_elsewhere(house)
    invitation = await asked(house, first.address)
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))

    question = seen(await browser.get("/set-up/decline")).words
    over = await browser.post("/set-up/decline", follow_redirects=True)

    assert "the user that exists already stays as it is" in question
    assert over.url.path == "/set-up/declined"
    assert (await sign_in(browser, first.username)).status_code == 303


async def test_a_form_that_is_too_old_shows_the_question(house: House, app: FastAPI) -> None:
    """Decision 10: who has got a user elsewhere since the form was opened is asked instead, and can accept there."""
    office = await house.office(existing_users="consent")
    first = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    second = await asked(house, first.address)
    browser = visitor(app)
    form = seen(await open_link(browser, await token_of(house, second)))
    await done(house, first)

    sent = {"username": f"zoe.{office}", "password": PASSWORD}
    late = [await browser.post("/set-up", data=sent), await browser.post("/set-up", data=sent | {"password": ""})]
    untouched = await house.doorstep.show(second.id)
    accepted = await browser.post("/set-up/accept")

    assert "/set-up" in form.forms
    assert [answer.status_code for answer in late] == [409, 409]
    for answer in late:
        assert seen(answer).forms == ["/set-up/accept"]
        assert "Something has changed since you opened this page" in seen(answer).words
        assert f"existing sign-in {first.address}" in seen(answer).words
    assert untouched.state is State.PENDING
    assert accepted.headers["location"] == "/set-up/done"
    assert await users_of(house, first.address) == [first.address]


async def test_a_question_that_is_too_old_shows_the_form(house: House, app: FastAPI) -> None:
    """Decision 5: whose user was deleted since the question was asked sets up a new one."""
    first = await member_elsewhere(house)
    invitation = await asked(house, first.address)
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))
    await house.doorstep.user_delete(first.username)

    late = await browser.post("/set-up/accept")
    made = await browser.post("/set-up", data={"username": first.username, "password": PASSWORD})
    row = await house.doorstep.show(invitation.id)

    assert late.status_code == 409
    assert "password" in seen(late).fields
    assert "Something has changed" in seen(late).words
    assert made.headers["location"] == "/set-up/done"
    assert (row.state, row.is_existing) == (State.AWAITING_APPROVAL, False)


async def test_a_suspended_user_learns_whom_to_ask_and_nothing_else(house: House, app: FastAPI) -> None:
    """Decision 5, S0.22: the sentence for staff stays with staff; the link lives on."""
    first = await member_elsewhere(house)
    invitation = await asked(house, first.address)
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))
    await house.doorstep.user_suspend(first.username)

    answer = await browser.post("/set-up/accept")

    assert answer.status_code == 409
    assert "Please ask the office" in seen(answer).words
    assert f"help@{invitation.office.code}.example" in seen(answer).words
    assert "doorstep user" not in answer.text
    assert (await house.doorstep.show(invitation.id)).state is State.PENDING


async def test_an_old_question_is_answered_with_why(house: House, app: FastAPI) -> None:
    """T09, S0.22: a link that is used or revoked accepts nothing; 410 with the reason."""
    first = await member_elsewhere(house)
    used, revoked = await asked(house, first.address), await asked(house, first.address)
    browser, other = visitor(app), visitor(app)
    await open_link(browser, await token_of(house, used))
    await open_link(other, await token_of(house, revoked))
    await browser.post("/set-up/accept")
    await house.doorstep.revoke(revoked.id)

    answers = [await browser.post("/set-up/accept"), await other.post("/set-up/accept")]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert "waiting for approval" in seen(answers[0]).words
    assert "no longer works" in seen(answers[1]).words
    assert await belongs_to(house, first.username) == {first.office.code}


async def test_who_never_set_a_password_sets_it_here_and_keeps_the_username(house: House, app: FastAPI) -> None:
    """S2.19, S4.9: no instructions that lead nowhere: the form, with the username that was chosen and cannot change."""
    pair = await added(house)
    invitation = await house.doorstep.invite(office=await house.office(), email=pair.address)
    browser = visitor(app)

    form = seen(await open_link(browser, await token_of(house, invitation)))
    sent = {"username": pair.username, "password": PASSWORD}
    other = await browser.post("/set-up", data=sent | {"username": "somebody-else"})
    again = seen(other)
    made = await browser.post("/set-up", data=sent)
    signed_in = await sign_in(browser, pair.username)

    assert form.forms == ["/set-up"]
    assert (form.fields["username"]["value"], "readonly" in form.fields["username"]) == (pair.username, True)
    assert "readonly" not in form.fields["password"]
    assert "you keep it" in form.words
    assert other.status_code == 422
    assert (again.fields["username"]["value"], "#username" in again.links) == (pair.username, True)
    assert "leave it as it stood" in again.words
    assert made.headers["location"] == "/set-up/done"
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    assert await users_of(house, pair.address) == [pair.username]


async def test_who_was_added_while_the_form_was_open_sees_the_username(house: House, app: FastAPI) -> None:
    """S2.19: the form that was open shows the username that was chosen meanwhile, and why the other one is refused."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Ana Farms"})
    address = f"ana@{office}.example"
    invitation = await house.doorstep.invite(office=await house.office(), email=address)
    browser = visitor(app)
    before = seen(await open_link(browser, await token_of(house, invitation)))
    await house.doorstep.add_user(office=office, account="1042", email=address, username=f"ana.{office}")

    late = await browser.post("/set-up", data={"username": address, "password": PASSWORD})

    assert "readonly" not in before.fields["username"]
    assert late.status_code == 422
    assert (seen(late).fields["username"]["value"], "readonly" in seen(late).fields["username"]) == (
        f"ana.{office}",
        True,
    )
