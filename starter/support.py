"""What support needs: show, list, stuck, why, audit, the live link to pass on by hand, and a workflow started again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.authority import Right, no_such_invitation
from doorstep.domain.errors import Conflict, Forbidden, Invalid, Refused
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.standing import Step
from doorstep.domain.states import State
from doorstep.security.links import Purpose, UnknownKeyError
from doorstep.store import audit, authority, finding, links, offices, reading, records, sight
from doorstep.store.audit import Actor, AuditEntry
from doorstep.store.loading import standing_of
from doorstep.store.reach import reached
from doorstep.store.reading import Row
from starter import visibility
from starter.moments import on_the_clock
from starter.runs import PAUSED, Run
from starter.sight import PAGE
from starter.survey import Surveyor
from starter.troubles import Explanation
from starter.visibility import TemporalAway

BEGINNING = re.compile(r"[0-9a-f]{8,32}")


@dataclass(frozen=True)
class Restarted:
    """An invitation, and whether its workflow had to be started; it may have been running."""

    invitation: Invitation
    is_new: bool


class Support(Surveyor):
    """Reading, and two things that are almost reading: handing out the link, and starting a lost workflow again."""

    async def show(self, invitation_id: UUID, *, actor: str | None = None) -> Invitation:
        """The invitation.

        Raises:
            NotFound: there is none in sight; Conflict: `row_unreadable`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: self._one(tx, who, invitation_id))

    async def find(self, text: str, *, actor: str | None = None) -> UUID:
        """The id that somebody typed: a whole one, a workflow's, or the beginning of one, from eight digits on.

        Raises:
            Invalid: `id_invalid`, `id_ambiguous`; NotFound: there is none.
        """
        digits = text.strip().lower().removeprefix("invitation-").replace("-", "")
        if not BEGINNING.fullmatch(digits):
            sentence = "An id looks like 0199a7c2-5a80-7000-8000-000000000000; its first 8 characters can be enough."
            raise Invalid("id_invalid", sentence, field="id")
        low, high = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> Sequence[UUID]:
            return await finding.between(tx, low, high, await sight.of_invitations(tx, who))

        found = [low] if low == high else await self._run(work)
        if len(found) > 1:
            raise Invalid("id_ambiguous", "Several invitations begin like that. Type more of the id.", field="id")
        if not found:
            raise no_such_invitation()
        return found[0]

    async def list(
        self,
        *,
        state: State | None = None,
        office: str | None = None,
        account: str | None = None,
        limit: int = PAGE,
        actor: str | None = None,
    ) -> list[Invitation]:
        """The newest invitations that match, of those in sight.

        Raises:
            Forbidden: `not_staff`, `not_allowed`, of an office that is named.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> "list[Invitation]":
            if office is not None:
                await sight.require_some(tx, who, office)
            return await self._load(tx, who, state=state, office=office, account=account, limit=limit)

        return await self._run(work)

    async def why(self, invitation_id: UUID, *, actor: str | None = None) -> Explanation:
        """Why it stands where it does, in two or three sentences, and the commands that help."""
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> "list[Row]":
            return await reading.rows(tx, [invitation_id], seen=await sight.of_invitations(tx, who))

        found = await self._explained(who, await self._run(work))
        if not found:
            raise no_such_invitation()
        return found[0]

    async def audit(
        self, invitation_id: UUID, *, includes_user: bool = False, actor: str | None = None
    ) -> "tuple[AuditEntry, ...]":
        """Everything recorded about it, refusals included, oldest first; and about its user, since it was made.

        What is recorded of a user who belongs to something out of sight too is left out.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> "tuple[AuditEntry, ...]":
            invitation = await self._one(tx, who, invitation_id)
            own = await audit.entries(tx, invitation_id)
            if not includes_user or invitation.user_id is None:
                return tuple(own)
            if not (await reached(tx, who, invitation.user_id)).is_whole(Right.SEE):
                return tuple(own)
            of_user = await records.of_user(tx, invitation.user_id, since=invitation.created_at)
            return tuple(sorted([*own, *of_user], key=lambda entry: entry.at))

        return await self._run(work)

    async def office_audit(
        self,
        office: str,
        *,
        is_refused: bool = False,
        since: timedelta | None = None,
        limit: int = PAGE,
        actor: str | None = None,
    ) -> "tuple[AuditEntry, ...]":
        """The newest records of an office that belong to no invitation, newest first: refused ones, settings, imports.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> "tuple[AuditEntry, ...]":
            await offices.get(tx, office)
            await authority.require_in_office(tx, who, office, Right.SEE)
            return tuple(await records.of_office(tx, office, is_refused=is_refused, since=since, limit=limit))

        return await self._run(work)

    async def link(self, invitation_id: UUID, *, actor: str | None = None) -> str:
        """The live link, for somebody to pass on by hand; audited, also where there is none.

        Raises:
            NotFound: there is none in sight; Forbidden: `not_allowed`; Conflict: `no_live_link`.
        """
        who = self._as(actor)

        async def work(tx: AsyncConnection) -> str:
            invitation = await self._one(tx, who, invitation_id)
            await authority.require_for_invitation(tx, who, invitation, Right.LINK)
            url = await self._live_link(tx, invitation)
            await audit.record(tx, Event.LINK_SHOWN, who, subject_id=invitation_id)
            return url

        try:
            return await self._run(work)
        except (Conflict, Forbidden) as refusal:
            await self._note_refusal(invitation_id, "link", who, refusal)
            raise

    async def _live_link(self, tx: AsyncConnection, invitation: Invitation) -> str:
        record = await links.current(tx, Purpose.INVITATION, invitation.id, invitation.generation)
        end = invitation.expires_at
        if invitation.state is not State.PENDING or record is None or end is None:
            raise Conflict("no_live_link", f"There is no live link: the invitation is {invitation.state}.")
        if invitation.now >= end:
            died = on_the_clock(end, invitation.office.time_zone)
            raise Conflict(
                "no_live_link", f"There is no live link: the last one died at {died}. Resend the invitation."
            )
        portal = invitation.office.public_url or self.settings.public_url
        try:
            return f"{portal}/invitation/{self.ring.token(record)}"
        except UnknownKeyError:
            sentence = "The key that made this link is not in DOORSTEP_LINK_KEYS any more. Resend the invitation."
            raise Conflict("no_live_link", sentence) from None

    async def restart(self, invitation_id: UUID, *, actor: str | None = None) -> Restarted:
        """Start the workflow of an invitation again if something is still to be done and it does not run; audited.

        Doing it twice, or twice at once, starts one: Temporal runs one workflow under an id. The new run asks the row
        where it stands, so it repeats nothing that was done.

        Raises:
            NotFound: there is none in sight; Forbidden: `not_allowed`; Conflict: `nothing_to_do`, `workflow_paused`;
                Unavailable: `temporal_unavailable`, and nothing was started.
        """
        who = self._as(actor)
        try:
            invitation = await self._run(lambda tx: self._restartable(tx, who, invitation_id))
            run = await visibility.look(self.starter.client, invitation.workflow_id)
            _require_unfinished(invitation, run)
        except (Conflict, Forbidden) as refusal:
            await self._note_refusal(invitation_id, "restart", who, refusal)
            raise
        if not run.is_over:
            return Restarted(invitation, is_new=False)
        if not await self.starter.start(invitation):
            raise TemporalAway
        await self._run(lambda tx: audit.record(tx, Event.RESTARTED, who, subject_id=invitation_id))
        return Restarted(invitation, is_new=True)

    async def _restartable(self, tx: AsyncConnection, who: Actor, invitation_id: UUID) -> Invitation:
        """The invitation, for whoever may set it going: it takes what sending it takes."""
        invitation = await self._one(tx, who, invitation_id)
        await authority.require_for_invitation(tx, who, invitation, Right.INVITE)
        return invitation

    async def _note_refusal(self, invitation_id: UUID, command: str, actor: Actor, refusal: Refused) -> None:
        code, detail = refusal.code, {"command": command}
        await self._run(
            lambda tx: audit.record(tx, Event.REFUSED, actor, subject_id=invitation_id, code=code, detail=detail)
        )


def _require_unfinished(invitation: Invitation, run: Run) -> None:
    """Let through what a workflow can still do something for."""
    if invitation.state is State.DRAFT:
        sentence = f"It is a draft, and has no workflow yet. Send it with: doorstep send {invitation.id}"
        raise Conflict("nothing_to_do", sentence)
    if standing_of(invitation).step == Step.DONE:
        state = "expired and closed" if invitation.closed_at is not None else invitation.state.value
        raise Conflict("nothing_to_do", f"It is {state}, and everything about it is done; it needs no workflow.")
    if run.status == PAUSED:
        raise Conflict("workflow_paused", "Its workflow is paused in Temporal, not lost. Unpause it there.")
