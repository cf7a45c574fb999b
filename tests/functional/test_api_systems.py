"""What the ERP, a batch, a receiver of events and a report need of the API."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from doorstep.domain.batches import BatchState
from doorstep.domain.keys import Scope
from doorstep.domain.spreadsheets import BOM
from doorstep.domain.states import State
from tests.client_commands import fresh
from tests.house import House, eventually
from tests.systems import Systems, code_of


@dataclass(frozen=True)
class Caller:
    """A system that may do everything in an office of its own."""

    house: House
    office: str
    api: httpx2.AsyncClient

    async def get(self, path: str) -> dict[str, Any]:
        """What is answered."""
        return told(await self.api.get(path))

    async def until(self, batch: str, state: BatchState) -> dict[str, Any]:
        """The batch once it is in that state."""

        async def look() -> dict[str, Any] | None:
            found = await self.get(f"/v1/batches/{batch}")
            return found if found["state"] == state else None

        return await eventually(look, f"the batch to be {state}")


def told(response: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer of that status."""
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.fixture
async def system(house: House) -> AsyncIterator[Caller]:
    """The system."""
    office = await house.office()
    async with Systems.of(house).of_office(office) as api:
        yield Caller(house, office, api)


async def test_the_erp_puts_accounts_and_contacts_under_its_own_keys(system: Caller) -> None:
    """S0.3, S0.5, F17: made once, changed by whoever read it last, and the same again changes nothing."""
    account, person = "/v1/accounts/A%2F1042", f"/v1/contacts/by-key/{fresh('C')}"
    said = {"name": "Ana", "email": f"{fresh('ana')}@x.example", "accounts": ["A/1042"]}

    made = await system.api.put(account, json={"name": "Hill Road", "customer_type": "Dairy"})
    again = await system.api.put(account, json={"name": "Hill Road"})
    late = await system.api.put(account, json={"name": "Late"}, headers={"If-Match": f'"0-{"0" * 16}"'})
    unknown = await system.api.put(person, json=said | {"accounts": ["none"]})
    ana = told(await system.api.put(person, json=said), 201)
    unchanged = told(await system.api.put(person, json=said))

    assert (told(made, 201)["became"], told(again)["became"]) == ("created", "unchanged")
    assert (told(again)["customer_type"], late.status_code, code_of(late)) == ("Dairy", 412, "changed_meanwhile")
    assert (unknown.status_code, code_of(unknown)) == (422, "unknown_account")
    assert (ana["external_key"], [each["code"] for each in ana["accounts"]]) == (person[20:], ["A/1042"])
    assert (unchanged["id"], unchanged["became"]) == (ana["id"], "unchanged")


async def test_an_account_that_is_closed_takes_its_invitations_back(system: Caller) -> None:
    """S3.9: what is open for it alone; the answer says how much that was."""
    await system.api.put("/v1/accounts/9", json={"name": "Closing"})
    invitation = told(await system.api.post("/v1/invitations", json={"email": "a@x.example", "accounts": ["9"]}), 201)

    closed = told(await system.api.put("/v1/accounts/9", json={"is_closed": True}))

    assert (closed["taken_back"], closed["closed_at"] is not None, closed["name"]) == (1, True, "Closing")
    assert (await system.get(f"/v1/invitations/{invitation['id']}"))["state"] == State.REVOKED


async def test_a_batch_of_rows_is_looked_at_started_and_read(system: Caller) -> None:
    """S4.35: nothing is sent before the start; a row that is wrong stops no other; the file of results comes back."""
    rows = [{"email": f"{fresh('row')}@x.example"}, {"email": "nobody"}, {"name": "No address"}]
    repeated = {"Idempotency-Key": fresh("batch")}
    asked = {"name": "Spring", "rows": rows, "options": {"roles": ["grower"]}}
    made = await system.api.post("/v1/batches", json=asked, headers=repeated)
    batch = told(made, 201)["id"]
    same = told(await system.api.post("/v1/batches", json=asked, headers=repeated), 201)

    checked = await system.until(batch, BatchState.CHECKED)
    before = (await system.get("/v1/invitations"))["data"]
    told(await system.api.post(f"/v1/batches/{batch}/start"))
    done = await system.until(batch, BatchState.DONE)
    refused = (await system.get(f"/v1/batches/{batch}/rows?result=refused"))["data"]
    file = await system.api.get(f"/v1/batches/{batch}/results")
    [invitation] = (await system.get(f"/v1/invitations?batch={batch}"))["data"]

    assert (same["id"], made.headers["location"]) == (batch, f"/v1/batches/{batch}")
    assert (checked["checked"]["ok"], before) == (1, [])
    assert [done["sent"][name] for name in ("rows", "ok", "skipped", "refused", "left")] == [3, 1, 1, 1, 0]
    assert [(each["number"], each["field"]) for each in refused] == [(2, "email")]
    assert (invitation["address"], invitation["roles"]) == (rows[0]["email"], ["grower"])
    told_again = list(csv.DictReader(io.StringIO(file.text.removeprefix(BOM))))
    assert [each["result"] for each in told_again] == ["ok", "refused", "skipped"]
    assert file.headers["content-type"] == "text/csv; charset=utf-8"


