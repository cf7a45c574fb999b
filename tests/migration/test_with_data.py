"""The migration of this release, up and down, on a database that the first release has worked in."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.states import State
from doorstep.security.links import Purpose
from doorstep.store import activating, links, migrate, orders
from tests.functional.ground import Ground, ground
from tests.migration.first_release import busy, work

FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, HEAD = "0001", "0002", "0003", "0004", "0005", "0006", "0007"
ROWS = (Path(__file__).parent / "first_rows.sql").read_text(encoding="utf-8")
DAY = timedelta(days=1)
PASSWORD = "four plain words together"
Rows = dict[str, list[tuple[object, ...]]]


def invitation(number: int) -> UUID:
    """The invitation of that number in `first_rows.sql`."""
    return UUID(f"0199a7c2-0000-7000-8000-0000000000e{number}")


@pytest.fixture
def old(database: str) -> str:
    """A database at the schema of the first release, with its rows."""
    migrate.upgrade(database, FIRST)
    with psycopg.connect(database) as connection:
        connection.execute(ROWS.encode())
    return database


@pytest.fixture
def at_work(old: str) -> Iterator[Ground]:
    """This release on that database, without anybody behind it."""
    with ground(old) as made:
        yield made


def columns(url: str) -> dict[str, list[str]]:
    """The columns of every table."""
    query = """
        SELECT table_name::text, array_agg(column_name::text ORDER BY column_name) FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'alembic_version' GROUP BY table_name
    """
    with psycopg.connect(url) as connection:
        return dict(connection.execute(query).fetchall())


def rows(url: str, of: dict[str, list[str]]) -> Rows:
    """What stands in those columns, in an order that does not depend on how it is kept."""
    found: Rows = {}
    with psycopg.connect(url) as connection:
        for table, names in of.items():
            query = sql.SQL("SELECT {} FROM {} ORDER BY 1").format(
                sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names),
                sql.Identifier(table),
            )
            found[table] = sorted(connection.execute(query).fetchall(), key=str)
    return found


def test_f23_the_first_rows_fill_every_table(old: str) -> None:
    """F23: the rehearsal is worth something: no table of the first release is empty, and every state is there."""
    found = rows(old, columns(old))

    assert [table for table, there in found.items() if not there] == []
    with psycopg.connect(old) as connection:
        states = {row[0] for row in connection.execute("SELECT state FROM invitations").fetchall()}
    assert states == set(State)


def test_f23_an_upgrade_changes_no_row(old: str) -> None:
    """F23: whatever the first release wrote says the same after the upgrade, column by column."""
    of = columns(old)
    before = rows(old, of)

    migrate.upgrade(old)

    assert rows(old, of) == before
    assert migrate.current(old) == HEAD


def test_f23_the_first_release_works_on_while_the_schema_grows(old: str) -> None:
    """F23: with nobody stopped: invitations, mails and set-ups of the old code go through before, between and after."""
    with busy(old) as first:
        for revision in (FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, HEAD):
            migrate.upgrade(old, revision)
            first.more(5)

    with psycopg.connect(old) as connection:
        query = "SELECT count(*) FROM invitations WHERE id = ANY(%s) AND state = 'awaiting_approval'"
        assert connection.execute(query, [first.done]).fetchone() == (len(first.done),)


def test_f23_a_rule_holds_for_the_old_rows_too(old: str) -> None:
    """F23: no rule is left that was never held against the rows that are there, and no index that is not in use."""
    migrate.upgrade(old)

    with psycopg.connect(old) as connection:
        unchecked = connection.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated").fetchall()
    assert (unchecked, unfinished(old)) == ([], [])


def test_f23_the_new_code_goes_on_with_what_the_old_one_began(at_work: Ground, old: str) -> None:
    """F23: old invitations are read in every state; one that waits is approved, one that is pending is set up."""
    doorstep = at_work.doorstep
    record = doorstep.ring.make(Purpose.INVITATION, invitation(1), 2)
    token = doorstep.ring.token(record)
    with psycopg.connect(old) as connection:
        connection.execute("DELETE FROM links WHERE subject_id = %s", [record.subject_id])
    migrate.upgrade(old)
    at_work.transact(lambda tx: links.keep(tx, record))

    read = {at_work.invitation(invitation(number)).state for number in range(10)}
    at_work.run(doorstep.approve(invitation(2), approver="boss@nz.example", permissions=["statements"]))
    is_active = at_work.transact(lambda tx: _activate(tx, invitation(2)))
    at_work.run(doorstep.set_up(token, username="pending", password=PASSWORD))
    at_work.run(doorstep.resend(invitation(5)))

    assert read == set(State)
    assert is_active
    assert [at_work.invitation(invitation(n)).state for n in (2, 1, 5)] == [
        State.ACTIVE,
        State.AWAITING_APPROVAL,
        State.PENDING,
    ]
    granted = at_work.run(doorstep.user("awaiting")).memberships
    assert [(each.account_code, each.permissions, each.relationship) for each in granted] == [
        ("1042", ("statements",), "customer")
    ]


async def _activate(tx: AsyncConnection, identifier: UUID) -> bool:
    return await activating.activate(tx, await orders.get(tx, identifier, for_update=True))


def test_f23_an_old_user_is_found_and_an_old_key_answers(at_work: Ground, old: str) -> None:
    """F23, S2.17: whoever had a user before the upgrade is granted and welcomed, and seats count them."""
    migrate.upgrade(old)

    made = at_work.run(at_work.doorstep.invite(office="nz", email="ACTIVE@nz.example", accounts=["1043"], name="Ana"))
    seats = at_work.run(at_work.doorstep.seats("nz"))

    assert (made.state, made.is_existing, made.username) == (State.AWAITING_APPROVAL, True, "active")
    assert seats == 4


def test_f23_back_to_the_first_release_and_up_again(at_work: Ground, old: str) -> None:
    """F23: with everything new in use the way back loses that alone; the old rows say what they said."""
    of = columns(old)
    before = rows(old, of)
    migrate.upgrade(old)
    _use_what_is_new(at_work)
    at_work.run(at_work.doorstep.engine.dispose())

    migrate.downgrade(old, FIRST)

    assert columns(old) == of
    after = rows(old, of)
    assert {table: sorted(set(there) - set(after[table])) for table, there in before.items()} == {
        table: [] for table in before
    }
    with psycopg.connect(old, autocommit=True) as connection:
        work(connection)
    migrate.upgrade(old)
    texted = [each for each in at_work.run(at_work.doorstep.list(office="nz")) if each.address == "+64215550199"]
    assert [each.state for each in texted] == [State.PENDING]


def _use_what_is_new(at_work: Ground) -> None:
    """A pair, one of whose logins has a password; a text invitation; a template; staff; a portal address; a policy."""
    doorstep = at_work.doorstep
    at_work.run(doorstep.add_user(office="nz", account="1042", email="zoe@nz.example", username="zoe", name="Zoe"))
    at_work.run(doorstep.invite(office="nz", phone="021 555 0199", name="Text", channel="text"))
    at_work.run(doorstep.office_set("au", own={"client_guide": "https://au.example/guide"}, rules={"retention": DAY}))
    at_work.run(doorstep.staff_set("nz", "clerk@nz.example", permissions=["administrator", "manage_email_templates"]))
    at_work.run(doorstep.template_add("nz", "accountactivation-NEW", actor="clerk@nz.example"))


def test_f23_a_staff_login_with_a_password_outlives_the_way_back(at_work: Ground, old: str) -> None:
    """S4.9: what the old tables have no place for is the login without a password, not the one beside it."""
    migrate.upgrade(old)
    at_work.run(
        at_work.doorstep.add_user(office="nz", account="1042", email="zoe@nz.example", username="zoe", name="Zoe")
    )
    with psycopg.connect(old) as connection:
        connection.execute("UPDATE users SET state = 'active', password_hash = 'x' WHERE username = 'zoeS'")

    migrate.downgrade(old, FIRST)

    with psycopg.connect(old) as connection:
        left = connection.execute("SELECT username FROM users WHERE username LIKE 'zoe%'").fetchall()
    assert left == [("zoeS",)]


def test_f23_a_long_reader_stops_the_first_step_as_a_whole(old: str) -> None:
    """F23: the upgrade gives up after seconds with nothing changed, people work meanwhile, and again it works."""
    of = columns(old)
    with psycopg.connect(old) as reader, busy(old) as first:
        reader.execute("SELECT count(*) FROM contacts")
        with pytest.raises(OperationalError, match="nothing was changed, migrate again later"):
            migrate.upgrade(old)
        first.more(1)

        assert (migrate.current(old), columns(old)) == (FIRST, of)

    migrate.upgrade(old)
    assert migrate.current(old) == HEAD


def test_f23_a_long_reader_only_delays_the_second_step(old: str) -> None:
    """F23: indexes wait for a report that is being read, and lock nobody out while they wait."""
    migrate.upgrade(old, SECOND)
    with ThreadPoolExecutor(1) as threads, busy(old) as first:
        with psycopg.connect(old) as reader:
            begin_report(reader)
            upgrade = threads.submit(migrate.upgrade, old)
            until_waiting(old)
            first.more(5)
            assert not upgrade.done()
        upgrade.result(60)

    assert migrate.current(old) == HEAD


def test_f23_a_second_step_that_was_cut_is_done_again(old: str) -> None:
    """F23: somebody ends it in the middle of an index; the next upgrade makes that anew."""
    migrate.upgrade(old, SECOND)
    with ThreadPoolExecutor(1) as threads, psycopg.connect(old) as reader:
        begin_report(reader)
        upgrade = threads.submit(migrate.upgrade, old)
        with psycopg.connect(old, autocommit=True) as killer:
            killer.execute("SELECT pg_cancel_backend(%s)", [until_waiting(old)])
        with pytest.raises(OperationalError):
            upgrade.result(60)
    assert (migrate.current(old), len(unfinished(old))) == (SECOND, 1)

    migrate.upgrade(old)

    assert (migrate.current(old), unfinished(old)) == (HEAD, [])


def begin_report(reader: psycopg.Connection[tuple[object, ...]]) -> None:
    """Read as a backup does: the whole of it as of one moment."""
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    reader.execute("SELECT count(*) FROM invitations")


def until_waiting(url: str) -> int:
    """The server process that makes an index, once it waits for a reader."""
    query = """
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'
    """
    end = time.monotonic() + 60
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < end:
            found = connection.execute(query).fetchone()
            if found is not None:
                return int(found[0])
    raise AssertionError("no index was ever made")


def unfinished(url: str) -> list[str]:
    """Indexes that are there and not in use."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid").fetchall()
    return [row[0] for row in found]
