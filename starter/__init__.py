"""The client API: the only code that knows workflow ids, the task queue and conflict policies."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starter.client import Doorstep, connect

__all__ = ["Doorstep", "connect"]


def __getattr__(name: str) -> Any:
    """Import the client at its first use: it takes seconds, and the command line lives in this package too."""
    if name not in __all__:
        raise AttributeError(name)
    from starter import client  # noqa: PLC0415 - see above

    return getattr(client, name)
