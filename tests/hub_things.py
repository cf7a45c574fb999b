"""What the addresses of the Team Hub name in a world: one of each kind, by the name of the parameter."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.batches import BatchState, NewRow
from doorstep.domain.keys import Scope
from doorstep.store import staff_codes, staff_logins, webhooks
from tests.client_commands import fresh
from tests.house import eventually
from tests.offices_at_work import told

if TYPE_CHECKING:
    from tests.hub_world import World

THEIRS, OTHERS = "1042", "2000"
"""The account that is assigned to the rep, and the one that is not."""

TEMPLATE, KEY, SOURCE, PROVIDER, GROUP = "Growers", "erp", "nightly", "Postwerk", "seasonal_staff"
BODY = "Kia ora.\n\n[Sign in]({{ sign_in_url }})"


async def add_things(world: "World") -> None:
    """Add what is not there yet, and name everything."""
    await asyncio.gather(_added(world), _rep(world), _batch(world), _systems(world), _template(world), _group(world))
    things, others = world.things, world.others
    for point, invitation in world.points.items():
        things |= {f"invitation.{point}": str(invitation.id), f"rev.{point}": str(invitation.rev)}
        if invitation.user_id is not None:
            things[f"user.{point}"] = str(invitation.user_id)
    things |= {"office": world.office, "invitation": things["invitation.pending"]}
    others |= {"invitation": things["invitation.other"], "invitation.waiting": things["invitation.other_waiting"]}
    await _of_contacts(world)
    await _code(world)
    kinds = {name: name.partition(".")[0] for name in things}
    world.others = {name: others[kind] for name, kind in kinds.items() if kind in others} | others


async def _of_contacts(world: "World") -> None:
    names = {"": "Ana Ngata", ".asked": "Ana Ngata", ".new": "Ben Ngata", ".kept": "Fred Ngata"}
    ids = {each.name: each for each in await world.house.doorstep.contacts(world.office)}
    world.things |= {f"contact{point}": str(ids[name].id) for point, name in names.items()}
    world.things["contact_seen"] = ids["Ana Ngata"].updated_at.isoformat()
    world.others["contact"] = str(ids["Cleo Hare"].id)


async def _code(world: "World") -> None:
    """The chief has begun to set up one-time codes, and is not asked for one yet."""

    async def work(tx: AsyncConnection) -> None:
        login = await staff_logins.make(tx, world.chief)
        await staff_codes.begin(tx, world.house.ring, login)

    await world.house.run(work)


async def _added(world: "World") -> None:
    """Users who were added directly, of either account."""
    d, office = world.house.doorstep, world.office
    for account, things in ((THEIRS, world.things), (OTHERS, world.others)):
        username = fresh("hill" if account == THEIRS else "rimu")
        await d.add_user(
            office=office, account=account, email=f"{username}@{office}.example", username=username, name="Una Hill"
        )
        await told(world.house, username)
        things |= {"account": account, "user": str((await d.user(username)).user.id)}
    active = await d.user(world.points["active"].address)
    world.things["membership"] = str(active.memberships[0].id)


async def _rep(world: "World") -> None:
    rep, crm = f"rachel@{world.office}.example", ["crmCompanyView", "crmCompanyEdit"]
    set_staff = world.house.doorstep.staff_set
    made = await set_staff(world.office, rep, name="Rachel Moana", permissions=crm, is_rep=True, accounts=[THEIRS])
    world.things |= {"rep": rep, "member": str(made.id), "approver": f"boss2@{world.office}.example"}


async def _batch(world: "World") -> None:
    """One that waits for somebody to say go."""
    house, office = world.house, world.office
    rows = [NewRow(email=f"row{number}@{office}.example", accounts=(THEIRS,)) for number in range(3)]
    rows.append(NewRow(email="nobody at all", accounts=(THEIRS,)))
    made = await house.doorstep.batch_create(office, rows=rows, name="Spring customers", actor=world.chief)

    async def look() -> bool | None:
        found = await house.doorstep.batch(made.id)
        return True if found.state is BatchState.CHECKED and found.seen_rev == found.rev else None

    await eventually(look, "the batch to be looked at")
    world.things["batch"] = str(made.id)


async def _systems(world: "World") -> None:
    """What other systems have of the office; the webhook listens to what never happens here."""
    house, office, d = world.house, world.office, world.house.doorstep
    key = await d.key_add(office, KEY, scopes=[Scope.READ, Scope.INVITE])
    await d.erp_set(office, SOURCE, location="https://erp.example/customers.csv", every=timedelta(days=31))
    await d.delivery_source_add(office, PROVIDER)
    # Kept without looking its host up, which the tests have no way to.
    added = await house.run(
        lambda tx: webhooks.add(tx, d.ring, d.actor, office, "https://erp.example/", ("key.none",), "it@erp.example")
    )
    world.things |= {"key": str(key.key.id), "source": SOURCE, "provider": PROVIDER, "webhook": str(added[0].id)}


async def _template(world: "World") -> None:
    """A welcome of the office's own, in more than one version."""
    d, office = world.house.doorstep, world.office
    await d.template_add(office, TEMPLATE)
    await d.template_set(office, TEMPLATE, subject="Welcome", body=BODY)
    saved = await d.template_set(office, TEMPLATE, subject="Welcome to us", body=f"Hello.\n\n{BODY}")
    world.things |= {"name": TEMPLATE, "body": BODY, "seen": str(saved.number)}


async def _group(world: "World") -> None:
    """A group role of the office's own."""
    made = await world.house.doorstep.group_role_set(world.office, GROUP, ["customer", "buyer"])
    world.things |= {"group": GROUP, "group_seen": made.edition}
