"""Invitations through the JSON API: made, listed, looked at, changed by two at once, decided."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from doorstep.domain.keys import Scope
from doorstep.domain.messages import Message
from doorstep.domain.states import Attention, State
from doorstep.store import tables as t
from tests.house import House
from tests.pages import add_accounts
from tests.systems import Systems, code_of

ASKED = "/v1/invitations"


@pytest.fixture(scope="module")
async def systems(worked_house: House) -> Systems:
    """The API."""
    return Systems.of(worked_house)


async def test_an_erp_invites_without_a_human(systems: Systems) -> None:
    """One request invites, mails, and tells where it stands; the second finds it open, and mails nothing."""
    house, office = systems.house, await systems.house.office()
    await add_accounts(house, office, {"1042": "Hill Road Farm"})
    said = {"email": f"ana@{office}.example", "name": "Ana", "accounts": ["1042"], "job": "Hill Road 4"}

    async with systems.of_office(office, Scope.INVITE) as system:
        first, second = [await system.post(ASKED, json=said) for _ in range(2)]
        made = await house.doorstep.show(first.json()["id"])
        await house.mail_of(made, Message.INVITATION)
        shown = (await system.get(first.headers["location"])).json()

    told = first.json()
    assert (first.status_code, second.status_code) == (201, 200)
    assert (told["is_new"], second.json()["is_new"], second.json()["id"]) == (True, False, told["id"])
    assert (told["invited_by"], told["office"], told["time_zone"]) == (made.invited_by, office, "Pacific/Auckland")
    assert (told["accounts"], told["job"]) == ([{"code": "1042", "name": "Hill Road Farm"}], "Hill Road 4")
    assert datetime.fromisoformat(told["expires_at"]).utcoffset() is not None
    assert told["invited_by"].startswith("key system")
    assert [each["message"] for each in shown["deliveries"]] == ["invitation"]
    assert len(house.mails(made.address, Message.INVITATION)) == 1


async def test_a_contact_brings_its_address_name_and_accounts(systems: Systems) -> None:
    """S0.4: an invitation to a contact needs nothing but its id."""
    house, office = systems.house, await systems.house.office()
    await add_accounts(house, office, {"1042": "Hill Road Farm"})
    contact = await house.doorstep.contact_add(
        office=office, name="Ana", email=f"ana@{office}.example", accounts=["1042"]
    )

    async with systems.of_office(office, Scope.INVITE) as system:
        response = await system.post(ASKED, json={"contact": str(contact.id), "is_draft": True})

    told = response.json()
    assert (told["name"], told["address"], told["contact"]) == ("Ana", f"ana@{office}.example", str(contact.id))
    assert [account["code"] for account in told["accounts"]] == ["1042"]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 422, "address_required"),
        ({"email": "nobody"}, 422, "address_invalid"),
        ({"email": "ana@example.org", "accounts": ["9999"]}, 422, "unknown_account"),
        ({"email": "ana@example.org", "roles": ["king"]}, 422, "unknown_role"),
        ({"email": "ana@example.org", "locale": "xx-yy-zz"}, 422, "locale"),
        ({"email": "ana@example.org", "channel": "text"}, 422, "phone_required"),
        ({"contact": "0199a7c2-5a80-7000-8000-000000000000"}, 404, "no_such_contact"),
    ],
)
async def test_what_the_domain_refuses_keeps_its_code(
    systems: Systems, said: dict[str, Any], status: int, code: str
) -> None:
    """Invariant 5: the API answers with the code that every other door has, and the field."""
    async with systems.of_office(await systems.house.office(), Scope.INVITE) as system:
        response = await system.post(ASKED, json=said)

    assert (response.status_code, code_of(response)) == (status, code)
    assert (response.json().get("field") is not None) is (status == 422)


async def test_every_command_answers_with_the_invitation(systems: Systems) -> None:
    """The commands of the command line, one after the other, and what is recorded of them."""
    house, office = systems.house, await systems.house.office()
    async with systems.of_office(office) as system:

        async def ask(command: str, **said: Any) -> dict[str, Any]:
            response = await system.post(f"{ASKED}/{identifier}/{command}", json=said or None)
            assert response.status_code == 200, response.text
            found: dict[str, Any] = response.json()
            return found

        draft = (await system.post(ASKED, json={"email": f"a@{office}.example", "is_draft": True})).json()
        identifier = draft["id"]
        sent = await ask("send")
        moved = await ask("readdress", address=f"b@{office}.example")
        link = await ask("link")
        why = (await system.get(f"{ASKED}/{identifier}/why")).json()
        revoked = await ask("revoke", reason="Left")
        erased = await ask("erase")
        records = (await system.get(f"{ASKED}/{identifier}/audit")).json()["data"]

    assert [each["state"] for each in (draft, sent, moved, revoked, erased)] == [
        *("draft", "pending", "pending", "revoked", "erased")
    ]
    assert (sent["workflow_id"], moved["address"], erased["address"]) == (
        f"invitation-{identifier}",
        f"b@{office}.example",
        "",
    )
    assert link["url"].startswith("http://portal.example/invitation/")
    assert why["sentences"]
    assert revoked["decision_note"] == "Left"
    assert {each["via"] for each in records if each["event"] != "message.sent"} == {"api"}
    assert await house.doorstep.list(office=office, state=State.ERASED)


async def test_a_decision_names_somebody_on_the_list(systems: Systems) -> None:
    """The key opens the door, and a username administrator of the office has to be named behind it."""
    house, office, other = systems.house, await systems.house.office(), await systems.house.office()
    waiting, rejected = await house.waiting(office), await house.waiting(office)
    boss = f"boss1@{office}.example"

    async with systems.of_office(office, Scope.APPROVE) as system, systems.of_office(other) as stranger:
        unlisted = await system.post(f"{ASKED}/{waiting.id}/approve", json={"approver": f"boss1@{other}.example"})
        foreign = await stranger.post(f"{ASKED}/{waiting.id}/approve", json={"approver": boss})
        approved = await system.post(
            f"{ASKED}/{waiting.id}/approve", json={"approver": boss, "permissions": ["invoices"], "note": "Known"}
        )
        again = await system.post(f"{ASKED}/{waiting.id}/approve", json={"approver": boss})
        refused = await system.post(
            f"{ASKED}/{rejected.id}/reject", json={"approver": boss, "reason": "Unknown", "is_silent": True}
        )
    done = await house.until_state(waiting, State.ACTIVE)

    assert (unlisted.status_code, code_of(unlisted)) == (403, "not_an_approver")
    assert (foreign.status_code, code_of(foreign)) == (404, "no_such_invitation")
    assert (approved.json()["granted"], approved.json()["decided_by"]) == (["invoices"], boss)
    assert (again.status_code, code_of(again)) == (409, "already_decided")
    assert (refused.json()["state"], refused.json()["decision_note"]) == ("rejected", "Unknown")
    assert (done.granted, done.decision_note) == (("invoices",), "Known")


async def test_a_read_that_changed_nothing_is_304(systems: Systems) -> None:
    """`If-None-Match`: the same is not sent again; a change is, also one that no revision tells of."""
    house, office = systems.house, await systems.house.office()
    made = await house.pending(office)
    path = f"{ASKED}/{made.id}"

    async with systems.of_office(office, Scope.READ) as system:
        tag = (await system.get(path)).headers["etag"]
        same = [await system.get(path, headers={"If-None-Match": sent}) for sent in (tag, f'"x", W/{tag}', "*")]
        flagged = t.invitations.update().where(t.invitations.c.id == made.id)
        await house.run(lambda tx: tx.execute(flagged.values(attention=[Attention.UNDELIVERABLE])))
        changed = await system.get(path, headers={"If-None-Match": tag})

    assert [(each.status_code, each.content, each.headers["etag"]) for each in same] == [(304, b"", tag)] * 3
    assert (changed.status_code, changed.json()["attention"]) == (200, ["undeliverable"])


async def test_of_two_who_read_the_same_one_changes_it(systems: Systems) -> None:
    """`If-Match`: of ten at once with the same tag one succeeds, nine hear 412, and one thing is done."""
    house, office = systems.house, await systems.house.office()
    made = await house.pending(office)
    path = f"{ASKED}/{made.id}"

    async with systems.of_office(office) as system:
        tag = (await system.get(path)).headers["etag"]
        answers = await asyncio.gather(
            *(
                system.post(f"{path}/readdress", json={"address": f"a{n}@{office}.example"}, headers={"If-Match": tag})
                for n in range(10)
            )
        )
        late = [
            await system.post(f"{path}/{command}", json=said, headers={"If-Match": tag})
            for command, said in (
                ("send", None),
                ("resend", None),
                ("revoke", {"reason": "x"}),
                ("approve", {"approver": f"boss1@{office}.example"}),
                ("reject", {"approver": f"boss1@{office}.example"}),
                ("erase", None),
            )
        ]
        weak = [await system.post(f"{path}/revoke", headers={"If-Match": sent}) for sent in (f"W/{tag}", "x", '"1"')]
        anyway = await system.post(f"{path}/revoke", headers={"If-Match": "*"})

    assert sorted(each.status_code for each in answers) == [200] + [412] * 9
    assert {(each.status_code, code_of(each)) for each in (*late, *weak)} == {(412, "changed_meanwhile")}
    assert anyway.json()["state"] == "revoked"
    assert (await house.events(made)).count("invitation.readdressed") == 1
