"""The engine and the one way to run a transaction."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from doorstep.domain.errors import Invalid, Unavailable

T = TypeVar("T")

SESSION = (
    "statement_timeout=10s",
    "lock_timeout=4s",
    "idle_in_transaction_session_timeout=15s",
    "timezone=UTC",
    # PostgreSQL's own 4 is for disks that turn: it reads all users where an index leads to those of an office.
    "random_page_cost=1.1",
)
"""What each connection asks of the server."""

TRY_AGAIN = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the other side won, and the same work succeeds at once (F08)."""

CANNOT_SERVE = frozenset({"25006", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03"})
"""The server answers and cannot serve: read-only standby, disk or memory full, lock or statement time-out, shutdown."""


def driver_url(database_url: str) -> str:
    """The URL with our one driver, whatever dialect the setting spelled."""
    return make_url(database_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def create_engine(database_url: str, *, application: str, pool_size: int = 10) -> AsyncEngine:
    """An engine that gives up in bounded time, pings before use and never shows parameters in its errors."""
    return create_async_engine(
        driver_url(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": application,
            "options": " ".join(f"-c {each}" for each in SESSION),
        },
    )


async def transact(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run `work` in one transaction and commit before answering; once more after a deadlock.

    Raises:
        Unavailable: when the database cannot be reached or cannot serve; nothing was written.
        Invalid: `text_unusable`, for a text that it cannot keep.
    """
    try:
        return await _once(engine, work)
    except DBAPIError as error:
        if _sqlstate(error) not in TRY_AGAIN:
            raise
    try:
        return await _once(engine, work)
    except DBAPIError as error:
        if _sqlstate(error) not in TRY_AGAIN:
            raise
        raise unavailable() from None


async def _once(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    try:
        async with engine.begin() as transaction:
            return await work(transaction)
    except (DataError, UnicodeEncodeError) as error:
        if isinstance(error, DataError) and "NUL" not in str(error.orig):
            raise
        # Whatever field it came in by: PostgreSQL keeps no NUL, and UTF-8 no half of a surrogate pair.
        raise Invalid("text_unusable", "A text holds a character that cannot be kept.", field="") from None
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        if isinstance(error, DBAPIError) and _sqlstate(error) in TRY_AGAIN:
            raise
        raise unavailable() from None
    except DBAPIError as error:
        if error.connection_invalidated or _sqlstate(error) in CANNOT_SERVE:
            raise unavailable() from None
        raise


def unavailable() -> Unavailable:
    """The sentence for a database that cannot serve."""
    return Unavailable(
        "database_unavailable",
        "The database cannot be reached just now. Try again; what is done already is not done twice.",
    )


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def violated_constraint(error: DBAPIError) -> str:
    """The name of the constraint that an insert ran into, or an empty text."""
    diagnostic = getattr(error.orig, "diag", None)
    return str(getattr(diagnostic, "constraint_name", "") or "")
