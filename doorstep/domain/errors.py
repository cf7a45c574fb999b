"""The one family of errors that a caller meets.

    DoorstepError
    ├── Refused                 the answer is no; stable `code`, sentence, HTTP status
    │   ├── NotFound     404    unknown, or not yours
    │   ├── Conflict     409    the state does not allow it
    │   ├── Gone         410    a link that no longer works
    │   ├── Invalid      422    a field; `field` names it
    │   ├── Changed      412    somebody else changed it meanwhile
    │   ├── Forbidden    403    not allowed
    │   └── TooMany      429    too often; `retry_after` in seconds
    └── Unavailable      503    a dependency is down; try later

`message` never holds personal data, since it may travel through Temporal; what only the caller may read stands in
`private` (who decided, for instance) and is shown by the command line and the pages alone.
"""

from collections.abc import Mapping


class DoorstepError(Exception):
    """Something went wrong that a caller can act on."""

    status = 500

    def __init__(self, code: str, message: str, *, private: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.private = private

    @property
    def full_message(self) -> str:
        """The sentence with what only the caller may read."""
        return f"{self.message} {self.private}".strip()


class Refused(DoorstepError):
    """The request was understood and the answer is no."""

    status = 409


class NotFound(Refused):
    """There is no such thing, or it is not yours to see."""

    status = 404


class Conflict(Refused):
    """The state does not allow it."""

    status = 409


class Gone(Refused):
    """The link no longer works."""

    status = 410


class Invalid(Refused):
    """A field is missing or wrong."""

    status = 422

    def __init__(self, code: str, message: str, *, field: str, private: str = "") -> None:
        super().__init__(code, message, private=private)
        self.field = field


class InvalidFields(Invalid):
    """Several fields are missing or wrong; `by_field` has a sentence for each (S0.9)."""

    def __init__(self, code: str, by_field: Mapping[str, str]) -> None:
        super().__init__(code, " ".join(by_field.values()), field=next(iter(by_field)))
        self.by_field = dict(by_field)


class Changed(Refused):
    """Somebody else changed it since it was read."""

    status = 412


class Forbidden(Refused):
    """Not allowed."""

    status = 403


class TooMany(Refused):
    """Too often."""

    status = 429

    def __init__(self, code: str, message: str, *, retry_after: int) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class Unavailable(DoorstepError):
    """A dependency is down; try later."""

    status = 503
