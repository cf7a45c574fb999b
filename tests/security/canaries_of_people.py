"""More paths with one word in everything personal: people who are known already, texted, added directly, erased."""

import uuid_utils.compat as uuid_utils

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.direct import mail_to
from tests.house import House
from tests.security.canaries import Canary, pending, waiting


async def known(house: House, canary: Canary) -> None:
    """Somebody of this office, granted by a second one and asked by a third one."""
    ana = await waiting(house, canary, "known")
    await house.doorstep.approve(ana.id, approver=canary.boss)
    await house.until_state(ana, State.ACTIVE)
    granted = await _visit(house, canary, ana, existing_users="grant")
    await house.doorstep.approve(granted.id, approver=canary.boss)
    await house.until_state(granted, State.ACTIVE)
    await house.mail_of(granted, Message.WELCOME_EXISTING)
    asked = await _visit(house, canary, ana, existing_users="consent")
    mail = await house.mail_of(asked, Message.INVITATION)
    await house.doorstep.accept(house.token(mail), source=canary.word)
    await house.doorstep.approve(asked.id, approver=canary.boss)
    await house.until_state(asked, State.ACTIVE)


async def _visit(house: House, canary: Canary, ana: Invitation, **rules: object) -> Invitation:
    office = f"o{uuid_utils.uuid7().hex[-12:]}"
    await house.doorstep.office_set(office, own={"name": f"Visited {canary.word}"}, rules=rules)
    await house.doorstep.approvers_set(office, [canary.boss])
    typed = ana.address.replace("known", "KNOWN", 1)
    made = await house.doorstep.invite(office=office, email=typed, name=f"known {canary.word}")
    canary.made.append(made)
    return made


async def texted(house: House, canary: Canary) -> None:
    """Reached by a number alone; set up, approved."""
    made = await house.doorstep.invite(office=canary.office, phone=canary.phone, name=f"texted {canary.word}")
    canary.made.append(made)
    await house.until(made, lambda row: not row.unsent())
    token = (await house.doorstep.link(made.id)).rpartition("/")[2]
    canary.tokens.append(token)
    await house.doorstep.set_up(token, username=f"texted.{canary.word}", password=canary.password)
    await house.doorstep.approve(made.id, approver=canary.boss)
    await house.until_state(made, State.ACTIVE)


async def added(house: House, canary: Canary) -> None:
    """Added directly, with a welcome of the office's own; passwords set and forgotten; looked after, half deleted."""
    word, name = canary.word, f"added.{canary.word}"
    await house.doorstep.template_add(canary.office, f"welcome-{word}")
    body = f"{word}: {{{{ sign_in_url }}}}"
    await house.doorstep.template_set(canary.office, f"welcome-{word}", subject=f"Hello {word}", body=body)
    pair = await house.doorstep.add_user(
        office=canary.office,
        account=word.upper(),
        email=canary.address("added"),
        username=name,
        name=f"added {word}",
        template=f"welcome-{word}",
    )
    canary.links.append(pair.workflow_id)
    await mail_to(house, canary.address("added"), Message.WELCOME)
    mail = await mail_to(house, canary.address("added"), Message.SET_PASSWORD)
    await house.doorstep.reset(house.token(mail), password=canary.password, staff_password=f"{canary.password} too")
    await house.doorstep.user_permissions(name, ["messages"])
    await house.doorstep.user_suspend(name)
    await house.doorstep.forgot(name, source=word)
    await house.doorstep.user_resume(name)
    await house.doorstep.user_delete(pair.staff.username)


async def erased(house: House, canary: Canary) -> None:
    """Erased while the link is out."""
    made = await pending(house, canary, "erased")
    await house.doorstep.erase(made.id, actor=canary.address("clerk"))
    await house.handle(made).result()


PEOPLE = (known, texted, added, erased)
