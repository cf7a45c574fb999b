"""How a try to hand an event over ended; never an address, and never a word of the receiver."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

from doorstep.domain.webhooks import LONGEST_RETRY_AFTER


class Cause(StrEnum):
    """Why a receiver does not have it."""

    ANSWERED = "answered"
    GONE = "gone"
    REDIRECTED = "redirected"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    HOST_UNKNOWN = "host_unknown"
    ADDRESS_PRIVATE = "address_private"
    ADDRESS_UNUSABLE = "address_unusable"
    TLS_FAILED = "tls_failed"
    CONNECTION_LOST = "connection_lost"
    BAD_REPLY = "bad_reply"
    SECRET_LOST = "secret_lost"  # noqa: S105 - the name of a cause


@dataclass(frozen=True)
class Reply:
    """The end of one try: no cause where the receiver has it, and its answer if there was one."""

    cause: Cause | None
    status: int | None = None
    retry_after: timedelta = timedelta(0)

    @property
    def is_taken(self) -> bool:
        """True where the receiver has it."""
        return self.cause is None

    @property
    def is_gone(self) -> bool:
        """True where it says that nobody will ever take it again."""
        return self.cause is Cause.GONE


def by_answer(status: int, retry_after: str, now: datetime) -> Reply:
    """What an answer means: any 2xx is a yes, 410 a no for good, and everything else is tried again."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Reply(None, status)
    if status == HTTPStatus.GONE:
        return Reply(Cause.GONE, status)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Reply(Cause.REDIRECTED, status)
    return Reply(Cause.ANSWERED, status, pause_asked(retry_after, now))


def pause_asked(text: str, now: datetime) -> timedelta:
    """How long a `Retry-After` asks to be left alone: an hour at most, nothing where it is unclear."""
    if text.isascii() and text.isdecimal():
        return min(timedelta(seconds=min(int(text[:10]), 10**6)), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    until = until.replace(tzinfo=until.tzinfo or UTC)
    return max(timedelta(0), min(until - now, LONGEST_RETRY_AFTER))
