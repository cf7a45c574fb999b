"""Batches on their pages: made three ways, looked at row by row, started, held, read, corrected and sent again."""

import re
from html import unescape
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from doorstep.domain.batches import Batch, BatchState, NewRow
from tests.functional.batching import checked, invited, people, rows_of, until_batch
from tests.functional.importing import imported
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import seen
from web.hub.visits import TOKEN_FIELD, token_of

ROWS = (
    "1,Hill Farm,Retail,Kim,A,Ana Hill,ana@{0}.example,",
    "2,Lake Farm,Retail,Kim,B,Ben Lake,,",
    "3,Bay Farm,Trade,Lee,A,Cy Bay,cy@{0}.example,",
)


async def clerk(house: House, app: FastAPI, *permissions: str) -> Colleague:
    """Somebody of an office with three customers."""
    office = await house.office()
    await imported(house, office, *(row.format(office) for row in ROWS))
    return await colleague(house, app, office, *(permissions or ("administrator",)))


async def made(house: House, answer: httpx2.Response) -> Batch:
    """The batch that a form led to, once every row was looked at."""
    assert answer.status_code == 303, seen(answer).words
    batch = await house.doorstep.batch(UUID(answer.headers["location"].rpartition("/")[2]))
    return await until_batch(house, batch, BatchState.CHECKED)


async def test_a_batch_is_made_of_a_filter_of_ids_or_of_rows(house: House, app: FastAPI) -> None:
    """S4.29, S4.35: the same rows whichever way; nothing is sent before somebody starts it."""
    who = await clerk(house, app)
    path = who.path("/batches/new")
    ids = "\n".join(str(each.id) for each in await house.doorstep.contacts(who.office))
    table = f"email,name,account\nana@{who.office}.example,Ana Hill,1\n"
    file = {"file": ("growers.csv", table.encode(), "text/csv")}
    token = {TOKEN_FIELD: token_of(who.session)}

    by_filter = await made(house, await who.send(path, name="Retail", customer_type="Retail"))
    by_ids = await made(house, await who.send(path, contacts=ids))
    by_rows = await made(house, await who.send(path, pasted=table, roles=["buyer"], test="yes"))
    by_file = await made(house, await who.browser.post(path, data=token, files=file))
    listed = await who.look(who.path("/batches"))

    counts = [(each.checked.rows, each.checked.ok, each.checked.skipped) for each in (by_filter, by_ids)]
    assert counts == [(2, 1, 1), (3, 2, 1)]
    assert [each.checked.ok for each in (by_rows, by_file)] == [1, 1]
    assert (by_rows.options.roles, by_rows.options.is_test) == (("buyer",), True)
    assert await invited(house, who.office) == []
    assert f"/hub/batches/{by_filter.id}" in listed.links
    assert "Retail" in listed.words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Fill in one of the ways"),
        ({"customer_type": "Retail", "contacts": "x"}, "Fill in one of the ways"),
        ({"contacts": "0199a7c2-5a80-7000-8000-000000000000\nno id"}, "Entry 2 is no id of a contact"),
        ({"pasted": "who,what\nAna,1"}, "so nobody could be invited"),
        ({"customer_type": "Nobody"}, "There is no row to invite anybody from"),
        ({"customer_type": "Retail", "template": "unheard of"}, "There is no such welcome template"),
    ],
)
async def test_what_was_typed_stays(house: House, app: FastAPI, fields: dict[str, str], said: str) -> None:
    """S1.16, T31: a refusal says what to do beside its field, and nothing that was typed is lost."""
    who = await clerk(house, app)

    answer = await who.send(who.path("/batches/new"), name="Spring growers", **fields)

    page = seen(answer)
    assert answer.status_code == 422
    assert said in page.words
    assert page.fields["name"]["value"] == "Spring growers"
    assert all(value in unescape(answer.text) for value in fields.values() if value != "Nobody")


async def test_a_file_that_is_refused_stands_there_to_be_corrected(house: House, app: FastAPI) -> None:
    """T31: a browser keeps no chosen file, so a short one comes back as text."""
    who = await clerk(house, app)
    file = {"file": ("growers.csv", b"who,what\nAna,1\n", "text/csv")}

    answer = await who.browser.post(who.path("/batches/new"), data={TOKEN_FIELD: token_of(who.session)}, files=file)

    assert answer.status_code == 422
    assert "who,what\nAna,1" in answer.text


