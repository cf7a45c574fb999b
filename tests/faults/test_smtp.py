"""The mailer against a mail server that misbehaves: every end of an attempt gets its true name (F10 to F15)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from structlog.testing import capture_logs

from doorstep.domain.messages import Handover, HandoverResult, Message
from doorstep.mail.compose import compose
from doorstep.mail.examples import example
from doorstep.mail.outcomes import Cause
from doorstep.mail.smtp import Mailer
from tests.faults import misbehaving_smtp as smtp
from tests.faults.mailing import DELIVERY, MAIL, TO, settings_for
from tests.faults.misbehaving_smtp import MisbehavingSmtp, Mode
from tests.logged import about


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingSmtp]:
    async with MisbehavingSmtp() as server:
        yield server


@pytest.fixture
async def mailer(server: MisbehavingSmtp) -> AsyncIterator[Mailer]:
    async with Mailer.of(settings_for(server.url)) as mailer:
        yield mailer


async def test_a_mail_is_taken_with_its_envelope(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """A server that takes the mail is told one recipient, and gets the bytes that were composed."""
    result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.ACCEPTED, reply_code=250)
    (stored,) = server.stored
    assert (stored.sender, stored.recipients) == ("no-reply@riverbend.example", (TO,))
    assert stored.content == MAIL.as_bytes()


async def test_a_line_with_a_dot_ends_nothing(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """A line that is a dot, or ends in a bare line feed, neither ends the mail nor starts another one."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "no-reply@riverbend.example"
    mail.set_content("one\n.\ntwo\n..three\n", cte="7bit")

    await mailer.hand_over(mail, TO)

    (stored,) = server.stored
    assert stored.mail.get_content().splitlines() == ["one", ".", "two", "..three"]


@pytest.mark.parametrize(
    ("mode", "cause", "code"),
    [
        (smtp.BUSY_421, Cause.TRY_LATER, 421),
        (Mode("MAIL", "421 4.3.2 going down"), Cause.TRY_LATER, 421),
        (Mode("CONTENT", "421 4.3.2 going down"), Cause.TRY_LATER, 421),
        (smtp.DEFER_450, Cause.TRY_LATER, 450),
        (smtp.DEFER_451, Cause.TRY_LATER, 451),
        (smtp.DEFER_452, Cause.TRY_LATER, 452),
    ],
)
async def test_f11_a_busy_server_defers(
    server: MisbehavingSmtp, mailer: Mailer, mode: Mode, cause: Cause, code: int
) -> None:
    """F11: 421, 450, 451 and 452 mean later, wherever they come."""
    server.mode = mode

    result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, cause, code)
    assert server.stored == []


@pytest.mark.parametrize(
    ("mode", "cause", "code"),
    [
        (smtp.REFUSE_550, Cause.ADDRESS_REFUSED, 550),
        (Mode("RCPT", "552 5.2.2 mailbox full"), Cause.ADDRESS_REFUSED, 552),
        (Mode("MAIL", "552 5.3.4 too big"), Cause.TOO_LARGE, 552),
        (Mode("DATA", "554 5.5.1 no valid recipients"), Cause.MESSAGE_REFUSED, 554),
        (smtp.TOO_LARGE_552, Cause.TOO_LARGE, 552),
        (smtp.REFUSE_553, Cause.MESSAGE_REFUSED, 553),
        (smtp.REFUSE_554, Cause.MESSAGE_REFUSED, 554),
    ],
)
async def test_f12_a_permanent_no_refuses(
    server: MisbehavingSmtp, mailer: Mailer, mode: Mode, cause: Cause, code: int
) -> None:
    """F12: 550, 552, 553 and 554 are final, and the cause says whether it was the address or the mail."""
    server.mode = mode

    result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.REFUSED, cause, code)


async def test_f13_a_refused_sender_bounces_nobody(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """F13: a wrong `DOORSTEP_SENDER` is the operator's fault: the mail waits until it is mended."""
    server.mode = smtp.SENDER_REFUSED_550

    result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, Cause.SENDER_REFUSED, 550)


