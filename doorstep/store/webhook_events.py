"""From the audit to the webhooks: what was committed is handed on once, in one order, and nothing is missed.

Ids are given out before they can be seen, so the place that was reached is a transaction and no id: everything below
the oldest one under way is settled, and what commits late is above it.
"""

from sqlalchemy import ARRAY, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.webhooks import OFFERED
from doorstep.store import tables as t

HAND_ON_LOCK = 0x686F6F6B
AT_ONCE = 2000
"""Records a pass; one transaction is never cut in two, however many it wrote."""

_HAND_ON = text(
    """
    WITH server AS (
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled,
               pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
    ), reached AS (
        SELECT h.transaction AS since, h.last_id, h.after_id, h.transaction > s.next AS is_restored, s.settled, s.next
        FROM webhook_horizon h, server s
    ), span AS (
        SELECT r.*, CASE WHEN r.is_restored THEN 9223372036854775807 ELSE coalesce(
            (SELECT greatest(a.transaction, r.since + 1) FROM audit a
             WHERE a.transaction >= r.since AND a.transaction < r.settled AND a.id > r.after_id
             ORDER BY a.transaction OFFSET :at_once LIMIT 1), r.settled) END AS upto
        FROM reached r
    ), fresh AS (
        SELECT a.* FROM span s JOIN audit a
        ON a.transaction >= s.since AND a.transaction < s.upto AND a.id > s.after_id
        -- A horizon that this server has not come to yet is that of another one, whose backup was restored here: what
        -- that one had not handed on is above the horizon, and what happened here since then has the higher ids.
        UNION ALL
        SELECT a.* FROM span s JOIN audit a ON s.is_restored AND a.id > s.last_id AND a.transaction < s.settled
    ), placed AS (
        SELECT f.id, o.office FROM fresh f CROSS JOIN LATERAL (
            SELECT f.detail ->> 'office' AS office
            UNION SELECT jsonb_array_elements_text(
                CASE WHEN jsonb_typeof(f.detail -> 'offices') = 'array' THEN f.detail -> 'offices' END)
            UNION SELECT i.office FROM invitations i WHERE i.id = f.subject_id
            UNION SELECT b.office FROM batches b WHERE b.id = f.subject_id
            UNION SELECT m.office FROM memberships m
            -- What was done in some offices is no business of the others that a user belongs to.
            WHERE m.user_id = f.subject_id AND f.detail -> 'office' IS NULL AND f.detail -> 'offices' IS NULL
        ) o
        WHERE f.event = ANY(:offered)
    ), numbered AS (
        SELECT w.id AS webhook_id, w.office, f.id AS audit_id, f.at, f.event, f.code, f.detail, f.subject_id,
               w.last_sequence + row_number() OVER (PARTITION BY w.id ORDER BY f.id) AS sequence
        FROM placed p
        JOIN fresh f ON f.id = p.id
        JOIN webhooks w ON w.office = p.office AND w.state <> 'removed'
            AND w.events && ARRAY['*', f.event, split_part(f.event, '.', 1) || '.*']
    ), kept AS (
        INSERT INTO webhook_deliveries (id, webhook_id, sequence, audit_id, event, subject_id, body)
        SELECT gen_random_uuid(), n.webhook_id, n.sequence, n.audit_id, n.event, n.subject_id, jsonb_build_object(
            'type', n.event,
            'timestamp', to_char(n.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'sequence', n.sequence,
            'data', jsonb_strip_nulls(jsonb_build_object(
                'kind', CASE WHEN i.id IS NOT NULL THEN 'invitation' WHEN b.id IS NOT NULL THEN 'batch' ELSE 'user' END,
                'id', n.subject_id,
                'office', n.office,
                'state', coalesce(i.state, b.state, u.state),
                'code', nullif(n.code, ''),
                'messages', CASE WHEN n.event LIKE 'message.%' THEN
                    coalesce(n.detail -> 'messages', jsonb_build_array(n.detail -> 'message')) END,
                'is_test', nullif(coalesce(i.is_test, u.is_test), false))))
        FROM numbered n
        LEFT JOIN invitations i ON i.id = n.subject_id
        LEFT JOIN batches b ON b.id = n.subject_id
        LEFT JOIN users u ON u.id = n.subject_id
        RETURNING webhook_id, sequence
    ), counted AS (
        UPDATE webhooks w SET last_sequence = k.last
        FROM (SELECT webhook_id, max(sequence) AS last FROM numbered GROUP BY webhook_id) k WHERE w.id = k.webhook_id
    )
    UPDATE webhook_horizon h
    SET transaction = least(s.upto, s.settled),
        last_id = greatest(s.last_id, f.last_id),
        after_id = CASE WHEN s.is_restored THEN greatest(s.last_id, f.last_of_before) ELSE s.after_id END
    FROM span s, (
        SELECT max(f.id) AS last_id, max(f.id) FILTER (WHERE f.transaction >= s.next) AS last_of_before
        FROM fresh f, span s
    ) f
    WHERE s.is_restored OR f.last_id IS NOT NULL
    RETURNING (SELECT count(*) FROM kept)
    """
).bindparams(bindparam("offered", list(OFFERED), ARRAY(Text)), at_once=AT_ONCE)


async def hand_on(tx: AsyncConnection) -> int | None:
    """Note for every webhook what happened since the last pass; how much, or None where there was nothing new.

    One pass runs at a time, under a lock that is free again with the end of the transaction.
    """
    if not (await tx.execute(select(func.pg_try_advisory_xact_lock(HAND_ON_LOCK)))).scalar_one():
        return None
    return await _hand_on(tx)


async def catch_up(tx: AsyncConnection) -> None:
    """Hand on everything that is settled by now, so that a webhook added next does not hear of the past.

    What was committed beside an older transaction, which is still under way, is not settled; it is told a moment later,
    to the webhooks and by the events that there are then.
    """
    await tx.execute(select(func.pg_advisory_xact_lock(HAND_ON_LOCK)))
    settled = text("(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
    last_id = select(func.coalesce(func.max(t.audit.c.id), 0)).scalar_subquery()
    await tx.execute(insert(t.webhook_horizon).values(transaction=settled, last_id=last_id).on_conflict_do_nothing())
    while await _hand_on(tx) is not None:
        continue


async def _hand_on(tx: AsyncConnection) -> int | None:
    count: int | None = (await tx.execute(_HAND_ON)).scalar_one_or_none()
    return count
