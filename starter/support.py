"""What support needs: show, list, stuck, why, audit, and the live link to pass on by hand."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.errors import Conflict, Invalid, NotFound
from doorstep.domain.events import Event
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import Attention, State
from doorstep.security.links import Purpose, UnknownKeyError
from doorstep.store import audit, finding, links, reading
from doorstep.store.audit import AuditEntry
from doorstep.store.orders import get
from starter.desk import Connected

PAGE = 200
BEGINNING = re.compile(r"[0-9a-f]{8,32}")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Explanation:
    """Why an invitation stands where it does: sentences for a person, and the commands that help."""

    invitation: Invitation
    sentences: tuple[str, ...]
    commands: tuple[str, ...]


class Support(Connected):
    """Reading, and one thing that is almost reading: handing out the link."""

    async def show(self, invitation_id: UUID) -> Invitation:
        """The invitation.

        Raises:
            NotFound: there is none.
        """
        return await self._run(lambda tx: get(tx, invitation_id))

    async def find(self, text: str) -> UUID:
        """The id that somebody typed: a whole one, a workflow's, or the beginning of one, from eight digits on.

        Raises:
            Invalid: `id_invalid`, `id_ambiguous`; NotFound: there is none.
        """
        digits = text.strip().lower().removeprefix("invitation-").replace("-", "")
        if not BEGINNING.fullmatch(digits):
            sentence = "An id looks like 0199a7c2-5a80-7000-8000-000000000000; its first 8 characters can be enough."
            raise Invalid("id_invalid", sentence, field="id")
        low, high = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
        found = [low] if low == high else await self._run(lambda tx: finding.between(tx, low, high))
        if len(found) > 1:
            raise Invalid("id_ambiguous", "Several invitations begin like that. Type more of the id.", field="id")
        if not found:
            raise NotFound("no_such_invitation", "There is no such invitation.")
        return found[0]

    async def list(
        self, *, state: State | None = None, office: str | None = None, account: str | None = None, limit: int = PAGE
    ) -> list[Invitation]:
        """The newest invitations that match."""
        return await self._run(lambda tx: reading.listed(tx, state=state, office=office, account=account, limit=limit))

    async def stuck(self, *, older_than: timedelta | None = None, limit: int = PAGE) -> AsyncIterator[Explanation]:
        """What needs a human, each with the reason and the command that helps."""
        for invitation in await self._run(lambda tx: reading.stuck(tx, older_than=older_than, limit=limit)):
            yield explain(invitation)

    async def why(self, invitation_id: UUID) -> Explanation:
        """Why it stands where it does, in two or three sentences."""
        return explain(await self.show(invitation_id))

    async def audit(self, invitation_id: UUID) -> "tuple[AuditEntry, ...]":
        """Everything recorded about it, refusals included, oldest first."""

        async def work(tx: AsyncConnection) -> "tuple[AuditEntry, ...]":
            await get(tx, invitation_id)
            return tuple(await audit.entries(tx, invitation_id))

        return await self._run(work)

    async def link(self, invitation_id: UUID, *, actor: str | None = None) -> str:
        """The live link, for somebody to pass on by hand; audited.

        Raises:
            Conflict: `no_live_link`.
        """

        async def work(tx: AsyncConnection) -> str:
            invitation = await get(tx, invitation_id)
            record = await links.current(tx, Purpose.INVITATION, invitation_id, invitation.generation)
            end = invitation.expires_at
            if invitation.state is not State.PENDING or record is None or end is None or invitation.now >= end:
                sentence = f"There is no live link: the invitation is {invitation.state}."
                raise Conflict("no_live_link", sentence)
            await audit.record(tx, Event.LINK_SHOWN, self._as(actor), subject_id=invitation_id)
            portal = invitation.office.public_url or self.settings.public_url
            try:
                return f"{portal}/invitation/{self.ring.token(record)}"
            except UnknownKeyError:
                sentence = "The key that made this link is not in DOORSTEP_LINK_KEYS any more. Resend the invitation."
                raise Conflict("no_live_link", sentence) from None

        return await self._run(work)


def explain(invitation: Invitation) -> Explanation:
    """What it waits for, since when, what was tried, and what to do."""
    sentences = [_waits_for(invitation)]
    commands: list[str] = []
    for reason, command in _troubles(invitation):
        sentences.append(reason)
        commands.append(command)
    if invitation.state is State.AWAITING_APPROVAL and not commands:
        commands.append(f"doorstep approve {invitation.id} --as {_an_approver(invitation)}")
    if invitation.state in (State.PENDING, State.EXPIRED) and invitation.closed_at is None and not commands:
        commands.append(f"doorstep resend {invitation.id}")
    return Explanation(invitation, tuple(sentences), tuple(commands))


def _waits_for(invitation: Invitation) -> str:
    since = f"since {_moment(invitation.since)} ({_age(invitation.now - invitation.since)})"
    match invitation.state:
        case State.DRAFT:
            return f"It is a draft {since}; nothing was sent."
        case State.PENDING:
            dies = "" if invitation.expires_at is None else f" The link dies at {_moment(invitation.expires_at)}."
            return f"It waits {since} for the invitee to open the link.{dies}"
        case State.AWAITING_APPROVAL:
            count = len(invitation.office.approvers)
            return f"The user is set up, and it waits {since} for one of {count} username administrators."
        case State.APPROVED:
            return f"It is approved {since} and waits for the account to be activated."
        case State.EXPIRED if invitation.closed_at is None:
            end = (invitation.expired_at or invitation.now) + invitation.policy.reissue_window
            return f"The link expired unused; it can be sent again until {_moment(end)}."
        case state:
            return f"It is {state} {since}; it waits for nothing."


def _troubles(invitation: Invitation) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if Attention.UNDELIVERABLE in invitation.attention:
        codes = sorted({str(d.reply_code) for d in invitation.deliveries if d.reply_code is not None})
        why = f"The mail server refused the address for good (reply {', '.join(codes) or 'unknown'})."
        found.append((why, f"doorstep readdress {invitation.id} NEW_ADDRESS"))
    if Attention.APPROVAL_OVERDUE in invitation.attention:
        why = "The decision is overdue; the administrators were reminded and told so."
        found.append((why, f"doorstep approve {invitation.id} --as {_an_approver(invitation)}"))
    if Attention.NO_APPROVER in invitation.attention:
        why = "The office has no username administrator who could decide."
        found.append((why, f"doorstep approvers set {invitation.office.code} ADDRESS"))
    if Attention.ACTIVATION_FAILING in invitation.attention:
        why = "The activation keeps failing and is tried again; the worker's log names the cause."
        found.append((why, "doorstep doctor"))
    found += _waiting_mail(invitation)
    if invitation.seen_rev < invitation.rev and invitation.now - invitation.changed_at > MINUTE:
        why = f"Its workflow has not seen the change of {_moment(invitation.changed_at)}; is a worker running?"
        found.append((why, "doorstep doctor"))
    return found


def _waiting_mail(invitation: Invitation) -> list[tuple[str, str]]:
    unsent = invitation.unsent()
    if not unsent:
        return []
    tried = max(d.attempts for d in unsent)
    oldest = min(d.created_at for d in unsent)
    if tried == 0 and invitation.now - oldest < MINUTE:
        return []
    names = ", ".join(sorted({Message(d.message).value for d in unsent}))
    causes = ", ".join(sorted({d.cause for d in unsent if d.cause})) or "not tried yet"
    why = f"The mail server has not taken {names} since {_moment(oldest)}: {tried} tries, {causes}."
    return [(why, "doorstep doctor")]


def _an_approver(invitation: Invitation) -> str:
    return invitation.office.approvers[0] if invitation.office.approvers else "ADDRESS"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _age(age: timedelta) -> str:
    minutes = int(age / MINUTE)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"
