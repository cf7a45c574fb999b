"""The letter to the owner of a webhook."""

from urllib.parse import urlsplit

from doorstep.domain.invitation import Delivery, Office
from doorstep.domain.messages import Letter
from doorstep.mail.letters import Desk, office_letter


def disabled_letter(desk: Desk, office: Office, webhook_id: str, url: str, delivery: Delivery) -> Letter:
    """Tells that a webhook was disabled, of which host, since when, and how it is enabled again.

    The rest of its address stays out of the mail, since it may hold a password of the receiver's.

    Raises:
        ValueError: for a delivery whose attempt was not opened, so that it has no moment to print.
    """
    values = {
        "host": urlsplit(url).hostname or "",
        "webhook_id": webhook_id,
        "cause": _cause(delivery),
        "disabled_at": delivery.created_at,
    }
    return office_letter(desk, office, delivery, values)


def _cause(delivery: Delivery) -> str:
    code = delivery.facts.get("reply_code")
    return str(delivery.facts.get("cause", "")) + (f" ({code})" if code else "")
