"""The page of the mailbox: the mails and texts that came in, newest first, and each with all that it consists of.

A message is somebody else's text: templates escape everything, and its HTML is shown by a frame that may run nothing,
load nothing and reach nothing.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from doorstep.local.text_gateway import text_gateway
from doorstep.local.texts import FOLDER, KeptText, TextKeeper, newest_texts, read_text
from doorstep.text.segments import warning

PAGES = Path(__file__).parent / "pages"
SHOWN = 200

CLOSED = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors"
PAGE_HEADERS = {
    "Content-Security-Policy": f"{CLOSED} 'none'; style-src 'self'; img-src data:; frame-src 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
MAIL_HEADERS = PAGE_HEADERS | {
    "Content-Security-Policy": (
        f"{CLOSED} 'self'; style-src 'unsafe-inline'; img-src data:; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
}


@dataclass(frozen=True)
class Mail:
    """One message as the pages show it."""

    name: str
    headers: list[tuple[str, str]]
    text: str
    html: str
    arrived: datetime

    def header(self, name: str) -> str:
        """The first header of that name, readable."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def path(self) -> str:
        """Where its page is, without the slash in front."""
        return f"mail/{self.name}"

    @property
    def title(self) -> str:
        """What it is about."""
        return self.header("Subject") or "(no subject)"

    @property
    def recipient(self) -> str:
        """Whom it is for."""
        return self.header("To") or self.header("X-RcptTo")

    @property
    def words(self) -> str:
        """What a search looks in."""
        return " ".join(map(self.header, ("To", "X-RcptTo", "Subject", "X-Doorstep-Message")))


def mailbox_page(folder: Path) -> Starlette:
    """The application that shows the Maildir in `folder`, and takes texts to show beside the mails."""
    templates = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)

    def page(template: str, **values: object) -> Response:
        return HTMLResponse(templates.get_template(template).render(values), headers=PAGE_HEADERS)

    def overview(request: Request) -> Response:
        wanted = request.query_params.get("find", "").strip()
        messages = [each for each in newest(folder) if wanted.lower() in each.words.lower()]
        return page("list.html", messages=messages, find=wanted, shown=SHOWN)

    def message(request: Request) -> Response:
        return page("mail.html", mail=_found(folder, request))

    def text(request: Request) -> Response:
        found = read_text(_file([folder / FOLDER], request))
        return page("text.html", kept=found, warning=warning(found.text.body))

    def formatted(request: Request) -> Response:
        # Links of a message leave the frame: nothing inside may navigate the page around it.
        base = '<!doctype html><base target="_blank">'
        return HTMLResponse(base + _found(folder, request).html, headers=MAIL_HEADERS)

    def style(_request: Request) -> Response:
        return FileResponse(PAGES / "mailbox.css", media_type="text/css")

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/mailbox.css", style),
            Route("/mail/{name}", message),
            Route("/mail/{name}/formatted", formatted),
            Route("/text/{name}", text),
            text_gateway(TextKeeper(folder)),
        ],
        # The messages hold live links: a web site that points its own name at 127.0.0.1 must not read them.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


def newest(folder: Path) -> list[Mail | KeptText]:
    """The last messages, newest first."""
    files = [path for part in ("new", "cur") for path in (folder / part).iterdir()]
    mails = [read(path) for path in heapq.nlargest(SHOWN, files, key=lambda path: path.name)]
    both: list[Mail | KeptText] = [*mails, *newest_texts(folder, SHOWN)]
    return heapq.nlargest(SHOWN, both, key=lambda each: each.name)


def _found(folder: Path, request: Request) -> Mail:
    return read(_file([folder / "new", folder / "cur"], request))


def _file(folders: Iterable[Path], request: Request) -> Path:
    name: str = request.path_params["name"]
    for folder in folders:
        path = folder / name
        # A name from the address bar: nothing but a plain file of the mailbox itself.
        if path.parent == folder and not name.startswith(".") and path.is_file():
            return path
    raise HTTPException(404, "There is no such message.")


def read(path: Path) -> Mail:
    """Take a message apart; whatever it holds, something readable comes out."""
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    return Mail(
        name=path.name,
        headers=[(name, _readable(str(value))) for name, value in message.raw_items()],
        text=_body(message, "plain"),
        html=_body(message, "html"),
        arrived=datetime.fromtimestamp(path.stat().st_mtime, UTC),
    )


def _readable(value: str) -> str:
    unfolded = " ".join(_clean(value).split())
    try:
        return _clean(str(make_header(decode_header(unfolded))))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return unfolded


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    payload = cast("bytes | None", part.get_payload(decode=True)) or b""
    try:
        return _clean(payload.decode(part.get_content_charset("utf-8"), errors="replace"))
    except LookupError:
        return payload.decode(errors="replace")


def _clean(text: str) -> str:
    """Text that can be written as UTF-8: bytes that were none become question marks."""
    return text.encode(errors="surrogateescape").decode(errors="replace")
