"""Somebody whose account at the provider was made anew: who unties them, who may not, and how the operator does."""

import pytest
from fastapi import FastAPI

from doorstep.domain.errors import Conflict, Forbidden, NotFound
from doorstep.store import staff_ties
from tests.client_commands import fresh
from tests.command_line import CommandLine
from tests.house import House
from tests.hub import Colleague, colleague, of_two_offices, page_about
from tests.pages import seen

ISSUER = "https://id.kauri.example"


async def tied(house: House, person: Colleague) -> str:
    """Tie somebody to a person of the provider; its id of them."""
    subject = fresh("subject")
    assert await house.run(lambda tx: staff_ties.tie(tx, person.address, ISSUER, subject)) is not None
    return subject


async def test_t20_an_administrator_unties_a_colleague(house: House, app: FastAPI) -> None:
    """T20, T24: who looks after the staff of the office does it, and nobody else; another account is tied next."""
    office, foreign = await house.office(), await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView", "companyEdit")
    stranger = await colleague(house, app, foreign, "administrator")
    subject = await tied(house, mate)
    anew = await house.run(lambda tx: staff_ties.tie(tx, mate.address, ISSUER, fresh("anew")))

    for other in (stranger, mate):
        with pytest.raises(NotFound):
            await house.doorstep.staff_untie(mate.address, actor=other.address)
    await house.doorstep.staff_untie(mate.address, actor=chief.address)
    with pytest.raises(Conflict) as again:
        await house.doorstep.staff_untie(mate.address, actor=chief.address)
    found = await house.run(lambda tx: staff_ties.tied(tx, ISSUER, subject))
    records = await house.doorstep.office_audit(office)

    assert anew is None, "the one before was in the way"
    assert (found, again.value.code) == (None, "openid_not_tied")
    assert await tied(house, mate)
    assert ("staff.oidc_untied", chief.address) in {(each.event, each.actor) for each in records}


async def test_t20_somebody_of_two_offices_is_not_one_offices_to_untie(house: House, app: FastAPI) -> None:
    """T20: an administrator of one office weakens the sign-in to no other; the operator may, at the command line."""
    office = await house.office()
    chief = await colleague(house, app, office, "administrator")
    both = await of_two_offices(house, app, office)
    subject = await tied(house, both)

    with pytest.raises(Forbidden) as refused:
        await house.doorstep.staff_untie(both.address, actor=chief.address)

    assert refused.value.code == "belongs_elsewhere"
    assert await house.run(lambda tx: staff_ties.tied(tx, ISSUER, subject)) is not None


async def test_the_operator_unties_somebody(house: House, app: FastAPI, doorstep: CommandLine) -> None:
    """T24: by the address; who is tied to nobody, and who is unknown, is said."""
    person = await colleague(house, app, await house.office(), "administrator")
    subject = await tied(house, person)

    done = await doorstep.done("staff", "untie", person.address)
    again = await doorstep.refused("staff", "untie", person.address)
    unknown = await doorstep.refused("staff", "untie", "nobody@example.org")

    assert done == {"address": person.address, "is_untied": True}
    assert await house.run(lambda tx: staff_ties.tied(tx, ISSUER, subject)) is None
    assert (again["code"], unknown["code"]) == ("openid_not_tied", "no_such_staff")


async def test_the_page_of_a_colleague_unties_them(house: House, app: FastAPI) -> None:
    """T20, T24: the step is there where a tie is, says its effect first, and is refused for one of two offices."""
    office = await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView")
    both = await of_two_offices(house, app, office)
    for each in (mate, both):
        await tied(house, each)
    first, second = [await page_about(house, chief, each) for each in (mate, both)]

    before = await chief.look(first)
    done = await chief.send(f"{first}/untie")
    after = await chief.look(done.headers["location"])
    refused = await chief.send(f"{second}/untie")

    assert "Whoever signs in there next with their verified e-mail address" in before.words
    assert done.headers["location"] == f"{first}?done=staff-untied"
    assert f"{first}/untie" not in after.forms
    assert (refused.status_code, f"{second}/untie" in seen(refused).forms) == (403, True)
