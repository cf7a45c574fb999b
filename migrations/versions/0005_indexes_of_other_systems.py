"""what 0004 left to be done while people work: rules held against the rows that are there, and indexes

Phase: pre. None of it locks anybody out, and none of it can be part of one transaction: what was interrupted is done
again, an index that was left unfinished is made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RULES = (
    ("deliveries", "ck_deliveries_message"),
    ("invitations", "fk_invitations_batch_id"),
)
INDEXES = (
    ("ix_contacts_office_external_key", "contacts", ("office", "external_key"), "external_key IS NOT NULL", True),
    ("ix_contacts_office_id", "contacts", ("office", "id"), None, False),
    ("ix_invitations_created_at", "invitations", ("created_at",), None, False),
    (
        "ix_invitations_open",
        "invitations",
        ("id",),
        "state IN ('pending', 'awaiting_approval', 'approved') OR state = 'expired' AND closed_at IS NULL",
        False,
    ),
    ("ix_invitations_office_created_at", "invitations", ("office", "created_at"), None, False),
    ("ix_invitations_batch_id", "invitations", ("batch_id",), "batch_id IS NOT NULL", False),
    ("ix_audit_transaction", "audit", ("transaction",), None, False),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A long report holds up an index, and an index that is being made holds up nobody; so it may wait.
        op.execute("SET lock_timeout = 0")
        for table, rule in RULES:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {rule}")
        for name, table, columns, where, is_unique in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.create_index(
                name,
                table,
                list(columns),
                unique=is_unique,
                postgresql_concurrently=True,
                postgresql_where=None if where is None else sa.text(where),
            )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name, *_ in reversed(INDEXES):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("RESET lock_timeout")
