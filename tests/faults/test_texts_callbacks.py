"""News of a text: believed only with the signature of the gateway, over our own address and every word of it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from uuid import UUID

import pytest
from twilio.request_validator import RequestValidator

from doorstep.domain.messages import DeliveryStatus
from doorstep.text.callbacks import Report, is_genuine, report_of, status_url
from doorstep.text.gateway import Gateway, gateway_from
from doorstep.text.outcomes import Cause
from doorstep.text.texter import Texter
from tests.faults.misbehaving_texts import TOKEN, Callback, MisbehavingTexts
from tests.faults.texting import DELIVERY, TEXT, TO, texting

PORTAL = "https://portal.example.org"
ANOTHER = UUID(int=7)


@pytest.fixture
async def gateway() -> AsyncIterator[MisbehavingTexts]:
    async with MisbehavingTexts() as gateway:
        yield gateway


@pytest.fixture
async def sent(gateway: MisbehavingTexts) -> Callback:
    """The gateway's word that a text of ours was delivered."""
    async with Texter.of(texting(gateway.url)) as texter:
        await texter.hand_over(TEXT, TO, DELIVERY)
    return gateway.callback(gateway.stored[0], "delivered")


def ours(gateway: MisbehavingTexts) -> Gateway:
    """The gateway as our settings have it."""
    found = gateway_from(texting(gateway.url))
    assert found is not None
    return found


def believed(
    gateway: MisbehavingTexts,
    report: Callback,
    *,
    delivery: UUID = DELIVERY,
    portal: str = PORTAL,
    fields: Mapping[str, str] | None = None,
) -> bool:
    """What we make of a report that reached the address of `delivery`."""
    said = report.fields if fields is None else fields
    return is_genuine(ours(gateway), portal, delivery, said, report.signature)


async def test_the_word_of_the_gateway_is_believed(gateway: MisbehavingTexts, sent: Callback) -> None:
    """S0.17: a report signed with the token, over the address that we gave and every field, is the gateway's own."""
    assert believed(gateway, sent)
    assert report_of(sent.fields) == Report(DeliveryStatus.DELIVERED)


@pytest.mark.parametrize("signature", ["", "forged", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "\u00e9"])
async def test_a_forged_signature_is_not(gateway: MisbehavingTexts, sent: Callback, signature: str) -> None:
    """S0.17: without a signature, or with somebody else's, a report is nobody's word."""
    assert not believed(gateway, replace(sent, signature=signature))


async def test_another_word_is_not(gateway: MisbehavingTexts, sent: Callback) -> None:
    """S0.17: a signature is for the fields it was made over: change, add or leave one out, and it is void."""
    changed = [
        sent.fields | {"MessageStatus": "failed"},
        sent.fields | {"ErrorCode": "30005"},
        {name: value for name, value in sent.fields.items() if name != "To"},
        {},
    ]

    assert [believed(gateway, sent, fields=fields) for fields in changed] == [False] * 4


async def test_a_report_counts_for_its_own_delivery(gateway: MisbehavingTexts, sent: Callback) -> None:
    """S0.17: a genuine report that is sent to the address of another delivery says nothing of that one."""
    assert not believed(gateway, sent, delivery=ANOTHER)


@pytest.mark.parametrize("portal", ["https://evil.example", "http://portal.example.org", f"{PORTAL}.evil.example"])
async def test_the_address_is_that_of_the_settings(gateway: MisbehavingTexts, sent: Callback, portal: str) -> None:
    """S0.17: the signature is checked over our own address; one that was made for another address is not ours."""
    assert not believed(gateway, sent, portal=portal)


async def test_another_token_is_not(gateway: MisbehavingTexts, sent: Callback) -> None:
    """S0.17: whoever has an account of their own at the same gateway cannot sign for ours."""
    other = replace(ours(gateway), token="theirs")

    assert not is_genuine(other, PORTAL, DELIVERY, sent.fields, sent.signature)


@pytest.mark.parametrize(
    ("portal", "is_loopback", "wanted"),
    [
        ("https://portal.example.org", False, f"https://portal.example.org/text/status/{DELIVERY}"),
        ("https://portal.example.org/", False, f"https://portal.example.org/text/status/{DELIVERY}"),
        ("http://127.0.0.1:8080", True, f"http://127.0.0.1:8080/text/status/{DELIVERY}"),
        ("http://127.0.0.1:8080", False, ""),
    ],
)
async def test_reports_come_over_https_or_stay_on_this_machine(
    gateway: MisbehavingTexts, portal: str, *, is_loopback: bool, wanted: str
) -> None:
    """T33: a gateway far away is never asked to tell us about people in plain text."""
    assert status_url(replace(ours(gateway), is_loopback=is_loopback), portal, DELIVERY) == wanted


async def test_an_address_that_was_never_given_is_not_believed(gateway: MisbehavingTexts) -> None:
    """T33: where no report can come, none is believed, whatever it is signed with."""
    far = replace(ours(gateway), is_loopback=False)
    over_nothing = RequestValidator(TOKEN).compute_signature("", {})

    assert not is_genuine(far, "http://portal.example.org", DELIVERY, {}, over_nothing)


@pytest.mark.parametrize(
    ("status", "code", "report"),
    [
        ("sent", "", Report(DeliveryStatus.SENT)),
        ("delivered", "", Report(DeliveryStatus.DELIVERED)),
        ("read", "", Report(DeliveryStatus.DELIVERED)),
        ("undelivered", "30005", Report(DeliveryStatus.BOUNCED, Cause.NUMBER_REFUSED, 30005)),
        ("undelivered", "30006", Report(DeliveryStatus.BOUNCED, Cause.NUMBER_REFUSED, 30006)),
        ("undelivered", "30003", Report(DeliveryStatus.BOUNCED, Cause.NOT_REACHED, 30003)),
        ("undelivered", "21610", Report(DeliveryStatus.BOUNCED, Cause.OPTED_OUT, 21610)),
        ("undelivered", "30007", Report(DeliveryStatus.BOUNCED, Cause.MESSAGE_REFUSED, 30007)),
        ("undelivered", "39999", Report(DeliveryStatus.BOUNCED, Cause.NOT_REACHED, 39999)),
        ("failed", "", Report(DeliveryStatus.BOUNCED, Cause.NOT_REACHED)),
        ("failed", "x", Report(DeliveryStatus.BOUNCED, Cause.NOT_REACHED)),
        ("failed", "30002", Report(DeliveryStatus.FAILED, Cause.ACCOUNT_INACTIVE, 30002)),
        ("failed", "30001", Report(DeliveryStatus.FAILED, Cause.TRY_LATER, 30001)),
        ("undelivered", "30034", Report(DeliveryStatus.FAILED, Cause.SENDER_REFUSED, 30034)),
        ("queued", "", None),
        ("sending", "", None),
        ("accepted", "", None),
        ("", "", None),
    ],
)
def test_f12_a_report_says_how_far_the_text_got(status: str, code: str, report: Report | None) -> None:
    """F12: a number that cannot get it has bounced; one lost by the account, the sender or the network has failed."""
    assert report_of({"MessageStatus": status, "ErrorCode": code}) == report
