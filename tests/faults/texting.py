"""What the tests of the texter share: one text, and settings that name a gateway."""

from uuid import UUID

from pydantic import SecretStr

from doorstep.settings import Settings
from tests.faults.mailing import settings_for

TO = "+64215550142"
TEXT = "Riverbend Farm Supplies: you are invited. https://portal.example.org/invitation/abc"
DELIVERY = UUID("0199a4c2-8d10-7b3c-a1f2-6b0de94c7735")


def texting(url: str, *, seconds: float = 5.0, public_url: str = "https://portal.example.org") -> Settings:
    """Settings with a text gateway."""
    given = {"text_url": SecretStr(url), "text_timeout_seconds": seconds, "public_url": public_url}
    return settings_for("smtp://127.0.0.1:1").model_copy(update=given)
