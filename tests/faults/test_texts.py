"""The texter against a gateway that misbehaves: every end of an attempt gets its true name (F10 to F15)."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from doorstep.domain.messages import Handover, HandoverResult
from doorstep.text.outcomes import CODES, FINAL, OPERATOR_FAULTS, Cause, by_answer
from doorstep.text.texter import Texter
from tests.faults import misbehaving_texts as texts
from tests.faults.misbehaving_texts import MisbehavingTexts, Mode, Stored
from tests.faults.texting import DELIVERY, TEXT, TO, texting


@pytest.fixture
async def gateway() -> AsyncIterator[MisbehavingTexts]:
    async with MisbehavingTexts() as gateway:
        yield gateway


@pytest.fixture
async def texter(gateway: MisbehavingTexts) -> AsyncIterator[Texter]:
    async with Texter.of(texting(gateway.url)) as texter:
        yield texter


async def test_a_text_is_taken_with_its_number_and_where_to_report(gateway: MisbehavingTexts, texter: Texter) -> None:
    """S0.8: a number is all it takes: the gateway gets the text, the sender of the office, and our address for news."""
    result = await texter.hand_over("Ana & Co's farm: “€5” & more", TO, DELIVERY)

    assert result == HandoverResult(Handover.ACCEPTED, reply_code=201)
    callback = f"https://portal.example.org/text/status/{DELIVERY}"
    assert gateway.stored == [Stored(TO, "Ana & Co's farm: “€5” & more", texts.SENDER, "", callback)]


async def test_a_messaging_service_stands_in_for_a_number(gateway: MisbehavingTexts) -> None:
    """S0.17: where the account lets a service choose the sender, no number of ours is named."""
    service = "MG" + "0" * 32
    url = gateway.url.replace(f"from={texts.SENDER}", f"messaging_service={service}")

    async with Texter.of(texting(url)) as texter:
        await texter.hand_over(TEXT, TO, DELIVERY)

    assert [(text.sender, text.service) for text in gateway.stored] == [("", service)]


async def test_each_text_has_a_connection_of_its_own(gateway: MisbehavingTexts, texter: Texter) -> None:
    """F15: a connection that the gateway may have closed meanwhile is never written to."""
    for _ in range(3):
        await texter.hand_over(TEXT, TO, DELIVERY)

    assert (len(gateway.stored), gateway.connections) == (3, 3)


async def test_without_a_gateway_a_text_waits() -> None:
    """S0.17: where the operator has set no gateway, a text is deferred under a cause of its own, and none is sent."""
    async with Texter.of(texting("")) as texter:
        result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert not texter.is_configured
    assert result == HandoverResult(Handover.DEFERRED, Cause.NO_TEXT_SERVICE)


@pytest.mark.parametrize(
    "number", ["", "ana@example.org", "0215550142", "+64 21 555 0142", "+0215550142", "+6421\r\nx"]
)
async def test_no_number_no_send(gateway: MisbehavingTexts, texter: Texter, number: str) -> None:
    """S0.17: the channel needs a number: without one in E.164 nothing is asked of the gateway, and it is final."""
    result = await texter.hand_over(TEXT, number, DELIVERY)

    assert result == HandoverResult(Handover.REFUSED, Cause.NUMBER_REFUSED)
    assert gateway.connections == 0


@pytest.mark.parametrize(
    ("mode", "code"),
    [(texts.BUSY_429, 20429), (texts.DOWN_503, 503), (Mode(400, 21611), 21611), (Mode(400, 14107), 14107)],
)
async def test_f11_a_busy_gateway_defers(gateway: MisbehavingTexts, texter: Texter, mode: Mode, code: int) -> None:
    """F11: 429, 503 and a queue that is full mean later: the text is known not to be taken."""
    gateway.mode = mode

    result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TRY_LATER, code)


async def test_f11_a_gateway_that_says_when_is_left_alone_until_then(gateway: MisbehavingTexts, texter: Texter) -> None:
    """F11: after a Retry-After no further text is tried for so long; each waits as if it had been told so itself."""
    gateway.mode = texts.BUSY_429
    await texter.hand_over(TEXT, TO, DELIVERY)
    gateway.mode = texts.ACCEPT

    results = [await texter.hand_over(TEXT, TO, DELIVERY) for _ in range(3)]

    assert results == [HandoverResult(Handover.DEFERRED, Cause.TRY_LATER)] * 3
    assert gateway.requests == 1


@pytest.mark.parametrize("said", [{}, {"Retry-After": "0"}, {"Retry-After": "Sun, 22 Nov 2026 09:00:00 GMT"}])
async def test_f11_a_gateway_that_names_no_seconds_is_asked_again(
    gateway: MisbehavingTexts, texter: Texter, said: dict[str, str]
) -> None:
    """F11: without a number of seconds the next attempt is for the back-off of the workflow to decide."""
    gateway.mode = Mode(429, 20429, headers=said)
    await texter.hand_over(TEXT, TO, DELIVERY)
    gateway.mode = texts.ACCEPT

    result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result.kind is Handover.ACCEPTED


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (21211, Cause.NUMBER_REFUSED),
        (21265, Cause.NUMBER_REFUSED),
        (21614, Cause.NUMBER_REFUSED),
        (21635, Cause.NUMBER_REFUSED),
        (21610, Cause.OPTED_OUT),
        (21617, Cause.MESSAGE_REFUSED),
    ],
)
async def test_f12_a_permanent_no_refuses(gateway: MisbehavingTexts, texter: Texter, code: int, cause: Cause) -> None:
    """F12: no such number, a landline, a STOP, a text too long: final, and the cause says which."""
    gateway.mode = Mode(400, code)

    result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.REFUSED, cause, code)


@pytest.mark.parametrize(
    ("mode", "cause", "code"),
    [
        (texts.SIGN_IN_REFUSED_401, Cause.SIGN_IN_REFUSED, 20003),
        (Mode(403, body="<html>forbidden</html>"), Cause.SIGN_IN_REFUSED, 403),
        (Mode(404, 20404), Cause.SIGN_IN_REFUSED, 20404),
        (Mode(403, 20005), Cause.ACCOUNT_INACTIVE, 20005),
        (Mode(400, 21608), Cause.ACCOUNT_ON_TRIAL, 21608),
        (Mode(400, 21606), Cause.SENDER_REFUSED, 21606),
        (Mode(400, 21612), Cause.SENDER_REFUSED, 21612),
        (Mode(403, 21408), Cause.REGION_NOT_ALLOWED, 21408),
        (Mode(400, 21609), Cause.REQUEST_REFUSED, 21609),
        (Mode(400, 29999), Cause.REQUEST_REFUSED, 29999),
    ],
)
async def test_f13_a_fault_of_the_operator_bounces_nobody(
    gateway: MisbehavingTexts, texter: Texter, mode: Mode, cause: Cause, code: int
) -> None:
    """F13: account, sender, countries and codes that nobody knows are for the operator; the text waits for them."""
    gateway.mode = mode

    result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.DEFERRED, cause, code)
    assert result.cause in OPERATOR_FAULTS


async def test_f13_a_wrong_token_is_refused_by_the_gateway(gateway: MisbehavingTexts) -> None:
    """F13: the token goes to the gateway as the account's, and a wrong one defers."""
    async with Texter.of(texting(gateway.url.replace(texts.TOKEN, "another"))) as texter:
        result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.DEFERRED, Cause.SIGN_IN_REFUSED, 20003)


