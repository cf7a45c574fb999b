"""Other systems as the tests have them: an office, its keys, the API, and a thing of each kind that it can name."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
from fastapi import FastAPI

from doorstep.domain.batches import BatchState, NewRow
from doorstep.domain.keys import Scope
from doorstep.store import webhooks
from starter.client import Doorstep
from tests.client_commands import fresh
from tests.house import House, eventually
from tests.offices_at_work import AtWork
from tests.pages import visitor
from web.app import create_app

PROBLEM = "application/problem+json"
MUCH = 1_000_000
_names = itertools.count(1)


@dataclass(frozen=True)
class Systems:
    """The web with its API, over the servers of the tests; no system is too fast for it."""

    house: House
    app: FastAPI

    @classmethod
    def of(cls, house: House, **settings: object) -> "Systems":
        """`settings` are those that are not as in the house."""
        chosen = house.settings.model_copy(update={"api_requests_per_minute": MUCH} | settings)
        return cls(house, create_app(replace(house.doorstep, settings=chosen)))

    async def key(self, office: str, *scopes: Scope) -> str:
        """A new key; good for everything where no scope is named."""
        name = f"system {next(_names)}"
        return (await self.house.doorstep.key_add(office, name, scopes=list(scopes or Scope))).secret

    @asynccontextmanager
    async def calling(self, secret: str = "", *, source: str = "") -> AsyncIterator[httpx2.AsyncClient]:
        """A system that sends a key, or none."""
        async with visitor(self.app, source=source) as client:
            if secret:
                client.headers["Authorization"] = f"Bearer {secret}"
            yield client

    @asynccontextmanager
    async def of_office(self, office: str, *scopes: Scope) -> AsyncIterator[httpx2.AsyncClient]:
        """A system with a new key of an office."""
        async with self.calling(await self.key(office, *scopes)) as client:
            yield client

    async def document(self) -> dict[str, Any]:
        """The document of the API."""
        async with self.calling() as client:
            found: dict[str, Any] = (await client.get("/v1/openapi.json")).json()
            return found


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Such as `POST /v1/invitations`."""
        return f"{self.method} {self.path}"

    @property
    def scope(self) -> Scope:
        """What a key has to be good for."""
        return Scope(self.said["security"][0]["key"][0])

    @property
    def things(self) -> list[str]:
        """The names of what the address names."""
        return [each["name"] for each in self.said.get("parameters", []) if each["in"] == "path"]

    def at(self, things: Mapping[str, str]) -> str:
        """The address, for those things."""
        return self.path.format_map(things)

    def request(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """What can be sent: the example of the document."""
        content = self.said.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            return {"json": example_of(content["application/json"]["schema"], document)}
        for media_type, each in content.items():
            body = each.get("example", "x")
            return {"content": str(body).encode(), "headers": {"Content-Type": media_type}}
        return {}


def example_of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The first example of a schema, or of what it refers to."""
    if "examples" in schema:
        return schema["examples"][0]
    for part in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if "$ref" in part:
            return example_of(document["components"]["schemas"][part["$ref"].rpartition("/")[2]], document)
    raise AssertionError(f"no example: {schema}")


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of a document."""
    return [
        Operation(method.upper(), path, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]


async def _template(doorstep: Doorstep, office: str) -> str:
    name = fresh("Welcome")
    await doorstep.template_add(office, name)
    return name


async def _external_key(at: AtWork) -> str:
    key = fresh("person")
    await at.operator.contact_put(at.office, key, name="Kim", email=f"{key}@x.example", accounts=[at.theirs.account])
    return key


async def _batch(at: AtWork) -> str:
    batch = await at.operator.batch_create(at.office, rows=[NewRow(email=f"{fresh('row')}@x.example")])

    async def look() -> str | None:
        found = await at.operator.batch(batch.id)
        return str(found.id) if found.state is BatchState.CHECKED and found.seen_rev == found.rev else None

    return await eventually(look, "the batch to be looked at")


async def _webhook(at: AtWork) -> str:
    """Kept without looking its host up, which the tests have no way to."""
    d, events = at.operator, ("batch.*",)
    added = await at.house.run(
        lambda tx: webhooks.add(tx, d.ring, d.actor, at.office, "https://erp.example/", events, "ops@x.example")
    )
    return str(added[0].id)


async def _source(at: AtWork) -> str:
    name = fresh("nightly")
    await at.operator.erp_set(at.office, name, location="https://erp.example/customers.csv", every=timedelta(days=31))
    return name


Thing = Callable[[AtWork], Awaitable[str]]


async def _text(value: object) -> str:
    return str(value)


THINGS: dict[str, Thing] = {
    "invitation_id": lambda at: _text(at.theirs.invitation),
    "contact_id": lambda at: _text(at.theirs.contact),
    "job_id": lambda at: _text(at.theirs.job),
    "user_id": lambda at: _text(at.theirs.user),
    "code": lambda at: _text(at.theirs.account),
    "template": lambda at: _template(at.operator, at.office),
    "external_key": _external_key,
    "batch_id": _batch,
    "webhook_id": _webhook,
    "source": _source,
}
"""What the addresses of the API name, by the names of their parameters: how an office comes by one of each."""


async def things_of(at: AtWork) -> dict[str, str]:
    """One of each, of an office."""
    return {name: await make(at) for name, make in THINGS.items()}


def code_of(response: httpx2.Response) -> str:
    """The code of a problem."""
    assert response.headers["content-type"] == PROBLEM, response.text
    said = response.json()
    assert said["status"] == response.status_code
    return str(said["code"])
