"""staff, templates, text messages, pairs of users, portal addresses, retention

Phase: pre (before the new code is deployed; the running code must not notice). Every new column has a default or may
be empty, and every rule on a table in use is added without a look at its rows: 0003 looks, and locks nobody out.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW_MESSAGES = ("welcome_existing", "set_password")
OLD_MESSAGES = (
    *("invitation", "reminder", "set_up_received", "approval_needed", "approval_reminder", "approval_escalation"),
    *("approved", "welcome", "rejected", "declined_notice", "readdressed_notice", "bounce_notice"),
    *("password_reset", "password_changed"),
)
MESSAGES = (*OLD_MESSAGES[:8], *NEW_MESSAGES, *OLD_MESSAGES[8:])
OLD_STATES = ("unapproved", "active", "suspended")
STATES = ("setup_pending", *OLD_STATES)

ERASABLE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW' THEN
        -- Erasure alone may blank who and what of one subject; that something happened, and when, stays.
        IF OLD.subject_id::text = current_setting('doorstep.erasing', true)
            AND (NEW.id, NEW.at, NEW.subject_id, NEW.via, NEW.event, NEW.code)
                = (OLD.id, OLD.at, OLD.subject_id, OLD.via, OLD.event, OLD.code)
            AND NEW.actor IN (OLD.actor, 'erased')
            AND OLD.detail @> NEW.detail
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit is appended to, never changed';
END
$$
"""
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is appended to, never changed';
END
$$
"""


IN_USE = (
    *("offices", "policies", "accounts", "contacts", "invitations", "deliveries", "users", "memberships"),
    *("password_links", "audit"),
)
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
"""All tables at once, before the first is changed, or none of them.

