"""Username administrators in the Team Hub: added with a mailed link, at most three, and the last one kept."""

from fastapi import FastAPI

from doorstep.domain.messages import Message
from tests.house import House, eventually
from tests.hub import Colleague, colleague
from tests.pages import seen


async def chief(house: House, app: FastAPI, *, approvers: int = 1) -> Colleague:
    """Somebody who may change the settings of an office."""
    return await colleague(house, app, await house.office(approvers=approvers), "administrator")


async def mailed(house: House, address: str, *, copies: int = 1) -> None:
    """Wait for the link to the Team Hub."""

    async def look() -> bool | None:
        return len(house.mails(address, Message.STAFF_LINK)) >= copies or None

    await eventually(look, "the link")


async def approvers(house: House, office: str) -> list[str]:
    """Who decides there."""
    return list((await house.doorstep.office(office)).approvers)


async def test_up_to_three_are_added_and_mailed(house: House, app: FastAPI) -> None:
    """S4.21, S4.22: each gets the link to the Team Hub; with three there is no form, and a fourth is refused."""
    person = await chief(house, app)
    office, path = person.office, person.path("/settings/administrators")

    added = await person.send(path, address=f"moana@{office}.example", mails="yes")
    await mailed(house, f"moana@{office}.example")
    quietly = await person.send(path, address=f"tom@{office}.example")
    page = await person.look(path)
    fourth = await person.send(path, address=f"four@{office}.example", mails="yes")

    assert added.headers["location"] == f"{path}?done=administrator-mailed"
    assert quietly.headers["location"] == f"{path}?done=administrator-added"
    assert await approvers(house, office) == [f"{name}@{office}.example" for name in ("boss1", "moana", "tom")]
    assert "There are 3 already" in page.words
    assert fourth.status_code == 422
    assert house.mails(f"tom@{office}.example") == house.mails(f"four@{office}.example") == []


async def test_an_address_that_is_none_is_kept_and_named(house: House, app: FastAPI) -> None:
    """S4.21: what was typed is still there, beside what is wrong with it."""
    person = await chief(house, app)

    answer = await person.send(person.path("/settings/administrators"), address="nobody at all", mails="yes")

    assert answer.status_code == 422
    assert seen(answer).fields["address"]["value"] == "nobody at all"
    assert "address-fault" in seen(answer).by_id


async def test_the_last_one_stays_while_something_is_open(house: House, app: FastAPI) -> None:
    """S4.21, S4.23: what a removal does is said first; the last one is kept while an invitation is open."""
    person = await chief(house, app, approvers=2)
    office, path = person.office, person.path("/settings/administrators")
    await house.doorstep.invite(office=office, email="ana@example.org")

    page = await person.look(path)
    first = await person.send(f"{path}/remove", address=f"boss1@{office}.example")
    last = await person.send(f"{path}/remove", address=f"boss2@{office}.example")

    assert f"boss1@{office}.example is no longer mailed and can approve nobody any more" in page.words
    assert first.headers["location"] == f"{path}?done=administrator-removed"
    assert last.status_code == 409
    assert "Add another administrator first" in seen(last).words
    assert await approvers(house, office) == [f"boss2@{office}.example"]


async def test_an_office_without_one_says_what_to_do(house: House, app: FastAPI) -> None:
    """S4.23: while there is none, the page says that nothing is sent, and has the form to mend it."""
    person = await chief(house, app, approvers=0)

    page = await person.look(person.path("/settings/administrators"))

    assert "Nobody decides yet Until somebody does, this office sends nothing." in page.words
    assert "address" in page.fields


async def test_the_link_is_mailed_again_to_administrators_alone(house: House, app: FastAPI) -> None:
    """S4.24, T20: an address that is not on the list gets no mail, whoever asks."""
    person = await chief(house, app)
    path = person.path("/settings/administrators/mail")

    again = await person.send(path, address=f"BOSS1@{person.office}.example")
    nobody = await person.send(path, address="nobody@example.org")

    assert again.headers["location"] == person.path("/settings/administrators?done=link-mailed")
    assert nobody.status_code == 404
    await mailed(house, f"boss1@{person.office}.example")
