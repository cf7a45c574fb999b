"""The tables, with each rule of the domain repeated as a constraint.

Times are `timestamptz`; `*_key` columns hold the normalised form that is compared, the column beside it what was typed.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import State

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NOW = func.now()


def _instant(name: str, **options: object) -> Column[object]:
    return Column(name, DateTime(timezone=True), **options)  # type: ignore[arg-type]


def _one_of(column: str, values: type[State] | type[DeliveryStatus] | type[Message] | tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


policies = Table(
    "policies",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("office", Text, nullable=False),
    Column("version", Integer, nullable=False),
    _instant("created_at", nullable=False, server_default=NOW),
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
    _instant("created_at", nullable=False, server_default=NOW),
)

approvers = Table(
    "approvers",
    metadata,
    Column("office", Text, ForeignKey("offices.code"), primary_key=True),
    Column("address_key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    _instant("created_at", nullable=False, server_default=NOW),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    _instant("created_at", nullable=False, server_default=NOW),
)

staff_offices = Table(
    "staff_offices",
    metadata,
    Column("staff_id", Uuid, ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), primary_key=True, index=True),
    Column("kind", Text, nullable=False, server_default="in_house"),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("may_grant", ARRAY(Text)),
    _instant("created_at", nullable=False, server_default=NOW),
    CheckConstraint("kind IN ('in_house', 'rep')", name="kind"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("customer_type", Text, nullable=False, server_default=""),
    Column("sales_rep", Text, nullable=False, server_default=""),
    Column("price_list", Text, nullable=False, server_default=""),
    _instant("created_at", nullable=False, server_default=NOW),
    _instant("updated_at", nullable=False, server_default=NOW),
    UniqueConstraint("office", "code"),
)

staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("staff_id", Uuid, ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), primary_key=True, index=True),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text),
    Column("email_key", Text),
    Column("phone", Text),
    Column("phone_key", Text),
    Column("portal_email", Text),
    Column("portal_email_key", Text),
    Column("is_portal_user", Boolean, nullable=False, server_default=text("true")),
    Column("kept_fields", ARRAY(Text), nullable=False, server_default="{}"),
    _instant("created_at", nullable=False, server_default=NOW),
    _instant("updated_at", nullable=False, server_default=NOW),
    Index(None, "office", "portal_email_key"),
    Index(None, "office", "email_key", unique=True, postgresql_where=text("email_key IS NOT NULL")),
    Index(
        None, "office", "phone_key", unique=True, postgresql_where=text("email_key IS NULL AND phone_key IS NOT NULL")
    ),
)

contact_accounts = Table(
    "contact_accounts",
    metadata,
    Column("contact_id", Uuid, ForeignKey("contacts.id"), primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), primary_key=True, index=True),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("office", Text, ForeignKey("offices.code"), nullable=False),
    Column("name", Text, nullable=False),
    _instant("created_at", nullable=False, server_default=NOW),
    UniqueConstraint("office", "name"),
)

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
    _instant("created_at", nullable=False, server_default=NOW),
    _instant("password_changed_at", nullable=False, server_default=NOW),
    _instant("first_signed_in_at"),
    _instant("last_signed_in_at"),
    CheckConstraint(_one_of("state", ("setup_pending", "unapproved", "active", "suspended")), name="state"),
    CheckConstraint("state = 'setup_pending' OR password_hash IS NOT NULL", name="password"),
)

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
    _instant("woken_at"),
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
    _instant("created_at", nullable=False, server_default=NOW),
    _instant("changed_at", nullable=False, server_default=NOW),
    _instant("since", nullable=False, server_default=NOW),
    _instant("link_made_at"),
    _instant("expires_at"),
    _instant("set_up_at"),
    _instant("decided_at"),
    _instant("activated_at"),
    _instant("expired_at"),
    _instant("closed_at"),
    CheckConstraint(_one_of("state", State), name="state"),
    CheckConstraint("seen_rev <= rev", name="seen_rev"),
    CheckConstraint("generation > 0", name="generation"),
    CheckConstraint("state NOT IN ('awaiting_approval', 'approved') OR user_id IS NOT NULL", name="user"),
    Index(None, "office", "idempotency_key", unique=True, postgresql_where=text("idempotency_key IS NOT NULL")),
    Index(None, "office", "address_key"),
    Index(None, "address_key"),
    Index(None, "other_key"),
    Index(None, "office", "state", "created_at"),
    Index(None, "state", "created_at"),
    Index(None, "user_id"),
    Index(None, "job_id"),
    Index("ix_invitations_unseen", "changed_at", postgresql_where=text("seen_rev < rev")),
    Index("ix_invitations_attention", "since", postgresql_where=text("attention <> '{}'")),
)

invitation_accounts = Table(
    "invitation_accounts",
    metadata,
    Column("invitation_id", Uuid, ForeignKey("invitations.id"), primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), primary_key=True, index=True),
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
    _instant("created_at", nullable=False, server_default=NOW),
    UniqueConstraint("user_id", "office", "account_id", postgresql_nulls_not_distinct=True),
    CheckConstraint("relationship IN ('customer', 'rep')", name="relationship"),
)

password_links = Table(
    "password_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),
    Column("asked_key", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="forgot"),
    Column("office", Text, ForeignKey("offices.code")),
    Column("template", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("seen_rev", Integer, nullable=False, server_default="0"),
    Column("wakes", Integer, nullable=False, server_default="0"),
    _instant("woken_at"),
    _instant("created_at", nullable=False, server_default=NOW),
    _instant("changed_at", nullable=False, server_default=NOW),
    _instant("expires_at"),
    CheckConstraint(_one_of("state", ("asked", "sent", "used", "expired", "moot")), name="state"),
    CheckConstraint("kind IN ('forgot', 'set_password')", name="kind"),
    Index("ix_password_links_unseen", "changed_at", postgresql_where=text("seen_rev < rev")),
)

links = Table(
    "links",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("subject_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    _instant("created_at", nullable=False, server_default=NOW),
    CheckConstraint(_one_of("purpose", ("invitation", "reset")), name="purpose"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject_id", Uuid, nullable=False),
    Column("message", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default="mail"),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("is_attempt_open", Boolean, nullable=False, server_default=text("false")),
    Column("cause", Text, nullable=False, server_default=""),
    Column("reply_code", Integer),
    _instant("created_at", nullable=False, server_default=NOW),
    _instant("handed_over_at"),
    _instant("sent_at"),
    UniqueConstraint("subject_id", "message", "generation", "recipient_key"),
    CheckConstraint(_one_of("status", DeliveryStatus), name="status"),
    CheckConstraint(_one_of("message", Message), name="message"),
    Index("ix_deliveries_unsent", "created_at", postgresql_where=text("status IN ('queued', 'deferred')")),
)

templates = Table(
    "templates",
    metadata,
    Column("office", Text, ForeignKey("offices.code"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("message", Text, nullable=False),
    _instant("created_at", nullable=False, server_default=NOW),
)

template_versions = Table(
    "template_versions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("office", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", Text),
    Column("body", Text),
    Column("changed_by", Text, nullable=False),
    _instant("created_at", nullable=False, server_default=NOW),
    ForeignKeyConstraint(["office", "name"], ["templates.office", "templates.name"]),
    UniqueConstraint("office", "name", "locale", "version"),
    CheckConstraint("(subject IS NULL) = (body IS NULL)", name="text"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _instant("at", nullable=False, server_default=NOW),
    Column("subject_id", Uuid, index=True),
    Column("actor", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    _instant("created_at", nullable=False, server_default=NOW),
    _instant("seen_at", nullable=False, server_default=NOW),
    _instant("ends_at", nullable=False),
)

rate_hits = Table(
    "rate_hits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("hits", Integer, nullable=False),
    _instant("ends_at", nullable=False, index=True),
)
