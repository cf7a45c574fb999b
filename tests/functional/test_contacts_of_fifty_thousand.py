"""A directory of fifty thousand people: found in the time in which somebody types on (S3.3)."""

import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from starter.client import Doorstep
from tests.client_commands import acting
from tests.house import House

pytestmark = [pytest.mark.xdist_group("fifty-thousand"), pytest.mark.timeout(240)]
"""On one process alone, since the rows take a while to make."""

PEOPLE, FIRMS = 50_000, 10_000
QUICK = 0.2
"""Seconds."""
TRIES = 60
"""On a machine that is busy with something else most of them are slow."""

FILLED = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL enable_nestloop = off",  # nothing is known of these rows yet, and a loop over all pairs takes minutes
    """INSERT INTO accounts (id, office, code, name)
       SELECT gen_random_uuid(), :office, 'A' || n, 'Firm ' || md5(n::text) FROM generate_series(1, :firms) n""",
    """INSERT INTO contacts (id, office, name, email, email_key, phone, phone_key)
       SELECT gen_random_uuid(), :office, initcap(md5(n::text)), address, address, number, number
       FROM generate_series(1, :people) n,
            LATERAL (SELECT 'p' || n || '@' || :office || '.example' AS address) a,
            LATERAL (SELECT '+64215' || lpad(n::text, 6, '0') AS number) b""",
    """INSERT INTO contact_accounts (contact_id, account_id)
       SELECT c.id, a.id
       FROM (SELECT id, row_number() OVER (ORDER BY email_key) n FROM contacts WHERE office = :office) c
       JOIN (SELECT id, row_number() OVER (ORDER BY code) n FROM accounts WHERE office = :office) a
         ON a.n = 1 + c.n % :firms""",
    """INSERT INTO users (id, username, username_key, state, email, email_key)
       SELECT gen_random_uuid(), email, email_key, 'setup_pending', email, email_key
       FROM contacts WHERE office = :office AND right(phone, 1) < '5'""",
    """INSERT INTO memberships (id, user_id, office, permissions)
       SELECT gen_random_uuid(), u.id, :office, '{}'
       FROM users u JOIN contacts USING (email_key) WHERE office = :office""",
)
EMPTIED = (
    "SET LOCAL statement_timeout = 0",
    "DELETE FROM users USING contacts WHERE users.email_key = contacts.email_key AND office = :office",
    "DELETE FROM contact_accounts USING contacts WHERE contact_id = contacts.id AND office = :office",
    "DELETE FROM contacts WHERE office = :office",
)
KNOWN = "ANALYZE accounts, contacts, contact_accounts, users, memberships"


@pytest.fixture(scope="module")
async def office(worked_house: House) -> AsyncIterator[str]:
    """An office with all of those people, half of whom have a username."""
    code = await worked_house.office()
    said = {"office": code, "people": PEOPLE, "firms": FIRMS}

    async def run(tx: AsyncConnection, *statements: str) -> None:
        for each in statements:
            await tx.execute(text(each), {name: said[name] for name in said if f":{name}" in each})

    await worked_house.run(lambda tx: run(tx, *FILLED))
    await worked_house.run(lambda tx: run(tx, KNOWN))
    rep = f"rep@{code}.example"
    served = [f"A{number}" for number in range(1, 41)]
    await worked_house.doorstep.staff_set(code, rep, permissions=["crmCompanyView"], accounts=served)
    yield code
    await worked_house.run(lambda tx: run(tx, *EMPTIED))


async def quickest(doorstep: Doorstep, office: str, **narrowed: object) -> float:
    """Seconds that it takes when nobody else wants the machine: the first of some tries that is quick, or the best."""
    took: list[float] = []
    while len(took) < TRIES and min(took, default=QUICK) >= QUICK:
        begun = time.perf_counter()
        await doorstep.contacts(office, **narrowed)  # type: ignore[arg-type]
        took.append(time.perf_counter() - begun)
    return min(took)


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({}, 200),
        ({"search": "p49999@"}, 1),
        ({"search": "firm"}, 200),
        ({"search": "a"}, 200),
        ({"search": "049999"}, 1),
        ({"search": "nobody is called that"}, 0),
        ({"account": "A777"}, 5),
        ({"is_without_username": True}, 200),
        ({"is_without_username": True, "search": "p4999"}, 10),
    ],
)
async def test_a_search_takes_a_fifth_of_a_second_at_the_most(
    worked_house: House, office: str, narrowed: dict[str, object], count: int
) -> None:
    """S3.3, S4.26: among 50,000 contacts, for whoever sees all of them and for whoever sees forty companies."""
    rep = acting(worked_house.doorstep, f"rep@{office}.example")

    assert len(await worked_house.doorstep.contacts(office, **narrowed)) == count  # type: ignore[arg-type]
    assert await quickest(worked_house.doorstep, office, **narrowed) < QUICK
    assert await quickest(rep, office, **narrowed) < QUICK
    assert {each.code for found in await rep.contacts(office) for each in found.accounts} == {
        f"A{n}" for n in range(1, 41)
    }
