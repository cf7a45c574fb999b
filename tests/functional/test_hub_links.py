"""The list of portal links: found, filtered, and managed from the row."""

from datetime import timedelta

from fastapi import FastAPI

from doorstep.domain.states import State
from tests.functional.counting import Line, write
from tests.functional.staffing import staffed
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import Seen, add_accounts


def shown(page: Seen) -> set[str]:
    """The invitations that a page lists, by their ids."""
    paths = {link for link in page.links if link.startswith("/hub/invitations/")}
    return {path.rpartition("/")[2] for path in paths}


async def found(who: Colleague, query: str) -> set[str]:
    """What a search finds."""
    return shown(await who.look(who.path(f"/links?{query}")))


async def test_links_are_found_by_state_account_attention_and_words(house: House, app: FastAPI) -> None:
    """S3.2: each filter by itself and together; a search looks at name, address and number; a % is a letter."""
    office = await house.office()
    await add_accounts(house, office, {"1042": "Kauri Farms"})
    lines = [
        Line(name="Ana Ngata", accounts=("1042",)),
        Line(name="Ben 100%", state="expired", attention=("undeliverable",)),
        Line(name="Cara", channel="text", state="awaiting_approval", set_up=60),
    ]
    await write(house, office, lines)
    listed = {each.name: each for each in (await house.doorstep.invitations(office)).items}
    ana, ben, cara = [str(listed[line.name].id) for line in lines]
    address, number = listed["Ana Ngata"].address, listed["Cara"].address
    clerk = await colleague(house, app, office, "companyView")

    cases: dict[str, set[str]] = {
        "": {ana, ben, cara},
        "state=expired": {ben},
        "account=1042": {ana},
        "account=9999": set(),
        "attention=undeliverable": {ben},
        "q=ngata": {ana},
        "q=100%25": {ben},
        "q=%25": {ben},
        f"q={address[:8].upper()}": {ana},
        f"q=0{number[3:].replace('555', ' 555 ')}": {cara},
        "q=ana&state=expired": set(),
        "state=nonsense": {ana, ben, cara},
    }
    results = {query: await found(clerk, query) for query in cases}
    assert results == cases


async def test_a_long_list_comes_in_pages(house: House, app: FastAPI) -> None:
    """S3.2: everything once, the filter kept from page to page."""
    office = await house.office()
    await write(house, office, [Line(ago=1 + n / 100) for n in range(60)] + [Line(state="revoked")])
    clerk = await colleague(house, app, office, "companyView")

    first = await clerk.look(clerk.path("/links?state=pending"))
    more = next(link for link in first.links if "after=" in link)
    second = await clerk.look(more)

    assert (len(shown(first)), len(shown(second))) == (50, 10)
    assert not shown(first) & shown(second)
    assert "state=pending" in more
    assert clerk.path("/links?state=pending") in second.links


async def test_a_row_sends_again_and_takes_back(house: House, app: FastAPI) -> None:
    """S3.2: both from the row, with the effect named, and back to the same search."""
    office = await house.office(resend_cooldown=timedelta(0))
    one, two = await house.pending(office, name="Ana"), await house.pending(office, name="Ana B")
    clerk = await colleague(house, app, office, "administrator")
    path = clerk.path("/links?q=ana")
    page = await clerk.look(path)

    resent = await clerk.send(f"/hub/invitations/{one.id}/resend", rev=one.rev, back=path)
    revoked = await clerk.send(f"/hub/invitations/{two.id}/revoke", rev=two.rev, back=path)

    assert {f"/hub/invitations/{one.id}/resend", f"/hub/invitations/{two.id}/revoke"} <= set(page.forms)
    assert "The link of Ana B stops working at once" in page.words
    assert [each.headers["location"] for each in (resent, revoked)] == [f"{path}&done=resent", f"{path}&done=revoked"]
    assert (await house.doorstep.show(one.id)).generation == 2
    assert (await house.doorstep.show(two.id)).state is State.REVOKED


async def test_whoever_may_only_look_has_no_buttons(house: House, app: FastAPI) -> None:
    """S4.4: the list without a form in it but the search."""
    office = await house.office()
    await house.pending(office)
    viewer = await colleague(house, app, office, "companyView")

    page = await viewer.look(viewer.path("/links"))

    assert [form for form in page.forms if "/invitations/" in form] == []


async def test_s1_3_only_assigned_accounts_are_listed(house: House, app: FastAPI) -> None:
    """S1.3: whoever is held to assigned accounts lists and finds those alone."""
    office, clerk = await staffed(house, "crmCompanyView", "crmCompanyEdit")
    person = await colleague(house, app, office, address=clerk.actor.name)
    mine = await house.doorstep.invite(office=office, email="m@example.org", accounts=["1042"], is_draft=True)
    await house.doorstep.invite(office=office, email="o@example.org", accounts=["2000"], is_draft=True)

    results = [await found(person, query) for query in ("", "q=example.org", "account=2000")]

    assert results == [{str(mine.id)}, {str(mine.id)}, set()]


async def test_an_empty_list_says_what_to_do(house: House, app: FastAPI) -> None:
    """S3.2: nothing sent yet leads to the invite list, nothing found to the whole list."""
    office = await house.office()
    clerk = await colleague(house, app, office, "administrator")

    nothing, unfit = await clerk.look(clerk.path("/links")), await clerk.look(clerk.path("/links?q=zzz"))

    assert "No link was sent yet" in nothing.words
    assert clerk.path("/invite") in nothing.links
    assert "No link fits" in unfit.words
