"""The settings of an office in the Team Hub: itself, its rules, and what the roles are made of."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import func, update

from doorstep.store import tables as t
from tests.house import House
from tests.hub import Colleague, colleague
from tests.office_rows import fingerprints
from tests.pages import Seen, seen
from web.hub.settings_durations import duration_in_words, read_duration

NOT_SENT = {"q", "look"}
SWITCHES = {"approval_required", "four_eyes", "account_required", "expired_holds_place", "fails_over"}


async def chief(house: House, app: FastAPI) -> Colleague:
    """Somebody who may change the settings of an office."""
    return await colleague(house, app, await house.office(), "administrator")


def filled_in(page: Seen, **changed: object) -> dict[str, object]:
    """The form of a page as it stands there, with what somebody changed."""
    inputs = page.fields.items()
    sent: dict[str, object] = {
        name: each.get("value", "")
        for name, each in inputs
        if name not in {*NOT_SENT, "form_token", "required_fields"}
        and (each.get("type") != "checkbox" or "checked" in each)
    }
    return sent | changed


async def test_the_office_is_changed_and_errors_keep_what_was_typed(house: House, app: FastAPI) -> None:
    """S0.22, S2.15: each field has its line of help; a wrong one is named, and nothing that was typed is lost."""
    person = await chief(house, app)
    path = person.path("/settings")
    page = await person.look(path)

    wrong = await person.send(path, **filled_in(page, name="Kauri Farms", time_zone="Middle/Earth"))
    again = seen(wrong)
    saved = await person.send(path, **filled_in(page, name="Kauri Farms", help_phone="111", any_staff_invites="yes"))
    office = await house.doorstep.office(person.office)

    assert (wrong.status_code, again.by_id["time_zone-fault"]) == (422, "p")
    assert again.fields["name"]["value"] == "Kauri Farms"
    assert saved.headers["location"] == f"{path}?done=settings-saved"
    assert (office.name, office.help_phone, office.any_staff_invites) == ("Kauri Farms", "111", True)
    assert all(f"{name}-hint" in page.by_id for name in ("name", "region", "locale", "time_zone", "sender"))


async def test_a_name_is_needed_and_a_template_has_to_be_there(house: House, app: FastAPI) -> None:
    """S1.16: the default welcome is one that the office has; an office without a name is refused."""
    person = await chief(house, app)
    page = await person.look(person.path("/settings"))

    unnamed = await person.send(person.path("/settings"), **filled_in(page, name=" "))
    unknown = await person.send(person.path("/settings"), **filled_in(page, welcome_template="nowhere"))

    assert (unnamed.status_code, seen(unnamed).by_id["name-fault"]) == (422, "p")
    assert (unknown.status_code, seen(unknown).by_id["welcome_template-fault"]) == (422, "p")


async def test_whoever_is_late_overwrites_nothing(house: House, app: FastAPI) -> None:
    """T20: a page that was opened before somebody else saved is refused, and what was typed there is kept."""
    person = await chief(house, app)
    page = await person.look(person.path("/settings"))
    await house.doorstep.office_set(person.office, own={"help_phone": "222"})

    late = await person.send(person.path("/settings"), **filled_in(page, name="Late"))

    assert late.status_code == 412
    assert seen(late).fields["name"]["value"] == "Late"
    assert (await house.doorstep.office(person.office)).help_phone == "222"


async def test_rules_are_told_before_they_are_saved(house: House, app: FastAPI) -> None:
    """S0.9, S2.4: what would change is said with what is on the way, nothing is changed by it; then it is saved."""
    person = await chief(house, app)
    await house.doorstep.invite(office=person.office, email="ana@example.org", is_draft=True)
    page = await person.look(person.path("/settings/rules"))
    before = await house.run(lambda tx: fingerprints(tx, person.office))
    typed = filled_in(page, validity="2 days", places_per_job="5", four_eyes="yes", required_fields=["name", "job"])

    foreseen = seen(await person.send(person.path("/settings/rules/foresee"), **typed))
    same = await house.run(lambda tx: fingerprints(tx, person.office))
    saved = await person.send(person.path("/settings/rules"), **typed)
    policy = (await house.doorstep.office(person.office)).policy

    assert "How long a link works 24 hours 2 days" in foreseen.words
    assert "1 invitation is on the way and will keep the rules of today" in foreseen.words
    assert foreseen.fields["validity"]["value"] == "2 days"
    assert same == before
    assert saved.headers["location"] == person.path("/settings/rules?done=rules-saved")
    assert (policy.validity, policy.places_per_job, policy.four_eyes) == (timedelta(days=2), 5, True)
    assert policy.required_fields == ("name", "job")
    assert (policy.approval_required, policy.retention, policy.reminder_share) == (True, None, 0.5)


async def test_erasing_is_said_before_it_happens(house: House, app: FastAPI) -> None:
    """T34: a shorter retention says how many invitations it erases, before anything is."""
    person = await chief(house, app)
    old = await house.doorstep.invite(office=person.office, email="old@example.org", is_draft=True)
    await house.doorstep.revoke(old.id)
    i = t.invitations.c
    aged = update(t.invitations).where(i.id == old.id).values(changed_at=func.now() - timedelta(days=40))
    await house.run(lambda tx: tx.execute(aged))
    page = await person.look(person.path("/settings/rules"))

    foreseen = await person.send(person.path("/settings/rules/foresee"), **filled_in(page, retention="30 days"))
    longer = await person.send(person.path("/settings/rules/foresee"), **filled_in(page, retention="60 days"))

    assert "1 unanswered invitation will be erased for good" in seen(foreseen).words
    assert "erased for good" not in seen(longer).words


async def test_what_cannot_be_read_is_named_beside_its_field(house: House, app: FastAPI) -> None:
    """S0.9: several wrong fields are told at once, by either button, and nothing is changed."""
    person = await chief(house, app)
    page = await person.look(person.path("/settings/rules"))
    typed = filled_in(page, validity="a while", places_per_job="many", reminder_percent="50")

    answers = [await person.send(person.path(f"/settings/rules{each}"), **typed) for each in ("", "/foresee")]
    never = await person.send(person.path("/settings/rules"), **filled_in(page, validity="0 minutes"))
    share = await person.send(person.path("/settings/rules"), **filled_in(page, reminder_percent="2"))

    for answer in answers:
        assert answer.status_code == 422
        assert {"validity-fault", "places_per_job-fault"} <= seen(answer).by_id.keys()
        assert seen(answer).fields["validity"]["value"] == "a while"
    assert (never.status_code, share.status_code) == (422, 422)
    assert "reminder_percent-fault" in seen(share).by_id
    assert (await house.doorstep.office(person.office)).policy_version == 1


async def test_only_administrators_see_the_settings(house: House, app: FastAPI) -> None:
    """S1.2, S4.4: a superuser has neither the pages nor the entry in the menu, and the forms are refused."""
    office = await house.office()
    person = await colleague(house, app, office, "superuser")
    below = ["/settings", "/settings/rules", "/settings/administrators", "/settings/roles"]

    home = await person.look(person.path())
    shown = [await person.browser.get(person.path(each)) for each in below]
    sent = [
        await person.send(person.path("/settings"), name="Mine"),
        await person.send(person.path("/settings/rules/foresee")),
        await person.send(person.path("/settings/administrators"), address="me@example.org"),
    ]

    assert person.path("/settings") not in home.links
    assert [answer.status_code for answer in shown] == [403] * 4
    assert {answer.status_code for answer in sent} <= {403, 422}
    assert (await house.doorstep.office(office)).approvers == (f"boss1@{office}.example",)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        *(("24 hours", "24 hours"), ("1 day", "24 hours"), ("7d", "7 days"), ("90s", "1 minute 30 seconds")),
        *(("1 day and 12 hours", "1 day 12 hours"), ("1h30m", "1 hour 30 minutes"), ("0 minutes", "0 minutes")),
        *((" 2 Days ", "2 days"), ("1.5 hours", "1 hour 30 minutes"), ("72 hours", "3 days")),
    ],
)
def test_durations_are_written_as_they_are_said(typed: str, said: str) -> None:
    """S0.9: what somebody types is read, and what stands in the field is read back as the same."""
    span = read_duration(typed)

    assert span is not None
    assert duration_in_words(span) == said
    assert read_duration(said) == span


@pytest.mark.parametrize(
    "typed", ["", "a while", "24", "hours", "5 parsecs", "1 day or so", "-1 day", "999999999 days"]
)
def test_durations_that_say_nothing_are_not_guessed(typed: str) -> None:
    """S0.9: anything else is asked for again."""
    span = read_duration(typed)

    assert span is None or span > timedelta(days=3660)
