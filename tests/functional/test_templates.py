"""The texts of offices in the whole house: chosen, saved, kept apart, mailed, and taken back."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from doorstep.domain.errors import Conflict, Forbidden, Invalid, NotFound
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import DeliveryStatus, Message
from doorstep.domain.states import State
from doorstep.store import tables as t
from tests.house import House, html_of
from tests.house import text_of as lines_of

EJS = "accountactivation-EJS"
ELSEWHERE = "CustomerInvitationFromAnotherOffice"
BODY = (
    "Kia ora{% if recipient_name %} {{ recipient_name }}{% endif %}, from the growers.\n\n[Sign in]({{ sign_in_url }})"
)


def text_of(mail: EmailMessage) -> str:
    """The text part, with one kind of line end."""
    return lines_of(mail).replace("\r\n", "\n")


async def save(house: House, office: str, name: str, words: str, locale: str | None = None) -> int:
    """Save a text that says `words`; its number."""
    subject, body = f"Subject: {words}", f"{words}\n\n{{{{ sign_in_url }}}}"
    return (await house.doorstep.template_set(office, name, subject=subject, body=body, locale=locale)).number


async def activated(house: House, office: str, **options: object) -> Invitation:
    """An invitation that came to its good end."""
    invitation = await house.waiting(office, **options)
    await house.doorstep.approve(invitation.id, approver=f"boss1@{office}.example")
    return await house.until_state(invitation, State.ACTIVE)


async def refusals(house: House, office: str) -> list[tuple[str, str]]:
    """The refusals on record for an office: which command, which code."""
    a = t.audit.c
    query = select(a.detail["command"].as_string(), a.code).where(a.event == "command.refused")
    rows = await house.run(lambda tx: tx.execute(query.where(a.detail["office"].as_string() == office).order_by(a.id)))
    return [(row[0], row[1]) for row in rows]


async def test_s1_14_the_chosen_template_is_the_welcome_mail(house: House) -> None:
    """S1.14, S1.15, S4.14: one invitation names a template of the office's own, another none; each gets its welcome."""
    office = await house.office()
    await house.doorstep.template_add(office, "growers-welcome")
    await house.doorstep.template_set(office, "growers-welcome", subject="Hi {{ username }}", body=BODY)
    await save(house, office, EJS, "the usual welcome")

    growers = await activated(house, office, name="Hēmi *Tūhoro*", template="growers-welcome")
    usual = await activated(house, office)

    chosen = await house.mail_of(growers, Message.WELCOME)
    assert chosen["Subject"] == f"Hi {growers.username}"
    assert text_of(chosen).startswith("Kia ora Hēmi *Tūhoro*, from the growers.\n\nSign in:\nhttp")
    assert 'class="button"' in html_of(chosen)
    assert text_of(await house.mail_of(usual, Message.WELCOME)).startswith("the usual welcome\n")
    assert "growers" not in text_of(await house.mail_of(growers, Message.INVITATION))


async def test_s1_16_an_unknown_template_is_refused_at_the_invitation(house: House) -> None:
    """S1.16: the nearest names are told, nobody is invited, and another office's own template is as unknown."""
    office, other = await house.office(), await house.office()
    await house.doorstep.template_add(other, "growers-welcome")

    for name in ("accountactivation-ejs", "growers-welcome", "approved"):
        with pytest.raises(Invalid) as refused:
            await house.doorstep.invite(office=office, email="ana@example.org", template=name)
        assert (refused.value.code, refused.value.field) == ("unknown_template", "template")
        assert EJS in refused.value.message

    assert await house.doorstep.list(office=office) == []
    assert [code for _, code in await refusals(house, office)] == ["unknown_template"] * 3


