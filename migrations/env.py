"""How Alembic reaches the database: by a connection handed in, else by the settings; waits for locks only briefly."""

from alembic import context
from sqlalchemy import Connection, create_engine

from doorstep import settings
from doorstep.store.engine import driver_url
from doorstep.store.tables import metadata


def run(connection: Connection) -> None:
    """Migrate over `connection`, in one transaction a migration."""
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the connection that the caller holds, or open one."""
    held = context.config.attributes.get("connection")
    if held is not None:
        run(held)
        return
    url = context.config.attributes.get("database_url") or settings.load().database_url.get_secret_value()
    engine = create_engine(driver_url(url), connect_args={"options": "-c lock_timeout=4s"})
    try:
        with engine.connect() as connection:
            run(connection)
    finally:
        engine.dispose()


main()
