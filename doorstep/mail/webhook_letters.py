"""The letter to the owner of a webhook."""

from urllib.parse import urlsplit

from doorstep.domain.invitation import Delivery, Office
from doorstep.domain.messages import Letter
from doorstep.mail.letters import Desk, office_values


def disabled_letter(desk: Desk, office: Office, webhook_id: str, url: str, delivery: Delivery) -> Letter:
    """Tells that a webhook was disabled, of which host, since when, and how it is enabled again.

    The rest of its address stays out of the mail, since it may hold a password of the receiver's.

    Raises:
        ValueError: for a delivery whose attempt was not opened, so that it has no moment to print.
    """
    if delivery.handed_over_at is None:
        raise ValueError("the attempt was not opened")
    values = office_values(office) | {
        "host": urlsplit(url).hostname or "",
        "webhook_id": webhook_id,
        "cause": _cause(delivery),
        "disabled_at": delivery.created_at,
    }
    return Letter(
        message=delivery.message,
        delivery_id=delivery.id,
        recipient_address=delivery.recipient,
        recipient_name="",
        sender=office.sender or desk.sender,
        reply_to=office.help_email,
        handed_over_at=delivery.handed_over_at,
        locale=office.locale,
        time_zone=office.time_zone,
        values=values,
    )


def _cause(delivery: Delivery) -> str:
    code = delivery.facts.get("reply_code")
    return str(delivery.facts.get("cause", "")) + (f" ({code})" if code else "")
