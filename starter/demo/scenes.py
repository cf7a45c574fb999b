"""The story: one person who is let in, and one who comes a day late and is refused."""

from datetime import timedelta
from pathlib import Path

from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from starter.commands import imports
from starter.commands.printing import table
from starter.demo.browser import Browser
from starter.demo.stage import SceneError, Stage

EXAMPLES = Path(__file__).with_name("examples")
OFFICE = "nz"
BOSSES = ("moana@kauri.example", "tom@kauri.example")
ANA, HEMI = "ana.ngata@example.org", "hemi@temiro.example"
PASSWORD = "kauri gate opens at seven"  # noqa: S105 - a password of nobody
HALF_A_DAY = timedelta(hours=12)
GONE = 410


async def play(stage: Stage) -> list[Invitation]:
    """Play all of it; the invitations as they ended."""
    await set_the_scene(stage)
    return [await let_in(stage), await refuse(stage)]


async def set_the_scene(stage: Stage) -> None:
    """The office, its administrators, and what the ERP knows."""
    with stage.step(f"Office {OFFICE} with its username administrators {' and '.join(BOSSES)}"):
        own = {"name": "Kauri Farm Supplies", "help_email": "help@kauri.example", "help_phone": "+64 9 555 0142"}
        await stage.doorstep.office_set(OFFICE, own=own)
        await stage.doorstep.approvers_set(OFFICE, BOSSES)
    for name in ("customers.csv", "customers-south.csv"):
        with stage.step(f"Import of examples/{name}, row by row", has_bar=True):
            done = await imports.carry_out(stage.doorstep, EXAMPLES / name, OFFICE, terminal=stage.console)
        refused = [(r.line, r.column, r.code, r.reason) for r in done.report.refused]
        stage.console.print(table(("line", "column", "refused as", "reason"), refused))
        stage.console.print(imports.summed_up(done))


async def let_in(stage: Stage) -> Invitation:
    """Ana is invited, sets up her user, is approved through Temporal's own command line and signs in."""
    with stage.step("Ana Ngata of account 1042 is invited, and the mail arrives"):
        invitation = await stage.doorstep.invite(office=OFFICE, email=ANA, name="Ana Ngata", accounts=["1042"])
        link = await stage.link(ANA)
    async with Browser(stage.web) as browser:
        with stage.step("She opens the link in it and sets up her user"):
            await browser.set_up(link, PASSWORD)
            await stage.reach(invitation, State.AWAITING_APPROVAL)
        with stage.step("She cannot sign in yet: the page says that she waits for approval"):
            await _is_told_to_wait(browser)
        with stage.step(f"{BOSSES[0]} approves with: temporal workflow signal --name approve"):
            await _mail_of_the_bosses(stage)
            words = ("workflow", "signal", "--workflow-id", invitation.workflow_id, "--name", "approve")
            await stage.cli(*words, given={"approver": BOSSES[0]})
            await stage.reach(invitation, State.ACTIVE)
        with stage.step("Ana is told, signs in and is at home"):
            await stage.mail(ANA, Message.APPROVED)
            page = await browser.sign_in(ANA, PASSWORD)
            if "1042" not in page:
                raise SceneError("The portal home does not show account 1042.")
    return await stage.doorstep.show(invitation.id)


async def refuse(stage: Stage) -> Invitation:
    """Hēmi lets a day pass, is sent a new link, sets up his user and is rejected."""
    with stage.step("Hēmi Tūhoro of account 1045 is invited, and does not open the mail"):
        invitation = await stage.doorstep.invite(office=OFFICE, email=HEMI, name="Hēmi Tūhoro", accounts=["1045"])
        old = await stage.link(HEMI)
        await stage.reach(invitation, State.PENDING)
    with stage.step("12 hours pass, skipped on the server's clock: he is reminded"):
        await stage.pass_time(invitation, HALF_A_DAY)
        await stage.mail(HEMI, Message.REMINDER)
        await stage.reach(invitation, State.PENDING)
    with stage.step("Another 12 hours pass: the link dies"):
        await stage.pass_time(invitation, HALF_A_DAY)
        await stage.reach(invitation, State.EXPIRED)
    async with Browser(stage.web) as browser:
        await _comes_late(stage, browser, invitation, old)
    with stage.step(f"{BOSSES[1]} rejects him with: temporal workflow update execute --name reject"):
        words = ("workflow", "update", "execute", "--workflow-id", invitation.workflow_id, "--name", "reject")
        await stage.cli(*words, given={"approver": BOSSES[1], "reason": "Account 1045 has moved to another dealer."})
        await stage.reach(invitation, State.REJECTED)
        await stage.mail(HEMI, Message.REJECTED)
    return await stage.doorstep.show(invitation.id)


async def _comes_late(stage: Stage, browser: Browser, invitation: Invitation, old: str) -> None:
    with stage.step("Staff send it again; the old link is dead, with the new one he sets up his user"):
        await stage.doorstep.resend(invitation.id)
        new = await stage.link(HEMI, copies=2)
        answered = await browser.status_of(old)
        if answered != GONE:
            raise SceneError(f"The old link was answered with {answered}.")
        await browser.set_up(new, PASSWORD)
        await stage.reach(invitation, State.AWAITING_APPROVAL)


async def _mail_of_the_bosses(stage: Stage) -> None:
    for boss in BOSSES:
        await stage.mail(boss, Message.APPROVAL_NEEDED)


async def _is_told_to_wait(browser: Browser) -> None:
    page = await browser.sign_in(ANA, PASSWORD, ends_on="/sign-in")
    if "approval" not in page:
        raise SceneError("The page does not say that she waits for approval.")
