"""The activities of a forgotten password: find out who is meant, send what fits, tell of the change."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.contracts import PasswordLinkRef, PasswordLinkStanding
from activities.post import Post
from doorstep.domain.events import Event
from doorstep.domain.invitation import Delivery
from doorstep.domain.messages import Handover, HandoverResult, Letter, Message
from doorstep.mail.letters import Person, letter_for, password_letter, staff_letter
from doorstep.security.links import Purpose, UnknownKeyError
from doorstep.store import audit, deliveries, links, password_links, pinning, recovering, users
from doorstep.store.audit import CLOCK
from doorstep.store.engine import transact
from doorstep.store.password_links import PasswordLink
from doorstep.store.users import User

TOLD = frozenset({password_links.FORGOT, password_links.STAFF})
"""Of which links a change is told; whoever sets the first password of a user that staff added knows it."""

EVENTS = {Handover.ACCEPTED: Event.SENT, Handover.REFUSED: Event.BOUNCED}


class PasswordActivities:
    """What `PasswordLinkWorkflow` has done for it."""

    def __init__(self, post: Post) -> None:
        self._post = post

    @activity.defn
    async def answer_forgotten_password(self, ref: PasswordLinkRef) -> PasswordLinkStanding:
        """Send what fits the state of whoever asked; nothing to somebody unknown (decision 8)."""

        async def work(tx: AsyncConnection) -> None:
            link = await password_links.get(tx, UUID(ref.password_link_id), for_update=True)
            if link is not None:
                await recovering.resolve(tx, self._post.ring, link)

        await transact(self._post.engine, work)
        return await self._send(UUID(ref.password_link_id))

    @activity.defn
    async def tell_password_changed(self, ref: PasswordLinkRef) -> PasswordLinkStanding:
        """Tell the user that the password was changed through the link."""

        async def work(tx: AsyncConnection) -> None:
            link = await password_links.get(tx, UUID(ref.password_link_id), for_update=True)
            if link is not None and link.state == "used" and link.kind in TOLD:
                find = recovering.staff_of if link.kind == password_links.STAFF else recovering.person_of
                found = await find(tx, link)
                if found is not None:
                    await deliveries.queue(tx, link.id, Message.PASSWORD_CHANGED, 1, [found[0].address])

        await transact(self._post.engine, work)
        return await self._send(UUID(ref.password_link_id))

    @activity.defn
    async def expire_password_link(self, ref: PasswordLinkRef) -> PasswordLinkStanding:
        """Expire the link if its time is over by the database's clock."""

        async def work(tx: AsyncConnection) -> None:
            link = await password_links.get(tx, UUID(ref.password_link_id), for_update=True)
            if link is not None and link.expires_at is not None and link.now >= link.expires_at:
                await password_links.move(tx, link.id, "sent", state="expired")

        await transact(self._post.engine, work)
        return await self._send(UUID(ref.password_link_id))

    async def _send(self, identifier: UUID) -> PasswordLinkStanding:
        """Hand over all that is unsent; like an invitation's, but for one person and one link."""
        opened = await transact(self._post.engine, lambda tx: self._open(tx, identifier))
        results = await asyncio.gather(*(self._post.hand_over(letter) for _, letter in opened))
        ended = [(delivery, result) for (delivery, _), result in zip(opened, results, strict=True)]
        await transact(self._post.engine, lambda tx: _close(tx, identifier, ended))
        waiting = [each.cause for each in results if each.kind in (Handover.DEFERRED, Handover.UNKNOWN)]
        if waiting:
            raise ApplicationError(
                f"not handed over yet: {waiting[0]}", type="MailDeferred", category=ApplicationErrorCategory.BENIGN
            )
        return await transact(self._post.engine, lambda tx: _standing(tx, identifier))

    async def _open(self, tx: AsyncConnection, identifier: UUID) -> list[tuple[Delivery, Letter]]:
        link = await recovering.sendable(tx, identifier)
        unsent = [each for each in await deliveries.of_subject(tx, identifier) if each.is_unsent]
        if link is None or not unsent:
            return []
        opened = await deliveries.open_attempts(tx, unsent)
        for each in opened:
            if each.message in recovering.WITH_LINK and each.handed_over_at is not None:
                await password_links.run_clock(tx, identifier, each.handed_over_at)
        # From here on Temporal tries again; the sweep need not knock.
        await password_links.see(tx, identifier, link.rev)
        link = await password_links.get(tx, identifier) or link
        before = {each.id: each for each in unsent}  # tells `_close` of which a copy may be out already
        letters = [(before[each.id], await self._letter(tx, link, each)) for each in opened]
        return [(delivery, letter) for delivery, letter in letters if letter is not None]

    async def _letter(self, tx: AsyncConnection, link: PasswordLink, delivery: Delivery) -> Letter | None:
        if delivery.message is Message.INVITATION:
            invitation = await recovering.invitation_of(tx, delivery.facts)
            if invitation is None:
                return None
            token = await self._token(tx, Purpose.INVITATION, invitation.id, invitation.generation)
            return letter_for(self._post.desk, invitation, delivery, token)
        if link.kind == password_links.STAFF:
            return await self._staff_letter(tx, link, delivery)
        person = await recovering.person_of(tx, link)
        if person is None:
            return None
        user, office = person
        token = await self._token(tx, Purpose.RESET, link.id, 1) if delivery.message in recovering.WITH_LINK else ""
        custom = await pinning.pin_one(tx, office, delivery, link.template)
        return password_letter(self._post.desk, office, await _person(tx, user, link), delivery, token, custom)

    async def _staff_letter(self, tx: AsyncConnection, link: PasswordLink, delivery: Delivery) -> Letter | None:
        found = await recovering.staff_of(tx, link)
        if found is None:
            return None
        login, office = found
        is_link = delivery.message is Message.STAFF_LINK
        token = await self._token(tx, Purpose.STAFF, link.id, 1) if is_link else ""
        person = Person(login.address, login.name, link.expires_at, has_password=login.has_password)
        return staff_letter(self._post.desk, office, person, delivery, token)

    async def _token(self, tx: AsyncConnection, purpose: Purpose, subject: UUID, generation: int) -> str:
        record = await links.current(tx, purpose, subject, generation)
        if record is None:
            raise ApplicationError("the link has no record", type="LinkMissing")
        try:
            return self._post.ring.token(record)
        except UnknownKeyError:
            raise ApplicationError("the key of the link is not in the ring", type="LinkKeyMissing") from None


