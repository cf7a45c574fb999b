"""The code of somebody who lost the phone: who takes it away, who may not, and how the operator does."""

import pytest
from fastapi import FastAPI

from doorstep.domain.errors import Conflict, Forbidden, NotFound
from tests.command_line import CommandLine
from tests.house import PASSWORD, House
from tests.hub import colleague
from tests.pages import visitor
from tests.phones import with_phone


async def test_t20_an_administrator_takes_the_code_of_a_lost_phone_away(house: House, app: FastAPI) -> None:
    """T20, T30: who looks after the staff of the office does it, and nobody of another one; it is recorded."""
    office, foreign = await house.office(), await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView", "companyEdit")
    stranger = await colleague(house, app, foreign, "administrator")
    await with_phone(house, mate)

    for other in (stranger, mate):
        with pytest.raises(NotFound):
            await house.doorstep.staff_code_off(mate.address, actor=other.address)
    before = (await house.doorstep.staff_entries(office, actor=chief.address))[mate.address]
    await house.doorstep.staff_code_off(mate.address, actor=chief.address)
    after = (await house.doorstep.staff_entries(office, actor=chief.address))[mate.address]
    signed_in = await visitor(app).post("/hub/sign-in", data={"address": mate.address, "password": PASSWORD})
    records = await house.doorstep.office_audit(office)

    assert (before.has_code, after.has_code, after.sessions) == (True, False, 1)
    assert signed_in.headers["location"] == "/hub"
    assert ("staff.code_removed", chief.address) in {(each.event, each.actor) for each in records}


async def test_t20_the_code_of_somebody_of_two_offices_is_not_one_offices_to_take(house: House, app: FastAPI) -> None:
    """T20: an administrator of one office weakens the sign-in to no other; the operator may."""
    office, other = await house.office(), await house.office()
    chief = await colleague(house, app, office, "administrator")
    both = await colleague(house, app, office, "companyView")
    await house.doorstep.staff_set(other, both.address, permissions=["administrator"])
    await with_phone(house, both)

    with pytest.raises(Forbidden) as refused:
        await house.doorstep.staff_code_off(both.address, actor=chief.address)
    await house.doorstep.staff_code_off(both.address)
    with pytest.raises(Conflict) as again:
        await house.doorstep.staff_code_off(both.address)

    assert (refused.value.code, again.value.code) == ("belongs_elsewhere", "code_is_off")


async def test_the_operator_takes_a_code_away_and_ends_sessions(
    house: House, app: FastAPI, doorstep: CommandLine
) -> None:
    """T24, T30: both at the command line, by the address, and each in the records."""
    person = await colleague(house, app, await house.office(), "administrator")
    await with_phone(house, person)

    code_off = await doorstep.done("staff", "code-off", person.address)
    told = await doorstep("staff", "sign-out", person.address)
    unknown = await doorstep.refused("staff", "sign-out", "nobody@example.org")

    assert code_off == {"address": person.address, "is_code_off": True}
    assert told.out.strip() == f"1 session of {person.address} ended."
    assert (await person.browser.get("/hub")).headers["location"] == "/hub/sign-in"
    assert unknown["code"] == "no_such_staff"
