"""What strangers can make of the address at which the text gateway reports: nothing, on real servers."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from doorstep.domain.messages import Message
from doorstep.text.callbacks import SIGNATURE_HEADER
from tests.faults.misbehaving_texts import TOKEN, Callback
from tests.house import House
from tests.pages import everything, visitor
from tests.pages_texts import Line, text_line
from web.app import create_app

ANOTHER = UUID(int=7)
EVIL = "evil.example"


@pytest.fixture
async def line(house: House) -> AsyncIterator[Line]:
    """The house with a text gateway."""
    async with text_line(house) as line:
        yield line


def signed(callback: Callback, *, url: str = "", token: str = TOKEN) -> Callback:
    """The same report under another signature."""
    signature = RequestValidator(token).compute_signature(url or callback.url, callback.fields)
    return replace(callback, signature=signature)


FORGERIES: dict[str, Callable[[Callback], Callback]] = {
    "no signature": lambda report: replace(report, signature=""),
    "rubbish": lambda report: replace(report, signature="rubbish"),
    "another account's token": lambda report: signed(report, token="theirs"),
    "another address": lambda report: signed(report, url=report.url.replace("portal.example", EVIL)),
    "another delivery": lambda report: signed(report, url=report.url.replace(report.url[-36:], str(ANOTHER))),
    "a field changed": lambda report: replace(report, fields=report.fields | {"MessageStatus": "delivered"}),
    "a field more": lambda report: replace(report, fields=report.fields | {"ErrorCode": "30003"}),
    "no fields": lambda report: replace(report, fields={}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_t32_a_forged_report_is_refused_and_changes_nothing(line: Line, forgery: str) -> None:
    """T32, S0.17: unsigned, signed with another token or for another address, or altered: 403, and the rows stay."""
    invitation, text = await line.texted()
    genuine = line.gateway.callback(text, "undelivered", 30005)
    before = await everything(line.house, invitation)

    answer = await line.report(FORGERIES[forgery](genuine), path=urlsplit(genuine.url).path)

    assert answer.status_code == 403
    assert await everything(line.house, invitation) == before
    assert line.house.mails(invitation.invited_by, Message.BOUNCE_NOTICE) == []
    assert (await line.report(genuine)).status_code == 204


async def test_t17_the_host_header_decides_nothing(line: Line) -> None:
    """T17, T32: the signature counts over our own address; a report for a host of theirs is void."""
    invitation, text = await line.texted()
    theirs = signed(
        line.gateway.callback(text, "undelivered", 30005), url=f"http://{EVIL}{urlsplit(text.status_callback).path}"
    )
    before = await everything(line.house, invitation)

    answers = [
        await line.report(theirs),
        await line.report(theirs, headers={"Host": EVIL}),
        await line.report(theirs, headers={"X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}"}),
        await line.report(theirs, headers={"Host": "127.0.0.1"}),
    ]
    untouched = await everything(line.house, invitation)
    ours = await line.report(line.gateway.callback(text, "delivered"), headers={"Host": "127.0.0.1:8443"})

    assert [answer.status_code for answer in answers] == [403, 400, 403, 403]
    assert untouched == before
    assert ours.status_code == 204
    assert (await line.became(invitation.deliveries[0]))[0] == "delivered"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": f"http://{EVIL}"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://portal.example"},
    ],
)
async def test_t12_no_page_of_another_site_posts_a_report(line: Line, headers: dict[str, str]) -> None:
    """T12: what a browser sends from elsewhere is refused before it is read, even under a right signature."""
    invitation, text = await line.texted()
    before = await everything(line.house, invitation)

    answer = await line.report(line.gateway.callback(text, "undelivered", 30005), headers=headers)

    assert answer.status_code == 403
    assert await everything(line.house, invitation) == before


async def test_t32_without_a_gateway_nobody_is_believed(line: Line, house: House) -> None:
    """T32: a portal that sends no texts takes no reports about any, not even one signed with an empty token."""
    invitation, text = await line.texted()
    report = signed(line.gateway.callback(text, "delivered"), token="")

    answer = await visitor(create_app(house.doorstep)).post(
        urlsplit(report.url).path, data=report.fields, headers={SIGNATURE_HEADER: report.signature}
    )

    assert answer.status_code == 403
    assert (await line.became(invitation.deliveries[0]))[0] == "sent"


async def test_t06_what_is_no_report_gets_a_page_that_says_no(line: Line) -> None:
    """T06, T27: other methods, other bodies, ids that are none, unknown ones: never a fault of ours."""
    _invitation, text = await line.texted()
    report = line.gateway.callback(text, "delivered")
    path, browser = urlsplit(report.url).path, visitor(line.app)
    unknown = report.url.replace(path[-36:], str(ANOTHER))
    form = {"Content-Type": "application/x-www-form-urlencoded", SIGNATURE_HEADER: report.signature}

    answers = {
        "get": (await browser.get(path)).status_code,
        "no id": (await line.report(report, path="/text/status/none")).status_code,
        "path": (await line.report(report, path="/text/status/")).status_code,
        "json": (await browser.post(path, json=report.fields)).status_code,
        "bytes": (await browser.post(path, content=b"\xff\xfe=%ff&&&=", headers=form)).status_code,
        "twice": (await browser.post(path, content=b"To=1&To=2", headers=form)).status_code,
        "long": (await browser.post(path, content=b"To=" + b"1" * 70_000, headers=form)).status_code,
        "many": (
            await browser.post(path, content=b"&".join(b"f%d=1" % n for n in range(200)), headers=form)
        ).status_code,
        "unknown": (await line.report(signed(replace(report, url=unknown)))).status_code,
    }

    assert answers == {
        "get": 405,
        "no id": 404,
        "path": 404,
        "json": 415,
        "bytes": 403,
        "twice": 403,
        "long": 413,
        "many": 403,
        "unknown": 204,
    }


async def test_t02_no_report_leaves_a_number_in_the_log(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """T02: genuine or forged, a report is noted by its delivery alone: no number, no word of the gateway, no token."""
    invitation, text = await line.texted()
    report = line.gateway.callback(text, "undelivered", 30005)

    with capture_logs() as lines, caplog.at_level("DEBUG"):
        await line.report(replace(report, signature="forged"))
        await line.report(report)

    said = f"{lines} {[record.getMessage() for record in caplog.records if 'httpx' not in record.name]}"
    assert [each["route"] for each in lines if each["event"] == "request"] == ["/text/status/{delivery_id}"] * 2
    for secret in (invitation.address, TOKEN, report.signature):
        assert secret not in said
