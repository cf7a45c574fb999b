"""docker-compose.yml and the Dockerfile as the tests read them."""

import re
from pathlib import Path
from typing import Any

import yaml

from doorstep.security.links import new_ring_text

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VARIABLES = {
    "DOORSTEP_PUBLIC_URL": "https://portal.example",
    "DOORSTEP_SENDER": "Portal <no-reply@portal.example>",
}
"""What the guide asks for in `.env`."""

SECRETS = {
    "doorstep_database_url": "postgresql://doorstep:0a1b@postgres:5432/doorstep",
    "doorstep_erp_tokens": "erp.example=token",
    "doorstep_link_keys": new_ring_text("k1"),
    "doorstep_oidc_client_secret": "",
    "doorstep_smtp_url": "smtps://mail.example",
    "doorstep_text_url": f"twilio://AC{32 * '0'}:token@api.twilio.com?from=+15005550006",
}
"""What the guide asks for as files."""

REFERENCE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<word>[^}]*))?\}")


def expanded(node: Any) -> Any:
    """What Compose makes of `node` and everything below it, with the variables above."""
    if isinstance(node, dict):
        return {key: expanded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [expanded(value) for value in node]
    return REFERENCE.sub(_value, node) if isinstance(node, str) else node


def _value(found: re.Match[str]) -> str:
    if found[0] == "$$":
        return "$"
    return VARIABLES.get(found["name"], found["word"] if found["kind"] == "-" else "")


COMPOSE: dict[str, Any] = expanded(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "migrate", "cli")
DATABASES = ("postgres", "temporal-postgres")
JOBS = {name for name, service in SERVICES.items() if service["restart"] == "no"}
LASTING = sorted(SERVICES.keys() - JOBS)


def words(value: Any) -> str:
    """A command or a check as one text."""
    return " ".join(value) if isinstance(value, list) else str(value)
