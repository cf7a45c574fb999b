"""`connect`, and the one object through which everybody comes in: command line, pages, other systems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from doorstep import settings as settings_module
from doorstep.security.links import KeyRing
from doorstep.settings import Settings
from doorstep.store.audit import Actor
from doorstep.store.engine import create_engine
from starter.approvals import Approvals
from starter.batch import Batches
from starter.clients import Clients
from starter.contacts import Contacts
from starter.delivery_sources import DeliverySources
from starter.directory import Directory
from starter.erp import Erp
from starter.exports import Exports
from starter.figures import Statistics
from starter.glance import Glance
from starter.group_roles import GroupRoles
from starter.hub_codes import HubCodes
from starter.hub_links import HubLinks
from starter.hub_openid import HubOpenId
from starter.hub_sessions import HubSessions
from starter.invite_list import InviteLists
from starter.invitee import Invitee
from starter.keys import Keys
from starter.listing import Listing
from starter.office_settings import OfficeSettings
from starter.offices import Offices
from starter.people import People
from starter.putting import Puts
from starter.reports import Reports
from starter.signing_in import SigningIn
from starter.staff_pages import StaffPages
from starter.staffing import Staffing
from starter.stories import Stories
from starter.support import Support
from starter.template_pages import TemplatePages
from starter.templates import Templates
from starter.temporal import Starter, connect_temporal
from starter.webhooks import Webhooks


class Doorstep(
    Approvals,
    Batches,
    Clients,
    Contacts,
    DeliverySources,
    Directory,
    Erp,
    Exports,
    Glance,
    GroupRoles,
    HubCodes,
    HubLinks,
    HubOpenId,
    HubSessions,
    InviteLists,
    Invitee,
    Keys,
    Listing,
    OfficeSettings,
    Offices,
    People,
    Puts,
    Reports,
    SigningIn,
    StaffPages,
    Staffing,
    Statistics,
    Stories,
    Support,
    TemplatePages,
    Templates,
    Webhooks,
):
    """The client API. Refusals raise `doorstep.domain.errors.Refused` with `code`, `message` and `status`."""


UNNAMED = {"cli": "operator", "page": "web"}
"""What the records call whoever came through a door and gave no name."""


@asynccontextmanager
async def connect(
    settings: Settings | None = None, *, actor: str | None = None, via: str = "api"
) -> AsyncIterator[Doorstep]:
    """Connect by the settings of the environment; Temporal is reached at the first start or wake.

    Args:
        settings: instead of those of the environment.
        actor: the member of staff who acts, with their rights, unless a call says otherwise; None: whoever holds the
            settings, who may do everything.
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
    who = Actor(actor or UNNAMED.get(via, via), via, is_trusted=actor is None)
    try:
        yield Doorstep(engine, Starter(temporal), ring, chosen, who)
    finally:
        await engine.dispose()
