"""What other systems need: keys, answers kept for retries, batches, events out, reports in, and pulls from the ERP."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from doorstep.domain.batches import BatchState, RowResult
from doorstep.store.tables.base import NOW, instant, metadata, one_of

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_by", Text, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
    instant("expires_at"),
    instant("revoked_at"),
    instant("last_used_at"),
)

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("headers", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("body", LargeBinary),
    Column("subject_id", Uuid, index=True),
    instant("created_at", nullable=False, server_default=NOW, index=True),
    CheckConstraint("(status IS NULL) = (body IS NULL)", name="answer"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False),
    Column("state", Text, nullable=False, server_default="checking"),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("seen_rev", Integer, nullable=False, server_default="0"),
    Column("name", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("starts_by_itself", Boolean, nullable=False, server_default=text("false")),
    Column("created_by", Text, nullable=False),
    Column("created_via", Text, nullable=False),
    Column("key_id", Uuid, ForeignKey("api_keys.id")),
    Column("is_trusted", Boolean, nullable=False, server_default=text("false")),
    Column("idempotency_key", Text),
    Column("idempotency_hash", LargeBinary),
    instant("created_at", nullable=False, server_default=NOW),
    instant("changed_at", nullable=False, server_default=NOW),
    instant("started_at"),
    instant("ended_at"),
    instant("forgotten_at"),
    instant("woken_at"),
    CheckConstraint(one_of("state", BatchState), name="state"),
    Index(None, "office", "created_at"),
    Index(None, "office", "idempotency_key", unique=True, postgresql_where=text("idempotency_key IS NOT NULL")),
    Index("ix_batches_open", "changed_at", postgresql_where=text("state NOT IN ('cancelled', 'done')")),
)

batch_rows = Table(
    "batch_rows",
    metadata,
    Column("batch_id", Uuid, ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("given", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("address_key", Text, nullable=False, server_default="", index=True),
    Column("contact_id", Uuid, ForeignKey("contacts.id", ondelete="SET NULL"), index=True),
    Column("job", Text, nullable=False, server_default=""),
    Column("checked", Text),
    Column("checked_code", Text, nullable=False, server_default=""),
    Column("checked_message", Text, nullable=False, server_default=""),
    Column("checked_field", Text, nullable=False, server_default=""),
    Column("result", Text),
    Column("code", Text, nullable=False, server_default=""),
    Column("message", Text, nullable=False, server_default=""),
    Column("field", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("invitation_id", Uuid, ForeignKey("invitations.id"), index=True),
    CheckConstraint(one_of("checked", RowResult), name="checked"),
    CheckConstraint(one_of("result", RowResult), name="result"),
    CheckConstraint("result <> 'ok' OR invitation_id IS NOT NULL", name="invitation"),
    Index("ix_batch_rows_unchecked", "batch_id", "job", "number", postgresql_where=text("checked IS NULL")),
    Index("ix_batch_rows_open", "batch_id", "attempts", "number", postgresql_where=text("result IS NULL")),
)

signing_secrets = Table(
    "signing_secrets",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
    instant("ends_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("owner", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="active"),
    Column("last_sequence", BigInteger, nullable=False, server_default="0"),
    Column("created_by", Text, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
    instant("failing_since"),
    instant("last_success_at"),
    instant("disabled_at"),
    CheckConstraint(one_of("state", ("active", "disabled", "removed")), name="state"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("audit_id", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("subject_id", Uuid, index=True),
    Column("body", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("round", Integer, nullable=False, server_default="1"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reply_code", Integer),
    Column("cause", Text, nullable=False, server_default=""),
    instant("created_at", nullable=False, server_default=NOW),
    instant("started_at"),
    instant("first_tried_at"),
    instant("tried_at"),
    instant("due_at"),
    instant("delivered_at"),
    UniqueConstraint("webhook_id", "sequence"),
    UniqueConstraint("webhook_id", "audit_id"),
    CheckConstraint(one_of("status", ("queued", "delivered", "failed", "dropped")), name="status"),
    Index(
        *("ix_webhook_deliveries_open", "webhook_id", "started_at", "sequence"),
        postgresql_where=text("status = 'queued'"),
    ),
    Index(None, "created_at"),
)

webhook_horizon = Table(
    "webhook_horizon",
    metadata,
    Column("is_only", Boolean, primary_key=True, server_default=text("true")),
    Column("transaction", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False, server_default="0"),
    Column("after_id", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("is_only", name="only"),
)
"""The transaction up to which the audit was handed on to the webhooks, and the highest id among what was.

Records up to `after_id` count no more: they are those of another server, whose backup was restored here, and its
transactions had other numbers.
"""

delivery_sources = Table(
    "delivery_sources",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
    instant("removed_at"),
    instant("last_report_at"),
    UniqueConstraint("office", "name"),
)

erp_sources = Table(
    "erp_sources",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("timetable", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="active"),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("seen_rev", Integer, nullable=False, server_default="0"),
    Column("created_by", Text, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
    instant("changed_at", nullable=False, server_default=NOW),
    UniqueConstraint("office", "name"),
    CheckConstraint(one_of("state", ("active", "paused", "removed")), name="state"),
)

erp_runs = Table(
    "erp_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source_id", Uuid, ForeignKey("erp_sources.id", ondelete="CASCADE"), nullable=False),
    Column("outcome", Text, nullable=False, server_default="running"),
    Column("file", Text, nullable=False, server_default=""),
    Column("digest", LargeBinary),
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("problems", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("message", Text, nullable=False, server_default=""),
    instant("started_at", nullable=False, server_default=NOW),
    instant("ended_at"),
    CheckConstraint(one_of("outcome", ("running", "done", "unchanged", "failed")), name="outcome"),
    Index(None, "source_id", "started_at"),
)
