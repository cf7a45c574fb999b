"""Asking a server on this machine whether it is there."""

import asyncio
from http.client import HTTPConnection, HTTPException

from doorstep.local.ports import LOOPBACK

PATIENCE = 5.0


async def fetched(port: int, path: str) -> bytes | None:
    """The body of a 200 answer, or nothing; never through a proxy."""
    return await asyncio.to_thread(_get, port, path)


def _get(port: int, path: str) -> bytes | None:
    connection = HTTPConnection(LOOPBACK, port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status == 200 else None  # noqa: PLR2004 - OK


async def listens(port: int) -> bool:
    """True where something accepts connections."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True
