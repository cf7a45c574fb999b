"""Where a person may be sent on to inside the Team Hub: paths of ours and nothing else (T18)."""

import re
from urllib.parse import quote

HOME = "/hub"
SIGN_IN = "/hub/sign-in"
CODE = "/hub/sign-in/code"
OPENID = "/hub/sign-in/openid"
INSIDE = re.compile(r"/hub(/[A-Za-z0-9._~-]+)*(\?[A-Za-z0-9._~=&%+-]*)?")
LONGEST = 500


def inside(path: str) -> str:
    """`path` where it is one of the Hub's own, else the Hub's first page."""
    is_ours = len(path) <= LONGEST and INSIDE.fullmatch(path) is not None and "/." not in path
    return path if is_ours and not path.startswith(SIGN_IN) else HOME


def sign_in_for(path: str) -> str:
    """The sign-in page that leads back to `path`."""
    return _leading_back(SIGN_IN, path)


def code_for(path: str) -> str:
    """The page that asks for the one-time code, and leads on to `path`."""
    return _leading_back(CODE, path)


def openid_for(path: str) -> str:
    """The way through the OpenID Connect provider that leads on to `path`."""
    return _leading_back(OPENID, path)


def _leading_back(page: str, path: str) -> str:
    wanted = inside(path)
    return page if wanted == HOME else f"{page}?next={quote(wanted, safe='')}"
