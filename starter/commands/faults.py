"""Errors as the command line tells them: a stable code, a sentence with the remedy, and the HTTP status of the API."""

from collections.abc import Mapping
from dataclasses import dataclass

from doorstep.domain.errors import DoorstepError

OURS = "unexpected"
DATABASE_URL = "DOORSTEP_DATABASE_URL cannot be read. Write it like postgresql://user:password@host:5432/doorstep"

WITHOUT_CODE: Mapping[str, tuple[str, int, str]] = {
    "doorstep.domain.addresses.AddressError": ("address_invalid", 422, "{}"),
    "doorstep.domain.erp_file.ExportError": ("export_unreadable", 422, "{}"),
    "doorstep.local.errors.LocalError": ("local_stack", 500, "{}"),
    "doorstep.security.links.KeyRingError": ("settings_wrong", 500, "{}"),
    "doorstep.settings.SettingsError": ("settings_wrong", 500, "{}"),
    "sqlalchemy.exc.ArgumentError": ("settings_wrong", 500, DATABASE_URL),
    "temporal_sdk_bridge.ConfigError": ("settings_wrong", 500, "The TEMPORAL_* settings cannot be read: {}"),
}
"""Errors that know no code, with the one they get here; by name, since importing them all would take a second."""


@dataclass(frozen=True)
class Fault:
    """Why a command did not do it."""

    code: str
    message: str
    status: int

    @property
    def is_ours(self) -> bool:
        """True for what no one foresaw; the trace of it is worth reporting."""
        return self.code == OURS


def fault_of(error: Exception) -> Fault:
    """The fault that `error` is; the command line may show what is private."""
    if isinstance(error, DoorstepError):
        return Fault(error.code, error.full_message, error.status)
    kind = type(error)
    known = WITHOUT_CODE.get(f"{kind.__module__}.{kind.__qualname__}")
    if known is not None:
        code, status, sentence = known
        return Fault(code, sentence.format(error), status)
    if isinstance(error, OSError):
        return Fault("file_unreadable", f"{error.filename or kind.__name__}: {error.strerror or error}", 500)
    return Fault(OURS, f"Unexpected {kind.__name__}. Please report what is above.", 500)
