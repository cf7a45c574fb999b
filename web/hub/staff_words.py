"""What the pages about staff say of each permission, of each right that follows, and how far it goes (S1.2-S1.5)."""

from collections.abc import Mapping

from doorstep.domain.authority import OF_THE_OFFICE, Authority, Reach, Right, Way
from doorstep.domain.staff import StaffPermission

_P = StaffPermission
PERMISSIONS: Mapping[StaffPermission, str] = {
    _P.ADMINISTRATOR: "Everything but templates and erasing: every customer, settings, staff",
    _P.SUPERUSER: "Every customer, as an administrator, without settings and staff",
    _P.COMPANY_VIEW: "See every company and its people",
    _P.COMPANY_EDIT: "With companyView: invite and change them, from the company",
    _P.CRM_COMPANY_VIEW: "See the companies assigned to them, and no other",
    _P.CRM_COMPANY_EDIT: "With crmCompanyView: invite and change the people of those",
    _P.CUSTOMER_VIEW: "See every customer",
    _P.CUSTOMER_EDIT: "With customerView: invite, change, and look after users",
    _P.ADD_PORTAL_USER: "Add users directly, without an approval, and invite",
    _P.MANAGE_EMAIL_TEMPLATES: "See and change the templates",
    _P.ERASE_PEOPLE: "Erase people for good",
}
RIGHTS: Mapping[Right, str] = {
    Right.SEE: "look at accounts, contacts, invitations and users",
    Right.INVITE: "invite, send, resend, send elsewhere and revoke",
    Right.ADD_USER: "add users directly, without an approval",
    Right.CONTACTS: "add and change contacts",
    Right.LINK: "be shown the live link of an invitation, which is recorded",
    Right.USERS: "suspend, resume and delete users, and change what they may use",
    Right.IMPORT: "import from the ERP",
    Right.SETTINGS: "change settings and username administrators",
    Right.STAFF: "look at the staff and change it",
    Right.TEMPLATES: "see and change templates",
    Right.ERASE: "erase people for good",
}
WAYS: Mapping[Way, str] = {Way.COMPANIES: "Companies, with Add customer", Way.CUSTOMERS: "Customers, with Add customer"}


def rights_in_words(authority: Authority) -> list[tuple[str, str]]:
    """What somebody may do, and for which accounts."""
    return [(RIGHTS[right], _reach(right, authority.rights[right])) for right in Right if right in authority.rights]


def ways_in_words(authority: Authority) -> list[str]:
    """The pages on which they begin an invitation."""
    return [WAYS[way] for way in Way if way in authority.ways]


def _reach(right: Right, reach: Reach) -> str:
    if right in OF_THE_OFFICE:
        return "the office"
    return "every company" if reach is Reach.ALL else "companies assigned to them"
