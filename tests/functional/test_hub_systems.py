"""Other systems, looked after in the Team Hub: API keys, delivery sources, sources of the ERP, and who may."""

from re import search
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from tests.functional.test_api_directory import statements
from tests.functional.test_erp_pull import ended, exported
from tests.functional.webhook_receiver import receiving
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import seen, visitor

MOST_QUERIES = 8
KEYS, HOOKS, SOURCES, ERP = (f"/settings/{name}" for name in ("keys", "webhooks", "delivery-sources", "erp"))


def secret_on(answer: httpx2.Response) -> str:
    """The secret that a page shows; it is kept by nobody on the way."""
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = search(r'<code class="secret" id="secret">([^<]+)</code>', answer.text)
    assert found is not None
    return found[1]


async def boss_of(house: House, app: FastAPI, office: str = "") -> Colleague:
    """Somebody who may change the settings."""
    return await colleague(house, app, office or await house.office(), "administrator")


async def test_a_key_is_shown_once_opens_the_api_and_is_revoked(house: House, app: FastAPI) -> None:
    """T06: the key stands on the page that made it and on no other; it opens the API until it is revoked."""
    boss = await boss_of(house, app)

    made = await boss.send(boss.path(KEYS), name="erp", scope=["read", "invite"], expires_in="90")
    secret = secret_on(made)
    page = await boss.look(boss.path(KEYS))
    [key] = await house.doorstep.keys(boss.office)
    opened = await visitor(app).get("/v1/invitations", headers={"Authorization": f"Bearer {secret}"})
    revoked = await boss.send(boss.path(f"{KEYS}/{key.id}/revoke"))
    after = await boss.look(revoked.headers["location"])
    shut = await visitor(app).get("/v1/invitations", headers={"Authorization": f"Bearer {secret}"})

    assert secret not in page.html
    assert (key.created_by, sorted(key.scopes), key.expires_at is None) == (boss.address, ["invite", "read"], False)
    assert "A revoked key cannot be brought back" in page.words
    assert (opened.status_code, shut.status_code) == (200, 401)
    assert "The key is revoked." in after.words
    assert f"{KEYS}/{key.id}/revoke" not in after.html


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"name": "", "scope": "read"}, "name", "Say what the key is for"),
        ({"name": "erp", "expires_in": "30"}, "scope", "Name what the key is good for"),
        ({"name": "erp", "scope": "everything"}, "scope", "Name what the key is good for"),
        ({"name": "erp", "scope": "read", "office": "other"}, "", "The form did not arrive"),
    ],
)
async def test_t19_a_key_that_cannot_be_made_loses_nothing_of_what_was_typed(
    house: House, app: FastAPI, fields: dict[str, str], field: str, words: str
) -> None:
    """T19: the fault stands at its field, what was typed stays, and a field that no form of ours has is refused."""
    boss = await boss_of(house, app)

    answer = await boss.send(boss.path(KEYS), **fields)

    page = seen(answer)
    assert answer.status_code == 422
    assert words in page.words
    assert page.fields["name"]["value"] == fields["name"]
    assert not field or f"{field}-fault" in page.by_id
    assert await house.doorstep.keys(boss.office) == []


async def test_two_keys_of_one_name_are_one_too_many(house: House, app: FastAPI) -> None:
    """T06: a name tells in the audit who came; the second one is refused on the page with the form."""
    boss = await boss_of(house, app)
    await boss.send(boss.path(KEYS), name="erp", scope="read")

    answer = await boss.send(boss.path(KEYS), name="erp", scope="read")

    assert answer.status_code == 409
    assert "A key of that name opens this office already." in seen(answer).words


@pytest.mark.parametrize("path", [KEYS, HOOKS, SOURCES, ERP])
async def test_s4_4_only_whoever_may_change_settings_sees_them(house: House, app: FastAPI, path: str) -> None:
    """S4.4: without the right neither the page nor what it does is there, and the refusal is recorded."""
    clerk = await colleague(house, app, await house.office(), "companyView", "companyEdit")
    fields = {
        KEYS: {"name": "x", "scope": "read"},
        SOURCES: {"name": "x"},
        ERP: {"name": "x", "location": ".", "every": "3600"},
    }

    await clerk.look(clerk.path(path), 403)
    answer = await clerk.send(clerk.path(path), **fields.get(path, {"url": "https://a.example/", "events": "*"}))

    assert answer.status_code == 403
    refused = [each.code for each in await house.doorstep.office_audit(clerk.office, is_refused=True)]
    assert "not_allowed" in refused


