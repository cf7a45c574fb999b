"""Signing in to the Team Hub through the OpenID Connect provider of the business, where the settings name one."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.destination import email_of
from doorstep.domain.errors import Conflict, NotFound, Unavailable
from doorstep.domain.events import Event
from doorstep.openid.attempt import Attempt
from doorstep.store import audit, rates, staff_entries, staff_ties
from doorstep.store.audit import HUB, Actor
from doorstep.store.staff_logins import StaffLogin
from starter.hub_doors import Entry, HubDoors, Insider, entered, sign_in_failed
from starter.limits import STAFF_SIGN_INS

if TYPE_CHECKING:
    from doorstep.openid.provider import Provider
    from doorstep.openid.tokens import Person

T = TypeVar("T")
BACK = "/hub/sign-in/openid/back"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class OpenIdAnswer:
    """What the browser brought back from the provider."""

    code: str
    state: str
    issuer: str = ""
    """Who says it, where the provider says so (RFC 9207)."""


class HubOpenId(HubDoors):
    """For people whose business has one sign-in for everything."""

    async def hub_openid_url(self, attempt: Attempt) -> str:
        """The page of the provider to send the browser to.

        Raises:
            NotFound: `no_openid`, where the settings name no provider; Unavailable: `openid_unreachable`.
        """
        provider = self._openid_provider()
        return await _asked(provider.where_to(attempt, self._openid_back))

    async def hub_openid_sign_in(
        self, attempt: Attempt, answer: OpenIdAnswer, *, source: str = "", agent: str = ""
    ) -> Entry:
        """Begin a session for whoever the provider says it is.

        The first time by the verified e-mail address, if an office saved it; from then on by issuer and subject. Where
        the person turned on a one-time code, it is asked for here too.

        Raises:
            Forbidden: `staff_sign_in_failed`, whatever the reason (T08); NotFound: `no_openid`.
            Unavailable: `openid_unreachable`; TooMany.
        """
        provider = self._openid_provider()
        all_of_it = STAFF_SIGN_INS.key(source)
        await self._count((STAFF_SIGN_INS, all_of_it))
        is_ours = answer.issuer in {"", self.settings.oidc_issuer}
        if not (answer.code and is_ours and attempt.began(answer.state)):
            raise sign_in_failed()
        person = await _asked(provider.who_came(attempt, self._openid_back, answer.code))

        async def work(tx: AsyncConnection) -> Entry | None:
            login = await _login_of(tx, person)
            if login is None:
                return None
            await rates.give_back(tx, all_of_it)
            return await entered(tx, login, agent=agent, waits_for_code=login.has_code)

        entry = await self._run(work)
        if entry is None:
            raise sign_in_failed()
        return entry

    async def hub_openid_untie(self, insider: Insider) -> None:
        """Forget which person of the provider somebody is; whoever comes next with the verified address is tied.

        Raises:
            Conflict: `openid_not_tied`.
        """

        async def work(tx: AsyncConnection) -> None:
            if not await staff_ties.untie(tx, insider.login.id):
                raise Conflict("openid_not_tied", "Your sign-in is tied to nobody there.")
            await audit.record(tx, Event.STAFF_OIDC_UNTIED, insider.actor, subject_id=insider.login.id)

        await self._run(work)

    async def staff_untie(self, address: str, *, actor: str | None = None) -> None:
        """The same for somebody who cannot come in any more, as after their account at the provider was made anew.

        For the operator, and for whoever looks after the staff of every office that the person works for.

        Raises:
            NotFound: `no_such_staff`; Forbidden: `belongs_elsewhere`; Conflict: `openid_not_tied`.
        """
        who, key = self._as(actor), email_of(address).key

        async def work(tx: AsyncConnection) -> None:
            login, offices = await staff_entries.login_under(tx, who, key, takes_all_offices=True)
            if login is None or not await staff_ties.untie(tx, login.id):
                raise Conflict("openid_not_tied", "Their sign-in is tied to nobody at the provider.")
            detail = {"offices": offices}
            await audit.record(tx, Event.STAFF_OIDC_UNTIED, who, subject_id=login.id, detail=detail)

        await self._recorded(who, {"command": "staff.untie"}, work)

    @property
    def _openid_back(self) -> str:
        return self.settings.public_url.rstrip("/") + BACK

    def _openid_provider(self) -> "Provider":
        from doorstep.openid.provider import provider_of  # noqa: PLC0415 - most processes never ask one

        provider = provider_of(self.settings)
        if provider is None:
            raise NotFound("no_openid", "There is no such way to sign in here.")
        return provider


async def _login_of(tx: AsyncConnection, person: "Person") -> StaffLogin | None:
    login = await staff_ties.tied(tx, person.issuer, person.subject)
    if login is not None or not person.address:
        return login
    login = await staff_ties.tie(tx, person.address, person.issuer, person.subject)
    if login is not None:
        await audit.record(tx, Event.STAFF_OIDC_TIED, Actor(login.address, HUB), subject_id=login.id)
    return login


async def _asked(question: Awaitable[T]) -> T:
    """The answer of the provider; why there is none stands in the log, without a word of who it was about (T02)."""
    from doorstep.openid.provider import ProviderRefusedError, ProviderSilentError  # noqa: PLC0415 - see above

    try:
        return await question
    except ProviderSilentError as fault:
        log.warning("openid_unreachable", cause=str(fault))
        sentence = "The other sign-in does not answer. Try again in a while, or sign in with your password."
        raise Unavailable("openid_unreachable", sentence) from None
    except ProviderRefusedError as fault:
        log.warning("openid_refused", cause=str(fault))
        raise sign_in_failed() from None
