"""Carrying what people send straight to Temporal to the same guarded statements that the pages use (invariant 1)."""

from uuid import UUID

from temporalio import activity
from temporalio.client import WorkflowHistory
from temporalio.exceptions import ApplicationError

from activities import claims
from activities.claims import Claim, Sent
from activities.contracts import Carried, CarriedSignals, SignalsRef, UpdateRef
from activities.invitations import InvitationActivities
from activities.post import Post
from doorstep.domain.errors import Forbidden, Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.standing import Standing
from doorstep.domain.states import Command
from doorstep.store import audit
from doorstep.store.audit import Actor
from doorstep.store.engine import transact
from doorstep.store.loading import standing_of
from doorstep.store.orders import Order, carry_out, record_refusal
from doorstep.store.work import WORK

AT_ONCE = 100
"""How many signals one activity carries: thousands take several, each well within its time-out."""


class DecisionActivities:
    """Signals and updates of people; `policy` is the setting `DOORSTEP_OPERATOR_SIGNALS`."""

    def __init__(self, post: Post, invitations: InvitationActivities, *, policy: str) -> None:
        self._post = post
        self._invitations = invitations
        self._policy = policy

    @activity.defn
    async def carry_signals(self, ref: SignalsRef) -> CarriedSignals:
        """Carry the signals from number `first` on; each is answered in the row and in the audit."""
        invitation_id = UUID(ref.invitation_id)
        sent = claims.signals(await _history())
        upto = min(ref.first + AT_ONCE, len(sent))
        for one in sent[ref.first : upto]:
            if await self._recorded(invitation_id, one) is not None:
                continue
            try:
                await self._carry(invitation_id, one)
            except Refused:
                continue  # recorded already; a signal has nobody to answer to
        return CarriedSignals(await self._go_on(invitation_id), upto, has_more=upto < len(sent))

    @activity.defn
    async def carry_update(self, ref: UpdateRef) -> Carried:
        """Carry one update; the refusal is part of the answer."""
        invitation_id = UUID(ref.invitation_id)
        sent = claims.update(await _history(), ref.update_id)
        if await self._recorded(invitation_id, sent) in (None, Event.REFUSED):
            try:
                await self._carry(invitation_id, sent)
            except Refused as refusal:
                return Carried(await self._go_on(invitation_id), refusal.code, refusal.message)
        return Carried(await self._go_on(invitation_id))

    async def _go_on(self, invitation_id: UUID) -> Standing:
        """Activate and tell at once where that works; where not, the workflow tries again and nobody waits for it."""
        try:
            return await self._invitations.activate(invitation_id)
        except ApplicationError:
            return standing_of(await self._post.send_all(invitation_id))

    async def _recorded(self, invitation_id: UUID, sent: Sent) -> str | None:
        """What a try before this one made of the message: it may have committed and then not come to its answer."""
        if activity.info().attempt == 1:
            return None
        return await transact(self._post.engine, lambda tx: audit.event_of(tx, invitation_id, _message(sent)))

    async def _carry(self, invitation_id: UUID, sent: Sent) -> None:
        try:
            claim = await claims.read(sent, activity.client().data_converter)
            order = _order(invitation_id, sent, claim)
            self._require_allowed()
        except Refused as refusal:
            await record_refusal(self._post.engine, Order(sent.command, invitation_id, _actor(sent)), refusal)
            raise
        await carry_out(self._post.engine, self._post.ring, order, WORK[sent.command])

    def _require_allowed(self) -> None:
        if self._policy == "deny":
            sentence = "Decisions sent straight to Temporal are switched off here; use the command line or the pages."
            raise Forbidden("operator_signals_denied", sentence)


def _order(invitation_id: UUID, sent: Sent, claim: Claim) -> Order:
    """The order that a claim asks for; who sent it by the server's word stands in for a missing name."""
    name = claim.approver if sent.command in (Command.APPROVE, Command.REJECT) else claim.by
    if sent.command in (Command.APPROVE, Command.REJECT) and not name:
        example = claims.EXAMPLES[sent.command]
        sentence = f"The {sent.command} does not say who decides. Send one JSON object such as {example}"
        raise Invalid("approver_missing", sentence, field="approver")
    return Order(
        command=sent.command,
        invitation_id=invitation_id,
        actor=_actor(sent, name),
        permissions=None if claim.permissions is None else tuple(claim.permissions),
        reason=claim.reason or claim.note,
        is_silent=claim.silent,
    )


def _actor(sent: Sent, name: str | None = None) -> Actor:
    who = name or sent.identity or "unknown"
    # Whoever may send messages to Temporal holds its keys; a name in one is a claim, with the rights of that person.
    return Actor(who, "temporal", sent.identity, _message(sent), is_trusted=not name)


def _message(sent: Sent) -> str:
    return f"{activity.info().workflow_run_id}/{sent.event_id}"


async def _history() -> WorkflowHistory:
    info = activity.info()
    handle = activity.client().get_workflow_handle(str(info.workflow_id), run_id=info.workflow_run_id)
    return await handle.fetch_history()
