"""The audit, and what is counted."""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from doorstep.store.tables.base import NOW, instant, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    instant("at", nullable=False, server_default=NOW),
    Column("subject_id", Uuid, index=True),
    Column("actor", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    # Who reads the records in their order asks by transaction: ids are given out before they can be seen.
    Column("transaction", BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"), index=True),
)

rate_hits = Table(
    "rate_hits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("hits", Integer, nullable=False),
    instant("ends_at", nullable=False, index=True),
)
