"""Offices, their rules, and who decides and works there."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Integer,
    Interval,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from doorstep.store.tables.base import NOW, instant, metadata

policies = Table(
    "policies",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("office", Text, nullable=False),
    Column("version", Integer, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
    Column("validity", Interval, nullable=False),
    Column("grace", Interval, nullable=False),
    Column("reminder_share", Float, nullable=False),
    Column("resend_cooldown", Interval, nullable=False),
    Column("reissue_window", Interval, nullable=False),
    Column("approval_required", Boolean, nullable=False),
    Column("approval_reminder", Interval, nullable=False),
    Column("approval_escalation", Interval, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    Column("places_per_job", Integer, nullable=False),
    Column("account_required", Boolean, nullable=False),
    Column("required_fields", ARRAY(Text), nullable=False),
    Column("existing_users", Text, nullable=False, server_default="grant"),
    Column("expired_holds_place", Boolean, nullable=False, server_default=text("false")),
    Column("retention", Interval),
    Column("fails_over", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("office", "version"),
    CheckConstraint("places_per_job > 0", name="places"),
    CheckConstraint("validity > interval '0'", name="validity"),
    CheckConstraint("existing_users IN ('grant', 'consent')", name="existing_users"),
    CheckConstraint("retention > interval '0'", name="retention"),
)

offices = Table(
    "offices",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("public_url", Text, nullable=False, server_default=""),
    Column("sender", Text, nullable=False, server_default=""),
    Column("help_email", Text, nullable=False, server_default=""),
    Column("help_phone", Text, nullable=False, server_default=""),
    Column("client_guide", Text, nullable=False, server_default=""),
    Column("welcome_template", Text, nullable=False, server_default=""),
    Column("any_staff_invites", Boolean, nullable=False, server_default=text("false")),
    Column("policy_id", BigInteger, ForeignKey("policies.id"), nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
)

approvers = Table(
    "approvers",
    metadata,
    Column("office", Text, ForeignKey("offices.code"), primary_key=True),
    Column("address_key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    instant("created_at", nullable=False, server_default=NOW),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    instant("created_at", nullable=False, server_default=NOW),
)

staff_offices = Table(
    "staff_offices",
    metadata,
    Column("staff_id", Uuid, ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), primary_key=True, index=True),
    Column("kind", Text, nullable=False, server_default="in_house"),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("may_grant", ARRAY(Text)),
    instant("created_at", nullable=False, server_default=NOW),
    CheckConstraint("kind IN ('in_house', 'rep')", name="kind"),
)
