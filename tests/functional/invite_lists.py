"""The list of those to invite as the tests open it: an office with customers, and the boxes of a page."""

import re
from dataclasses import dataclass
from uuid import UUID

import httpx2
from fastapi import FastAPI

from doorstep.domain.batches import Batch, BatchState
from tests.functional.batching import until_batch
from tests.functional.importing import imported
from tests.house import House
from tests.hub import Colleague, colleague
from tests.pages import Seen, seen

ROWS = (
    "1,Hill Farm,Retail,Kim,A,Ana Hill,ana@{0}.example,",
    "2,Lake Farm,Retail,Kim,B,Ben Lake,,",
    "3,Bay Farm,Trade,Lee,A,Cy Bay,cy@{0}.example,",
    "4,Road,Rep,Kim,A,Kim Road,kim@{0}.example,",
)
BOXES = re.compile(r'name="contact" value="([^"]+)"( checked)?')


async def staffed(house: House, app: FastAPI, *permissions: str, approvers: int = 1) -> Colleague:
    """Somebody of an office with four customers, one of them a rep."""
    office = await house.office(approvers=approvers)
    await imported(house, office, *(row.format(office) for row in ROWS))
    return await colleague(house, app, office, *(permissions or ("administrator",)))


@dataclass
class Ticks:
    """The boxes of a page: all of them, and those that are ticked."""

    shown: list[str]
    ticked: list[str]


def ticks(page: Seen) -> Ticks:
    """What a browser would send of a page."""
    found = BOXES.findall(page.html)
    return Ticks([each for each, _ in found], [each for each, is_on in found if is_on])


def path_in(page: Seen, words: str) -> str:
    """Where a link with these words leads, as it stands on the page."""
    found = re.search(rf'href="([^"]+)"[^>]*>{words}<', page.html)
    assert found is not None, words
    return found[1].replace("&amp;", "&")


async def ended(house: House, answer: httpx2.Response) -> Batch:
    """The batch that a sending led to, once every row has its result."""
    assert answer.status_code == 303, seen(answer).words
    batch = await house.doorstep.batch(UUID(answer.headers["location"].rpartition("/")[2]))
    return await until_batch(house, batch, BatchState.DONE)
