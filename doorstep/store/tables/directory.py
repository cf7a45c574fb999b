"""What the ERP and the staff know: accounts, contacts, jobs, and who serves which account."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from doorstep.store.tables.base import NOW, instant, metadata

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
    instant("closed_at"),
    instant("created_at", nullable=False, server_default=NOW),
    instant("updated_at", nullable=False, server_default=NOW),
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
    Column("external_key", Text),
    instant("created_at", nullable=False, server_default=NOW),
    instant("updated_at", nullable=False, server_default=NOW),
    Index(None, "office", "id"),
    Index(None, "office", "portal_email_key"),
    Index(None, "office", "external_key", unique=True, postgresql_where=text("external_key IS NOT NULL")),
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
    instant("created_at", nullable=False, server_default=NOW),
    UniqueConstraint("office", "name"),
)
