"""How the mailer keeps, replaces and gives up connections, and how long it waits (F02, F14, F15)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from doorstep.domain.messages import Handover, HandoverResult
from doorstep.mail.outcomes import Cause
from doorstep.mail.smtp import Mailer
from tests.faults import misbehaving_smtp as smtp
from tests.faults.mailing import MAIL, TO, settings_for
from tests.faults.misbehaving_smtp import MisbehavingSmtp, Mode
from tests.house import eventually


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingSmtp]:
    async with MisbehavingSmtp() as server:
        yield server


@pytest.fixture
async def mailer(server: MisbehavingSmtp) -> AsyncIterator[Mailer]:
    async with Mailer.of(settings_for(server.url)) as mailer:
        yield mailer


async def test_f14_a_silent_server_costs_no_more_than_the_time_out(server: MisbehavingSmtp) -> None:
    """F14: no greeting within the time-out defers, and the attempt as a whole is bounded."""
    server.mode = smtp.SLOW_GREETING
    clock = asyncio.get_running_loop().time

    async with Mailer.of(settings_for(server.url, seconds=0.3)) as mailer:
        began = clock()
        result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TIMED_OUT)
    assert clock() - began < 20, "the time-out of the settings, and not the minute of the library"


async def test_f14_a_slow_answer_after_the_content_is_unknown(server: MisbehavingSmtp) -> None:
    """F14: a time-out after the content was sent may follow a mail that was taken."""
    server.mode = smtp.SLOW_AFTER_DATA

    # Long enough to come as far as the content on a machine that is busy with something else.
    async with Mailer.of(settings_for(server.url, seconds=2.0)) as mailer:
        result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.UNKNOWN, Cause.TIMED_OUT)
    assert len(server.stored) == 1


async def test_f14_a_slow_mail_holds_up_no_other(server: MisbehavingSmtp) -> None:
    """F14: while one attempt waits for its time-out, another one on its own connection gets through."""
    server.mode = smtp.SLOW_AFTER_DATA

    async with Mailer.of(settings_for(server.url, seconds=60.0)) as mailer:
        slow = asyncio.create_task(mailer.hand_over(MAIL, TO))
        await server.taken.wait()
        server.mode = smtp.ACCEPT
        quick = await mailer.hand_over(MAIL, TO)
        is_slow_waiting = not slow.done()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow

    assert quick.kind is Handover.ACCEPTED
    assert is_slow_waiting


async def test_a_cancelled_attempt_leaves_no_connection(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """F02: an attempt that a stopping worker cancels hangs up, and its connection serves no later mail."""
    server.mode = smtp.SLOW_AFTER_DATA
    attempt = asyncio.create_task(mailer.hand_over(MAIL, TO))
    await server.taken.wait()
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    server.mode = smtp.ACCEPT

    result = await mailer.hand_over(MAIL, TO)

    assert result.kind is Handover.ACCEPTED
    assert server.connections == 2


async def test_connections_are_used_again(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """Mails one after the other share a connection, also after a refusal of one of them."""
    await mailer.hand_over(MAIL, TO)
    server.mode = smtp.REFUSE_550
    await mailer.hand_over(MAIL, TO)
    server.mode = smtp.ACCEPT
    await mailer.hand_over(MAIL, TO)

    assert server.connections == 1
    assert len(server.stored) == 2


async def test_a_burst_keeps_only_a_few_connections(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """Twenty mails at once all get through, and no more than four connections are kept for the next ones."""
    results = await asyncio.gather(*(mailer.hand_over(MAIL, TO) for _ in range(20)))

    async def left() -> bool | None:
        return True if len(server._sessions) <= 4 else None

    assert {result.kind for result in results} == {Handover.ACCEPTED}
    await eventually(left, "the others to be closed")
    assert len(server._sessions) == len(mailer._connections._idle) == 4


@pytest.mark.parametrize("does_notice", [True, False])
async def test_f15_a_stale_connection_is_no_failure(
    server: MisbehavingSmtp, mailer: Mailer, *, does_notice: bool
) -> None:
    """F15: a server that hung up on an idle connection is called again, within the same attempt."""
    await asyncio.gather(*(mailer.hand_over(MAIL, TO) for _ in range(3)))
    server.hang_up()
    if does_notice:
        await asyncio.sleep(0.05)

    result = await mailer.hand_over(MAIL, TO)

    assert result.kind is Handover.ACCEPTED
    assert server.connections == 4


async def test_f15_a_connection_that_says_goodbye_is_replaced(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """F15: a 421 in answer to the first command on an idle connection is replaced by a new connection too."""
    await mailer.hand_over(MAIL, TO)
    server.mode = Mode("RSET", "421 4.4.2 idle for too long")

    result = await mailer.hand_over(MAIL, TO)

    assert result.kind is Handover.ACCEPTED


async def test_idle_connections_are_closed(
    server: MisbehavingSmtp, mailer: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that nobody needs is given up after a while."""
    monkeypatch.setattr("doorstep.mail.connections.IDLE_SECONDS", 0.05)
    await mailer.hand_over(MAIL, TO)

    async def closed() -> bool | None:
        return None if server._sessions else True

    await eventually(closed, "the connection to be closed", patience=8)  # in production it would take ten seconds