async def test_a_batch_is_looked_at_then_started(house: House, app: FastAPI) -> None:
    """S4.34, S4.35: row by row what would become of it, and then what did; each result by itself."""
    who = await clerk(house, app)
    batch = await made(house, await who.send(who.path("/batches/new"), name="All", price_list="A"))
    path = f"/hub/batches/{batch.id}"

    before = await who.look(path)
    started = await who.send(f"{path}/start")
    await until_batch(house, batch, BatchState.DONE)
    after = await who.look(path)
    skipped = await who.look(f"{path}?result=skipped")

    assert "Start: invite 2 people" in before.words
    assert "would be invited" in before.words
    assert started.headers["location"] == f"{path}?done=batch-start"
    assert "Done: every row has its result" in after.words
    rows = await rows_of(house, batch)
    assert {f"/hub/invitations/{row.invitation_id}" for row in rows} <= set(after.links)
    assert [name in after.words for name in ("Ana Hill", "Cy Bay")] == [True, True]
    assert "No row came to this" in skipped.words


async def test_a_batch_is_held_resumed_and_ended(house: House, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.35: pause, resume and cancel, which says its effect first; a button of before does nothing and says so."""
    monkeypatch.setattr("activities.batch_shift.WINDOW", 0)  # nothing gets through before somebody says so
    who = await clerk(house, app)
    batch = await checked(house, who.office, people(who.office, 3), actor=who.address)
    path = f"/hub/batches/{batch.id}"

    pages = []
    for command in ("start", "pause", "resume", "pause", "cancel", "resume"):
        answer = await who.send(f"{path}/{command}")
        pages.append(await who.look(answer.headers["location"]))

    states = [next(name for name in ("sent", "Paused", "Cancelled") if name in page.words) for page in pages]
    assert pages[0].forms == ["/hub/sign-out", f"{path}/pause", f"{path}/cancel"]
    assert "The 3 rows that are left are not invited, for good" in pages[0].words
    assert states[-1] == "Cancelled"
    assert "the batch had moved on" in pages[-1].words
    assert await invited(house, who.office) == []


async def test_the_page_moves_by_itself_and_is_opened_anew(house: House, app: FastAPI) -> None:
    """S4.35: while a batch works the page asks again; once it does something else the whole page is opened anew."""
    who = await clerk(house, app)
    batch = await checked(house, who.office, people(who.office, 1), actor=who.address)
    path = f"/hub/batches/{batch.id}"

    resting = await who.look(path)
    moved, same = [await who.browser.get(f"{path}?seen={state}") for state in ("checking", "checked")]

    assert "hx-trigger" not in resting.html
    assert [answer.headers.get("hx-refresh") for answer in (moved, same)] == ["true", None]


async def test_refused_rows_are_corrected_and_sent_again(house: House, app: FastAPI) -> None:
    """T31, S4.37: what was refused comes back as a table with the same roles; the file has every row."""
    who = await clerk(house, app)
    rows = [*people(who.office, 1), NewRow(email="eva at x", name="Eva")]
    answer = await who.send(who.path("/batches/new"), pasted="email,name\neva at x,Eva", roles=["buyer"], name="Spring")
    first = await made(house, answer)
    await checked(house, who.office, rows, actor=who.address)

    file = await who.browser.get(f"/hub/batches/{first.id}/results.csv")
    page = await who.look(who.path(f"/batches/new?from={first.id}"))
    [typed] = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page.html)
    corrected = unescape(typed).replace("eva at x", f"eva@{who.office}.example")
    second = await made(house, await who.send(who.path("/batches/new"), pasted=corrected, roles=["buyer"]))

    assert file.headers["content-disposition"] == f'attachment; filename="batch-{first.id}.csv"'
    assert "eva at x" in file.text
    assert re.search(r'value="buyer" checked', page.html)
    assert page.fields["name"]["value"] == "Spring"
    assert second.checked.ok == 1


async def test_t20_batches_of_others_and_buttons_for_nobody(house: House, app: FastAPI) -> None:
    """T20, S4.4: a batch of another office is not there; whoever only looks has no button, and no form counts."""
    who = await clerk(house, app)
    viewer = await colleague(house, app, who.office, "customerView")
    stranger = await clerk(house, app)
    batch = await checked(house, who.office, people(who.office, 1), actor=who.address)
    path = f"/hub/batches/{batch.id}"

    page = await viewer.look(path)
    listed = await viewer.look(viewer.path("/batches"))
    refused = [await viewer.send(f"{path}/start"), await viewer.send(viewer.path("/batches/new"), customer_type="A")]
    hidden = [(await stranger.browser.get(each)).status_code for each in (path, f"{path}/results.csv")]
    hidden.append((await stranger.browser.get(stranger.path(f"/batches/new?from={batch.id}"))).status_code)

    assert page.forms == ["/hub/sign-out"]
    assert viewer.path("/batches/new") not in listed.links
    assert [answer.status_code for answer in refused] == [403, 403]
    assert hidden == [404, 404, 404]
    assert (await house.doorstep.batch(batch.id)).state is BatchState.CHECKED
