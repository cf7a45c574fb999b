"""The client API: the only code that knows workflow ids, the task queue and conflict policies."""

from starter.client import Doorstep, connect

__all__ = ["Doorstep", "connect"]
