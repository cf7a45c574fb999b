"""How the pages with the longest words look in Spanish and German, on a phone."""

import pytest
from playwright.async_api import Browser

from doorstep.domain.messages import Message
from tests.browser.looking import PHONE, Cast, Look, bring, inspect
from tests.functional.knowing import mail_to, member_elsewhere
from tests.house import House
from tests.pages import add_accounts

pytestmark = pytest.mark.xdist_group("looks-in-languages")

LANGUAGES = {"de": ("de_AT", "Europe/Vienna"), "es": ("es_MX", "America/Mexico_City")}


@pytest.fixture(scope="module", params=LANGUAGES)
async def cast(request: pytest.FixtureRequest, worked_house: House) -> tuple[str, Cast]:
    """A language, and people of an office that speaks it."""
    house, made = worked_house, Cast()
    locale, zone = LANGUAGES[request.param]
    office = await house.office(existing_users="consent")
    own = {"name": "Almendros del Valle", "locale": locale, "time_zone": zone, "client_guide": "https://valle.example"}
    await house.doorstep.office_set(office, own=own)
    await add_accounts(house, office, {"1042": "Hacienda Los Alamos"})
    known, address = await member_elsewhere(house), f"pair@{office}.example"
    people = {"pending": f"ana@{office}.example", "consent": known.address}
    for name, person in people.items():
        invited = await house.doorstep.invite(office=office, email=person, accounts=["1042"], name="Ana Ruiz")
        made.links[name] = "/invitation/" + (await house.doorstep.link(invited.id)).rpartition("/")[2]
    await house.doorstep.add_user(office=office, account="1042", email=address, username=f"ana.{office[-4:]}")
    made.links["pair"] = "/reset/" + house.token(await mail_to(house, address, Message.SET_PASSWORD))
    return request.param, made


PAGES: dict[str, Look] = {
    "set-up-faults": Look("/set-up", "pending", {"username": "a b", "password": "short"}),
    "set-up-decline": Look("/set-up/decline", "consent"),
    "consent": Look("/set-up", "consent"),
    "passwords-faults": Look("/reset", "pair", {"password": "", "staff_password": "short"}),
    "passwords-done": Look("/reset/done?set=both"),
    "reset-dead": Look("/reset/" + "x" * 43),
    "sign-in-refused": Look("/sign-in", "", {"username": "nobody@example.org", "password": "not the right one"}),
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_fits_in_another_language(
    chromium: Browser, portal: str, cast: tuple[str, Cast], name: str
) -> None:
    """S2.15, S0.22: words of another length break no line, and the page says which language it is in."""
    language, people = cast
    async with await chromium.new_context(base_url=portal, locale=language) as context:
        page = await bring(context, people, PAGES[name])
        await inspect(page, f"{language}-{name}", PHONE, 740, "light")
        said = await page.evaluate("document.documentElement.lang")
    assert said.startswith(language)
