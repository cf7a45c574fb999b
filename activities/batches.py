"""The activities of a batch: each works through rows for some seconds and answers where the batch stands.

Every row is decided in a transaction of its own with its result, so an activity may die, run twice or come late.
"""

from uuid import UUID

from temporalio import activity

from activities import batch_claims
from activities.batch_claims import SentToBatch
from activities.batch_shift import Shift, Starts, beating
from activities.contracts import BatchRef, BatchSignalsRef, BatchStanding, CarriedBatchSignals
from activities.post import Post
from doorstep.domain.errors import Forbidden, Refused
from doorstep.domain.events import Event
from doorstep.store import audit, batch_commands
from doorstep.store.engine import transact


class BatchActivities:
    """What `BatchWorkflow` has done for it; `policy` is the setting `DOORSTEP_OPERATOR_SIGNALS`."""

    def __init__(self, post: Post, starts: Starts, *, policy: str) -> None:
        self._post = post
        self._starts = starts
        self._policy = policy

    @activity.defn
    async def check_batch_rows(self, ref: BatchRef) -> BatchStanding:
        """Rehearse rows that nobody has looked at; after the last one the batch is checked, or starts by itself."""
        shift = self._shift(ref.batch_id)
        async with beating():
            await shift.check()
            return await shift.standing()

    @activity.defn
    async def invite_batch_rows(self, ref: BatchRef) -> BatchStanding:
        """Invite from rows without a result, as far as the window allows; after the last one the batch is done."""
        shift = self._shift(ref.batch_id)
        async with beating():
            await shift.invite()
            return await shift.standing()

    @activity.defn
    async def cancel_unstarted_batch(self, ref: BatchRef) -> BatchStanding:
        """Cancel a batch that nobody started for a week."""
        await transact(self._post.engine, lambda tx: batch_commands.give_up(tx, UUID(ref.batch_id)))
        return await self._shift(ref.batch_id).standing()

    @activity.defn
    async def carry_batch_signals(self, ref: BatchSignalsRef) -> CarriedBatchSignals:
        """Carry the signals from number `first` on to the statements that every other door uses (invariant 1)."""
        sent = await batch_claims.signals()
        for one in sent[ref.first :]:
            await self._carry(UUID(ref.batch_id), one)
        return CarriedBatchSignals(await self._shift(ref.batch_id).standing(), len(sent))

    async def _carry(self, batch_id: UUID, one: SentToBatch) -> None:
        """Carry one signal; what a try before this one made of it stands in the audit already."""
        engine, actor = self._post.engine, one.actor
        if await transact(engine, lambda tx: audit.event_of(tx, batch_id, actor.message)) is not None:
            return
        try:
            self._require_allowed()
            await transact(engine, lambda tx: batch_commands.carry_out(tx, actor, batch_id, one.command))
        except Refused as refusal:
            code, detail = refusal.code, {"command": f"batch.{one.command.value}"}
            await transact(
                engine,
                lambda tx: audit.record(tx, Event.REFUSED, actor, subject_id=batch_id, code=code, detail=detail),
            )

    def _require_allowed(self) -> None:
        if self._policy == "deny":
            sentence = "Commands sent straight to Temporal are switched off here; use the command line or the pages."
            raise Forbidden("operator_signals_denied", sentence)

    def _shift(self, batch_id: str) -> Shift:
        return Shift(self._post.engine, self._post.ring, self._starts, UUID(batch_id))
