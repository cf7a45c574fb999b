"""What a system does with the rest of the API: accounts, contacts, jobs, users, texts, the office, what was sent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from doorstep.domain.events import Event
from doorstep.domain.keys import Scope
from doorstep.domain.states import State
from tests.client_commands import fresh
from tests.functional.staffing import EXPORT
from tests.house import House
from tests.systems import Systems, code_of

TEXT = {"subject": "Kia ora", "body": "Kia ora from {{ office_name }}.\n\n[Sign in]({{ sign_in_url }})"}
WELCOME = "/v1/templates/accountactivation-EJS"


@dataclass(frozen=True)
class Erp:
    """An office with accounts 1042 and 2000, and a system that may do everything there."""

    house: House
    office: str
    api: httpx2.AsyncClient

    async def get(self, path: str, **query: object) -> dict[str, Any]:
        """What is answered."""
        return told(await self.api.get(path, params=query))  # type: ignore[arg-type]

    async def ana(self) -> dict[str, Any]:
        """A contact on account 1042."""
        found: dict[str, Any] = (await self.get("/v1/contacts", q="Ana"))["data"][0]
        return found


def told(response: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer of that status."""
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.fixture
async def erp(house: House) -> AsyncIterator[Erp]:
    """The system."""
    office = await house.office()
    async for _ in await house.doorstep.import_rows(EXPORT.format(office).encode(), office):
        pass
    async with Systems.of(house).of_office(office) as api:
        yield Erp(house, office, api)


async def test_accounts_and_contacts_are_found(erp: Erp) -> None:
    """S1.6, S3.3: by code, name and address, a page at a time, each named by its code or its id."""
    accounts = await erp.get("/v1/accounts", limit=1)
    rest = await erp.get("/v1/accounts", limit=1, cursor=accounts["next_cursor"])
    rimu = await erp.get("/v1/contacts", q="rimu")
    ana = await erp.ana()

    assert [each["code"] for each in (*accounts["data"], *rest["data"])] == ["1042", "2000"]
    assert (await erp.get("/v1/accounts/1042"))["name"] == "Kauri Farms"
    assert {each["name"] for each in rimu["data"]} == {"Ben Rata", "Cara Both"}
    assert await erp.get(f"/v1/contacts/{ana['id']}") == ana
    assert [each["code"] for each in ana["accounts"]] == ["1042"]
    assert code_of(await erp.api.get("/v1/accounts/A%2F9")) == "no_such_account"


async def test_a_contact_is_changed_by_whoever_read_it_last(erp: Erp) -> None:
    """S3.6, S4.32, F17: If-Match lets the first through and not the second; without it the last one wins."""
    ana = await erp.ana()
    path = f"/v1/contacts/{ana['id']}"
    tag = (await erp.api.get(path)).headers["etag"]

    first = await erp.api.patch(path, json={"portal_email": "gm@kauri.example"}, headers={"If-Match": tag})
    second = await erp.api.patch(path, json={"name": "Second"}, headers={"If-Match": tag})
    nonsense = await erp.api.patch(path, json={"name": "Second"}, headers={"If-Match": '"never"'})
    third = await erp.api.patch(path, json={"phone": ""})
    same = await erp.api.get(path, headers={"If-None-Match": third.headers["etag"]})

    assert told(first)["invitation_address"] == "gm@kauri.example"
    assert (second.status_code, code_of(second), code_of(nonsense)) == (412, "changed_meanwhile", "changed_meanwhile")
    assert (told(third)["name"], told(third)["phone"], told(third)["email"]) == ("Ana Ngata", "", ana["email"])
    assert (same.status_code, same.content) == (304, b"")


