"""The frame of the JSON API: whatever goes wrong is a problem, the document is whole, the pages are for people."""

from dataclasses import replace

import httpx2
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from doorstep.domain.keys import Scope
from tests.house import House
from tests.pages import seen
from tests.systems import PROBLEM, Systems, code_of, example_of, operations
from web.api.problems import BY_STATUS
from web.app import create_app

ASKED = "/v1/invitations"


@pytest.fixture(scope="module")
async def systems(worked_house: House) -> Systems:
    """The API."""
    return Systems.of(worked_house)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "no_such_path"),
        ("GET", "/v1/invitations/", 404, "no_such_path"),
        ("GET", "/v1//invitations", 404, "no_such_path"),
        ("GET", "/v1/problems/Not-A-Code", 404, "no_such_path"),
        ("DELETE", ASKED, 405, "method_not_allowed"),
        ("GET", f"{ASKED}/no-id", 422, "invalid_request"),
        ("GET", f"{ASKED}/0199a7c2-5a80-7000-8000-000000000000", 404, "no_such_invitation"),
        ("GET", f"{ASKED}?state=lost", 422, "invalid_request"),
        ("GET", f"{ASKED}?limit=0", 422, "invalid_request"),
        ("GET", f"{ASKED}?job=%00", 422, "invalid_request"),
        ("GET", f"{ASKED}?created_after=2026-11-22T09:00:00", 422, "invalid_request"),
        ("GET", f"{ASKED}?created_after=0001-01-01T00:00:00%2B14:00", 422, "invalid_request"),
        ("GET", f"{ASKED}?cursor=AAAA", 422, "cursor_invalid"),
        ("GET", f"{ASKED}?cursor=%E2%98%83", 422, "cursor_invalid"),
    ],
)
async def test_what_goes_wrong_is_a_problem(systems: Systems, method: str, path: str, status: int, code: str) -> None:
    """Every refusal of the frame is a problem with a stable code, and its type is an address that explains it."""
    async with systems.of_office(await systems.house.office(), Scope.READ) as system:
        response = await system.request(method, path)
        explained = await system.get(response.json()["type"])

    assert (response.status_code, code_of(response)) == (status, code)
    assert (explained.status_code, explained.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert code in seen(explained).words


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        (b"{", 422, ["1"]),
        (b"", 422, ["body"]),
        (b"[]", 422, ["body"]),
        (b'{"email": 1}', 422, ["email"]),
        (b'{"email": "a\\u0000b@x.example"}', 422, ["email"]),
        (b'{"name": "\\ud800", "email": "ana@x.example"}', 422, ["name"]),
        (b'{"email": "ana@x.example", "office": "other"}', 422, ["office"]),
        (b'{"email": "ana@x.example", "state": "active", "accounts": [1]}', 422, ["accounts.0", "state"]),
        (b'{"email": "nobody"}', 422, ["email"]),
        (b'{"name": "' + b"x" * 70_000 + b'"}', 413, []),
        (b'{"\xff"', 400, []),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_field_by_field(
    systems: Systems, body: bytes, status: int, fields: list[str]
) -> None:
    """T19: what is not in the document is refused, and so is what cannot be kept; nothing sent is said again."""
    async with systems.of_office(await systems.house.office(), Scope.INVITE) as system:
        response = await system.post(ASKED, content=body, headers={"Content-Type": "application/json"})

    code_of(response)
    assert response.status_code == status
    assert sorted(each["field"] for each in response.json().get("errors", [])) == fields


async def test_a_body_that_is_no_json_is_refused(systems: Systems) -> None:
    """T12: a form, which a page of another site can send, is no JSON, whatever it holds."""
    async with systems.of_office(await systems.house.office(), Scope.INVITE) as system:
        response = await system.post(ASKED, content=b'{"email": "a@x.example"}', headers={"Content-Type": "text/plain"})

    assert (response.status_code, code_of(response)) == (422, "invalid_request")


async def test_405_names_every_method(systems: Systems) -> None:
    """The Allow header has the methods of every operation at the address."""
    async with systems.calling() as system:
        response = await system.request("TRACE", ASKED)

    assert response.headers["allow"] == "GET, POST"


async def test_a_browser_of_another_site_is_refused(systems: Systems) -> None:
    """T12: a key does not exempt what a page of another site sends, with a cookie or without one."""
    forged = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    async with systems.of_office(await systems.house.office(), Scope.INVITE) as system:
        with_key = await system.post(ASKED, json={"email": "ana@example.org"}, headers=forged)
        system.cookies.set("doorstep_session", "anything")
        with_both = await system.post(ASKED, json={"email": "ana@example.org"}, headers={"Origin": forged["Origin"]})
        listed = await system.get(ASKED)

    assert [(each.status_code, code_of(each)) for each in (with_key, with_both)] == [(403, "cross_origin")] * 2
    assert listed.json()["data"] == []


async def test_another_host_is_a_problem_too(systems: Systems) -> None:
    """T17: asked for under a host that is not ours, the API says so as it says everything."""
    async with systems.calling() as system:
        response = await system.get("/v1/openapi.json", headers={"Host": "evil.example"})

    assert (response.status_code, code_of(response)) == (400, "bad_request")


async def test_every_answer_has_the_guards_of_the_pages(systems: Systems) -> None:
    """T13, T25: the same headers as on every page, on answers, problems and the document."""
    async with systems.of_office(await systems.house.office(), Scope.READ) as system:
        answers = [await system.get(path) for path in (ASKED, "/v1/nothing", "/v1/openapi.json", "/v1", "/v1/docs")]

    for each in answers:
        assert each.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in each.headers["content-security-policy"]
        assert not [name for name in each.headers if name.startswith("access-control")]


async def test_a_database_that_is_away_is_503(house: House) -> None:
    """F06: the answer is a problem with Retry-After, whatever was asked."""
    engine = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    app = create_app(replace(house.doorstep, engine=engine))
    transport = httpx2.ASGITransport(app)

    async with httpx2.AsyncClient(transport=transport, base_url="http://portal.example") as system:
        response = await system.get(ASKED, headers={"Authorization": f"Bearer dsk_{'x' * 43}"})

    assert (response.status_code, code_of(response)) == (503, "database_unavailable")
    assert response.headers["retry-after"] == "5"


async def test_a_fault_of_ours_is_500(house: House) -> None:
    """A fault shows nothing of itself but a reference, which the log has too."""
    systems = Systems.of(house)
    office = await house.office()
    async with systems.of_office(office, Scope.READ) as system:
        [api] = [each.kwargs["api"] for each in systems.app.user_middleware if "api" in each.kwargs]
        api.state.site = None  # type: ignore[attr-defined]
        response = await system.get(ASKED)

    assert (response.status_code, code_of(response)) == (500, "fault")
    assert len(response.json()["reference"]) == 8
    assert "settings" not in response.text


async def test_the_document_says_everything(systems: Systems) -> None:
    """OpenAPI 3.1: each operation has words, a scope, examples, every problem it may answer with."""
    document = await systems.document()
    found = operations(document)

    assert document["openapi"].startswith("3.1")
    for each in found:
        assert each.said["summary"], each.name
        assert {"400", "401", "403", "422", "429", "500", "503"} <= each.said["responses"].keys(), each.name
        assert ("404" in each.said["responses"]) >= bool(each.things), each.name
        assert isinstance(each.scope, Scope)
        each.request(document)
        for status, answer in each.said["responses"].items():
            _has_an_example(status, answer, document)
        for parameter in each.said.get("parameters", []):
            assert parameter["in"] == "path" or parameter["description"], (each.name, parameter["name"])
    names = [each.said["operationId"] for each in found]
    assert len(names) == len(set(names))


def _has_an_example(status: str, answer: dict[str, object], document: dict[str, object]) -> None:
    content = answer.get("content", {})
    assert isinstance(content, dict)
    if int(status) >= 400:
        assert list(content) == [PROBLEM]
    elif "application/json" in content:
        schema = content["application/json"]["schema"]
        if "$ref" in schema and "Listed" in schema["$ref"]:
            name = schema["$ref"].rpartition("/")[2]
            schema = document["components"]["schemas"][name]["properties"]["data"]["items"]  # type: ignore[index]
        assert example_of(schema, document)


async def test_every_field_of_the_document_is_described(systems: Systems) -> None:
    """Nobody has to guess what a field means."""
    schemas = (await systems.document())["components"]["schemas"]

    missing = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, said in schema.get("properties", {}).items()
        if "description" not in said and "$ref" not in said
    ]

    assert missing == []


async def test_the_page_lists_every_operation(systems: Systems) -> None:
    """A person reads what there is on a page of ours, which loads nothing from elsewhere."""
    document = await systems.document()
    async with systems.calling() as browser:
        response = await browser.get("/v1/")

    words = seen(response).words
    assert [each.name for each in operations(document) if each.name not in words] == []
    assert "https://" not in response.text


def test_the_codes_of_the_frame_are_known() -> None:
    """A status that the frame answers with has a code and a sentence of its own."""
    assert len({code for code, _ in BY_STATUS.values()}) == len(BY_STATUS)
