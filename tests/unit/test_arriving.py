"""Messages that do not arrive, as `why` tells it: which one, why, whose job it is, and what helps."""

from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtplib import SMTPNotSupported, SMTPResponseException
from typer.main import get_group

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import Attention, State
from doorstep.mail.outcomes import Cause as MailCause
from doorstep.mail.outcomes import Step, outcome
from doorstep.text.outcomes import Cause as TextCause
from starter import cli, remedies
from starter.explaining import explain
from starter.troubles import Explanation
from tests.unit.rows import ID, NOW, delivery, office, row

MINUTE = timedelta(minutes=1)
AT = "2028-03-01 00:00 NZDT"


def kinds(found: Explanation) -> list[str]:
    """What is wrong, by its stable words."""
    return [trouble.kind.value for trouble in found.troubles]


def bounced(state: State, message: Message, cause: str, **more: object) -> Invitation:
    """An invitation of which one message was refused for good."""
    lost = delivery(message, DeliveryStatus.BOUNCED, cause=cause, reply_code=550, **more)
    return row(state, deliveries=(lost,), attention=(Attention.UNDELIVERABLE,))


@pytest.mark.parametrize(
    ("state", "message", "cause", "says", "commands"),
    [
        (State.PENDING, "invitation", "address_refused", "ask for the right address", ["readdress ID NEW_ADDRESS"]),
        (State.EXPIRED, "invitation", "address_refused", "ask for the right address", ["readdress ID NEW_ADDRESS"]),
        (State.PENDING, "reminder", "mailbox_full", "The reminder did not arrive", ["readdress ID NEW_ADDRESS"]),
        (State.PENDING, "invitation", "utf8_not_supported", "such letters", ["readdress ID NEW_ADDRESS"]),
        (State.PENDING, "invitation", "number_refused", "refused the number", ["readdress ID NEW_ADDRESS"]),
        (State.PENDING, "invitation", "opted_out", "answered STOP", ["readdress ID NEW_ADDRESS"]),
        (
            State.PENDING,
            "invitation",
            "message_refused",
            "and not the address",
            ["link ID", "template preview nz invitation"],
        ),
        (State.PENDING, "invitation", "too_large", "too large", ["link ID", "template preview nz invitation"]),
        (
            State.EXPIRED,
            "invitation",
            "too_large",
            "then send it again",
            ["template preview nz invitation", "resend ID"],
        ),
        (State.PENDING, "invitation", "account_inactive", "whoever runs Doorstep", ["doctor", "resend ID"]),
        (State.AWAITING_APPROVAL, "set_up_received", "address_refused", "changes nothing else", ["approve"]),
        (State.ACTIVE, "approved", "address_refused", "does not know that they can sign in", ["resend ID"]),
        (
            State.ACTIVE,
            "welcome",
            "too_large",
            "does not know that they can sign in",
            ["template preview nz accountactivation-EJS", "resend ID"],
        ),
        (State.REJECTED, "rejected", "address_refused", "tell the person yourself", []),
    ],
)
def test_which_message_bounced_and_why_decides_what_helps(
    state: State, message: str, cause: str, says: str, commands: list[str]
) -> None:
    """S3.7, F12: an address at fault is corrected, a message at fault is mended, good news are told by other means."""
    found = explain(bounced(state, Message(message), cause))

    assert says in found.sentences[1]
    assert f"({cause}, reply 550, tried once, at {AT})" in found.sentences[1]
    assert len(found.commands) == len(commands)
    for expected, command in zip(commands, found.commands, strict=True):
        assert command.startswith("doorstep " + expected.replace("ID", str(ID)))


def test_a_bounce_at_an_administrator_is_about_the_list_and_not_about_the_invitee() -> None:
    """F12, S4.24: the administrator's address is named, with the list as it should be; once corrected, it is over."""
    lost = bounced(State.AWAITING_APPROVAL, Message.APPROVAL_NEEDED, "address_refused", recipient="tom@kauri.example")

    found = explain(lost)
    corrected = explain(replace(lost, office=office(approvers=("mo@kauri.example",))))

    assert "tom@kauri.example does not know that somebody waits" in found.sentences[1]
    assert found.commands == ("doorstep approvers set nz mo@kauri.example NEW_ADDRESS",)
    assert corrected.troubles == ()


