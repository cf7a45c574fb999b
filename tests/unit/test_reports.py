"""Mail that came back: what is read of the reports of many mail servers, and what nothing is read of."""

import re
import time
import tracemalloc
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.domain.messages import Message
from doorstep.mail.compose import compose
from doorstep.mail.examples import example
from doorstep.mail.report_parts import parts_of
from doorstep.mail.reports import Action, Report, read_report

REPORTS = Path(__file__).parent / "reports"
DELIVERY = UUID("0199a4c2-8d10-7b3c-a1f2-6b0de94c7735")
ID = str(DELIVERY).encode()
SAMPLES = {path.stem: path.read_bytes() for path in sorted(REPORTS.glob("*.eml"))}

every_sample = pytest.mark.parametrize("name", SAMPLES)


def report(status: str, cause: str, *, action: Action = Action.FAILED) -> Report:
    """The report of the samples with what differs."""
    return Report(DELIVERY, action, status, action is Action.FAILED and status.startswith("5"), cause)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("postfix-unknown", report("5.1.1", "address_refused")),
        ("postfix-given-up", report("4.4.1", "given_up")),
        ("exim-mailbox-full", report("5.2.2", "mailbox_full")),
        ("microsoft365-unknown", report("5.1.10", "address_refused")),
        ("gmail-spam", report("5.7.1", "message_refused")),
        ("ses-unknown", report("5.1.1", "address_refused")),
        ("qmail-unknown", report("5.0.0", "address_refused")),
        ("postfix-delayed", report("4.4.1", "try_later", action=Action.DELAYED)),
        ("sendmail-relayed", report("2.1.5", "", action=Action.DELIVERED)),
        ("out-of-office", None),
        ("read-receipt", None),
        ("spam", None),
        ("garbage", None),
    ],
)
def test_a_report_is_read_whoever_wrote_it(name: str, expected: Report | None) -> None:
    """S3.7: which delivery, what became of it and why; an answer, a receipt, spam and garbage are no reports."""
    assert read_report(SAMPLES[name]) == expected


@every_sample
@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_line_ends_make_no_difference(name: str, end: bytes) -> None:
    """S3.7: a mail reads the same as it came over the wire, from a pipe or from a file."""
    assert read_report(SAMPLES[name].replace(b"\n", end)) == read_report(SAMPLES[name])


@every_sample
def test_t02_a_report_holds_nothing_personal(name: str) -> None:
    """T02: addresses, names and the words of a server stay behind."""
    said = str(read_report(SAMPLES[name])).casefold()

    assert not re.search(r"@|ana|ruiz|lowerflats|riverbend|mailbox size|tractor", said)


@pytest.mark.parametrize("message", [Message.INVITATION, Message.PASSWORD_RESET])
def test_the_mail_that_we_send_is_found_again(message: Message) -> None:
    """S3.7: either of our two headers is enough, because services may replace the Message-ID or strip the other."""
    status = b"Action: failed\nStatus: 5.1.1\n"
    mail = compose(example(message))
    whole = mail.as_bytes()
    without_ours = re.sub(rb"(?m)^X-Doorstep-Delivery:.*\r?\n", b"", whole)
    with_another_id = re.sub(rb"(?m)^Message-ID:.*", b"Message-ID: <0100-000@relay.example>", whole)

    found = [read_report(bounce(status, each)) for each in (whole, without_ours, with_another_id)]

    assert found == [report("5.1.1", "address_refused")] * 3


def bounce(status: bytes, returned: bytes, *, kind: bytes = b"message/rfc822", top: bytes = b"") -> bytes:
    """A report with its two parts that count."""
    head = b"From: <>\nContent-Type: multipart/report; boundary=b\n\n"
    per_message = b"Reporting-MTA: dns; relay.example\n" + top
    status_part = b"--b\nContent-Type: message/delivery-status\n\n" + per_message + b"\n" + status
    return head + status_part + b"\n--b\nContent-Type: " + kind + b"\n\n" + returned + b"\n--b--\n"


@pytest.mark.parametrize(
    ("returned", "top", "is_found"),
    [
        (b"Message-ID: <" + ID + b"@riverbend.example>\n", b"", True),
        (b"message-id:\n\t<" + ID + b"@riverbend.example>\n", b"", True),
        (b"Subject: nothing\n", b"Original-Envelope-Id: " + ID + b"\n", True),
        (b"Subject: nothing\n", b"X-Envelope-Id: <" + ID + b">\n", True),
        (b"Subject: <" + ID + b"@riverbend.example>\n", b"", False),
        (b"References: <" + ID + b"@riverbend.example>\n", b"Arrival-Date: " + ID + b"\n", False),
        (b"Message-ID: <0199a4c2-8d10@riverbend.example>\n", b"", False),
        (b"Message-ID: <x" + ID + b"@riverbend.example>\n", b"", False),
        (b"\nMessage-ID: <" + ID + b"@riverbend.example>\n", b"", True),
        (b"Subject: x\n\nMessage-ID: <" + ID + b"@riverbend.example>\n", b"", False),
    ],
)
def test_only_our_own_ids_tell_the_delivery(returned: bytes, top: bytes, is_found: bool) -> None:  # noqa: FBT001 - the expected answer
    """S3.7: the ids that we gave the message and its envelope; neither its text nor any other header is searched."""
    found = read_report(bounce(b"Action: failed\nStatus: 5.1.1\n", returned, top=top))

    assert (found is not None and found.delivery_id == DELIVERY) is is_found


