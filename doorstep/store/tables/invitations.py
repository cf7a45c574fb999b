"""Invitations, and the accounts they are for."""

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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from doorstep.domain.states import State
from doorstep.store.tables.base import NOW, instant, metadata, one_of

UNANSWERED = (
    "set_up_at IS NULL AND (state IN ('draft', 'declined', 'revoked') OR state = 'expired' AND closed_at IS NOT NULL)"
)
"""At an end, or never begun, and nobody set up a user: what an office may not want to keep for ever."""

NEEDS_A_WORKFLOW = "state IN ('pending', 'awaiting_approval', 'approved') OR state = 'expired' AND closed_at IS NULL"
"""Time or somebody's word moves it on; a draft has no workflow, and an ended one needs none."""

WAITS = "state = 'awaiting_approval'"
"""What somebody has to decide, the one that waits for the longest time first."""

invitations = Table(
    "invitations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False),
    Column("policy_id", BigInteger, ForeignKey("policies.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("seen_rev", Integer, nullable=False, server_default="0"),
    Column("wakes", Integer, nullable=False, server_default="0"),
    instant("woken_at"),
    Column("generation", Integer, nullable=False, server_default="1"),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("other_address", Text),
    Column("other_key", Text),
    Column("name", Text, nullable=False, server_default=""),
    Column("locale", Text, nullable=False, server_default=""),
    Column("template", Text, nullable=False, server_default=""),
    Column("contact_id", Uuid, ForeignKey("contacts.id", ondelete="SET NULL"), index=True),
    Column("is_existing", Boolean, nullable=False, server_default=text("false")),
    Column("job_id", Uuid, ForeignKey("jobs.id")),
    Column("batch_id", Uuid, ForeignKey("batches.id")),
    Column("roles", ARRAY(Text), nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("granted", ARRAY(Text)),
    Column("is_test", Boolean, nullable=False, server_default=text("false")),
    Column("invited_by", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("idempotency_hash", LargeBinary),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED")),
    Column("username", Text, nullable=False, server_default=""),
    Column("attention", ARRAY(Text), nullable=False, server_default="{}"),
    Column("last_refusal", Text),
    Column("decided_by", Text),
    Column("decision_note", Text, nullable=False, server_default=""),
    Column("is_reminded", Boolean, nullable=False, server_default=text("false")),
    Column("is_nudged", Boolean, nullable=False, server_default=text("false")),
    Column("is_escalated", Boolean, nullable=False, server_default=text("false")),
    Column("is_silent", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", nullable=False, server_default=NOW),
    instant("changed_at", nullable=False, server_default=NOW),
    instant("since", nullable=False, server_default=NOW),
    instant("link_made_at"),
    instant("expires_at"),
    instant("set_up_at"),
    instant("decided_at"),
    instant("activated_at"),
    instant("expired_at"),
    instant("closed_at"),
    instant("failed_over_at"),
    CheckConstraint(one_of("state", State), name="state"),
    CheckConstraint("seen_rev <= rev", name="seen_rev"),
    CheckConstraint("generation > 0", name="generation"),
    CheckConstraint("state NOT IN ('awaiting_approval', 'approved') OR user_id IS NOT NULL", name="user"),
    Index(None, "office", "idempotency_key", unique=True, postgresql_where=text("idempotency_key IS NOT NULL")),
    Index(None, "office", "address_key"),
    Index(None, "address_key"),
    Index(None, "other_key"),
    Index(None, "office", "state", "created_at"),
    Index(None, "office", "created_at"),
    Index(None, "state", "created_at"),
    Index(None, "created_at"),
    Index(None, "user_id"),
    Index(None, "job_id"),
    Index(None, "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    Index("ix_invitations_unseen", "changed_at", postgresql_where=text("seen_rev < rev")),
    Index("ix_invitations_open", "id", postgresql_where=text(NEEDS_A_WORKFLOW)),
    Index("ix_invitations_unanswered", "office", "changed_at", postgresql_where=text(UNANSWERED)),
    Index("ix_invitations_waiting", "office", "set_up_at", "id", postgresql_where=text(WAITS)),
    Index(
        "ix_invitations_joined",
        "office",
        postgresql_where=text("user_id IS NOT NULL"),
        postgresql_include=["user_id", "set_up_at", "id"],
    ),
    Index("ix_invitations_attention", "since", postgresql_where=text("attention <> '{}'")),
)

invitation_accounts = Table(
    "invitation_accounts",
    metadata,
    Column("invitation_id", Uuid, ForeignKey("invitations.id"), primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), primary_key=True, index=True),
)
