"""what 0006 left to be done while people work: rules held against the rows that are there, and indexes

Phase: pre. None of it locks anybody out, and none of it can be part of one transaction: what was interrupted is done
again, an index that was left unfinished is made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RULES = (
    ("deliveries", "ck_deliveries_message"),
    ("links", "ck_links_purpose"),
    ("password_links", "ck_password_links_kind"),
    ("password_links", "fk_password_links_login_id"),
)
INDEXES: tuple[tuple[str, str, tuple[str, ...], str | None, tuple[str, ...]], ...] = (
    ("ix_password_links_login_id", "password_links", ("login_id",), None, ()),
    ("ix_invitations_waiting", "invitations", ("office", "set_up_at", "id"), "state = 'awaiting_approval'", ()),
    ("ix_invitations_joined", "invitations", ("office",), "user_id IS NOT NULL", ("user_id", "set_up_at", "id")),
    ("ix_memberships_office", "memberships", ("office",), None, ("user_id", "account_id", "created_at")),
    ("ix_memberships_added", "memberships", ("office", "user_id"), "invitation_id IS NULL", ()),
    (
        *("ix_audit_office", "audit", ("(detail ->> 'office')", "id")),
        *("(detail ->> 'office') IS NOT NULL AND event <> 'invitation.created'", ()),
    ),
    ("ix_audit_offices", "audit", ("id",), "(detail -> 'offices') IS NOT NULL", ()),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A long report holds up an index, and an index that is being made holds up nobody; so it may wait.
        op.execute("SET lock_timeout = 0")
        for table, rule in RULES:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {rule}")
        for name, table, columns, where, beside in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.create_index(
                name,
                table,
                [sa.text(each) if each.startswith("(") else each for each in columns],
                postgresql_concurrently=True,
                postgresql_include=beside,
                postgresql_where=None if where is None else sa.text(where),
            )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name, *_ in reversed(INDEXES):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("RESET lock_timeout")
