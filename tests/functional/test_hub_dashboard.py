"""The first page of the Team Hub: what waits for whom, what stands still and why, and what a new office does first."""

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import tables as t
from tests.faults.misbehaving_smtp import REFUSE_550
from tests.functional.counting import Line, write
from tests.functional.test_api_directory import statements
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import Seen

MOST_QUERIES = 8
SET_UP = 60.0


def tiles(page: Seen, home: str) -> dict[str, str]:
    """What each tile says, by the path of its list."""
    found = [part.split("</a>")[0] for part in page.html.split('<a class="card')[1:]]
    paths = [part.split('href="')[1].split('"')[0].removeprefix(home) for part in found]
    numbers = [part.split('class="number">')[1].split("<")[0] for part in found]
    return dict(zip(paths, numbers, strict=True))


async def shown(person: Colleague) -> dict[str, str]:
    """The tiles of somebody's dashboard."""
    return tiles(await person.look(person.path()), person.path())


def waiting(ago: float = 1) -> Line:
    """Somebody who set up and waits for a decision."""
    return Line(ago=ago, state="awaiting_approval", set_up=SET_UP)


async def invited_by(tx: AsyncConnection, office: str, name: str) -> None:
    """Have somebody invite whoever is there."""
    await tx.execute(t.invitations.update().where(t.invitations.c.office == office).values(invited_by=name))


async def test_a_new_office_is_told_what_comes_first(house: House, app: FastAPI) -> None:
    """S4.21: the first step is to name who approves, then staff, clients and the first invitation; each leads there."""
    office = await house.office(approvers=0)
    boss = await colleague(house, app, office, "administrator")

    page = await boss.look(boss.path())
    links = [each.removeprefix(boss.path()) for each in page.links]
    await house.doorstep.approvers_set(office, [f"boss1@{office}.example"])
    named = await boss.look(boss.path())

    assert links[-4:] == ["/settings", "/staff", "/clients", "/invite"]
    assert "Nothing is sent before there is one." in page.words
    assert "done" not in page.words
    assert "Name username administrators done" in named.words


async def test_s4_4_a_step_is_offered_to_whoever_may_do_it(house: House, app: FastAPI) -> None:
    """S4.4: whoever cannot change the settings is told who can, and gets no link."""
    viewer = await colleague(house, app, await house.office(approvers=0), "companyView")

    page = await viewer.look(viewer.path())

    assert viewer.path("/settings") not in page.links
    assert "an administrator of the office does this" in page.words


async def test_the_tiles_count_what_waits_and_lead_to_it(house: House, app: FastAPI) -> None:
    """S4.24, S3.7: decisions, overdue ones, what came back, what is stuck, what waits for the invitee."""
    office = await house.office()
    lines = [
        *(waiting(), Line(state="awaiting_approval", set_up=SET_UP, attention=("approval_overdue",))),
        *(Line(), Line(), Line(attention=("undeliverable",))),
        Line(state="active", set_up=SET_UP, active=120, signed_in=180),
    ]
    await write(house, office, lines)
    clerk = await colleague(house, app, office, "companyView")

    assert await shown(clerk) == {
        "/approvals": "2",
        "/links?attention=approval_overdue": "1",
        "/links?attention=undeliverable": "1",
        "/stuck": "2",
        "/links?state=pending": "3",
    }


async def test_an_administrator_sees_the_decisions_that_are_theirs(house: House, app: FastAPI) -> None:
    """S4.24: where four eyes are asked for, what somebody invited themselves waits for the others."""
    office = await house.office(approvers=2, four_eyes=True)
    first = await colleague(house, app, office, address=f"boss1@{office}.example")
    await write(house, office, [waiting(), waiting(2)])
    await house.run(lambda tx: invited_by(tx, office, f"BOSS1@{office}.example"))
    await write(house, office, [waiting(3)])

    page = await first.look(first.path())

    assert tiles(page, first.path())["/approvals"] == "1"
    assert "wait for your decision" in page.words


async def test_s1_3_nothing_out_of_sight_is_counted(house: House, app: FastAPI) -> None:
    """S1.3: whoever is held to some accounts has the numbers of those alone, and the reasons too."""
    office = await house.office()
    async for _ in await house.doorstep.import_rows(b"Account Code,Account Name\n1,One\n2,Two\n", office):
        pass
    flagged = ("undeliverable",)
    await write(house, office, [Line(accounts=("1",), attention=flagged), Line(accounts=("2",), attention=flagged)])
    rep = await colleague(house, app, office, "crmCompanyView", accounts=["1"])

    counts = await shown(rep)
    page = await rep.look(rep.path("/stuck"))

    assert (counts["/links?attention=undeliverable"], counts["/stuck"], counts["/links?state=pending"]) == ("1",) * 3
    assert len([each for each in page.links if each.startswith("/hub/invitations/")]) == 1


async def test_what_stands_still_is_told_with_the_reason(house: House, app: FastAPI) -> None:
    """S3.7: an address that takes nothing stands in the list with its sentence, and leads to the invitation."""
    office = await house.office()
    person = await colleague(house, app, office, "companyView")
    nothing = await person.look(person.path("/stuck"))
    house.smtp.mode = REFUSE_550
    invitation = await house.doorstep.invite(office=office, email="gone@example.org", name="Ana Ngata")
    await house.until(invitation, lambda row: "undeliverable" in row.attention)

    page = await person.look(person.path("/stuck"))

    assert "Nothing stands still" in nothing.words
    assert f"/hub/invitations/{invitation.id}" in page.links
    assert "Ana Ngata" in page.words


async def test_the_dashboard_costs_the_same_however_much_waits(house: House, app: FastAPI) -> None:
    """T27: at most eight queries for the dashboard and for what stands still, with two rows or with forty."""
    office = await house.office()
    person = await colleague(house, app, office, "administrator")
    for count in (2, 38):
        await write(house, office, [Line(attention=("undeliverable",)) for _ in range(count)])
        for path in ("", "/stuck"):
            with statements(house) as said:
                await person.look(person.path(path))

            assert len(said) <= MOST_QUERIES, (path, said)
