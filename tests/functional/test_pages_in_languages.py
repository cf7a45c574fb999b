"""The pages in Spanish and German: every one of them, whole, with its dates, from the link to the portal home."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import httpx2
import pytest
from babel.messages.pofile import read_po
from fastapi import FastAPI

from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.functional.knowing import added, mail_to, member_elsewhere
from tests.house import PASSWORD, House
from tests.pages import Seen, add_accounts, open_link, seen, sign_in, token_of, visitor
from web.languages import CATALOGUES, translations

LANGUAGES = ["de", "es"]
every_language = pytest.mark.parametrize("language", LANGUAGES)


def english_pieces(language: str) -> set[str]:
    """The pieces of English sentences that the catalogue has other words for."""
    catalogue = read_po(BytesIO((CATALOGUES / language / "LC_MESSAGES" / "web.po").read_bytes()))
    asked = [form for message in catalogue if message.id for form in _forms(message.id)]
    pieces = {piece.strip(" .,:;?") for form in asked for piece in re.split(r"%\(\w+\)s|<[^>]*>", form)}
    return {piece for piece in pieces if len(piece.split()) > 1}


def _forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else [*text]


@dataclass
class Reader:
    """Somebody who reads one language, and looks over every page that they are shown."""

    language: str

    def reads(self, answer: httpx2.Response) -> Seen:
        """The page, which is in that language from the title to the last button."""
        page = seen(answer)
        said = " ".join(f"{page.title} {page.words} {' '.join(self._hidden(answer.text))}".split())
        assert page.language.startswith(self.language), (page.language, answer.url)
        assert [piece for piece in english_pieces(self.language) if piece in said] == []
        return page

    def _hidden(self, html: str) -> Iterator[str]:
        yield from re.findall(r'(?:data-[a-z-]+|aria-label)="([^"]*)"', html)

    def __call__(self, sentence: str) -> str:
        """What stands on the page for an English sentence."""
        return translations(self.language).gettext(sentence)


@every_language
async def test_the_way_of_an_invitee_in_another_language(house: House, app: FastAPI, language: str) -> None:
    """S2.15, S4.38: the invitation's own language, from the form with its faults and dates to waiting and home."""
    reader, office = Reader(language), await house.office()
    await add_accounts(house, office, {"1042": "Kauri", "1045": "Te Miro"})
    invitation = await house.pending(office, name="Ana", accounts=["1042", "1045"], roles=["grower"], locale=language)
    browser = visitor(app)

    form = reader.reads(await open_link(browser, await token_of(house, invitation)))
    faulty = reader.reads(await browser.post("/set-up", data={"username": "a b", "password": "short"}))
    empty = reader.reads(await browser.post("/set-up", data={"username": "", "password": "", "role": "admin"}))
    question = reader.reads(await browser.get("/set-up/decline"))
    lost = reader.reads(await browser.get("/no-such-page"))
    done = reader.reads(
        await browser.post(
            "/set-up", data={"username": invitation.address, "password": PASSWORD}, follow_redirects=True
        )
    )
    used = reader.reads(await browser.get("/set-up"))

    assert reader("This is not for me") in form.words
    assert ("NZDT" in form.words or "NZST" in form.words) is False  # said as the language says it, with the offset
    assert "UTC+1" in form.words
    assert {"de": " Uhr", "es": " a la"}[language] in form.words
    assert reader("This username is taken. Choose another one.") not in faulty.words
    assert {"de": "mindestens 15 Zeichen", "es": "al menos 15 caracteres"}[language] in faulty.words
    assert faulty.title.startswith(reader("Error:"))
    assert reader("Enter a username.") in empty.words
    assert reader("no user is made;") in question.words
    assert reader("There is no such page") in lost.words
    assert reader("Done, and waiting for approval") in done.words
    assert reader("Your user is set up") in used.words


@every_language
@pytest.mark.parametrize("state", ["superseded", "expired", "closed", "revoked", "declined"])
async def test_a_dead_link_in_another_language(house: House, app: FastAPI, language: str, state: str) -> None:
    """S0.22, S4.13: why a link is dead is said in the language of the invitation, dates included."""
    reader, office = Reader(language), await house.office(resend_cooldown=timedelta(0))
    invitation = await house.pending(office, locale=language)
    token, browser = await token_of(house, invitation), visitor(app)
    if state == "superseded":
        await house.doorstep.resend(invitation.id)
    if state in {"expired", "closed"}:
        await house.pass_time(invitation, timedelta(hours=25))
        await house.until_state(invitation, State.EXPIRED)
    if state == "closed":
        await house.pass_time(invitation, timedelta(days=8))
        await house.until(invitation, lambda row: row.closed_at is not None)
    if state == "revoked":
        await house.doorstep.revoke(invitation.id)
    if state == "declined":
        await open_link(browser, token)
        reader.reads(await browser.post("/set-up/decline", follow_redirects=True))

    page = reader.reads(await open_link(browser, token))

    assert f"help@{office}.example" in page.words
    if state == "superseded":
        assert {"de": " Uhr", "es": " a la"}[language] in page.words
    if state == "expired":
        reader.reads(await browser.post("/set-up/new-link", follow_redirects=True))


