"""Names of what is recorded: `subject.event`, used by the audit now and by whoever listens later."""

from enum import StrEnum


class Event(StrEnum):
    """What happened, for the audit."""

    CREATED = "invitation.created"
    RELEASED = "invitation.released"
    SENT = "message.sent"
    BOUNCED = "message.bounced"
    REMINDED = "invitation.reminded"
    SET_UP = "invitation.set_up"
    EXPIRED = "invitation.expired"
    CLOSED = "invitation.closed"
    RESENT = "invitation.resent"
    NEW_LINK_REQUESTED = "invitation.new_link_requested"
    READDRESSED = "invitation.readdressed"
    DECLINED = "invitation.declined"
    REVOKED = "invitation.revoked"
    APPROVED = "invitation.approved"
    REJECTED = "invitation.rejected"
    ACTIVATED = "invitation.activated"
    ACTIVATION_FAILED = "invitation.activation_failed"
    APPROVERS_REMINDED = "invitation.approvers_reminded"
    ESCALATED = "invitation.escalated"
    LINK_SHOWN = "invitation.link_shown"
    REFUSED = "command.refused"
    SIGNED_IN = "user.signed_in"
    SIGN_IN_REFUSED = "user.sign_in_refused"
    SIGNED_OUT = "user.signed_out"
    PASSWORD_RESET_ASKED = "user.password_reset_asked"  # noqa: S105 - the name of an event
    PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - the name of an event
    OFFICE_SET = "office.set"
    APPROVERS_SET = "office.approvers_set"
    IMPORTED = "directory.imported"
