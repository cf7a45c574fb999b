"""A user of two offices, and the staff of one of them: what they see and may do, and what it never reaches (T20)."""

from dataclasses import dataclass

import pytest

from doorstep.domain.errors import Forbidden, NotFound, Refused
from doorstep.domain.invitation import Invitation
from doorstep.domain.states import State
from tests.house import PASSWORD, House
from tests.pages import active, add_accounts


@dataclass(frozen=True)
class Shared:
    """Ana of two offices, each with staff of its own; `visit` is the invitation of the second one."""

    here: str
    there: str
    username: str
    visit: Invitation

    @property
    def clerk(self) -> str:
        """Who looks after all users of the second office, and of no other."""
        return f"clerk@{self.there}.example"

    @property
    def rep(self) -> str:
        """Who serves one account of the second office."""
        return f"rep@{self.there}.example"


@pytest.fixture
async def shared(house: House) -> Shared:
    here, there = await house.office(), await house.office(approval_required=False)
    await add_accounts(house, here, {"1042": "Hill Farm"})
    await add_accounts(house, there, {"1042": "Hill Farm there", "7": "Far Farm", "8": "No Farm"})
    ana = await active(house, here, email=f"ana@{here}.example", accounts=["1042"])
    visit = await house.doorstep.invite(office=there, email=ana.address, accounts=["1042", "7"])
    visit = await house.until_state(visit, State.ACTIVE)
    made = Shared(here, there, ana.address, visit)
    for office in (here, there):
        await house.doorstep.staff_set(
            office, f"clerk@{office}.example", permissions=["customerView", "customerEdit", "erase_people"]
        )
    await house.doorstep.staff_set(there, made.rep, permissions=["superuser"], is_rep=True, accounts=["7"])
    return made


async def codes(house: House, shared: Shared, actor: str | None = None) -> list[tuple[str, str | None]]:
    """The accounts of Ana that somebody sees."""
    found = (await house.doorstep.user(shared.username, actor=actor)).memberships
    return sorted((each.office, each.account_code) for each in found if each.account_code)


async def test_staff_see_what_belongs_to_their_own_office(house: House, shared: Shared) -> None:
    """T20, S3.11: of a user of two offices each sees its part, a rep the assigned accounts, nobody else anything."""
    here, there = shared.here, shared.there

    assert await codes(house, shared) == sorted([(here, "1042"), (there, "1042"), (there, "7")])
    assert await codes(house, shared, shared.clerk) == [(there, "1042"), (there, "7")]
    assert await codes(house, shared, shared.rep) == [(there, "7")]
    for stranger in ("nobody@else.example", f"clerk@{await house.office()}.example"):
        with pytest.raises(NotFound) as refused:
            await house.doorstep.user(shared.username, actor=stranger)
        assert refused.value.code == "no_such_user"
    listed = await house.doorstep.users(there, actor=shared.rep)
    assert [[m.account_code for m in each.memberships] for each in listed] == [["7"]]


@pytest.mark.parametrize("who", ["clerk", "rep"])
async def test_staff_of_one_office_do_not_shut_somebody_out_of_another(house: House, shared: Shared, who: str) -> None:
    """T20: by inviting somebody else's customer nobody gets a hand on their user."""
    session = await house.doorstep.sign_in(shared.username, PASSWORD, source=shared.username)
    actor = getattr(shared, who)

    with pytest.raises(Forbidden) as suspended:
        await house.doorstep.user_suspend(shared.username, actor=actor)

    assert suspended.value.code == "belongs_elsewhere"
    assert await house.doorstep.home(session) is not None
    entries = await house.doorstep.audit(shared.visit.id, includes_user=True)
    assert (entries[-1].event, entries[-1].actor, entries[-1].code) == ("command.refused", actor, "belongs_elsewhere")


