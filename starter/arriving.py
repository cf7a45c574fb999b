"""Messages that did not arrive: refused for good, or still waiting. Which message it is decides what helps."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from shlex import quote

from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import LINK_MESSAGES, DeliveryStatus, Message, channel_of
from doorstep.domain.states import Attention, State
from doorstep.domain.templates import builtin
from starter import remedies
from starter.moments import MINUTE, on_the_clock
from starter.remedies import DOCTOR, LINK, PREVIEW, READDRESS, RESEND, At
from starter.troubles import Kind, Trouble

TO_APPROVERS = frozenset({Message.APPROVAL_NEEDED, Message.APPROVAL_REMINDER, Message.APPROVAL_ESCALATION})
GOOD_NEWS = frozenset({Message.APPROVED, Message.WELCOME, Message.WELCOME_EXISTING})
NOTICES = frozenset({Message.BOUNCE_NOTICE, Message.DECLINED_NOTICE, Message.READDRESSED_NOTICE})
NAMES = {
    Message.SET_UP_RECEIVED: "the thanks for the set-up",
    Message.APPROVAL_NEEDED: "the request to approve",
    Message.APPROVAL_REMINDER: "the reminder to approve",
    Message.APPROVAL_ESCALATION: "the last reminder to approve",
    Message.APPROVED: "the good news",
    Message.REJECTED: "the refusal",
}


def mail_troubles(invitation: Invitation, *, has_signed_in: bool = False) -> Iterator[Trouble]:
    """What did not arrive and still matters in the state that the invitation is in."""
    lost = [each for each in invitation.deliveries if _is_lost(invitation, each)]
    for audience, tell in ((LINK_MESSAGES, _no_link), (TO_APPROVERS, _no_request), (GOOD_NEWS, _no_news)):
        missed = [each for each in lost if each.message in audience]
        if missed and not (audience is GOOD_NEWS and has_signed_in):
            yield tell(invitation, missed)
    others = [each for each in lost if each.message not in LINK_MESSAGES | TO_APPROVERS | GOOD_NEWS]
    if others:
        yield _trouble(invitation, others, "tell the person yourself; it changes nothing else")
    if Attention.UNDELIVERABLE in invitation.attention and not any(map(_is_refused, invitation.deliveries)):
        sentence = "A message was refused for good; ask for the right address and send the link there."
        yield Trouble(Kind.UNDELIVERABLE, sentence, filled(invitation, READDRESS))
    yield from _waiting(invitation)


def _is_lost(invitation: Invitation, delivery: Delivery) -> bool:
    """True for what was refused and is still missed: a later state asks for other messages than the one before."""
    if not _is_refused(delivery) or delivery.generation != invitation.generation or invitation.closed_at is not None:
        return False
    if invitation.state in (State.PENDING, State.EXPIRED):
        return delivery.message in LINK_MESSAGES
    is_replaced = delivery.message in TO_APPROVERS and delivery.recipient not in invitation.office.approvers
    return delivery.created_at >= invitation.since and delivery.message not in NOTICES and not is_replaced


def _is_refused(delivery: Delivery) -> bool:
    """True where the other side would not have it; what has failed under a word of ours was withdrawn by us."""
    if delivery.status is DeliveryStatus.FAILED:
        return delivery.cause in remedies.REFUSED or delivery.cause in remedies.WAITING
    return delivery.status is DeliveryStatus.BOUNCED


def _no_link(invitation: Invitation, lost: Sequence[Delivery]) -> Trouble:
    match remedies.refused_by(lost[0].cause).at:
        case At.ADDRESS:
            return _trouble(invitation, lost, "ask for the right address and send the link there", READDRESS)
        case At.MESSAGE if invitation.state is State.PENDING:
            what = "have its text looked at, and hand the link over another way meanwhile"
            return _trouble(invitation, lost, what, LINK, PREVIEW)
        case At.MESSAGE:
            return _trouble(invitation, lost, "have its text looked at, then send it again", PREVIEW, RESEND)
        case _:
            what = "whoever runs Doorstep has to see to it, then a new link can be sent"
            return _trouble(invitation, lost, what, DOCTOR, RESEND)


def _no_request(invitation: Invitation, lost: Sequence[Delivery]) -> Trouble:
    """A mail to an administrator bounced: the invitee has nothing to do with it."""
    deaf = sorted({each.recipient for each in lost})
    left = [each for each in invitation.office.approvers if each not in deaf]
    who = f"{' and '.join(deaf)} {'does' if len(deaf) == 1 else 'do'} not know that somebody waits"
    if remedies.refused_by(lost[0].cause).at is At.ADDRESS:
        names = " ".join([*map(quote, left), *("NEW_ADDRESS" for _ in deaf)])
        return _trouble(invitation, lost, f"{who}; correct the list", f"doorstep approvers set {{office}} {names}")
    decider = quote((left or deaf)[0])
    return _trouble(invitation, lost, f"{who}; tell them yourself", f"doorstep approve {{id}} --as {decider}", DOCTOR)


def _no_news(invitation: Invitation, lost: Sequence[Delivery]) -> Trouble:
    first = {At.MESSAGE: (PREVIEW,), At.OPERATION: (DOCTOR,)}
    what = "the person does not know that they can sign in; tell them yourself, or send it again"
    return _trouble(invitation, lost, what, *first.get(remedies.refused_by(lost[0].cause).at, ()), RESEND)


def _trouble(invitation: Invitation, lost: Sequence[Delivery], what: str, *commands: str) -> Trouble:
    first = lost[0]
    found = remedies.refused_by(first.cause)
    kind = Kind.MESSAGE_REFUSED if found.at is At.MESSAGE else Kind.UNDELIVERABLE
    server = remedies.SERVER[channel_of(first.recipient)]
    sentence = f"{_names(lost)} did not arrive: {server} {found.deed} ({_evidence(invitation, lost)}); {what}."
    return Trouble(kind, _capitalised(sentence), filled(invitation, *commands, message=first.message))


def _waiting(invitation: Invitation) -> Iterator[Trouble]:
    """What still has to go out, by what keeps it; nothing is wrong with what was queued a moment ago."""
    unsent = [d for d in invitation.unsent() if d.attempts or invitation.now - d.created_at >= MINUTE]
    for server, cause in dict.fromkeys((channel_of(d.recipient), d.cause) for d in unsent):
        same = [d for d in unsent if (channel_of(d.recipient), d.cause) == (server, cause)]
        is_tried = any(d.attempts for d in same)
        known = remedies.WAITING.get(cause, remedies.OTHERWISE) if cause else remedies.UNKNOWN_END
        found = known if is_tried else remedies.NOT_TRIED
        since = on_the_clock(min(d.created_at for d in same), invitation.office.time_zone)
        setting = remedies.SETTING[server]
        sentence = f"{remedies.SERVER[server]} has not taken {_names(same)} since {since}: {found.matter}"
        if is_tried:
            sentence += f" ({_evidence(invitation, same)})"
        remedy = found.remedy.format(setting=setting)
        commands = filled(invitation, *found.commands, message=same[0].message)
        yield Trouble(Kind.MAIL_WAITING, _capitalised(f"{sentence}; {remedy}."), commands)


def _names(deliveries: Iterable[Delivery]) -> str:
    names = sorted({NAMES.get(d.message, f"the {d.message.value.replace('_', ' ')}") for d in deliveries})
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _evidence(invitation: Invitation, deliveries: Sequence[Delivery]) -> str:
    """The cause, the reply, how often it was tried, and when last."""
    causes = sorted({d.cause for d in deliveries if d.cause})
    replies = [f"reply {code}" for code in sorted({d.reply_code for d in deliveries if d.reply_code is not None})]
    tries = max(d.attempts for d in deliveries)
    last = max((d.handed_over_at for d in deliveries if d.handed_over_at is not None), default=None)
    told = [*causes, *replies, "tried once" if tries == 1 else f"tried {tries} times"]
    if last is not None:
        told.append(f"{'at' if tries == 1 else 'last at'} {on_the_clock(last, invitation.office.time_zone)}")
    return ", ".join(told)


def filled(invitation: Invitation, *commands: str, message: Message = Message.INVITATION) -> tuple[str, ...]:
    """Commands with what they are about in the places for it."""
    places = {
        "{id}": str(invitation.id),
        "{office}": invitation.office.code,
        "{template}": _template(invitation, message),
    }

    def fill(command: str) -> str:
        # Not by format: an address in the command may have braces of its own.
        return reduce(lambda line, place: line.replace(place, places[place]), places, command)

    return tuple(map(fill, commands))


def _template(invitation: Invitation, message: Message) -> str:
    """The name of the template that a message goes out with."""
    chosen = (invitation.template or invitation.office.welcome_template) if message is Message.WELCOME else ""
    return chosen or builtin(message).name


def _capitalised(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
