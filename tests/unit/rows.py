"""Invitations and deliveries for tests that need no database; what a test does not name has the plainest value."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints
from uuid import UUID

from doorstep.domain.invitation import Delivery, Invitation, Office
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.policy import Policy
from doorstep.domain.states import State

NOW = datetime(2028, 2, 29, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ID = UUID("0199a7c2-5a80-7000-8000-000000000000")
PLAIN: dict[Any, object] = {str: "", int: 1, bool: False, tuple: (), dict: {}, datetime: NOW - HOUR, UUID: ID}


def _made(kind: type[Any], given: dict[str, object]) -> Any:
    """A `kind` with the fields of `given`; another one is None where it may be, else as plain as its type has it."""
    hints = get_type_hints(kind)
    missing = [each.name for each in fields(kind) if each.name not in given]
    return kind(**given | {name: _plain(hints[name]) for name in missing})


def _plain(hint: Any) -> object:
    if type(None) in get_args(hint):
        return None
    kind = getattr(hint, "__origin__", None) or getattr(hint, "__supertype__", None) or hint
    return PLAIN[kind]


def office(**given: object) -> Office:
    """Office nz in Auckland with two administrators."""
    own = {"code": "nz", "name": "Kauri", "time_zone": "Pacific/Auckland", "policy": Policy()}
    return _made(Office, own | {"approvers": ("mo@kauri.example", "tom@kauri.example")} | given)  # type: ignore[no-any-return]


def row(state: State = State.PENDING, **given: object) -> Invitation:
    """An invitation that its workflow knows all about, an hour in its state."""
    own = {
        "id": ID,
        "office": office(),
        "state": state,
        "address": "ana@example.org",
        "invited_by": "rachel@kauri.example",
        "expires_at": NOW + 23 * HOUR,
        "set_up_at": NOW - HOUR,
        "now": NOW,
    }
    return _made(Invitation, own | given)  # type: ignore[no-any-return]


def delivery(message: Message, status: DeliveryStatus, **given: object) -> Delivery:
    """A message that was tried once, at the moment when it was written."""
    own = {
        "message": message,
        "status": status,
        "recipient": "ana@example.org",
        "handed_over_at": NOW - HOUR,
        "sent_at": NOW - HOUR if status is DeliveryStatus.SENT else None,
    }
    return _made(Delivery, own | given)  # type: ignore[no-any-return]
