"""What the tests of the mailer share: one mail, and settings that name a server."""

from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from doorstep.domain.messages import Message
from doorstep.mail.compose import compose
from doorstep.mail.examples import example
from doorstep.settings import Settings

TO = "ana@example.org"
MAIL = compose(replace(example(Message.INVITATION), recipient_address=TO))
DELIVERY = example(Message.INVITATION).delivery_id


def settings_for(url: str, ca_file: Path | None = None, seconds: float = 5.0) -> Settings:
    return Settings(
        database_url=SecretStr("postgresql://doorstep@localhost/doorstep"),
        smtp_url=SecretStr(url),
        smtp_ca_file=ca_file,
        smtp_timeout_seconds=seconds,
        public_url="https://portal.example.org",
        link_keys=SecretStr("k1:unused"),
    )
