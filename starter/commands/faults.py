"""Errors as the command line tells them: a stable code, a sentence with the remedy, and the HTTP status of the API."""

from dataclasses import dataclass

from doorstep.domain.errors import DoorstepError

OURS = "unexpected"
URL = "postgresql://user:password@host:5432/doorstep"


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
    return _from_below(error) or Fault(OURS, f"Unexpected {type(error).__name__}. Please report what is above.", 500)


def _from_below(error: Exception) -> Fault | None:
    """Errors that have no code of their own; imported here, since a command that succeeds needs none of them."""
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - see above

    from doorstep.domain.addresses import AddressError  # noqa: PLC0415 - see above
    from doorstep.domain.erp import ExportError  # noqa: PLC0415 - see above
    from doorstep.local.errors import LocalError  # noqa: PLC0415 - see above
    from doorstep.security.links import KeyRingError  # noqa: PLC0415 - see above
    from doorstep.settings import SettingsError  # noqa: PLC0415 - see above

    known: dict[type[Exception], tuple[str, int]] = {
        AddressError: ("address_invalid", 422),
        ExportError: ("export_unreadable", 422),
        SettingsError: ("settings_wrong", 500),
        KeyRingError: ("settings_wrong", 500),
        LocalError: ("local_stack", 500),
    }
    if isinstance(error, OSError):
        return Fault("file_unreadable", f"{error.filename or type(error).__name__}: {error.strerror or error}", 500)
    if type(error).__name__ == "ConfigError":  # the Temporal client's, which has no public name
        return Fault("settings_wrong", f"The TEMPORAL_* settings cannot be read: {error}", 500)
    if isinstance(error, ArgumentError):
        return Fault("settings_wrong", f"DOORSTEP_DATABASE_URL cannot be read. Write it like {URL}", 500)
    found = next((known[kind] for kind in known if isinstance(error, kind)), None)
    return None if found is None else Fault(found[0], str(error), found[1])
