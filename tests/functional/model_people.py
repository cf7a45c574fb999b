"""Who is who in the model: how people are reached and recognised, and the users that they have."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ways:
    """How a person can be reached; empty where it is not known."""

    email: str = ""
    phone: str = ""

    def is_same(self, other: "Ways") -> bool:
        """By the address where both have one; by the number, which a household shares, where one of them has none."""
        if self.email and other.email:
            return self.email.lower() == other.email.lower()
        return bool(self.phone) and self.phone == other.phone


@dataclass(eq=False)
class User:
    """One user; `added_to` are the office and what was granted there, without an invitation (way A)."""

    username: str
    ways: Ways
    state: str
    added_to: tuple[str, frozenset[str]] | None = None
    signed_in_at: int = 0

    @property
    def has_password(self) -> bool:
        """Everybody but whoever was added directly and never set one."""
        return self.state != "setup_pending"


@dataclass
class People:
    """The users, oldest first."""

    all: list[User] = field(default_factory=list)

    def named(self, username: str) -> User | None:
        """Who has that name, in whatever case."""
        return next((user for user in self.all if user.username.lower() == username.lower()), None)

    def known(self, ways: Ways) -> list[User]:
        """The users that somebody with these ways may have."""
        return [user for user in self.all if user.ways.is_same(ways)]

    def person(self, ways: Ways) -> User | None:
        """The one that is meant, if it is not a number that several people share."""
        known = self.known(ways)
        if len({user.ways.email.lower() for user in known} - {""}) > 1:
            return None
        return next(iter(sorted(known, key=lambda user: (not user.has_password, user.state != "active"))), None)

    def keep(self, wanted: Iterable[User]) -> None:
        """Nobody else is left."""
        still = list(wanted)
        self.all = [user for user in self.all if user in still]
