"""Reports of a mail server about mails that really arrived, and where the invitations stand that they are about."""

from pathlib import Path
from typing import Any
from uuid import UUID

from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.mail.reports import Action, Report
from doorstep.store import tables as t
from tests.house import House

NOWHERE = "postgresql://doorstep@127.0.0.1:1/doorstep"
SAMPLES = Path(__file__).parents[1] / "unit" / "reports"
CAUSES = {Action.FAILED: "address_refused", Action.DELAYED: "try_later", Action.DELIVERED: ""}
STATUS = {Action.FAILED: "5.1.1", Action.DELAYED: "4.4.1", Action.DELIVERED: "2.1.5"}


async def invited(house: House, **rules: Any) -> Invitation:
    """An invitation of a clerk of an office of its own, whose mail has arrived."""
    office = await house.office(**rules)
    invitation = await house.doorstep.invite(
        office=office, email=f"ana@{office}.example", actor=f"clerk@{office}.example"
    )
    return await house.settled(invitation)


def delivery_of(invitation: Invitation, message: Message = Message.INVITATION) -> Delivery:
    """The newest delivery of a message."""
    return [each for each in invitation.deliveries if each.message is message][-1]


def report(delivery: Delivery | UUID, action: Action = Action.FAILED, status: str = "", cause: str = "") -> Report:
    """A report about a delivery."""
    identifier = delivery if isinstance(delivery, UUID) else delivery.id
    code = status or STATUS[action]
    return Report(identifier, action, code, code.startswith("5"), cause or CAUSES[action])


async def became(house: House, delivery: Delivery) -> tuple[DeliveryStatus, str]:
    """Status and cause of a delivery now."""
    d = t.deliveries.c
    found = await house.run(lambda tx: tx.execute(t.deliveries.select().where(d.id == delivery.id)))
    row = found.one()
    return DeliveryStatus(row.status), row.cause


def bounce_of(house: House, address: str, message: Message = Message.INVITATION) -> bytes:
    """What a mail server sends back when nobody has the address: its report, with the mail as it arrived in it."""
    stored = [each.content for each in house.smtp.stored if address in each.recipients and each.message == message]
    recipient, original = address.encode(), stored[-1].replace(b"\r\n", b"\n")
    return b"\n".join(
        (
            b"Return-Path: <>",
            b"From: MAILER-DAEMON@mx.example (Mail Delivery System)",
            b"To: no-reply@doorstep.example",
            b"Subject: Undelivered Mail Returned to Sender",
            b'Content-Type: multipart/report; report-type=delivery-status; boundary="A.1/mx.example"',
            b"",
            b"--A.1/mx.example",
            b"Content-Type: text/plain",
            b"",
            b"<" + recipient + b">: host mx.example said: 550 5.1.1 <" + recipient + b">: User unknown",
            b"",
            b"--A.1/mx.example",
            b"Content-Type: message/delivery-status",
            b"",
            b"Reporting-MTA: dns; mx.example",
            b"",
            b"Final-Recipient: rfc822; " + recipient,
            b"Action: failed",
            b"Status: 5.1.1",
            b"Diagnostic-Code: smtp; 550 5.1.1 <" + recipient + b">: User unknown",
            b"",
            b"--A.1/mx.example",
            b"Content-Type: message/rfc822",
            b"",
            original,
            b"--A.1/mx.example--",
            b"",
        )
    )


def put(maildir: Path, name: str, content: bytes) -> None:
    """Deliver a mail as a mail server does: written aside, then renamed."""
    (maildir / "tmp" / name).write_bytes(content)
    (maildir / "tmp" / name).rename(maildir / "new" / name)


def names(maildir: Path, place: str) -> list[str]:
    """The files of one of its folders."""
    return sorted(entry.name for entry in (maildir / place).iterdir() if entry.is_file())
