"""Everything that the database holds of an office, as one fingerprint a table: what was not touched has the same."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

OF_OFFICE = (
    *("policies", "approvers", "staff_offices", "accounts", "contacts", "jobs", "invitations", "memberships"),
    *("templates", "template_versions", "group_roles"),
)
WHERE = {
    "offices": "code = :office",
    **dict.fromkeys(OF_OFFICE, "office = :office"),
    "staff": "id IN (SELECT staff_id FROM staff_offices WHERE office = :office)",
    "staff_accounts": "account_id IN (SELECT id FROM accounts WHERE office = :office)",
    "contact_accounts": "contact_id IN (SELECT id FROM contacts WHERE office = :office)",
    "invitation_accounts": "invitation_id IN (SELECT id FROM invitations WHERE office = :office)",
    "links": "subject_id IN (SELECT id FROM invitations WHERE office = :office)",
    "deliveries": "subject_id IN (SELECT id FROM invitations WHERE office = :office)",
    "users": "id IN (SELECT user_id FROM memberships WHERE office = :office)",
    "password_links": "user_id IN (SELECT user_id FROM memberships WHERE office = :office)",
    "sessions": "user_id IN (SELECT user_id FROM memberships WHERE office = :office)",
}
ELSEWHERE = {"audit", "rate_hits"}
"""Of these the one grows with a refusal, and the other belongs to no office."""

NOTED = "'last_refusal'"
"""A refusal is noted in the row too, where `status` shows it."""


async def fingerprints(tx: AsyncConnection, office: str) -> dict[str, str]:
    """A fingerprint of the rows of each table; those of the audit and the note of the last refusal are left out."""
    one = "SELECT '{0}', md5(string_agg((to_jsonb({0}) - {2})::text, '|' ORDER BY {0}::text)) FROM {0} WHERE {1}"
    query = " UNION ALL ".join(one.format(table, wanted, NOTED) for table, wanted in WHERE.items())
    return {row[0]: row[1] for row in await tx.execute(text(query), {"office": office})}
