"""Every setting of a process, read once at its start; nothing else in the house reads the environment.

A value comes from the environment (``DOORSTEP_…``), else from a file of that name in ``DOORSTEP_SECRETS_DIR`` (Docker
secrets), else from the ``settings.json`` that ``doorstep up`` keeps in ``DOORSTEP_HOME``, else from the default here.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

DEFAULT_HOME = Path(".doorstep")
MINIMUM_KEY_BYTES = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SettingsError(Exception):
    """The settings do not allow a start; each line of the text names one fault and its mend."""


class Settings(BaseSettings):
    """What one process needs to know; frozen, so that what it started with is what it runs with."""

    model_config = SettingsConfigDict(env_prefix="DOORSTEP_", frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "production"] = "development"
    database_url: SecretStr = Field(description="postgresql://user:password@host:port/database")
    database_pool_size: int = Field(default=10, ge=1, le=100, description="connections a process may hold")
    smtp_url: SecretStr = Field(description="smtp:// (STARTTLS where offered), smtp+starttls:// (required) or smtps://")
    smtp_ca_file: Path | None = Field(default=None, description="certificate authority of a private mail server")
    smtp_timeout_seconds: float = Field(default=20.0, gt=0, le=60)
    text_url: SecretStr = Field(
        default=SecretStr(""), description="twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com?from=NUMBER; empty: no texts"
    )
    text_timeout_seconds: float = Field(default=20.0, gt=0, le=60)
    webhook_loopback: bool = Field(
        default=False, description="webhooks may lead to this very machine, over plain http too; for development"
    )
    erp_folder: Path | None = Field(
        default=None, description="exports of the ERP are pulled from folders below this one; none: from no folder"
    )
    erp_tokens: SecretStr = Field(
        default=SecretStr(""), description="bearer tokens for pulling exports, 'host=token,host:port=token'"
    )
    returns_maildir: Path | None = Field(
        default=None, description="where a mail server puts the mail that comes back to the sender; a Maildir"
    )
    sender: str = Field(default="Doorstep <no-reply@localhost>", description="From, where an office has no own sender")
    public_url: str = Field(
        description="where people reach the pages; the only source of links, without a slash at the end"
    )
    link_keys: SecretStr = Field(
        description="key ring 'id:base64url,id:base64url'; the first one signs, all of them verify"
    )
    oidc_issuer: str = Field(
        default="", description="OpenID Connect provider for the Team Hub, as it calls itself; empty: none"
    )
    oidc_client_id: str = Field(default="", description="what the provider knows this Doorstep as")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="empty for a public client")
    oidc_name: str = Field(default="single sign-on", description="what the button calls it: Sign in with ...")
    temporal_ui_url: str = Field(
        default="", description="address of the Temporal Web UI, for the mails of the approvers"
    )
    operator_signals: Literal["listed", "deny"] = Field(
        default="listed", description="decisions sent straight to Temporal: from listed administrators, or not at all"
    )
    metrics_address: str = Field(default="", description="host:port of the worker's Prometheus page; empty: none")
    api_requests_per_minute: int = Field(default=1200, ge=1, description="what one API key may ask of the JSON API")
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8080, ge=0, le=65535)
    trusted_proxies: str = Field(default="127.0.0.1", description="addresses whose X-Forwarded-For is believed")
    metrics_clients: str = Field(
        default="127.0.0.0/8,::1", description="addresses and networks that may read /metrics of the web"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    activities_at_once: int = Field(
        default=20, ge=1, le=1000, description="how many activities a worker runs at a time"
    )
    cached_workflows: int = Field(
        default=30, ge=0, le=100_000, description="how many workflows a worker keeps in memory"
    )
    sweep_seconds: float = Field(default=3.0, gt=0, description="how often a worker looks for lost starts and wakes")
    drain_seconds: float = Field(default=30.0, gt=0, description="how long a stopping worker lets activities finish")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same; there is no .env here
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, secret files; the home comes in as defaults in `load`."""
        return init_settings, env_settings, file_secret_settings

    @property
    def is_production(self) -> bool:
        """True where unsafe defaults must refuse to start."""
        return self.environment == "production"


def home_path() -> Path:
    """The folder of the local stack: ``DOORSTEP_HOME``, by default ``.doorstep``."""
    return Path(os.environ.get("DOORSTEP_HOME") or DEFAULT_HOME).absolute()  # noqa: TID251 - the one place


