"""Users as staff look after them: shut out and let in, and what each may use on each account."""

from datetime import timedelta

import pytest

from doorstep.domain.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.store import deliveries
from starter.people import Pair
from tests.faults.misbehaving_smtp import ACCEPT, DEFER_451
from tests.functional.direct import ACCOUNT, add, mail_to, office_with_account, requests_of, token_of
from tests.house import PASSWORD, House, eventually
from tests.pages import active, add_accounts

ANOTHER = "five other words for later"


async def member(house: House, *accounts: str) -> tuple[str, Invitation]:
    """An office with accounts, and somebody active on each of them; the username is the address."""
    office = await house.office(resend_cooldown=timedelta(0))
    await add_accounts(house, office, dict.fromkeys(accounts, "Hill Farm"))
    return office, await active(house, office, email=f"ana@{office}.example", accounts=accounts)


async def signed_in(house: House, username: str, password: str = PASSWORD) -> str:
    """The id of a new session."""
    return await house.doorstep.sign_in(username, password, source=username)


async def test_a_suspended_user_is_shut_out_at_the_very_next_request(house: House) -> None:
    """T24: the session that is open ends with the suspension, and no sign-in makes a new one."""
    _, ana = await member(house)
    session = await signed_in(house, ana.username or ana.address)
    assert await house.doorstep.home(session) is not None

    suspended = await house.doorstep.user_suspend(ana.address)

    assert suspended.user.state == "suspended"
    assert await house.doorstep.home(session) is None
    with pytest.raises(Forbidden) as refused:
        await signed_in(house, ana.address)
    assert refused.value.code == "sign_in_failed", "which is what a wrong password hears"


async def test_a_resumed_user_signs_in_with_the_same_password(house: House) -> None:
    """T24: letting somebody in again takes no new password, and brings no old session back."""
    _, ana = await member(house)
    session = await signed_in(house, ana.address)
    await house.doorstep.user_suspend(ana.address)

    resumed = await house.doorstep.user_resume(ana.address)

    assert resumed.user.state == "active"
    assert await house.doorstep.home(session) is None
    assert await house.doorstep.home(await signed_in(house, ana.address)) is not None
    assert [each.event for each in await house.doorstep.audit(ana.id, includes_user=True)][-3:] == [
        "user.suspended",
        "user.resumed",
        "user.signed_in",
    ]


@pytest.mark.parametrize(
    ("first", "second", "code"), [("resume", "", "not_suspended"), ("suspend", "suspend", "not_active")]
)
async def test_what_is_so_already_is_refused(house: House, first: str, second: str, code: str) -> None:
    """T24: resuming an active user, suspending a suspended one: refused, recorded, nothing changed."""
    _, ana = await member(house)
    steps = [getattr(house.doorstep, f"user_{each}") for each in (first, second) if each]

    for step in steps[:-1]:
        await step(ana.address)
    with pytest.raises(Conflict) as refused:
        await steps[-1](ana.address)

    entries = await house.doorstep.audit(ana.id, includes_user=True)
    assert refused.value.code == code
    assert [(each.code, each.detail["command"]) for each in entries if each.event == "command.refused"] == [
        (code, f"user.{second or first}")
    ]


async def test_a_suspended_user_who_forgot_the_password_gets_no_mail(house: House) -> None:
    """T08: the answer is the same as for everybody, nothing is mailed, and a link that was out before is dead."""
    _, ana = await member(house)
    await house.doorstep.forgot(ana.address, source=ana.address)
    token = house.token(await house.mail_of(ana, Message.PASSWORD_RESET))

    await house.doorstep.user_suspend(ana.address)
    await house.doorstep.forgot(ana.address, source=ana.address)

    async def answered() -> bool | None:
        states = sorted(state for _, state, _ in await requests_of(house, ana.address))
        return True if states == ["moot", "moot"] else None

    await eventually(answered, "both requests to come to nothing")
    with pytest.raises(Gone):
        await house.doorstep.reset(token, password=ANOTHER)
    assert len(house.mails(ana.address, Message.PASSWORD_RESET)) == 1
    await house.doorstep.user_resume(ana.address)
    assert await signed_in(house, ana.address)


