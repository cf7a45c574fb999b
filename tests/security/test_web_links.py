"""What can be done with the link of an invitation, or with something like it, on real servers."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.house import PASSWORD, House
from tests.pages import everything, open_link, seen, sign_in, token_of, visitor

SLOW = settings(max_examples=5, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVIL = "evil.example"
SET_UP_POSTS = ("/set-up", "/set-up/accept", "/set-up/decline", "/set-up/new-link")


async def test_t01_the_token_leaves_the_address_bar_at_once(house: House, app: FastAPI) -> None:
    """T01: the first answer is a redirect to an address without the token, and no page repeats it."""
    browser = visitor(app)
    token = await token_of(house, await house.pending(await house.office()))

    first = await browser.get(f"/invitation/{token}")
    page = await browser.get(first.headers["location"])

    assert first.headers["location"] == "/set-up"
    assert first.headers["referrer-policy"] == page.headers["referrer-policy"] == "no-referrer"
    assert token not in page.text
    assert not re.findall(r'(?:src|href)="(?!/|mailto:|tel:|#)', page.text)
    cookie = first.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=3600"} <= set(cookie.split("; "))


async def test_t02_no_log_line_holds_a_token_an_address_or_a_password(
    house: House, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    """T02: the whole way at DEBUG; routes are noted by their pattern."""
    invitation = await house.pending(await house.office())
    token = await token_of(house, invitation)
    browser = visitor(app)

    with capture_logs() as lines, caplog.at_level("DEBUG"):
        await open_link(browser, token)
        await browser.post("/set-up", data={"username": invitation.address, "password": PASSWORD})
        await sign_in(browser, invitation.address)
        await browser.get(f"/no/such/{invitation.address}?token={token}")
        await browser.post("/forgot", data={"username": invitation.address})

    said = f"{lines} {[record.getMessage() for record in caplog.records if 'httpx' not in record.name]}"
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/invitation/{token}",
        "/set-up",
        "/set-up",
        "/sign-in",
        "none",
        "/forgot",
    ]
    for secret in (token, invitation.address, PASSWORD):
        assert secret not in said


async def test_t05_looking_changes_nothing(house: House, app: FastAPI) -> None:
    """T05: fifty times GET and HEAD of everything that a scanner can reach, then the form still works."""
    invitation = await house.pending(await house.office())
    token = await token_of(house, invitation)
    before = await everything(house, invitation)
    browser = visitor(app)
    await open_link(browser, token)

    for method, path in product(("GET", "HEAD"), (f"/invitation/{token}", "/set-up", "/set-up/decline")):
        for _ in range(50 if path != "/set-up/decline" else 5):
            await browser.request(method, path)
    await browser.get("/set-up/new-link")
    after = await everything(house, invitation)
    done = await browser.post("/set-up", data={"username": invitation.address, "password": PASSWORD})

    assert before == after
    assert done.headers["location"] == "/set-up/done"


def mutations(token: str) -> Iterator[str]:
    """Tokens that are almost right."""
    for position in (0, 21, 42):
        other = "A" if token[position] != "A" else "B"
        yield token[:position] + other + token[position + 1 :]
    yield from (token.swapcase(), token[:-1], f"{token}A", f"{token}=", f"{token}%20", f"%00{token}", token[::-1])
    yield from (f"{token}/", f"{token}%2F..", "\u0661" * 43, "é" * 43, "x" * 5000, "%ff%fe", "'; DROP TABLE links; --")


async def test_t06_no_token_but_the_right_one_opens_anything(house: House, app: FastAPI) -> None:
    """T06: bits, case, length, padding and other alphabets; never the form, never a fault of ours."""
    token = await token_of(house, await house.pending(await house.office()))

    for wrong in mutations(token):
        for door in ("/invitation/", "/reset/"):
            browser = visitor(app)
            await browser.get(f"/invitation/{token}")  # a link opened before must not answer for this one
            answer = await browser.get(f"{door}{wrong}", follow_redirects=True)
            assert answer.status_code in {404, 410}, (wrong, answer.status_code)
            assert "password" not in seen(answer).fields


@SLOW
@given(wrong=st.text(min_size=1, max_size=60))
async def test_t06_any_text_is_a_token_that_opens_nothing(house: House, app: FastAPI, wrong: str) -> None:
    """T06: whatever stands in the cookie, the answer is a page that says no."""
    browser = visitor(app)
    value = wrong.encode("unicode_escape").hex()

    answer = await browser.get("/set-up", headers={"Cookie": f"doorstep_link={value}"})

    assert answer.status_code == 410


async def test_t06_the_eleventh_guess_has_to_wait(house: House, app: FastAPI) -> None:
    """T06: ten wrong links from one address, then 429; somebody else, and the right link, go on."""
    token = await token_of(house, await house.pending(await house.office()))
    guesser = visitor(app)

    answers = [await open_link(guesser, f"{number:043d}") for number in range(11)]
    right = await open_link(guesser, token)

    assert [answer.status_code for answer in answers] == [410] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert right.status_code == 200
    assert (await open_link(visitor(app), "x" * 43)).status_code == 410


async def test_t09_a_link_opens_its_own_door_once(house: House, app: FastAPI) -> None:
    """T09: used, old and foreign links open nothing, and an old one does not burn the newest."""
    office = await house.office(resend_cooldown=timedelta(0))
    used, renewed = await house.pending(office), await house.pending(office)
    used_token, old_token = await token_of(house, used), await token_of(house, renewed)
    await house.doorstep.set_up(used_token, username=used.address, password=PASSWORD)
    await house.doorstep.resend(renewed.id)
    new_token = await token_of(house, renewed)
    browser = visitor(app)
    sent = {"username": "somebody", "password": PASSWORD}

    answers = []
    for token in (used_token, old_token):
        answers.append(await open_link(browser, token))
        answers += [await browser.post(path, data=sent if path == "/set-up" else {}) for path in SET_UP_POSTS]
    foreign = await browser.get(f"/reset/{new_token}", follow_redirects=True)
    fresh = await open_link(browser, new_token)

    assert {answer.status_code for answer in answers} == {410}
    assert "newer link" in seen(answers[1 + len(SET_UP_POSTS)]).words
    assert (foreign.status_code, fresh.status_code) == (410, 200)
    assert (await house.doorstep.show(renewed.id)).generation == 2


async def test_t15_what_people_typed_stays_text(house: House, app: FastAPI) -> None:
    """T15: names and form fields are shown as they are, and make no element, attribute or link."""
    nasty = '"><script>alert(1)</script><a href="//evil.example">{{7*7}}'
    invitation = await house.pending(await house.office(), name=nasty)
    browser = visitor(app)

    form = await open_link(browser, await token_of(house, invitation))
    again = await browser.post("/set-up", data={"username": nasty, "password": "", "name": nasty})

    for answer in (form, again):
        assert seen(answer).fields["name"]["value"] == nasty
        assert f"//{EVIL}" not in seen(answer).links
        assert "<script>alert" not in answer.text
