"""What the gateway reports about a text afterwards: whether it was the gateway that said so, and what it means.

The signature covers the address of the report and every field of it, under the token of the account. The address is our
own, from the settings: the Host header of a request is the word of whoever sent it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from twilio.request_validator import RequestValidator

from doorstep.domain.messages import DeliveryStatus
from doorstep.text.gateway import Gateway
from doorstep.text.outcomes import CODES, FINAL, Cause

PATH = "/text/status"
SIGNATURE_HEADER = "X-Twilio-Signature"

_ARRIVED = frozenset({"delivered", "read"})
_LOST = frozenset({"undelivered", "failed", "canceled"})


@dataclass(frozen=True)
class Report:
    """News of a text: how far it got, a stable word for why not, and Twilio's error code."""

    status: DeliveryStatus
    cause: str = ""
    reply_code: int | None = None


def status_url(gateway: Gateway, public_url: str, delivery_id: UUID) -> str:
    """Where the gateway is to report about a delivery; empty where it could not reach us, or not in safety."""
    if not public_url.startswith("https://") and not gateway.is_loopback:
        return ""
    return f"{public_url.rstrip('/')}{PATH}/{delivery_id}"


def is_genuine(gateway: Gateway, public_url: str, delivery_id: UUID, fields: Mapping[str, str], signature: str) -> bool:
    """True where the gateway itself sent this report, about this delivery and in these words (T32)."""
    url = status_url(gateway, public_url, delivery_id)
    genuine: bool = bool(url) and RequestValidator(gateway.token).validate(url, dict(fields), signature)
    return genuine


def report_of(fields: Mapping[str, str]) -> Report | None:
    """What a genuine report says; nothing where it is only on its way.

    A text that the number cannot get is `BOUNCED`, as a mail is; one that the account, the sender or the network lost
    is `FAILED`: the number may be a good one.
    """
    state = fields.get("MessageStatus", "")
    if state in _ARRIVED:
        return Report(DeliveryStatus.DELIVERED)
    if state == "sent":
        return Report(DeliveryStatus.SENT)
    if state not in _LOST:
        return None
    said = fields.get("ErrorCode", "")
    code = int(said) if said.isascii() and said.isdecimal() else None
    cause = CODES.get(code or 0, Cause.NOT_REACHED)
    is_theirs = cause in FINAL or cause is Cause.NOT_REACHED
    return Report(DeliveryStatus.BOUNCED if is_theirs else DeliveryStatus.FAILED, cause, code)
