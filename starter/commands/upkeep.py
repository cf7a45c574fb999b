"""Looking after an installation: what is in place, migrations, keys and the version."""

import asyncio
import secrets
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.domain.errors import Invalid
from starter.commands.answers import Answer, command
from starter.commands.printing import console, table

if TYPE_CHECKING:
    from starter.checks import Check

app = typer.Typer()
key = typer.Typer(help="Keys of other systems, and those that sign the links.", no_args_is_help=True)

KeyName = Annotated[str | None, typer.Argument(help="What to call it; no other key of the ring may have the name.")]
CheckOnly = Annotated[bool, typer.Option("--check", help="Only tell whether it is needed; then exit with 1.")]


@command(app)
def doctor() -> Answer:
    """Check every server, migration, search attribute and key, each with the command that mends it."""
    found = asyncio.run(_checks())
    is_ok = all(each.is_ok for each in found)
    checks = [{"name": c.name, "is_ok": c.is_ok, "seen": c.seen, "mend": c.mend} for c in found]
    rows = [("ok" if c.is_ok else "WRONG", c.name, c.seen, c.mend) for c in found]
    return Answer({"is_ok": is_ok, "checks": checks}, [table(("", "what", "seen", "mend it with"), rows)], 1 - is_ok)


async def _checks() -> "list[Check]":
    from doorstep import settings as settings_module  # noqa: PLC0415 - this and the next ones take seconds
    from doorstep.store.engine import create_engine  # noqa: PLC0415 - see above
    from starter import checks, temporal  # noqa: PLC0415 - see above

    settings = settings_module.load()
    engine = create_engine(settings.database_url.get_secret_value(), application="doorstep-doctor", pool_size=1)
    try:
        return await checks.all_checks(settings, engine, await temporal.connect_temporal(is_lazy=True))
    finally:
        await engine.dispose()


@command(app)
def migrate(check: CheckOnly = False) -> Answer:  # noqa: FBT002 - typed by name
    """Bring the database to the schema of this version; does nothing where it is there already."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - takes a second, and `--help` needs it not

    from doorstep import settings  # noqa: PLC0415 - see above
    from doorstep.store import migrate as migrations  # noqa: PLC0415 - see above
    from doorstep.store.engine import unavailable  # noqa: PLC0415 - see above

    url = settings.load().database_url.get_secret_value()
    try:
        before, wanted = migrations.current(url), migrations.head()
        if not check and before != wanted:
            migrations.upgrade(url)
    except OperationalError:
        raise unavailable() from None
    data = {"before": before, "head": wanted, "is_up_to_date": before == wanted or not check}
    if before == wanted:
        return Answer(data, [f"The database is at {wanted}, as this version needs it."])
    was = f"It was at {before or 'nothing'}"
    if check:
        return Answer(data, [f"{was}, and this version needs {wanted}. Run: doorstep migrate"], 1)
    return Answer(data, [f"{was} and is now at {wanted}."])


@command(key, "new")
def key_new(name: KeyName = None) -> Answer:
    """A fresh entry for DOORSTEP_LINK_KEYS."""
    from doorstep.security.links import new_ring_text  # noqa: PLC0415 - only this command needs it

    chosen = name or f"k{secrets.token_hex(3)}"
    if not chosen.isascii() or not chosen.replace("-", "").replace("_", "").isalnum():
        raise Invalid("key_name", "A key's name is made of letters, digits, - and _.", field="name")
    console(stderr=True).print("Put it in front of DOORSTEP_LINK_KEYS, with a comma, and keep those before it.")
    entry = new_ring_text(chosen)
    return Answer({"name": chosen, "entry": entry}, [entry])


@command(app)
def version() -> Answer:
    """The version of Doorstep."""
    number = version_of("doorstep")
    return Answer({"version": number}, [f"doorstep {number}"])
