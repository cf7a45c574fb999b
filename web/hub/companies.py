"""Companies: searched by code or name, opened, and given another customer (S1.6-S1.8)."""

from urllib.parse import quote, urlencode

from fastapi import Response

from doorstep.domain.authority import Way
from doorstep.domain.errors import Conflict
from doorstep.store.directory_pages import AccountFilter
from web.hub import clients_form
from web.hub.clients_form import Entrance
from web.hub.clients_ways import may_add, require_way
from web.hub.navigation import home_of
from web.hub.visits import Visit, act, look

COMPANIES = "/hub/offices/{office}/companies"
SHOWN = 50
"""Contacts, users and invitations of one company that its page shows; the rest is a search away."""


async def show(visit: Visit) -> Response:
    """Companies in order of code; a representative sees those assigned to them (S1.3)."""
    text, after = visit.asked("q"), visit.asked("after")
    page = await visit.doorstep.account_page(visit.code, AccountFilter(text), after=after)
    path = f"{home_of(visit.code)}/companies"
    asked = {"q": text} if text else {}
    return visit.page(
        "companies.html",
        page=page,
        path=path,
        text=text,
        path_of=lambda code: company_path(visit.code, code),
        next=f"{path}?{urlencode(asked | {'after': page.next})}" if page.next else "",
        first=f"{path}?{urlencode(asked)}" if after else "",
    )


async def show_one(visit: Visit) -> Response:
    """A company, and who belongs to it (S1.7)."""
    company = await visit.doorstep.company(visit.code, visit.request.path_params["account"], limit=SHOWN + 1)
    account = company.account
    is_open = account.closed_at is None
    return visit.page(
        "companies_one.html",
        company=company,
        shown=SHOWN,
        path=company_path(visit.code, account.code),
        everybody=f"{home_of(visit.code)}/clients?{urlencode({'account': account.code})}",
        home=home_of(visit.code),
        may_add=is_open and may_add(visit, Way.COMPANIES),
    )


async def new(visit: Visit) -> Response:
    """The empty form, for this company (S1.8)."""
    return await clients_form.show(visit, await _entrance(visit))


async def add(visit: Visit) -> Response:
    """The form, sent (S1.17)."""
    return await clients_form.receive(visit, await _entrance(visit))


async def _entrance(visit: Visit) -> Entrance:
    require_way(visit, Way.COMPANIES)
    account = await visit.doorstep.account(visit.code, visit.request.path_params["account"])
    if account.closed_at is not None:
        raise Conflict("account_closed", "The company is closed, so nobody is let in there. The ERP can reopen it.")
    return Entrance(f"{company_path(visit.code, account.code)}/customers/new", account)


def company_path(office: str, code: str) -> str:
    """The page of a company; a code of the ERP may hold a slash."""
    return f"{home_of(office)}/companies/{quote(code)}"


ROUTES = [
    look(COMPANIES, show),
    look(COMPANIES + "/{account:path}/customers/new", new),
    act(COMPANIES + "/{account:path}/customers/new", add),
    look(COMPANIES + "/{account:path}", show_one),
]
