"""team hub: how staff sign in, where they are signed in, and group roles of an office's own

Phase: pre (before the new code is deployed; the running code must not notice). Every new column may be empty; what
takes long on a table in use is left to 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD_MESSAGES = (
    *("invitation", "reminder", "set_up_received", "approval_needed", "approval_reminder", "approval_escalation"),
    *("approved", "welcome", "welcome_existing", "set_password", "rejected", "declined_notice", "readdressed_notice"),
    *("bounce_notice", "password_reset", "password_changed", "webhook_disabled"),
)
OLD = {
    ("deliveries", "message"): OLD_MESSAGES,
    ("links", "purpose"): ("invitation", "reset"),
    ("password_links", "kind"): ("forgot", "set_password"),
}
NEW = {
    ("deliveries", "message"): (*OLD_MESSAGES, "staff_link", "staff_code_off"),
    ("links", "purpose"): ("invitation", "reset", "staff"),
    ("password_links", "kind"): ("forgot", "set_password", "staff"),
}
IN_USE = ("offices", "password_links", "links", "deliveries")
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
    _logins()
    _sessions()
    _group_roles()
    op.add_column("password_links", sa.Column("login_id", sa.Uuid(), nullable=True))
    op.execute(
        "ALTER TABLE password_links ADD CONSTRAINT fk_password_links_login_id "
        "FOREIGN KEY (login_id) REFERENCES staff_logins (id) ON DELETE CASCADE NOT VALID"
    )
    _allow(NEW)


def _allow(rules: dict[tuple[str, str], tuple[str, ...]]) -> None:
    for (table, column), values in rules.items():
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
        known = ", ".join(f"'{value}'" for value in values)
        rule = f"CHECK ({column} IN ({known})) NOT VALID"
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{column} {rule}")


def _logins() -> None:
    op.create_table(
        "staff_logins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("code_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("oidc_issuer", sa.Text(), nullable=True),
        sa.Column("oidc_subject", sa.Text(), nullable=True),
        sa.Column("hidden", postgresql.ARRAY(Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("code_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(oidc_issuer IS NULL) = (oidc_subject IS NULL)", name=op.f("ck_staff_logins_oidc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_logins")),
        sa.UniqueConstraint("address_key", name=op.f("uq_staff_logins_address_key")),
        sa.UniqueConstraint("oidc_issuer", "oidc_subject", name=op.f("uq_staff_logins_oidc_issuer_oidc_subject")),
    )


def _sessions() -> None:
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("login_id", sa.Uuid(), nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("waits_for_code", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["staff_logins.id"], name=op.f("fk_staff_sessions_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("id_hash", name=op.f("uq_staff_sessions_id_hash")),
    )
    op.create_index(op.f("ix_staff_sessions_login_id"), "staff_sessions", ["login_id"], unique=False)


def _group_roles() -> None:
    op.create_table(
        "group_roles",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9_]{2,40}$'", name=op.f("ck_group_roles_name")),
        sa.CheckConstraint("cardinality(roles) > 0", name=op.f("ck_group_roles_roles")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_group_roles_office")),
        sa.PrimaryKeyConstraint("office", "name", name=op.f("pk_group_roles")),
    )


def downgrade() -> None:
    op.execute("DELETE FROM deliveries WHERE message IN ('staff_link', 'staff_code_off')")
    op.execute("DELETE FROM links WHERE purpose = 'staff'")
    op.execute("DELETE FROM password_links WHERE kind = 'staff'")
    _allow(OLD)
    op.drop_constraint("fk_password_links_login_id", "password_links")
    op.drop_column("password_links", "login_id")
    op.drop_table("group_roles")
    op.drop_table("staff_sessions")
    op.drop_table("staff_logins")
