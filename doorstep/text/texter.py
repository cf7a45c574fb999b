"""Hand a composed text over to the gateway, and say truly how that ended (F10 to F15)."""

import asyncio
import re
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import UUID

import structlog

from doorstep.domain.messages import Handover, HandoverResult
from doorstep.settings import Settings
from doorstep.text.callbacks import status_url
from doorstep.text.gateway import Gateway, gateway_from
from doorstep.text.outcomes import OPERATOR_FAULTS, Attempt, Cause, by_loss

if TYPE_CHECKING:
    from doorstep.text.twilio_client import TwilioClient

MAX_PAUSE_SECONDS = 60.0
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class Texter:
    """Hands texts over, one attempt a call; used as `async with Texter.of(settings) as texter`."""

    def __init__(self, gateway: Gateway | None, public_url: str) -> None:
        self._gateway = gateway
        self._public_url = public_url
        self._client: TwilioClient | None = None
        self._opening = asyncio.Lock()
        self._paused_until = 0.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The texter of the settings; without a gateway there, one that defers everything.

        Raises:
            SettingsError: where they name no usable gateway.
        """
        return cls(gateway_from(settings), settings.public_url)

    @property
    def is_configured(self) -> bool:
        """True where there is a gateway to hand texts over to (S0.17)."""
        return self._gateway is not None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def hand_over(self, text: str, recipient: str, delivery_id: UUID) -> HandoverResult:
        """Try once, for no longer than the time-out of the settings; every end of it is a result, none is raised.

        `recipient` is a number in E.164. Equal texts are asked for in equal words, whatever came of the one before.
        """
        result = await self._result(text, recipient, delivery_id)
        _note(delivery_id, result)
        return result

    async def _result(self, text: str, recipient: str, delivery_id: UUID) -> HandoverResult:
        if not _NUMBER.fullmatch(recipient):
            return HandoverResult(Handover.REFUSED, Cause.NUMBER_REFUSED)
        if self._gateway is None:
            return HandoverResult(Handover.DEFERRED, Cause.NO_TEXT_SERVICE)
        if asyncio.get_running_loop().time() < self._paused_until:
            return HandoverResult(Handover.DEFERRED, Cause.TRY_LATER)
        attempt = Attempt()
        client = await self._open(self._gateway)
        callback = status_url(self._gateway, self._public_url, delivery_id)
        try:
            async with asyncio.timeout(self._gateway.timeout_seconds):
                result = await client.create(attempt, recipient, text, callback)
        except TimeoutError:
            return by_loss(Cause.TIMED_OUT, attempt.step)
        self._pause(attempt.retry_after)
        return result

    async def _open(self, gateway: Gateway) -> "TwilioClient":
        async with self._opening:
            if self._client is None:
                client = await asyncio.to_thread(_load, gateway)
                await client.open()
                self._client = client
        return self._client

    def _pause(self, seconds: float) -> None:
        """Leave a gateway alone that asked for it: of a thousand texts, each would only earn the same answer."""
        if seconds:
            self._paused_until = asyncio.get_running_loop().time() + min(seconds, MAX_PAUSE_SECONDS)


def _load(gateway: Gateway) -> "TwilioClient":
    """Twilio's client, imported beside the event loop: it takes a second, and who sends no texts does without."""
    from doorstep.text.twilio_client import TwilioClient  # noqa: PLC0415 - see above

    return TwilioClient(gateway)


def _note(delivery_id: UUID, result: HandoverResult) -> None:
    """The delivery and how it ended; never a number, and never the words of the gateway."""
    details = {
        "delivery": str(delivery_id),
        "outcome": result.kind.value,
        "cause": str(result.cause),
        "reply_code": result.reply_code,
    }
    if result.kind is Handover.ACCEPTED:
        _log.info("text_accepted", **details)
    elif result.cause in OPERATOR_FAULTS:
        _log.error("text_gateway_refuses_us", **details)
    else:
        _log.warning("text_not_accepted", **details)
