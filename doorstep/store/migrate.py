"""Migrations: bring a database to the schema of this code, and tell how far it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from doorstep.store.engine import driver_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def config(database_url: str) -> Config:
    """Alembic's configuration for one database."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.attributes["database_url"] = database_url
    return made


def upgrade(database_url: str, revision: str = "head") -> None:
    """Migrate up; does nothing where the schema is new enough."""
    command.upgrade(config(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Migrate down to `revision`."""
    command.downgrade(config(database_url), revision)


def head() -> str:
    """The revision that this code expects."""
    revision = ScriptDirectory.from_config(config("")).get_current_head()
    if revision is None:
        raise RuntimeError("there are no migrations")
    return revision


def current(database_url: str) -> str | None:
    """The revision of the database; None for an empty one."""
    engine = create_engine(driver_url(database_url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