@pytest.mark.parametrize("name", ["invitation", "set_password", "password_reset", "bounce_notice"])
async def test_s2_16_a_locked_template_stays_as_it_is(house: House, name: str) -> None:
    """S2.16: the mail that sets a user up cannot be customised, through no door; the refusal is on record."""
    office = await house.office()

    for locked in (
        house.doorstep.template_set(office, name, subject="s", body="b"),
        house.doorstep.template_restore(office, name, 0),
        house.doorstep.template_check(office, name, subject="s", body="b"),
    ):
        with pytest.raises(Forbidden) as refused:
            await locked
        assert refused.value.code == "template_locked"

    assert (await house.doorstep.template(office, name)).template.is_locked
    assert await house.doorstep.template_versions(office, name) == []
    assert await refusals(house, office) == [
        ("template.set", "template_locked"),
        ("template.restore", "template_locked"),
    ]


async def test_s2_20_the_welcome_from_another_office_can_be_customised(house: House) -> None:
    """S2.20, S2.17: who has a user already reads the text of the second office, and no link to set anything up."""
    first, second = await house.office(), await house.office()
    known = await activated(house, first)
    await save(house, second, ELSEWHERE, "welcome to the second office")

    invitation = await house.doorstep.invite(office=second, email=known.address)
    await house.doorstep.approve(invitation.id, approver=f"boss1@{second}.example")

    mail = await house.mail_of(invitation, Message.WELCOME_EXISTING)
    assert mail["Subject"] == "Subject: welcome to the second office"
    assert text_of(mail).startswith("welcome to the second office\n")
    assert "/invitation/" not in text_of(mail)


async def test_s2_21_a_name_is_kept_for_good(house: House) -> None:
    """S2.21: it is compared letter by letter, never given twice, and survives every edit of the text."""
    office = await house.office()
    await house.doorstep.template_add(office, "Growers")
    await save(house, office, "Growers", "one")

    with pytest.raises(Conflict) as taken:
        await house.doorstep.template_add(office, "Growers")
    with pytest.raises(NotFound) as slip:
        await house.doorstep.template(office, "growers")

    await save(house, office, "Growers", "two")
    rows = await house.doorstep.templates(office)
    assert (taken.value.code, slip.value.code) == ("template_taken", "no_such_template")
    assert "Did you mean Growers?" in slip.value.message
    assert [row.template.name for row in rows if row.template.message is Message.WELCOME] == [EJS, "Growers"]
    assert not [name for name in dir(house.doorstep) if "template" in name and ("name" in name or "delete" in name)]


async def test_s2_22_only_who_looks_after_templates_sees_and_edits_them(house: House) -> None:
    """S2.22: with `manage_email_templates` everything, without it nothing, in another office nothing either."""
    office, other = await house.office(), await house.office()
    boss, editor, clerk = (f"{who}@{office}.example" for who in ("boss", "editor", "clerk"))
    client, other_boss = house.doorstep, f"boss@{other}.example"
    await client.staff_set(office, boss, permissions=["administrator"], actor=boss)
    await client.staff_set(office, editor, permissions=["manage_email_templates"], actor=boss)
    await client.staff_set(office, clerk, permissions=["customerView", "customerEdit"], actor=boss)
    await client.staff_set(other, other_boss, permissions=["administrator"], actor=other_boss)

    saved = await client.template_set(office, EJS, subject="s", body=BODY, actor=editor)

    assert saved.changed_by == editor
    for who, where in ((clerk, office), (boss, office), (editor, other)):
        for refused in (
            client.templates(where, actor=who),
            client.template(where, EJS, actor=who),
            client.template_versions(where, EJS, actor=who),
            client.template_preview(where, EJS, actor=who),
            client.template_check(where, EJS, subject="s", body=BODY, actor=who),
            client.template_set(where, EJS, subject="s", body=BODY, actor=who),
            client.template_add(where, "growers", actor=who),
            client.template_restore(where, EJS, 0, actor=who),
        ):
            with pytest.raises(Forbidden):
                await refused
    assert len(await client.template_versions(office, EJS, actor=editor)) == 1


async def test_s2_23_one_offices_edit_leaves_the_others_alone(house: House) -> None:
    """S2.23: two offices save under the same names, a third nothing; each keeps and mails its own."""
    offices = [await house.office() for _ in range(3)]
    await save(house, offices[0], EJS, "the first")
    await save(house, offices[1], EJS, "the second")
    await house.doorstep.template_restore(offices[1], EJS, 0)
    await save(house, offices[1], EJS, "the second again")

    people = await asyncio.gather(*(activated(house, office) for office in offices))
    mails = [text_of(await house.mail_of(person, Message.WELCOME)) for person in people]

    assert mails[0].startswith("the first\n")
    assert mails[1].startswith("the second again\n")
    assert "the first" not in mails[2]
    assert "the second" not in mails[2]
    assert [len(await house.doorstep.template_versions(office, EJS)) for office in offices] == [1, 3, 0]


