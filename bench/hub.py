"""Every page of the Team Hub with a thousand and with a hundred thousand invitations, taking turns.

The rows are those of `bench.lists`, with contacts and an audit beside them. Workflows are not started, and Temporal is
asked in vain: how fast it is with many of them, `bench.lists` tells.
"""

import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.figures import Figures, compared
from bench.ground import BOSS, own_stack
from bench.lists import BOUND, SIZES, populated
from doorstep.domain.batches import NewRow
from doorstep.security.sessions import new_session_id, session_hash
from doorstep.store import staff_codes, staff_logins, staff_sessions, webhooks
from doorstep.store.engine import transact
from starter.client import Doorstep
from tests.hub_routes import Route, pages
from web.app import create_app
from web.cookies import Cookie

OFFICE = "o3"
ROUNDS = 15
EVERY_PERMISSION = ("administrator", "manage_email_templates", "erase_people")
BESIDE = (
    "SET LOCAL statement_timeout = 0",
    # One contact for five invitations, in the same accounts: 200 and 20,000.
    """CREATE TEMPORARY TABLE people ON COMMIT DROP AS
       SELECT gen_random_uuid() AS id, 'o' || 1 + n % 20 AS office, n
       FROM generate_series(1, (SELECT count(*) FROM invitations) / 5) n""",
    """INSERT INTO contacts (id, office, name, email, email_key, portal_email, portal_email_key, external_key)
       SELECT id, office, 'Person ' || n, 'c' || n || '@example.org', 'c' || n || '@example.org',
              'c' || n || '@example.org', 'c' || n || '@example.org', 'K' || n FROM people""",
    """INSERT INTO contact_accounts (contact_id, account_id)
       SELECT p.id, a.id FROM people p JOIN accounts a ON a.office = p.office AND a.code = 'A' || 1 + n % 50""",
    """INSERT INTO memberships (id, user_id, office, account_id, permissions, invitation_id)
       SELECT gen_random_uuid(), i.user_id, i.office, ia.account_id, '{invoices}', i.id
       FROM invitations i JOIN invitation_accounts ia ON ia.invitation_id = i.id WHERE i.state = 'active'""",
    """INSERT INTO audit (at, subject_id, actor, via, event)
       SELECT created_at + n * interval '1 minute', id, 'clerk@office.example', 'api', 'invitation.created'
       FROM invitations, generate_series(1, 5) n ORDER BY 1""",
)
FULL_PAGES = (
    # Whatever the size, the lists of the office fill their first page, or drawing fifty rows is measured beside one.
    "SET LOCAL statement_timeout = 0",
    """CREATE TEMPORARY TABLE moved ON COMMIT DROP AS
       SELECT id, user_id, row_number() OVER (ORDER BY id) % 3 AS turn
       FROM (SELECT id, user_id FROM invitations WHERE state = 'active' AND office <> :office LIMIT 180) a""",
    """UPDATE invitation_accounts SET account_id = there.id FROM moved, accounts a, accounts there
       WHERE invitation_id = moved.id AND a.id = account_id AND there.office = :office AND there.code = a.code""",
    "DELETE FROM memberships USING moved WHERE invitation_id = moved.id AND turn > 0",
    """UPDATE memberships SET office = :office, account_id = ia.account_id FROM invitation_accounts ia
       WHERE ia.invitation_id = memberships.invitation_id AND ia.invitation_id IN (SELECT id FROM moved)""",
    "UPDATE users SET state = 'unapproved' FROM moved WHERE users.id = moved.user_id AND turn = 1",
    """UPDATE invitations SET office = :office, activated_at = CASE turn WHEN 0 THEN activated_at END,
              state = CASE turn WHEN 0 THEN 'active' WHEN 1 THEN 'awaiting_approval' ELSE 'pending' END,
              set_up_at = CASE turn WHEN 0 THEN set_up_at WHEN 1 THEN now() - interval '1 hour' END,
              expires_at = CASE turn WHEN 2 THEN now() + interval '23 hours' ELSE expires_at END,
              user_id = CASE WHEN turn < 2 THEN invitations.user_id END
       FROM moved WHERE invitations.id = moved.id""",
    "DELETE FROM users USING moved WHERE users.id = moved.user_id AND turn = 2",
    """CREATE TEMPORARY TABLE people ON COMMIT DROP AS
       SELECT id FROM contacts WHERE office <> :office ORDER BY id LIMIT 60""",
    """UPDATE contact_accounts SET account_id = there.id FROM people, accounts a, accounts there
       WHERE contact_id = people.id AND a.id = account_id AND there.office = :office AND there.code = a.code""",
    "UPDATE contacts SET office = :office FROM people WHERE contacts.id = people.id",
)
PICKED = """SELECT (SELECT id::text FROM invitations WHERE office = :office AND state = 'pending' LIMIT 1),
       (SELECT id::text FROM invitations WHERE office = :office AND state = 'awaiting_approval' LIMIT 1),
       (SELECT id::text FROM contacts WHERE office = :office LIMIT 1),
       (SELECT u.id::text FROM users u JOIN invitations i ON i.user_id = u.id
        WHERE i.office = :office AND i.state = 'active' LIMIT 1)"""


