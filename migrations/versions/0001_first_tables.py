"""first tables

Phase: pre (before the new code is deployed; the running code must not notice).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is appended to, never changed';
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_subject_id"), "audit", ["subject_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("recipient_key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), server_default="mail", nullable=False),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_attempt_open", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("reply_code", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "message IN ('invitation', 'reminder', 'set_up_received', 'approval_needed', 'approval_reminder', 'approval_escalation', 'approved', 'welcome', 'rejected', 'declined_notice', 'readdressed_notice', 'bounce_notice', 'password_reset', 'password_changed')",
            name=op.f("ck_deliveries_message"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'sent', 'delivered', 'deferred', 'bounced', 'failed')",
            name=op.f("ck_deliveries_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "subject_id",
            "message",
            "generation",
            "recipient_key",
            name=op.f("uq_deliveries_subject_id_message_generation_recipient_key"),
        ),
    )
    op.create_index(
        "ix_deliveries_unsent",
        "deliveries",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'deferred')"),
    )
    op.create_table(
        "links",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("purpose IN ('invitation', 'reset')", name=op.f("ck_links_purpose")),
        sa.PrimaryKeyConstraint("purpose", "subject_id", "generation", name=op.f("pk_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_links_token_hash")),
    )
    op.create_table(
        "policies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("validity", sa.Interval(), nullable=False),
        sa.Column("grace", sa.Interval(), nullable=False),
        sa.Column("reminder_share", sa.Float(), nullable=False),
        sa.Column("resend_cooldown", sa.Interval(), nullable=False),
        sa.Column("reissue_window", sa.Interval(), nullable=False),
        sa.Column("approval_required", sa.Boolean(), nullable=False),
        sa.Column("approval_reminder", sa.Interval(), nullable=False),
        sa.Column("approval_escalation", sa.Interval(), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("places_per_job", sa.Integer(), nullable=False),
        sa.Column("account_required", sa.Boolean(), nullable=False),
        sa.Column("required_fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("validity > interval '0'", name=op.f("ck_policies_validity")),
        sa.CheckConstraint("places_per_job > 0", name=op.f("ck_policies_places")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("office", "version", name=op.f("uq_policies_office_version")),
    )
    op.create_table(
        "rate_hits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_hits")),
    )
    op.create_index(op.f("ix_rate_hits_ends_at"), "rate_hits", ["ends_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("username_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("first_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('unapproved', 'active', 'suspended')", name=op.f("ck_users_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username_key", name=op.f("uq_users_username_key")),
    )
    op.create_index(op.f("ix_users_email_key"), "users", ["email_key"], unique=False)
    op.create_table(
        "offices",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("public_url", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("help_email", sa.Text(), server_default="", nullable=False),
        sa.Column("help_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_offices_policy_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_offices")),
    )
    op.create_table(
        "password_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("asked_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("seen_rev", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wakes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("woken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'sent', 'used', 'expired', 'moot')", name=op.f("ck_password_links_state")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_password_links_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_links")),
    )
    op.create_index(
        "ix_password_links_unseen",
        "password_links",
        ["changed_at"],
        unique=False,
        postgresql_where=sa.text("seen_rev < rev"),
    )
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("customer_type", sa.Text(), server_default="", nullable=False),
        sa.Column("sales_rep", sa.Text(), server_default="", nullable=False),
        sa.Column("price_list", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_accounts_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("office", "code", name=op.f("uq_accounts_office_code")),
    )
    op.create_table(
        "approvers",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_approvers_office")),
        sa.PrimaryKeyConstraint("office", "address_key", name=op.f("pk_approvers")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_contacts_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(
        op.f("ix_contacts_office_email_key"),
        "contacts",
        ["office", "email_key"],
        unique=True,
        postgresql_where=sa.text("email_key IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_contacts_office_phone_key"),
        "contacts",
        ["office", "phone_key"],
        unique=True,
        postgresql_where=sa.text("email_key IS NULL AND phone_key IS NOT NULL"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_jobs_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("office", "name", name=op.f("uq_jobs_office_name")),
    )
    op.create_table(
        "contact_accounts",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_contact_accounts_account_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_contact_accounts_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "account_id", name=op.f("pk_contact_accounts")),
    )
    op.create_index(op.f("ix_contact_accounts_account_id"), "contact_accounts", ["account_id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), server_default="1", nullable=False),
        sa.Column("seen_rev", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wakes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("woken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("granted", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("idempotency_hash", sa.LargeBinary(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("username", sa.Text(), server_default="", nullable=False),
        sa.Column("attention", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("last_refusal", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.Column("is_reminded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_nudged", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_escalated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_silent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("link_made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'pending', 'awaiting_approval', 'approved', 'active', 'expired', 'rejected', 'declined', 'revoked', 'erased')",
            name=op.f("ck_invitations_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('awaiting_approval', 'approved') OR user_id IS NOT NULL", name=op.f("ck_invitations_user")
        ),
        sa.CheckConstraint("generation > 0", name=op.f("ck_invitations_generation")),
        sa.CheckConstraint("seen_rev <= rev", name=op.f("ck_invitations_seen_rev")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_invitations_job_id")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_invitations_office")),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_invitations_policy_id")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_invitations_user_id"),
            ondelete="SET NULL",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index(
        "ix_invitations_attention",
        "invitations",
        ["since"],
        unique=False,
        postgresql_where=sa.text("attention <> '{}'"),
    )
    op.create_index(op.f("ix_invitations_job_id"), "invitations", ["job_id"], unique=False)
    op.create_index(op.f("ix_invitations_office_address_key"), "invitations", ["office", "address_key"], unique=False)
    op.create_index(
        op.f("ix_invitations_office_idempotency_key"),
        "invitations",
        ["office", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_invitations_office_state_created_at"), "invitations", ["office", "state", "created_at"], unique=False
    )
    op.create_index(op.f("ix_invitations_state_created_at"), "invitations", ["state", "created_at"], unique=False)
    op.create_index(
        "ix_invitations_unseen", "invitations", ["changed_at"], unique=False, postgresql_where=sa.text("seen_rev < rev")
    )
    op.create_index(op.f("ix_invitations_user_id"), "invitations", ["user_id"], unique=False)
    op.create_table(
        "invitation_accounts",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_invitation_accounts_account_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_invitation_accounts_invitation_id")
        ),
        sa.PrimaryKeyConstraint("invitation_id", "account_id", name=op.f("pk_invitation_accounts")),
    )
    op.create_index(op.f("ix_invitation_accounts_account_id"), "invitation_accounts", ["account_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_memberships_invitation_id")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_memberships_office")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "user_id",
            "office",
            "account_id",
            name=op.f("uq_memberships_user_id_office_account_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_memberships_account_id"), "memberships", ["account_id"], unique=False)
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.execute("ALTER TABLE rate_hits SET UNLOGGED")
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_account_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_invitation_accounts_account_id"), table_name="invitation_accounts")
    op.drop_table("invitation_accounts")
    op.drop_index(op.f("ix_invitations_user_id"), table_name="invitations")
    op.drop_index("ix_invitations_unseen", table_name="invitations", postgresql_where=sa.text("seen_rev < rev"))
    op.drop_index(op.f("ix_invitations_state_created_at"), table_name="invitations")
    op.drop_index(op.f("ix_invitations_office_state_created_at"), table_name="invitations")
    op.drop_index(
        op.f("ix_invitations_office_idempotency_key"),
        table_name="invitations",
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.drop_index(op.f("ix_invitations_office_address_key"), table_name="invitations")
    op.drop_index(op.f("ix_invitations_job_id"), table_name="invitations")
    op.drop_index("ix_invitations_attention", table_name="invitations", postgresql_where=sa.text("attention <> '{}'"))
    op.drop_table("invitations")
    op.drop_index(op.f("ix_contact_accounts_account_id"), table_name="contact_accounts")
    op.drop_table("contact_accounts")
    op.drop_table("jobs")
    op.drop_index(
        op.f("ix_contacts_office_phone_key"),
        table_name="contacts",
        postgresql_where=sa.text("email_key IS NULL AND phone_key IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_contacts_office_email_key"), table_name="contacts", postgresql_where=sa.text("email_key IS NOT NULL")
    )
    op.drop_table("contacts")
    op.drop_table("approvers")
    op.drop_table("accounts")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_password_links_unseen", table_name="password_links", postgresql_where=sa.text("seen_rev < rev"))
    op.drop_table("password_links")
    op.drop_table("offices")
    op.drop_index(op.f("ix_users_email_key"), table_name="users")
    op.drop_table("users")
    op.drop_index(op.f("ix_rate_hits_ends_at"), table_name="rate_hits")
    op.drop_table("rate_hits")
    op.drop_table("policies")
    op.drop_table("links")
    op.drop_index(
        "ix_deliveries_unsent", table_name="deliveries", postgresql_where=sa.text("status IN ('queued', 'deferred')")
    )
    op.drop_table("deliveries")
    op.drop_index(op.f("ix_audit_subject_id"), table_name="audit")
    op.drop_table("audit")
    op.execute("DROP FUNCTION refuse_change()")
