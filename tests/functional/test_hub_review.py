"""The queue of decisions and the review page: who decides, with which permissions, and who was faster."""

from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from doorstep.domain.errors import NotFound
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.house import House, text_of
from tests.hub import Colleague, colleague
from tests.pages import active, add_accounts, everything


def review_of(invitation: Invitation) -> str:
    """The path of the review page."""
    return f"/hub/invitations/{invitation.id}/review"


async def boss(house: House, app: FastAPI, office: str, number: int = 1) -> Colleague:
    """A username administrator who is not on the staff."""
    return await colleague(house, app, office, address=f"boss{number}@{office}.example")


async def approve(who: Colleague, invitation: Invitation, **fields: object) -> httpx2.Response:
    """Send the form with what the page had in it, or with something else."""
    page = await who.look(review_of(invitation))
    sent = {"rev": page.fields["rev"]["value"], "permissions": list(invitation.permissions), "note": ""} | fields
    return await who.send(f"/hub/invitations/{invitation.id}/approve", **sent)


async def reject(who: Colleague, invitation: Invitation, **fields: object) -> httpx2.Response:
    """The same for the other form."""
    page = await who.look(review_of(invitation))
    sent = {"rev": page.fields["rev"]["value"], "reason": ""} | fields
    return await who.send(f"/hub/invitations/{invitation.id}/reject", **sent)