@dataclass(frozen=True)
class Desk:
    """Somebody who may do everything in one office, at their browser, and what there is to look at."""

    browser: httpx2.AsyncClient
    things: Mapping[str, str]


async def measure(sizes: tuple[int, int] = SIZES) -> Figures:
    """Milliseconds of each page, the median of rounds that take turns, and how they stand to each other."""
    async with own_stack(), AsyncExitStack() as held:
        desks = [await held.enter_async_context(_desk(size)) for size in sizes]
        return {f"hub {route.path}": await _compare(route, desks, sizes) for route in pages() if route.case.is_page}


async def _compare(route: Route, desks: list[Desk], sizes: tuple[int, int]) -> dict[str, float]:
    taken: list[list[float]] = [[], []]
    for _ in range(ROUNDS + 1):
        for desk, times in zip(desks, taken, strict=True):
            start = time.perf_counter()
            answer = await desk.browser.get(route.at(desk.things))
            times.append(1000 * (time.perf_counter() - start))
            if answer.status_code != httpx2.codes.OK:
                raise RuntimeError(f"{route.path} answered {answer.status_code}: this measures something else")
    few, many = (statistics.median(times[1:]) for times in taken)  # at the first, statements are compiled
    return compared(route.path, sizes, (few, many), BOUND)


@asynccontextmanager
async def _desk(size: int) -> AsyncIterator[Desk]:
    async with populated(size) as doorstep:
        for statements in (BESIDE, FULL_PAGES):
            async with doorstep.engine.begin() as tx:
                for statement in statements:
                    await tx.execute(text(statement), {"office": OFFICE} if ":office" in statement else {})
        async with doorstep.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("SET statement_timeout = 0"))
            await connection.execute(text("VACUUM (ANALYZE)"))
        things = await _things(doorstep)
        transport = httpx2.ASGITransport(create_app(doorstep))
        async with httpx2.AsyncClient(transport=transport, base_url=doorstep.settings.public_url) as browser:
            browser.cookies.set(str(Cookie.STAFF), await _session(doorstep))
            yield Desk(browser, things)


async def _things(doorstep: Doorstep) -> dict[str, str]:
    """What the addresses of the pages name."""
    boss = await doorstep.staff_set(OFFICE, BOSS, permissions=EVERY_PERMISSION)
    await doorstep.template_add(OFFICE, "Growers")
    await doorstep.erp_set(OFFICE, "nightly", location="https://erp.example/rows.csv", every=timedelta(days=31))
    batch = await doorstep.batch_create(OFFICE, rows=[NewRow(email=f"r{n}@example.org") for n in range(50)])

    async def listen(tx: AsyncConnection) -> str:
        added = await webhooks.add(
            tx, doorstep.ring, doorstep.actor, OFFICE, "https://erp.example/", ("key.none",), BOSS
        )
        return str(added[0].id)

    webhook = await transact(doorstep.engine, listen)
    async with doorstep.engine.connect() as connection:
        picked = (await connection.execute(text(PICKED), {"office": OFFICE})).one()
    invitation, waiting, contact, user = map(str, picked)
    return {
        "office": OFFICE,
        "invitation": invitation,
        "invitation.waiting": waiting,
        "account": "A7",
        "contact": contact,
        "user": user,
        "member": str(boss.id),
        "name": "Growers",
        "batch": str(batch.id),
        "webhook": webhook,
        "source": "nightly",
        "group": "owner",
    }


async def _session(doorstep: Doorstep) -> str:
    made = new_session_id()

    async def work(tx: AsyncConnection) -> None:
        login = await staff_logins.make(tx, BOSS)
        await staff_codes.begin(tx, doorstep.ring, login)  # or the page that sets an app up would only lead on
        await staff_sessions.start(tx, session_hash(made), login, agent="bench", waits_for_code=False)

    await transact(doorstep.engine, work)
    return made
