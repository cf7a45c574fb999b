"""What happens to users beside the invitations: added directly, signing in, suspended, deleted."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from doorstep.domain.permissions import permissions_of
from doorstep.domain.states import State
from tests.functional.commands import NAMES, Commands, any_one
from tests.functional.model_people import User

has_user = precondition(lambda machine: bool(machine.model.people.all))


class CommandsOfUsers(Commands):
    """The same with what is done to users."""

    def pick_user(self, number: int) -> User:
        """One of the users."""
        return self.model.people.all[number % len(self.model.people.all)]

    @rule(office=st.integers(0, 1), name=st.sampled_from([name for name in NAMES if name]))
    def add_user(self, office: int, name: str) -> None:
        """S4.6, S4.17: way A; once for each address, under the same name each time."""
        ways, username = self.ways(name, has_phone=False), f"{self.run_id}-{name}"
        is_right = self.model.people.named(username) is None
        where = self.offices[office].code
        if self.ask(is_right, self.ground.add_user(where, ways.email, username)) is not None:
            added = User(username, ways, "setup_pending", (where, permissions_of([])))
            self.model.people.all.append(added)
            self.reached["added"] += 1

    @has_user
    @rule(number=any_one)
    def choose_password(self, number: int) -> None:
        """S4.12, S4.16: behind a link of one's own, which whoever waits or is suspended does not get."""
        user = self.pick_user(number)
        can = user.state in ("setup_pending", "active")
        self.model.tick += 1

        assert self.ground.choose_password(user.username) == can

        user.state = "active" if can else user.state
        self.reached["choose_password", can] += 1

    @has_user
    @rule(number=any_one)
    def sign_in(self, number: int) -> None:
        """S2.11, S4.41: nobody before an approval, and nobody who is suspended."""
        user = self.pick_user(number)
        can = user.state == "active"
        self.model.tick += 1

        assert self.ground.sign_in(user.username) == can

        user.signed_in_at = self.model.tick if can else user.signed_in_at
        self.reached["sign_in", can] += 1

    @has_user
    @rule(number=any_one, is_back=st.booleans())
    def suspend(self, number: int, is_back: bool) -> None:  # noqa: FBT001 - drawn
        """T24: shut out, and let in again."""
        user = self.pick_user(number)
        before, after = ("suspended", "active") if is_back else ("active", "suspended")
        do = self.ground.doorstep.user_resume if is_back else self.ground.doorstep.user_suspend
        if self.ask(user.state == before, do(user.username)) is not None:
            user.state = after
            self.reached["resumed" if is_back else "suspended"] += 1

    @has_user
    @rule(number=any_one)
    def delete_user(self, number: int) -> None:
        """S4.46, S4.47: nobody who waits for a decision; the places and the memberships go along."""
        user = self.pick_user(number)
        theirs = [one for one in self.model.all if one.user is user]
        is_right = all(one.state is State.ACTIVE for one in theirs)
        if self.ask(is_right, self.ground.doorstep.user_delete(user.username)) is not None:
            self.model.people.all.remove(user)
            for one in theirs:
                one.user = None
            self.reached["deleted"] += 1