@pytest.mark.parametrize(
    "kind",
    [
        b"text/rfc822-headers",
        b"message/global",
        b"message/global-headers; charset=utf-8",
        b"text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable",
    ],
)
def test_headers_alone_are_enough(kind: bytes) -> None:
    """S3.7: servers that are asked for the headers alone, or know international mail, return other media types."""
    returned = b"Message-ID: <" + ID + b"@riverbend.example>\n"

    assert read_report(bounce(b"Action: failed\nStatus: 5.1.1\n", returned, kind=kind)) is not None


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["failed", "delayed"], Action.FAILED),
        (["delayed", "failed", "delivered"], Action.DELIVERED),
        (["Expanded (to the team)"], Action.DELIVERED),
        (["FAILED;"], Action.FAILED),
        (["deliverable"], None),
        ([], None),
    ],
)
def test_of_several_recipients_the_best_news_counts(actions: list[str], expected: Action | None) -> None:
    """S3.7: an address that stood for several people is not dead while one of them has the message."""
    groups = "\n\n".join(f"Final-Recipient: rfc822; x@y.example\nAction: {action}" for action in actions)

    found = read_report(bounce(groups.encode(), b"Message-ID: <" + ID + b"@riverbend.example>\n"))

    assert (found and found.action) == expected


def test_t27_ten_megabytes_are_read_up_to_the_first() -> None:
    """T27: a huge mail costs no more than its first megabyte; what stands there is read all the same."""
    whole = SAMPLES["postfix-unknown"]
    huge = whole.replace(b"Set up your user here.", b"x" * 99 + b"\n" * 1 + b"y" * 10_000_000)
    late = whole.replace(b"I'm sorry", b"z" * 2_000_000)

    tracemalloc.start()
    found = read_report(huge)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == report("5.1.1", "address_refused")
    assert peak < 8_000_000
    assert read_report(late) is None


@pytest.mark.parametrize("is_closed", [False, True])
def test_t27_a_nested_mail_is_not_followed_to_the_bottom(is_closed: bool) -> None:  # noqa: FBT001 - a variant
    """T27: ten megabytes of boxes in boxes end after a few of them, in no time."""
    levels = 100_000
    boxes = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels))
    ends = b"".join(b"--b%d--\n" % n for n in reversed(range(levels))) if is_closed else b""
    mail = boxes + SAMPLES["postfix-unknown"] + ends + b"." * 5_000_000

    began = time.process_time()
    found = read_report(mail)

    assert found is None
    assert time.process_time() - began < 2


def test_t27_a_mail_of_many_parts_is_read_up_to_a_number() -> None:
    """T27: thousands of parts cost no more than the first few dozen."""
    mail = b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\nx\n" * 100_000

    assert len(list(parts_of(mail))) < 50


def test_a_box_around_a_report_is_opened() -> None:
    """S3.7: a gateway that puts a report into another multipart, to add a footer, hides nothing."""
    inner = SAMPLES["exim-mailbox-full"]
    mail = b'Content-Type: multipart/mixed; boundary="=_footer"\n\n--=_footer\n' + inner + b"\n--=_footer--\n"

    assert read_report(mail) == report("5.2.2", "mailbox_full")


def test_a_forwarded_report_is_none() -> None:
    """S3.7: what somebody attaches to a mail of their own is not opened: only a mail server reports to us."""
    head = b"From: ana@example.org\nContent-Type: multipart/mixed; boundary=f\n\n--f\nContent-Type: message/rfc822\n\n"

    assert read_report(head + SAMPLES["postfix-unknown"] + b"\n--f--\n") is None


@given(st.binary(max_size=400))
def test_t27_any_bytes_are_read_without_an_error(raw: bytes) -> None:
    """T27: whatever is sent to the address, reading it raises nothing."""
    assert read_report(raw) is None


@settings(max_examples=300)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_t27_a_damaged_report_is_read_without_an_error(name: str, data: st.DataObject) -> None:
    """T27: cut, overwritten or repeated anywhere, a report is read as far as it goes, or is none."""
    raw = SAMPLES[name]
    begin = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(begin, min(len(raw), begin + 200)))
    filling = data.draw(st.binary(max_size=20) | st.sampled_from([b"\n", b"\n\n", b"--", b"=", b"base64", raw]))

    found = read_report(raw[:begin] + filling + raw[end:])

    assert found is None or (found.action in Action and re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", found.status))
