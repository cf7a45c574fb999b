"""The form behind Add client and Add customer: two ways in make the same thing (S1.1)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.permissions import ROLES, SECTIONS, permissions_of
from doorstep.store.directory_pages import AccountRecord
from web.hub.clients_picking import Alike, codes_in, picked
from web.hub.clients_slips import Slip, settled
from web.hub.forms import HubForm, Sent, faults_of, filled
from web.hub.navigation import home_of
from web.hub.visits import Visit

LANGUAGES = (("", "The language of the office"), ("en", "English"), ("de", "Deutsch"), ("es", "Español"))
CHANNELS = (
    ("", "By e-mail where there is an address, else by text"),
    ("mail", "By e-mail"),
    ("text", "By text message"),
)
DRAFT = "draft"


class ClientForm(HubForm):
    """Who is added, to what, and how they hear of it."""

    email: str = ""
    name: str = ""
    phone: str = ""
    account: str = ""
    more: str = ""
    picked: str = ""
    asked: str = ""
    job: str = ""
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    template: str = ""
    locale: str = ""
    channel: str = ""
    test: str = ""
    kept: str = ""
    use_meant: str = ""
    step: str = ""


@dataclass(frozen=True)
class Entrance:
    """Where the form stands: its address, and the company where that is chosen already."""

    path: str
    company: AccountRecord | None = None


@dataclass(frozen=True)
class Trouble:
    """Why the form is shown again: faults by field, an address that looks mistyped, companies that come near."""

    faults: Mapping[str, Refused]
    slip: Slip | None = None
    alike: Sequence[AccountRecord] = ()
    status: int = 422


NONE = Trouble({}, status=200)


async def show(visit: Visit, entrance: Entrance, trouble: Trouble = NONE) -> Response:
    """The form, with everything that was typed into it."""
    choices = await visit.doorstep.client_choices(visit.code)
    return visit.page(
        "clients_new.html",
        status=trouble.status,
        entrance=entrance,
        trouble=trouble,
        faults=trouble.faults,
        values=_typed(visit.sent),
        choices=choices,
        groups=group_choices(visit, choices.groups),
        roles=role_choices(visit),
        languages=LANGUAGES,
        channels=CHANNELS,
        has_texts=visit.doorstep.means.has_texts,
    )


def _typed(sent: Sent | None) -> dict[str, object]:
    sent = sent or Sent()
    typed = {name: sent.one(name) for name in ClientForm.model_fields}
    # Whoever answered the question about a slip is not asked again because of another field.
    typed["email"], _ = settled(typed["email"], typed["kept"], uses_meant=bool(typed["use_meant"]))
    typed["kept"] = typed["kept"] if typed["kept"] == typed["email"] else ""
    lists: dict[str, object] = {name: sent.every(name) for name in ("groups", "roles")}
    return {**typed, **lists}


Groups = Mapping[str, Sequence[str]]
"""What each group role of an office stands for."""


def _offered(visit: Visit, names: Iterable[str], groups: Groups) -> list[str]:
    """S1.20: nobody is offered a role that they may not grant."""
    most = visit.authority.may_grant
    return [name for name in names if most is None or permissions_of([name], groups) <= most]


def group_choices(visit: Visit, groups: Groups) -> list[tuple[str, str]]:
    """Group roles of the office, with the roles that each of them bundles (S1.11)."""
    offered = _offered(visit, sorted(groups), groups)
    return [(name, _words(name, ", ".join(map(_plain, groups[name])))) for name in offered]


def role_choices(visit: Visit) -> list[tuple[str, str]]:
    """Individual roles, with the sections that each of them opens (S1.12)."""
    return [(name, _words(name, _sections(ROLES[name]))) for name in _offered(visit, ROLES, {})]


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _sections(held: Collection[str]) -> str:
    return ", ".join(SECTIONS[each] for each in SECTIONS if each in held)


def _words(name: str, held: str) -> str:
    return f"{_plain(name).capitalize()}: {held}"


async def receive(visit: Visit, entrance: Entrance) -> Response:
    """Add, and go to whoever was added; or show the form again."""
    try:
        form = filled(ClientForm, visit.sent)
        email, slip = settled(form.email, form.kept, uses_meant=bool(form.use_meant))
        if slip is not None:
            return await show(visit, entrance, Trouble({}, slip=slip))
        accounts = await _accounts(visit, entrance, form)
        return await (_rehearse if form.test else _add)(visit, form, email, accounts)
    except Alike as fault:
        return await show(visit, entrance, Trouble(faults_of(fault), alike=fault.companies))
    except Invalid as fault:
        return await show(visit, entrance, Trouble(_beside_fields(faults_of(fault))))
    except Refused as refusal:
        return await show(visit, entrance, Trouble({"": refusal}, status=refusal.status))


def _beside_fields(faults: Mapping[str, Refused]) -> dict[str, Refused]:
    """By the names that the fields have here; what belongs to none of them is said of the form."""
    names = dict.fromkeys(ClientForm.model_fields) | {"role": None}
    here = {name: ("roles" if name == "role" else name) for name in names}
    return {here.get(name, ""): fault for name, fault in faults.items()}


async def _accounts(visit: Visit, entrance: Entrance, form: ClientForm) -> list[str]:
    """The codes that are meant (S0.12); the same one twice counts once, which the client API sees to."""
    further = codes_in(form.more)
    if entrance.company is not None:
        return [entrance.company.code, *further]
    if not form.account:
        return further
    # A choice among those that come near counts for the text that they were found by, and for no other.
    is_chosen = form.picked and form.asked == form.account
    return [await picked(visit, form.picked if is_chosen else form.account), *further]


async def _add(visit: Visit, form: ClientForm, email: str, accounts: Sequence[str]) -> Response:
    is_draft = form.step == DRAFT
    added = await visit.doorstep.client_add(
        office=visit.code,
        email=email,
        phone=form.phone,
        channel=form.channel,
        name=form.name,
        accounts=accounts,
        job=form.job,
        roles=(*form.groups, *form.roles),
        template=form.template,
        locale=form.locale,
        is_draft=is_draft,
    )
    done = "client-known" if not added.is_new else "client-saved" if is_draft else "client-invited"
    return visit.go(contact_path(visit.code, added.contact.id), done=done)


async def _rehearse(visit: Visit, form: ClientForm, email: str, accounts: Sequence[str]) -> Response:
    """S4.18: a test invitation, which makes no contact of whoever tries it out."""
    invitation = await visit.doorstep.invite(
        office=visit.code,
        email=email or None,
        phone=form.phone or None,
        channel=form.channel or None,
        name=form.name,
        accounts=accounts,
        job=form.job or None,
        roles=(*form.groups, *form.roles),
        template=form.template,
        locale=form.locale,
        is_draft=form.step == DRAFT,
        is_test=True,
    )
    return visit.go(f"/hub/invitations/{invitation.id}")


def contact_path(office: str, contact: UUID) -> str:
    """The page of a contact."""
    return f"{home_of(office)}/clients/{contact}"
