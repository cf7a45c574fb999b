"""What an inviter names, looked up and checked: accounts, a contact, a template, the fields that an office asks for."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from doorstep.domain.addresses import EmailAddress, PhoneNumber
from doorstep.domain.authority import EVERYTHING, Authority, Reach, Right, not_allowed, require
from doorstep.domain.contact import no_such_contact
from doorstep.domain.destination import ADDRESS_NEEDED, email_of, phone_of
from doorstep.domain.errors import Conflict, Invalid, InvalidFields
from doorstep.domain.group_roles import bundles
from doorstep.domain.invitation import Office
from doorstep.domain.permissions import GROUPS, ROLES, permissions_of
from doorstep.domain.requests import NewInvitation
from doorstep.store import authority, places
from doorstep.store import tables as t
from doorstep.store.audit import Actor

c = t.contacts.c
ca = t.contact_accounts.c
TO_THE_PORTAL = frozenset({Right.INVITE, Right.ADD_USER})
"""What lets somebody in to an account; a closed one lets nobody in."""


def unknown_account(office: str, codes: Sequence[str] = ()) -> Invalid:
    """The refusal for an account that is not known, or not yours to see (S0.13, S1.3)."""
    return Invalid(
        "unknown_account",
        f"An account is not known in office {office}. Import it first, or check the code.",
        field="account",
        private=f"Unknown: {', '.join(codes)[:200]}." if codes else "",
    )


async def account_ids(
    tx: AsyncConnection,
    office: Office,
    codes: Sequence[str],
    *,
    seen_by: Authority = EVERYTHING,
    is_for_portal: bool = False,
) -> list[UUID]:
    """S0.13, S0.14: an unknown account is refused, the same one twice counts once; one out of sight is unknown.

    `is_for_portal`: somebody is about to be let in there, so that none may be closed, nor be closed until the commit.
    """
    wanted = dict.fromkeys(code.strip() for code in codes)
    if not wanted:
        return []
    a = t.accounts.c
    query = select(a.code, a.id, a.closed_at).where(a.office == office.code, a.code.in_(wanted)).order_by(a.code)
    rows = (await tx.execute(query.with_for_update(read=True) if is_for_portal else query)).all()
    known: dict[str, UUID] = {row[0]: row[1] for row in rows if seen_by.in_sight([row[1]])}
    unknown = [code for code in wanted if code not in known]
    if unknown:
        raise unknown_account(office.code, unknown)
    closed = [row[0] for row in rows if row[2] is not None]
    if closed and is_for_portal:
        sentence = "The account is closed, so nobody is let in there. Leave it out, or have it reopened in the ERP."
        raise Conflict("account_closed", sentence, private=f"Closed: {', '.join(closed)[:200]}.")
    return [known[code] for code in wanted]


async def accounts_for(
    tx: AsyncConnection, actor: Actor, right: Right, office: Office, codes: Sequence[str]
) -> tuple[Authority, list[UUID]]:
    """Who acts, and the accounts of those codes, if they may do `right` to all of them (S1.3, S4.3).

    The right comes first: whoever has it not learns nothing of any account.

    Raises:
        Forbidden: `not_staff`, `not_allowed`; Invalid: `unknown_account`, `account_required`; Conflict:
            `account_closed`, where somebody is to be let in.
    """
    who = await authority.standing(tx, actor, office.code)
    if right not in who.rights:
        raise not_allowed(right)
    accounts = await account_ids(tx, office, codes, seen_by=who, is_for_portal=right in TO_THE_PORTAL)
    if who.rights[right] is Reach.ASSIGNED and not accounts:
        sentence = "You serve the accounts assigned to you; name the one that this is about."
        raise Invalid("account_required", sentence, field="account")
    require(who, right, accounts, unknown_account(office.code))
    return who, accounts


async def contact_of(
    tx: AsyncConnection,
    who: Authority,
    office: str,
    contact: UUID | None,
    email: EmailAddress | None,
    phone: PhoneNumber | None,
) -> tuple[UUID | None, EmailAddress | None, PhoneNumber | None]:
    """The contact that is meant or that has one of the addresses, and where to reach the person (S4.31).

    Raises:
        Conflict: `not_portal_user` (S3.5); NotFound: `no_such_contact`.
    """
    accounts = func.array(select(ca.account_id).where(ca.contact_id == c.id).correlate(t.contacts).scalar_subquery())
    columns = (c.id, c.is_portal_user, c.portal_email, c.email, c.phone_key, accounts.label("accounts"))
    meant = c.id == contact if contact is not None else _has_one_of(email, phone)
    best = select(*columns).where(c.office == office, meant).order_by(c.is_portal_user.desc(), c.created_at).limit(1)
    row = (await tx.execute(best)).one_or_none()
    if contact is not None and (row is None or not (who.sees_all or who.in_sight(row.accounts))):
        raise no_such_contact()
    if row is None:
        return None, email, phone
    if not row.is_portal_user:
        sentence = "The contact is not marked as a portal user, so nothing is sent to it."
        raise Conflict("not_portal_user", f"{sentence} Mark it first: doorstep contact set {row.id} --portal-user")
    if contact is not None and email is None and phone is None:
        own = row.portal_email or row.email
        return row.id, email_of(own) if own else None, phone_of(row.phone_key, "ZZ") if row.phone_key else None
    return row.id, email, phone


def _has_one_of(email: EmailAddress | None, phone: PhoneNumber | None) -> ColumnElement[bool]:
    """True of the contact of a person; a number that somebody with an address of their own has too tells nothing."""
    same = [] if email is None else [c.portal_email_key == email.key, c.email_key == email.key]
    if phone is not None:
        same.append(and_(c.phone_key == phone.key, true() if email is None else c.email_key.is_(None)))
    return or_(false(), *same)


async def require_template(tx: AsyncConnection, office: Office, name: str) -> None:
    """S1.16: a welcome template is one that the office has.

    Raises:
        Invalid: `unknown_template`.
    """
    if not name or name == BUILT_IN_WELCOME:
        return
    own = t.templates.c
    query = select(own.name).where(own.office == office.code, own.message == "welcome").order_by(own.name)
    known = [BUILT_IN_WELCOME, *(await tx.execute(query)).scalars()]
    if name not in known:
        sentence = f"There is no such welcome template. Choose from: {', '.join(dict.fromkeys(known))}."
        raise Invalid("unknown_template", sentence, field="template")


BUILT_IN_WELCOME = "accountactivation-EJS"


async def groups_for(tx: AsyncConnection, office: str, roles: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """What the groups of an office stand for (S1.11); where every one of `roles` is a role, nothing is looked up."""
    if ROLES.keys() >= set(roles):
        return GROUPS
    g = t.group_roles.c
    rows = await tx.execute(select(g.name, g.roles).where(g.office == office))
    return bundles((name, bundled) for name, bundled in rows)


async def permissions(tx: AsyncConnection, new: NewInvitation, job: UUID | None) -> list[str]:
    """What is asked for: the union of the roles (S1.13); everybody of a job has the same (S2.13).

    Raises:
        Invalid: `unknown_role`, `job_permissions`.
    """
    groups = await groups_for(tx, new.office, new.roles) if new.groups is None else new.groups
    wanted = sorted(permissions_of(new.roles, groups))
    shared = None if job is None else await places.permissions_of_job(tx, job)
    if shared is None:
        return wanted
    if new.roles and sorted(shared) != wanted:
        sentence = f"Everybody of this job has the same permissions: {', '.join(shared)}. Leave the role out."
        raise Invalid("job_permissions", sentence, field="role")
    return list(shared)


def require_fields(office: Office, new: NewInvitation, email: EmailAddress | None, phone: PhoneNumber | None) -> None:
    """S0.6, S0.9, S0.10, S4.23: one sentence for each field that the office asks for and that is missing.

    Where nothing else is missing, the lack of any address is left to `destination`, which refuses it alone.

    Raises:
        Conflict: `no_approver`; Invalid: `account_required`; InvalidFields: `field_required`.
    """
    if not new.is_draft and not office.approvers:
        raise Conflict(
            "no_approver",
            f"Office {office.code} has no username administrator, so nobody could approve. "
            f"Name one first: doorstep approvers set {office.code} ADDRESS",
        )
    there = {"name": new.name, "job": new.job, "roles": new.roles, "email": email, "phone": phone}
    missing = [name for name in office.policy.required_fields if not there.get(name)]
    sentences = {name: f"Office {office.code} asks for the field {name!r}." for name in missing}
    if office.policy.account_required and not new.accounts:
        sentences["account"] = f"Office {office.code} asks for an Account ID."
    if sentences and email is None and phone is None and not {"email", "phone"} & sentences.keys():
        sentences["email"] = ADDRESS_NEEDED
    if sentences.keys() == {"account"}:
        raise Invalid("account_required", sentences["account"], field="account")
    if sentences:
        raise InvalidFields("field_required", sentences)