async def test_s4_14_an_edit_counts_from_now_on(house: House) -> None:
    """S4.14, invariant 6: what was mailed stays as it was mailed; the next person gets the new text."""
    office = await house.office()
    await save(house, office, EJS, "as it was")
    before = await activated(house, office)
    first = await house.mail_of(before, Message.WELCOME)

    await save(house, office, EJS, "as it is")
    after = await activated(house, office)

    assert text_of(first).startswith("as it was\n")
    assert text_of(await house.mail_of(after, Message.WELCOME)).startswith("as it is\n")
    assert [text_of(mail) for mail in house.mails(before.address, Message.WELCOME)] == [text_of(first)]


async def test_a_text_with_faults_is_refused_and_nothing_changes(house: House) -> None:
    """S4.14, T14: every line is named, no version is made, the refusal is on record."""
    office = await house.office()
    await save(house, office, EJS, "sound")

    with pytest.raises(Invalid) as refused:
        await house.doorstep.template_set(office, EJS, subject="s", body="{{ nobody }}\n\n{{ range(10**9) }}")

    assert (refused.value.code, refused.value.field) == ("template_refused", "body")
    assert [line.partition(": ")[0] for line in refused.value.message.splitlines()] == [
        *("Body, line 1", "Body, line 3", "Body, line 3"),
    ]
    assert len(await house.doorstep.template_versions(office, EJS)) == 1
    assert await refusals(house, office) == [("template.set", "template_refused")]
    assert len(await house.doorstep.template_check(office, EJS, subject="s", body="{{ nobody }}")) == 2


async def test_an_unknown_office_or_locale_is_refused(house: House) -> None:
    """Every door says what is wrong before anything is looked at or changed."""
    office = await house.office()

    with pytest.raises(NotFound) as nowhere:
        await house.doorstep.templates("nowhere")
    with pytest.raises(Invalid) as locale:
        await save(house, office, EJS, "x", "klingon")
    with pytest.raises(Invalid) as name:
        await house.doorstep.template_add(office, "two words")

    assert (nowhere.value.code, locale.value.code, name.value.code) == ("no_such_office", "locale", "template_name")


async def test_f16_a_broken_text_stops_its_own_mail_alone(house: House) -> None:
    """F16: a text that cannot be filled in waits, the rest goes out, and the invitation is active all the same."""
    office = await house.office()
    await save(house, office, EJS, "sound")
    versions = t.template_versions
    broken = versions.update().where(versions.c.office == office).values(body="{{ ''.__class__ }}")
    await house.run(lambda tx: tx.execute(broken))

    person = await activated(house, office)

    waiting = {each.message: (each.status, each.cause) for each in person.deliveries}
    assert waiting[Message.WELCOME] == (DeliveryStatus.DEFERRED, "template_broken")
    assert waiting[Message.APPROVED][0] is DeliveryStatus.SENT
    assert house.mails(person.address, Message.WELCOME) == []


async def test_f16_a_mended_text_goes_out(house: House) -> None:
    """F16: once the office has saved a sound text, the mail that waited goes out with it."""
    office = await house.office()
    await save(house, office, EJS, "sound")
    versions = t.template_versions
    broken = versions.update().where(versions.c.office == office).values(body="{{ ''.__class__ }}")
    await house.run(lambda tx: tx.execute(broken))
    person = await activated(house, office)

    await save(house, office, EJS, "mended")
    await house.pass_time(person, timedelta(minutes=10))

    assert text_of(await house.mail_of(person, Message.WELCOME)).startswith("mended\n")
    count = select(func.count()).select_from(versions).where(versions.c.office == office)
    assert (await house.run(lambda tx: tx.execute(count))).scalar_one() == 2
