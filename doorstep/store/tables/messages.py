"""What goes out: links, deliveries, and the texts of offices."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.store.tables.base import NOW, instant, metadata, one_of

links = Table(
    "links",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("subject_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    instant("created_at", nullable=False, server_default=NOW),
    CheckConstraint(one_of("purpose", ("invitation", "reset", "staff")), name="purpose"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject_id", Uuid, nullable=False),
    Column("message", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default="mail"),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("is_attempt_open", Boolean, nullable=False, server_default=text("false")),
    Column("cause", Text, nullable=False, server_default=""),
    Column("reply_code", Integer),
    instant("created_at", nullable=False, server_default=NOW),
    instant("handed_over_at"),
    instant("sent_at"),
    instant("delivered_at"),
    UniqueConstraint("subject_id", "message", "generation", "recipient_key"),
    CheckConstraint(one_of("status", DeliveryStatus), name="status"),
    CheckConstraint(one_of("message", Message), name="message"),
    Index("ix_deliveries_unsent", "created_at", postgresql_where=text("status IN ('queued', 'deferred')")),
)

templates = Table(
    "templates",
    metadata,
    Column("office", Text, ForeignKey("offices.code"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("message", Text, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
)

template_versions = Table(
    "template_versions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("office", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", Text),
    Column("body", Text),
    Column("changed_by", Text, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
    ForeignKeyConstraint(["office", "name"], ["templates.office", "templates.name"]),
    UniqueConstraint("office", "name", "locale", "version"),
    CheckConstraint("(subject IS NULL) = (body IS NULL)", name="text"),
)
