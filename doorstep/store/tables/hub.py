"""The Team Hub: how staff sign in, where they are signed in, and the group roles that they make."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from doorstep.store.tables.base import NOW, instant, metadata

staff_logins = Table(
    "staff_logins",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("code_step", BigInteger, nullable=False, server_default="0"),
    Column("oidc_issuer", Text),
    Column("oidc_subject", Text),
    Column("hidden", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    instant("code_since"),
    instant("created_at", nullable=False, server_default=NOW),
    instant("password_changed_at"),
    instant("last_signed_in_at"),
    UniqueConstraint("oidc_issuer", "oidc_subject"),
    CheckConstraint("(oidc_issuer IS NULL) = (oidc_subject IS NULL)", name="oidc"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("id_hash", LargeBinary, nullable=False, unique=True),
    Column("login_id", Uuid, ForeignKey("staff_logins.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("agent", Text, nullable=False, server_default=""),
    Column("waits_for_code", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", nullable=False, server_default=NOW),
    instant("seen_at", nullable=False, server_default=NOW),
    instant("ends_at", nullable=False),
)

group_roles = Table(
    "group_roles",
    metadata,
    Column("office", Text, ForeignKey("offices.code"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("roles", ARRAY(Text), nullable=False),
    instant("changed_at", nullable=False, server_default=NOW),
    CheckConstraint("name ~ '^[a-z0-9_]{2,40}$'", name="name"),
    CheckConstraint("cardinality(roles) > 0", name="roles"),
)
