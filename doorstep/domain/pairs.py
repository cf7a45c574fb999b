"""The login pair of way A: a management login and a limited one for its staff (S4.9-S4.11)."""

from collections.abc import Container, Iterable

STAFF_NEVER = frozenset({"costs", "balance", "sensitive"})
"""S4.11: what a staff login is never granted."""

SUFFIX = "S"


def staff_username(management: str, taken: Container[str]) -> str:
    """S4.10: the management username and `S`; where that is taken `S2`, `S3` and so on.

    Args:
        management: the username of the management login.
        taken: the usernames that others have, in the form in which usernames are compared.
    """
    name, number = f"{management}{SUFFIX}", 2
    while name.casefold() in taken:
        name, number = f"{management}{SUFFIX}{number}", number + 1
    return name


def staff_permissions(permissions: Iterable[str]) -> frozenset[str]:
    """What of `permissions` a staff login may hold."""
    return frozenset(permissions) - STAFF_NEVER
