"""The page of an invitation: its whole story, and the buttons that are allowed now."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from doorstep.domain.errors import Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.faults.misbehaving_smtp import REFUSE_550
from tests.functional.staffing import staffed
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import Seen, active, everything


def page_of(invitation: Invitation) -> str:
    """The path of its page."""
    return f"/hub/invitations/{invitation.id}"


def steps_of(page: Seen) -> set[str]:
    """The buttons on the page of an invitation."""
    return {form.rpartition("/")[2] for form in page.forms if form.startswith("/hub/invitations/")}


async def press(who: Colleague, invitation: Invitation, step: str, **fields: object) -> str:
    """Send the form of a button; where it leads."""
    page = await who.look(page_of(invitation))
    assert step in steps_of(page), (step, page.forms)
    answer = await who.send(f"{page_of(invitation)}/{step}", rev=page.fields["rev"]["value"], **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_the_page_tells_the_whole_story(house: House, app: FastAPI) -> None:
    """S3.2: states, mails with how far each got, decisions and refusals; to look changes nothing."""
    office = await house.office()
    invitation = await house.waiting(office, name="Ana Ngata", actor=f"rachel@{office}.example")
    with pytest.raises(Refused):
        await house.doorstep.approve(invitation.id, approver=f"nobody@{office}.example")
    clerk = await colleague(house, app, office, "administrator")
    before = await everything(house, invitation)

    page = await clerk.look(page_of(invitation))

    assert await everything(house, invitation) == before
    for words in (
        f"Invited by rachel@{office}.example",
        f"The invitation by mail to {invitation.address} was handed over",
        "Set up a user by Ana Ngata",
        f"The request to approve by mail to boss1@{office}.example",
        "Refused: approve",
        "not an approver",
        f"for boss1@{office}.example to approve",
    ):
        assert words in page.words
    assert f"http://temporal.example/namespaces/default/workflows/{invitation.workflow_id}" in page.links


async def test_the_buttons_are_those_that_the_state_allows(house: House, app: FastAPI) -> None:
    """S4.4: in each state what can be done now, and nothing else."""
    office = await house.office()
    clerk = await colleague(house, app, office, "administrator", "erase_people")
    draft = await house.doorstep.invite(office=office, email="d@example.org", is_draft=True)
    pending, waiting = await house.pending(office), await house.waiting(office)
    inside, rejected = await active(house, office), await house.waiting(office)
    await house.doorstep.reject(rejected.id, approver=f"boss1@{office}.example")

    found = [steps_of(await clerk.look(page_of(each))) for each in (draft, pending, waiting, inside, rejected)]

    assert found == [
        {"send", "revoke", "erase"},
        {"resend", "readdress", "revoke", "link", "erase"},
        {"remind", "revoke", "erase"},
        {"resend", "revoke", "erase"},
        {"erase"},
    ]


async def test_without_the_right_the_buttons_are_absent(house: House, app: FastAPI) -> None:
    """S4.4: whoever may only look finds no button, and the client API refuses each."""
    office = await house.office()
    pending = await house.pending(office)
    viewer = await colleague(house, app, office, "companyView")

    page = await viewer.look(page_of(pending))
    steps = ("resend", "revoke", "readdress", "link", "erase", "restart", "remind")
    answers = [await viewer.send(f"{page_of(pending)}/{step}", address="x@example.org") for step in steps[:1]]
    answers += [await viewer.send(f"{page_of(pending)}/{step}") for step in steps[1:]]

    assert steps_of(page) == set()
    assert {answer.status_code for answer in answers} <= {403, 422}
    assert (await house.doorstep.show(pending.id)).rev == pending.rev


async def test_a_link_is_sent_again_and_taken_back(house: House, app: FastAPI) -> None:
    """S3.2: a resend makes a new link; a revocation names its effect first, and ends it."""
    office = await house.office(resend_cooldown=timedelta(0))
    pending = await house.pending(office)
    clerk = await colleague(house, app, office, "administrator")

    resent = await press(clerk, pending, "resend")
    await house.mail_of(pending, Message.INVITATION, copies=2)
    page = await clerk.look(page_of(pending))
    revoked = await press(clerk, pending, "revoke", reason="Left the farm")

    row = await house.doorstep.show(pending.id)
    assert (resent, revoked) == (f"{page_of(pending)}?done=resent", f"{page_of(pending)}?done=revoked")
    assert "The link stops working at once." in page.words
    assert (row.state, row.generation, row.decision_note) == (State.REVOKED, 2, "Left the farm")
    assert "Revoked." in (await clerk.look(revoked)).words


async def test_a_draft_is_sent(house: House, app: FastAPI) -> None:
    """S0.16: what was saved for later goes out by the button."""
    office = await house.office()
    draft = await house.doorstep.invite(office=office, email=f"x@{office}.example", is_draft=True)
    clerk = await colleague(house, app, office, "administrator")

    await press(clerk, draft, "send")

    await house.mail_of(draft, Message.INVITATION)


async def test_it_goes_to_another_address(house: House, app: FastAPI) -> None:
    """S4.32: the new address gets a link; a wrong one keeps what was typed and says what is the matter."""
    office = await house.office()
    pending = await house.pending(office)
    clerk = await colleague(house, app, office, "administrator")

    refused = await clerk.send(f"{page_of(pending)}/readdress", rev=pending.rev, address="ana at example")
    await press(clerk, pending, "readdress", address=f"new@{office}.example")

    assert refused.status_code == 422
    assert 'value="ana at example"' in refused.text
    assert 'id="address-fault"' in refused.text
    await house.mail_of(pending, Message.INVITATION, to=f"new@{office}.example")


async def test_administrators_are_reminded_once_by_hand(house: House, app: FastAPI) -> None:
    """S4.24: the reminder goes out now instead of later; the button is gone afterwards, and the API refuses another."""
    office = await house.office(approvers=2)
    waiting = await house.waiting(office)
    clerk = await colleague(house, app, office, "administrator")

    await press(clerk, waiting, "remind")

    for number in (1, 2):
        await house.mail_of(waiting, Message.APPROVAL_REMINDER, to=f"boss{number}@{office}.example")
    page = await clerk.look(page_of(waiting))
    again = await clerk.send(f"{page_of(waiting)}/remind")
    assert "remind" not in steps_of(page)
    assert f"were reminded by {clerk.address}" in page.words
    assert again.status_code == 409
    assert "were reminded already" in again.text


async def test_the_live_link_is_shown_and_recorded(house: House, app: FastAPI) -> None:
    """S3.2: the link stands on a page and in no address; the records say who saw it."""
    office = await house.office()
    pending = await house.pending(office)
    clerk = await colleague(house, app, office, "administrator")

    answer = await clerk.send(f"{page_of(pending)}/link", rev=pending.rev)

    link = await house.doorstep.link(pending.id)
    assert answer.status_code == 200
    assert f'value="{link}"' in answer.text
    assert f"handed out by {clerk.address}" in (await clerk.look(page_of(pending))).words
    assert (await clerk.browser.get(f"{page_of(pending)}/link")).status_code == 405


async def test_a_step_counts_for_what_was_seen(house: House, app: FastAPI) -> None:
    """S3.2: of two who press at once the second learns that it changed, and how it stands now."""
    office = await house.office(resend_cooldown=timedelta(0))
    pending = await house.pending(office)
    clerk = await colleague(house, app, office, "administrator")
    rev = (await clerk.look(page_of(pending))).fields["rev"]["value"]
    await house.doorstep.resend(pending.id)

    answer = await clerk.send(f"{page_of(pending)}/revoke", rev=rev, reason="")

    assert answer.status_code == 412
    assert "Somebody changed this" in answer.text
    assert (await house.doorstep.show(pending.id)).state is State.PENDING


async def test_why_it_is_stuck_stands_on_top(house: House, app: FastAPI) -> None:
    """S3.2: what could not be delivered says so, with what to do about it."""
    office = await house.office()
    house.smtp.mode = REFUSE_550
    lost = await house.doorstep.invite(office=office, email=f"gone@{office}.example")
    await house.until(lost, lambda row: bool(row.attention))
    clerk = await colleague(house, app, office, "administrator")

    page = await clerk.look(page_of(lost))

    assert "undeliverable" in page.words
    assert "refused the address" in page.words
    assert "readdress" in steps_of(page)


async def test_a_lost_workflow_is_started_again(house: House, app: FastAPI) -> None:
    """F29: the page says that the workflow does not run, and has the button that mends it."""
    office = await house.office()
    pending = await house.pending(office)
    await house.handle(pending).terminate("lost")
    await house.pass_time(pending, timedelta(minutes=2))
    clerk = await colleague(house, app, office, "administrator")

    place = await press(clerk, pending, "restart")

    page = await clerk.look(place)
    assert "Its workflow is at work." in page.words
    assert "The workflow was started again" in page.words
    assert "restart" not in steps_of(page)


async def test_t34_a_person_is_erased_by_whoever_may(house: House, app: FastAPI) -> None:
    """T34: the effect is named first; afterwards the page has the tombstone alone."""
    office = await house.office()
    pending = await house.pending(office, name="Ana Ngata")
    clerk = await colleague(house, app, office, "erase_people")

    place = await press(clerk, pending, "erase")

    page = await clerk.look(place)
    assert "Erased for good." in page.words
    assert pending.address not in page.html
    assert "Ana Ngata" not in page.html


async def test_s1_3_what_is_not_assigned_is_not_there(house: House, app: FastAPI) -> None:
    """S1.3, T20: whoever is held to assigned accounts opens theirs, and finds nothing at the others."""
    office, clerk = await staffed(house, "crmCompanyView", "crmCompanyEdit")
    person = await colleague(house, app, office, address=clerk.actor.name)
    mine = await house.doorstep.invite(office=office, email="m@example.org", accounts=["1042"], is_draft=True)
    other = await house.doorstep.invite(office=office, email="o@example.org", accounts=["2000"], is_draft=True)

    page = await person.look(page_of(mine))
    missing = [
        (await person.browser.get(page_of(other))).status_code,
        (await person.send(f"{page_of(other)}/send", rev=other.rev)).status_code,
    ]

    assert "send" in steps_of(page)
    assert missing == [404, 404]


async def test_t18_a_step_leads_back_to_a_page_of_the_hub_alone(house: House, app: FastAPI) -> None:
    """T18: the list that a button stood in is come back to; any other place is not."""
    office = await house.office(resend_cooldown=timedelta(0))
    pending = await house.pending(office)
    clerk = await colleague(house, app, office, "administrator")
    backs = [f"/hub/offices/{office}/links?q=ana", "//evil.example", "https://evil.example", "/sign-in"]

    places = [
        (await clerk.send(f"{page_of(pending)}/resend", back=back)).headers["location"].partition("done=")[0]
        for back in backs
    ]

    assert places == [f"{backs[0]}&", *[f"{page_of(pending)}?"] * 3]
