"""The codes of a report: which of several is believed, and which word each becomes."""

import pytest

from doorstep.domain.reports import Action
from doorstep.mail.report_status import verdict_of


@pytest.mark.parametrize(
    ("status", "diagnostic", "code", "cause"),
    [
        ("5.1.1", "smtp; 550 5.1.1 unknown", "5.1.1", "address_refused"),
        ("5.0.0", "smtp; 550-5.1.1 unknown", "5.1.1", "address_refused"),
        ("5.0.0 (permanent failure)", "smtp; 5.2.2 - Mailbox full", "5.2.2", "mailbox_full"),
        ("5.2.2", "smtp; 550 5.1.1 unknown", "5.2.2", "mailbox_full"),
        ("", "smtp; 550 #5.7.1 blocked", "5.7.1", "message_refused"),
        ("", "smtp; 421 4.4.7 too long", "4.4.7", "given_up"),
        ("", "", "5.0.0", "message_refused"),
        ("2.0.0", "", "5.0.0", "message_refused"),
        ("5.0.0", "smtp; 550 no such user at 5.188.10.3", "5.0.0", "address_refused"),
        ("5.0.0", "smtp; 192.0.2.1 said 550", "5.0.0", "message_refused"),
        ("5.5.0", "smtp; 550 mailbox unavailable", "5.5.0", "address_refused"),
        ("5.0.0", "smtp; 552 quota", "5.0.0", "mailbox_full"),
        ("5.0.0", "smtp; 554 no", "5.0.0", "message_refused"),
        ("5.2.1", "", "5.2.1", "address_refused"),
        ("5.3.4", "", "5.3.4", "too_large"),
        ("5.2.3", "", "5.2.3", "too_large"),
        ("5.1.8", "", "5.1.8", "sender_refused"),
        ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected", "5.4.1", "address_refused"),
        ("5.4.4", "x-postfix; host not found", "5.4.4", "address_refused"),
        ("5.4.6", "", "5.4.6", "unreachable"),
        ("5.3.0", "x-unix; 77", "5.3.0", "unreachable"),
        ("5.6.7", "", "5.6.7", "utf8_not_supported"),
        ("5.6.0", "", "5.6.0", "message_refused"),
        ("5.7.26", "", "5.7.26", "message_refused"),
        ("5.9.9", "", "5.9.9", "message_refused"),
        ("4.2.2", "smtp; 452 4.2.2 over quota", "4.2.2", "mailbox_full"),
        ("4.4.7", "", "4.4.7", "given_up"),
    ],
)
def test_f12_the_codes_of_a_failure_tell_its_cause(status: str, diagnostic: str, code: str, cause: str) -> None:
    """F12: the class, then the more exact of two codes, then the reply of SMTP; an IP address is no code."""
    verdict = verdict_of(Action.FAILED, status, diagnostic)

    assert (verdict.status, verdict.cause) == (code, cause)
    assert verdict.is_permanent is code.startswith("5")
