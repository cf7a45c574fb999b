"""A text gateway that delivers nothing: it speaks as much of Twilio's API as Twilio's own client asks for.

Each text is kept, and the page of the mailbox shows it. Whoever says an account and a token is that account, as anybody
may hand mail over here; reports about a text are signed with that token, and go to this machine alone.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from doorstep.local.ports import LOOPBACK
from doorstep.local.texts import Text, TextKeeper
from doorstep.text.callbacks import SIGNATURE_HEADER

MAX_BODY = 1600
PATIENCE = 5.0
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class Fault(Exception):
    """A request that Twilio would refuse: the status and Twilio's code for it."""

    def __init__(self, status: int, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


def text_gateway(keeper: TextKeeper) -> Route:
    """The one call that sends a text."""

    async def create(request: Request) -> Response:
        try:
            token = _token(request)
            fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
            text = _text(fields)
        except Fault as fault:
            said = {"code": fault.code, "message": fault.sentence, "status": fault.status}
            return JSONResponse(said, status_code=fault.status)
        keeper.keep(text)
        report = BackgroundTask(_report_all, fields.get("StatusCallback", ""), token, text)
        return JSONResponse(_resource(request.path_params["account"], text), status_code=201, background=report)

    return Route("/2010-04-01/Accounts/{account}/Messages.json", create, methods=["POST"])


def _token(request: Request) -> str:
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    said = ""
    with suppress(binascii.Error, UnicodeDecodeError):
        said = base64.b64decode(key, validate=True).decode() if kind == "Basic" else ""
    account, _, token = said.partition(":")
    if not token or account != request.path_params["account"]:
        raise Fault(401, 20003, "Authenticate")
    return token


def _text(fields: Mapping[str, str]) -> Text:
    recipient, body = fields.get("To", ""), fields.get("Body", "")
    sender = fields.get("From") or fields.get("MessagingServiceSid") or ""
    faults = {
        (21211, "Invalid 'To' Phone Number"): not _NUMBER.fullmatch(recipient),
        (21603, "A 'From' or 'MessagingServiceSid' parameter is required"): not sender,
        (21602, "Message body is required"): not body,
        (21617, "The message body exceeds the 1600 character limit"): len(body) > MAX_BODY,
    }
    for (code, sentence), is_fault in faults.items():
        if is_fault:
            raise Fault(400, code, sentence)
    return Text(f"SM{secrets.token_hex(16)}", sender, recipient, body)


def _resource(account: str, text: Text) -> dict[str, object]:
    return {
        "sid": text.sid,
        "account_sid": account,
        "status": "queued",
        "from": text.sender,
        "to": text.recipient,
        "body": text.body,
        "num_segments": str(text.segments.count),
        "error_code": None,
        "error_message": None,
    }


def _report_all(url: str, token: str, text: Text) -> None:
    for status in ("sent", "delivered"):
        fields = {"MessageSid": text.sid, "MessageStatus": status, "From": text.sender, "To": text.recipient}
        _report(url, token, fields)


def _report(url: str, token: str, fields: dict[str, str]) -> None:
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname != LOOPBACK:
        return  # nothing leaves this machine
    connection = HTTPConnection(place.hostname, place.port or 80, timeout=PATIENCE)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        SIGNATURE_HEADER: RequestValidator(token).compute_signature(url, fields),
    }
    try:
        connection.request("POST", place.path, urlencode(fields), headers)
        connection.getresponse().read()
    except (OSError, HTTPException):
        pass  # the pages are down; the text is on the page of the mailbox all the same
    finally:
        connection.close()
