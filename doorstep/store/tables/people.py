"""Users of the portal: logins, memberships, sessions, and requests for passwords."""

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import ARRAY

from doorstep.store.tables.base import NOW, instant, metadata, one_of

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("state", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, index=True),
    Column("phone", Text, nullable=False, server_default=""),
    Column("phone_key", Text, nullable=False, server_default="", index=True),
    Column("pair_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("is_test", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", nullable=False, server_default=NOW),
    instant("password_changed_at", nullable=False, server_default=NOW),
    instant("first_signed_in_at"),
    instant("last_signed_in_at"),
    CheckConstraint(one_of("state", ("setup_pending", "unapproved", "active", "suspended")), name="state"),
    CheckConstraint("state = 'setup_pending' OR password_hash IS NOT NULL", name="password"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False),
    Column("account_id", Uuid, ForeignKey("accounts.id"), index=True),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("relationship", Text, nullable=False, server_default="customer"),
    Column("invitation_id", Uuid, ForeignKey("invitations.id")),
    instant("created_at", nullable=False, server_default=NOW),
    UniqueConstraint("user_id", "office", "account_id", postgresql_nulls_not_distinct=True),
    Index(None, "office", postgresql_include=["user_id", "account_id", "created_at"]),
    Index("ix_memberships_added", "office", "user_id", postgresql_where=text("invitation_id IS NULL")),
    CheckConstraint("relationship IN ('customer', 'rep')", name="relationship"),
)

password_links = Table(
    "password_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("login_id", Uuid, ForeignKey("staff_logins.id", ondelete="CASCADE"), index=True),
    Column("asked_key", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False, server_default="forgot"),
    Column("office", Text, ForeignKey("offices.code")),
    Column("template", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("seen_rev", Integer, nullable=False, server_default="0"),
    Column("wakes", Integer, nullable=False, server_default="0"),
    instant("woken_at"),
    instant("created_at", nullable=False, server_default=NOW),
    instant("changed_at", nullable=False, server_default=NOW),
    instant("expires_at"),
    CheckConstraint(one_of("state", ("asked", "sent", "used", "expired", "moot")), name="state"),
    CheckConstraint("kind IN ('forgot', 'set_password', 'staff')", name="kind"),
    Index("ix_password_links_unseen", "changed_at", postgresql_where=text("seen_rev < rev")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    instant("created_at", nullable=False, server_default=NOW),
    instant("seen_at", nullable=False, server_default=NOW),
    instant("ends_at", nullable=False),
)
