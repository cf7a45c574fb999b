"""The ERP closes an account, or says that somebody is no portal user any more: what is open is taken back."""

import asyncio

import pytest

from doorstep.domain.erp import ImportRow
from doorstep.domain.errors import Conflict
from doorstep.domain.invitation import Invitation
from doorstep.domain.messages import Message
from doorstep.domain.states import State
from doorstep.store import putting
from doorstep.store.audit import CLOCK
from tests.functional.importing import imported, on, only, people
from tests.functional.racing import sweep_up
from tests.functional.staffing import contact_named, staffed
from tests.house import House
from tests.pages import active

HEAD = "Account,Contact,E-mail,Closed,Portal user"


async def account_codes(house: House, invitation: Invitation) -> list[str]:
    """The accounts that an invitation is to."""
    return [each.code for each in (await house.doorstep.show(invitation.id)).accounts]


async def test_closing_an_account_takes_open_invitations_back(house: House) -> None:
    """S3.9: draft, pending and waiting, whoever made them; those of other accounts stay, and so does who is in."""
    office, _ = await staffed(house, "companyView")
    d = house.doorstep
    drafted = await d.invite(office=office, email=f"a@{office}.example", accounts=["1042"], job="a", is_draft=True)
    pending = await house.pending(office, accounts=["1042"], job="b")
    waiting = await house.waiting(office, accounts=["1042"], job="c")
    other = await house.pending(office, accounts=["2000"])
    member = await active(house, office, email=f"in@{office}.example", accounts=["1042"])
    token = house.token(await house.mail_of(pending, Message.INVITATION))

    put = await d.account_put(office, "1042", is_closed=True)

    assert (put.became, put.taken_back, put.account.closed_at is None) == ("changed", 3, False)
    for each in (drafted, pending, waiting):
        assert (await house.until_state(each, State.REVOKED)).decision_note == "the account was closed"
        closed = [entry for entry in await d.audit(each.id) if entry.event == "account.closed"]
        assert [entry.detail for entry in closed] == [{"account": "1042", "reason": "the account was closed"}]
    assert (await d.show(other.id)).state is State.PENDING
    assert (await d.show(member.id)).state is State.ACTIVE
    link = await d.open_link(token)
    assert link.refusal is not None
    assert link.refusal.code == "link_revoked"


async def test_an_invitation_to_another_open_account_goes_on_without_the_closed_one(house: House) -> None:
    """S0.12, S3.9: its link lives on, the person gets the account that is left, and the second closing ends it."""
    office, _ = await staffed(house, "companyView")
    d = house.doorstep
    first = await house.pending(office, accounts=["1042", "2000"])
    second = await house.pending(office, accounts=["1042", "2000"])
    assert (await d.account_put(office, "1042", is_closed=True)).taken_back == 2

    member = await house.set_up(first)
    await d.approve(member.id, approver=f"boss1@{office}.example")
    await house.until_state(first, State.ACTIVE)
    await imported(house, office, "2000,,,yes,", head=HEAD)

    assert await account_codes(house, first) == ["2000"]
    belongs = (await d.user(member.username or first.address)).memberships
    assert [each.account_code for each in belongs] == ["2000"]
    assert "account.closed" in await house.events(second)
    await house.until_state(second, State.REVOKED)


async def test_a_contact_is_invited_to_the_accounts_that_are_open(house: House) -> None:
    """S0.12, S4.35: from a list and by a contact; where all of them are closed, the row says so."""
    office = await house.office()
    await imported(house, office, *(f"{code},Ana,ana@kauri.example,," for code in (1, 2)), head=HEAD)
    await imported(house, office, "1,,,yes,", "3,Ben,ben@kauri.example,yes,", head=HEAD)
    ids = [each.id for each in await people(house, office)]

    done = [each async for each in house.doorstep.contacts_invite(ids)]

    assert [(each.outcome, each.code) for each in done] == [("invited", ""), ("refused", "account_closed")]
    assert done[0].invitation is not None
    assert await account_codes(house, done[0].invitation) == ["2"]