async def test_f10_a_closed_port_defers_until_the_server_is_back(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """F10: nobody listens, the mail is known not to be taken, and the next attempt after the outage gets through."""
    await server.stop()

    down = await mailer.hand_over(MAIL, TO)
    await server.start()
    back = await mailer.hand_over(MAIL, TO)

    assert down == HandoverResult(Handover.DEFERRED, Cause.UNREACHABLE)
    assert back.kind is Handover.ACCEPTED


@pytest.mark.parametrize(
    ("mode", "cause"),
    [
        (smtp.DROPS_AT_CONNECT, Cause.UNREACHABLE),
        (smtp.DROPS_AT_RCPT, Cause.CONNECTION_LOST),
        (smtp.DROPS_BEFORE_DATA, Cause.CONNECTION_LOST),
        (smtp.GARBAGE, Cause.BAD_REPLY),
    ],
)
async def test_f15_a_loss_before_the_content_defers(
    server: MisbehavingSmtp, mailer: Mailer, mode: Mode, cause: Cause
) -> None:
    """F15: a connection lost before the content was sent leaves no doubt that the mail was not taken."""
    server.mode = mode

    result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, cause)


async def test_f15_a_loss_after_the_content_is_unknown(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """F15: the server took the mail and hung up before it said so; the second copy is the same, byte for byte."""
    server.mode = smtp.TAKES_AND_DROPS
    first = await mailer.hand_over(MAIL, TO)
    server.mode = smtp.ACCEPT
    second = await mailer.hand_over(compose(replace(example(Message.INVITATION), recipient_address=TO)), TO)

    assert first == HandoverResult(Handover.UNKNOWN, Cause.CONNECTION_LOST)
    assert second.kind is Handover.ACCEPTED
    assert server.stored[0].content == server.stored[1].content


async def test_f15_a_strange_answer_to_the_content_is_unknown(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """F15: an answer that is neither yes nor no leaves the end open."""
    server.mode = Mode("CONTENT", "354 go on?")

    result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.UNKNOWN, Cause.BAD_REPLY, 354)


@pytest.mark.parametrize("mode", [smtp.ACCEPT, smtp.BUSY_421, smtp.DEFER_450, smtp.REFUSE_550, smtp.REFUSE_554])
async def test_t02_no_address_in_results_and_logs(server: MisbehavingSmtp, mailer: Mailer, mode: Mode) -> None:
    """T02: servers repeat the address in their answers; results and logs hold none of their words."""
    server.mode = mode

    with capture_logs() as logs:
        result = await mailer.hand_over(MAIL, TO)

    assert TO not in str(logs) + str(result)
    assert about(logs, DELIVERY)


@pytest.mark.parametrize("address", ["jörg@example.org", "用户@例子.广告"])
async def test_international_addresses_are_handed_over(server: MisbehavingSmtp, mailer: Mailer, address: str) -> None:
    """An address beyond ASCII reaches a server that knows SMTPUTF8 as it was typed."""
    mail = compose(replace(example(Message.INVITATION), recipient_address=address))

    result = await mailer.hand_over(mail, address)

    assert result.kind is Handover.ACCEPTED
    assert server.stored[0].recipients == (address,)


async def test_an_old_server_refuses_international_addresses(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """F12: without SMTPUTF8 such an address can never be reached, and the result says so."""
    server.offers = ()
    mail = compose(replace(example(Message.INVITATION), recipient_address="jörg@example.org"))

    result = await mailer.hand_over(mail, "jörg@example.org")

    assert result == HandoverResult(Handover.REFUSED, Cause.UTF8_NOT_SUPPORTED)


async def test_an_international_domain_needs_no_new_server(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """A domain beyond ASCII goes out in its ASCII form, which every server takes."""
    server.offers = ()
    mail = compose(replace(example(Message.INVITATION), recipient_address="ana@bücher.example"))

    result = await mailer.hand_over(mail, "ana@bücher.example")

    assert result.kind is Handover.ACCEPTED
    assert server.stored[0].recipients == ("ana@xn--bcher-kva.example",)


@pytest.mark.parametrize("address", ["", "ana", "ana@example.org\r\nRCPT TO:<eve@evil.example>", "a b@example.org"])
async def test_t16_a_bad_address_never_reaches_the_server(
    server: MisbehavingSmtp, mailer: Mailer, address: str
) -> None:
    """T16: an address that would break out of its command is refused here."""
    result = await mailer.hand_over(MAIL, address)

    assert result == HandoverResult(Handover.REFUSED, Cause.ADDRESS_REFUSED)
    assert server.connections == 0
