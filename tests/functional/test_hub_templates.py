"""The templates of an office in the Team Hub: listed, written, previewed, refused, and taken back."""

from fastapi import FastAPI

from doorstep.domain.templates import TemplateVersion
from tests.house import House
from tests.hub import Colleague, colleague
from tests.office_rows import fingerprints
from tests.pages import Seen, seen

EJS = "accountactivation-EJS"
BODY = "Kia ora{% if recipient_name %} {{ recipient_name }}{% endif %}.\n\n[Sign in]({{ sign_in_url }})"
FAULTY = "Kia ora\n\n{{ range(10**9) }}\n\n{{ nobody }}\n\n{{ sign_in_url }}"


async def writer(house: House, app: FastAPI, office: str = "") -> Colleague:
    """Somebody who looks after the templates of an office."""
    return await colleague(house, app, office or await house.office(), "administrator", "manage_email_templates")


async def versions(house: House, office: str, name: str = EJS) -> list[TemplateVersion]:
    """What was saved, the newest first."""
    return await house.doorstep.template_versions(office, name)


def typed(page: Seen) -> str:
    """The subject that stands in its field."""
    return page.fields["subject"]["value"]


async def test_the_list_says_which_are_locked_and_why(house: House, app: FastAPI) -> None:
    """S2.16, S2.20: every message is listed; the mail that sets a user up is locked, and its page has no field."""
    person = await writer(house, app)

    page = await person.look(person.path("/templates"))
    locked = await person.look(person.path("/templates/invitation"))
    refused = await person.send(person.path("/templates/invitation"), language="en", seen="0", subject="a", body="b")

    assert "Locked: its link is how somebody gets in" in page.words
    assert person.path("/templates/CustomerInvitationFromAnotherOffice") in page.links
    assert "subject" not in locked.fields
    assert locked.by_id["preview"] == "div"
    assert refused.status_code == 403
    assert await versions(house, person.office, "invitation") == []


async def test_a_saved_text_is_a_version_and_goes_out(house: House, app: FastAPI) -> None:
    """S2.20, S2.23, S4.14: what is saved stands in the field, in the list with who and when, and in no other office."""
    person, other = await writer(house, app), await writer(house, app)
    path = person.path(f"/templates/{EJS}")

    answer = await person.send(path, language="en", seen="0", subject="Welcome to {{ office_name }}", body=BODY)
    page = seen(await person.browser.get(answer.headers["location"]))
    elsewhere = await other.look(other.path(f"/templates/{EJS}"))

    assert answer.headers["location"] == f"{path}?language=en&done=template-saved"
    assert typed(page) == "Welcome to {{ office_name }}"
    assert f"Welcome to Office {person.office}" in page.words
    assert "1 (goes out now)" in page.words
    assert person.address in page.words
    assert typed(elsewhere) == ""
    assert "Nothing is written in English yet" in elsewhere.words


async def test_t14_a_text_with_faults_keeps_what_was_typed(house: House, app: FastAPI) -> None:
    """T14: every fault is named with its line beside its field, what was typed is still there, and nothing is saved."""
    person = await writer(house, app)

    answer = await person.send(
        person.path(f"/templates/{EJS}"), language="en", seen="0", subject="Hi {{ nobody }}", body=FAULTY
    )
    page = seen(answer)

    assert answer.status_code == 422
    assert page.title.startswith("Error: ")
    assert typed(page) == "Hi {{ nobody }}"
    assert "{{ range(10**9) }}" in page.words
    assert (page.by_id["subject-fault"], page.by_id["body-fault"]) == ("p", "p")
    assert "Line 3: " in page.words
    assert "Line 5: " in page.words
    assert await versions(house, person.office) == []


async def test_a_preview_changes_nothing(house: House, app: FastAPI) -> None:
    """S4.14: the preview is the mail that the typed text makes, or its faults; neither is saved anywhere."""
    person = await writer(house, app)
    before = await house.run(lambda tx: fingerprints(tx, person.office))
    path = person.path(f"/templates/{EJS}/preview")

    good = await person.send(path, language="en", seen="0", subject="Hi {{ username }}", body=BODY)
    faulty = await person.send(path, language="en", seen="0", subject="Hi", body=FAULTY)
    nothing = await person.send(path, language="en", seen="0", subject="", body="")

    assert [answer.status_code for answer in (good, faulty, nothing)] == [200, 200, 200]
    assert "Hi ana.ruiz@lowerflats.example" in seen(good).words
    assert "Kia ora Ana Ruiz." in seen(good).words
    assert "Body, line 3: " in seen(faulty).words
    assert "<iframe" not in faulty.text
    assert "our own text" in seen(nothing).words
    assert await house.run(lambda tx: fingerprints(tx, person.office)) == before


