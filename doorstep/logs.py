"""Logs: JSON outside a terminal, ids and never addresses, and one last look for what must not be written (T02)."""

import logging
import re
import sys
from collections.abc import Mapping

import structlog
from structlog.typing import EventDict, WrappedLogger

WORKFLOW_ID = r"(?P<id>(?:invitation|password-link|batch)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
TOKEN_OR_ADDRESS = re.compile(WORKFLOW_ID + r"|[A-Za-z0-9_-]{43,}|[^\s@\"'<>]+@[^\s@\"'<>]+\.[^\s@\"'<>]+")
"""A workflow's id is as long as a token, and what a log is for."""


def redact(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Black out whatever looks like a token or an address, wherever it came from."""
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return TOKEN_OR_ADDRESS.sub(lambda found: found["id"] or "…", value)
    if isinstance(value, Mapping):
        return {_redacted(key): _redacted(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(each) for each in value]
    return value


def set_up(level: str) -> None:
    """Configure the logs of this process, those of libraries included."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(allow=["workflow_id", "activity_type"])],
            processors=[remove_meta, structlog.processors.format_exc_info, redact, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