async def test_a_look_at_the_review_page_decides_nothing(house: House, app: FastAPI) -> None:
    """S4.42: the page names who, the accounts, who invited and what is asked; to open it changes nothing."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Farms"})
    waiting = await house.waiting(office, accounts=["1042"], name="Ana Ngata", actor=f"rachel@{office}.example")
    before = await everything(house, waiting)
    chief = await boss(house, app, office)

    page = await chief.look(review_of(waiting))

    assert await everything(house, waiting) == before
    for words in ("Ana Ngata", "1042", "Kauri Farms", f"rachel@{office}.example", waiting.username, "Order history"):
        assert words in page.words
    assert page.fields["rev"]["value"] == str(waiting.rev)
    assert {f"/hub/invitations/{waiting.id}/{end}" for end in ("approve", "reject")} <= set(page.forms)


async def test_an_administrator_approves_with_other_permissions(house: House, app: FastAPI) -> None:
    """S4.42, S4.45: what is ticked is granted, by somebody with a bare login; the person is told and can sign in."""
    office = await house.office()
    waiting = await house.waiting(office)
    chief = await boss(house, app, office)

    answer = await approve(chief, waiting, permissions=["invoices", "pricing"], note="As agreed")

    done = await house.until_state(waiting, State.ACTIVE)
    assert answer.headers["location"] == f"/hub/offices/{office}/approvals?done=approved"
    assert (done.granted, done.decided_by, done.decision_note) == (("invoices", "pricing"), chief.address, "As agreed")
    await house.mail_of(waiting, Message.APPROVED)


async def test_what_was_asked_is_approved_as_such(house: House, app: FastAPI) -> None:
    """S2.13: a colleague of the same job keeps what they have, where nothing was changed for the other."""
    office = await house.office()
    first = await house.waiting(office, job="Barn", roles=["grower"])
    second = await house.waiting(office, job="Barn")
    chief = await boss(house, app, office)

    await approve(chief, first)

    assert (await house.doorstep.show(second.id)).permissions == second.permissions


async def test_rejecting_deletes_the_username_and_tells_the_person(house: House, app: FastAPI) -> None:
    """S4.46: the effect stands above the button; the username goes in the same step, and the reason is mailed."""
    office = await house.office()
    waiting = await house.waiting(office)
    chief = await boss(house, app, office)
    page = await chief.look(review_of(waiting))

    await reject(chief, waiting, reason="Not with us any more")

    done = await house.until_state(waiting, State.REJECTED)
    assert f"Rejecting deletes the username {waiting.username}" in page.words
    assert (done.user_id, done.is_silent) == (None, False)
    with pytest.raises(NotFound):
        await house.doorstep.user(waiting.username)
    assert "Not with us any more" in text_of(await house.mail_of(waiting, Message.REJECTED))


async def test_a_silent_rejection_tells_nobody(house: House, app: FastAPI) -> None:
    """S4.46: with the box ticked no mail is made."""
    office = await house.office()
    waiting = await house.waiting(office)

    await reject(await boss(house, app, office), waiting, silent="yes")

    done = await house.until_state(waiting, State.REJECTED)
    assert done.is_silent
    assert done.of(Message.REJECTED) == ()


async def test_whoever_was_late_reads_who_was_faster(house: House, app: FastAPI) -> None:
    """Decision 7: a second decision changes nothing, is recorded, and names who decided first."""
    office = await house.office(approvers=2)
    waiting = await house.waiting(office)
    slow = await boss(house, app, office, 2)
    rev = (await slow.look(review_of(waiting))).fields["rev"]["value"]
    await approve(await boss(house, app, office), waiting)

    answer = await slow.send(f"/hub/invitations/{waiting.id}/reject", rev=rev, reason="No")

    page = await slow.look(review_of(waiting))
    assert answer.status_code in {409, 412}
    assert "Somebody was faster" in answer.text
    assert f"Approved by boss1@{office}.example" in page.words
    assert (await house.until_state(waiting, State.ACTIVE)).decided_by == f"boss1@{office}.example"
    assert "command.refused" in await house.events(waiting)


async def test_a_change_meanwhile_keeps_what_was_ticked(house: House, app: FastAPI) -> None:
    """S4.42: where the row was changed since the page was opened, nothing is decided, and the ticks stay."""
    office = await house.office()
    waiting = await house.waiting(office)
    chief = await boss(house, app, office)
    rev = (await chief.look(review_of(waiting))).fields["rev"]["value"]
    await house.doorstep.remind_approvers(waiting.id)

    answer = await chief.send(
        f"/hub/invitations/{waiting.id}/approve", rev=rev, permissions=["pricing"], note="Only prices"
    )

    assert answer.status_code == 412
    assert 'value="pricing" checked' in answer.text
    assert "Only prices" in answer.text
    assert (await house.doorstep.show(waiting.id)).state is State.AWAITING_APPROVAL


async def test_the_inviter_does_not_decide_where_four_eyes_are_asked_for(house: House, app: FastAPI) -> None:
    """S4.4: the buttons are absent, the words say why, and the client API refuses."""
    office = await house.office(approvers=2, four_eyes=True)
    first = f"boss1@{office}.example"
    waiting = await house.waiting(office, actor=first)
    chief = await boss(house, app, office)

    page = await chief.look(review_of(waiting))
    answer = await chief.send(f"/hub/invitations/{waiting.id}/approve", rev=waiting.rev, permissions=["invoices"])
    queue = await chief.look(chief.path("/approvals"))

    assert not [form for form in page.forms if form.endswith(("/approve", "/reject"))]
    assert "second pair of eyes" in page.words
    assert answer.status_code == 403
    assert review_of(waiting) not in queue.links
    assert review_of(waiting) in (await (await boss(house, app, office, 2)).look(chief.path("/approvals"))).links


async def test_staff_look_and_do_not_decide(house: House, app: FastAPI) -> None:
    """S4.4: whoever is no username administrator reads who decides; the client API refuses their form."""
    office = await house.office()
    waiting = await house.waiting(office)
    clerk = await colleague(house, app, office, "administrator")

    page = await clerk.look(review_of(waiting))
    answers = [
        await clerk.send(f"/hub/invitations/{waiting.id}/{end}", rev=waiting.rev) for end in ("approve", "reject")
    ]

    assert f"boss1@{office}.example" in page.words
    assert not [form for form in page.forms if form.endswith(("/approve", "/reject"))]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert (await house.doorstep.show(waiting.id)).state is State.AWAITING_APPROVAL


async def test_one_decision_leads_to_the_next(house: House, app: FastAPI) -> None:
    """S4.44: after a decision the next one that waits is there, after the last one the queue; each can be skipped."""
    office = await house.office()
    one, two, three = [await house.waiting(office) for _ in range(3)]
    chief = await boss(house, app, office)
    queue = await chief.look(chief.path("/approvals"))

    pages = [await chief.look(review_of(each)) for each in (two, three)]
    places = [(await approve(chief, each)).headers["location"] for each in (two, three, one)]

    assert [link for link in queue.links if link.endswith("/review")] == [review_of(each) for each in (one, two, three)]
    ways = [[link for link in page.links if link.endswith("/review")] for page in pages]
    assert ways == [[review_of(three)], [review_of(one)]]
    assert places[:2] == [f"{review_of(three)}?done=approved", f"{review_of(one)}?done=approved"]
    assert places[2] == f"/hub/offices/{office}/approvals?done=approved"
    assert "Nothing waits for you" in (await chief.look(chief.path("/approvals"))).words


async def test_what_is_overdue_is_marked(house: House, app: FastAPI) -> None:
    """S4.24: the queue and the review page say that a decision is overdue."""
    office = await house.office()
    waiting = await house.waiting(office)
    await house.pass_time(waiting, timedelta(hours=73))
    chief = await boss(house, app, office)

    pages = [await chief.look(path) for path in (chief.path("/approvals"), review_of(waiting))]

    assert all("overdue" in page.words for page in pages)


async def test_what_is_usual_is_told_from_the_nearest(house: House, app: FastAPI) -> None:
    """S4.42: what others on the account have; else others with the same roles; else anybody of the office."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Farms", "2000": "Rimu Station"})
    await active(house, office, accounts=["1042"], roles=["grower"])
    same, role, other = [
        await house.waiting(office, accounts=[account], roles=[role])
        for account, role in (("1042", "buyer"), ("2000", "grower"), ("2000", "buyer"))
    ]

    found = [(await house.doorstep.review(each.id)).usual for each in (same, role, other)]

    assert [usual.whose for usual in found] == ["account", "role", "office"]
    assert {usual.people for usual in found} == {1}
    assert all("agronomy_plans" in usual.permissions for usual in found)
    chief = await boss(house, app, office)
    assert "others on the same account have (1 looked at)" in (await chief.look(review_of(same))).words


