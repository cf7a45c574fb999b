"""What every part of the client API stands on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.domain.errors import Refused
from doorstep.domain.events import Event
from doorstep.security.links import KeyRing
from doorstep.settings import Settings
from doorstep.store import audit, rates
from doorstep.store.audit import Actor
from doorstep.store.engine import transact
from doorstep.store.failing_over import Means
from starter.limits import Limit
from starter.temporal import Starter

T = TypeVar("T")


@dataclass(frozen=True)
class Connected:
    """An engine, a starter, the key ring, the settings, and who acts unless a call says otherwise.

    Somebody who is named, here or in a call, has the rights of that person; where nobody is, it is whoever holds the
    settings, and so everything is allowed.
    """

    engine: AsyncEngine
    starter: Starter
    ring: KeyRing
    settings: Settings
    actor: Actor

    async def _run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        return await transact(self.engine, work)

    async def _recorded(
        self,
        who: Actor,
        detail: Mapping[str, object],
        work: Callable[[AsyncConnection], Awaitable[T]],
        *,
        subject_id: UUID | None = None,
    ) -> T:
        """Do it, and record a refusal (invariant 5); `detail` names the command, and the office where one is meant."""
        try:
            return await self._run(work)
        except Refused as refusal:
            code = refusal.code
            await self._run(
                lambda tx: audit.record(tx, Event.REFUSED, who, subject_id=subject_id, code=code, detail=detail)
            )
            raise

    async def _count(self, *limits: tuple[Limit, str]) -> None:
        """Count one more try against each limit, all in one transaction.

        Raises:
            TooMany: of one of them there were enough.
        """

        async def work(tx: AsyncConnection) -> None:
            for limit, key in limits:
                await rates.hit(tx, key, limit=limit.limit, window=limit.window)

        await self._run(work)

    @property
    def means(self) -> Means:
        """What it takes to send an invitation to the person's other address."""
        return Means(self.ring, bool(self.settings.text_url.get_secret_value()))

    def _as(self, name: str | None) -> Actor:
        return self.actor if name is None else Actor(name.strip(), self.actor.via)
