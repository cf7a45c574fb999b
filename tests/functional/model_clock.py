"""What time alone does in the model."""

from doorstep.domain.standing import Step
from doorstep.domain.states import State
from tests.functional.model import ESCALATION, NUDGE, REMINDER, VALIDITY, WINDOW, Model, One

FROM = {
    Step.REMIND: State.PENDING,
    Step.EXPIRE: State.PENDING,
    Step.NUDGE: State.AWAITING_APPROVAL,
    Step.ESCALATE: State.AWAITING_APPROVAL,
    Step.ACTIVATE: State.APPROVED,
    Step.CLOSE: State.EXPIRED,
}
"""The state in which each step can be due."""


def is_due(model: Model, one: One, step: Step) -> bool:
    """True where the moment has come, and nothing speaks against it."""
    is_over = model.now >= one.expires_at
    moment, is_off = {
        Step.REMIND: (one.expires_at - VALIDITY + REMINDER, one.is_reminded or one.is_undeliverable or is_over),
        Step.EXPIRE: (one.expires_at, one.is_unsent and not one.may_be_out),  # the message is known never to have left
        Step.NUDGE: (one.set_up_at + NUDGE, one.is_nudged),
        Step.ESCALATE: (one.set_up_at + ESCALATION, one.is_escalated),
        Step.ACTIVATE: (0.0, False),
        Step.CLOSE: (one.expired_at + WINDOW, one.is_closed),
    }[step]
    return one.state is FROM[step] and model.now >= moment and not is_off


def happen(model: Model, one: One, step: Step) -> None:
    """What the step does."""
    match step:
        case Step.REMIND:
            one.is_reminded = True
        case Step.EXPIRE:
            one.state, one.expired_at = State.EXPIRED, model.now
            model.end_link(one)
        case Step.NUDGE:
            one.is_nudged = True
        case Step.ESCALATE:
            one.is_escalated = True
        case Step.CLOSE:
            one.is_closed = True
        case Step.ACTIVATE:
            model.activate(one)
