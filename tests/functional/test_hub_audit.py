"""The audit in the Team Hub: who did what, in sentences, found again, page by page, and as a file."""

import csv
from datetime import timedelta
from html import unescape
from io import StringIO
from re import sub
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from doorstep.domain.errors import Refused
from doorstep.domain.events import Event
from doorstep.store import audit
from doorstep.store.audit import Actor
from tests.functional.test_api_directory import statements
from tests.house import House
from tests.hub import colleague
from tests.pages import Seen
from web.hub.audit import PAGE
from web.hub.audit_words import FAMILIES, SENTENCES, choices

MOST_QUERIES = 8
DAY = timedelta(days=1)


def rows(page: Seen) -> list[str]:
    """The lines of the audit, as words."""
    body = page.html.split("<tbody>")[1].split("</tbody>")[0]
    return [unescape(" ".join(sub("<[^>]*>", " ", row).split())) for row in body.split("<tr>")[1:]]


def test_every_event_has_a_sentence() -> None:
    """T34: whatever is recorded is told in words, and can be chosen in the filter."""
    offered = {key for _, events in choices() for key, _ in events}

    assert offered == set(SENTENCES) == set(Event)
    assert {event.partition(".")[0] for event in Event} == set(FAMILIES)


async def test_what_was_done_and_refused_is_told_in_words(house: House, app: FastAPI) -> None:
    """T34: who, through which door, what, why it was refused, and the way to the invitation it is about."""
    office = await house.office()
    boss = await colleague(house, app, office, "administrator")
    invitation = await house.doorstep.invite(office=office, email="ana@example.org", is_draft=True, actor=boss.address)
    viewer = await colleague(house, app, office, "companyView")
    with pytest.raises(Refused):
        await house.doorstep.key_add(office, "erp", scopes=["read"], actor=viewer.address)

    page = await boss.look(boss.path("/audit"))

    refused, *_, made = [row for row in rows(page) if "Was refused" in row or "Made an invitation" in row]
    assert f"{viewer.address} API Was refused: key add (not allowed)" in refused.replace("by itself", "API")
    assert boss.address in made
    assert f"/hub/invitations/{invitation.id}" in page.links


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("event=key.made", ["Made an API key"]),
        ("event=office.set", ["Changed the settings of the office"]),
        ("actor=nobody", []),
        ("from={today}&to={today}&event=key.made", ["Made an API key"]),
        ("from={tomorrow}", []),
        ("to={yesterday}", []),
    ],
)
async def test_the_audit_is_narrowed(house: House, app: FastAPI, query: str, expected: list[str]) -> None:
    """T34: by event, by who it was, and by days on the clock of the office, both included."""
    office = await house.office(approvers=0)
    made = await house.doorstep.key_add(office, "erp", scopes=["read"])
    boss = await colleague(house, app, office, "administrator")
    today = made.key.created_at.astimezone(ZoneInfo("Pacific/Auckland")).date()
    typed = query.format(today=today, tomorrow=today + DAY, yesterday=today - DAY)

    page = await boss.look(boss.path(f"/audit?{typed}"))

    if expected:
        found = rows(page)
        assert len(found) == len(expected)
        assert all(words in row for words, row in zip(expected, found, strict=True))
    else:
        assert "Nothing like that is recorded" in page.words


async def test_everything_about_one_thing_is_a_link_away(house: House, app: FastAPI) -> None:
    """T34: what belongs to one key stands under its id."""
    office = await house.office()
    made = await house.doorstep.key_add(office, "erp", scopes=["read"])
    await house.doorstep.key_add(office, "other", scopes=["read"])
    await house.doorstep.key_revoke(office, "erp")
    boss = await colleague(house, app, office, "administrator")
    page = await boss.look(boss.path("/audit?event=key.revoked"))

    of_one = await boss.look(next(link for link in page.links if f"subject={made.key.id}" in link))

    assert [("Revoked" in row, "Made" in row) for row in rows(of_one)] == [(True, False), (False, True)]


async def test_the_audit_goes_on_page_by_page(house: House, app: FastAPI) -> None:
    """T34: each record stands on one page, the filters stay, and a wrong place or id is told at its field."""
    office = await house.office()
    boss = await colleague(house, app, office, "administrator")
    who = Actor("clerk", "cli")
    for number in range(PAGE + 2):
        detail = {"office": office, "name": f"number {number}"}
        await house.run(
            lambda tx, said=detail: audit.record(tx, Event.ERP_PULLED, who, subject_id=None, detail=said)  # type: ignore[misc]
        )

    first = await boss.look(boss.path("/audit?event=erp_source.pulled"))
    second = await boss.look(next(link for link in first.links if "after=" in link))

    assert len(rows(first)) == PAGE
    assert [f"number {number}" in row for number, row in zip((1, 0), rows(second), strict=True)] == [True, True]
    await boss.look(boss.path("/audit?after=x"), 422)
    wrong = await boss.look(boss.path("/audit?subject=mine&actor=boss"), 422)
    assert "That is no id." in wrong.words
    assert wrong.fields["actor"]["value"] == "boss"
    await boss.look(boss.path("/audit?event=nothing.done"), 422)


async def test_t31_the_audit_is_a_file_too(house: House, app: FastAPI) -> None:
    """T31, T34: the same filters, as CSV in which nothing is a formula."""
    office = await house.office()
    await house.doorstep.key_add(office, "=1+1", scopes=["read"])
    await house.doorstep.key_revoke(office, "=1+1")
    boss = await colleague(house, app, office, "administrator")

    answer = await boss.browser.get(boss.path("/audit/file?event=key.made"))

    [heading, record] = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert dict(zip(heading, record, strict=True))["event"] == "key.made"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'


async def test_s1_3_whoever_sees_a_part_has_no_audit(house: House, app: FastAPI) -> None:
    """S1.3: the audit tells of the whole office, so it is neither offered nor shown to a rep."""
    office = await house.office()
    rep = await colleague(house, app, office, "crmCompanyView", "crmCompanyEdit")

    page = await rep.look(rep.path("/audit"), 403)
    file = await rep.browser.get(rep.path("/audit/file"))

    assert rep.path("/audit") not in page.links
    assert file.status_code == 403


async def test_the_audit_costs_the_same_for_every_page(house: House, app: FastAPI) -> None:
    """T27: at most eight queries, whatever is asked for."""
    boss = await colleague(house, app, await house.office(), "administrator")
    for path in ("/audit", "/audit?event=office.set", "/audit?actor=nobody"):
        with statements(house) as said:
            await boss.look(boss.path(path))

        assert len(said) <= MOST_QUERIES, (path, said)
