"""Invitations and offices as JSON and as tables; the names of the fields are promised to scripts."""

from dataclasses import asdict
from datetime import timedelta

from rich.console import RenderableType

from doorstep.domain.invitation import Delivery, Invitation, Office
from doorstep.domain.states import allowed_commands
from starter.commands.printing import NEVER, duration, iso, local, pairs, table

INSTANTS = ("since", "created_at", "changed_at", "expires_at", "set_up_at", "decided_at", "activated_at", "expired_at")


def brief(invitation: Invitation) -> dict[str, object]:
    """What a command that changed an invitation answers."""
    return {
        "id": str(invitation.id),
        "state": invitation.state.value,
        "workflow_id": invitation.workflow_id,
        "expires_at": iso(invitation.expires_at),
    }


def is_new(invitation: Invitation) -> bool:
    """True if it was made just now, and did not answer a duplicate."""
    # Both are the hour of the transaction that made it, and no other transaction has the same.
    return invitation.created_at == invitation.now


def in_a_list(invitation: Invitation) -> dict[str, object]:
    """One row of `list` and `stuck`."""
    return brief(invitation) | {
        "office": invitation.office.code,
        "address": invitation.address,
        "name": invitation.name,
        "accounts": [account.code for account in invitation.accounts],
        "attention": list(invitation.attention),
        "since": iso(invitation.since),
    }


def full(invitation: Invitation) -> dict[str, object]:
    """Everything about one invitation; no link and no password is among it."""
    as_they_are = (
        *("generation", "address", "name", "job", "username", "is_test", "invited_by", "decided_by"),
        *("other_address", "locale", "template", "is_existing"),
    )
    lists = ("roles", "permissions", "attention")
    return (
        brief(invitation)
        | {"office": invitation.office.code}
        | {name: getattr(invitation, name) for name in as_they_are}
        | {name: list(getattr(invitation, name)) for name in lists}
        | {
            "accounts": [{"code": account.code, "name": account.name} for account in invitation.accounts],
            "channel": invitation.channel.value,
            "contact": None if invitation.contact_id is None else str(invitation.contact_id),
            "granted": None if invitation.granted is None else list(invitation.granted),
            "decision_note": invitation.decision_note,
            "last_refusal": invitation.last_refusal,
            "waiting_for": waiting_for(invitation),
            "allowed_commands": [
                str(each) for each in allowed_commands(invitation.state, is_closed=is_closed(invitation))
            ],
            "deliveries": [_delivery(each) for each in invitation.deliveries],
        }
        | {name: iso(getattr(invitation, name)) for name in (*INSTANTS, "closed_at")}
    )


def is_closed(invitation: Invitation) -> bool:
    """True once nothing can happen to it any more."""
    return invitation.closed_at is not None


def waiting_for(invitation: Invitation) -> str:
    """What it waits for, in the words that the Temporal UI shows too."""
    from doorstep.store.loading import standing_of  # noqa: PLC0415 - takes a second, and `--help` needs it not
    from workflows.details import waiting_for as in_words  # noqa: PLC0415 - see above

    return in_words(standing_of(invitation))


def _delivery(delivery: Delivery) -> dict[str, object]:
    return {
        "message": delivery.message.value,
        "generation": delivery.generation,
        "recipient": delivery.recipient,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "cause": delivery.cause,
        "reply_code": delivery.reply_code,
        "created_at": iso(delivery.created_at),
        "sent_at": iso(delivery.sent_at),
    }


def sheet(invitation: Invitation) -> list[RenderableType]:
    """Everything about one invitation, for a person."""
    zone = invitation.office.time_zone
    shown = full(invitation)
    names = (
        *("id", "state", "office", "address", "other_address", "name", "username", "job", "locale", "template"),
        *("generation", "invited_by", "waiting_for"),
    )
    rows: list[tuple[str, object]] = [(name.replace("_", " "), shown[name]) for name in names]
    rows += [
        ("accounts", ", ".join(f"{account.code} {account.name}".strip() for account in invitation.accounts)),
        ("asked for", ", ".join(invitation.permissions)),
        ("granted", ", ".join(invitation.granted or ())),
        ("attention", ", ".join(invitation.attention)),
        ("last refusal", invitation.last_refusal),
        ("decided by", invitation.decided_by),
        ("note", invitation.decision_note),
        ("can be done", ", ".join(str(c) for c in allowed_commands(invitation.state, is_closed=is_closed(invitation)))),
        *((name.removesuffix("_at").replace("_", " "), local(getattr(invitation, name), zone)) for name in INSTANTS),
    ]
    return [pairs(rows), deliveries(invitation)]


def deliveries(invitation: Invitation) -> RenderableType:
    """Its messages, and how far each got."""
    if not invitation.deliveries:
        return "No message has been written yet."
    zone = invitation.office.time_zone
    rows = [
        (d.message, d.recipient, d.status, d.attempts, d.reply_code or "", d.cause, local(d.sent_at, zone))
        for d in invitation.deliveries
    ]
    made = table(("message", "to", "status", "tries", "reply", "cause", "sent"), rows)
    made.columns[0].no_wrap = True  # where it is narrow, an address and a moment are easier to read on two lines
    return made


def rows_of(invitations: list[Invitation]) -> RenderableType:
    """Invitations as a table."""
    rows = [
        (
            i.id,
            i.state,
            i.office.code,
            i.address,
            ", ".join(a.code for a in i.accounts),
            local(i.since, i.office.time_zone),
        )
        for i in invitations
    ]
    return table(("id", "state", "office", "address", "accounts", "since"), rows)


def office(found: Office) -> dict[str, object]:
    """An office with its policy; durations as `office set` takes them."""
    own = (
        *("code", "name", "region", "locale", "time_zone", "public_url", "sender", "help_email", "help_phone"),
        *("client_guide", "welcome_template", "any_staff_invites"),
    )
    rules = {
        name: duration(value) if isinstance(value, timedelta) else value for name, value in asdict(found.policy).items()
    }
    rules |= {"retention": rules["retention"] or NEVER}
    return (
        {name: getattr(found, name) for name in own}
        | {"approvers": list(found.approvers)}
        | {
            "policy_version": found.policy_version,
            "policy": rules | {"required_fields": list(found.policy.required_fields)},
        }
    )


def office_sheet(found: Office, seats: int) -> RenderableType:
    """An office and how many seats it uses, for a person."""
    shown = office(found)
    rules = shown.pop("policy")
    assert isinstance(rules, dict)  # noqa: S101 - made three lines above
    flat = {name: ", ".join(value) if isinstance(value, list) else value for name, value in (shown | rules).items()}
    return pairs((name.replace("_", " "), in_words(value)) for name, value in (flat | {"seats": seats}).items())


def in_words(value: object) -> object:
    """`yes` and `no` for what is true or not; anything else as it is."""
    return ("yes" if value else "no") if isinstance(value, bool) else value
