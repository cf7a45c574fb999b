"""API keys: how an office lets another system in, and out again; beside them the keys that sign links."""

from datetime import timedelta
from typing import Annotated

import typer

from doorstep.domain.keys import ApiKey, Scope
from starter.commands import upkeep
from starter.commands.answers import Answer, As, command
from starter.commands.arguments import OfficeCode, read_duration
from starter.commands.printing import NEVER, iso, table
from starter.commands.session import ask

app = upkeep.key

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the records call the system, such as erp.")]
KeyOf = Annotated[str, typer.Argument(metavar="KEY", help="Its name or its id, as key list shows them.")]
Scopes = Annotated[list[Scope], typer.Option("--scope", help="What it may do; repeat it for more.", show_default=False)]
ExpiresIn = Annotated[
    timedelta | None,
    typer.Option(
        metavar="DURATION",
        parser=read_duration,
        help="Such as 90d; without it, until it is revoked.",
        show_default=False,
    ),
]


@command(app)
def add(office: OfficeCode, name: Name, scope: Scopes, expires_in: ExpiresIn = None, actor: As = "") -> Answer:
    """Make an API key of an office; it is shown this once."""
    scopes = [str(each) for each in scope]
    made = ask(lambda doorstep: doorstep.key_add(office, name, scopes=scopes, expires_in=expires_in), actor=actor)
    data = told(made.key) | {"key": made.secret}
    return Answer(data, [made.secret], notes=["Keep it now: nobody can show it again."])


@command(app, "list")
def list_(office: OfficeCode, actor: As = "") -> Answer:
    """The API keys of an office, the newest first."""
    found = ask(lambda doorstep: doorstep.keys(office), actor=actor)
    columns = ("name", "begins with", "may", "ends", "last used", "revoked", "id")
    rows = [(key.name, key.hint, ", ".join(sorted(key.scopes)), *map(_moment, _moments(key)), key.id) for key in found]
    shown = (
        table(columns, rows) if rows else f"Office {office} has no API key. Make one: doorstep key add {office} NAME"
    )
    return Answer({"office": office, "keys": [told(key) for key in found]}, [shown])


@command(app)
def revoke(office: OfficeCode, key: KeyOf, actor: As = "") -> Answer:
    """End an API key at once."""
    ended = ask(lambda doorstep: doorstep.key_revoke(office, key), actor=actor)
    return Answer(told(ended), [f"The key {ended.name} opens nothing any more."])


def told(key: ApiKey) -> dict[str, object]:
    """A key as JSON; what is shown once is not among it."""
    return {
        "id": str(key.id),
        "office": key.office,
        "name": key.name,
        "hint": key.hint,
        "scopes": sorted(str(scope) for scope in key.scopes),
        "created_by": key.created_by,
        "created_at": iso(key.created_at),
        "expires_at": iso(key.expires_at),
        "revoked_at": iso(key.revoked_at),
        "last_used_at": iso(key.last_used_at),
    }


def _moments(key: ApiKey) -> tuple[str | None, ...]:
    return iso(key.expires_at), iso(key.last_used_at), iso(key.revoked_at)


def _moment(text: str | None) -> str:
    return NEVER if text is None else text