async def test_a_contact_is_added_and_invited_once(erp: Erp) -> None:
    """S0.4, S3.8, S4.37: to the accounts of the contact; a second time the open one is the answer, with 200."""
    new = {"name": "Eve", "email": f"{fresh('eve')}@x.example", "accounts": ["1042"]}

    added = told(await erp.api.post("/v1/contacts", json=new), 201)
    invited = await erp.api.post(f"/v1/contacts/{added['id']}/invite", json={"roles": ["grower"]})
    again = told(await erp.api.post(f"/v1/contacts/{added['id']}/invite"))
    await erp.api.patch(f"/v1/contacts/{added['id']}", json={"is_portal_user": False})
    refused = await erp.api.post(f"/v1/contacts/{added['id']}/invite")

    first = told(invited, 201)
    assert (first["address"], first["roles"], first["contact"]) == (new["email"], ["grower"], added["id"])
    assert [each["code"] for each in first["accounts"]] == ["1042"]
    assert (again["id"], again["is_new"], code_of(refused)) == (first["id"], False, "not_portal_user")
    assert (await erp.get(f"/v1/invitations/{first['id']}"))["state"] == State.REVOKED


async def test_jobs_and_deliveries_are_told(erp: Erp) -> None:
    """S2.1, S3.7: how many places are left, and what became of each message, of the office and of the invitation."""
    invitation = await erp.house.pending(erp.office, job="Barn")

    [job] = (await erp.get("/v1/jobs", q="bar"))["data"]
    of_office = (await erp.get("/v1/deliveries", status="sent", message="invitation"))["data"]
    of_it = (await erp.get(f"/v1/invitations/{invitation.id}/deliveries"))["data"]

    assert (job["places"], job["taken"], job["left"]) == (3, 1, 2)
    assert await erp.get(f"/v1/jobs/{job['id']}") == job
    assert of_office == of_it
    assert [(each["recipient"], each["channel"]) for each in of_it] == [(invitation.address, "mail")]


async def test_users_are_added_looked_after_and_deleted(erp: Erp) -> None:
    """S4.9, S4.11, S4.19, S4.47: a pair without approval, its permissions, shut out and let in, and gone."""
    name = fresh("user")
    new = {"account": "1042", "email": f"{name}@x.example", "username": name}
    made = told(await erp.api.post("/v1/users", json=new), 201)
    path = f"/v1/users/{made['management']['id']}"

    granted = told(await erp.api.put(f"{path}/permissions", json={"permissions": ["invoices"], "account": "1042"}))
    [found] = (await erp.get("/v1/users", username=name.upper()))["data"]
    too_soon = await erp.api.post(f"{path}/suspend")
    gone = await erp.api.delete(path)

    assert made["staff"]["username"] == f"{name}S"
    assert found == granted
    assert [(each["account"], each["permissions"]) for each in found["memberships"]] == [("1042", ["invoices"])]
    assert (found["state"], code_of(too_soon)) == ("setup_pending", "not_active")
    assert (gone.status_code, gone.content, code_of(await erp.api.get(path))) == (204, b"", "no_such_user")


async def test_a_user_is_shut_out_and_let_in_again(erp: Erp) -> None:
    """T24: by the id, also while the username is the address of a person."""
    invitation = await erp.house.waiting(erp.office)
    await erp.house.doorstep.approve(invitation.id, approver=f"boss1@{erp.office}.example")
    active = await erp.house.until_state(invitation, State.ACTIVE)
    path = f"/v1/users/{active.user_id}"

    states = [told(await erp.api.post(f"{path}/{each}"))["state"] for each in ("suspend", "resume")]
    erased = await erp.api.post(f"{path}/erase")

    assert states == ["suspended", "active"]
    assert (erased.status_code, code_of(await erp.api.get(path))) == (204, "no_such_user")


async def test_texts_are_written_previewed_and_restored(erp: Erp) -> None:
    """S2.20, S4.14, F17: each writing is a version; whoever did not read the newest one writes none."""
    empty = await erp.api.get(WELCOME)
    written = await erp.api.put(WELCOME, json=TEXT, headers={"If-Match": empty.headers["etag"]})
    late = await erp.api.put(WELCOME, json=TEXT | {"subject": "Late"}, headers={"If-Match": empty.headers["etag"]})
    preview = told(await erp.api.post(f"{WELCOME}/preview", json=TEXT | {"subject": "Draft"}))
    wrong = await erp.api.post(f"{WELCOME}/preview", json=TEXT | {"body": "{{ nothing }}"})
    restored = told(await erp.api.post(f"{WELCOME}/restore", json={"version": 0}))
    versions = (await erp.get(f"{WELCOME}/versions"))["data"]

    assert (told(empty)["version"], told(written)["version"], restored["version"]) == (0, 1, 2)
    assert (late.status_code, code_of(late)) == (412, "changed_meanwhile")
    assert (preview["subject"], "Kia ora" in preview["text"]) == ("Draft", True)
    assert (wrong.status_code, code_of(wrong)) == (422, "template_refused")
    assert [(each["version"], each["subject"]) for each in versions] == [(2, None), (1, "Kia ora")]