@pytest.mark.parametrize(
    ("cause", "says", "command"),
    [
        ("unreachable", "cannot be reached", "doorstep doctor"),
        ("timed_out", "does not answer in time", "doorstep doctor"),
        ("sign_in_refused", "correct the credentials in DOORSTEP_SMTP_URL", "doorstep doctor"),
        ("tls_failed", "check DOORSTEP_SMTP_URL", "doorstep doctor"),
        ("greeting_refused", "before anybody is named", "doorstep doctor"),
        ("sender_refused", "refuses our sender", "doorstep office set nz --sender ADDRESS"),
        ("link_key_missing", "DOORSTEP_LINK_KEYS", "doorstep doctor"),
        ("template_broken", "once its text is mended", "doorstep template preview nz invitation"),
    ],
)
def test_a_mail_that_waits_says_whose_job_it_is(cause: str, says: str, command: str) -> None:
    """F10, F13, F16: since when, how often and when last it was tried, what is the matter, and who mends it how."""
    last = NOW - 5 * MINUTE
    waiting = delivery(
        Message.INVITATION, DeliveryStatus.DEFERRED, cause=cause, attempts=4, handed_over_at=last, reply_code=535
    )

    found = explain(row(deliveries=(waiting,)))

    assert kinds(found) == ["mail_waiting"]
    assert found.sentences[1].startswith(f"The mail server has not taken the invitation since {AT}: ")
    assert f"({cause}, reply 535, tried 4 times, last at 2028-03-01 00:55 NZDT)" in found.sentences[1]
    assert says in found.sentences[1]
    assert found.commands[0] == command


def test_a_text_that_waits_names_the_text_service() -> None:
    """S0.8, F13: without a text service, the setting is named, and that an e-mail address does as well."""
    number = "+6421555014"
    waiting = delivery(Message.INVITATION, DeliveryStatus.DEFERRED, cause="no_text_service", recipient=number)

    found = explain(row(deliveries=(waiting,), address=number))

    assert found.sentences[1].startswith("The text service has not taken the invitation")
    assert "DOORSTEP_TEXT_URL" in found.sentences[1]
    assert found.commands == ("doorstep doctor", f"doorstep readdress {ID} NEW_ADDRESS")


def test_what_was_written_a_moment_ago_and_what_we_withdrew_is_no_trouble() -> None:
    """F10: a message of this minute is on its way, one that was superseded is missed by nobody, one of days waits."""
    fresh = delivery(Message.INVITATION, DeliveryStatus.QUEUED, attempts=0, created_at=NOW - 59 * timedelta(seconds=1))
    withdrawn = delivery(Message.REMINDER, DeliveryStatus.FAILED, cause="superseded")
    old = replace(fresh, created_at=NOW - MINUTE)

    assert explain(row(deliveries=(fresh, withdrawn))).troubles == ()
    assert "not tried yet" in explain(row(deliveries=(old,))).sentences[1]


def test_every_cause_has_its_remedy() -> None:
    """F13: whatever a mail server or text service can answer is explained; new causes do not slip through."""
    causes = {*map(str, MailCause), *map(str, TextCause), "link_key_missing", "template_broken"}

    explained = remedies.WAITING.keys() | remedies.REFUSED.keys()

    assert causes - explained == set()
    assert explained - causes == set()
    assert MailCause.UTF8_NOT_SUPPORTED in remedies.REFUSED


def test_news_that_bounced_at_somebody_who_is_in_are_missed_by_nobody() -> None:
    """S2.11: whoever has signed in need not be told that they can."""
    lost = bounced(State.ACTIVE, Message.APPROVED, "address_refused")

    found = explain(lost, has_signed_in=True)

    assert (found.troubles, found.commands) == ((), ())


def test_the_remedies_fit_what_a_server_really_answers() -> None:
    """F12: what the outcome of an attempt calls refused for good is among those that are not tried again."""
    refused = [outcome(SMTPResponseException(code, "no"), step) for code in (550, 552, 554) for step in Step]
    refused += [outcome(SMTPNotSupported("no"), Step.SENDER)]

    final = {each.cause for each in refused if each.kind == "refused"}
    assert final <= remedies.REFUSED.keys()
    assert {each.cause for each in refused if each.kind == "deferred"} <= remedies.WAITING.keys()


def test_every_command_that_is_offered_exists() -> None:
    """S3.2: what helps can be typed."""
    root = get_group(cli.app)
    offered = {command for each in remedies.WAITING.values() for command in each.commands}
    offered |= {remedies.LINK, remedies.RESEND, remedies.READDRESS, remedies.PREVIEW, "doorstep restart ID"}
    offered |= {"doorstep approvers set", "doorstep approve", "doorstep send", "doorstep version"}

    for line in offered:
        words = line.split()
        assert words[0] == "doorstep"
        found = root.commands.get(words[1])
        assert found is not None, line
        members = getattr(found, "commands", None)
        assert members is None or words[2] in members, line
