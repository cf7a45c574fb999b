"""The page of a contact in the Team Hub, and its Portal tab: what stands there, and what each button does."""

from datetime import timedelta
from uuid import UUID

from fastapi import FastAPI

from doorstep.domain.contact import Contact
from doorstep.domain.messages import Message
from doorstep.domain.states import Attention, State
from tests.client_commands import NOWHERE
from tests.faults.misbehaving_smtp import ACCEPT, REFUSE_550
from tests.functional.importing import imported, on, only
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import seen, sign_in, visitor


async def ana(house: House, app: FastAPI, *permissions: str, email: str = "") -> tuple[Colleague, Contact]:
    """Somebody on the staff of a new office, and its only contact."""
    office = await house.office(resend_cooldown=timedelta(0))
    await imported(house, office, f"1042,Kauri Farms,,,,Ana Ngata,{email or f'ana@{office}.example'},021 555 0142")
    who = await colleague(house, app, office, *(permissions or ("administrator",)))
    return who, await only(house, office)


async def invited(house: House, who: Colleague, contact: Contact) -> UUID:
    """The id of the invitation that the button of the tab made; its mail has arrived."""
    sent = await who.send(who.path(f"/clients/{contact.id}/portal/send"), accounts=["1042"], channel="")
    assert sent.headers["location"].endswith("done=portal-invited")
    [invitation] = await house.doorstep.list(office=who.office)
    await house.mail_of(invitation, Message.INVITATION)
    return invitation.id


async def press(who: Colleague, contact: Contact, invitation: UUID, button: str) -> int:
    """The status after a button beside an invitation."""
    answer = await who.send(who.path(f"/clients/{contact.id}/portal/{invitation}/{button}"))
    return answer.status_code


async def test_details_are_edited_and_a_newer_edition_is_not_overwritten(house: House, app: FastAPI) -> None:
    """S1.18: name, phone and accounts can be changed; what somebody else saved meanwhile is kept."""
    who, contact = await ana(house, app)
    path = who.path(f"/clients/{contact.id}")
    shown = await who.look(path)
    await imported(house, who.office, "2000,Rimu Dairies,,,,,,")

    fields = {"phone": "", "account": "Rimu Dairies", "seen": shown.fields["seen"]["value"]}
    saved = await who.send(path, name="Ana Ruiz", **fields)
    late = await who.send(path, name="Too late", **fields)

    now = await house.doorstep.contact(contact.id)
    assert saved.status_code == 303
    assert (late.status_code, seen(late).fields["name"]["value"]) == (412, "Too late")
    assert (now.name, now.phone, on(now), now.email) == ("Ana Ruiz", "", ["1042", "2000"], contact.email)


async def test_turning_the_flag_off_says_its_effect_and_takes_back_what_is_open(house: House, app: FastAPI) -> None:
    """S3.5, S3.9: while it is off, nothing can be sent; what was open is revoked; on again, the button is back."""
    who, contact = await ana(house, app)
    tab = who.path(f"/clients/{contact.id}/portal")
    invitation = await invited(house, who, contact)

    before = await who.look(tab)
    await who.send(f"{tab}/flag", is_portal_user="no")
    off = await who.look(tab)
    refused = await who.send(f"{tab}/send", accounts=["1042"], channel="")
    await who.send(f"{tab}/flag", is_portal_user="yes")
    on_again = await who.look(tab)

    assert "taken back at once: the link stops working" in before.words
    assert (await house.doorstep.show(invitation)).state is State.REVOKED
    assert (f"{tab}/send" in off.forms, refused.status_code) == (False, 409)
    assert f"{tab}/send" in on_again.forms


async def test_the_portal_address_is_asked_about_where_it_looks_mistyped(house: House, app: FastAPI) -> None:
    """S3.6, S3.7: it may differ from the default one, which stays; a likely slip is asked about first."""
    who, contact = await ana(house, app)
    tab, typed = who.path(f"/clients/{contact.id}/portal"), "ana@hotmial.com"
    edition = (await who.look(tab)).fields["seen"]["value"]

    asked = await who.send(f"{tab}/address", portal_email=typed, seen=edition)
    wrong = await who.send(f"{tab}/address", portal_email="ana at home", seen=edition)
    unchanged = await house.doorstep.contact(contact.id)
    fields = {"portal_email": typed, "kept": typed, "use_meant": "yes", "seen": edition}
    saved = await who.send(f"{tab}/address", **fields)

    now = await house.doorstep.contact(contact.id)
    assert (asked.status_code, "Did you mean ana@hotmail.com" in seen(asked).words) == (422, True)
    assert seen(wrong).fields["portal_email"]["value"] == "ana at home"
    assert (unchanged.portal_email, saved.status_code) == ("", 303)
    assert (now.portal_email, now.email) == ("ana@hotmail.com", contact.email)


async def test_what_could_not_be_delivered_is_shown_and_sent_to_the_corrected_address(
    house: House, app: FastAPI
) -> None:
    """S3.7, S3.6: the tab says that nothing arrived; after the address is corrected, one button sends it there."""
    who, contact = await ana(house, app)
    tab, better = who.path(f"/clients/{contact.id}/portal"), f"ana.ngata@{who.office}.example"
    house.smtp.mode = REFUSE_550
    await who.send(f"{tab}/send", accounts=["1042"], channel="")
    [invitation] = await house.doorstep.list(office=who.office)
    await house.until(invitation, lambda row: Attention.UNDELIVERABLE in row.attention)
    house.smtp.mode = ACCEPT

    failed = await who.look(tab)
    await who.send(f"{tab}/address", portal_email=better, seen=failed.fields["seen"]["value"])
    status = await press(who, contact, invitation.id, "readdress")

    assert "It was not delivered" in failed.words
    assert status == 303
    await house.mail_of(invitation, Message.INVITATION, to=better)
    assert "It was not delivered" not in (await who.look(tab)).words


