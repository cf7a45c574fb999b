"""The mail server that the settings name, checked once at the start."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from doorstep.settings import LOOPBACK, Settings, SettingsError


class Security(StrEnum):
    """When a connection is encrypted; the values are the schemes of the setting."""

    OFFERED = "smtp"
    REQUIRED = "smtp+starttls"
    FROM_THE_START = "smtps"


DEFAULT_PORT = {Security.OFFERED: 25, Security.REQUIRED: 587, Security.FROM_THE_START: 465}
_VARIABLE = "DOORSTEP_SMTP_URL"


@dataclass(frozen=True)
class Relay:
    """Where mail is handed over, and how."""

    host: str
    port: int
    security: Security
    tls: ssl.SSLContext = field(repr=False)
    helo: str
    timeout_seconds: float
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    is_loopback: bool = False


def relay_from(settings: Settings) -> Relay:
    """The mail server of the settings.

    Raises:
        SettingsError: naming the variable, and never its value, which may hold a password.
    """
    url = urlsplit(settings.smtp_url.get_secret_value())
    security = _security(url)
    host, port = _place(url, security)
    return Relay(
        host=host,
        port=port,
        security=security,
        tls=_tls(settings.smtp_ca_file, is_verified=not (security is Security.OFFERED and _is_loopback(host))),
        helo=helo_name(settings.public_url),
        timeout_seconds=settings.smtp_timeout_seconds,
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        is_loopback=_is_loopback(host),
    )


def _security(url: SplitResult) -> Security:
    try:
        return Security(url.scheme)
    except ValueError:
        raise SettingsError(f"{_VARIABLE}: must begin with smtp://, smtp+starttls:// or smtps://") from None


def _place(url: SplitResult, security: Security) -> tuple[str, int]:
    try:
        host, port = url.hostname or "", url.port or DEFAULT_PORT[security]
        host = host if ":" in host else host.encode("idna").decode()
    except ValueError:
        raise SettingsError(f"{_VARIABLE}: the host or the port is not one") from None
    if not host:
        raise SettingsError(f"{_VARIABLE}: names no host; write it like smtp+starttls://user:password@mail.example.org")
    return host, port


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK


def _tls(ca_file: Path | None, *, is_verified: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise SettingsError("DOORSTEP_SMTP_CA_FILE: is no readable file of certificates") from None
    if not is_verified:
        # A mail server on this very machine often has a certificate that it made itself. Nobody sits in between,
        # and without the offer we would speak to it in plain text.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def helo_name(public_url: str) -> str:
    """How we greet: with the name that everybody knows anyway, never with the name of this machine."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        version = ip_address(host).version
    except ValueError:
        return host.encode("idna").decode()
    return f"[{host}]" if version == 4 else f"[IPv6:{host}]"  # noqa: PLR2004 - RFC 5321, 4.1.3
