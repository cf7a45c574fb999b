"""Signing in through a real OpenID Connect provider: who is let in, who is not, and what nobody can forge."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from doorstep.store import staff_codes
from starter.client import Doorstep
from tests.house import House
from tests.hub import colleague
from tests.openid.running import Provider, running
from tests.pages import PORTAL, seen, visitor
from web.app import create_app

LEAVE = "/hub/sign-in/openid"


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Provider]:
    """The provider, for all of these tests."""
    async with running(PORTAL) as found:
        yield found


@pytest.fixture
def shop(house: House, provider: Provider) -> FastAPI:
    """The pages of a house that has the provider in its settings."""
    return create_app(provider.of(house.doorstep, oidc_name="Kauri ID"))


async def mate_of(house: House, name: str = "mere") -> tuple[str, str]:
    """An office, and the address of somebody on its staff who has never been here."""
    office = await house.office()
    address = f"{name}@{office}.example"
    await house.doorstep.staff_set(office, address, permissions=["administrator"])
    return office, address


async def led(browser: httpx2.AsyncClient, path: str = LEAVE) -> str:
    """Where the browser is sent to."""
    answer = await browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.parametrize("what", ["verified", "verified apart"])
async def test_somebody_comes_in_through_the_provider(
    house: House, shop: FastAPI, provider: Provider, what: str
) -> None:
    """S1.2, T24: by the verified address that an office saved, to the page they wanted, in a session like any other."""
    office, address = await mate_of(house)
    await provider.add(office, address.upper(), what)
    browser = visitor(shop)
    wanted = f"/hub/offices/{office}/clients?q=ana"

    page = seen(await browser.get("/hub/sign-in", params={"next": wanted}))
    [way] = [link for link in page.links if link.startswith(LEAVE)]
    back = await provider.sign_in(await led(browser, way), office)
    entered = await browser.get(back)
    home = await browser.get(f"/hub/offices/{office}")
    account = seen(await browser.get("/hub/account"))

    assert "Sign in with Kauri ID" in page.words
    assert entered.headers["location"] == wanted
    assert home.status_code == 200
    assert address in account.words
    assert "You can sign in through Kauri ID too" in account.words


async def test_what_the_provider_is_asked(shop: FastAPI, provider: Provider) -> None:
    """T12, T17, T24: code flow with PKCE, state and nonce; the way back is that of the settings, never of a header."""
    asked = dict(parse_qsl(urlsplit(await led(visitor(shop))).query))

    assert asked["redirect_uri"] == f"{PORTAL}{LEAVE}/back"
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid email")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) == 43


async def test_they_are_known_by_the_subject_from_then_on(house: House, shop: FastAPI, provider: Provider) -> None:
    """T24: a changed address at the provider changes nothing; another person with the old one is not let in."""
    office, address = await mate_of(house)
    await provider.add(office, address)
    first = visitor(shop)
    await first.get(await provider.sign_in(await led(first), office))

    await provider.add(f"{office}-other", address)
    other, again = visitor(shop), visitor(shop)
    refused = await other.get(await provider.sign_in(await led(other), f"{office}-other"))
    entered = await again.get(await provider.sign_in(await led(again), office))

    assert refused.status_code == 403
    assert entered.headers["location"] == "/hub"


async def test_an_account_that_was_made_anew_is_tied_once_the_old_is_forgotten(
    house: House, shop: FastAPI, provider: Provider
) -> None:
    """T24: the person says so in a session of theirs, and nobody else can."""
    office, address = await mate_of(house)
    await provider.add(office, address)
    first = visitor(shop)
    await first.get(await provider.sign_in(await led(first), office))
    person = await colleague(house, shop, office, address=address)
    await provider.add(office, address)
    browser = visitor(shop)

    refused = await browser.get(await provider.sign_in(await led(browser), office))
    done = await person.send("/hub/account/openid/untie")
    entered = await browser.get(await provider.sign_in(await led(browser), office))

    assert refused.status_code == 403
    assert done.headers["location"] == "/hub/account?done=untied"
    assert entered.headers["location"] == "/hub"


async def test_t08_everybody_else_gets_one_refusal(house: House, shop: FastAPI, provider: Provider) -> None:
    """T08, T24: unknown to every office, an address that is not verified, off the staff since, or a denial there."""
    office, address = await mate_of(house)
    gone_office, gone = await mate_of(house, "gone")
    chief = await colleague(house, shop, gone_office, "administrator")
    await provider.add(f"{office}-u", f"nobody@{office}.example")
    await provider.add(f"{office}-n", address, "")
    await provider.add(f"{office}-a", address, "apart")
    await provider.add(gone_office, gone)
    left = visitor(shop)
    await left.get(await provider.sign_in(await led(left), gone_office))
    await house.doorstep.staff_remove(gone_office, gone, actor=chief.address)

    answers = []
    for name in (f"{office}-u", f"{office}-n", f"{office}-a", gone_office):
        browser = visitor(shop)
        answers.append(await browser.get(await provider.sign_in(await led(browser), name)))
    browser = visitor(shop)
    state = dict(parse_qsl(urlsplit(await led(browser)).query))["state"]
    answers.append(await browser.get(f"{LEAVE}/back", params={"error": "access_denied", "state": state}))

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    assert not any("doorstep_staff=" in answer.headers.get("set-cookie", "") for answer in answers)
    assert (await left.get("/hub")).headers["location"] == "/hub/sign-in"


async def test_t12_an_answer_counts_in_the_browser_that_asked(house: House, shop: FastAPI, provider: Provider) -> None:
    """T12, T09: no other browser, no other attempt, and not twice; a code from elsewhere does not sign anybody in."""
    office, address = await mate_of(house)
    await provider.add(office, address)
    mine, other = visitor(shop), visitor(shop)
    back = await provider.sign_in(await led(mine), office)
    own_state = dict(parse_qsl(urlsplit(await led(other)).query))["state"]
    code = dict(parse_qsl(urlsplit(back).query))["code"]

    without = await visitor(shop).get(back)
    foreign = await other.get(back)
    await led(other)
    swapped = await other.get(f"{LEAVE}/back", params={"code": code, "state": own_state})
    mixed_up = await visitor(shop).get(back, headers={"cookie": "doorstep_openid=short"})
    entered = await mine.get(back)
    twice = await mine.get(back)

    assert without.headers["location"] == mixed_up.headers["location"] == LEAVE
    assert [foreign.status_code, swapped.status_code] == [403, 403]
    assert entered.headers["location"] == "/hub"
    assert twice.headers["location"] == LEAVE


async def test_t24_a_stolen_code_is_nothing_without_its_attempt(
    house: House, shop: FastAPI, provider: Provider
) -> None:
    """T24: a code that is brought with the right state of another attempt is refused by the provider itself (PKCE)."""
    office, address = await mate_of(house)
    await provider.add(office, address)
    victim, thief = visitor(shop), visitor(shop)
    code = dict(parse_qsl(urlsplit(await provider.sign_in(await led(victim), office)).query))["code"]
    state = dict(parse_qsl(urlsplit(await led(thief)).query))["state"]

    answer = await thief.get(f"{LEAVE}/back", params={"code": code, "state": state})

    assert answer.status_code == 403


async def test_t24_a_one_time_code_is_asked_for_here_too(house: House, shop: FastAPI, provider: Provider) -> None:
    """T24: whoever turned it on is asked whichever way they come."""
    office, address = await mate_of(house)
    await provider.add(office, address)
    person = await colleague(house, shop, office, address=address)
    insider = await house.doorstep.hub_insider(person.session)
    assert insider is not None
    await house.doorstep.hub_code_begin(insider)
    await house.run(lambda tx: staff_codes.turn_on(tx, insider.login.id))
    browser = visitor(shop)

    entered = await browser.get(await provider.sign_in(await led(browser), office))

    assert entered.headers["location"] == "/hub/sign-in/code"
    assert (await browser.get("/hub")).headers["location"] == "/hub/sign-in"


async def test_t18_the_provider_leads_nobody_elsewhere(house: House, shop: FastAPI, provider: Provider) -> None:
    """T18: what was wanted is a page of the Hub, whatever the address or the cookie said."""
    office, address = await mate_of(house)
    await provider.add(office, address)
    browser = visitor(shop)
    url = await led(browser, f"{LEAVE}?next=//evil.example/hub")
    secret = browser.cookies["doorstep_openid"].partition(".")[0]
    forged = visitor(shop)
    forged.cookies.set("doorstep_openid", f"{secret}.https%3A%2F%2Fevil.example")

    entered = await forged.get(await provider.sign_in(url, office))

    assert entered.headers["location"] == "/hub"


async def test_t17_whoever_comes_by_another_host_is_led_by_the_one_of_the_settings(shop: FastAPI) -> None:
    """T17, T18: the provider leads back to one host alone, so the attempt begins there, with the same page in mind."""
    browser = visitor(shop, base_url="http://127.0.0.1")

    answer = await browser.get(f"{LEAVE}?next=/hub/offices/nz")

    assert answer.headers["location"] == f"{PORTAL}{LEAVE}?next=%2Fhub%2Foffices%2Fnz"
    assert "set-cookie" not in answer.headers


async def test_a_provider_that_is_away_or_another_is_no_way_in(house: House, provider: Provider) -> None:
    """T24: the page says so and offers the password; a provider that calls itself otherwise is not ours."""
    broken: list[Doorstep] = [
        provider.of(house.doorstep, oidc_issuer="http://127.0.0.1:9"),
        provider.of(house.doorstep, oidc_issuer=f"{provider.issuer}/"),
        provider.of(house.doorstep, oidc_issuer=f"{provider.url}/people"),
    ]

    answers = [await visitor(create_app(each)).get(LEAVE) for each in broken]

    assert {answer.status_code for answer in answers} == {503}
    assert all("Sign in to the Team Hub" in seen(answer).words for answer in answers)


async def test_a_wrong_client_secret_lets_nobody_in(house: House, provider: Provider) -> None:
    """T24: the provider gives nothing to whoever is not its client."""
    office, address = await mate_of(house)
    await provider.add(office, address)
    browser = visitor(create_app(provider.of(house.doorstep, oidc_client_secret=SecretStr("guessed"))))

    answer = await browser.get(await provider.sign_in(await led(browser), office))

    assert answer.status_code == 403