async def test_nobody_grants_more_than_they_may(house: House, app: FastAPI) -> None:
    """S1.20: boxes beyond what an administrator on the staff may grant are shut, and the client API refuses them."""
    office = await house.office()
    address = f"boss1@{office}.example"
    waiting = await house.waiting(office)
    await house.doorstep.staff_set(office, address, permissions=["companyView"], may_grant=["invoices"])
    chief = await boss(house, app, office)

    page = await chief.look(review_of(waiting))
    refused = await approve(chief, waiting, permissions=["invoices", "pricing"])
    done = await approve(chief, waiting, permissions=["invoices"])

    assert "not yours to grant" in page.words
    assert refused.status_code == 403
    assert done.status_code == 303
    assert (await house.until_state(waiting, State.ACTIVE)).granted == ("invoices",)


async def test_what_is_not_set_up_is_not_decided(house: House, app: FastAPI) -> None:
    """Decision 7: before the set-up there is nothing to decide, and afterwards the page says who decided."""
    office = await house.office()
    pending, decided = await house.pending(office), await active(house, office)
    chief = await boss(house, app, office)

    early, late = [await chief.look(review_of(each)) for each in (pending, decided)]

    assert "the set-up is not finished" in early.words
    assert "Approved by you" in late.words


async def test_t20_the_review_of_another_office_is_not_there(house: House, app: FastAPI) -> None:
    """T20: neither to read nor to decide, and no different from one that there is not."""
    office, foreign = await house.office(), await house.office()
    waiting = await house.waiting(foreign)
    chief = await boss(house, app, office)
    paths = [f"/hub/invitations/{each}" for each in (waiting.id, UUID(int=7))]

    looks = [(await chief.browser.get(f"{path}/review")).status_code for path in paths]
    sends = [(await chief.send(f"{path}/approve", rev=waiting.rev)).status_code for path in paths]

    assert looks + sends == [404] * 4
    assert (await house.doorstep.show(waiting.id)).state is State.AWAITING_APPROVAL
