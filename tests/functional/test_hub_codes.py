"""One-time codes: set up by an app, asked for beside the password, and good once."""

from fastapi import FastAPI
from pyotp.totp import TOTP
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.store import staff_logins
from tests.house import PASSWORD, House
from tests.hub import colleague
from tests.pages import seen, visitor
from tests.phones import Phone, password_typed, secret_of, with_phone


async def test_a_code_is_asked_for_once_an_app_is_set_up(house: House, app: FastAPI) -> None:
    """T24, T04: the app reads a drawing made here; from then on password and code open a session under a new id."""
    person = await colleague(house, app, await house.office(), "administrator")
    phone = await with_phone(house, person)
    browser = await password_typed(app, person, next=person.path("/clients?q=ana&page=2"))
    waiting = dict(browser.cookies)

    form = seen(await browser.get("/hub/sign-in/code"))
    entered = await browser.post(
        "/hub/sign-in/code", data={"code": f" {phone.code(steps=1)} ", "next": person.path("/clients?q=ana&page=2")}
    )
    page = await person.look("/hub/account")

    assert form.fields["code"]["autocomplete"] == "one-time-code"
    assert entered.headers["location"] == person.path("/clients?q=ana&page=2")
    assert dict(browser.cookies) != waiting
    assert (await browser.get(person.path())).status_code == 200
    assert "It is on" in page.words


async def test_the_drawing_holds_what_can_be_typed_and_no_style(house: House, app: FastAPI) -> None:
    """T01: the QR code is drawn on the page itself, by us; nothing of the secret is in an address or fetched."""
    person = await colleague(house, app, await house.office(), "administrator")
    await person.send("/hub/account/code/begin")
    page = await person.look("/hub/account/code")
    secret = await secret_of(person)

    drawing = page.html.partition("<svg")[2].partition("</svg>")[0]

    assert len(secret) == 32
    assert drawing
    assert "style=" not in drawing
    assert secret not in drawing
    assert "otpauth:" not in page.html


async def test_t24_a_right_password_opens_nothing_before_the_code(house: House, app: FastAPI) -> None:
    """T24: the session that waits leads to the code and to nothing else, neither to look nor to send."""
    person = await colleague(house, app, await house.office(), "administrator")
    await with_phone(house, person)
    browser = await password_typed(app, person)

    looked = [await browser.get(path) for path in ("/hub", person.path(), "/hub/account", "/hub/account/code")]
    sent = await browser.post("/hub/account/sessions/end-others", data={})

    assert all(answer.headers["location"].startswith("/hub/sign-in") for answer in looked)
    assert sent.status_code == 403
    assert (await person.browser.get(person.path())).status_code == 200


async def test_t09_a_code_is_good_once(house: House, app: FastAPI) -> None:
    """T09: a code that was used opens nothing more, in whatever browser, and neither does one before it."""
    person = await colleague(house, app, await house.office(), "administrator")
    phone = await with_phone(house, person)
    code, earlier = phone.code(steps=1), phone.code()
    first, second = await password_typed(app, person), await password_typed(app, person)

    opened = await first.post("/hub/sign-in/code", data={"code": code})
    again = [await second.post("/hub/sign-in/code", data={"code": each}) for each in (code, earlier)]

    assert opened.headers["location"] == "/hub"
    assert [answer.status_code for answer in again] == [422, 422]
    assert "used already" in seen(again[0]).words


async def test_t06_guessing_codes_ends_after_five(house: House, app: FastAPI) -> None:
    """T06: after five wrong codes even the right one waits, from every place: who guesses knows the password."""
    person = await colleague(house, app, await house.office(), "administrator")
    phone = await with_phone(house, person)
    browsers = [await password_typed(app, person) for _ in range(2)]

    wrong = [await browsers[0].post("/hub/sign-in/code", data={"code": phone.wrong}) for _ in range(5)]
    right = [await each.post("/hub/sign-in/code", data={"code": phone.code(steps=1)}) for each in browsers]

    assert {answer.status_code for answer in wrong} == {422}
    assert [answer.status_code for answer in right] == [429, 429]
    assert int(right[0].headers["retry-after"]) > 0


