"""Every command of the client API that staff can call: what it takes, and how to call it.

`CASES` has a line for each public method of `Doorstep`; a method without one fails the tests that read it.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils

from doorstep.domain.errors import Forbidden, NotFound, Refused
from doorstep.domain.invite_list import Choice
from doorstep.store.audit import Actor
from doorstep.store.invitation_exports import InvitationFilter
from starter.client import Doorstep


class About(Enum):
    """What a command is about, which decides whom it answers how."""

    THING = "one thing of an account; out of sight it is not there"
    ACCOUNT = "an account of an office that is named"
    OFFICE = "the office as a whole"
    LIST = "whatever of the office is in sight"
    PEOPLE = "what all of the office's people may read"
    DECISION = "a decision, for username administrators alone"
    OPEN = "what anybody may ask"


NOWHERE = UUID("0199a7c2-5a80-7000-8000-000000000000")
"""An id that nothing has."""


@dataclass(frozen=True)
class Things:
    """What belongs to one account of one office."""

    office: str
    account: str
    invitation: UUID
    contact: UUID
    username: str
    colleague: str
    approver: str
    template: str = "accountactivation-EJS"
    job: UUID = NOWHERE
    user: UUID = NOWHERE


@dataclass(frozen=True)
class Case:
    """One command; `is_last`: what it is about is gone afterwards."""

    about: About
    right: str
    call: Callable[[Doorstep, Things], Awaitable[object]]
    is_last: bool = False


def acting(doorstep: Doorstep, address: str) -> Doorstep:
    """The client API in the hands of somebody."""
    return replace(doorstep, actor=Actor(address, "api"))


def fresh(prefix: str) -> str:
    """A name that nobody has had before."""
    return f"{prefix}-{uuid_utils.uuid7().hex[-10:]}"


async def heard(doorstep: Doorstep, case: Case, things: Things) -> str:
    """What somebody hears: `hidden`, `refused`, or `allowed`, also where only the state speaks against it."""
    try:
        await case.call(doorstep, things)
    except Refused as refusal:
        if refusal.code == "unknown_account" or isinstance(refusal, NotFound):
            return "hidden"
        return "refused" if refusal.code in OF_RIGHTS else "allowed"
    return "allowed"


OF_RIGHTS = ("not_allowed", "not_staff", "not_an_approver", "grant_not_allowed")
"""The refusals that are about the person and not about the state."""


async def _all_of(found: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in found]


async def _invited(d: Doorstep, t: Things) -> None:
    """One of a list: the answer says what a single call would raise."""
    for each in await _all_of(d.contacts_invite([t.contact])):
        if each.code in ("no_such_contact", "no_such_invitation"):
            raise NotFound(each.code, each.sentence)
        if each.code in ("not_allowed", "not_staff"):
            raise Forbidden(each.code, each.sentence)


async def _imported(d: Doorstep, t: Things) -> None:
    data = f"Account Code,Account Name\n{t.account},Imported again".encode()
    await _all_of(await d.import_rows(data, t.office))


def _new(d: Doorstep, t: Things) -> Awaitable[object]:
    return d.invite(office=t.office, email=f"{fresh('new')}@example.org", accounts=[t.account], is_draft=True)


def _pair(d: Doorstep, t: Things) -> Awaitable[object]:
    email = f"{fresh('pair')}@example.org"
    return d.add_user(office=t.office, account=t.account, email=email, username=fresh("user"))


def _person(d: Doorstep, t: Things) -> Awaitable[object]:
    return d.contact_add(office=t.office, name="New", email=f"{fresh('kin')}@example.org", accounts=[t.account])


def _client(d: Doorstep, t: Things) -> Awaitable[object]:
    email = f"{fresh('client')}@example.org"
    return d.client_add(office=t.office, name="New", email=email, accounts=[t.account], is_draft=True)


async def _of_source(asked: Awaitable[object]) -> None:
    """Whoever may ask hears that there is no such source."""
    with suppress(NotFound):
        await asked


async def _of_nobody(asked: Awaitable[object]) -> None:
    """Whoever may ask hears that there is nobody like that."""
    with suppress(NotFound):
        await asked


def _listening(d: Doorstep, t: Things) -> Awaitable[object]:
    return d.webhook_add(t.office, "http://127.0.0.1:9/", events=["key.none"], owner="it@example.org")


def _saved(d: Doorstep, t: Things) -> Awaitable[object]:
    return d.template_set(t.office, t.template, subject=TEXT["subject"], body=TEXT["body"])


async def _key_revoked(d: Doorstep, t: Things) -> None:
    await d.key_revoke(t.office, (await d.key_add(t.office, fresh("key"), scopes=["read"])).key.name)


TEXT = {"subject": "Welcome", "body": "Kia ora.\n\n[Sign in]({{ sign_in_url }})"}

CASES: dict[str, Case] = {
    "invite": Case(About.ACCOUNT, "invite", _new),
    "send": Case(About.THING, "invite", lambda d, t: d.send(t.invitation)),
    "resend": Case(About.THING, "invite", lambda d, t: d.resend(t.invitation)),
    "readdress": Case(About.THING, "invite", lambda d, t: d.readdress(t.invitation, "elsewhere@example.org")),
    "revoke": Case(About.THING, "invite", lambda d, t: d.revoke(t.invitation)),
    "restart": Case(About.THING, "invite", lambda d, t: d.restart(t.invitation)),
    "approve": Case(About.DECISION, "see", lambda d, t: d.approve(t.invitation, approver=d.actor.name)),
    "reject": Case(About.DECISION, "see", lambda d, t: d.reject(t.invitation, approver=d.actor.name)),
    "erase": Case(About.THING, "erase", lambda d, t: d.erase(t.invitation)),
    "show": Case(About.THING, "see", lambda d, t: d.show(t.invitation)),
    "find": Case(About.THING, "see", lambda d, t: d.find(str(t.invitation)[:30])),
    "why": Case(About.THING, "see", lambda d, t: d.why(t.invitation)),
    "story": Case(About.THING, "see", lambda d, t: d.story(t.invitation)),
    "review": Case(About.THING, "see", lambda d, t: d.review(t.invitation)),
    "remind_approvers": Case(About.THING, "invite", lambda d, t: d.remind_approvers(t.invitation)),
    "approvals": Case(About.LIST, "see", lambda d, t: d.approvals(t.office)),
    "audit": Case(About.THING, "see", lambda d, t: d.audit(t.invitation, includes_user=True)),
    "link": Case(About.THING, "link", lambda d, t: d.link(t.invitation)),
    "list": Case(About.LIST, "see", lambda d, t: d.list(office=t.office)),
    "stuck": Case(About.LIST, "see", lambda d, t: _all_of(d.stuck(office=t.office))),
    "survey": Case(About.LIST, "see", lambda d, t: d.survey(office=t.office)),
    "invitations": Case(About.LIST, "see", lambda d, t: d.invitations(t.office)),
    "keys": Case(About.OFFICE, "settings", lambda d, t: d.keys(t.office)),
    "key_add": Case(About.OFFICE, "settings", lambda d, t: d.key_add(t.office, fresh("key"), scopes=["read"])),
    "key_revoke": Case(About.OFFICE, "settings", _key_revoked),
    "office_audit": Case(About.OFFICE, "see", lambda d, t: d.office_audit(t.office)),
    "account": Case(About.THING, "see", lambda d, t: d.account(t.office, t.account)),
    "account_page": Case(About.LIST, "see", lambda d, t: d.account_page(t.office)),
    "contact_page": Case(About.LIST, "see", lambda d, t: d.contact_page(t.office)),
    "job": Case(About.THING, "see", lambda d, t: d.job(t.job)),
    "job_page": Case(About.LIST, "see", lambda d, t: d.job_page(t.office)),
    "user_by_id": Case(About.THING, "see", lambda d, t: d.user_by_id(t.user)),
    "user_view": Case(About.THING, "see", lambda d, t: d.user_view(t.user)),
    "user_page": Case(About.LIST, "see", lambda d, t: d.user_page(t.office)),
    "deliveries_of": Case(About.THING, "see", lambda d, t: d.deliveries_of(t.invitation)),
    "delivery_page": Case(About.LIST, "see", lambda d, t: d.delivery_page(t.office)),
    "audit_page": Case(About.OFFICE, "see", lambda d, t: d.audit_page(t.office)),
    "contact": Case(About.THING, "see", lambda d, t: d.contact(t.contact)),
    "contacts": Case(About.LIST, "see", lambda d, t: d.contacts(t.office)),
    "contact_add": Case(About.ACCOUNT, "contacts", _person),
    "contact_set": Case(About.THING, "contacts", lambda d, t: d.contact_set(t.contact, name="Renamed")),
    "client_page": Case(About.LIST, "see", lambda d, t: d.client_page(t.office)),
    "client_portal": Case(About.THING, "see", lambda d, t: d.client_portal(t.contact)),
    "client_choices": Case(About.LIST, "see", lambda d, t: d.client_choices(t.office)),
    "client_add": Case(About.ACCOUNT, "invite", _client),
    "company": Case(About.THING, "see", lambda d, t: d.company(t.office, t.account)),
    "contacts_invite": Case(About.THING, "invite", _invited),
    "invite_list": Case(About.LIST, "invite", lambda d, t: d.invite_list(t.office)),
    "invite_choices": Case(About.LIST, "invite", lambda d, t: d.invite_choices(t.office)),
    "invite_chosen": Case(
        About.LIST, "invite", lambda d, t: d.invite_chosen(t.office, Choice(marks=frozenset([t.contact])))
    ),
    "add_user": Case(About.ACCOUNT, "add_user", _pair),
    "user": Case(About.THING, "see", lambda d, t: d.user(t.username)),
    "users": Case(About.LIST, "see", lambda d, t: d.users(t.office)),
    "seats": Case(About.LIST, "see", lambda d, t: d.seats(t.office)),
    "seat_report": Case(About.LIST, "see", lambda d, t: d.seat_report(t.office)),
    "seat_list": Case(About.LIST, "see", lambda d, t: d.seat_list(t.office)),
    "figures": Case(About.LIST, "see", lambda d, t: d.figures(t.office)),
    "needs": Case(About.LIST, "see", lambda d, t: d.needs(t.office)),
    "troubled": Case(About.LIST, "see", lambda d, t: d.troubled(t.office)),
    "export_invitations": Case(
        About.LIST, "see", lambda d, t: _all_of(d.export_invitations(InvitationFilter(t.office)))
    ),
    "export_audit": Case(About.OFFICE, "see", lambda d, t: _all_of(d.export_audit(t.office))),
    "export_seats": Case(About.LIST, "see", lambda d, t: _all_of(d.export_seats(t.office))),
    "user_suspend": Case(About.THING, "users", lambda d, t: d.user_suspend(t.username)),
    "user_resume": Case(About.THING, "users", lambda d, t: d.user_resume(t.username)),
    "user_password_link": Case(About.THING, "users", lambda d, t: d.user_password_link(t.username)),
    "user_permissions": Case(About.THING, "users", lambda d, t: d.user_permissions(t.username, ["invoices"])),
    "user_delete": Case(About.THING, "users", lambda d, t: d.user_delete(t.username), is_last=True),
    "user_erase": Case(About.THING, "erase", lambda d, t: d.user_erase(t.username), is_last=True),
    "office": Case(About.PEOPLE, "", lambda d, t: d.office(t.office)),
    "offices": Case(About.OPEN, "", lambda d, _: d.offices()),
    "fronts": Case(About.OPEN, "", lambda d, _: d.fronts()),
    "office_set": Case(About.OFFICE, "settings", lambda d, t: d.office_set(t.office, own={"help_phone": "111"})),
    "office_sheet": Case(About.OFFICE, "settings", lambda d, t: d.office_sheet(t.office)),
    "office_foresee": Case(About.OFFICE, "settings", lambda d, t: d.office_foresee(t.office, {"four_eyes": True})),
    "approvers_set": Case(About.OFFICE, "settings", lambda d, t: d.approvers_set(t.office, [t.approver])),
    "approver_remove": Case(
        About.OFFICE, "settings", lambda d, t: d.approver_remove(t.office, t.approver), is_last=True
    ),
    "group_roles": Case(About.PEOPLE, "", lambda d, t: d.group_roles(t.office)),
    "group_role_set": Case(About.OFFICE, "settings", lambda d, t: d.group_role_set(t.office, "gardeners", ["buyer"])),
    "group_role_remove": Case(
        About.OFFICE, "settings", lambda d, t: _of_source(d.group_role_remove(t.office, "nobody_s"))
    ),
    "delivery_sources": Case(About.OFFICE, "settings", lambda d, t: d.delivery_sources(t.office)),
    "delivery_source_add": Case(
        About.OFFICE, "settings", lambda d, t: d.delivery_source_add(t.office, fresh("Postwerk"))
    ),
    "delivery_source_rotate": Case(
        About.OFFICE, "settings", lambda d, t: _of_source(d.delivery_source_rotate(t.office, "Nobody"))
    ),
    "delivery_source_remove": Case(
        About.OFFICE, "settings", lambda d, t: _of_source(d.delivery_source_remove(t.office, "Nobody"))
    ),
    "webhooks": Case(About.OFFICE, "settings", lambda d, t: d.webhooks(t.office)),
    "webhook_add": Case(About.OFFICE, "settings", _listening),
    "import_rows": Case(About.OFFICE, "import", _imported),
    "account_put": Case(About.OFFICE, "import", lambda d, t: d.account_put(t.office, t.account, name="Put")),
    "contact_put": Case(About.OFFICE, "import", lambda d, t: d.contact_put(t.office, fresh("C"), name="Put")),
    "erp_sources": Case(About.OFFICE, "import", lambda d, t: d.erp_sources(t.office)),
    "erp_source": Case(About.OFFICE, "import", lambda d, t: _of_source(d.erp_source(t.office, "Nobody"))),
    "erp_story": Case(About.OFFICE, "import", lambda d, t: _of_source(d.erp_story(t.office, "Nobody"))),
    "erp_runs": Case(About.OFFICE, "import", lambda d, t: _of_source(d.erp_runs(t.office, "Nobody"))),
    "erp_run": Case(About.OFFICE, "import", lambda d, t: _of_source(d.erp_run(t.office, "Nobody"))),
    "erp_set": Case(
        About.OFFICE, "settings", lambda d, t: d.erp_set(t.office, "new", location="new", every=timedelta(days=31))
    ),
    "erp_pause": Case(About.OFFICE, "settings", lambda d, t: _of_source(d.erp_pause(t.office, "Nobody"))),
    "erp_resume": Case(About.OFFICE, "settings", lambda d, t: _of_source(d.erp_resume(t.office, "Nobody"))),
    "erp_remove": Case(About.OFFICE, "settings", lambda d, t: _of_source(d.erp_remove(t.office, "Nobody"))),
    "staff": Case(About.OFFICE, "staff", lambda d, t: d.staff(t.office)),
    "staff_member": Case(About.OFFICE, "staff", lambda d, t: d.staff_member(t.office, t.colleague)),
    "staff_set": Case(About.OFFICE, "staff", lambda d, t: d.staff_set(t.office, t.colleague, name="Renamed")),
    "staff_page": Case(About.OFFICE, "staff", lambda d, t: d.staff_page(t.office)),
    "staff_sheet": Case(About.OFFICE, "staff", lambda d, t: _of_nobody(d.staff_sheet(t.office, NOWHERE))),
    "staff_assign": Case(
        About.OFFICE, "staff", lambda d, t: _of_nobody(d.staff_assign(t.office, NOWHERE, add=[t.account]))
    ),
    "staff_remove": Case(About.OFFICE, "staff", lambda d, t: d.staff_remove(t.office, t.colleague), is_last=True),
    "templates": Case(About.OFFICE, "templates", lambda d, t: d.templates(t.office)),
    "template": Case(About.OFFICE, "templates", lambda d, t: d.template(t.office, t.template)),
    "template_page": Case(About.OFFICE, "templates", lambda d, t: d.template_page(t.office, t.template)),
    "template_check": Case(About.OFFICE, "templates", lambda d, t: d.template_check(t.office, t.template, **TEXT)),
    "template_preview": Case(About.OFFICE, "templates", lambda d, t: d.template_preview(t.office, t.template)),
    "template_set": Case(About.OFFICE, "templates", _saved),
    "template_add": Case(About.OFFICE, "templates", lambda d, t: d.template_add(t.office, fresh("Welcome"))),
    "template_versions": Case(About.OFFICE, "templates", lambda d, t: d.template_versions(t.office, t.template)),
    "template_restore": Case(About.OFFICE, "templates", lambda d, t: d.template_restore(t.office, t.template, 0)),
}

OF_THE_INVITEE = {"open_link", "accept", "set_up", "decline", "request_new_link"}
OF_THE_USER = {"sign_in", "sign_out", "home", "forgot", "open_reset", "reset"}
OF_A_BATCH = {
    *("batch", "batches", "batch_create", "batch_rows", "batch_sheet", "batch_results_csv"),
    *("batch_start", "batch_pause", "batch_resume", "batch_cancel"),
}
"""About no account: a batch is its maker's and of whoever sees the whole office; `test_batches.py` holds it."""
OF_A_WEBHOOK = {
    *("webhook", "webhook_set", "webhook_deliveries", "webhook_secret", "webhook_rotate", "webhook_enable"),
    *("webhook_disable", "webhook_replay", "webhook_remove", "webhook_test"),
}
"""About no account: `test_webhooks.py` holds them."""
OF_THE_HUB = {"acting_as", "staff_code_off", "staff_entries", "staff_invite", "staff_sign_out", "staff_untie"}
"""Signing in to the Team Hub, beside everything named `hub_...`: `test_hub_*.py` hold it."""
OF_A_MACHINE = {"text_status", "delivery_secrets", "delivery_events"}
"""What no member of staff does: a link, a session or a signature says who it is."""


def commands() -> set[str]:
    """Every public method of the client API."""
    found = {name for name, _ in inspect.getmembers(Doorstep, inspect.isfunction) if not name.startswith(("_", "hub_"))}
    return found - OF_THE_INVITEE - OF_THE_USER - OF_THE_HUB - OF_A_MACHINE - OF_A_BATCH - OF_A_WEBHOOK
