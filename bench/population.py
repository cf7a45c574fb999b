"""Rows of years, made in seconds: offices with invitations in the states that such a table has after a while."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from doorstep.store.tables.invitations import NEEDS_A_WORKFLOW

OFFICES = 20
STUCK = 10
"""How many need a human, whatever the number: what a list answers should not make it slower."""

MIX = (
    ("active", 76.0),
    ("revoked", 3.0),
    ("rejected", 2.0),
    ("declined", 1.0),
    ("erased", 1.0),
    ("draft", 1.0),
    ("awaiting_approval", 2.0),
    ("pending", 8.0),
    ("expired", 6.0),
)
"""Per cent; of the expired ones every sixth may still be sent again, the others are closed."""

STATE_OF = "CASE " + " ".join(
    f"WHEN n * 617 % 1000 < {round(10 * sum(share for _, share in MIX[: place + 1]))} THEN '{state}'"
    for place, (state, _) in enumerate(MIX)
)

FILLED = (
    "SET LOCAL statement_timeout = 0",
    """INSERT INTO accounts (id, office, code, name)
       SELECT gen_random_uuid(), 'o' || o, 'A' || n, 'Firm ' || n
       FROM generate_series(1, 50) n, generate_series(1, :offices) o""",
    f"""CREATE TEMPORARY TABLE born ON COMMIT DROP AS
       SELECT n, {STATE_OF} END AS state, 'o' || 1 + n % :offices AS office, gen_random_uuid() AS user_id,
              n % 6 = 0 AS is_reissuable, at, CAST(lpad(to_hex(floor(1000 * extract(epoch FROM at))::bigint), 12, '0')
              || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15) AS uuid) AS id
       FROM generate_series(1, CAST(:last AS int)) n,
            LATERAL (SELECT now() - interval '1 hour' - (:last - n) * interval '1 minute' AS at) a""",  # noqa: S608
    """INSERT INTO users (id, username, username_key, password_hash, state, email, email_key, first_signed_in_at,
                           last_signed_in_at)
       SELECT user_id, 'u' || n, 'u' || n, '-', CASE WHEN state = 'active' THEN 'active' ELSE 'unapproved' END,
              'u' || n || '@example.org', 'u' || n || '@example.org', at, now()
       FROM born WHERE state IN ('active', 'awaiting_approval')""",
    """INSERT INTO invitations (id, office, policy_id, state, rev, seen_rev, address, address_key, roles, permissions,
                                 invited_by, user_id, created_at, changed_at, since, link_made_at, expires_at,
                                 set_up_at, activated_at, expired_at, closed_at)
       SELECT b.id, b.office, o.policy_id, b.state, 3, 3, 'u' || n || '@example.org', 'u' || n || '@example.org',
              '{}', '{}',
              'clerk@office.example', CASE WHEN state IN ('active', 'awaiting_approval') THEN user_id END,
              at, at, at, at,
              CASE state WHEN 'pending' THEN now() + interval '23 hours' ELSE at + interval '24 hours' END,
              CASE WHEN state = 'active' THEN at WHEN state = 'awaiting_approval' THEN now() - interval '1 hour' END,
              CASE WHEN state = 'active' THEN at END,
              CASE WHEN state = 'expired' THEN now() - interval '1 day' END,
              CASE WHEN state = 'expired' AND NOT is_reissuable OR state IN ('revoked', 'declined') THEN now() END
       FROM born b JOIN offices o ON o.code = b.office""",
    """INSERT INTO invitation_accounts (invitation_id, account_id)
       SELECT b.id, a.id FROM born b JOIN accounts a ON a.office = b.office AND a.code = 'A' || 1 + b.n % 50""",
    """INSERT INTO deliveries (id, subject_id, message, generation, recipient_key, recipient, status, attempts,
                                created_at, handed_over_at, sent_at)
       SELECT gen_random_uuid(), b.id, m, 1, 'u' || n, 'u' || n || '@example.org', 'sent', 1, at, at, at
       FROM born b CROSS JOIN LATERAL unnest(CASE WHEN state = 'active' THEN
            ARRAY['invitation', 'set_up_received', 'approval_needed', 'approved', 'welcome']
            WHEN state = 'draft' THEN '{}' ELSE ARRAY['invitation'] END::text[]) m""",
)


FLAGGED = """UPDATE invitations SET attention = '{undeliverable}'
             WHERE id IN (SELECT id FROM invitations WHERE state = 'pending' ORDER BY id LIMIT :stuck)"""


@dataclass(frozen=True)
class Open:
    """One that a workflow waits for."""

    id: UUID
    state: str
    office: str


async def fill(engine: AsyncEngine, count: int) -> None:
    """So many invitations, the newest last, and what the planner has to know of them."""
    values: dict[str, object] = {"last": count, "offices": OFFICES, "stuck": STUCK}
    async with engine.begin() as tx:
        for statement in (*FILLED, FLAGGED):
            await tx.execute(
                text(statement), {name: value for name, value in values.items() if f":{name}" in statement}
            )
    outside = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with outside.connect() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        await connection.execute(text("VACUUM (ANALYZE)"))
        await connection.execute(text("RESET statement_timeout"))


async def open_ones(engine: AsyncEngine) -> list[Open]:
    """All that a workflow waits for."""
    query = text(f"SELECT id, state, office FROM invitations WHERE {NEEDS_A_WORKFLOW}")  # noqa: S608 - a constant
    async with engine.connect() as connection:
        return [Open(row.id, row.state, row.office) for row in await connection.execute(query)]
