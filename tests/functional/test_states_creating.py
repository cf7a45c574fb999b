"""The state table of the design on real servers: the first row, duplicates, places, and what never arrives."""

import asyncio

import pytest
from sqlalchemy import text

from doorstep.domain.errors import Conflict, Invalid, NotFound, Refused
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from tests.faults.misbehaving_smtp import ACCEPT, REFUSE_550
from tests.house import PASSWORD, House
from tests.members import boss_of, granted

ACCOUNTS = b"Account,Name,Email\n1042,Ana Farms,ana@farm.example\n2001,Hill Farms,hill@farm.example\n"


async def with_accounts(house: House) -> str:
    """An office with two accounts."""
    office = await house.office()
    async for _ in await house.doorstep.import_rows(ACCOUNTS, office):
        pass
    return office


async def test_inviting_again_answers_with_the_open_invitation(house: House) -> None:
    """S1.19, S4.37: a duplicate of an open one is that one, whatever the case of the address, and mails nothing."""
    office = await house.office()
    first = await house.pending(office, email=f"Ana@{office}.example")

    again = [await house.doorstep.invite(office=office, email=f"ana@{office.upper()}.example") for _ in range(2)]
    await house.set_up(first)
    waiting = await house.doorstep.invite(office=office, email=f"ana@{office}.example")

    assert {each.id for each in [*again, waiting]} == {first.id}
    assert waiting.state is State.AWAITING_APPROVAL
    assert len(house.mails(first.address, Message.INVITATION)) == 1


async def test_somebody_who_belongs_already_is_refused(house: House) -> None:
    """S1.19: whoever is active there needs no invitation."""
    office = await house.office()
    invitation = await house.waiting(office)
    await house.doorstep.approve(invitation.id, approver=boss_of(invitation))
    await house.until_state(invitation, State.ACTIVE)

    with pytest.raises(Conflict) as refused:
        await house.doorstep.invite(office=office, email=invitation.address.upper())

    assert (refused.value.code, refused.value.status) == ("already_member", 409)


async def test_each_account_gets_its_own_grant(house: House) -> None:
    """S0.12, S0.14, S3.11: one membership an account; the same one named twice links once."""
    office = await with_accounts(house)
    invitation = await house.waiting(office, accounts=["2001", "1042", "2001"])

    await house.doorstep.approve(invitation.id, approver=boss_of(invitation), permissions=["invoices"])

    await house.until_state(invitation, State.ACTIVE)
    assert await granted(house, invitation) == [{"invoices"}, {"invoices"}]
    home = await house.doorstep.home(await house.doorstep.sign_in(invitation.address, PASSWORD, source=office))
    assert home is not None
    assert [each.account_code for each in home.memberships] == ["1042", "2001"]


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("unknown_account", {"accounts": ["9999"]}),
        ("unknown_role", {"roles": ["king"]}),
        ("address_invalid", {"email": "ana.example.org"}),
        ("field_invalid", {"name": "Ana\r\nBcc: all@example.org\x00"}),
        ("text_unusable", {"accounts": ["10\x0042"]}),
        ("text_unusable", {"idempotency_key": "a\ud800"}),
    ],
)
async def test_what_cannot_be_right_is_refused_before_anything_is_written(
    house: House, code: str, asked: dict[str, object]
) -> None:
    """S0.13, S1.16, T16: a wrong field is refused by name, and there is no row and no mail."""
    office = await house.office()
    arguments = {"office": office, "email": f"ana@{office}.example"} | asked

    with pytest.raises(Invalid) as refused:
        await house.doorstep.invite(**arguments)  # type: ignore[arg-type]

    assert (refused.value.code, refused.value.status) == (code, 422)
    assert await house.doorstep.list(office=office) == []


async def test_an_unknown_office_is_not_found(house: House) -> None:
    """S2.15: there is no default office to fall into."""
    with pytest.raises(NotFound):
        await house.doorstep.invite(office="no-such", email="ana@example.org")


async def test_a_fourth_person_on_a_job_is_refused_with_the_limit_and_the_remedy(house: House) -> None:
    """S2.1, S2.2, S2.3, S2.6: three places a job; a revocation frees one; another job has three of its own."""
    office = await house.office()

    async def invite(number: int, job: str = "Hill Road 4") -> object:
        return await house.doorstep.invite(office=office, email=f"person{number}@{office}.example", job=job)

    for number in (1, 2, 3):
        await invite(number)
    with pytest.raises(Conflict) as refused:
        await invite(4)
    await invite(4, "Hill Road 6")
    [one, *_] = await house.doorstep.list(office=office, state=State.PENDING)
    first = next(each for each in await house.doorstep.list(office=office) if each.address.startswith("person1@"))
    await house.doorstep.revoke(first.id)
    await invite(5)

    assert one is not None
    assert refused.value.code == "job_full"
    assert "all of its 3 invitations" in refused.value.message
    assert "Revoke one of them first" in refused.value.message


