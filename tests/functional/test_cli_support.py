"""The command line for administrators and support: deciding, looking, explaining."""

import os
from asyncio import create_subprocess_exec, to_thread
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from datetime import timedelta
from fcntl import ioctl
from pty import openpty
from struct import pack
from termios import TIOCSWINSZ

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.command_line import DOORSTEP, CommandLine
from tests.house import House

ESCAPE = "\x1b]0;pwned\x07"


async def test_an_administrator_approves_with_other_permissions(house: House, doorstep: CommandLine) -> None:
    """S4.42, S4.44: the decision is in the database when the command ends, and the workflow hears of it."""
    invitation = await house.waiting(await house.office())
    boss = f"boss1@{invitation.office.code}.example"

    done = await doorstep.done(
        *("approve", str(invitation.id), "--as", boss, "--permission", "invoices", "--permission", "statements"),
        *("--note", "welcome"),
    )
    again = await doorstep.refused("approve", str(invitation.id), "--as", boss)

    active = await house.until_state(invitation, State.ACTIVE)
    assert (done["granted"], active.granted) == (["invoices", "statements"], ("invoices", "statements"))
    assert (again["code"], again["status"]) == ("already_decided", 409)
    assert f"Decided by {boss}." in again["message"]


async def test_an_administrator_rejects_silently(house: House, doorstep: CommandLine) -> None:
    """S4.46: who is not on the list cannot, who is can, and the person is not told."""
    invitation = await house.waiting(await house.office())
    boss = f"boss1@{invitation.office.code}.example"

    stranger = await doorstep.refused("reject", invitation.workflow_id, "--as", "mallory@example.org")
    done = await doorstep.done("--as", boss, "reject", invitation.workflow_id, "--reason", "unknown", "--silent")

    ended = await house.until_state(invitation, State.REJECTED)
    assert (stranger["code"], stranger["status"]) == ("not_an_approver", 403)
    assert done["state"] == "rejected"
    assert ended.decision_note == "unknown"
    assert house.mails(invitation.address, Message.REJECTED) == []


async def test_whoever_decides_has_to_say_who_they_are(doorstep: CommandLine) -> None:
    """Without `--as` a decision is a wrong usage, not a refusal."""
    said = await doorstep("approve", "01a20211-fa5e-724f-a93d-a9b2c36aa1bd", "--json")

    assert (said.status, said.out) == (2, "")
    assert "--as" in said.err


async def test_show_tells_everything_but_the_link(house: House, doorstep: CommandLine) -> None:
    """`id` and `state` stand at the top level; the beginning of the id is enough; no token is among it."""
    office = await house.office()
    invitation = await house.pending(office, name="Hēmi Tūhoro")
    token = house.token(await house.mail_of(invitation, Message.INVITATION))

    shown = await doorstep.done("show", str(invitation.id)[:23])
    told = await doorstep("show", str(invitation.id))

    assert (shown["id"], shown["state"], shown["name"]) == (str(invitation.id), "pending", "Hēmi Tūhoro")
    assert shown["waiting_for"] == "the invitee to open the link and set up a user"
    assert {"resend", "revoke"} <= set(shown["allowed_commands"])
    assert [(each["message"], each["status"]) for each in shown["deliveries"]] == [("invitation", "sent")]
    assert shown["expires_at"].endswith("Z")
    assert "Hēmi Tūhoro" in told.out
    assert "NZDT" in told.out or "NZST" in told.out
    assert token not in told.out + str(shown)


async def test_what_somebody_typed_cannot_move_the_cursor(house: House, doorstep: CommandLine) -> None:
    """T24: a reason that came through Temporal or a page is shown without its control characters."""
    office = await house.office()
    invitation = await house.pending(office)
    await house.doorstep.revoke(invitation.id, reason=f"gone {ESCAPE}", actor=f"tom{ESCAPE}")

    shown = await doorstep("show", str(invitation.id))
    audit = await doorstep("audit", str(invitation.id))

    assert "gone \N{REPLACEMENT CHARACTER}]0;pwned" in shown.out
    assert "\x1b" not in shown.out + audit.out
    assert "\x07" not in shown.out + audit.out


async def test_lists_are_narrowed_and_an_empty_one_helps(house: House, doorstep: CommandLine) -> None:
    """State, office and account each narrow; where nothing matches it says so and ends well."""
    office = await house.office()
    pending = await house.pending(office)

    listed = await doorstep.done("list", "--office", office, "--state", "pending")
    nothing = await doorstep("list", "--office", office, "--account", "1042")
    wrong = await doorstep("list", "--state", "odd")

    assert [each["id"] for each in listed["invitations"]] == [str(pending.id)]
    assert (nothing.status, nothing.out.strip()) == (0, "No invitation matches.")
    assert wrong.status == 2


