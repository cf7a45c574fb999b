"""A company, picked by its code or its name (S1.10); what merely looks alike is offered, and never taken (S0.13)."""

import re

from doorstep.domain.errors import Invalid, NotFound
from doorstep.store.directory_pages import AccountFilter, AccountRecord
from web.hub.visits import Visit

MOST_ALIKE = 20
BETWEEN = re.compile(r"[,;\n]")


class Alike(Invalid):
    """No company has exactly that code or name; `companies` are those that come near."""

    def __init__(self, companies: tuple[AccountRecord, ...]) -> None:
        sentence = "No company has exactly that code or name. Choose the one that you mean."
        super().__init__("account_unclear", sentence, field="account")
        self.companies = companies


async def picked(visit: Visit, text: str) -> str:
    """The code of the company that has exactly this code, or else exactly this name.

    Raises:
        Alike: with those that come near; Invalid: `unknown_account`, where none does.
    """
    try:
        return (await visit.doorstep.account(visit.code, text)).code
    except NotFound:
        found = (await visit.doorstep.account_page(visit.code, AccountFilter(text), limit=MOST_ALIKE)).items
    named = [each.code for each in found if each.name.casefold() == text.casefold()]
    if len(named) == 1:
        return named[0]
    if not found:
        sentence = "No company has that code or name. Search for it under Companies, or leave this empty."
        raise Invalid("unknown_account", sentence, field="account")
    raise Alike(found)


def codes_in(text: str) -> list[str]:
    """Several codes in one field: one a line, or with commas between them."""
    return [code for each in BETWEEN.split(text) if (code := each.strip())]