async def test_nothing_is_removed_or_resent_here_once_they_have_signed_in(house: House, app: FastAPI) -> None:
    """S2.9, S2.10, S2.11: both buttons stay until the first sign-in; after it they are gone, and refused."""
    who, contact = await ana(house, app)
    tab = who.path(f"/clients/{contact.id}/portal")
    invitation = await house.doorstep.show(await invited(house, who, contact))
    await house.set_up(invitation)
    waiting = await who.look(tab)
    await house.doorstep.approve(invitation.id, approver=f"boss1@{who.office}.example")
    await house.until_state(invitation, State.ACTIVE)

    active = await who.look(tab)
    resent = await press(who, contact, invitation.id, "resend")
    signed_in = await sign_in(visitor(app), invitation.address)
    settled = await who.look(tab)
    refused = [await press(who, contact, invitation.id, button) for button in ("resend", "remove")]

    buttons = [f"{tab}/{invitation.id}/{button}" for button in ("resend", "remove")]
    assert [button in waiting.forms for button in buttons] == [False, True]
    assert [button in active.forms for button in buttons] == [True, True]
    assert (resent, signed_in.status_code) == (303, 303)
    assert [button in settled.forms for button in buttons] == [False, False]
    assert all(status in {403, 409} for status in refused)
    assert "Invited" in settled.words


async def test_removing_frees_the_contact_for_another_invitation(house: House, app: FastAPI) -> None:
    """S2.3, S2.10: the step says what it does; afterwards the button to send is there again."""
    who, contact = await ana(house, app)
    tab = who.path(f"/clients/{contact.id}/portal")
    invitation = await invited(house, who, contact)

    before = await who.look(tab)
    await press(who, contact, invitation, "remove")
    after = await who.look(tab)

    assert "the link stops working" in before.words
    assert f"{tab}/send" in after.forms
    assert "Earlier invitations" in after.words


async def test_t20_only_what_belongs_to_the_contact_is_touched_here(house: House, app: FastAPI) -> None:
    """T20: an invitation of somebody else, a contact of another office and an id of nothing are not there."""
    who, contact = await ana(house, app)
    foreign_office, foreign = await ana(house, app)
    other = await house.pending(who.office)
    paths = [f"/clients/{foreign.id}", f"/clients/{foreign.id}/portal", f"/clients/{NOWHERE}", "/clients/nobody"]

    shown = [(await who.browser.get(who.path(path))).status_code for path in paths]
    sent = (await who.send(who.path(f"/clients/{foreign.id}/portal/send"), channel="")).status_code
    touched = [await press(who, contact, each, "remove") for each in (other.id, NOWHERE)]

    assert (shown, sent, touched) == ([404] * 4, 404, [404, 404])
    assert (await house.doorstep.show(other.id)).state is State.PENDING
    assert foreign_office.office != who.office


async def test_t20_whoever_works_in_both_offices_finds_a_contact_in_its_own(house: House, app: FastAPI) -> None:
    """T20: the address of a contact below another office of the same person leads to nothing."""
    who, _ = await ana(house, app)
    _, foreign = await ana(house, app)
    await house.doorstep.staff_set(foreign.office, who.address, permissions=["administrator"])

    pages = ["", "/portal"]
    statuses = [(await who.browser.get(who.path(f"/clients/{foreign.id}{page}"))).status_code for page in pages]
    sent = await who.send(who.path(f"/clients/{foreign.id}/portal/flag"), is_portal_user="no")

    assert (statuses, sent.status_code) == ([404, 404], 404)
    assert (await house.doorstep.contact(foreign.id)).is_portal_user


async def test_s4_4_whoever_only_looks_has_no_buttons(house: House, app: FastAPI) -> None:
    """S4.4, S1.5: without the right the buttons are absent, and the forms are refused."""
    who, contact = await ana(house, app, "customerView")
    tab = who.path(f"/clients/{contact.id}/portal")

    pages = [await who.look(path) for path in (tab, who.path(f"/clients/{contact.id}"))]
    refused = [
        (await who.send(f"{tab}/send", accounts=["1042"], channel="")).status_code,
        (await who.send(f"{tab}/flag", is_portal_user="no")).status_code,
        (await who.send(who.path(f"/clients/{contact.id}"), name="X", seen=contact.updated_at.isoformat())).status_code,
    ]

    assert not any(form.startswith(who.path("/clients")) for page in pages for form in page.forms)
    assert refused == [403, 403, 403]


async def test_every_page_of_a_contact_is_headed_by_the_name_of_the_office(house: House, app: FastAPI) -> None:
    """S3.4: the Portal tab is a part of the record of the customer, and looks like one."""
    who, contact = await ana(house, app)

    titles = [(await who.look(who.path(f"/clients/{contact.id}{page}"))).title for page in ("", "/portal")]

    office = f"Office {who.office}"
    assert titles == [f"Ana Ngata · {office} · Team Hub", f"Customer Portal of Ana Ngata · {office} · Team Hub"]
