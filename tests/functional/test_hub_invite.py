"""The list of those to invite: who stands in it, who is chosen, where invitations go, and what is sent."""

import re
from uuid import UUID

from fastapi import FastAPI

from doorstep.domain.states import State
from tests.functional.batching import invited, rows_of
from tests.functional.importing import imported
from tests.functional.invite_lists import ended, path_in, staffed, ticks
from tests.functional.staffing import contact_named
from tests.house import House
from tests.hub import colleague
from tests.pages import active, seen


async def test_the_list_holds_those_without_a_username(house: House, app: FastAPI) -> None:
    """S4.26, S4.27, S4.36: who has one is not there, with the way to a second one; reps have a tab of their own."""
    who = await staffed(house, app)
    await active(house, who.office, email=f"cy@{who.office}.example", accounts=["3"])

    customers, reps = await who.look(who.path("/invite")), await who.look(who.path("/invite?reps=yes"))

    assert [name in customers.words for name in ("Ana Hill", "Ben Lake", "Cy Bay", "Kim Road")] == [
        *(True, True, False, False)
    ]
    assert [name in reps.words for name in ("Ana Hill", "Kim Road")] == [False, True]
    assert who.path("/users/new") in customers.links


async def test_the_filters_narrow_and_clear(house: House, app: FastAPI) -> None:
    """S4.29: by customer type, sales rep and price list, all that are named; nothing found says what to do."""
    who = await staffed(house, app)

    retail = await who.look(who.path("/invite?customer_type=Retail"))
    both = await who.look(who.path("/invite?customer_type=Retail&price_list=B"))
    none = await who.look(who.path("/invite?sales_rep=Lee&price_list=B"))

    assert [name in retail.words for name in ("Ana Hill", "Ben Lake", "Cy Bay")] == [True, True, False]
    assert [name in both.words for name in ("Ana Hill", "Ben Lake", "Cy Bay")] == [False, True, False]
    assert "Nobody here matches" in none.words
    assert path_in(none, "Clear") == who.path("/invite")


async def test_all_that_are_filtered_are_selected_on_every_page(house: House, app: FastAPI) -> None:
    """S4.30: beyond the page shown and without a script; whoever is unticked on one page is left out from the next."""
    who = await staffed(house, app)
    await imported(
        house, who.office, *(f"M{n},Many {n},Many,Kim,A,P {n},p{n}@{who.office}.example," for n in range(60))
    )
    listed = who.path("/invite?customer_type=Many")

    everybody = await who.look(path_in(await who.look(listed), "Select All Filtered"))
    boxes = ticks(everybody)
    nobody = ticks(await who.look(path_in(everybody, "Unselect All Filtered")))
    [turn] = re.findall(r'formaction="([^"]+)" name="to" value="([^"]+)"', everybody.html)
    fields = {"shown": boxes.shown, "contact": boxes.ticked[2:], "to": turn[1]}
    turned = await who.send(turn[0].replace("&amp;", "&"), **fields)
    second = await who.look(turned.headers["location"])
    rest = ticks(second)
    action = next(each for each in second.forms if "/send" in each)
    answer = await who.send(action, shown=rest.shown, contact=rest.ticked)
    batch = await house.doorstep.batch_cancel(UUID(answer.headers["location"].rpartition("/")[2]))

    assert (len(boxes.shown), len(boxes.ticked), nobody.ticked) == (50, 50, [])
    assert "All 60 filtered customers are selected" in everybody.words
    assert "2 on other pages already" in second.words
    assert len(rest.ticked) == 10
    assert batch.sent.rows == 58


async def test_single_ticks_are_kept_from_page_to_page(house: House, app: FastAPI) -> None:
    """S4.28, S4.30: a tick on the first page is still one when somebody sends from the second."""
    who = await staffed(house, app)
    await imported(
        house, who.office, *(f"M{n},Many {n},Many,Kim,A,P {n},p{n}@{who.office}.example," for n in range(60))
    )
    first = ticks(await who.look(who.path("/invite?customer_type=Many")))

    fields = {"shown": first.shown, "contact": first.shown[:1], "to": first.shown[-1]}
    turned = await who.send(who.path("/invite/turn?customer_type=Many"), **fields)
    second = await who.look(turned.headers["location"])
    action = next(each for each in second.forms if "/send" in each)
    boxes = ticks(second)
    done = await ended(house, await who.send(action, shown=boxes.shown, contact=boxes.shown[:1]))

    assert "1 selected on other pages" in second.words
    assert [str(row.contact_id) for row in await rows_of(house, done)] == [first.shown[0], boxes.shown[0]]


async def test_an_invitation_address_is_saved_in_the_row(house: House, app: FastAPI) -> None:
    """S4.31, S4.32, S4.33: it starts as the default one and never changes it; what is wrong stays as it was typed."""
    who = await staffed(house, app)
    ana = await contact_named(house, who.office, "Ana")
    action = who.path(f"/invite/{ana}/address?customer_type=Retail")

    before = await who.look(who.path("/invite"))
    wrong = await who.send(action, address="gm at hill")
    saved = await who.send(action, address=f"gm@{who.office}.example")
    after = await who.look(saved.headers["location"])

    contact = await house.doorstep.contact(ana)
    assert before.words.count(f"ana@{who.office}.example") == 2
    assert wrong.status_code == 422
    assert 'value="gm at hill"' in wrong.text
    assert saved.headers["location"].startswith(who.path("/invite?customer_type=Retail"))
    assert "The invitation address is saved" in after.words
    assert (contact.email, contact.portal_email) == (f"ana@{who.office}.example", f"gm@{who.office}.example")


