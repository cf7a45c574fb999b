"""Way A: the two mails of somebody who was added directly, and the link to the passwords (S4.12-S4.16)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from doorstep.domain.destination import email_of
from doorstep.domain.errors import Forbidden, Gone, Invalid
from doorstep.domain.events import Event
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.requests import NewPair
from doorstep.local.clock import _move_rows
from doorstep.store import audit, pairing
from doorstep.store.audit import AuditEntry
from starter.sweep import sweep_once
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451, REFUSE_550, TAKES_AND_DROPS
from tests.functional.direct import (
    ACCOUNT,
    add,
    link_of,
    mail_to,
    office_with_account,
    pass_time,
    result_of,
    sent_for,
    token_of,
)
from tests.house import PASSWORD, House, eventually, html_of, text_of

HOUR = timedelta(hours=1)
ANOTHER = "five other words for later"


async def test_the_customer_gets_a_welcome_and_the_link(house: House) -> None:
    """S4.12, S4.15: two mails, from the workflow of the request; the office has nobody who could approve anything."""
    office = await office_with_account(house)

    pair = await add(house, office)
    welcome = await mail_to(house, pair.management.email, Message.WELCOME)
    link = await mail_to(house, pair.management.email, Message.SET_PASSWORD)
    await house.doorstep.reset(house.token(link), password=PASSWORD)

    assert pair.workflow_id == f"password-link-{pair.password_link_id}"
    assert len(house.mails(pair.management.email)) == 2
    assert "/reset/" not in text_of(welcome) + html_of(welcome)
    assert "Hill Farm" in text_of(welcome)
    assert all(name in text_of(link) for name in (pair.management.username, pair.staff.username))
    assert (await house.doorstep.user(pair.management.username)).user.state == "active"
    assert await house.doorstep.list(office=office) == []
    assert await result_of(house, pair) == {"state": "used"}


async def test_one_page_sets_both_passwords(house: House) -> None:
    """S4.12: the link to set the password(s) opens a form for both logins, once, and both sign in."""
    office = await office_with_account(house)
    pair = await add(house, office)
    token = await token_of(house, pair)

    view = await house.doorstep.open_reset(token)
    with pytest.raises(Invalid) as weak:
        await house.doorstep.reset(token, password=PASSWORD, staff_password="short")
    await house.doorstep.reset(token, password=PASSWORD, staff_password=ANOTHER)
    with pytest.raises(Gone) as again:
        await house.doorstep.reset(token, password=ANOTHER, source=office)

    assert (view.username, view.staff_username, view.is_first) == (pair.management.username, pair.staff.username, True)
    assert (weak.value.field, again.value.code) == ("staff_password", "reset_link_dead")
    assert await house.doorstep.sign_in(pair.management.username, PASSWORD, source=office)
    assert await house.doorstep.sign_in(pair.staff.username, ANOTHER, source=office)
    with pytest.raises(Forbidden):
        await house.doorstep.sign_in(pair.staff.username, PASSWORD, source=office)
    assert await result_of(house, pair) == {"state": "used"}
    assert house.mails(pair.management.email, Message.PASSWORD_CHANGED) == [], "it was the first, nothing has changed"


async def test_the_link_dies_after_24_hours_unused(house: House) -> None:
    """S4.13: an hour before the end it opens the form, at the end it does not, and the workflow says so."""
    office = await office_with_account(house)
    pair = await add(house, office)
    token = await token_of(house, pair)

    await pass_time(house, pair, 23 * HOUR)
    early = await house.doorstep.open_reset(token)
    await pass_time(house, pair, HOUR)
    with pytest.raises(Gone) as late:
        await house.doorstep.reset(token, password=PASSWORD, source=office)

    assert early.username == pair.management.username
    assert late.value.code == "reset_link_dead"
    assert await result_of(house, pair) == {"state": "expired"}
    assert (await house.doorstep.user(pair.management.username)).user.state == "setup_pending"


async def test_the_24_hours_begin_when_the_link_is_handed_over(house: House) -> None:
    """S4.13, decision 1: not while a mail server puts it off; the mail prints the moment that counts."""
    office = await office_with_account(house)
    house.smtp.mode = DEFER_451
    pair = await add(house, office)

    async def put_off() -> datetime | None:
        """The end of the link, seen between two attempts: whichever is next moves it on."""
        end = (await link_of(house, pair)).expires_at
        first = await sent_for(house, pair, Message.SET_PASSWORD) if end else None
        return end if first is not None and first.cause and not first.is_attempt_open else None

    before = await eventually(put_off, "an attempt that was put off")
    house.smtp.mode = ACCEPT
    await mail_to(house, pair.management.email, Message.SET_PASSWORD)
    await mail_to(house, pair.management.email, Message.WELCOME)

    sent, link = await sent_for(house, pair, Message.SET_PASSWORD), await link_of(house, pair)
    assert link.expires_at is not None
    assert sent.handed_over_at is not None
    assert sent.attempts >= 2
    assert link.expires_at > before
    assert link.expires_at - sent.handed_over_at == 24 * HOUR


async def test_a_welcome_that_cannot_go_does_not_hold_up_the_link(house: House) -> None:
    """S4.12, F16: a welcome whose template is broken waits until it is mended; the link goes out at once."""
    office = await office_with_account(house)
    await house.doorstep.template_add(office, "welcome-growers")
    await house.doorstep.template_set(office, "welcome-growers", subject="Hello", body="Come in: {{ sign_in_url }}")
    broken = "UPDATE template_versions SET body = '{{ nobody_knows }}' WHERE office = :office"
    await house.run(lambda tx: tx.execute(text(broken), {"office": office}))

    pair = await add(house, office, template="welcome-growers")
    token = await token_of(house, pair)
    waiting = await sent_for(house, pair, Message.WELCOME)
    await house.doorstep.template_set(office, "welcome-growers", subject="Hello", body="Come in now: {{ sign_in_url }}")

    assert (await house.doorstep.open_reset(token)).username == pair.management.username
    assert waiting.cause in {"", "template_broken"}
    assert "Come in now: " in text_of(await mail_to(house, pair.management.email, Message.WELCOME))
    assert len(house.mails(pair.management.email, Message.SET_PASSWORD)) == 1


async def test_a_link_that_died_while_its_end_was_unknown_is_not_mailed_again(house: House) -> None:
    """S4.13, F15: copies are identical, so after 24 hours another one would bring a dead link; it expires instead."""
    office = await office_with_account(house)
    house.smtp.mode = TAKES_AND_DROPS
    pair = await add(house, office)

    async def taken() -> bool | None:
        return True if (await sent_for(house, pair, Message.SET_PASSWORD)).cause else None

    await mail_to(house, pair.management.email, Message.SET_PASSWORD)
    await eventually(taken, "the end of the first attempt")
    await _move_rows(house.settings.database_url.get_secret_value(), pair.password_link_id, 24 * HOUR)
    copies = len(house.mails(pair.management.email, Message.SET_PASSWORD))
    house.smtp.mode = ACCEPT

    assert await result_of(house, pair) == {"state": "expired"}
    assert (await sent_for(house, pair, Message.SET_PASSWORD)).cause == "expired"
    assert len(house.mails(pair.management.email, Message.SET_PASSWORD)) <= copies + 1
    assert (await sent_for(house, pair, Message.WELCOME)).status == DeliveryStatus.SENT


@pytest.mark.parametrize("which", ["management", "staff"])
async def test_too_late_means_forgot_password_with_the_username(house: House, which: str) -> None:
    """S4.16: the link goes to the address on the account and works for somebody who never set a password."""
    office = await office_with_account(house)
    pair = await add(house, office)
    await token_of(house, pair)
    await pass_time(house, pair, 24 * HOUR)
    await result_of(house, pair)
    user = getattr(pair, which)

    await house.doorstep.forgot(user.username.upper(), source=office)
    token = house.token(await mail_to(house, f"ann.{office}@{office}.example", Message.PASSWORD_RESET))
    view = await house.doorstep.open_reset(token)
    await house.doorstep.reset(token, password=PASSWORD)

    assert (view.username, view.staff_username) == (user.username, "")
    assert await house.doorstep.sign_in(user.username, PASSWORD, source=office)
    other = pair.staff if which == "management" else pair.management
    assert (await house.doorstep.user(other.username)).user.state == "setup_pending"


async def test_forgot_password_ends_the_first_link(house: House) -> None:
    """S4.16, T09: whoever sets the password behind the second link leaves no first one lying about."""
    office = await office_with_account(house)
    pair = await add(house, office)
    first = await token_of(house, pair)

    await house.doorstep.forgot(pair.management.username, source=office)
    second = house.token(await mail_to(house, pair.management.email, Message.PASSWORD_RESET))
    await house.doorstep.reset(second, password=PASSWORD)

    with pytest.raises(Gone):
        await house.doorstep.open_reset(first, source=office)


async def test_the_welcome_is_the_template_that_was_chosen(house: House) -> None:
    """S4.14, S1.16: the office's own text under its own name; an unknown name is refused, with the known ones."""
    office = await office_with_account(house)
    await house.doorstep.template_add(office, "welcome-growers")
    grower = "Sown by {{ office_name }}, at {{ sign_in_url }}."
    await house.doorstep.template_set(office, "welcome-growers", subject="Hello grower", body=grower)

    pair = await add(house, office, template="welcome-growers")
    plain = await add(house, office, f"bob.{office}")
    chosen = await mail_to(house, pair.management.email, Message.WELCOME)
    ours = await mail_to(house, plain.management.email, Message.WELCOME)
    with pytest.raises(Invalid) as refused:
        await add(house, office, f"zoe.{office}", template="welcome-fishers")

    assert chosen["Subject"] == "Hello grower"
    assert f"Sown by Office {office}, at http://portal.example/sign-in" in text_of(chosen)
    assert "Sown by" not in text_of(ours)
    assert (refused.value.code, refused.value.field) == ("unknown_template", "template")
    assert "welcome-growers" in refused.value.message