async def test_a_template_of_the_office_and_a_locked_one(erp: Erp) -> None:
    """S1.14, S2.16: one more welcome under a name of its own; the set-up mail is the same for every office."""
    await erp.api.put(WELCOME, json=TEXT)
    made = await erp.api.post("/v1/templates", json={"name": "growers-welcome", "like": "accountactivation-EJS"})
    taken = await erp.api.post("/v1/templates", json={"name": "growers-welcome"})
    locked = await erp.api.put("/v1/templates/invitation", json=TEXT)
    listed = {each["name"]: each for each in (await erp.get("/v1/templates"))["data"]}

    assert told(made, 201)["message"] == "welcome"
    assert (await erp.get(made.headers["location"]))["subject"] == "Kia ora"
    assert (code_of(taken), code_of(locked)) == ("template_taken", "template_locked")
    assert (listed["invitation"]["is_locked"], listed["growers-welcome"]["is_locked"]) == (True, False)


async def test_the_office_and_its_rules_are_changed(erp: Erp) -> None:
    """F17: what is named and nothing else; a changed rule is a new version, and an old reading changes nothing."""
    read = await erp.api.get("/v1/office")
    change = {"help_phone": "111", "policy": {"validity_seconds": 3600, "retention_seconds": None}}
    changed = told(await erp.api.patch("/v1/office", json=change, headers={"If-Match": read.headers["etag"]}))
    late = await erp.api.patch("/v1/office", json={"name": "Late"}, headers={"If-Match": read.headers["etag"]})
    wrong = await erp.api.patch("/v1/office", json={"region": "Atlantis"})

    before = told(read)
    version = before["policy_version"] + 1
    policy = before["policy"] | {"validity_seconds": 3600}
    assert changed == before | {"help_phone": "111", "policy_version": version, "policy": policy}
    assert (code_of(late), code_of(wrong), wrong.json()["field"]) == ("changed_meanwhile", "region", "region")


async def test_the_administrators_are_replaced(erp: Erp) -> None:
    """S4.22, F17: one to three; two systems that both read the old list do not undo each other."""
    path, read = "/v1/office/approvers", await erp.api.get("/v1/office/approvers")
    tag = {"If-Match": read.headers["etag"]}

    first = told(await erp.api.put(path, json={"approvers": ["a@x.example", "b@x.example"]}, headers=tag))
    late = await erp.api.put(path, json={"approvers": ["c@x.example"]}, headers=tag)
    many = await erp.api.put(path, json={"approvers": [f"{n}@x.example" for n in range(4)]})
    none = await erp.api.put(path, json={"approvers": []})

    assert first == await erp.get(path) == {"approvers": ["a@x.example", "b@x.example"]}
    assert (code_of(late), many.status_code, none.status_code) == ("changed_meanwhile", 422, 422)


async def test_what_happened_is_told_to_whoever_may_see_it(erp: Erp) -> None:
    """T20, T34: the audit tells who did what, refusals too; a key for templates sees nothing of people."""
    ana = await erp.ana()
    await erp.api.patch(f"/v1/contacts/{ana['id']}", json={"name": "Ana N"})
    await erp.api.put("/v1/templates/invitation", json=TEXT)

    [changed] = (await erp.get("/v1/audit", subject=ana["id"]))["data"]
    refused = (await erp.get("/v1/audit", event=Event.REFUSED, actor=changed["actor"]))["data"]
    async with Systems.of(erp.house).of_office(erp.office, Scope.TEMPLATES) as other:
        answers = [await other.get(f"/v1/{each}") for each in ("templates", "contacts", "audit", "users", "office")]

    assert (changed["event"], changed["via"], changed["detail"]["changed"]) == (Event.CONTACT_SET, "api", ["name"])
    assert [each["code"] for each in refused] == ["template_locked"]
    assert [each.status_code for each in answers] == [200, 403, 403, 403, 403]