async def test_every_valid_row_is_invited_and_the_others_are_named(house: House, app: FastAPI) -> None:
    """S4.34, S4.35, S4.37: no address holds up nobody; sent once more, nobody gets a second link."""
    who = await staffed(house, app)
    boxes = ticks(await who.look(who.path("/invite")))
    fields = {"shown": boxes.shown, "contact": boxes.shown}

    first = await ended(house, await who.send(who.path("/invite/send"), **fields))
    second = await ended(house, await who.send(who.path("/invite/send"), **fields))
    page = await who.look(f"/hub/batches/{first.id}?result=skipped")
    listed = await who.look(who.path("/invite/invited"))

    assert [(str(row.result), row.code) for row in await rows_of(house, first)] == [
        *(("ok", ""), ("skipped", "no_address"), ("ok", ""))
    ]
    assert {row.code for row in await rows_of(house, second)} == {"already_invited", "no_address"}
    assert "Ben Lake" in page.words
    assert "Enter an invitation address" in page.words
    assert await invited(house, who.office) == [f"ana@{who.office}.example", f"cy@{who.office}.example"]
    assert [name in listed.words for name in ("Ana Hill", "Ben Lake", "Cy Bay")] == [True, False, True]


async def test_reps_are_invited_as_reps(house: House, app: FastAPI) -> None:
    """S4.36: from the tab of the rep users somebody gets what a rep gets."""
    who = await staffed(house, app)
    boxes = ticks(await who.look(who.path("/invite?reps=yes")))

    done = await ended(house, await who.send(who.path("/invite/send?reps=yes"), shown=boxes.shown, contact=boxes.shown))

    [row] = await rows_of(house, done)
    assert row.invitation_id is not None
    assert (await house.doorstep.show(row.invitation_id)).roles == ("rep",)


async def test_without_an_administrator_nothing_is_sent(house: House, app: FastAPI) -> None:
    """S4.21, S4.23: the page says so and has no button; a form that is sent nevertheless is refused."""
    who = await staffed(house, app, approvers=0)
    page = await who.look(who.path("/invite"))
    boxes = ticks(page)

    answer = await who.send(who.path("/invite/send"), shown=boxes.shown, contact=boxes.shown)

    assert "no username administrator" in page.words
    assert who.path("/settings/administrators") in page.links
    assert "Send invitations to" not in page.words
    assert answer.status_code == 409
    assert ticks(seen(answer)).ticked == boxes.shown
    assert (await house.doorstep.batches(who.office)).items == ()


async def test_nobody_ticked_is_said_so(house: House, app: FastAPI) -> None:
    """S4.28: a sending to nobody is refused with what to do, on the same page."""
    who = await staffed(house, app)

    answer = await who.send(who.path("/invite/send?customer_type=Retail"))

    assert answer.status_code == 422
    assert "tick somebody" in seen(answer).words


async def test_instructions_stay_hidden_for_one_person(house: House, app: FastAPI) -> None:
    """S4.25: hidden for whoever hid them, wherever they sign in next, and for nobody else; they come back on demand."""
    who = await staffed(house, app)
    other = await colleague(house, app, who.office, "administrator")
    words = "How this works"

    hidden = await who.send(who.path("/invite/instructions"), hidden="yes")
    elsewhere = await colleague(house, app, who.office, address=who.address)
    seen_by = [words in (await each.look(each.path("/invite"))).words for each in (who, elsewhere, other)]
    await who.send(who.path("/invite/instructions"), hidden="no")

    assert hidden.headers["location"] == who.path("/invite?done=hidden")
    assert seen_by == [False, False, True]
    assert words in (await who.look(who.path("/invite"))).words


async def test_an_unapproved_username_is_approved_in_its_row(house: House, app: FastAPI) -> None:
    """S4.39, S4.43, S4.44: set up, somebody leaves the Customers tab for this one, and leaves it once approved."""
    who = await staffed(house, app)
    boss = await colleague(house, app, who.office, "administrator", address=f"boss1@{who.office}.example")
    invitation = await house.waiting(who.office, email=f"ana@{who.office}.example", accounts=["1"], name="Ana Hill")
    path = who.path("/invite/unapproved")

    customers, others, own = await boss.look(who.path("/invite")), await who.look(path), await boss.look(path)
    refused = await who.send(f"{path}/{invitation.id}/approve")
    approved = await boss.send(f"{path}/{invitation.id}/approve")
    after = await boss.look(approved.headers["location"])

    assert "Ana Hill" not in customers.words
    assert f"/hub/invitations/{invitation.id}/review" in own.links
    assert [f"{path}/{invitation.id}/approve" in page.forms for page in (others, own)] == [False, True]
    assert refused.status_code == 403
    assert "Approved." in after.words
    assert "No username waits" in after.words
    await house.until_state(invitation, State.ACTIVE)


async def test_reps_of_the_office_see_and_invite_their_own(house: House, app: FastAPI) -> None:
    """S4.3, S4.4: a rep is offered and may send to customers assigned to them alone, and a viewer sees no such page."""
    who = await staffed(house, app)
    crm = ("crmCompanyView", "crmCompanyEdit")
    rep = await colleague(house, app, who.office, *crm, is_rep=True, accounts=["3"])
    viewer = await colleague(house, app, who.office, "customerView")
    everybody = ticks(await who.look(who.path("/invite")))

    page = await rep.look(rep.path("/invite"))
    done = await ended(house, await rep.send(rep.path("/invite/send"), shown=everybody.shown, contact=everybody.shown))

    assert [name in page.words for name in ("Ana Hill", "Cy Bay", "Retail")] == [False, True, False]
    assert done.sent.rows == 1
    assert await invited(house, who.office) == [f"cy@{who.office}.example"]
    assert "You may not do that here" in (await viewer.look(viewer.path("/invite"), 403)).words
    assert viewer.path("/invite") not in (await viewer.look(viewer.path())).links
