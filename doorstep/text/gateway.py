"""The text gateway that the settings name, checked once at the start: Twilio, or a server that speaks its API."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from doorstep.settings import LOOPBACK, Settings, SettingsError


class Scheme(StrEnum):
    """How the gateway is reached; the values are the schemes of the setting."""

    ENCRYPTED = "twilio"
    PLAIN = "twilio+http"


_VARIABLE = "DOORSTEP_TEXT_URL"
_EXAMPLE = "twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com?from=+15005550006"
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}", re.IGNORECASE)
_SERVICE = re.compile(r"MG[0-9a-f]{32}", re.IGNORECASE)
# A number, a short code, or a name of letters and digits, which some countries allow.
_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


@dataclass(frozen=True)
class Gateway:
    """Where texts are handed over, and as whom; exactly one of `sender` and `service` is there."""

    base_url: str
    account: str = field(repr=False)
    token: str = field(repr=False)
    timeout_seconds: float
    sender: str = ""
    service: str = ""
    is_loopback: bool = False


def gateway_from(settings: Settings) -> Gateway | None:
    """The gateway of the settings; none where they name none.

    Raises:
        SettingsError: naming the variable, and never its value, which holds the token of the account.
    """
    value = settings.text_url.get_secret_value()
    if not value:
        return None
    url, scheme = _split(value)
    host, authority, is_loopback = _place(url)
    if scheme is Scheme.PLAIN and not is_loopback:
        raise SettingsError(f"{_VARIABLE}: twilio+http:// is for this machine alone; elsewhere write twilio://")
    account, token = unquote(url.username or ""), unquote(url.password or "")
    if not host or not token or not _ACCOUNT.fullmatch(account):
        raise SettingsError(f"{_VARIABLE}: needs an account (AC…), its token and a host; write it like {_EXAMPLE}")
    sender, service = _sender(url)
    return Gateway(
        base_url=f"{'http' if scheme is Scheme.PLAIN else 'https'}://{authority}",
        account=account,
        token=token,
        timeout_seconds=settings.text_timeout_seconds,
        sender=sender,
        service=service,
        is_loopback=is_loopback,
    )


def _split(value: str) -> tuple[SplitResult, Scheme]:
    try:
        url = urlsplit(value)
        return url, Scheme(url.scheme)
    except ValueError:
        raise SettingsError(f"{_VARIABLE}: must begin with twilio://, like {_EXAMPLE}") from None


def _place(url: SplitResult) -> tuple[str, str, bool]:
    try:
        host, port = url.hostname or "", url.port
    except ValueError:
        raise SettingsError(f"{_VARIABLE}: the host or the port is not one") from None
    name = f"[{host}]" if ":" in host else host
    return host, f"{name}:{port}" if port else name, _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK


def _sender(url: SplitResult) -> tuple[str, str]:
    # Not parse_qs, which reads the + before a number as a blank.
    said = dict(part.partition("=")[::2] for part in url.query.split("&") if part)
    sender, service = unquote(said.pop("from", "")), unquote(said.pop("messaging_service", ""))
    if said or bool(sender) == bool(service):
        raise SettingsError(f"{_VARIABLE}: say who sends, ?from=NUMBER or ?messaging_service=MG…, and nothing else")
    if sender and not _SENDER.fullmatch(sender):
        raise SettingsError(f"{_VARIABLE}: from is a number like +15005550006, a short code, or a name of 11 letters")
    if service and not _SERVICE.fullmatch(service):
        raise SettingsError(f"{_VARIABLE}: messaging_service is MG and 32 digits, as the Twilio console shows it")
    return sender, service