async def test_nobody_is_invited_to_a_closed_account_until_it_is_open_again(house: House) -> None:
    """S3.9: by code, by contact, as a draft and directly; reopened by the ERP, it takes people in again."""
    office = await house.office()
    d = house.doorstep
    await imported(house, office, "1,Ana,ana@kauri.example,yes,", head=HEAD)
    ana = await only(house, office)

    for asked in (
        d.invite(office=office, email="ben@kauri.example", accounts=["1"]),
        d.invite(office=office, contact=ana.id, accounts=["1"], is_draft=True),
        d.add_user(office=office, account="1", email="ben@kauri.example", username=f"ben-{office}"),
    ):
        with pytest.raises(Conflict) as refused:
            await asked
        assert refused.value.code == "account_closed"
    blank = await imported(house, office, "1,Ana,ana@kauri.example,,", head=HEAD)
    assert (blank.changed, (await d.account(office, "1")).closed_at is None) == (0, False)

    await imported(house, office, "1,Ana,ana@kauri.example,no,", head=HEAD)
    assert (await d.invite(office=office, contact=ana.id, accounts=["1"])).state is State.PENDING


async def test_a_flag_that_the_erp_turns_off_takes_open_invitations_back(house: House) -> None:
    """S3.9: by a file and by a put; what staff set for the portal stays as they set it (S0.5)."""
    office, _ = await staffed(house, "companyView")
    d = house.doorstep
    ana, cara = await contact_named(house, office, "Ana"), await contact_named(house, office, "Cara")
    await d.contact_set(cara, is_portal_user=True)
    pending = await house.pending(office, email=f"ana@{office}.example", accounts=["1042"])
    kept = await house.pending(office, email=f"cara@{office}.example", accounts=["1042"])

    rows = (f"1042,,ana@{office}.example,,no", f"1042,,cara@{office}.example,,no")
    report = await imported(house, office, *rows, head=HEAD)

    assert (report.taken_back, report.refused) == (1, [])
    assert (await house.until_state(pending, State.REVOKED)).decision_note == "no longer a portal user"
    assert (await d.show(kept.id)).state is State.PENDING
    assert [(await d.contact(each)).is_portal_user for each in (ana, cara)] == [False, True]
    put = await d.contact_put(office, "C-1", email=f"ana@{office}.example", is_portal_user=True)
    assert (put.contact.id, put.contact.is_portal_user, put.taken_back) == (ana, True, 0)


async def test_a_wake_that_is_lost_is_made_up_for(house: House) -> None:
    """F05: the row is revoked with the closing, and the sweep tells the workflow where nobody else could."""
    office, _ = await staffed(house, "companyView")
    pending = await house.pending(office, accounts=["1042"])
    closed = ImportRow(0, "1042", "", "", "", "", "", None, None, is_closed=True)

    await house.run(lambda tx: putting.account(tx, house.ring, CLOCK, office, closed, seen=None))
    revoked = await house.doorstep.show(pending.id)
    await sweep_up(house, pending)

    assert (revoked.state, revoked.seen_rev < revoked.rev) == (State.REVOKED, True)
    await house.until_state(pending, State.REVOKED)


async def test_an_invitation_and_the_closing_at_one_moment_leave_nothing_open(house: House) -> None:
    """S3.9: whoever comes first, no invitation to a closed account stays open."""
    office = await house.office()
    d = house.doorstep
    await imported(house, office, *(f"{code},,,no," for code in range(6)), head=HEAD)

    async def invite(code: int) -> Invitation | None:
        try:
            return await d.invite(office=office, email=f"a{code}@{office}.example", accounts=[str(code)], is_draft=True)
        except Conflict:
            return None

    for code in range(6):
        await asyncio.gather(invite(code), d.account_put(office, str(code), is_closed=True))

    assert {each.state for each in await d.list(office=office)} <= {State.REVOKED}


async def test_a_dry_run_closes_nothing(house: House) -> None:
    """S0.3: what a file would close stays open."""
    office, _ = await staffed(house, "companyView")
    pending = await house.pending(office, accounts=["1042"])

    report = await imported(house, office, "1042,,,yes,", head=HEAD, is_dry_run=True)

    assert (report.changed, report.taken_back) == (1, 0)
    assert (await house.doorstep.show(pending.id)).state is State.PENDING
    assert on(await house.doorstep.contact(await contact_named(house, office, "Ana"))) == ["1042"]
