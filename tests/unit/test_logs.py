"""What is written to the log, and what never is."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from doorstep import logs
from doorstep.security.links import KeyRing, Purpose, new_ring_text

RING = KeyRing.parse(new_ring_text("k1"))
TOKEN = RING.token(RING.make(Purpose.INVITATION, UUID(int=7), 1))
ADDRESS = "ana.o'neill+portal@mail.example.org"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log of a process that is not at a terminal."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    monkeypatch.setattr(sys, "stderr", stream)
    logs.set_up("DEBUG")
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**before[2])


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_t02_addresses_and_tokens_are_blacked_out(written: io.StringIO) -> None:
    """T02: whoever logs an address or a token by mistake, our code or a library, writes neither."""
    structlog.get_logger("ours").info("said", to=ADDRESS, link=f"http://portal.example/invitation/{TOKEN}?x=1")
    logging.getLogger("theirs").warning("GET /invitation/%s for <%s>", TOKEN, ADDRESS)

    said = written.getvalue()
    assert TOKEN not in said
    assert "@" not in said
    assert [line["level"] for line in lines(written)] == ["info", "warning"]


def test_t02_an_error_with_an_address_is_blacked_out(written: io.StringIO) -> None:
    """T02: a stack trace quotes the error's own words, and they are redacted like all others."""
    try:
        int(f"{ADDRESS} {TOKEN}")
    except ValueError:
        logging.getLogger("theirs").exception("failed")

    said = written.getvalue()
    assert "ValueError" in said
    assert TOKEN not in said
    assert "@" not in said


def test_t02_an_address_inside_a_list_or_mapping_is_blacked_out(written: io.StringIO) -> None:
    """T02: values inside other values are looked at too."""
    structlog.get_logger("ours").info("said", to=[ADDRESS], detail={"link": {"token": TOKEN}})

    said = written.getvalue()
    assert TOKEN not in said
    assert "@" not in said


@given(st.sampled_from(["\n", "\r\n", "\x1b[2K\x1b[1A", "\u2028", "\x00"]), st.text(max_size=20))
def test_t34_nothing_that_is_logged_can_forge_a_line(mark: str, text: str) -> None:
    """T34: a line break or a terminal's command in a value stays inside its one line of JSON."""
    forged = f'{text}{mark}{{"event": "invitation.approved"}}'
    event = logs.redact(None, "info", {"event": "said", "name": forged})

    rendered = structlog.processors.JSONRenderer()(None, "info", event)

    assert isinstance(rendered, str)
    assert rendered.isprintable()
    assert json.loads(rendered)["event"] == "said"


def test_t34_each_message_is_one_line(written: io.StringIO) -> None:
    """T34: what a person typed cannot begin a line of the log."""
    structlog.get_logger("ours").info("said", name='Ana\n{"event": "invitation.approved"}\x1b[31m')

    (line,) = lines(written)
    assert line["event"] == "said"
    assert "\x1b" not in written.getvalue()


def test_ids_of_the_context_are_written(written: io.StringIO) -> None:
    """T02: ids say what a line is about, so that no address is needed."""
    workflow_id = f"password-link-{UUID(int=7)}"
    with structlog.contextvars.bound_contextvars(workflow_id=workflow_id):
        structlog.get_logger("ours").info("said")

    (line,) = lines(written)
    assert line["workflow_id"] == workflow_id
