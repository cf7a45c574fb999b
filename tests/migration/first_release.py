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


class Busy:
    """The first release at work all the time, in a thread of its own; `done` is what went through."""

    def __init__(self, url: str) -> None:
        self.done: list[UUID] = []
        self._url = url
        self._errors: list[psycopg.Error | AssertionError] = []
        self._is_stopped = False
        self._changed = threading.Condition()

    def more(self, count: int) -> None:
        """Wait until that many more went through; what went wrong is raised."""
        with self._changed:
            wanted = len(self.done) + count
            self._changed.wait_for(lambda: self._errors or len(self.done) >= wanted, timeout=60)
            assert not self._errors, self._errors
            assert len(self.done) >= wanted

    def keep_working(self) -> None:
        """Until stopped."""
        options = "-c lock_timeout=4s -c statement_timeout=10s"
        with psycopg.connect(self._url, autocommit=True, options=options) as connection:
            while not self._is_stopped:
                try:
                    self.done.append(work(connection))
                except (psycopg.Error, AssertionError) as error:
                    self._errors.append(error)
                    self._is_stopped = True
                with self._changed:
                    self._changed.notify_all()

    def stop(self) -> None:
        """After what is under way."""
        self._is_stopped = True


@contextmanager
def busy(url: str) -> Iterator[Busy]:
    """The first release at work beside the test; an error of it is the test's."""
    working = Busy(url)
    thread = threading.Thread(target=working.keep_working)
    thread.start()
    try:
        yield working
        working.more(1)
    finally:
        working.stop()
        thread.join()
