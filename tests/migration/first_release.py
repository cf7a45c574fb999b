"""The first release at work: its statements as its code sent them, on whatever schema there is by now (F23)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import uuid_utils.compat as uuid_utils

Connection = psycopg.Connection[tuple[object, ...]]

INVITE = """
    INSERT INTO invitations (id, office, policy_id, state, seen_rev, address, address_key, name, job_id, roles,
        permissions, is_test, invited_by, idempotency_key, idempotency_hash, link_made_at, expires_at)
    VALUES (%(id)s, 'nz', 2, 'pending', 0, %(address)s, %(address)s, 'Eve', NULL, '{}', '{account}', false,
        'clerk@nz.example', NULL, NULL, now(), now() + interval '24 h')
"""
QUEUE = """
    INSERT INTO deliveries (id, subject_id, message, generation, recipient_key, recipient, channel, facts)
    VALUES (%(delivery)s, %(id)s, %(message)s, 1, %(address)s, %(address)s, 'mail', '{}') ON CONFLICT DO NOTHING
"""
RECORD = """
    INSERT INTO audit (subject_id, actor, via, event, code, detail)
    VALUES (%(id)s, 'clerk@nz.example', 'api', %(event)s, '', '{"is_draft": false}')
"""
LINK = """
    INSERT INTO links (purpose, subject_id, generation, key_id, nonce, token_hash)
    VALUES ('invitation', %(id)s, 1, 'k1', sha256(%(address)s::bytea), sha256(%(delivery)s::text::bytea))
"""
SEND = """
    UPDATE deliveries SET attempts = attempts + 1, is_attempt_open = false, handed_over_at = now(), status = 'sent',
        sent_at = now() WHERE subject_id = %(id)s AND (status = 'queued' OR status = 'deferred')
"""
SEE = "UPDATE invitations SET seen_rev = greatest(seen_rev, rev), wakes = 0, woken_at = NULL WHERE id = %(id)s"
USER = """
    INSERT INTO users (id, username, username_key, password_hash, state, name, email, email_key)
    VALUES (%(user)s, %(address)s, %(address)s, '$argon2id$', 'unapproved', 'Eve', %(address)s, %(address)s)
"""
SET_UP = """
    UPDATE invitations SET rev = rev + 1, changed_at = now(), since = now(), state = 'awaiting_approval',
        user_id = %(user)s, username = %(address)s, set_up_at = now(), attention = '{}'
    WHERE id = %(id)s AND state IN ('pending') AND generation = 1 AND expires_at > now()
"""
FORGOT = "INSERT INTO password_links (id, asked_key, state) VALUES (%(delivery)s, %(address)s, 'asked')"
READ = """
    SELECT i.id, i.state, i.rev, i.seen_rev, i.address, i.user_id, o.code, o.policy_id, p.validity,
        (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.id), '[]') FROM deliveries d WHERE d.subject_id = i.id)
    FROM invitations i JOIN offices o ON o.code = i.office JOIN policies p ON p.id = i.policy_id WHERE i.id = %(id)s
"""


def work(connection: Connection) -> UUID:
    """Invite somebody, mail them, let them set up and forget the password; their invitation."""
    values = {"id": uuid_utils.uuid7(), "delivery": uuid_utils.uuid7(), "user": uuid_utils.uuid7()}
    more = {"address": f"{values['id']}@nz.example", "message": "invitation", "event": "invitation.created"}
    for step in ((INVITE, RECORD, LINK, QUEUE), (SEND, SEE), (USER, SET_UP, FORGOT)):
        with connection.transaction():
            connection.execute("SELECT id FROM invitations WHERE id = %(id)s FOR UPDATE", values)
            for statement in step:
                connection.execute(statement.encode(), values | more)
    row = connection.execute(READ.encode(), values).fetchone()
    assert row is not None
    assert (row[1], row[6]) == ("awaiting_approval", "nz")
    return values["id"]


@contextmanager
def busy(url: str) -> Iterator[list[UUID]]:
    """The first release at work all the time; what went through. An error of it is raised at the end."""
    done: list[UUID] = []
    errors: list[psycopg.Error | AssertionError] = []
    stop = threading.Event()

    def keep_working() -> None:
        with psycopg.connect(url, autocommit=True, options="-c lock_timeout=4s -c statement_timeout=10s") as connection:
            while not stop.is_set():
                try:
                    done.append(work(connection))
                except (psycopg.Error, AssertionError) as error:
                    errors.append(error)
                    return

    thread = threading.Thread(target=keep_working)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()
    if errors:
        raise errors[0]
