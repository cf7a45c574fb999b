"""The code of somebody who lost the phone: who takes it away, who may not, and how the operator does."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from doorstep.domain.errors import Conflict, Forbidden, NotFound
from doorstep.domain.messages import Message
from doorstep.store import tables as t
from tests.command_line import CommandLine
from tests.house import PASSWORD, House, eventually, text_of
from tests.hub import colleague, of_two_offices, page_about
from tests.pages import seen, visitor
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
    office = await house.office()
    chief = await colleague(house, app, office, "administrator")
    both = await of_two_offices(house, app, office)
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


async def told_of_it(house: House, address: str) -> list[str]:
    """The mails that say that a code was turned off, once there is one."""

    async def look() -> list[str] | None:
        return [text_of(mail) for mail in house.mails(address, Message.STAFF_CODE_OFF)] or None

    return await eventually(look, "the news of the code")


async def test_t30_whoever_lost_the_code_is_told_and_what_to_do_if_they_did_not_ask(house: House, app: FastAPI) -> None:
    """T30: one mail from the office, with nothing secret in it; who turns it off themselves needs none."""
    office = await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView")
    own = await colleague(house, app, office, "companyView")
    phone, mine = await with_phone(house, mate), await with_phone(house, own)

    await house.doorstep.staff_code_off(mate.address, actor=chief.address)
    [mail] = await told_of_it(house, mate.address)
    await own.send("/hub/account/code/off", code=mine.code(steps=1))

    assert "choose a new password at once" in mail
    assert "/hub/forgot" in mail
    assert (mate.address in mail, phone.secret in mail, "/hub/password/" in mail) == (True, False, False)
    assert house.mails(own.address, Message.STAFF_CODE_OFF) == []


async def test_nobody_is_told_of_what_was_refused(house: House, app: FastAPI) -> None:
    """T08, T20: a code that is not turned off is no news; nor is there an office to write to whoever has left all."""
    office = await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView")
    gone = await colleague(house, app, office, "companyView")
    await with_phone(house, gone)
    await house.doorstep.staff_remove(office, gone.address)

    with pytest.raises(Conflict):
        await house.doorstep.staff_code_off(mate.address, actor=chief.address)
    await house.doorstep.staff_code_off(gone.address)

    d, addresses = t.deliveries.c, (mate.address, gone.address)
    planned = select(d.recipient).where(d.message == Message.STAFF_CODE_OFF, d.recipient.in_(addresses))
    assert (await house.run(lambda tx: tx.execute(planned))).all() == []


async def test_the_page_of_a_colleague_turns_the_code_off(house: House, app: FastAPI) -> None:
    """T20, T30: the step is there where a code is on, says its effect first, and is refused for one of two offices."""
    office = await house.office()
    chief = await colleague(house, app, office, "administrator")
    mate = await colleague(house, app, office, "companyView")
    both = await of_two_offices(house, app, office)
    for each in (mate, both):
        await with_phone(house, each)
    paths = [await page_about(house, chief, each) for each in (mate, both)]

    before = await chief.look(paths[0])
    done = await chief.send(f"{paths[0]}/code-off")
    after = await chief.look(done.headers["location"])
    refused = await chief.send(f"{paths[1]}/code-off")

    assert "This is for a lost phone" in before.words
    assert done.headers["location"] == f"{paths[0]}?done=staff-code-off"
    assert ("Turned off." in after.words, f"{paths[0]}/code-off" in after.forms) == (True, False)
    assert (refused.status_code, "They work for more than your office" in seen(refused).words) == (403, True)
    assert f"{paths[1]}/code-off" in seen(refused).forms
    await told_of_it(house, mate.address)
