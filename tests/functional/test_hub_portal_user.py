"""Add Portal User: two usernames at once, for a customer or a rep."""

from fastapi import FastAPI

from doorstep.domain.messages import Message
from tests.functional.importing import imported
from tests.functional.knowing import mail_to
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import seen

ROWS = ("1042,Hill Farm,Retail,Kim,A,Ana Hill,ana@{0}.example,", "1043,Hill Dairy,Retail,Kim,A,,,")


async def clerk(house: House, app: FastAPI, *permissions: str) -> Colleague:
    """Somebody of an office with two customers."""
    office = await house.office()
    await imported(house, office, *(row.format(office) for row in ROWS))
    return await colleague(house, app, office, *(permissions or ("addPortalUser",)))


async def test_two_usernames_are_made_and_shown(house: House, app: FastAPI) -> None:
    """S4.6, S4.7, S4.8, S4.9, S4.12: relationship, customer by name, details; both usernames, and two mails."""
    who = await clerk(house, app)
    address, username = f"hill@{who.office}.example", f"hill.{who.office[-6:]}"
    fields = {"relationship": "rep", "account": "hill farm", "email": address, "username": username, "name": "Ana"}

    form = await who.look(who.path("/users/new?account=1042"))
    answer = await who.send(who.path("/users/new"), **fields)

    page = seen(answer)
    member = await house.doorstep.user(username)
    assert form.fields["account"]["value"] == "1042"
    assert answer.status_code == 200
    assert f"Management {username} Staff {username}S" in page.words
    assert [(grant.account_code, grant.relationship) for grant in member.memberships] == [("1042", "rep")]
    await mail_to(house, address, Message.WELCOME)
    await mail_to(house, address, Message.SET_PASSWORD)


async def test_what_was_typed_stays_and_what_is_unclear_is_asked(house: House, app: FastAPI) -> None:
    """S4.7, S4.8, S4.17: a customer that is not clear is chosen from those that come near; a taken name says so."""
    who = await clerk(house, app)
    taken = f"taken.{who.office[-6:]}"
    await house.doorstep.add_user(office=who.office, account="1042", email=f"a@{who.office}.example", username=taken)
    fields = {"relationship": "customer", "email": f"b@{who.office}.example", "username": taken, "roles": ["buyer"]}

    missing = await who.send(who.path("/users/new"), **fields)
    unclear = await who.send(who.path("/users/new"), account="hill", **fields)
    refused = await who.send(who.path("/users/new"), account="hill", asked="hill", picked="1043", **fields)

    assert [answer.status_code for answer in (missing, unclear, refused)] == [422, 422, 422]
    assert "Name the customer" in seen(missing).words
    assert [words in seen(unclear).words for words in ("Hill Farm", "Hill Dairy")] == [True, True]
    assert "This username is taken" in seen(refused).words
    assert seen(refused).fields["username"]["value"] == taken
    assert 'value="buyer" checked' in refused.text


async def test_a_slip_in_the_address_is_asked_about(house: House, app: FastAPI) -> None:
    """S3.7, S4.8: an address that looks mistyped is pointed out before anything is made; sent again it is meant."""
    who = await clerk(house, app)
    username = f"slip.{who.office[-6:]}"
    fields = {"relationship": "customer", "account": "1042", "email": "ana@gmial.com", "username": username}

    asked = await who.send(who.path("/users/new"), **fields)
    made = await who.send(who.path("/users/new"), kept="ana@gmial.com", use_meant="yes", **fields)

    assert "Did you mean" in seen(asked).words
    assert "ana@gmail.com" in seen(made).words
    assert (await house.doorstep.user(username)).user.email == "ana@gmail.com"


async def test_whoever_may_not_add_users_has_no_such_page(house: House, app: FastAPI) -> None:
    """S4.4: without the permission the button is absent, and page and form are refused."""
    who = await clerk(house, app, "companyView", "companyEdit")
    username = f"no.{who.office[-6:]}"

    invite = await who.look(who.path("/invite"))
    page = await who.look(who.path("/users/new"), 403)
    fields = {"account": "1042", "email": "a@example.org", "username": username}
    answer = await who.send(who.path("/users/new"), **fields)

    assert who.path("/users/new") not in invite.links
    assert "You may not do that here" in page.words
    assert answer.status_code == 403
