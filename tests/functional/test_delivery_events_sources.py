"""Who may report what became of our mail: whoever signs it, for their own office, under a secret that is good now."""

import json
from datetime import timedelta

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import State
from doorstep.store import deliveries
from tests.client_commands import acting
from tests.functional.delivery_reporting import NOBODY, Provider, event_of, provider_of
from tests.functional.returning import invited
from tests.functional.test_states_signing_in import forgotten
from tests.house import House
from tests.members import boss_of
from tests.pages import everything

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def out(house: House) -> tuple[Invitation, Provider]:
    """An invitation whose mail is out, and a provider that reports of it."""
    invitation = await invited(house)
    return invitation, await provider_of(house, invitation)


async def test_t32_what_is_not_signed_changes_nothing(house: House, out: tuple[Invitation, Provider]) -> None:
    """T32: no signature, another secret, another body, an old one, one to come, a header that is no text."""
    invitation, provider = out
    body = json.dumps([event_of(house, invitation, "bounced", type="hard")]).encode()
    stranger = (await provider_of(house, await invited(house))).reporting.secret
    before = await everything(house, invitation)

    answers = [
        await provider.post(body, secret=stranger),
        await provider.post(body, age=6 * MINUTE),
        await provider.post(body, age=-6 * MINUTE),
        await provider.post(body, webhook_signature=""),
        await provider.post(body, webhook_signature="v1"),
        await provider.post(body, webhook_signature="v1,%%%"),
        await provider.post(body, webhook_timestamp="nan"),
        await provider.post(body, webhook_id="msg_other"),
        await provider.post(b"[\xff]"),
        await provider.post(body, path=f"/delivery-events/{NOBODY[1:37]}"),
        await provider.post(body, path="/delivery-events/nothing"),
    ]

    assert [each.status_code for each in answers] == [403] * 10 + [404]
    assert {each.json()["code"] for each in answers[:10]} == {"signature_invalid"}
    assert await everything(house, invitation) == before


async def test_what_is_signed_may_still_be_nonsense(house: House, out: tuple[Invitation, Provider]) -> None:
    """T27: no list, no JSON, too deep, too many, too long; each is refused as a whole."""
    invitation, provider = out
    many = json.dumps([event_of(house, invitation, "bounced")] * 1001).encode()

    answers = [
        await provider.post(body)
        for body in (b"{}", b"", b"[" * 100_000, b"null", many, b"[" + b" " * 1024 * 1024 + b"]")
    ]

    assert [each.status_code for each in answers] == [422, 422, 422, 422, 413, 413]
    assert await provider.became(invitation) == ("sent", "")


async def test_t20_a_source_knows_the_mail_of_its_own_office_alone(
    house: House, out: tuple[Invitation, Provider]
) -> None:
    """T20: a message of another office is answered like one that is not there, whatever is said of it."""
    foreign, provider = await invited(house), out[1]
    before = await everything(house, foreign)

    events = [event_of(house, foreign, event) for event in ("delivered", "deferred", "bounced", "complained")]
    outcomes = await provider.reports(*events)

    assert outcomes == ["unknown"] * 4
    assert await everything(house, foreign) == before


async def test_a_mail_about_a_password_is_the_offices_too(house: House, out: tuple[Invitation, Provider]) -> None:
    """S3.7: support sees what became of it; the source of another office does not know it (T20)."""
    invitation, provider = out
    other = await provider_of(house, await invited(house))
    await house.set_up(invitation, username=invitation.address)
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.until_state(invitation, State.ACTIVE)
    request = await forgotten(house, invitation.address, source=invitation.office.code)
    mail = await house.mail_of(invitation, Message.PASSWORD_RESET)
    event = {"message_id": mail["Message-ID"], "event": "bounced", "type": "hard"}

    outcomes = [await each.reports(event) for each in (other, provider)]

    [delivery] = await house.run(lambda tx: deliveries.of_subject(tx, request))
    assert outcomes == [["unknown"], ["noted"]]
    assert (delivery.status, delivery.cause) == (DeliveryStatus.BOUNCED, "address_refused")


async def test_t23_a_secret_is_replaced_without_losing_a_report(house: House, out: tuple[Invitation, Provider]) -> None:
    """T23: both are good while the provider changes over; then, and after a removal, the old one opens nothing."""
    invitation, provider = out
    office, body = invitation.office.code, b"[]"
    doorstep, old = house.doorstep, provider.reporting.secret

    renewed = await doorstep.delivery_source_rotate(office, "Postwerk")
    both = [await provider.post(body, secret=each) for each in (old, renewed.secret)]
    at_once = await doorstep.delivery_source_rotate(office, "Postwerk", overlap=timedelta(0))
    one = [await provider.post(body, secret=each) for each in (old, renewed.secret, at_once.secret)]
    listed = await doorstep.delivery_sources(office)
    await doorstep.delivery_source_remove(office, "Postwerk")
    none = await provider.post(body, secret=at_once.secret)
    back = await doorstep.delivery_source_add(office, "Postwerk")
    again = [await provider.post(body, secret=each) for each in (at_once.secret, back.secret)]

    assert [each.status_code for each in both] == [200, 200]
    assert [each.status_code for each in one] == [403, 403, 200]
    assert [(each.source.name, each.secret, each.address) for each in listed] == [
        ("Postwerk", "", provider.reporting.address)
    ]
    assert listed[0].source.last_report_at is not None
    assert none.status_code == 403
    assert [each.status_code for each in again] == [403, 200]
    assert back.address == provider.reporting.address


async def test_sources_are_kept_by_whoever_keeps_the_settings(house: House, out: tuple[Invitation, Provider]) -> None:
    """T20, S4.4: neither a colleague without the right nor the administrator of another office; each is recorded."""
    office = out[0].office.code
    home = await house.office()
    for place, permission in ((home, "administrator"), (office, "administrator"), (office, "superuser")):
        await house.doorstep.staff_set(place, f"{permission}@{place}.example", permissions=[permission])
    theirs = acting(house.doorstep, f"administrator@{office}.example")
    strangers = [f"superuser@{office}.example", f"administrator@{home}.example"]

    for doorstep in (acting(house.doorstep, each) for each in strangers):
        for asked in (
            doorstep.delivery_source_add(office, "Mine"),
            doorstep.delivery_source_rotate(office, "Postwerk"),
            doorstep.delivery_source_remove(office, "Postwerk"),
            doorstep.delivery_sources(office),
        ):
            with pytest.raises(Forbidden):
                await asked
    refusals: list[type[Refused]] = [Conflict, NotFound, NotFound, Invalid, Invalid]
    asked_for = [
        theirs.delivery_source_add(office, " Postwerk "),
        theirs.delivery_source_rotate(office, "Nobody"),
        theirs.delivery_source_remove(office, "Nobody"),
        theirs.delivery_source_add(office, " "),
        theirs.delivery_source_rotate(office, "Postwerk", overlap=timedelta(days=31)),
    ]
    for refusal, command in zip(refusals, asked_for, strict=True):
        with pytest.raises(refusal):
            await command

    assert [each.source.name for each in await theirs.delivery_sources(office)] == ["Postwerk"]
    recorded = await house.doorstep.office_audit(office, is_refused=True)
    assert [each.detail["command"] for each in recorded].count("delivery-source.rotate") >= 3
