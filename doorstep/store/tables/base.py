"""The metadata, and how columns and rules are written everywhere."""

from collections.abc import Iterable

from sqlalchemy import Column, DateTime, MetaData, func

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NOW = func.now()


def instant(name: str, **options: object) -> Column[object]:
    """A moment, with its zone."""
    return Column(name, DateTime(timezone=True), **options)  # type: ignore[arg-type]


def one_of(column: str, values: Iterable[str]) -> str:
    """The rule that a column holds one of the values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