async def test_a_mail_provider_reports_with_the_secret_it_was_given(house: House, app: FastAPI) -> None:
    """T23, S3.7: name it, enter address and secret there, make another secret, and end it; it says what each does."""
    boss = await boss_of(house, app)

    made = await boss.send(boss.path(SOURCES), name="Postbote")
    first = secret_on(made)
    taken = await boss.send(boss.path(SOURCES), name="Postbote")
    second = secret_on(await boss.send(boss.path(f"{SOURCES}/rotate"), name="Postbote", overlap="24"))
    [source] = await house.doorstep.delivery_sources(boss.office)
    page = await boss.look(boss.path(SOURCES))
    secrets = await house.doorstep.delivery_secrets(source.source.id)
    await boss.send(boss.path(f"{SOURCES}/remove"), name="Postbote")

    assert source.address in made.text
    assert (taken.status_code, seen(taken).fields["name"]["value"]) == (409, "Postbote")
    assert set(secrets) == {first, second}
    assert "Reports of “Postbote” are refused from now on" in page.words
    assert first not in page.html
    assert await house.doorstep.delivery_sources(boss.office) == []


async def test_s0_3_customers_are_pulled_from_the_erp_without_typing(house: House, app: FastAPI) -> None:
    """S0.3: set a source, pull it now, read the result and the rows that were refused, pause and remove it."""
    boss = await boss_of(house, app)
    exported(boss.office, "1042,Ana Ngata,ana@kauri.example,,", "1043,Ben,ben at kauri,,")

    put = await boss.send(boss.path(ERP), name="daily", location=boss.office, every="86400", cron="", time_zone="")
    here = put.headers["location"].partition("&done")[0]
    begun = await boss.send(boss.path(f"{ERP}/run"), name="daily")
    await ended(house, boss.office)
    page = await boss.look(here)
    paused = await boss.send(boss.path(f"{ERP}/pause"), name="daily")
    listed = await boss.look(boss.path(ERP))
    await boss.send(boss.path(f"{ERP}/resume"), name="daily")
    removed = await boss.send(boss.path(f"{ERP}/remove"), name="daily")

    assert [answer.headers["location"].rpartition("=")[2] for answer in (put, begun)] == ["erp-set", "erp-pulled"]
    assert "done: 2 rows, 1 new accounts" in page.words
    assert "customers.csv" in page.words
    assert "E-mail" in page.words
    assert "ben at kauri" not in page.html
    assert paused.headers["location"].endswith("done=erp-paused")
    assert "paused" in listed.words
    assert removed.headers["location"] == f"{boss.path(ERP)}?done=erp-removed"
    assert await house.doorstep.erp_sources(boss.office) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "", "location": ".", "every": "3600"}, "name"),
        ({"name": "daily", "location": "../secrets", "every": "3600"}, "location"),
        ({"name": "daily", "location": "http://10.0.0.7/x.csv", "every": "3600"}, "location"),
        ({"name": "daily", "location": ".", "every": "1"}, "every"),
        ({"name": "daily", "location": ".", "every": "9" * 18}, "every"),
        ({"name": "daily", "location": ".", "every": "", "cron": "every night"}, "every"),
        ({"name": "daily", "location": ".", "every": "", "cron": "0 2 * * *", "time_zone": "Mars"}, "every"),
    ],
)
async def test_t32_a_source_that_cannot_be_is_told_at_its_field(
    house: House, app: FastAPI, fields: dict[str, str], field: str
) -> None:
    """T32: neither a folder above ours nor a machine inside is read; what was typed stays."""
    boss = await boss_of(house, app)

    answer = await boss.send(boss.path(ERP), **fields)

    page = seen(answer)
    assert answer.status_code == 422
    assert f"{field}-fault" in page.by_id
    assert page.fields["location"]["value"] == fields["location"]
    assert await house.doorstep.erp_sources(boss.office) == []


async def test_the_pages_about_systems_cost_the_same_for_any_number(house: House, app: FastAPI) -> None:
    """T27: at most eight queries, with one of each or with four."""
    boss = await boss_of(house, app)
    d, office = house.doorstep, boss.office
    async with receiving() as receiver:
        for name in ("a", "b", "c", "d"):
            await d.key_add(office, name, scopes=["read"])
            await d.webhook_add(office, receiver.url, events=["*"], owner="it@example.org")
            await d.delivery_source_add(office, name)
            await d.erp_set(office, name, location=office, cron="0 2 1 1 *")
    webhook: UUID = (await d.webhooks(office))[0].id

    for path in (KEYS, HOOKS, f"{HOOKS}/{webhook}", SOURCES, ERP, f"{ERP}/source?name=a"):
        with statements(house) as said:
            await boss.look(boss.path(path))

        assert len(said) <= MOST_QUERIES, (path, said)
