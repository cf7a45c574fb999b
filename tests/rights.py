"""What staff may do, written down once more from the source documents, for the tests to hold the product against.

Nothing here looks at the table of the product.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

EVERY, ASSIGNED = "every account", "assigned accounts"

EDIT = ("see", "invite", "contacts", "link")
PEOPLE = (*EDIT, "add_user", "users", "import")
SINGLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "administrator": (EVERY, (*PEOPLE, "settings", "staff")),
    "superuser": (EVERY, PEOPLE),
    "companyView": (EVERY, ("see",)),
    "companyEdit": (EVERY, ()),
    "crmCompanyView": (ASSIGNED, ("see",)),
    "crmCompanyEdit": (ASSIGNED, ()),
    "customerView": (EVERY, ("see",)),
    "customerEdit": (EVERY, ()),
    "addPortalUser": (EVERY, ("see", "invite", "contacts", "add_user")),
    "manage_email_templates": (EVERY, ("templates",)),
    "erase_people": (EVERY, ("see", "erase")),
}
"""S1.2, S1.4, S1.5, S2.22, S4.2: what one permission gives by itself; the half of a pair gives a look at the most."""

PAIRS: dict[frozenset[str], tuple[str, tuple[str, ...]]] = {
    frozenset({"companyView", "companyEdit"}): (EVERY, EDIT),
    frozenset({"crmCompanyView", "crmCompanyEdit"}): (ASSIGNED, EDIT),
    frozenset({"customerView", "customerEdit"}): (EVERY, (*EDIT, "users")),
}
"""S1.2, S1.3, S1.4: what takes both halves."""

OF_THE_OFFICE = ("settings", "staff", "templates")
"""What is about no account."""

RIGHTS = (*PEOPLE, *OF_THE_OFFICE, "erase")


def sets_of_two() -> Iterator[frozenset[str]]:
    """Every single permission and every two of them: 11 and 55."""
    for size in (1, 2):
        yield from (frozenset(each) for each in combinations(SINGLE, size))


def rights_of(held: Collection[str], *, is_rep: bool = False) -> dict[str, str]:
    """Each right that follows, and how far it goes."""
    given = [SINGLE[name] for name in held] + [extra for pair, extra in PAIRS.items() if pair <= frozenset(held)]
    reaches: dict[str, str] = {}
    for reach, names in given:
        reaches |= {name: EVERY if reaches.get(name) == EVERY else reach for name in names}
    return {name: reach if name in OF_THE_OFFICE or not is_rep else ASSIGNED for name, reach in reaches.items()}


@dataclass(frozen=True)
class Kind:
    """A kind of person on the staff."""

    held: frozenset[str]
    is_rep: bool = False

    @property
    def rights(self) -> dict[str, str]:
        """What follows."""
        return rights_of(self.held, is_rep=self.is_rep)

    @property
    def differences(self) -> set[tuple[str, ...]]:
        """What tells the rights of this kind apart: each one beside each that is missing, or that goes less far."""
        rights = self.rights
        missing = {(one, other) for one in rights for other in RIGHTS if other not in rights}
        farther = {(one, reach, other) for one, reach in rights.items() for other in rights if rights[other] != reach}
        return missing | farther | set(rights.items())

    def __str__(self) -> str:
        """For the names of tests."""
        return f"{'+'.join(sorted(self.held))}{' (rep)' if self.is_rep else ''}"


def representatives() -> list[Kind]:
    """A few kinds, with every difference between two rights that there is among all of them.

    A command that asks for another right than it should is let through, or refused, for one of these at least.
    """
    kinds = [Kind(held, is_rep) for held in sets_of_two() for is_rep in (False, True)]
    missing = set().union(*(kind.differences for kind in kinds))
    found: list[Kind] = []
    while missing:
        found.append(max(kinds, key=lambda kind: (len(kind.differences & missing), -len(kind.held), str(kind))))
        missing -= found[-1].differences
    return found


def reaches(rights: dict[str, str], right: str, *, is_theirs: bool) -> bool:
    """Whether a right is there and goes as far as an account that is assigned to the person, or one that is not."""
    return rights.get(right) == EVERY or (right in rights and is_theirs)


def answer(rights: dict[str, str], right: str, *, is_theirs: bool) -> str:
    """What somebody hears who does that to something of an account; `hidden` is the answer to what is not there."""
    if not reaches(rights, "see", is_theirs=is_theirs):
        return "hidden"
    return "allowed" if reaches(rights, right, is_theirs=is_theirs) else "refused"


def answer_of_office(rights: dict[str, str], right: str) -> str:
    """The same for what is about the office as a whole."""
    return "allowed" if rights.get(right) == EVERY else "refused"
