"""Sections of the portal as permissions, the roles that bundle them, and groups of roles (S0.19, S1.11, S1.12, S3.10).

The portal behind Doorstep decides what a section shows; Doorstep holds who was granted it, account by account.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from doorstep.domain.errors import Invalid

SECTIONS: dict[str, str] = {
    "invoices": "Invoices",
    "statements": "Statements",
    "agronomy_plans": "Agronomy plans",
    "contracts.grain": "Grain contracts",
    "contracts.energy": "Energy contracts",
    "contracts.agronomy": "Agronomy contracts",
    "self_service": "Self service",
    "messages": "Messages",
    "account": "Account details",
    "billing_history": "Billing history",
    "payment_preferences": "Payment preferences",
    "orders.place": "Place orders",
    "orders.track": "Track orders",
    "orders.history": "Order history",
    "pricing": "Pricing",
    "promotions": "Promotions",
    "inventory": "Inventory",
    "costs": "Costs",
    "balance": "Balance",
    "sensitive": "Sensitive details",
}
"""Every permission there is, with the name a person reads."""

ROLES: dict[str, frozenset[str]] = {
    "customer": frozenset({"account", "invoices", "statements", "messages", "self_service", "orders.track"}),
    "buyer": frozenset(
        {"account", "orders.place", "orders.track", "orders.history", "pricing", "inventory", "messages"}
    ),
    "accounts_payable": frozenset(
        {"account", "invoices", "statements", "billing_history", "payment_preferences", "balance", "messages"}
    ),
    "grower": frozenset(
        {"account", "agronomy_plans", "contracts.grain", "contracts.energy", "contracts.agronomy", "messages"}
    ),
    "rep": frozenset({"account", "orders.place", "orders.track", "pricing", "promotions", "inventory", "messages"}),
}
"""Roles that an invitation may ask for; the permissions asked are their union (S1.13)."""

GROUPS: dict[str, tuple[str, ...]] = {
    "family_farm": ("customer", "grower"),
    "office_manager": ("customer", "accounts_payable"),
    "owner": ("customer", "buyer", "accounts_payable"),
    "trade_customer": ("customer", "buyer"),
}
"""Group roles that come with Doorstep: a name for several roles, asked for wherever a role is (S1.11)."""

DEFAULT_ROLE = "customer"


def permissions_of(roles: Iterable[str], groups: Mapping[str, Sequence[str]] = GROUPS) -> frozenset[str]:
    """The union of the permissions of `roles`, `groups` among them; those of a plain customer where none is named.

    Raises:
        Invalid: `unknown_role`, with the names that come nearest.
    """
    return frozenset().union(
        *(ROLES[role] for name in list(roles) or [DEFAULT_ROLE] for role in _roles_of(name, groups))
    )


def _roles_of(name: str, groups: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if name in ROLES:
        return (name,)
    if name in groups:
        return groups[name]
    raise unknown_role(name, {*ROLES, *groups})


def unknown_role(name: str, known: Collection[str], *, field: str = "role") -> Invalid:
    """The refusal of a name that is none of `known`, with those that come nearest."""
    near = get_close_matches(name[:LONGEST_ROLE].strip().casefold(), sorted(known))
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    sentence = f"There is no such role.{meant} Choose from: {', '.join(sorted(known))}."
    return Invalid("unknown_role", sentence, field=field, private=f"You asked for {name[:LONGEST_ROLE]!r}.")


LONGEST_ROLE = 40


def checked_permissions(names: Iterable[str]) -> frozenset[str]:
    """The same names as a set, each known.

    Raises:
        Invalid: `unknown_permission`; the sentence lists the known ones and repeats nothing that was typed.
    """
    asked = frozenset(names)
    if asked - SECTIONS.keys():
        known = ", ".join(sorted(SECTIONS))
        raise Invalid(
            "unknown_permission", f"One of the permissions is unknown. Choose from: {known}.", field="permissions"
        )
    return asked
