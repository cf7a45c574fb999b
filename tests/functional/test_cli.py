"""The command line on real servers: offices, imports, and what staff do to an invitation."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
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
    *("--required-field", "phone", "--existing-users", "consent", "--expired-holds-place", "--retention", "90d"),
    "--fails-over",
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
    "required_fields": ["name", "phone"],
    "existing_users": "consent",
    "expired_holds_place": True,
    "retention": "90d",
    "fails_over": True,
}
OWN = {
    "name": "Kauri",
    "region": "AU",
    "locale": "en_AU",
    "time_zone": "Australia/Sydney",
    "public_url": "https://kauri.example",
    "sender": "Kauri <hello@kauri.example>",
    "help_email": "help@kauri.example",
    "help_phone": "+61 2 5550 1234",
    "client_guide": "https://kauri.example/guide",
    "welcome_template": "accountactivation-EJS",
    "any_staff_invites": True,
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
    """S0.9: whatever an office may set is an option, and is shown as it can be typed again."""
    code = await house.office()
    texts = [word for name, value in OWN.items() if isinstance(value, str) for word in (_option(name), value)]

    await doorstep.done("office", "set", code, *texts, "--any-staff-invites", *RULES)
    changed = await doorstep.done("office", "set", code, "--region", "NZ", "--retention", "never")
    shown = await doorstep.done("office", "show", code)
    told, listed = await doorstep("office", "show", code), await doorstep("office", "list")

    assert shown["policy"] == POLICY | {"retention": "never"}
    assert {name: shown[name] for name in OWN} == OWN | {"region": "NZ"}
    assert changed == shown
    assert (shown["seats"], "any staff invites" in told.out) == (0, True)
    assert f"{code} " in listed.out


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


@pytest.mark.parametrize(
    ("typed", "code", "field"),
    [
        (("--region", "Kiwi"), "region", "region"),
        (("--locale", "kiwi_NZ_x_y"), "locale", "locale"),
        (("--time-zone", "Kauri/Town"), "locale", "time_zone"),
        (("--sender", "Kauri Farm Supplies"), "address_invalid", "sender"),
        (("--help-email", "help"), "address_invalid", "help_email"),
        (("--client-guide", "guide.pdf"), "client_guide", "client_guide"),
        (("--public-url", "kauri.example"), "public_url", "public_url"),
        (("--welcome-template", "no-such"), "unknown_template", "template"),
        (("--retention", "0d"), "duration", "retention"),
        (("--validity", "0m"), "duration", "validity"),
    ],
)
async def test_what_an_office_cannot_be_is_refused_by_the_field(
    house: House, doorstep: CommandLine, typed: tuple[str, str], code: str, field: str
) -> None:
    """S1.16, S2.15: each setting that could not work later is refused at once, and nothing is changed."""
    office = await house.office()
    before = await house.doorstep.office(office)

    refused = await doorstep.refused("office", "set", office, *typed, "--name", "Changed")

    assert (refused["code"], list(refused["fields"])) == (code, [field])
    assert await house.doorstep.office(office) == before


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
    assert first.keys() == FIELDS | {"is_new", "warnings"}
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
    assert readdressed.keys() == FIELDS | {"warnings"}
    acts = [(each["actor"], each["event"], each["code"]) for each in audit["entries"] if each["via"] == "cli"]
    assert acts == [
        ("operator", "invitation.created", ""),
        ("operator", "command.refused", "no_live_link"),
        ("rachel", "invitation.released", ""),
        ("operator", "invitation.link_shown", ""),
        ("tom", "invitation.readdressed", ""),
    ]
