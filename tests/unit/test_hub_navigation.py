"""Where somebody is in the menu of the Team Hub."""

import pytest

from web.hub.navigation import PAGES, place_of


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/hub/offices/nz/clients", "/clients"),
        ("/hub/invitations/0199", "/links"),
        ("/hub/invitations/0199/review", "/approvals"),
        ("/hub/users/0199", "/users"),
        ("/hub/batches/0199", "/batches"),
    ],
)
def test_a_page_stands_under_the_one_that_leads_to_it(path: str, page: str) -> None:
    """S3.2: whoever opened a thing sees in the menu which list it is from, though its address names no office."""
    assert place_of(path, "nz") == f"/hub/offices/nz{page}"
    assert page in {each for _name, each, _key, _right in PAGES}