async def test_what_is_no_code_is_refused_and_nothing_is_lost(house: House, app: FastAPI) -> None:
    """T24: anything but six digits is a wrong code, digits of other scripts too; the page stays, with its way on."""
    person = await colleague(house, app, await house.office(), "administrator")
    await with_phone(house, person)
    browser = await password_typed(app, person)
    wide = "".join(chr(0xFF10 + number) for number in range(6))

    answers = [
        await browser.post("/hub/sign-in/code", data={"code": typed, "next": person.path()})
        for typed in ("", "12345", "1234567", "abcdef", wide)
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert {seen(answer).fields["next"]["value"] for answer in answers} == {person.path()}


async def test_t24_a_password_waits_for_its_code_for_ten_minutes(house: House, app: FastAPI) -> None:
    """T24: who left the screen with a right password on it begins again."""
    person = await colleague(house, app, await house.office(), "administrator")
    phone = await with_phone(house, person)
    browser = await password_typed(app, person)
    query = text("UPDATE staff_sessions SET ends_at = now() WHERE waits_for_code AND login_id = :login")

    async def work(tx: AsyncConnection) -> None:
        await tx.execute(query, {"login": await staff_logins.make(tx, person.address)})

    await house.run(work)
    shown = await browser.get("/hub/sign-in/code")
    late = await browser.post("/hub/sign-in/code", data={"code": phone.code(steps=1)})

    assert shown.headers["location"] == "/hub/sign-in"
    assert (late.status_code, "Sign in again" in late.text) == (403, True)


async def test_a_code_is_turned_off_with_a_code(house: House, app: FastAPI) -> None:
    """T24: a session that somebody left open is not enough to take the code away; the secret is forgotten with it."""
    person = await colleague(house, app, await house.office(), "administrator")
    phone = await with_phone(house, person)

    refused = await person.send("/hub/account/code/off", code=phone.wrong)
    begun = await person.send("/hub/account/code/begin")
    shown = await person.browser.get("/hub/account/code")
    done = await person.send("/hub/account/code/off", code=phone.code(steps=1))
    signed_in = await visitor(app).post("/hub/sign-in", data={"address": person.address, "password": PASSWORD})
    await person.send("/hub/account/code/begin")

    assert (refused.status_code, begun.status_code) == (422, 409)
    assert shown.headers["location"] == "/hub/account"
    assert done.headers["location"] == "/hub/account?done=code-off"
    assert signed_in.headers["location"] == "/hub"
    assert await secret_of(person) != phone.secret


async def test_an_app_that_was_never_set_up_shuts_nobody_out(house: House, app: FastAPI) -> None:
    """T24: a secret that was only shown asks for nothing, and a wrong code does not turn it on."""
    person = await colleague(house, app, await house.office(), "administrator")
    await person.send("/hub/account/code/begin")
    phone = Phone(await secret_of(person))

    wrong = await person.send("/hub/account/code", code=phone.wrong)

    assert wrong.status_code == 422
    assert seen(wrong).by_id["code-fault"] == "p"
    assert await secret_of(person) == phone.secret
    assert "It is off" in (await person.look("/hub/account")).words


async def test_t04_the_secret_is_in_no_table(house: House, app: FastAPI) -> None:
    """T04: who reads the database makes no codes of it: it holds a nonce, and the name of a key that is elsewhere."""
    person = await colleague(house, app, await house.office(), "administrator")
    phone = await with_phone(house, person)
    queries = ("SELECT to_jsonb(x) FROM staff_logins x", "SELECT to_jsonb(x) FROM signing_secrets x")

    async def work(tx: AsyncConnection) -> str:
        return str([row for query in queries for row in (await tx.execute(text(query))).scalars()])

    kept = await house.run(work)

    assert phone.secret not in kept
    assert TOTP(phone.secret).byte_secret().hex() not in kept
