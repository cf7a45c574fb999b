"""what 0002 left to be done while people work: rules held against the rows that are there, and indexes

Phase: pre. None of it locks anybody out, and none of it can be part of one transaction: what was interrupted is done
again, an index that was left unfinished is made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RULES = (
    ("policies", "ck_policies_existing_users"),
    ("policies", "ck_policies_retention"),
    ("users", "ck_users_state"),
    ("users", "ck_users_password"),
    ("users", "fk_users_pair_id"),
    ("memberships", "ck_memberships_relationship"),
    ("invitations", "fk_invitations_contact_id"),
    ("password_links", "ck_password_links_kind"),
    ("password_links", "fk_password_links_office"),
    ("deliveries", "ck_deliveries_message"),
)
UNANSWERED = (
    "set_up_at IS NULL AND (state IN ('draft', 'declined', 'revoked') OR state = 'expired' AND closed_at IS NOT NULL)"
)
INDEXES = (
    ("ix_contacts_office_portal_email_key", "contacts", ("office", "portal_email_key"), None),
    ("ix_users_phone_key", "users", ("phone_key",), None),
    ("ix_users_pair_id", "users", ("pair_id",), None),
    ("ix_invitations_address_key", "invitations", ("address_key",), None),
    ("ix_invitations_other_key", "invitations", ("other_key",), None),
    ("ix_invitations_contact_id", "invitations", ("contact_id",), None),
    ("ix_invitations_unanswered", "invitations", ("office", "changed_at"), UNANSWERED),
    ("ix_password_links_user_id", "password_links", ("user_id",), None),
    ("ix_password_links_asked_key", "password_links", ("asked_key",), None),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A long report holds up an index, and an index that is being made holds up nobody; so it may wait.
        op.execute("SET lock_timeout = 0")
        for table, rule in RULES:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {rule}")
        for name, table, columns, where in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.create_index(
                name,
                table,
                list(columns),
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
