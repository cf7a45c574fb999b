"""The command line for what is on record: the audit of an invitation and of an office, and the link handed out."""

from contextlib import suppress
from datetime import timedelta
from re import search

from doorstep.domain.errors import Refused
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.command_line import CommandLine
from tests.house import PASSWORD, House


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
