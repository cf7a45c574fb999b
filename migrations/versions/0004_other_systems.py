"""other systems: keys, answers kept for retries, batches, webhooks, reports of mail providers, pulls from the ERP

Phase: pre (before the new code is deployed; the running code must not notice). Every new column has a default or may
be empty; what takes long on a table in use is left to 0005.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OLD_MESSAGES = (
    *("invitation", "reminder", "set_up_received", "approval_needed", "approval_reminder", "approval_escalation"),
    *("approved", "welcome", "welcome_existing", "set_password", "rejected", "declined_notice", "readdressed_notice"),
    *("bounce_notice", "password_reset", "password_changed"),
)
MESSAGES = (*OLD_MESSAGES, "webhook_disabled")
TRANSACTION = "(pg_current_xact_id()::text)::bigint"
NEW_TABLES = (
    *("erp_runs", "erp_sources", "delivery_sources", "webhook_horizon", "webhook_deliveries", "webhooks"),
    *("signing_secrets", "batch_rows", "batches", "kept_answers", "api_keys"),
)
IN_USE = ("offices", "policies", "accounts", "contacts", "invitations", "deliveries", "audit")
LOCK = f"""
DO $$
BEGIN
    FOR attempt IN 1..20 LOOP
        BEGIN
            SET LOCAL lock_timeout = '200ms';
            LOCK TABLE {", ".join(IN_USE)} IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = '4s';
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.05);
        END;
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
        MESSAGE = 'somebody has been reading or writing for seconds; nothing was changed, migrate again later';
