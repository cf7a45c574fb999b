"""The list of clients, found by whatever identifies them, and the way to add one (S0.2, S3.3)."""

from urllib.parse import urlencode

from fastapi import Response

from doorstep.domain.authority import Way
from doorstep.store.address_book import Search
from doorstep.store.directory_pages import AccountFilter
from web.hub import clients_form
from web.hub.clients_form import Entrance
from web.hub.clients_picking import MOST_ALIKE
from web.hub.clients_ways import may_add, require_way
from web.hub.navigation import home_of
from web.hub.visits import Visit, act, look

CLIENTS = "/hub/offices/{office}/clients"


async def show(visit: Visit) -> Response:
    """Contacts in pages."""
    text, account, is_new = visit.asked("q"), visit.asked("account"), bool(visit.asked("new"))
    wanted = Search(text, account or None, is_without_username=is_new)
    page = await visit.doorstep.client_page(visit.code, wanted, after=visit.asked("after"))
    path = f"{home_of(visit.code)}/clients"
    narrowed = {"q": text, "account": account, "new": "yes" if is_new else ""}
    asked = {name: value for name, value in narrowed.items() if value}
    return visit.page(
        "clients.html",
        page=page,
        path=path,
        asked=narrowed,
        next=f"{path}?{urlencode(asked | {'after': page.next})}" if page.next else "",
        first=f"{path}?{urlencode(asked)}" if visit.asked("after") else "",
        may_add=may_add(visit, Way.CUSTOMERS),
    )


async def companies(visit: Visit) -> Response:
    """The companies that come near what is being typed, for the list below a field (S1.10)."""
    text = visit.asked("account")
    found = await visit.doorstep.account_page(visit.code, AccountFilter(text), limit=MOST_ALIKE)
    return visit.page("clients_companies.html", companies=found.items)


async def new(visit: Visit) -> Response:
    """The empty form."""
    require_way(visit, Way.CUSTOMERS)
    return await clients_form.show(visit, _entrance(visit))


async def add(visit: Visit) -> Response:
    """The form, sent."""
    require_way(visit, Way.CUSTOMERS)
    return await clients_form.receive(visit, _entrance(visit))


def _entrance(visit: Visit) -> Entrance:
    return Entrance(f"{home_of(visit.code)}/clients/new")


ROUTES = [
    look(CLIENTS, show),
    look(f"{CLIENTS}/companies", companies),
    look(f"{CLIENTS}/new", new),
    act(f"{CLIENTS}/new", add),
]
