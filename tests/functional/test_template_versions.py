"""The versions of a text: none lost, none twice, one for each language, and a way back."""

import asyncio
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from doorstep.domain.errors import Invalid, NotFound
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.domain.templates import TemplateText
from doorstep.store import tables as t
from doorstep.store import templates
from tests.house import House
from tests.house import text_of as lines_of

EJS = "accountactivation-EJS"
ELSEWHERE = "CustomerInvitationFromAnotherOffice"


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


async def test_every_version_is_kept_and_none_comes_twice(house: House) -> None:
    """Ten people save at once: ten numbers, every text kept; the same text again is no new version."""
    office = await house.office()

    numbers = await asyncio.gather(*(save(house, office, EJS, f"text {number}") for number in range(10)))

    versions = await house.doorstep.template_versions(office, EJS)
    assert sorted(numbers) == list(range(1, 11))
    assert [version.number for version in versions] == list(range(10, 0, -1))
    assert {version.text.subject for version in versions if version.text} == {f"Subject: text {n}" for n in range(10)}
    newest = versions[0].text
    assert newest is not None
    assert (await house.doorstep.template_set(office, EJS, subject=newest.subject, body=newest.body)).number == 10


async def test_there_is_always_a_way_back(house: House) -> None:
    """An old text becomes the newest version again, or ours does; nothing is lost, and each step is recorded."""
    office = await house.office()
    for words in ("one", "two"):
        await save(house, office, EJS, words)

    back = await house.doorstep.template_restore(office, EJS, 1)
    ours = await house.doorstep.template_restore(office, EJS, 0)
    again = await house.doorstep.template_restore(office, EJS, 2)

    assert (back.number, back.text) == (3, TemplateText("Subject: one", "one\n\n{{ sign_in_url }}"))
    assert (ours.number, ours.text) == (4, None)
    assert (again.number, again.text and again.text.subject) == (5, "Subject: two")
    for missing in (6, 99):
        with pytest.raises(NotFound) as refused:
            await house.doorstep.template_restore(office, EJS, missing)
        assert refused.value.code == "no_such_version"
    a = t.audit.c
    query = select(a.event, a.detail["version"].as_integer(), a.detail["restored"].as_integer()).where(
        a.event.startswith("template."), a.detail["office"].as_string() == office
    )
    recorded = [tuple(row) for row in await house.run(lambda tx: tx.execute(query.order_by(a.id)))]
    assert recorded == [
        *(("template.saved", number, None) for number in (1, 2)),
        *(("template.restored", number, old) for number, old in ((3, 1), (4, 0), (5, 2))),
    ]


async def test_ours_again_is_what_goes_out(house: House) -> None:
    """After version 0 the mail is ours, byte for byte as in an office that never wrote anything."""
    office = await house.office()
    await save(house, office, EJS, "mine")
    await house.doorstep.template_restore(office, EJS, 0)

    person = await activated(house, office)

    assert "mine" not in text_of(await house.mail_of(person, Message.WELCOME))
    assert (await house.doorstep.template_preview(office, EJS)).subject.startswith("Welcome to the Office ")


async def test_the_text_of_the_readers_language_is_taken(house: House) -> None:
    """The very locale goes before its language; where neither was written, ours is used, and one query finds all."""
    office = await house.office()
    await house.doorstep.template_add(office, "growers", like=EJS)
    for locale in ("es", "es_MX", "de"):
        await save(house, office, EJS, locale, locale)
    await save(house, office, "growers", "growers", "es-mx")
    await save(house, office, ELSEWHERE, "elsewhere")
    wanted = {Message.WELCOME: EJS, Message.WELCOME_EXISTING: ELSEWHERE, Message.REMINDER: "reminder"}

    async def found(locale: str, names: dict[Message, str]) -> dict[str, str]:
        texts = await house.run(lambda tx: templates.current(tx, office, names, locale))
        return {message.value: text.subject.removeprefix("Subject: ") for message, text in texts.items()}

    assert await found("es_MX", wanted) == {"welcome": "es_MX"}
    assert await found("es-mx", wanted) == {"welcome": "es_MX"}
    assert await found("es_AR", wanted) == {"welcome": "es"}
    assert await found("de", wanted) == {"welcome": "de"}
    assert await found("en_AU", wanted) == {"welcome_existing": "elsewhere"}
    assert await found("fr", wanted) == {}
    assert await found("es_MX", {Message.WELCOME: "growers"}) == {"welcome": "growers"}
    assert await found("es_AR", {Message.WELCOME: "growers"}) == {}


async def test_a_version_is_found_however_old(house: House) -> None:
    """Invariant 6: what a delivery was pinned to is there for every copy."""
    office = await house.office()
    await save(house, office, EJS, "old")
    pinned = (await house.run(lambda tx: templates.current(tx, office, {Message.WELCOME: EJS}, "en")))[Message.WELCOME]
    await save(house, office, EJS, "new")

    assert await house.run(lambda tx: templates.by_version(tx, pinned.version_id)) == pinned
    assert (pinned.name, pinned.version, pinned.subject) == (EJS, 1, "Subject: old")
    assert await house.run(lambda tx: templates.by_version(tx, 0)) is None


async def test_a_template_can_begin_like_another(house: House) -> None:
    """S1.14: one more welcome template has the texts of its model, and goes its own way from there."""
    office = await house.office()
    await save(house, office, EJS, "model")
    await save(house, office, EJS, "modelo", "es")

    await house.doorstep.template_add(office, "growers", like=EJS)
    await save(house, office, EJS, "changed")

    sheets = [await house.doorstep.template(office, "growers", locale=locale) for locale in (None, "es", "de")]
    subjects = [each.version.text.subject if each.version and each.version.text else None for each in sheets]
    assert subjects == ["Subject: model", "Subject: modelo", None]
    with pytest.raises(Invalid) as refused:
        await house.doorstep.template_add(office, "other", like=ELSEWHERE)
    assert refused.value.code == "template_kind"


async def test_a_preview_is_filled_with_examples(house: House) -> None:
    """A text, saved or not, is seen in both parts before anybody gets it; a draft with a fault is refused."""
    office = await house.office()
    await save(house, office, EJS, "saved")

    saved = await house.doorstep.template_preview(office, EJS)
    draft = TemplateText("Hi {{ recipient_name }}", "Hello {{ recipient_name }}\n\n[Sign in]({{ sign_in_url }})")
    drafted = await house.doorstep.template_preview(office, EJS, draft=draft)
    locked = await house.doorstep.template_preview(office, "invitation", locale="de")

    assert saved.text.startswith("saved\n")
    assert (drafted.subject, "Hello Ana Ruiz" in drafted.text) == ("Hi Ana Ruiz", True)
    assert f"Office {office}" in drafted.html
    assert [each.partition(":")[0] for each in drafted.warnings] == ["Subject, line 1", "Body, line 1"]
    assert "Guten Tag" in locked.text
    with pytest.raises(Invalid):
        await house.doorstep.template_preview(office, EJS, draft=TemplateText("s", "no link"))
    assert len(await house.doorstep.template_versions(office, EJS)) == 1