async def test_what_is_stuck_comes_with_the_command_that_helps(house: House, doorstep: CommandLine) -> None:
    """S4.24: a decision that waits too long is found, explained, and the printed command mends it."""
    office = await house.office(approval_reminder=timedelta(hours=1), approval_escalation=timedelta(hours=2))
    invitation = await house.waiting(office)
    await house.pass_time(invitation, timedelta(hours=3))
    # With its mails out: one that is on its way would be a trouble more, and gone from the next answer.
    await house.until(invitation, lambda row: "approval_overdue" in row.attention and not row.unsent())

    stuck = await doorstep.done("stuck", "--office", office)
    why = await doorstep.done("why", str(invitation.id))
    told = await doorstep("why", str(invitation.id))
    mended = await doorstep(*why["commands"][0].split()[1:])

    [mine] = [each for each in stuck["stuck"] if each["id"] == str(invitation.id)]
    assert mine["attention"] == ["approval_overdue"]
    assert mine["commands"] == why["commands"]
    assert why["commands"][0] in told.out
    assert mended.status == 0
    assert await house.until_state(invitation, State.ACTIVE)


async def test_what_waits_long_is_found_before_it_is_overdue(house: House, doorstep: CommandLine) -> None:
    """`--older-than` adds what has waited so long for an approval."""
    invitation = await house.waiting(await house.office())

    only = ("--office", invitation.office.code)
    stuck = await doorstep.done("stuck", *only)
    older = await doorstep.done("stuck", "--older-than", "0s", *only)

    found = {each["id"]: each["commands"] for each in older["stuck"]}
    assert str(invitation.id) not in [each["id"] for each in stuck["stuck"]]
    assert found[str(invitation.id)][0].startswith(f"doorstep approve {invitation.id} --as boss1@")


async def test_resend_and_revoke_answer_where_the_invitation_stands(house: House, doorstep: CommandLine) -> None:
    """S2.3, T07: an inbox is not flooded, and a revoked link is dead when the command ends."""
    invitation = await house.pending(await house.office())

    too_soon = await doorstep.refused("resend", str(invitation.id))
    revoked = await doorstep.done("revoke", str(invitation.id), "--reason", "wrong person")
    over = await doorstep.refused("resend", str(invitation.id))

    assert (too_soon["code"], too_soon["status"]) == ("too_soon", 429)
    assert revoked["state"] == "revoked"
    assert over["code"] == "wrong_state"
    assert await house.until_state(invitation, State.REVOKED)


async def at_a_narrow_terminal(doorstep: CommandLine, *words: str) -> list[str]:
    """What `doorstep WORDS` shows on a terminal of 80 columns, line by line."""
    ours, theirs = openpty()
    ioctl(theirs, TIOCSWINSZ, pack("HHHH", 24, 80, 0, 0))
    environment = {**doorstep.environment, "TERM": "dumb"}
    process = await create_subprocess_exec(str(DOORSTEP), *words, stdin=DEVNULL, stdout=theirs, env=environment)
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal, suppress(OSError):  # which ends by an error
        while part := await to_thread(terminal.read, 65536):
            shown += part
    assert await process.wait() == 0
    return [line.rstrip() for line in shown.decode().splitlines()]


async def test_a_narrow_terminal_folds_sentences_and_never_what_is_to_be_copied(
    house: House, doorstep: CommandLine
) -> None:
    """S3.2: 80 columns are enough to read, and commands, ids and links stay whole, however long they are."""
    office = await house.office(approval_escalation=timedelta(hours=2))
    long = f"somebody.with.a.long.name@customers.of.{office}.example"
    invitation = await house.waiting(office, email=long)
    await house.pass_time(invitation, timedelta(hours=3))

    stuck = await at_a_narrow_terminal(doorstep, "stuck", "--office", office)
    why = await at_a_narrow_terminal(doorstep, "why", str(invitation.id))
    listed = await at_a_narrow_terminal(doorstep, "list", "--office", office)
    audit = await at_a_narrow_terminal(doorstep, "audit", str(invitation.id))

    command = f"doorstep approve {invitation.id} --as boss1@{office}.example"
    assert len(command) > 80
    assert (f"    {command}" in stuck, f"  {command}" in why) == (True, True)
    for line in (*stuck, *why, *listed, *audit):
        assert len(line) <= 80 or line.strip() == command
        assert "\N{HORIZONTAL ELLIPSIS}" not in line
    assert listed[0].startswith(str(invitation.id))
    assert long in listed[1]
