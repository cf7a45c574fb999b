"""A person whom the ERP or the staff know, before and beside any invitation."""

from dataclasses import dataclass
from uuid import UUID

from doorstep.domain.invitation import Account


@dataclass(frozen=True)
class Contact:
    """One contact of an office.

    `email` is the default address, which the ERP owns; `portal_email` is where invitations go if that differs (S3.6,
    S4.31-S4.33). `kept_fields` are those that staff changed and an import leaves alone.
    """

    id: UUID
    office: str
    name: str
    email: str
    phone: str
    portal_email: str
    is_portal_user: bool
    kept_fields: tuple[str, ...]
    accounts: tuple[Account, ...]
    has_username: bool = False

    @property
    def invitation_address(self) -> str:
        """Where an invitation goes: the portal's own address, else the default one."""
        return self.portal_email or self.email