END
$$
"""
"""All tables at once, before the first is changed, or none of them, as in 0002."""


def upgrade() -> None:
    op.execute(LOCK)
    _keys_and_answers()
    _batches()
    _webhooks()
    _erp()
    _columns()
    _messages(MESSAGES)


def _columns() -> None:
    op.add_column("accounts", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contacts", sa.Column("external_key", sa.Text(), nullable=True))
    op.add_column("policies", sa.Column("fails_over", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("invitations", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column("invitations", sa.Column("failed_over_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deliveries", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "ALTER TABLE invitations ADD CONSTRAINT fk_invitations_batch_id "
        "FOREIGN KEY (batch_id) REFERENCES batches (id) NOT VALID"
    )
    # In two steps: a default that is another for each row would have every row written anew.
    op.add_column("audit", sa.Column("transaction", sa.BigInteger(), nullable=True))
    op.alter_column("audit", "transaction", server_default=sa.text(TRANSACTION))


def _messages(known: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_deliveries_message"), "deliveries")
    names = ", ".join(f"'{name}'" for name in known)
    op.execute(f"ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_message CHECK (message IN ({names})) NOT VALID")


def _keys_and_answers() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_api_keys_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    op.create_index(op.f("ix_api_keys_office"), "api_keys", ["office"], unique=False)
    op.create_table(
        "kept_answers",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column(
            "headers", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status IS NULL) = (body IS NULL)", name=op.f("ck_kept_answers_answer")),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_kept_answers")),
    )
    op.create_index(op.f("ix_kept_answers_created_at"), "kept_answers", ["created_at"], unique=False)
    op.create_index(op.f("ix_kept_answers_subject_id"), "kept_answers", ["subject_id"], unique=False)


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="checking", nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("seen_rev", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("starts_by_itself", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_via", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("is_trusted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("idempotency_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("woken_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('checking', 'checked', 'running', 'paused', 'cancelled', 'done')", name=op.f("ck_batches_state")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_batches_key_id")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_batches_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_office_created_at"), "batches", ["office", "created_at"], unique=False)
    op.create_index(
        op.f("ix_batches_office_idempotency_key"),
        "batches",
        ["office", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "ix_batches_open",
        "batches",
        ["changed_at"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('cancelled', 'done')"),
    )
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("given", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("address_key", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("job", sa.Text(), server_default="", nullable=False),
        sa.Column("checked", sa.Text(), nullable=True),
        sa.Column("checked_code", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_message", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_field", sa.Text(), server_default="", nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("checked IN ('ok', 'skipped', 'refused')", name=op.f("ck_batch_rows_checked")),
        sa.CheckConstraint("result <> 'ok' OR invitation_id IS NOT NULL", name=op.f("ck_batch_rows_invitation")),
        sa.CheckConstraint("result IN ('ok', 'skipped', 'refused')", name=op.f("ck_batch_rows_result")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_rows_batch_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_batch_rows_contact_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_batch_rows_invitation_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_rows")),
    )
    op.create_index(op.f("ix_batch_rows_address_key"), "batch_rows", ["address_key"], unique=False)
    op.create_index(op.f("ix_batch_rows_contact_id"), "batch_rows", ["contact_id"], unique=False)
    op.create_index(op.f("ix_batch_rows_invitation_id"), "batch_rows", ["invitation_id"], unique=False)
    op.create_index(
        "ix_batch_rows_open",
        "batch_rows",
        ["batch_id", "attempts", "number"],
        unique=False,
        postgresql_where=sa.text("result IS NULL"),
    )
    op.create_index(
        "ix_batch_rows_unchecked",
        "batch_rows",
        ["batch_id", "job", "number"],
        unique=False,
        postgresql_where=sa.text("checked IS NULL"),
    )


def _webhooks() -> None:
    op.create_table(
        "signing_secrets",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "generation", name=op.f("pk_signing_secrets")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'disabled', 'removed')", name=op.f("ck_webhooks_state")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_webhooks_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_office"), "webhooks", ["office"], unique=False)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reply_code", sa.Integer(), nullable=True),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'delivered', 'failed', 'dropped')", name=op.f("ck_webhook_deliveries_status")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("webhook_id", "audit_id", name=op.f("uq_webhook_deliveries_webhook_id_audit_id")),
        sa.UniqueConstraint("webhook_id", "sequence", name=op.f("uq_webhook_deliveries_webhook_id_sequence")),
    )
    op.create_index(op.f("ix_webhook_deliveries_created_at"), "webhook_deliveries", ["created_at"], unique=False)
    op.create_index(op.f("ix_webhook_deliveries_subject_id"), "webhook_deliveries", ["subject_id"], unique=False)
    op.create_index(
        "ix_webhook_deliveries_open",
        "webhook_deliveries",
        ["webhook_id", "started_at", "sequence"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "webhook_horizon",
        sa.Column("is_only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("after_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("is_only", name=op.f("ck_webhook_horizon_only")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_webhook_horizon")),
    )
    op.create_table(
        "delivery_sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_report_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_delivery_sources_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_sources")),
        sa.UniqueConstraint("office", "name", name=op.f("uq_delivery_sources_office_name")),
    )
    op.create_index(op.f("ix_delivery_sources_office"), "delivery_sources", ["office"], unique=False)


def _erp() -> None:
    op.create_table(
        "erp_sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("timetable", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("seen_rev", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused', 'removed')", name=op.f("ck_erp_sources_state")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_erp_sources_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_sources")),
        sa.UniqueConstraint("office", "name", name=op.f("uq_erp_sources_office_name")),
    )
    op.create_index(op.f("ix_erp_sources_office"), "erp_sources", ["office"], unique=False)
    op.create_table(
        "erp_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="running", nullable=False),
        sa.Column("file", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("last_modified", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "problems", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('running', 'done', 'unchanged', 'failed')", name=op.f("ck_erp_runs_outcome")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["erp_sources.id"], name=op.f("fk_erp_runs_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_runs")),
    )
    op.create_index(op.f("ix_erp_runs_source_id_started_at"), "erp_runs", ["source_id", "started_at"], unique=False)


def downgrade() -> None:
    op.execute(LOCK)
    op.execute("DELETE FROM deliveries WHERE message = 'webhook_disabled'")
    _messages(OLD_MESSAGES)
    op.drop_column("audit", "transaction")
    op.drop_column("deliveries", "delivered_at")
    op.drop_column("invitations", "failed_over_at")
    op.drop_column("invitations", "batch_id")
    op.drop_column("policies", "fails_over")
    op.drop_column("contacts", "external_key")
    op.drop_column("accounts", "closed_at")
    for table in NEW_TABLES:
        op.drop_table(table)
