"""Invitations that may go to another address, and whoever tells that they were lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from doorstep.domain.invitation import Delivery, Invitation
from doorstep.domain.messages import Message
from doorstep.store.audit import AuditEntry
from starter.returns import note_report
from tests.functional.returning import delivery_of, report
from tests.house import mobile, text_of
from tests.pages_texts import Line

RULES: dict[str, Any] = {"fails_over": True, "resend_cooldown": timedelta(0)}


async def invited(line: Line, *, phone: str = "", channel: str = "mail", **rules: Any) -> Invitation:
    """An invitation of a clerk to somebody with an address and a number, which nobody has handed over yet."""
    office = await line.house.office(**(RULES | rules))
    clerk = replace(line.silent.actor, name=f"clerk@{office}.example")
    number = phone or mobile()
    mine = replace(line.silent, actor=clerk)
    return await mine.invite(office=office, email=f"ana@{office}.example", phone=number, channel=channel)


async def came_back(line: Line, invitation: Invitation, message: Message = Message.INVITATION) -> bool:
    """What a mail server reports of the newest mail of that message: nobody has the address."""
    return await note_report(line.silent, report(delivery_of(await shown(line, invitation), message)))


async def shown(line: Line, invitation: Invitation) -> Invitation:
    """The invitation as it stands."""
    return await line.silent.show(invitation.id)


async def failed_over(line: Line, invitation: Invitation) -> list[AuditEntry]:
    """What the audit says of it."""
    return [each for each in await line.silent.audit(invitation.id) if each.event == "invitation.failed_over"]


def newest(invitation: Invitation) -> Delivery:
    """The delivery of the link as it is now."""
    [found] = invitation.of(Message.INVITATION)
    return found


def notice(line: Line, invitation: Invitation) -> str:
    """What the inviter was told last, on one line."""
    told = line.house.mails(invitation.invited_by, Message.BOUNCE_NOTICE)
    return " ".join(text_of(told[-1]).split()) if told else ""
