"""Every path that a workflow can take, to be recorded: each makes one and answers with its id."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.breaking import activation_broken
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451, REFUSE_550
from tests.house import House
from tests.members import boss_of
from tests.replay.ending import approved, ended
from tests.replay.paths_of_batches import batch_done, batch_stopped
from tests.replay.paths_of_passwords import (
    added_expired,
    added_used,
    password_reset_expired,
    password_reset_moot,
    password_reset_used,
)
from tests.replay.paths_of_people import (
    consent_accepted,
    erased_while_pending,
    existing_user_granted,
    invited_by_text,
)
from tests.replay.paths_of_pulls import pull_done, pull_failed
from tests.replay.paths_of_webhooks import webhook_delivered, webhook_disabled

SECOND = timedelta(seconds=1)
AT_ONCE: dict[str, Any] = {"resend_cooldown": timedelta(0)}
SHORT_LIVED: dict[str, Any] = AT_ONCE | {"validity": 2 * SECOND, "reissue_window": 60 * SECOND}

Path = Callable[[House], Awaitable[str]]


async def active_by_wake(house: House) -> str:
    """The main job."""
    return await approved(house, await house.waiting(await house.office()))


async def active_by_signal(house: House) -> str:
    """The main job, decided in the Temporal UI."""
    invitation = await house.waiting(await house.office())
    await house.handle(invitation).signal("approve", {"approver": boss_of(invitation), "permissions": ["invoices"]})
    return await ended(house, invitation.workflow_id)


async def active_by_update(house: House) -> str:
    """The main job, decided on the command line with an answer."""
    invitation = await house.waiting(await house.office())
    await house.handle(invitation).execute_update("approve", {"approver": boss_of(invitation)})
    return await ended(house, invitation.workflow_id)


async def active_without_approval(house: House) -> str:
    """The main job in an office that needs no approval."""
    invitation = await house.pending(await house.office(approval_required=False))
    token = house.token(await house.mail_of(invitation, Message.INVITATION))
    await house.doorstep.set_up(token, username=invitation.address, password="four plain words together")
    return await ended(house, invitation.workflow_id)


async def drafted(house: House) -> str:
    """A draft that is sent later: its workflow starts with a wake."""
    office = await house.office()
    draft = await house.doorstep.invite(office=office, email=f"ana@{office}.example", is_draft=True)
    await house.doorstep.send(draft.id)
    await house.mail_of(draft, Message.INVITATION)
    return await approved(house, await house.set_up(draft))


async def reminded_then_set_up(house: House) -> str:
    """Reminded at half-time."""
    invitation = await house.pending(await house.office(validity=20 * SECOND, reminder_share=0.05))
    await house.mail_of(invitation, Message.REMINDER)
    return await approved(house, await house.set_up(invitation))


async def expired_and_closed(house: House) -> str:
    """Reminded, expired, closed."""
    invitation = await house.pending(await house.office(validity=2 * SECOND, reissue_window=SECOND))
    return await ended(house, invitation.workflow_id)


async def expired_resent(house: House) -> str:
    """Expired, sent again, taken back."""
    invitation = await house.pending(await house.office(**SHORT_LIVED))
    await house.until_state(invitation, State.EXPIRED)
    await house.doorstep.resend(invitation.id)
    await house.mail_of(invitation, Message.INVITATION, copies=2)
    await house.doorstep.revoke(invitation.id)
    return await ended(house, invitation.workflow_id)


async def declined(house: House) -> str:
    """Not me."""
    invitation = await house.pending(await house.office())
    await house.doorstep.decline(house.token(await house.mail_of(invitation, Message.INVITATION)))
    return await ended(house, invitation.workflow_id)


async def revoked(house: House) -> str:
    """Taken back while it was out."""
    invitation = await house.pending(await house.office())
    await house.doorstep.revoke(invitation.id)
    return await ended(house, invitation.workflow_id)


async def removed(house: House) -> str:
    """Removed after the activation: a second run that a wake starts, which looks and ends."""
    invitation = await house.waiting(await house.office())
    await approved(house, invitation)
    await house.doorstep.revoke(invitation.id)
    await house.until_state(invitation, State.REVOKED)
    return await ended(house, invitation.workflow_id)


async def rejected(house: House) -> str:
    """Rejected with a reason."""
    invitation = await house.waiting(await house.office())
    await house.doorstep.reject(invitation.id, approver=boss_of(invitation), reason="Not one of ours.")
    return await ended(house, invitation.workflow_id)


async def readdressed(house: House) -> str:
    """Sent to another address while it was out."""
    office = await house.office()
    invitation = await house.pending(office)
    other = await house.doorstep.readdress(invitation.id, f"zoe@{office}.example")
    await house.mail_of(other, Message.INVITATION)
    return await approved(house, await house.set_up(other))


async def nudged_and_escalated(house: House) -> str:
    """Nobody decides for long."""
    rules = {"approval_reminder": SECOND, "approval_escalation": 2 * SECOND}
    invitation = await house.waiting(await house.office(**rules))  # type: ignore[arg-type]
    await house.mail_of(invitation, Message.APPROVAL_ESCALATION, to=boss_of(invitation))
    await house.until_state(invitation, State.AWAITING_APPROVAL)
    return await approved(house, invitation)


async def activation_failing(house: House) -> str:
    """Approved while it cannot be activated: the activity is tried again until it works."""
    office = await house.office()
    invitation = await house.waiting(office)
    async with activation_broken(house, office):
        await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
        await house.until(invitation, lambda row: "activation_failing" in row.attention)
    return await ended(house, invitation.workflow_id)


async def signals_refused(house: House) -> str:
    """Early, blank, twice, of the wrong type, unknown; then a good one."""
    invitation = await house.pending(await house.office(**AT_ONCE))
    handle, good = house.handle(invitation), {"approver": boss_of(invitation)}
    await handle.signal("approve", good)
    await handle.signal("resend")
    await house.mail_of(invitation, Message.INVITATION, copies=2)
    await house.set_up(invitation)
    for given in ([], [good, good], [5], [None], [{"approver": "stranger@example.org"}]):
        await handle.signal("approve", args=given)
        with_answer = await asyncio.gather(handle.execute_update("approve", args=given), return_exceptions=True)
        assert isinstance(with_answer[0], Exception)
    await handle.signal("aprove", good)
    await handle.signal("wake", [1, 2])
    await handle.signal("approve", good)
    return await ended(house, invitation.workflow_id)


async def many_signals(house: House) -> str:
    """More than one activity carries, then a good one."""
    invitation = await house.waiting(await house.office())
    await asyncio.gather(*(house.handle(invitation).signal("approve", n) for n in range(120)))
    await house.handle(invitation).signal("approve", {"approver": boss_of(invitation)})
    return await ended(house, invitation.workflow_id)


async def mail_deferred(house: House) -> str:
    """The mail server takes the invitation at the second try."""
    house.smtp.mode = DEFER_451
    invitation = await _tried(house, await house.office())
    house.smtp.mode = ACCEPT
    await house.mail_of(invitation, Message.INVITATION)
    return await approved(house, await house.set_up(invitation))


async def revoked_while_deferred(house: House) -> str:
    """Taken back while the mail server takes nothing: the activity that waits for its next try is cancelled."""
    house.smtp.mode = DEFER_451
    invitation = await _tried(house, await house.office())
    await house.doorstep.revoke(invitation.id)
    await ended(house, invitation.workflow_id)
    house.smtp.mode = ACCEPT
    return invitation.workflow_id


async def bounced(house: House) -> str:
    """Refused for good, then sent to another address."""
    house.smtp.mode = REFUSE_550
    office = await house.office()
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    await house.until(invitation, lambda row: "undeliverable" in row.attention and not row.unsent())
    house.smtp.mode = ACCEPT
    other = await house.doorstep.readdress(invitation.id, f"zoe@{office}.example")
    await house.mail_of(other, Message.INVITATION)
    return await approved(house, await house.set_up(other))


async def _tried(house: House, office: str) -> Invitation:
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    return await house.until(invitation, lambda row: any(each.cause for each in row.deliveries))


TOGETHER: tuple[Path, ...] = (
    *(active_by_wake, active_by_signal, active_by_update, active_without_approval, drafted),
    *(reminded_then_set_up, expired_and_closed, expired_resent, declined, revoked, removed, rejected, readdressed),
    *(nudged_and_escalated, activation_failing, signals_refused, many_signals),
    *(password_reset_used, password_reset_expired, password_reset_moot, added_used, added_expired),
    *(existing_user_granted, consent_accepted, invited_by_text, erased_while_pending),
    *(webhook_delivered, webhook_disabled),
    *(batch_done, batch_stopped),
    *(pull_done, pull_failed),
)
ALONE: tuple[Path, ...] = (mail_deferred, revoked_while_deferred, bounced)
"""These change the mood of the mail server, which all share."""

NAMES = tuple(path.__name__ for path in (*TOGETHER, *ALONE))