async def test_permissions_are_changed_where_somebody_looks_after_them(house: House, shared: Shared) -> None:
    """T20, S4.19: the same account code in another office is another account, and stays as it is."""
    everywhere = await house.doorstep.user_permissions(shared.username, ["messages"], actor=shared.clerk)
    one = await house.doorstep.user_permissions(shared.username, ["pricing"], actor=shared.rep)

    assert [each.permissions for each in everywhere.memberships] == [("messages",), ("messages",)]
    assert [(each.account_code, each.permissions) for each in one.memberships] == [("7", ("pricing",))]
    held = {
        (each.office, each.account_code): each.permissions
        for each in (await house.doorstep.user(shared.username)).memberships
    }
    assert held[shared.there, "1042"] == ("messages",)
    assert len(held[shared.here, "1042"]) > 1
    with pytest.raises(Refused) as refused:
        await house.doorstep.user_permissions(shared.username, ["pricing"], account="1042", actor=shared.rep)
    assert refused.value.code == "unknown_account"


@pytest.mark.parametrize("command", ["user_delete", "user_erase"])
async def test_who_is_taken_out_of_one_office_keeps_the_other(house: House, shared: Shared, command: str) -> None:
    """S4.47, T34: the seat there is free, the sign-in and the accounts here stay; open pages end."""
    before = [await house.doorstep.seats(each) for each in (shared.here, shared.there)]
    session = await house.doorstep.sign_in(shared.username, PASSWORD, source=shared.username)

    await getattr(house.doorstep, command)(shared.username, actor=shared.clerk)

    after = [await house.doorstep.seats(each) for each in (shared.here, shared.there)]
    assert (before, after) == ([1, 1], [1, 0])
    assert await house.doorstep.home(session) is None
    assert await codes(house, shared) == [(shared.here, "1042")]
    assert await house.doorstep.sign_in(shared.username, PASSWORD, source=shared.username)
    with pytest.raises(NotFound):
        await house.doorstep.user(shared.username, actor=shared.clerk)
    assert (await house.doorstep.user(shared.username, actor=f"clerk@{shared.here}.example")).user.state == "active"


async def test_a_rep_deletes_nobody_who_belongs_to_an_account_of_others_too(house: House, shared: Shared) -> None:
    """S4.3: what is assigned to somebody else is none of theirs."""
    with pytest.raises(Forbidden) as refused:
        await house.doorstep.user_delete(shared.username, actor=shared.rep)

    assert refused.value.code == "belongs_elsewhere"
    assert len(await codes(house, shared)) == 3


async def test_the_operator_deletes_the_user_as_a_whole(house: House, shared: Shared) -> None:
    """S4.47: whoever holds the settings reaches every office."""
    await house.doorstep.user_delete(shared.username)

    assert [await house.doorstep.seats(each) for each in (shared.here, shared.there)] == [0, 0]
    with pytest.raises(NotFound):
        await house.doorstep.user(shared.username)


async def test_staff_without_the_right_are_told_so(house: House, shared: Shared) -> None:
    """S4.19: seeing is not maintaining; the sentence says what it takes."""
    looker = f"looker@{shared.there}.example"
    await house.doorstep.staff_set(shared.there, looker, permissions=["customerView"])

    for attempt in ("user_suspend", "user_delete", "user_erase"):
        with pytest.raises(Forbidden) as refused:
            await getattr(house.doorstep, attempt)(shared.username, actor=looker)
        assert refused.value.code == "not_allowed"
    with pytest.raises(Forbidden):
        await house.doorstep.user_permissions(shared.username, ["messages"], actor=looker)
    assert len(await codes(house, shared, looker)) == 2


async def test_looking_here_and_maintaining_there_is_not_maintaining_here(house: House, shared: Shared) -> None:
    """T20, S4.19: a right in one office says nothing about an account of the other; nothing changes, nobody is out."""
    session = await house.doorstep.sign_in(shared.username, PASSWORD, source=shared.username)
    both = f"both@{shared.here}.example"
    await house.doorstep.staff_set(shared.here, both, permissions=["customerView"])
    await house.doorstep.staff_set(shared.there, both, permissions=["superuser"], is_rep=True, accounts=["7"])

    with pytest.raises(Forbidden) as refused:
        await house.doorstep.user_permissions(shared.username, ["pricing"], account="1042", actor=both)

    assert refused.value.code == "belongs_elsewhere"
    assert await house.doorstep.home(session) is not None
