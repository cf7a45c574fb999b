"""The mailer asks for reports where the mail server knows them (RFC 3461)."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from doorstep.domain.messages import Message
from doorstep.mail.examples import example
from doorstep.mail.smtp import Mailer
from tests.faults.mailing import MAIL, TO, settings_for
from tests.faults.misbehaving_smtp import MisbehavingSmtp

DELIVERY = example(Message.INVITATION).delivery_id


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingSmtp]:
    async with MisbehavingSmtp() as server:
        yield server


@pytest.fixture
async def mailer(server: MisbehavingSmtp) -> AsyncIterator[Mailer]:
    async with Mailer.of(settings_for(server.url)) as mailer:
        yield mailer


async def test_s3_7_a_server_that_reports_is_asked_for_reports(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """S3.7: where the server knows RFC 3461, failures and delays come back with our id, and without the link."""
    server.offers = ("SIZE 1000000", "DSN")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "no-reply@riverbend.example"
    mail.set_content("A mail that is no delivery of ours.")

    await mailer.hand_over(MAIL, TO)
    await mailer.hand_over(mail, TO)

    ours, other = server.stored
    asked = ("RET=HDRS", f"ENVID={DELIVERY}", "NOTIFY=FAILURE,DELAY")
    assert ours.options[1:] == asked
    assert ours.options[0].startswith("SIZE=")
    assert other.options[1:] == ("RET=HDRS", "NOTIFY=FAILURE,DELAY")


async def test_s3_7_a_server_that_does_not_report_is_asked_for_nothing(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """S3.7: a server that does not announce reports would refuse the words, so it never hears them."""
    server.offers = ("8BITMIME",)

    await mailer.hand_over(MAIL, TO)

    (stored,) = server.stored
    assert stored.options == ()


@pytest.mark.parametrize("words", ["x NOTIFY=NEVER", f"{DELIVERY} NOTIFY=NEVER", f"{DELIVERY}+0D+0ARSET", "+0D+0A"])
async def test_t16_only_an_id_of_ours_goes_into_the_envelope(
    server: MisbehavingSmtp, mailer: Mailer, words: str
) -> None:
    """T16: whatever stands in a Message-ID, it adds no word to the command: only the id of a delivery is passed on."""
    server.offers = ("DSN",)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "no-reply@riverbend.example"
    mail["Message-ID"] = f"<{words}@evil.example>"

    await mailer.hand_over(mail, TO)

    (stored,) = server.stored
    assert set(stored.options) <= {"RET=HDRS", f"ENVID={DELIVERY}", "NOTIFY=FAILURE,DELAY"}
