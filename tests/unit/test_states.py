"""Which command each state allows, as a table."""

import pytest

from doorstep.domain.states import HOLDS_A_PLACE, IN_THE_WAY, OPEN, Command, State, allowed_commands, states_that_allow

TABLE = {
    State.DRAFT: {Command.SEND, Command.REVOKE},
    State.PENDING: {
        Command.SET_UP,
        Command.REQUEST_NEW_LINK,
        Command.RESEND,
        Command.CHANGE_ADDRESS,
        Command.DECLINE,
        Command.REVOKE,
    },
    State.EXPIRED: {
        Command.REQUEST_NEW_LINK,
        Command.RESEND,
        Command.CHANGE_ADDRESS,
        Command.DECLINE,
        Command.REVOKE,
    },
    State.AWAITING_APPROVAL: {Command.APPROVE, Command.REJECT, Command.REVOKE},
    State.APPROVED: set(),
    State.ACTIVE: set(),
    State.REJECTED: set(),
    State.DECLINED: set(),
    State.REVOKED: set(),
    State.ERASED: set(),
}


@pytest.mark.parametrize("state", State)
def test_each_state_allows_what_the_design_says(state: State) -> None:
    """Decision 7: a command is allowed in a state or refused there, and the table says which."""
    assert set(allowed_commands(state)) == TABLE[state]


@pytest.mark.parametrize("command", Command)
def test_the_guards_use_the_same_table(command: Command) -> None:
    """T11, T34: the guard of a statement and the answer of `status` cannot drift apart; an erasure is no step."""
    of_table = {state for state, commands in TABLE.items() if command in commands}
    assert states_that_allow(command) == (set(State) - {State.ERASED} if command is Command.ERASE else of_table)


@pytest.mark.parametrize("state", State)
def test_a_closed_invitation_allows_nothing(state: State) -> None:
    """Decision 2: once the reissue window is over nothing can be done to it any more."""
    assert allowed_commands(state, is_closed=True) == ()


def test_places_are_held_by_whoever_is_in_or_on_the_way() -> None:
    """S2.4: an accepted person holds a place; a draft, an expired and a removed one do not."""
    assert {State.PENDING, State.AWAITING_APPROVAL, State.APPROVED, State.ACTIVE} == HOLDS_A_PLACE


def test_an_end_is_never_in_the_way_of_a_new_invitation() -> None:
    """S4.48, S1.19: a person who was refused, who declined or who expired can be invited again."""
    assert IN_THE_WAY < OPEN
    assert {State.EXPIRED} == OPEN - IN_THE_WAY
    assert not OPEN & {State.ACTIVE, State.REJECTED, State.DECLINED, State.REVOKED, State.ERASED}
