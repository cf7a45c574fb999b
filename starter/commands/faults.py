"""Errors as the command line tells them: a stable code, a sentence with the remedy, and the HTTP status of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from doorstep.domain.errors import DoorstepError, Invalid, InvalidFields

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
    """Why a command did not do it; `fields` has a sentence for each field that is missing or wrong (S0.9)."""

    code: str
    message: str
    status: int
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """True for what no one foresaw; the trace of it is worth reporting."""
        return self.code == OURS

    @property
    def lines(self) -> str:
        """What a person reads: one line a field where there are several."""
        return "\n".join(self.fields.values()) if len(self.fields) > 1 else self.message

    @property
    def data(self) -> dict[str, object]:
        """What a script reads."""
        said: dict[str, object] = {"code": self.code, "message": self.message, "status": self.status}
        return said | ({"fields": dict(self.fields)} if self.fields else {})


def fault_of(error: Exception) -> Fault:
    """The fault that `error` is; the command line may show what is private."""
    if isinstance(error, DoorstepError):
        return Fault(error.code, error.full_message, error.status, _fields(error))
    kind = type(error)
    known = WITHOUT_CODE.get(f"{kind.__module__}.{kind.__qualname__}")
    if known is not None:
        code, status, sentence = known
        return Fault(code, sentence.format(error), status)
    if isinstance(error, OSError):
        return Fault("file_unreadable", f"{error.filename or kind.__name__}: {error.strerror or error}", 500)
    return Fault(OURS, f"Unexpected {kind.__name__}. Please report what is above.", 500)


def _fields(error: DoorstepError) -> dict[str, str]:
    if isinstance(error, InvalidFields):
        return error.by_field
    return {error.field: error.full_message} if isinstance(error, Invalid) and error.field else {}