async def test_a_batch_of_a_file(system: Caller) -> None:
    """S4.35, T31: a CSV is read with its own headings; what is no CSV, or says nobody, is refused as a whole."""
    path = "/v1/batches/csv?name=File&roles=grower&roles=buyer"
    kind = {"Content-Type": "text/csv; charset=utf-8"}
    file = f"E-mail,Name\n{fresh('one')}@x.example,One\n,Two\n".encode()

    made = told(await system.api.post(path, content=file, headers=kind), 201)
    json = await system.api.post(path, content=b"{}", headers={"Content-Type": "application/json"})
    empty = await system.api.post(path, content=b"", headers=kind)
    both = await system.api.post("/v1/batches", json={"rows": [], "contacts": []})
    cancelled = await system.api.post(f"/v1/batches/{made['id']}/cancel")
    started = await system.api.post(f"/v1/batches/{made['id']}/start")

    assert (made["name"], made["source"], made["options"]["roles"]) == ("File", "rows", ["grower", "buyer"])
    assert (json.status_code, code_of(empty), code_of(both)) == (415, "batch_file", "batch_source")
    assert (told(cancelled)["state"], started.status_code) == (BatchState.CANCELLED, 409)
    assert [each["id"] for each in (await system.get("/v1/batches"))["data"]] == [made["id"]]


async def test_figures_and_seats_are_told_drawn_and_downloaded(system: Caller) -> None:
    """S4.47: the same figures as JSON, as a chart and as a table; a table opens safely in a spreadsheet (T31)."""
    invitation = await system.house.waiting(system.office, name="=cmd()")

    figures = await system.get("/v1/statistics?by=channel")
    steps = {each["step"]: each["count"] for each in figures["total"]["funnel"]}
    none = await system.get("/v1/statistics?until=2020-01-01T00:00:00Z")
    files = {
        name: await system.api.get(f"/v1/{name}")
        for name in ("statistics/chart", "statistics/table", "seats/chart", "seats/table", "exports/invitations")
    }
    [seat] = (await system.get("/v1/seats/usernames"))["data"]
    audit = await system.api.get("/v1/exports/audit?event=invitation.set_up")

    assert (steps["invited"], steps["set_up"], steps["approved"]) == (1, 1, 0)
    assert [each["name"] for each in figures["groups"]] == ["mail"]
    assert {each["count"] for each in none["total"]["funnel"]} == {0}
    assert all(each.text.startswith("<svg" if name.endswith("chart") else BOM) for name, each in files.items())
    assert "'=cmd()" in files["exports/invitations"].text
    assert (seat["username"], seat["reason"]) == (invitation.username, "unapproved")
    assert (await system.get("/v1/seats"))["total"] == 1
    assert audit.text.count("invitation.set_up") == 1


async def test_webhooks_are_looked_after(system: Caller) -> None:
    """T32: no address inside the house; the secret is told to whoever asks for it and kept in no answer."""
    new = {"url": "https://127.0.0.1/", "events": ["batch.*"], "owner": "ops@x.example"}
    inside = await system.api.post("/v1/webhooks", json=new | {"url": "https://10.0.0.1/"})
    added = told(await system.api.post("/v1/webhooks", json=new), 201)
    path = f"/v1/webhooks/{added['id']}"

    kept = {"Idempotency-Key": fresh("key")}
    first, second = [told(await system.api.post(f"{path}/rotate", headers=kept))["secret"] for _ in range(2)]
    secret = told(await system.api.post(f"{path}/secret"))["secret"]
    listed = (await system.get("/v1/webhooks"))["data"]
    enabled = await system.api.post(f"{path}/enable")
    replayed = told(await system.api.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}))
    deliveries = (await system.get(f"{path}/deliveries"))["data"]
    gone = await system.api.delete(path)

    assert (code_of(inside), inside.json()["field"]) == ("webhook_address_private", "url")
    assert (len({added["secret"], first, second}), secret) == (3, second)
    assert [each["id"] for each in listed] == [added["id"]]
    assert (enabled.status_code, replayed, deliveries) == (409, {"count": 0}, [])
    assert (gone.status_code, code_of(await system.api.get(path))) == (204, "no_such_webhook")


async def test_sources_of_the_erp_are_set_and_paused(system: Caller) -> None:
    """S0.3: by their names, by whoever may change the settings; a key that imports looks at them."""
    path, said = "/v1/erp-sources/nightly", {"location": "https://erp.example/customers.csv", "cron": "0 2 * * *"}

    made = told(await system.api.put(path, json=said))
    neither = await system.api.put(path, json=said | {"cron": ""})
    states = [told(await system.api.post(f"{path}/{each}"))["state"] for each in ("pause", "resume")]
    listed = (await system.get("/v1/erp-sources"))["data"]
    runs = await system.get(f"{path}/runs")
    async with Systems.of(system.house).of_office(system.office, Scope.IMPORT) as other:
        half = await other.put(path, json=said)
    gone = await system.api.delete(path)

    assert made["timetable"] == "cron 0 2 * * * in Pacific/Auckland"
    assert (code_of(neither), states, runs) == ("erp_timetable", ["paused", "active"], {"data": []})
    assert [(each["name"], each["last_run"]) for each in listed] == [("nightly", None)]
    assert (half.status_code, code_of(half)) == (403, "scope_missing")
    assert (gone.status_code, code_of(await system.api.get(path))) == (204, "no_such_erp_source")
