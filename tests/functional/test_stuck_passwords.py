"""Mail about passwords that waits is listed too: nobody else would miss it."""

from dataclasses import replace
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from starter.troubles import Explanation
from tests.client_commands import acting
from tests.faults.misbehaving_smtp import DEFER_451
from tests.functional.ground import NobodyAtWork
from tests.house import House, eventually
from tests.pages import add_accounts

OLDER = "UPDATE {} SET {} = now() - interval '20 minutes' WHERE {}"


async def stuck(house: House, office: str) -> list[Explanation]:
    """What is stuck in an office."""
    return [each async for each in house.doorstep.stuck(office=office)]


async def test_mail_of_a_password_that_waits_is_listed(house: House) -> None:
    """S4.12, F11: deferred for long, or asked for and never looked at; the cause, and no word of who it is for."""
    office, other = await house.office(), await house.office()
    await add_accounts(house, office, {"1042": "Firm"})
    deferred, unseen = f"ana@{office}.example", f"zoe@{office}.example"
    house.smtp.mode = DEFER_451
    await house.doorstep.add_user(office=office, account="1042", email=deferred, username=f"ana.{office}")
    silent = replace(house.doorstep, starter=NobodyAtWork())
    await silent.add_user(office=office, account="1042", email=unseen, username=f"zoe.{office}")
    requests = "SELECT id FROM password_links WHERE office = :office"

    async def tried() -> bool | None:
        return await house.run(lambda tx: _deferred(tx, office)) == 2 or None

    await eventually(tried, "both mails to be deferred")
    before = await stuck(house, office)
    for table, column, which in (
        ("deliveries", "created_at", f"subject_id IN ({requests})"),
        ("password_links", "changed_at", "office = :office AND state = 'asked'"),
    ):
        statement = OLDER.format(table, column, which)
        await house.run(partial(_execute, statement, office))

    found = await stuck(house, office)

    assert before == []
    assert {each.troubles[0].kind.value for each in found} == {"mail_waiting", "change_unseen"}
    assert all(each.workflow_id == f"password-link-{each.id}" for each in found)
    sentences = " ".join(trouble.sentence for each in found for trouble in each.troubles)
    assert "The mail server has not taken" in sentences
    assert "try_later" in sentences
    assert "Nobody has looked at a request for a password" in sentences
    assert not [word for word in (office, deferred, unseen) if word in sentences]
    assert await stuck(house, other) == []
    await house.doorstep.staff_set(office, f"boss@{office}.example", permissions=["administrator"])
    theirs = acting(house.doorstep, f"boss@{office}.example")
    assert [each async for each in theirs.stuck(office=office)] == []


async def _execute(statement: str, office: str, tx: AsyncConnection) -> None:
    await tx.execute(text(statement), {"office": office})


async def _deferred(tx: AsyncConnection, office: str) -> int:
    """How many mails of its users wait."""
    joined = "deliveries d JOIN password_links p ON p.id = d.subject_id"
    query = text(f"SELECT count(*) FROM {joined} WHERE p.office = :office AND d.cause <> ''")  # noqa: S608 - our own
    found: int = (await tx.execute(query, {"office": office})).scalar_one()
    return found