async def test_of_four_simultaneous_sends_exactly_three_succeed(house: House) -> None:
    """S2.5: the places hold however many ask at the same moment."""
    office = await house.office()

    ends = await asyncio.gather(
        *(
            house.doorstep.invite(office=office, email=f"person{number}@{office}.example", job="Hill Road 4")
            for number in range(4)
        ),
        return_exceptions=True,
    )

    assert [end.code for end in ends if isinstance(end, Refused)] == ["job_full"]
    assert len(await house.doorstep.list(office=office, state=State.PENDING)) == 3


async def test_drafts_and_expired_ones_hold_no_place(house: House) -> None:
    """S2.4: a draft counts once it is sent."""
    office = await house.office(places_per_job=1)
    draft = await house.doorstep.invite(office=office, email=f"ana@{office}.example", job="Hill Road 4", is_draft=True)
    await house.doorstep.invite(office=office, email=f"zoe@{office}.example", job="Hill Road 4")

    with pytest.raises(Conflict) as refused:
        await house.doorstep.send(draft.id)

    assert refused.value.code == "job_full"
    assert (await house.doorstep.show(draft.id)).state is State.DRAFT


async def test_where_no_approval_is_needed_the_set_up_makes_the_account_active(house: House) -> None:
    """Decision 6: the office's policy decides; nobody is asked and the person can sign in."""
    office = await house.office(approval_required=False)
    invitation = await house.pending(office)
    token = house.token(await house.mail_of(invitation, Message.INVITATION))

    done = await house.doorstep.set_up(token, username=invitation.address, password=PASSWORD)

    assert done.state is State.APPROVED
    await house.until_state(invitation, State.ACTIVE)
    assert await house.handle(invitation).result() == {"state": "active"}
    assert await house.doorstep.sign_in(invitation.address, PASSWORD, source=office)
    assert house.mails(f"boss1@{office}.example") == []


@pytest.mark.parametrize("is_draft", [False, True], ids=["sent", "draft"])
async def test_without_a_username_administrator_nothing_is_sent(house: House, *, is_draft: bool) -> None:
    """S4.21, S4.23: every sending is refused with the command that mends it; afterwards it works."""
    office = await house.office(approvers=0)
    address = f"ana@{office}.example"
    saved = await house.doorstep.invite(office=office, email=address, is_draft=True) if is_draft else None

    async def try_to_send() -> object:
        if saved is not None:
            return await house.doorstep.send(saved.id)
        return await house.doorstep.invite(office=office, email=address)

    with pytest.raises(Conflict) as refused:
        await try_to_send()
    await house.doorstep.approvers_set(office, [f"boss@{office}.example"])
    await try_to_send()

    assert refused.value.code == "no_approver"
    assert f"doorstep approvers set {office}" in refused.value.message
    [row] = await house.doorstep.list(office=office)
    await house.mail_of(row, Message.INVITATION)


async def test_an_address_that_bounces_is_flagged_and_mended(house: House) -> None:
    """S3.7, F12: refused for good, it is flagged and the inviter told; another address clears the flag."""
    office = await house.office()
    house.smtp.mode = REFUSE_550
    invitation = await house.doorstep.invite(office=office, email=f"ana@{office}.example")
    await house.until(invitation, lambda row: "undeliverable" in row.attention and not row.unsent())
    stuck = [each.id async for each in house.doorstep.stuck(office=office)]
    house.smtp.mode = ACCEPT

    mended = await house.doorstep.readdress(invitation.id, f"zoe@{office}.example")

    await house.mail_of(invitation, Message.INVITATION, to=f"zoe@{office}.example")
    assert invitation.id in stuck
    assert mended.attention == ()
    await house.set_up(await house.until_state(invitation, State.PENDING))


async def test_a_refused_invitation_is_recorded_too(house: House) -> None:
    """Invariant 5: who was refused what stands in the audit, although there is no invitation to look it up by."""
    office = await house.office(approvers=0)

    with pytest.raises(Conflict) as refused:
        await house.doorstep.invite(office=office, email="ana@example.org", actor="clerk@office.example")

    query = text("SELECT actor, code, detail->>'command' FROM audit WHERE detail->>'office' = :office AND code <> ''")
    rows = (await house.run(lambda tx: tx.execute(query, {"office": office}))).all()
    assert [tuple(row) for row in rows] == [("clerk@office.example", refused.value.code, "invite")]