def home_values(home: Path | None = None) -> dict[str, str]:
    """What ``doorstep up`` noted in a home, by the names of the environment; empty where there is no home."""
    path = (home or home_path()) / "settings.json"
    if not path.is_file():
        return {}
    values: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return values


def load() -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: with every fault at once, each naming its variable.
    """
    environment = os.environ  # noqa: TID251 - the one place
    missing = {k: v for k, v in home_values().items() if k.startswith("DOORSTEP_") and not environment.get(k)}
    arguments = {key.removeprefix("DOORSTEP_").lower(): value for key, value in missing.items()}
    secrets = environment.get("DOORSTEP_SECRETS_DIR")
    if secrets:
        arguments = {k: v for k, v in arguments.items() if not (Path(secrets) / f"doorstep_{k}").exists()}
    try:
        settings = Settings(_secrets_dir=secrets or None, **arguments)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_fault(item["loc"], item["msg"]) for item in error.errors())) from None
    faults = incomplete(settings) + unsafe(settings)
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def _fault(location: tuple[int | str, ...], message: str) -> str:
    name = "DOORSTEP_" + "_".join(str(part) for part in location).upper()
    hint = "; start `doorstep up`, or set it" if message == "Field required" else ""
    return f"{name}: {message[0].lower()}{message[1:]}{hint}"


def incomplete(settings: Settings) -> list[str]:
    """What is no use without another setting, one sentence each."""
    is_half = bool(settings.oidc_issuer) != bool(settings.oidc_client_id)
    return ["DOORSTEP_OIDC_ISSUER, DOORSTEP_OIDC_CLIENT_ID: set both, or none"] if is_half else []


def unsafe(settings: Settings) -> list[str]:
    """Everything that must not run outside development, one sentence each (T33)."""
    if not settings.is_production:
        return []
    smtp = urlsplit(settings.smtp_url.get_secret_value())
    faults = {
        "DOORSTEP_PUBLIC_URL: must begin with https:// in production": not settings.public_url.startswith("https://"),
        "DOORSTEP_SMTP_URL: use smtp+starttls:// or smtps:// in production": smtp.scheme == "smtp"
        and smtp.hostname not in LOOPBACK,
        "DOORSTEP_SENDER: set the address that the messages come from": "@localhost" in settings.sender,
        "DOORSTEP_LINK_KEYS: each key needs 32 random bytes; make one with `doorstep key new`": weak_ring(
            settings.link_keys.get_secret_value()
        ),
        "DOORSTEP_OIDC_ISSUER: must begin with https:// in production": bool(settings.oidc_issuer)
        and not settings.oidc_issuer.startswith("https://"),
        "DOORSTEP_WEBHOOK_LOOPBACK: webhooks never lead to this machine in production": settings.webhook_loopback,
        "DOORSTEP_DATABASE_URL: the user postgres owns too much; give Doorstep its own": (
            urlsplit(settings.database_url.get_secret_value()).username == "postgres"
        ),
    }
    return [sentence for sentence, is_fault in faults.items() if is_fault]


def weak_ring(text: str) -> bool:
    """True where a key of the ring is short, or made of few different characters, as typed ones are."""
    keys = [part.partition(":")[2] for part in text.split(",")]
    shortest = MINIMUM_KEY_BYTES * 4 // 3
    return any(len(key) < shortest or len(set(key)) < shortest // 3 for key in keys)


def temporal_defaults(home: Path | None = None) -> dict[str, str]:
    """The address of a home's Temporal server, for where no ``TEMPORAL_*`` variable or profile names one."""
    return {k: v for k, v in home_values(home).items() if k.startswith("TEMPORAL_")}


def is_development() -> bool:
    """True unless ``DOORSTEP_ENVIRONMENT`` says otherwise; for tools that must never touch a production."""
    return (os.environ.get("DOORSTEP_ENVIRONMENT") or "development") == "development"  # noqa: TID251 - the one place


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of the local stack: the caller's and `extra`, which wins.

    The caller's ``TEMPORAL_*`` are left out: an address, an API key or a profile of theirs leads to another server.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TEMPORAL_")}  # noqa: TID251 - the one place
    return inherited | dict(extra)