@every_language
async def test_consent_in_another_language(house: House, app: FastAPI, language: str) -> None:
    """Decision 5, S2.15: the office's own language asks for consent, and says what became of it."""
    reader, first = Reader(language), await member_elsewhere(house)
    office = await house.office(existing_users="consent", approval_required=False)
    await house.doorstep.office_set(office, own={"locale": language, "client_guide": "https://guide.example"})
    invitation = await house.doorstep.invite(office=office, email=first.address)
    browser = visitor(app)

    question = reader.reads(await open_link(browser, await token_of(house, invitation)))
    decline = reader.reads(await browser.get("/set-up/decline"))
    stale = reader.reads(await browser.post("/set-up", data={"username": "zoe", "password": PASSWORD}))
    await browser.post("/set-up/accept")
    await house.until_state(invitation, State.ACTIVE)
    welcome = reader.reads(await browser.get("/set-up/done"))

    assert reader("Accept") in question.words
    assert reader("This is not for me") in question.words
    assert reader("A guide to the portal") in question.words
    assert reader("the user that exists already stays as it is;") in decline.words
    assert first.username in stale.words
    assert reader("Welcome: you now have access") in welcome.words


@every_language
async def test_a_login_pair_in_another_language(house: House, app: FastAPI, language: str) -> None:
    """S4.12, S4.16, S2.15: the passwords of a pair are set in the language of its office, and so is the sign-in."""
    reader, pair = Reader(language), await added(house)
    host = f"https://{pair.office}.example"
    await house.doorstep.office_set(pair.office, own={"locale": language, "public_url": host})
    browser = visitor(app, base_url=host)
    token = house.token(await mail_to(house, pair.address, Message.SET_PASSWORD))

    form = reader.reads(await browser.get(f"/reset/{token}", follow_redirects=True))
    faulty = reader.reads(await browser.post("/reset", data={"password": "", "staff_password": "short"}))
    done = reader.reads(await browser.post("/reset", data={"password": PASSWORD}, follow_redirects=True))
    both = reader.reads(await browser.get("/reset/done?set=both"))
    dead = reader.reads(await visitor(app, base_url=host).get(f"/reset/{token}", follow_redirects=True))
    refused = reader.reads(await sign_in(browser, pair.username, "not the right one"))
    await sign_in(browser, pair.username)
    home = reader.reads(await browser.get("/"))

    assert form.title.startswith(reader("Set your passwords"))
    assert reader("Forgot your password?") in form.words
    assert {"#password", "#staff_password"} <= set(faulty.links)
    assert reader("The management login can sign in now.") in done.words
    assert reader("Your passwords are set") in both.title
    assert reader("Send me a new link") in dead.words
    assert reader("The username or the password is not right.") in refused.words
    assert {"de": "Rechnungen", "es": "Facturas"}[language] in home.words
    assert "Invoices" not in home.words


@every_language
async def test_without_an_office_the_browser_says_which_language(house: House, app: FastAPI, language: str) -> None:
    """S2.15: the shared address of several offices speaks as the browser asks; an office that is known, as it does."""
    for _ in range(2):
        office = await house.office()
    await house.doorstep.office_set(office, own={"public_url": f"https://{office}.example"})
    wish = {"Accept-Language": f"fr, {language}-XX;q=0.8, en;q=0.2"}
    reader, browser = Reader(language), visitor(app)

    pages = [await browser.get(path, headers=wish) for path in ("/sign-in", "/forgot", "/forgot/sent", "/reset/done")]
    pages += [await browser.get(path, headers=wish) for path in ("/set-up", "/reset", "/nowhere")]
    pages.append(await browser.post("/sign-in", data={"username": "nobody", "password": "wrong"}, headers=wish))
    pages.append(await browser.post("/sign-in", data={}, headers=wish))
    pages.append(await browser.post("/forgot", content=b"x" * 70_000, headers=wish))
    guesses = [await browser.get(f"/invitation/{n:043d}", headers=wish, follow_redirects=True) for n in range(11)]
    known = await visitor(app, base_url=f"https://{office}.example").get("/sign-in", headers=wish)
    plain = await browser.get("/sign-in")

    for answer in [*pages, guesses[0], guesses[-1]]:
        reader.reads(answer)
    assert reader("Customer portal") in seen(pages[0]).title
    assert guesses[-1].status_code == 429
    assert re.search(r"1[456] (Minuten|minutos)", seen(guesses[-1]).words)
    assert (seen(known).language, seen(plain).language) == ("en-NZ", "en")


async def test_a_language_that_we_do_not_speak_is_english(house: House, app: FastAPI) -> None:
    """S2.15: English sentences have English dates, in the order of that country, and say that they are English."""
    invitation = await house.pending(await house.office(), locale="fr_FR")

    page = seen(await open_link(visitor(app), await token_of(house, invitation)))

    assert page.language == "en-FR"
    assert re.search(r"until \w+day, \d+ \w+ 20\d\d at \d\d:\d\d", page.words)
