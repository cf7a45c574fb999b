"""Encryption, passwords and settings of the mailer, against a real server and real certificates (F13, T33)."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from structlog.testing import capture_logs

from doorstep.domain.messages import Handover, HandoverResult
from doorstep.mail.outcomes import Cause
from doorstep.mail.relay import Security, helo_name, relay_from
from doorstep.mail.smtp import Mailer
from doorstep.settings import SettingsError
from tests.faults import misbehaving_smtp as smtp
from tests.faults.mailing import DELIVERY, MAIL, TO, settings_for
from tests.faults.misbehaving_smtp import MisbehavingSmtp, Mode
from tests.logged import about


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingSmtp]:
    async with MisbehavingSmtp() as server:
        yield server


@pytest.fixture
async def mailer(server: MisbehavingSmtp) -> AsyncIterator[Mailer]:
    async with Mailer.of(settings_for(server.url)) as mailer:
        yield mailer


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def certified(authority: trustme.CA, host: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return context


@asynccontextmanager
async def handing_to(server: MisbehavingSmtp, url: str, ca_file: Path | None = None) -> AsyncIterator[Mailer]:
    async with server, Mailer.of(settings_for(url.format(port=server.port), ca_file)) as mailer:
        yield mailer


async def test_f13_a_wrong_password_is_the_operators_fault(server: MisbehavingSmtp) -> None:
    """F13: 535 defers under its own cause, is logged as an error, and nothing of the server's words gets out."""
    server.password = "right"
    url = server.url.replace("smtp://", "smtp://portal:wrong%40@")

    async with Mailer.of(settings_for(url)) as mailer:
        with capture_logs() as logs:
            result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, Cause.SIGN_IN_REFUSED, 535)
    assert [entry["log_level"] for entry in about(logs, DELIVERY)] == ["error"]
    assert "portal" not in str(logs)


@pytest.mark.parametrize(
    "mode", [smtp.GREETING_REFUSED_554, Mode("EHLO", "550 5.7.1 no"), Mode("MAIL", "530 5.7.0 sign in first")]
)
async def test_f13_a_server_that_wants_nothing_from_us_blames_no_invitee(
    server: MisbehavingSmtp, mailer: Mailer, mode: Mode
) -> None:
    """F13: a refusal before any address was named defers: the invitee's address is not at fault."""
    server.mode = mode

    with capture_logs() as logs:
        result = await mailer.hand_over(MAIL, TO)

    assert result.kind is Handover.DEFERRED
    assert about(logs, DELIVERY)[0]["log_level"] == "error"


async def test_user_and_password_are_decoded(server: MisbehavingSmtp) -> None:
    """A password with reserved characters is written percent-encoded in the setting and sent as it is."""
    server.password = "p@ss/word:é"
    url = server.url.replace("smtp://", "smtp://portal%40example.org:p%40ss%2Fword%3A%C3%A9@")

    async with Mailer.of(settings_for(url)) as mailer:
        await mailer.hand_over(MAIL, TO)

    assert server.stored[0].username == "portal@example.org"


@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls", "smtps"])
async def test_each_scheme_encrypts(authority: trustme.CA, ca_file: Path, scheme: str) -> None:
    """STARTTLS is used where it is offered and where it is required, and smtps is encrypted from the start."""
    server = MisbehavingSmtp(tls=certified(authority), is_tls_from_the_start=scheme == "smtps", password="secret")

    async with handing_to(server, f"{scheme}://portal:secret@127.0.0.1:{{port}}", ca_file) as mailer:
        result = await mailer.hand_over(MAIL, TO)

    assert result.kind is Handover.ACCEPTED
    assert server.stored[0].is_encrypted


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.parametrize("host", ["mail.other.example", "127.0.0.1"])
async def test_f13_a_bad_certificate_stops_the_password(
    authority: trustme.CA, ca_file: Path, scheme: str, host: str
) -> None:
    """F13: a certificate of another host, or of an authority unknown to us, ends the attempt before the password."""
    signer = trustme.CA() if host == "127.0.0.1" else authority
    server = MisbehavingSmtp(tls=certified(signer, host), is_tls_from_the_start=scheme == "smtps", password="secret")

    async with handing_to(server, f"{scheme}://portal:secret@127.0.0.1:{{port}}", ca_file) as mailer:
        with capture_logs() as logs:
            result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TLS_FAILED)
    assert about(logs, DELIVERY)[0]["log_level"] == "error"
    assert server.stored == []


