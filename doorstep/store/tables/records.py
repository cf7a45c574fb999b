"""The audit, and what is counted."""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from doorstep.store.tables.base import NOW, instant, metadata

OF_OFFICE = "(detail ->> 'office')"
"""The office that a record names; as the index spells it, a parameter in its place would leave it aside."""

IS_BESIDE = f"{OF_OFFICE} IS NOT NULL AND event <> 'invitation.created'"
"""What an office did beside its invitations; those name it once each, and are found by the invitation."""

OF_OFFICES = "(detail -> 'offices')"
"""The same for what is about several, such as a user of theirs."""

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
    Index("ix_audit_office", text(OF_OFFICE), "id", postgresql_where=text(IS_BESIDE)),
    Index("ix_audit_offices", "id", postgresql_where=text(f"{OF_OFFICES} IS NOT NULL")),
)

rate_hits = Table(
    "rate_hits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("hits", Integer, nullable=False),
    instant("ends_at", nullable=False, index=True),
)
