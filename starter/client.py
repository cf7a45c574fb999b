"""`connect`, and the one object through which everybody comes in: command line, pages, other systems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from doorstep import settings as settings_module
from doorstep.security.links import KeyRing
from doorstep.settings import Settings
from doorstep.store.audit import Actor
from doorstep.store.engine import create_engine
from starter.offices import Offices
from starter.onboarding import Onboarding
from starter.signing_in import SigningIn
from starter.support import Support
from starter.temporal import Starter, connect_temporal


class Doorstep(Onboarding, Offices, SigningIn, Support):
    """The client API. Refusals raise `doorstep.domain.errors.Refused` with `code`, `message` and `status`."""


@asynccontextmanager
async def connect(settings: Settings | None = None, *, actor: str = "api", via: str = "api") -> AsyncIterator[Doorstep]:
    """Connect by the settings of the environment; Temporal is reached at the first start or wake.

    Args:
        settings: instead of those of the environment.
        actor: who acts, for the audit, unless a call says otherwise.
        via: the door: `api`, `cli` or `page`.

    Raises:
        SettingsError: naming every setting that is missing or wrong.
    """
    chosen = settings or settings_module.load()
    engine = create_engine(
        chosen.database_url.get_secret_value(), application=f"doorstep-{via}", pool_size=chosen.database_pool_size
    )
    temporal = await connect_temporal(is_lazy=True)
    ring = KeyRing.parse(chosen.link_keys.get_secret_value())
    try:
        yield Doorstep(engine, Starter(temporal), ring, chosen, Actor(actor, via))
    finally:
        await engine.dispose()