async def test_a_certificate_of_this_machine_is_taken_from_this_machine(ca_file: Path) -> None:
    """smtp:// to loopback encrypts without asking who signed: a local mail server signs for itself."""
    server = MisbehavingSmtp(tls=certified(trustme.CA(), "snakeoil.example"))

    async with handing_to(server, "smtp://127.0.0.1:{port}", ca_file) as mailer:
        result = await mailer.hand_over(MAIL, TO)

    assert result.kind is Handover.ACCEPTED
    assert server.stored[0].is_encrypted


async def test_f13_required_encryption_that_is_not_offered_fails(server: MisbehavingSmtp) -> None:
    """F13: smtp+starttls hands nothing over in plain text, though the server would take it."""
    async with Mailer.of(settings_for(server.url.replace("smtp:", "smtp+starttls:"))) as mailer:
        result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TLS_FAILED)
    assert server.stored == []


async def test_f13_a_server_that_cannot_start_tls_fails(authority: trustme.CA, ca_file: Path) -> None:
    """F13: STARTTLS offered and then answered by 454 is a fault of the server's, not of the invitee's."""
    server = MisbehavingSmtp(tls=certified(authority), mode=smtp.BREAKS_TLS)

    async with handing_to(server, "smtp+starttls://127.0.0.1:{port}", ca_file) as mailer:
        result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TLS_FAILED, 454)


async def test_f13_no_password_in_plain_text_beyond_this_machine(server: MisbehavingSmtp) -> None:
    """F13: whoever strikes STARTTLS out of the offer is not told the password."""
    server.password = "secret"
    relay = relay_from(settings_for(server.url.replace("smtp://", "smtp://portal:secret@")))

    async with Mailer(replace(relay, is_loopback=False)) as mailer:
        result = await mailer.hand_over(MAIL, TO)

    assert result == HandoverResult(Handover.DEFERRED, Cause.TLS_FAILED)
    assert server.stored == []


async def test_we_greet_with_the_name_of_the_portal(server: MisbehavingSmtp, mailer: Mailer) -> None:
    """The greeting gives away the public name, not that of this machine."""
    await mailer.hand_over(MAIL, TO)

    assert server.greetings == ["portal.example.org"]
    assert [helo_name(url) for url in ("http://127.0.0.1:8080", "http://[::1]:80", "https://bücher.example")] == [
        "[127.0.0.1]",
        "[IPv6:::1]",
        "xn--bcher-kva.example",
    ]


@pytest.mark.parametrize(
    "url", ["http://u:secret@mail.example.org", "smtp://", "smtp://u:secret@mail.example.org:port", "smtp://a..b"]
)
def test_t33_a_bad_setting_is_named_without_its_value(url: str) -> None:
    """T33: an address of a mail server that cannot work is refused at the start, without showing the password."""
    with pytest.raises(SettingsError, match="DOORSTEP_SMTP_URL") as refused:
        relay_from(settings_for(url))

    assert "secret" not in str(refused.value)


def test_t33_a_missing_ca_file_is_named(tmp_path: Path) -> None:
    """T33: a file of certificates that is not there is refused at the start."""
    with pytest.raises(SettingsError, match="DOORSTEP_SMTP_CA_FILE"):
        relay_from(settings_for("smtps://mail.example.org", tmp_path / "none.pem"))


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("smtp://mail.example.org", 25, Security.OFFERED),
        ("smtp+starttls://mail.example.org", 587, Security.REQUIRED),
        ("smtps://mail.example.org", 465, Security.FROM_THE_START),
        ("smtp://[::1]:2525", 2525, Security.OFFERED),
    ],
)
def test_each_scheme_has_its_port(url: str, port: int, security: Security) -> None:
    """A setting without a port means the usual one of its scheme."""
    relay = relay_from(settings_for(url))

    assert (relay.port, relay.security) == (port, security)
