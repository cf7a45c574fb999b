"""Users in the Team Hub: found, their permissions maintained, suspended, resumed, deleted, erased."""

from uuid import UUID

import pytest
from fastapi import FastAPI

from doorstep.domain.errors import NotFound
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store.user_views import UserView
from tests.functional.staffing import staffed
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import Seen, active, add_accounts


def shown(page: Seen) -> set[str]:
    """The users that a page lists, by their ids."""
    return {link.rpartition("/")[2] for link in page.links if link.startswith("/hub/users/")}


def steps_of(page: Seen) -> set[str]:
    """The buttons on the page of a user."""
    return {form.rpartition("/")[2] for form in page.forms if form.startswith("/hub/users/")}


async def user_of(house: House, invitation: Invitation) -> UserView:
    """The user that an invitation made."""
    row = await house.doorstep.show(invitation.id)
    assert row.user_id is not None
    return await house.doorstep.user_view(row.user_id)


async def press(who: Colleague, view: UserView, step: str, **fields: object) -> str:
    """Send the form of a button; where it leads."""
    path = f"/hub/users/{view.user.id}"
    assert step in steps_of(await who.look(path)), step
    answer = await who.send(f"{path}/{step}", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_users_are_found_by_words_state_and_account(house: House, app: FastAPI) -> None:
    """S4.19: a part of the username, the name or the address; each filter by itself."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Farms"})
    found = await user_of(house, await active(house, office, accounts=["1042"], name="Ana Ngata"))
    ana, ben = found.user, (await user_of(house, await house.waiting(office, name="Ben Rata"))).user
    clerk = await colleague(house, app, office, "customerView")

    cases = {
        "": {ana, ben},
        "q=RATA": {ben},
        f"q={ana.username[:9]}": {ana},
        "state=unapproved": {ben},
        "account=1042": {ana},
        "account=77": set(),
        "q=zzz": set(),
    }
    results = {query: shown(await clerk.look(clerk.path(f"/users?{query}"))) for query in cases}

    assert results == {query: {str(user.id) for user in wanted} for query, wanted in cases.items()}


async def test_staff_maintain_the_permissions_of_each_account(house: House, app: FastAPI) -> None:
    """S4.19: what is ticked on one account is what the user has there; the other account stays as it is."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Farms", "2000": "Rimu Station"})
    view = await user_of(house, await active(house, office, accounts=["1042", "2000"]))
    first, second = view.memberships
    clerk = await colleague(house, app, office, "customerView", "customerEdit")

    place = await press(clerk, view, "permissions", membership=str(first.id), permissions=["pricing", "invoices"])

    page = await clerk.look(place)
    after = (await house.doorstep.user_view(view.user.id)).memberships
    assert "Saved." in page.words
    assert [set(each.permissions) for each in after] == [{"pricing", "invoices"}, set(second.permissions)]


async def test_a_membership_that_is_gone_is_not_changed(house: House, app: FastAPI) -> None:
    """S4.19: the form of an account that the user has left meanwhile changes nothing else."""
    office = await house.office()
    view = await user_of(house, await active(house, office))
    clerk = await colleague(house, app, office, "administrator")

    answer = await clerk.send(
        f"/hub/users/{view.user.id}/permissions", membership=str(UUID(int=7)), permissions=["pricing"]
    )

    assert answer.status_code == 409
    assert (await house.doorstep.user_view(view.user.id)).memberships == view.memberships


async def test_s1_20_what_may_not_be_granted_is_not_offered(house: House, app: FastAPI) -> None:
    """S1.20: boxes for what the colleague may grant; the page says what saving takes away, the API refuses more."""
    office = await house.office()
    view = await user_of(house, await active(house, office))
    clerk = await colleague(house, app, office, "administrator", may_grant=["invoices", "pricing"])
    path = f"/hub/users/{view.user.id}"

    page = await clerk.look(path)
    answer = await clerk.send(
        f"{path}/permissions", membership=str(view.memberships[0].id), permissions=["invoices", "costs"]
    )

    assert 'value="pricing"' in page.html
    assert 'value="costs"' not in page.html
    assert "which you may not grant: saving takes it away" in page.words
    assert answer.status_code == 403


async def test_a_user_is_suspended_and_let_in_again(house: House, app: FastAPI) -> None:
    """S4.19: the effect is named first; the user keeps everything."""
    office = await house.office()
    view = await user_of(house, await active(house, office))
    clerk = await colleague(house, app, office, "administrator")
    page = await clerk.look(f"/hub/users/{view.user.id}")

    await press(clerk, view, "suspend")
    suspended = await house.doorstep.user_view(view.user.id)
    between = steps_of(await clerk.look(f"/hub/users/{view.user.id}"))
    await press(clerk, view, "resume")

    assert "is signed out at once" in page.words
    assert suspended.user.state == "suspended"
    assert {"suspend", "password-link"}.isdisjoint(between)
    assert (await house.doorstep.user_view(view.user.id)).user.state == "active"


