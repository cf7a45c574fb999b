"""indexes for what 0002 added, made while people work

Phase: pre. An index that is made concurrently cannot be part of a transaction; one that was left unfinished is made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = (
    ("contacts", "office", "portal_email_key"),
    ("users", "phone_key"),
    ("users", "pair_id"),
    ("invitations", "address_key"),
    ("invitations", "other_key"),
    ("invitations", "contact_id"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, *columns in INDEXES:
            name = f"ix_{table}_{'_'.join(columns)}"
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.create_index(name, table, [sa.text(column) for column in columns], postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for table, *columns in reversed(INDEXES):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS ix_{table}_{'_'.join(columns)}")