async def test_f10_a_closed_port_defers_until_the_gateway_is_back(gateway: MisbehavingTexts, texter: Texter) -> None:
    """F10: nobody listens, the text is known not to be taken, and the next attempt after the outage gets through."""
    await gateway.stop()

    down = await texter.hand_over(TEXT, TO, DELIVERY)
    await gateway.start()
    back = await texter.hand_over(TEXT, TO, DELIVERY)

    assert down == HandoverResult(Handover.DEFERRED, Cause.UNREACHABLE)
    assert back.kind is Handover.ACCEPTED


@pytest.mark.parametrize("mode", [texts.HANGS, texts.TAKES_AND_HANGS])
async def test_f14_a_slow_gateway_costs_the_time_out_and_no_more(gateway: MisbehavingTexts, mode: Mode) -> None:
    """F14: no answer in time: the text may have been taken, and the texts after it are not held up."""
    gateway.mode = mode
    async with Texter.of(texting(gateway.url, seconds=2.0)) as texter:
        slow = await texter.hand_over(TEXT, TO, DELIVERY)
        gateway.mode = texts.ACCEPT
        assert texter._gateway is not None
        texter._gateway = replace(texter._gateway, timeout_seconds=30.0)  # what is taken is not a matter of time
        next_one = await texter.hand_over(TEXT, TO, DELIVERY)

    assert slow == HandoverResult(Handover.UNKNOWN, Cause.TIMED_OUT)
    assert next_one.kind is Handover.ACCEPTED


@pytest.mark.parametrize(
    ("mode", "cause", "code"),
    [
        (texts.TAKES_AND_DROPS, Cause.CONNECTION_LOST, None),
        (texts.DROPS_AT_CONNECT, Cause.CONNECTION_LOST, None),
        (texts.BROKEN_500, Cause.SERVER_ERROR, 20500),
        (Mode(502, body="<html>bad gateway</html>"), Cause.SERVER_ERROR, 502),
        (Mode(body="SSH-2.0-hello\r\n"), Cause.BAD_REPLY, None),
        (Mode(body="<html>thank you</html>"), Cause.BAD_REPLY, None),
    ],
)
async def test_f15_a_loss_after_the_request_is_unknown(
    gateway: MisbehavingTexts, texter: Texter, mode: Mode, cause: Cause, code: int | None
) -> None:
    """F15: once the request is on its way, only a plain yes or no of the gateway says what became of the text."""
    gateway.mode = mode

    result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.UNKNOWN, cause, code)


async def test_f15_the_second_copy_is_the_first(gateway: MisbehavingTexts, texter: Texter) -> None:
    """F15: the gateway took the text and vanished before it said so; the second copy is the same in every field."""
    gateway.mode = texts.TAKES_AND_DROPS
    first = await texter.hand_over(TEXT, TO, DELIVERY)
    gateway.mode = texts.ACCEPT
    second = await texter.hand_over(TEXT, TO, DELIVERY)

    assert (first.kind, second.kind) == (Handover.UNKNOWN, Handover.ACCEPTED)
    assert gateway.stored[0] == gateway.stored[1]


async def test_a_redirect_is_not_followed(gateway: MisbehavingTexts, texter: Texter) -> None:
    """F13: whatever stands between us and the gateway does not get the token, or the text, sent elsewhere."""
    gateway.mode = Mode(302, body="<html>over there</html>", headers={"Location": "https://example.org/"})

    result = await texter.hand_over(TEXT, TO, DELIVERY)

    assert result == HandoverResult(Handover.DEFERRED, Cause.BAD_REPLY, 302)
    assert gateway.connections == 1


@pytest.mark.parametrize("code", sorted(CODES))
def test_f13_a_code_is_final_or_somebodys_to_mend(code: int) -> None:
    """F12, F13: of Twilio's codes only those about the number or the words themselves end an attempt for good."""
    result = by_answer(400, code)

    assert (result.kind is Handover.REFUSED) == (CODES[code] in FINAL)
    assert not FINAL & OPERATOR_FAULTS