async def test_a_link_that_died_while_its_mail_waited_is_never_sent(house: House) -> None:
    """T24, T09: put off by the mail server, then ended by a suspension: the mail would bring a dead link."""
    _, ana = await member(house)
    house.smtp.mode = DEFER_451
    await house.doorstep.forgot(ana.address, source=ana.address)

    [(request, _, _)] = await requests_of(house, ana.address)

    async def put_off() -> bool | None:
        tried = await house.run(lambda tx: deliveries.of_subject(tx, request))
        return True if any(each.cause for each in tried) else None

    await eventually(put_off, "a first attempt that was put off")
    await house.doorstep.user_suspend(ana.address)
    house.smtp.mode = ACCEPT

    assert await house.client.get_workflow_handle(f"password-link-{request}").result() == {"state": "moot"}
    assert house.mails(ana.address, Message.PASSWORD_RESET) == []


async def test_an_address_that_is_nobodys_is_never_mailed(house: House) -> None:
    """T08: neither is whoever typed nothing at all."""
    office, _ = await member(house)

    for name in (f"nobody@{office}.example", ""):
        await house.doorstep.forgot(name, source=office)

    async def answered() -> bool | None:
        rows = await requests_of(house, f"nobody@{office}.example") + await requests_of(house, "")
        return True if {state for _, state, _ in rows} == {"moot"} else None

    await eventually(answered, "both requests to come to nothing")
    assert house.mails(f"nobody@{office}.example") == []


async def test_staff_maintain_what_a_user_may_use_account_by_account(house: House) -> None:
    """S4.19, S3.11: on the account that is named alone; then on all of theirs; the home shows exactly that."""
    _, ana = await member(house, "1042", "1043")

    await house.doorstep.user_permissions(ana.address, ["statements", "messages"], account="1043")
    one = await house.doorstep.home(await signed_in(house, ana.address))
    everywhere = await house.doorstep.user_permissions(ana.address, ["orders.track"])

    assert one is not None
    by_account = {each.account_code: set(each.permissions) for each in one.memberships}
    assert by_account["1043"] == {"statements", "messages"}
    assert "invoices" in by_account["1042"]
    assert [(each.account_code, each.permissions) for each in everywhere.memberships] == [
        ("1042", ("orders.track",)),
        ("1043", ("orders.track",)),
    ]


async def test_a_change_of_permissions_ends_every_session(house: House) -> None:
    """T24: nobody goes on with what they may not use any more."""
    _, ana = await member(house, "1042")
    sessions = [await signed_in(house, ana.address) for _ in range(2)]

    await house.doorstep.user_permissions(ana.address, ["messages"])

    assert [await house.doorstep.home(each) for each in sessions] == [None, None]
    home = await house.doorstep.home(await signed_in(house, ana.address))
    assert home is not None
    assert home.memberships[0].permissions == ("messages",)


@pytest.mark.parametrize(
    ("permissions", "account", "code"),
    [(["gold"], None, "unknown_permission"), (["invoices"], "9999", "unknown_account")],
)
async def test_permissions_that_cannot_be_set_are_refused(
    house: House, permissions: list[str], account: str | None, code: str
) -> None:
    """S4.19: with the field, and without a change or the end of a session."""
    _, ana = await member(house, "1042")
    session = await signed_in(house, ana.address)

    with pytest.raises(Invalid) as refused:
        await house.doorstep.user_permissions(ana.address, permissions, account=account)

    assert refused.value.code == code
    assert await house.doorstep.home(session) is not None


async def test_what_somebody_may_use_who_waits_is_decided_with_the_approval(house: House) -> None:
    """S4.42: there is no membership yet whose permissions could be set."""
    waiting = await house.waiting(await house.office())

    with pytest.raises(Conflict) as refused:
        await house.doorstep.user_permissions(waiting.address, ["invoices"])

    assert refused.value.code == "no_membership"


async def test_the_users_of_an_office_are_listed(house: House) -> None:
    """S4.39, S4.47: by username, with their state and accounts, waiting ones too; narrowed by state."""
    office = await office_with_account(house)
    pair: Pair = await add(house, office)
    await house.doorstep.reset(await token_of(house, pair), password=PASSWORD)
    await mail_to(house, pair.management.email, Message.WELCOME)

    everybody = await house.doorstep.users(office)
    still_to_set = await house.doorstep.users(office, state="setup_pending")

    assert [(each.user.username, each.user.state) for each in everybody] == [
        (pair.management.username, "active"),
        (pair.staff.username, "setup_pending"),
    ]
    assert [[m.account_code for m in each.memberships] for each in everybody] == [[ACCOUNT], [ACCOUNT]]
    assert [each.user.username for each in still_to_set] == [pair.staff.username]
    with pytest.raises(NotFound):
        await house.doorstep.users("nowhere")