async def _person(tx: AsyncConnection, user: User, link: PasswordLink) -> Person:
    """What the messages of one link say of its user; the welcome of way A lists both logins and the accounts."""
    if link.kind == password_links.FORGOT:
        return Person(user.username, user.name, link.expires_at)
    staff = await users.staff_login_of(tx, user.id)
    belongs = await users.memberships(tx, user.id)
    grants = tuple((m.account_code or "", m.account_name or m.office_name, m.permissions) for m in belongs)
    return Person(user.username, user.name, link.expires_at, "" if staff is None else staff.username, grants)


async def _close(tx: AsyncConnection, identifier: UUID, ended: Sequence[tuple[Delivery, HandoverResult]]) -> None:
    """Note how each attempt ended, and what is known for good in the records of the user."""
    link = await password_links.get(tx, identifier)
    repeated = {delivery.id for delivery, _ in ended if delivery.is_attempt_open}
    await deliveries.close_attempts(tx, {delivery.id: result for delivery, result in ended}, repeated=repeated)
    for delivery, result in ended:
        event = EVENTS.get(result.kind)
        if event is not None:
            subject = None if link is None else link.user_id
            detail = {"message": delivery.message}
            await audit.record(tx, event, CLOCK, subject_id=subject, code=result.cause, detail=detail)


async def _standing(tx: AsyncConnection, identifier: UUID) -> PasswordLinkStanding:
    link = await password_links.get(tx, identifier)
    if link is None:
        return PasswordLinkStanding("moot")
    await password_links.see(tx, identifier, link.rev)
    sent = await deliveries.of_subject(tx, identifier)
    left = 0.0 if link.expires_at is None else max(0.0, (link.expires_at - link.now).total_seconds())
    return PasswordLinkStanding(link.state, left, {d.message.value: d.status.value for d in sent})
