"""What the Temporal UI shows of an invitation: pure texts in Markdown, with the JSON to paste."""

from doorstep.domain.standing import Standing, Step
from doorstep.domain.states import Command, State, allowed_commands

PASTE = {
    Command.APPROVE: '{"approver": "you@office.example"}',
    Command.REJECT: '{"approver": "you@office.example", "reason": "..."}',
    Command.RESEND: "{}",
    Command.REVOKE: '{"reason": "..."}',
}

WAITING_FOR = {
    Step.SEND: "the mail server to take the invitation",
    Step.REMIND: "the invitee to open the link and set up a user",
    Step.EXPIRE: "the invitee to open the link and set up a user",
    Step.ANNOUNCE: "the mail server to take the messages about the set-up",
    Step.NUDGE: "a username administrator to approve or reject",
    Step.ESCALATE: "a username administrator to approve or reject",
    Step.AWAIT_DECISION: "a username administrator to approve or reject (overdue)",
    Step.ACTIVATE: "the account to be activated",
    Step.CLOSE: "somebody to send it again, until the reissue window is over",
    Step.TELL: "the mail server to take the last messages",
    Step.DONE: "nothing: it has come to its end",
}

SUMMARY = {
    Step.SEND: "Send the invitation",
    Step.REMIND: "Remind the invitee",
    Step.EXPIRE: "Expire the link",
    Step.ANNOUNCE: "Announce the set-up",
    Step.NUDGE: "Remind the administrators",
    Step.ESCALATE: "Escalate the approval",
    Step.AWAIT_DECISION: "Decide",
    Step.ACTIVATE: "Activate the account and tell the person",
    Step.CLOSE: "Close the expired invitation",
    Step.TELL: "Tell the outcome",
}

TIMER = {
    Step.REMIND: "Until the reminder",
    Step.EXPIRE: "Until the link dies",
    Step.NUDGE: "Until the administrators are reminded",
    Step.ESCALATE: "Until the approval is overdue",
    Step.CLOSE: "Until the reissue window is over",
}


def waiting_for(standing: Standing) -> str:
    """What it waits for, in words."""
    return WAITING_FOR[Step(standing.step)]


def commands(standing: Standing) -> list[str]:
    """The commands that can succeed now."""
    return [str(c) for c in allowed_commands(State(standing.state), is_closed=standing.is_closed)]


def markdown(standing: Standing) -> str:
    """The current details of the workflow."""
    lines = [
        f"### {standing.state.replace('_', ' ')}",
        f"Since {standing.since}. Waiting for {waiting_for(standing)}.",
    ]
    if standing.expires_at and standing.state == State.PENDING:
        lines.append(f"The link dies at {standing.expires_at}.")
    if standing.attention:
        lines.append(f"**Needs attention:** {', '.join(standing.attention)}.")
    if standing.last_refusal:
        lines.append(f"Last refusal: `{standing.last_refusal}`.")
    if standing.deliveries:
        lines += ["", "| message | delivery |", "| --- | --- |"]
        lines += [f"| {message} | {status} |" for message, status in standing.deliveries.items()]
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:]) + _paste(standing)


def _paste(standing: Standing) -> str:
    usable = [command for command in PASTE if command in commands(standing)]
    if not usable:
        return ""
    blocks = [f"- signal or update `{command}`: `{PASTE[command]}`" for command in usable]
    return "\n\nYou can send, with the JSON to paste:\n\n" + "\n".join(blocks)
