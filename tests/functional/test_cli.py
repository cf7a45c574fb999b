"""The command line on real servers: offices, imports, and what staff do to an invitation."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import uuid_utils.compat as uuid_utils

from doorstep.domain.messages import Message
from doorstep.store import directory
from tests.command_line import CommandLine
from tests.house import House

EXAMPLES = Path(__file__).parents[2] / "examples"
FIELDS = {"id", "state", "workflow_id", "expires_at"}
AT_ONCE = timedelta(milliseconds=1)
RULES = (
    *("--validity", "36h", "--grace", "15m", "--reminder-share", "0.75", "--resend-cooldown", "90s"),
    *("--reissue-window", "14d", "--no-approval", "--approval-reminder", "1h30m", "--approval-escalation", "4d"),
    *("--four-eyes", "--places-per-job", "5", "--account-required", "--required-field", "name"),
)
POLICY = {
    "validity": "36h",
    "grace": "15m",
    "reminder_share": 0.75,
    "resend_cooldown": "90s",
    "reissue_window": "14d",
    "approval_required": False,
    "approval_reminder": "90m",
    "approval_escalation": "4d",
    "four_eyes": True,
    "places_per_job": 5,
    "account_required": True,
    "required_fields": ["name"],
}


async def test_an_office_needs_nothing_but_its_code_and_an_administrator(house: House, doorstep: CommandLine) -> None:
    """S4.21, S4.23: without an administrator nothing is sent, and the refusal names the command that mends it."""
    code = await house.office(approvers=0)
    to = ("--office", code, "--email", "ana@example.org")

    made = await doorstep.done("office", "set", code)
    refused = await doorstep.refused("invite", *to)
    named = await doorstep.done("approvers", "set", code, f"boss@{code}.example", f"second@{code}.example")
    invited = await doorstep.done("invite", *to)

    assert (made["approvers"], made["policy"]["validity"], made["policy"]["approval_required"]) == ([], "24h", True)
    assert refused["code"] == "no_approver"
    assert f"doorstep approvers set {code} ADDRESS" in refused["message"]
    assert named == {"office": code, "approvers": [f"boss@{code}.example", f"second@{code}.example"]}
    assert invited["state"] == "pending"


async def test_office_set_changes_what_is_named_and_nothing_else(house: House, doorstep: CommandLine) -> None:
    """S0.9: every rule of the policy is an option, and is shown as it can be typed again."""
    code = await house.office()

    await doorstep.done("office", "set", code, "--name", "Kauri", "--time-zone", "Pacific/Auckland", *RULES)
    await doorstep.done("office", "set", code, "--region", "AU")
    shown = await doorstep.done("office", "show", code)
    listed = await doorstep("office", "list")

    assert shown["policy"] == POLICY
    assert (shown["name"], shown["region"], shown["help_email"]) == ("Kauri", "AU", f"help@{code}.example")
    assert f"{code} " in listed.out


async def test_an_import_reports_each_refused_line_and_takes_the_others(house: House, doorstep: CommandLine) -> None:
    """S0.3: the dirt of a real export stops nothing; a dry run says the same as the import and changes nothing."""
    code = await house.office()
    file = str(EXAMPLES / "customers-south.csv")

    tried = await doorstep.done("import", file, "--office", code, "--dry-run")
    before = await _accounts(house, code)
    done = await doorstep.done("import", file, "--office", code)
    told = await doorstep("import", file, "--office", code)

    assert (before, await _accounts(house, code)) == (0, done["new_accounts"])
    assert tried | {"is_dry_run": False} == done
    assert (done["rows"], len(done["refused"]), done["encoding"]) == (40, 6, "windows-1252")
    assert {"line", "column", "code", "reason", "remedy"} == done["refused"][0].keys()
    assert all(sentence in told.out for row in done["refused"] for sentence in (row["code"], row["reason"][:40]))
    assert f"40 rows: 34 taken, 6 refused. New accounts 0, new contacts 0, known already {34}" in told.out


async def _accounts(house: House, code: str) -> int:
    return (await house.run(lambda tx: directory.counts(tx, code)))[0]


async def test_an_import_of_several_offices_asks_which(house: House, doorstep: CommandLine, tmp_path: Path) -> None:
    """One office needs no name, several do; a file that is no export is refused as a whole."""
    await house.office()
    await house.office()
    (tmp_path / "workbook.csv").write_bytes(b"PK\x03\x04 no text")

    ambiguous = await doorstep.refused("import", str(EXAMPLES / "customers.csv"))
    unreadable = await doorstep.refused("import", str(tmp_path / "workbook.csv"), "--office", await house.office())
    missing = await doorstep("import", str(tmp_path / "nothing.csv"), "--json")

    assert ambiguous["code"] == "office_needed"
    assert unreadable["code"] == "export_unreadable"
    assert (missing.status, missing.out) == (2, "")


async def test_a_duplicate_ends_well_and_mails_nothing(house: House, doorstep: CommandLine) -> None:
    """S1.19, S4.37: the second `invite` prints the open invitation, whatever the case of the address."""
    code, address = await house.office(), f"ana@{uuid_utils.uuid7().hex[-8:]}.example"
    to = ("invite", "--office", code, "--name", "Ana", "--email")

    first = await doorstep.done(*to, address)
    second = await doorstep.done(*to, address.upper())
    told = await doorstep(*to, address)

    invitation = await house.doorstep.show(UUID(first["id"]))
    await house.mail_of(invitation, Message.INVITATION)
    assert first.keys() == FIELDS | {"is_new"}
    assert second == first | {"is_new": False, "expires_at": second["expires_at"]}
    assert (told.status, "invited already" in told.out) == (0, True)
    assert len(house.mails(address, Message.INVITATION)) == 1


async def test_the_same_key_answers_with_what_it_made(house: House, doorstep: CommandLine) -> None:
    """A repeated request is answered, the same key for another person is refused."""
    code = await house.office()
    keyed = ("invite", "--office", code, "--idempotency-key", "erp-881", "--test", "--role", "buyer", "--email")

    first = await doorstep.done(*keyed, "ana@example.org")
    second = await doorstep.done(*keyed, "ana@example.org")
    other = await doorstep.refused(*keyed, "ben@example.org")

    assert second["id"] == first["id"]
    assert (other["code"], other["status"]) == ("idempotency_mismatch", 422)


async def test_a_draft_is_sent_later_resent_and_readdressed(house: House, doorstep: CommandLine) -> None:
    """S0.15, S0.16: a draft has no link; S3.6: another address gets a new one; each step is recorded with its actor."""
    code = await house.office(resend_cooldown=AT_ONCE)
    draft = await doorstep.done("invite", "--office", code, "--email", "typo@example.org", "--draft")
    identifier = draft["id"]

    linkless = await doorstep.refused("link", identifier)
    sent = await doorstep.done("--as", "rachel", "send", identifier)
    link = await doorstep.done("link", identifier)
    readdressed = await doorstep.done("readdress", identifier, "right@example.org", "--as", "tom")
    audit = await doorstep.done("audit", identifier)

    assert (draft["state"], draft["expires_at"], sent["state"]) == ("draft", None, "pending")
    assert linkless["code"] == "no_live_link"
    assert link["link"].startswith("http://portal.example/invitation/")
    assert readdressed.keys() == FIELDS
    acts = [(each["actor"], each["event"], each["code"]) for each in audit["entries"] if each["via"] == "cli"]
    assert acts == [
        ("operator", "invitation.created", ""),
        ("rachel", "invitation.released", ""),
        ("operator", "invitation.link_shown", ""),
        ("tom", "invitation.readdressed", ""),
    ]
