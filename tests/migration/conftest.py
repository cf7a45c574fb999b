"""An empty database for each test, beside the one of the other tests."""

from collections.abc import Iterator

import psycopg
import pytest
import uuid_utils.compat as uuid_utils
from psycopg import sql

from doorstep.local.stack import Stack


@pytest.fixture
def database(servers: Stack) -> Iterator[str]:
    url = servers.addresses()["database_url"]
    name = f"migrations_{uuid_utils.uuid7().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield url.replace("/doorstep?", f"/{name}?")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
