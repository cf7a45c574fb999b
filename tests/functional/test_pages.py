"""The pages on real servers, as an invited person meets them."""

from fastapi import FastAPI
from sqlalchemy import text

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import PASSWORD, House
from tests.pages import active, add_accounts, open_link, seen, sign_in, token_of, visitor


async def test_an_invited_person_comes_home_through_the_pages(house: House, app: FastAPI) -> None:
    """S2.14, S4.38, S4.41, S0.19, S0.21, S3.11: from the link over the form to the accounts with their sections."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Ridge Farms", "1045": "Te Miro Dairies"})
    invitation = await house.pending(office, name="Ana Ngata", accounts=["1042"], roles=["grower"])
    browser = visitor(app)

    form = seen(await open_link(browser, house.token(await house.mail_of(invitation, Message.INVITATION))))
    sent = {name: field["value"] for name, field in form.fields.items() if "value" in field}
    done = await browser.post("/set-up", data=sent | {"password": PASSWORD}, follow_redirects=True)
    early = await sign_in(browser, invitation.address)
    before = await browser.get("/")
    await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example")
    await house.until_state(invitation, State.ACTIVE)
    signed_in = await sign_in(browser, invitation.address)
    home = seen(await browser.get("/"))

    assert form.fields["username"]["value"] == invitation.address
    assert {name: field["autocomplete"] for name, field in form.fields.items() if "autocomplete" in field} == {
        "username": "username",
        "password": "new-password",
        "name": "name",
    }
    assert "Kauri Ridge Farms 1042" in form.words
    assert "NZDT (UTC+13:00)" in form.words or "NZST (UTC+12:00)" in form.words
    assert done.url.path == "/set-up/done"
    assert "approval" in seen(done).words
    assert (early.status_code, "approval" in early.text) == (403, True)
    assert (before.status_code, before.headers["location"]) == (303, "/sign-in")
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    assert "Kauri Ridge Farms 1042" in home.words
    assert "Agronomy plans" in home.words
    assert "Te Miro" not in home.words
    assert "Invoices" not in home.words


async def test_two_accounts_are_never_mixed(house: House, app: FastAPI) -> None:
    """S3.11, S0.12: the sections of each account stand under that account alone."""
    office = await house.office()
    await add_accounts(house, office, {"1": "First Farm", "2": "Second Farm"})
    invitation = await house.waiting(office, accounts=["1", "2"])
    await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example", permissions=["invoices"])
    await house.until_state(invitation, State.ACTIVE)
    browser = visitor(app)

    await sign_in(browser, invitation.address)
    home = seen(await browser.get("/")).words

    first, second = home.index("First Farm 1"), home.index("Second Farm 2")
    assert home.count("Invoices") == 2
    assert first < home.index("Invoices") < second < home.rindex("Invoices")


async def test_a_form_with_faults_loses_nothing_but_the_password(house: House, app: FastAPI) -> None:
    """S4.38: what was typed stays, each fault stands beside its field, and the summary has the focus."""
    invitation = await house.pending(await house.office())
    browser = visitor(app)
    await open_link(browser, await token_of(house, invitation))

    answer = await browser.post("/set-up", data={"username": "a b", "password": "too short", "name": "Åna <b>"})
    again = seen(answer)
    empty = seen(await browser.post("/set-up", data={"username": " ", "password": ""}))
    late = await browser.post("/set-up", data={"username": "ana.b", "password": "too short", "name": "Åna"})

    assert answer.status_code == 422
    assert "too short" not in answer.text.replace("password_too_short", "")
    assert (again.fields["username"]["value"], again.fields["name"]["value"]) == ("a b", "Åna <b>")
    assert again.fields["username"]["aria-invalid"] == "true"
    assert again.fields["username"]["aria-describedby"].split() == ["username-hint", "username-fault"]
    assert {"username-hint", "username-fault", "summary-title"} <= again.by_id.keys()
    assert 'tabindex="-1"' in answer.text
    assert "autofocus" in answer.text
    assert "#username" in again.links
    assert again.title.startswith("Error: ")
    assert {"#username", "#password"} <= set(empty.links)
    assert "#password" in seen(late).links
    assert seen(late).fields["username"]["value"] == "ana.b"
    assert (await house.doorstep.show(invitation.id)).state is State.PENDING


async def test_a_taken_username_is_said_beside_its_field(house: House, app: FastAPI) -> None:
    """S4.17, S4.38: usernames are unique, and the form says so without losing the rest."""
    office = await house.office()
    first = await house.waiting(office)
    second = await house.pending(office)
    browser = visitor(app)
    await open_link(browser, await token_of(house, second))

    answer = await browser.post("/set-up", data={"username": first.address, "password": PASSWORD})

    assert answer.status_code == 422
    assert "This username is taken" in seen(answer).words
    assert "#username" in seen(answer).links


async def test_a_form_left_open_in_another_tab_does_not_answer_the_newer_link(house: House, app: FastAPI) -> None:
    """S2.7: each invitation is its own; a browser that opened two answers only the one that the form was for."""
    office = await house.office()
    first, second = await house.pending(office), await house.pending(office)
    browser = visitor(app)
    form = seen(await open_link(browser, await token_of(house, first)))
    await open_link(browser, await token_of(house, second))

    sent = {"username": "ana", "password": PASSWORD, "invitation": form.fields["invitation"]["value"]}
    answer = await browser.post("/set-up", data=sent)

    assert answer.status_code == 409
    assert "once more" in seen(answer).words
    assert (await house.doorstep.show(second.id)).state is State.PENDING


async def test_a_forgotten_password_is_set_anew(house: House, app: FastAPI) -> None:
    """S4.16: forgot, link, new password; the old one and every session end with it."""
    invitation = await active(house, await house.office())
    browser, other = visitor(app), visitor(app)
    await sign_in(other, invitation.address)

    asked = await browser.post("/forgot", data={"username": invitation.address}, follow_redirects=True)
    token = house.token(await house.mail_of(invitation, Message.PASSWORD_RESET))
    first = await browser.get(f"/reset/{token}")
    form = await browser.get("/reset")
    short = await browser.post("/reset", data={"password": "short"})
    done = await browser.post("/reset", data={"password": "another four plain words"}, follow_redirects=True)
    used = await visitor(app).get(f"/reset/{token}", follow_redirects=True)

    assert (asked.status_code, asked.url.path) == (200, "/forgot/sent")
    assert (first.status_code, first.headers["location"]) == (303, "/reset")
    assert seen(form).fields["password"]["autocomplete"] == "new-password"
    assert (short.status_code, done.url.path) == (422, "/reset/done")
    assert (used.status_code, "/forgot" in seen(used).links) == (410, True)
    assert (await other.get("/")).headers["location"] == "/sign-in"
    assert (await sign_in(other, invitation.address)).status_code == 403
    assert (await sign_in(other, invitation.address, "another four plain words")).status_code == 303


async def test_s2_24_the_guide_of_the_office_stands_beside_the_help_contact(house: House, app: FastAPI) -> None:
    """S2.24, S0.22, T01: a guide that the office set is linked on its pages; without one there is no such link."""
    office = await house.office()
    guide = "https://kauri.example/guide?for=customers&in=nz"
    await house.doorstep.office_set(office, own={"client_guide": guide, "public_url": f"https://{office}.example"})
    guided, plain = await house.pending(office), await house.pending(await house.office())
    browser = visitor(app)

    form = await open_link(browser, await token_of(house, guided))
    sign_in_page = await visitor(app, base_url=f"https://{office}.example").get("/sign-in")
    without = await open_link(visitor(app), await token_of(house, plain))
    # No door lets such an address in; should one ever stand in the table, no page makes a link of it (T15).
    script = text("UPDATE offices SET client_guide = 'javascript:alert(1)' WHERE code = :code")
    await house.run(lambda tx: tx.execute(script, {"code": office}))
    harmless = await browser.get("/set-up")

    for page in (form, sign_in_page):
        assert guide in seen(page).links
        assert 'rel="noreferrer"' in page.text
        assert f"help@{office}.example" in seen(page).words
    assert "A guide to the portal" not in without.text
    assert "javascript" not in harmless.text