Whoever is in the middle of something ends it, whoever comes waits a moment, and nobody waits here with half of the
locks in hand for somebody who waits for the other half.
"""


def upgrade() -> None:
    op.execute(LOCK)
    _policies_and_offices()
    _people()
    _templates()
    _invitations()
    op.execute(ERASABLE)
    op.execute("DROP TRIGGER audit_append_only ON audit")
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()")


def _policies_and_offices() -> None:
    op.add_column("policies", sa.Column("existing_users", sa.Text(), server_default="grant", nullable=False))
    op.add_column(
        "policies", sa.Column("expired_holds_place", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("policies", sa.Column("retention", sa.Interval(), nullable=True))
    _rule("policies", "existing_users", "existing_users IN ('grant', 'consent')")
    _rule("policies", "retention", "retention > interval '0'")
    op.add_column("offices", sa.Column("client_guide", sa.Text(), server_default="", nullable=False))
    op.add_column("offices", sa.Column("welcome_template", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "offices", sa.Column("any_staff_invites", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def _people() -> None:
    _staff()
    op.add_column("contacts", sa.Column("portal_email", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("portal_email_key", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("is_portal_user", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column(
        "contacts", sa.Column("kept_fields", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("users", sa.Column("phone", sa.Text(), server_default="", nullable=False))
    op.add_column("users", sa.Column("phone_key", sa.Text(), server_default="", nullable=False))
    op.add_column("users", sa.Column("pair_id", sa.Uuid(), nullable=True))
    op.add_column("users", sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.alter_column("users", "password_hash", existing_type=sa.Text(), nullable=True)
    _foreign("users", "pair_id", "users (id) ON DELETE CASCADE")
    op.drop_constraint(op.f("ck_users_state"), "users")
    _rule("users", "state", f"state IN {STATES!r}")
    _rule("users", "password", "state = 'setup_pending' OR password_hash IS NOT NULL")
    op.add_column("memberships", sa.Column("relationship", sa.Text(), server_default="customer", nullable=False))
    _rule("memberships", "relationship", "relationship IN ('customer', 'rep')")


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("address_key", name=op.f("uq_staff_address_key")),
    )
    op.create_table(
        "staff_offices",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="in_house", nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("may_grant", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('in_house', 'rep')", name=op.f("ck_staff_offices_kind")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_staff_offices_office")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_offices_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "office", name=op.f("pk_staff_offices")),
    )
    op.create_index(op.f("ix_staff_offices_office"), "staff_offices", ["office"])
    op.create_table(
        "staff_accounts",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_staff_accounts_account_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_accounts_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", "account_id", name=op.f("pk_staff_accounts")),
    )
    op.create_index(op.f("ix_staff_accounts_account_id"), "staff_accounts", ["account_id"])


def _templates() -> None:
    op.create_table(
        "templates",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_templates_office")),
        sa.PrimaryKeyConstraint("office", "name", name=op.f("pk_templates")),
    )
    op.create_table(
        "template_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(subject IS NULL) = (body IS NULL)", name=op.f("ck_template_versions_text")),
        sa.ForeignKeyConstraint(
            ["office", "name"],
            ["templates.office", "templates.name"],
            name=op.f("fk_template_versions_office_name"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_versions")),
        sa.UniqueConstraint(
            "office", "name", "locale", "version", name=op.f("uq_template_versions_office_name_locale_version")
        ),
    )


def _invitations() -> None:
    op.add_column("invitations", sa.Column("other_address", sa.Text(), nullable=True))
    op.add_column("invitations", sa.Column("other_key", sa.Text(), nullable=True))
    op.add_column("invitations", sa.Column("locale", sa.Text(), server_default="", nullable=False))
    op.add_column("invitations", sa.Column("template", sa.Text(), server_default="", nullable=False))
    op.add_column("invitations", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.add_column(
        "invitations", sa.Column("is_existing", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _foreign("invitations", "contact_id", "contacts (id) ON DELETE SET NULL")
    op.add_column("password_links", sa.Column("kind", sa.Text(), server_default="forgot", nullable=False))
    op.add_column("password_links", sa.Column("office", sa.Text(), nullable=True))
    op.add_column("password_links", sa.Column("template", sa.Text(), server_default="", nullable=False))
    _rule("password_links", "kind", "kind IN ('forgot', 'set_password')")
    _foreign("password_links", "office", "offices (code)")
    op.drop_constraint(op.f("ck_deliveries_message"), "deliveries")
    _rule("deliveries", "message", f"message IN {MESSAGES!r}")


def _rule(table: str, name: str, condition: str, how: str = "NOT VALID") -> None:
    """For what is written from now on."""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition}) {how}")


def _foreign(table: str, column: str, target: str) -> None:
    """The same for a reference."""
    name = f"fk_{table}_{column}"
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target} NOT VALID")


def downgrade() -> None:
    """Back to the first tables; what they have no place for is lost, and nothing else."""
    op.execute(LOCK)
    op.execute("DROP TRIGGER audit_unchanged ON audit")
    op.execute("DROP TRIGGER audit_append_only ON audit")
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    _drop_messages_and_links()
    for column in ("is_existing", "contact_id", "template", "locale", "other_key", "other_address"):
        op.drop_column("invitations", column)
    op.drop_table("template_versions")
    op.drop_table("templates")
    _drop_people()
    for table in ("staff_accounts", "staff_offices", "staff"):
        op.drop_table(table)
    for column in ("any_staff_invites", "welcome_template", "client_guide"):
        op.drop_column("offices", column)
    for column in ("retention", "expired_holds_place", "existing_users"):
        op.drop_column("policies", column)


def _drop_messages_and_links() -> None:
    op.execute("DELETE FROM deliveries WHERE message IN ('welcome_existing', 'set_password')")
    op.drop_constraint(op.f("ck_deliveries_message"), "deliveries")
    _rule("deliveries", "message", f"message IN {OLD_MESSAGES!r}", "")
    op.execute("DELETE FROM links WHERE subject_id IN (SELECT id FROM password_links WHERE kind = 'set_password')")
    op.execute("DELETE FROM password_links WHERE kind = 'set_password'")
    for column in ("template", "office", "kind"):
        op.drop_column("password_links", column)


def _drop_people() -> None:
    op.drop_column("memberships", "relationship")
    # First, so that a staff login with a password outlives a management login without one.
    op.drop_column("users", "pair_id")
    # The old tables know no user without a password; such a person is added again after the next upgrade.
    op.execute("DELETE FROM users WHERE state = 'setup_pending'")
    op.drop_constraint(op.f("ck_users_password"), "users")
    op.drop_constraint(op.f("ck_users_state"), "users")
    _rule("users", "state", f"state IN {OLD_STATES!r}", "")
    op.alter_column("users", "password_hash", existing_type=sa.Text(), nullable=False)
    for column in ("is_test", "phone_key", "phone"):
        op.drop_column("users", column)
    for column in ("kept_fields", "is_portal_user", "portal_email_key", "portal_email"):
        op.drop_column("contacts", column)