async def test_t30_staff_mail_a_link_and_set_no_password(house: House, app: FastAPI) -> None:
    """T30: the link goes to the user; no page has a field for the password of another."""
    office = await house.office()
    invitation = await active(house, office)
    view = await user_of(house, invitation)
    clerk = await colleague(house, app, office, "administrator")

    await press(clerk, view, "password-link")

    mail = await house.mail_of(invitation, Message.PASSWORD_RESET)
    assert "/reset/" in str(mail)
    assert 'type="password"' not in (await clerk.look(f"/hub/users/{view.user.id}")).html
    records = await house.doorstep.audit(invitation.id, includes_user=True)
    assert ("user.password_reset_asked", clerk.address) in {(each.event, each.actor) for each in records}


async def test_a_user_is_deleted(house: House, app: FastAPI) -> None:
    """S4.47: the effect is named first; the username is gone, and the list is next."""
    office = await house.office()
    view = await user_of(house, await active(house, office))
    clerk = await colleague(house, app, office, "administrator")
    page = await clerk.look(f"/hub/users/{view.user.id}")

    place = await press(clerk, view, "delete")

    assert "is deleted for good, and its seat is free" in page.words
    assert place == clerk.path("/users?done=user-deleted")
    with pytest.raises(NotFound):
        await house.doorstep.user_view(view.user.id)


async def test_who_waits_for_a_decision_is_reviewed_instead(house: House, app: FastAPI) -> None:
    """S4.46: no button deletes somebody about whom nobody has decided; the review page is a step away."""
    office = await house.office()
    waiting = await house.waiting(office)
    view = await user_of(house, waiting)
    clerk = await colleague(house, app, office, "administrator")

    page = await clerk.look(f"/hub/users/{view.user.id}")
    answer = await clerk.send(f"/hub/users/{view.user.id}/delete")

    assert "delete" not in steps_of(page)
    assert f"/hub/invitations/{waiting.id}/review" in page.links
    assert answer.status_code == 409
    assert (await house.doorstep.show(waiting.id)).state is State.AWAITING_APPROVAL


async def test_t34_a_user_is_erased_by_whoever_may(house: House, app: FastAPI) -> None:
    """T34: only with the right; afterwards there is no such user."""
    office = await house.office()
    view = await user_of(house, await active(house, office))
    clerk, eraser = [await colleague(house, app, office, each) for each in ("administrator", "erase_people")]

    without = steps_of(await clerk.look(f"/hub/users/{view.user.id}"))
    await press(eraser, view, "erase")

    assert "erase" not in without
    await eraser.look(f"/hub/users/{view.user.id}", status=404)


async def test_s4_4_whoever_may_only_look_has_no_buttons(house: House, app: FastAPI) -> None:
    """S4.4: the page without a form, and the client API refuses each."""
    office = await house.office()
    view = await user_of(house, await active(house, office))
    viewer = await colleague(house, app, office, "companyView")
    path = f"/hub/users/{view.user.id}"

    page = await viewer.look(path)
    answers = [
        await viewer.send(f"{path}/{step}") for step in ("suspend", "resume", "password-link", "delete", "erase")
    ]
    answers.append(await viewer.send(f"{path}/permissions", membership=str(view.memberships[0].id)))

    assert steps_of(page) == set()
    assert {answer.status_code for answer in answers} == {403}


async def test_t20_a_user_of_two_offices_is_shown_as_far_as_one_reaches(house: House, app: FastAPI) -> None:
    """T20: staff of one office see what belongs there, may take the user out of it, and cannot shut them out."""
    office, other = await house.office(), await house.office()
    first = await active(house, office)
    again = await house.doorstep.invite(office=other, email=first.address)
    await house.doorstep.approve(again.id, approver=f"boss1@{other}.example")
    await house.until_state(again, State.ACTIVE)
    view = await user_of(house, first)
    clerk = await colleague(house, app, office, "administrator")

    page = await clerk.look(f"/hub/users/{view.user.id}")
    refused = await clerk.send(f"/hub/users/{view.user.id}/suspend")
    await press(clerk, view, "delete")

    assert f"Office {other}" not in page.words
    assert "leaves those alone" in page.words
    assert "suspend" not in steps_of(page)
    assert refused.status_code == 403
    assert [each.office for each in (await house.doorstep.user_view(view.user.id)).memberships] == [other]


async def test_s1_3_users_of_accounts_that_are_not_assigned_are_not_there(house: House, app: FastAPI) -> None:
    """S1.3: neither in the list nor under their address."""
    office, clerk = await staffed(house, "crmCompanyView", "crmCompanyEdit")
    person = await colleague(house, app, office, address=clerk.actor.name)
    mine = await user_of(house, await active(house, office, accounts=["1042"]))
    other = await user_of(house, await active(house, office, accounts=["2000"]))

    page = await person.look(person.path("/users"))

    assert shown(page) == {str(mine.user.id)}
    await person.look(f"/hub/users/{other.user.id}", status=404)