async def test_a_pair_whose_workflow_was_never_started_is_found_by_the_sweep(house: House) -> None:
    """S4.12, F05: Temporal was away when the pair was made; the two mails go out as soon as it is back."""
    office = await office_with_account(house)
    email = email_of(f"ann@{office}.example")
    new = NewPair(office=office, account=ACCOUNT, email=email, username=f"ann.{office}")
    await house.run(lambda tx: pairing.add(tx, house.doorstep.actor, new))

    await sweep_once(house.engine, house.doorstep.starter, older_than=timedelta(0))

    await mail_to(house, email.typed, Message.WELCOME)
    await mail_to(house, email.typed, Message.SET_PASSWORD)
    assert len(house.mails(email.typed)) == 2


async def test_a_pair_at_a_dead_address_shows_that_nothing_arrived(house: House) -> None:
    """S3.7, F12: what the server refuses for good is given up and stands in the records of the user."""
    office = await office_with_account(house)
    house.smtp.mode = REFUSE_550

    pair = await add(house, office)

    async def recorded() -> list[AuditEntry] | None:
        entries = await house.run(lambda tx: audit.entries(tx, pair.management.id))
        bounced = [each for each in entries if each.event == Event.BOUNCED]
        return bounced if len(bounced) == 2 else None

    bounced = await eventually(recorded, "both mails to be refused")
    house.smtp.mode = ACCEPT
    assert sorted(str(each.detail["message"]) for each in bounced) == ["set_password", "welcome"]
    assert {
        each.status for each in [await sent_for(house, pair, m) for m in (Message.WELCOME, Message.SET_PASSWORD)]
    } == {DeliveryStatus.BOUNCED}
