"""The command line for administrators and support: deciding, looking, explaining."""

from contextlib import suppress
from datetime import timedelta
from re import search

from doorstep.domain.errors import Refused
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.command_line import CommandLine
from tests.house import PASSWORD, House

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
    await house.until(invitation, lambda row: "approval_overdue" in row.attention)

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


async def test_the_link_comes_with_its_end_and_every_asking_is_recorded(house: House, doorstep: CommandLine) -> None:
    """S3.8, T23, invariant 5: the live link and until when it opens, audited; where there is none, the refusal is."""
    invitation = await house.pending(await house.office())
    sent = house.token(await house.mail_of(invitation, Message.INVITATION))

    shown = await doorstep("link", str(invitation.id), "--as", "tess")
    data = await doorstep.done("link", str(invitation.id), "--as", "tess")
    await house.pass_time(invitation, timedelta(hours=25))
    await house.until_state(invitation, State.EXPIRED)
    refused = await doorstep.refused("link", str(invitation.id), "--as", "tom")

    url, until = shown.out.splitlines()
    assert url == f"http://portal.example/invitation/{sent}" == data["link"]
    assert until.startswith("It opens until 20")
    assert "NZ" in until
    assert data["expires_at"].endswith("Z")
    assert refused["code"] == "no_live_link"
    asked = [
        (e.actor, e.event, e.code) for e in await house.doorstep.audit(invitation.id) if e.actor in ("tess", "tom")
    ]
    shown_twice = [("tess", "invitation.link_shown", "")] * 2
    assert asked == [*shown_twice, ("tom", "command.refused", "no_live_link")]


async def test_the_audit_of_an_invitation_tells_of_its_user_too(house: House, doorstep: CommandLine) -> None:
    """Invariant 5: sign-ins and refused ones stand beside what happened to the invitation, to the second."""
    invitation = await house.waiting(await house.office())
    await house.doorstep.approve(invitation.id, approver=f"boss1@{invitation.office.code}.example")
    await house.until_state(invitation, State.ACTIVE)
    for password in ("something else entirely", PASSWORD):
        with suppress(Refused):
            await house.doorstep.sign_in(username=invitation.address, password=password)

    found = await doorstep.done("audit", str(invitation.id))
    refused = await doorstep.done("audit", str(invitation.id), "--refused")
    nothing = await doorstep("audit", str(invitation.id), "--since", "0s")
    table = await doorstep("audit", str(invitation.id))

    events = [entry["event"] for entry in found["entries"]]
    assert events[0] == "invitation.created"
    assert events[-2:] == ["user.sign_in_refused", "user.signed_in"]
    assert [entry["event"] for entry in refused["entries"]] == ["user.sign_in_refused"]
    assert nothing.out.strip() == "Nothing like that is recorded."
    assert search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d NZ[DS]T", table.out)


async def test_what_an_office_did_without_an_invitation_can_be_read(house: House, doorstep: CommandLine) -> None:
    """Invariant 5: a refused invitation has no id to look it up by, and is found all the same; so are settings."""
    office, other = await house.office(), await house.office()
    await doorstep.refused(
        "invite", "--office", office, "--email", "ana@example.org", "--account", "none", "--as", "tom"
    )

    everything = await doorstep.done("audit", "--office", office)
    refused = await doorstep.done("audit", "--office", office, "--refused")
    young = await doorstep.done("audit", "--office", office, "--since", "0s")
    elsewhere = await doorstep.done("audit", "--office", other, "--refused")
    both = await doorstep("audit", "01a20211", "--office", office)

    newest_first = [entry["event"] for entry in everything["entries"]]
    assert newest_first == ["command.refused", "office.approvers_set", "office.set"]
    [entry] = refused["entries"]
    assert (entry["actor"], entry["code"], entry["detail"]["command"]) == ("tom", "unknown_account", "invite")
    assert (young["entries"], elsewhere["entries"]) == ([], [])
    assert (both.status, "Name an invitation" in both.err) == (2, True)
