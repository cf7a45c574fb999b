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
    """True where the moment has come, and nothing was done yet."""
    if one.state is not FROM[step]:
        return False
    match step:
        case Step.REMIND:
            is_time = one.expires_at - VALIDITY + REMINDER <= model.now < one.expires_at
            return is_time and not one.is_reminded and not one.is_undeliverable
        case Step.EXPIRE:  # not where its message is known never to have left
            return model.now >= one.expires_at and not (one.is_unsent and not one.may_be_out)
        case Step.NUDGE:
            return model.now >= one.set_up_at + NUDGE and not one.is_nudged
        case Step.ESCALATE:
            return model.now >= one.set_up_at + ESCALATION and not one.is_escalated
        case Step.CLOSE:
            return model.now >= one.expired_at + WINDOW and not one.is_closed
    return True


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
