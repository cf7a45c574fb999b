"""The staff of an office: what an office gives them, and which accounts they serve; what follows, `authority` says."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from doorstep.domain.errors import Invalid


class StaffPermission(StrEnum):
    """What an office gives its staff; the names are those of the source documents."""

    ADMINISTRATOR = "administrator"
    SUPERUSER = "superuser"
    COMPANY_VIEW = "companyView"
    COMPANY_EDIT = "companyEdit"
    CRM_COMPANY_VIEW = "crmCompanyView"
    CRM_COMPANY_EDIT = "crmCompanyEdit"
    CUSTOMER_VIEW = "customerView"
    CUSTOMER_EDIT = "customerEdit"
    ADD_PORTAL_USER = "addPortalUser"
    MANAGE_EMAIL_TEMPLATES = "manage_email_templates"
    ERASE_PEOPLE = "erase_people"


class StaffKind(StrEnum):
    """In-house staff serve every customer, reps those assigned to them (S4.2, S4.3)."""

    IN_HOUSE = "in_house"
    REP = "rep"


@dataclass(frozen=True)
class StaffMember:
    """One person in one office; `may_grant` are the permissions of the portal that they may grant, None for all."""

    id: UUID
    address: str
    name: str
    office: str
    kind: StaffKind
    permissions: frozenset[StaffPermission]
    may_grant: frozenset[str] | None = None
    accounts: frozenset[UUID] = frozenset()
    account_codes: tuple[str, ...] = ()


def checked_staff_permissions(names: Iterable[str]) -> frozenset[StaffPermission]:
    """The permissions of those names.

    Raises:
        Invalid: `unknown_staff_permission`, with the known ones.
    """
    try:
        return frozenset(StaffPermission(name) for name in names)
    except ValueError:
        known = ", ".join(StaffPermission)
        sentence = f"One of the permissions is unknown. Choose from: {known}."
        raise Invalid("unknown_staff_permission", sentence, field="permission") from None
