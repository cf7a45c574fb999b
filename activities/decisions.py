"""Carrying what people send straight to Temporal to the same guarded statements that the pages use (invariant 1)."""

from uuid import UUID

from temporalio import activity
from temporalio.client import WorkflowHistory

from activities import claims
from activities.claims import Claim, Sent
from activities.contracts import Carried, CarriedSignals, SignalsRef, UpdateRef
from activities.invitations import InvitationActivities
from activities.post import Post
from doorstep.domain.errors import Forbidden, Invalid, Refused
from doorstep.domain.states import Command
from doorstep.store.audit import Actor
from doorstep.store.orders import Order, carry_out, record_refusal
from doorstep.store.work import WORK


class DecisionActivities:
    """Signals and updates of people; `policy` is the setting `DOORSTEP_OPERATOR_SIGNALS`."""

    def __init__(self, post: Post, invitations: InvitationActivities, *, policy: str) -> None:
        self._post = post
        self._invitations = invitations
        self._policy = policy

    @activity.defn
    async def carry_signals(self, ref: SignalsRef) -> CarriedSignals:
        """Carry every signal from number `first` on; each is answered in the row and in the audit."""
        sent = claims.signals(await _history())
        for one in sent[ref.first :]:
            try:
                await self._carry(UUID(ref.invitation_id), one)
            except Refused:
                continue  # recorded already; a signal has nobody to answer to
        await self._invitations.activate(UUID(ref.invitation_id))
        return CarriedSignals(await self._invitations.send_once(UUID(ref.invitation_id)), len(sent))

    @activity.defn
    async def carry_update(self, ref: UpdateRef) -> Carried:
        """Carry one update; the refusal is part of the answer."""
        invitation_id = UUID(ref.invitation_id)
        refusal: Refused | None = None
        try:
            await self._carry(invitation_id, claims.update(await _history(), ref.update_id))
        except Refused as error:
            refusal = error
        await self._invitations.activate(invitation_id)
        standing = await self._invitations.send_once(invitation_id)
        if refusal is None:
            return Carried(standing)
        return Carried(standing, refusal.code, refusal.message)

    async def _carry(self, invitation_id: UUID, sent: Sent) -> None:
        try:
            claim = await claims.read(sent, activity.client().data_converter)
            order = _order(invitation_id, sent, claim)
            self._require_allowed()
        except Refused as refusal:
            nobody = Order(sent.command, invitation_id, Actor(sent.identity or "unknown", "temporal"))
            await record_refusal(self._post.engine, nobody, refusal)
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
        actor=Actor((name or sent.identity or "unknown").strip(), "temporal"),
        permissions=None if claim.permissions is None else tuple(claim.permissions),
        reason=claim.reason or claim.note,
        is_silent=claim.silent,
    )


async def _history() -> WorkflowHistory:
    info = activity.info()
    handle = activity.client().get_workflow_handle(str(info.workflow_id), run_id=info.workflow_run_id)
    return await handle.fetch_history()