async def test_t13_the_mail_in_the_frame_runs_and_loads_nothing(house: House, app: FastAPI) -> None:
    """T13, T15: the HTML of a mail may stand in a page of ours alone, and has rights to nothing but its own style."""
    person = await writer(house, app)
    path = person.path(f"/templates/{EJS}/mail")

    saved = await person.browser.get(path)
    draft = await person.send(path, language="en", seen="0", subject="Hi", body=f"# Hooray\n\n{BODY}")
    faulty = await person.send(path, language="en", seen="0", subject="Hi", body="{{ nobody }}")

    for answer in (saved, draft, faulty):
        policy = answer.headers["content-security-policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert answer.headers["cache-control"] == "no-store"
        assert "<script" not in answer.text
    assert "<h1" in saved.text
    assert "Hooray" in draft.text
    assert (faulty.status_code, "line 1" in faulty.text) == (422, True)


async def test_the_name_is_a_key(house: House, app: FastAPI) -> None:
    """S1.14, S2.21: a welcome template is added under a name that nothing changes; a taken one is refused, and kept."""
    person = await writer(house, app)
    await person.send(person.path(f"/templates/{EJS}"), language="en", seen="0", subject="Usual", body=BODY)

    made = await person.send(person.path("/templates"), name="growers-welcome", like=EJS)
    taken = await person.send(person.path("/templates"), name="growers-welcome", like="")
    wrong = await person.send(person.path("/templates"), name="two words", like="")
    page = await person.look(person.path("/templates/growers-welcome"))

    assert made.headers["location"] == person.path("/templates/growers-welcome?done=template-added")
    assert typed(page) == "Usual"
    assert "name" not in page.fields
    assert (taken.status_code, wrong.status_code) == (409, 422)
    assert seen(taken).fields["name"]["value"] == "growers-welcome"
    assert seen(wrong).fields["name"]["value"] == "two words"


async def test_s2_22_only_who_looks_after_templates_sees_them(house: House, app: FastAPI) -> None:
    """S2.22, S4.4: an administrator without that permission has neither the page nor the entry in the menu."""
    office = await house.office()
    person = await colleague(house, app, office, "administrator")
    below = ("/templates", f"/templates/{EJS}", f"/templates/{EJS}/mail")

    home = await person.look(person.path())
    answers = [await person.browser.get(person.path(each)) for each in below]
    sent = await person.send(person.path(f"/templates/{EJS}"), language="en", seen="0", subject="a", body=BODY)

    assert person.path("/templates") not in home.links
    assert [answer.status_code for answer in [*answers, sent]] == [403] * 4
    assert await versions(house, office) == []


async def test_two_who_write_at_once_lose_nothing(house: House, app: FastAPI) -> None:
    """S4.14: whoever saves later than another one is told, keeps what they typed, and can save it on top."""
    person = await writer(house, app)
    path = person.path(f"/templates/{EJS}")
    await person.send(path, language="en", seen="0", subject="First", body=BODY)

    late = await person.send(path, language="en", seen="0", subject="Second", body=BODY)
    page = seen(late)
    again = await person.send(path, language="en", seen=page.fields["seen"]["value"], subject="Second", body=BODY)

    assert late.status_code == 412
    assert "Somebody changed this" in page.words
    assert typed(page) == "Second"
    assert again.status_code == 303
    assert [each.text and each.text.subject for each in await versions(house, person.office)] == ["Second", "First"]


async def test_an_old_text_and_ours_come_back(house: House, app: FastAPI) -> None:
    """S4.14: restoring adds a version; version 0 is our own text, and its effect is said before its button."""
    person = await writer(house, app)
    path = person.path(f"/templates/{EJS}")
    for number, words in enumerate(("First", "Second")):
        await person.send(path, language="en", seen=str(number), subject=words, body=BODY)

    old = await person.send(f"{path}/restore", language="en", seen="2", version="1")
    page = await person.look(f"{path}?language=en")
    ours = await person.send(f"{path}/restore", language="en", seen="3", version="0")
    stale = await person.send(f"{path}/restore", language="en", seen="3", version="2")

    assert old.headers["location"] == f"{path}?language=en&done=template-restored"
    assert typed(page) == "First"
    assert "our own text goes out instead of the office's" in page.words
    assert (ours.status_code, stale.status_code) == (303, 412)
    texts = [each.text and each.text.subject for each in await versions(house, person.office)]
    assert texts == [None, "First", "Second", "First"]


async def test_a_text_is_written_in_each_language(house: House, app: FastAPI) -> None:
    """S4.14: one text a language, each with its versions; a reader without one of their own gets the next best."""
    person = await writer(house, app)
    path = person.path(f"/templates/{EJS}")
    await person.send(path, language="es", seen="0", subject="Bienvenida", body=BODY)

    spanish, mexican = await person.look(f"{path}?language=es"), await person.look(f"{path}?language=es_MX")
    unknown = await person.browser.get(f"{path}?language=klingon")

    assert typed(spanish) == "Bienvenida"
    assert typed(mexican) == ""
    assert "what goes out now, in Spanish" in mexican.words
    assert "Bienvenida" in mexican.words
    assert unknown.status_code == 422


async def test_versions_come_page_by_page(house: House, app: FastAPI) -> None:
    """S4.14: a long history is told ten versions at a time."""
    person = await writer(house, app)
    path = person.path(f"/templates/{EJS}")
    for number in range(12):
        await house.doorstep.template_set(person.office, EJS, subject=f"Number {number + 1}", body=BODY)

    first = await person.look(path)
    second = await person.look(next(link for link in first.links if "after=" in link))

    assert "Number 3" in first.words
    assert "Number 2" not in first.words
    assert "Number 2" in second.words
