"""The account of the text gateway: encrypted on its way, never shown, and set right from the start (F13, T02, T33)."""

import logging
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from structlog.testing import capture_logs

from doorstep.domain.messages import Handover, HandoverResult
from doorstep.settings import SettingsError
from doorstep.text.gateway import gateway_from
from doorstep.text.outcomes import Cause
from doorstep.text.texter import Texter
from tests.faults import misbehaving_texts as texts
from tests.faults.misbehaving_texts import ACCOUNT, TOKEN, MisbehavingTexts, Mode
from tests.faults.texting import DELIVERY, TEXT, TO, texting
from tests.logged import about

ENCRYPTED = f"twilio://{ACCOUNT}:{TOKEN}@"


@pytest.fixture
async def gateway() -> AsyncIterator[MisbehavingTexts]:
    async with MisbehavingTexts() as gateway:
        yield gateway


async def test_f13_a_gateway_that_cannot_prove_its_name_gets_nothing() -> None:
    """F13, T33: with a certificate that nobody vouches for, not even the account is told; the text waits."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async with MisbehavingTexts(tls=context) as gateway, Texter.of(texting(gateway.url)) as texter:
        with capture_logs() as logs:
            result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TLS_FAILED)
    assert [entry["log_level"] for entry in about(logs, DELIVERY)] == ["error"]
    assert gateway.requests == 0


async def test_f14_a_gateway_that_never_answers_the_handshake_defers(gateway: MisbehavingTexts) -> None:
    """F14: a time-out before the request leaves no doubt that the text was not taken."""
    gateway.mode = Mode(action="stall", is_at_connect=True)
    url = gateway.url.replace("twilio+http://", "twilio://")

    async with Texter.of(texting(url, seconds=0.5)) as texter:
        result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TIMED_OUT)


@pytest.mark.parametrize(
    ("mode", "level"),
    [
        (texts.ACCEPT, "info"),
        (texts.INVALID_NUMBER_21211, "warning"),
        (texts.SIGN_IN_REFUSED_401, "error"),
        (texts.BUSY_429, "warning"),
        (texts.BROKEN_500, "warning"),
        (texts.TAKES_AND_DROPS, "warning"),
    ],
)
async def test_t02_no_number_text_or_token_in_results_and_logs(
    gateway: MisbehavingTexts, caplog: pytest.LogCaptureFixture, mode: Mode, level: str
) -> None:
    """T02: gateways repeat the number in their answers; at DEBUG neither we nor any library writes it down."""
    gateway.mode = mode

    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        async with Texter.of(texting(gateway.url)) as texter:
            result = await texter.hand_over(TEXT, TO, DELIVERY)

    said = f"{logs} {caplog.text} {result} {texter.__dict__}"
    assert [entry["log_level"] for entry in about(logs, DELIVERY)] == [level]
    assert not any(secret in said for secret in (TO, TO[1:], "invitation/abc", TOKEN, ACCOUNT))


async def test_t02_the_log_of_an_operators_fault_says_what_to_look_up(gateway: MisbehavingTexts) -> None:
    """F13: an error of the account is logged as an error with Twilio's code, under one stable name."""
    gateway.mode = Mode(400, 21606)

    with capture_logs() as logs:
        async with Texter.of(texting(gateway.url)) as texter:
            await texter.hand_over(TEXT, TO, DELIVERY)

    wanted = {"event": "text_gateway_refuses_us", "cause": "sender_refused", "reply_code": 21606, "outcome": "deferred"}
    assert wanted.items() <= about(logs, DELIVERY)[0].items()


def test_t02_settings_and_gateway_show_no_token() -> None:
    """T02: printed, neither the settings nor what is made of them tells the account or its token."""
    settings = texting(f"{ENCRYPTED}api.twilio.com?from=+15005550006")

    said = f"{settings!r} {gateway_from(settings)!r}"

    assert TOKEN not in said
    assert ACCOUNT not in said


@pytest.mark.parametrize(
    ("url", "base_url", "sender", "service", "is_loopback"),
    [
        (f"{ENCRYPTED}api.twilio.com?from=+15005550006", "https://api.twilio.com", "+15005550006", "", False),
        (f"{ENCRYPTED}api.twilio.com?from=%2B15005550006", "https://api.twilio.com", "+15005550006", "", False),
        (f"{ENCRYPTED}api.twilio.com?from=51234", "https://api.twilio.com", "51234", "", False),
        (f"{ENCRYPTED}api.twilio.com?from=Riverbend", "https://api.twilio.com", "Riverbend", "", False),
        (
            f"{ENCRYPTED}api.ie1.twilio.com:8443/?messaging_service=MG{'1f' * 16}",
            "https://api.ie1.twilio.com:8443",
            "",
            f"MG{'1f' * 16}",
            False,
        ),
        (f"twilio+http://{ACCOUNT}:t%40k@[::1]:8025?from=+15005550006", "http://[::1]:8025", "+15005550006", "", True),
    ],
)
def test_a_setting_names_one_gateway_and_one_sender(
    url: str, base_url: str, sender: str, service: str, *, is_loopback: bool
) -> None:
    """S0.17: a plus sign in a number may be written as it is; a service takes the place of a number."""
    found = gateway_from(texting(url))

    assert found is not None
    assert (found.base_url, found.sender, found.service) == (base_url, sender, service)
    assert (found.is_loopback, found.account) == (is_loopback, ACCOUNT)


@pytest.mark.parametrize(
    "url",
    [
        f"https://{ACCOUNT}:secret@api.twilio.com?from=+15005550006",
        f"twilio+http://{ACCOUNT}:secret@api.twilio.com?from=+15005550006",
        f"twilio+http://{ACCOUNT}:secret@10.0.0.1?from=+15005550006",
        f"twilio://{ACCOUNT}:secret@?from=+15005550006",
        f"twilio://{ACCOUNT}:secret@api.twilio.com:port?from=+15005550006",
        f"twilio://{ACCOUNT}@api.twilio.com?from=+15005550006",
        "twilio://secret:secret@api.twilio.com?from=+15005550006",
        f"twilio://{ACCOUNT}:secret@api.twilio.com",
        f"twilio://{ACCOUNT}:secret@api.twilio.com?from=secret-secret-secret",
        f"twilio://{ACCOUNT}:secret@api.twilio.com?messaging_service=secret",
        f"twilio://{ACCOUNT}:secret@api.twilio.com?from=+15005550006&messaging_service=MG{'1f' * 16}",
        f"twilio://{ACCOUNT}:secret@api.twilio.com?from=+15005550006&to=secret",
    ],
)
def test_t33_a_bad_setting_is_named_without_its_value(url: str) -> None:
    """T33: a gateway that cannot work, or that would be told the token in plain text, is refused at the start."""
    with pytest.raises(SettingsError, match="DOORSTEP_TEXT_URL") as refused:
        gateway_from(texting(url))

    assert "secret" not in str(refused.value)
    assert ACCOUNT not in str(refused.value)
