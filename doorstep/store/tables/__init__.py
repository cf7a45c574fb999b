"""The tables, with each rule of the domain repeated as a constraint.

Times are `timestamptz`; `*_key` columns hold the normalised form that is compared, the column beside it what was typed.
"""

from doorstep.store.tables.base import metadata
from doorstep.store.tables.directory import accounts, contact_accounts, contacts, jobs, staff_accounts
from doorstep.store.tables.hub import group_roles, staff_logins, staff_sessions
from doorstep.store.tables.invitations import invitation_accounts, invitations
from doorstep.store.tables.messages import deliveries, links, template_versions, templates
from doorstep.store.tables.offices import approvers, offices, policies, staff, staff_offices
from doorstep.store.tables.people import memberships, password_links, sessions, users
from doorstep.store.tables.records import audit, rate_hits
from doorstep.store.tables.systems import (
    api_keys,
    batch_rows,
    batches,
    delivery_sources,
    erp_runs,
    erp_sources,
    kept_answers,
    signing_secrets,
    webhook_deliveries,
    webhook_horizon,
    webhooks,
)

__all__ = [
    "accounts",
    "api_keys",
    "approvers",
    "audit",
    "batch_rows",
    "batches",
    "contact_accounts",
    "contacts",
    "deliveries",
    "delivery_sources",
    "erp_runs",
    "erp_sources",
    "group_roles",
    "invitation_accounts",
    "invitations",
    "jobs",
    "kept_answers",
    "links",
    "memberships",
    "metadata",
    "offices",
    "password_links",
    "policies",
    "rate_hits",
    "sessions",
    "signing_secrets",
    "staff",
    "staff_accounts",
    "staff_logins",
    "staff_offices",
    "staff_sessions",
    "template_versions",
    "templates",
    "users",
    "webhook_deliveries",
    "webhook_horizon",
    "webhooks",
]
