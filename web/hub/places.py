"""Where a person may be sent on to inside the Team Hub: paths of ours and nothing else (T18)."""

import re
from urllib.parse import quote

HOME = "/hub"
SIGN_IN = "/hub/sign-in"
INSIDE = re.compile(r"/hub(/[A-Za-z0-9._~-]+)*(\?[A-Za-z0-9._~=&%+-]*)?")
LONGEST = 500


def inside(path: str) -> str:
    """`path` where it is one of the Hub's own, else the Hub's first page."""
    is_ours = len(path) <= LONGEST and INSIDE.fullmatch(path) is not None and "/." not in path
    return path if is_ours and not path.startswith(SIGN_IN) else HOME


def sign_in_for(path: str) -> str:
    """The sign-in page that leads back to `path`."""
    wanted = inside(path)
    return SIGN_IN if wanted == HOME else f"{SIGN_IN}?next={quote(wanted, safe='')}"
