"""What the tests have to know of each route of the Team Hub: whom it is for, what it names, what it sends.

`CASES` has a line for each; a route without one fails `tests/security/test_hub_routes.py`, which says its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from doorstep.domain.authority import Right

Fields = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Case:
    """What the tests know of one route.

    `right`: what it takes; `decide` for username administrators alone, None for whoever is signed in.
    `fields`: what its form sends at the least; `@kind` is a thing of the world.
    `query`: what stands behind the question mark, in the same words.
    `at`: which thing of a kind its address names, where any one will not do.
    `is_outside`: it stands before the door, and so takes no session and no token of one.
    `is_framed`: a page of ours shows it inside of itself.
    `is_page`: it is looked at; a file, a piece of a page, or what only leads on, is not.
    `answers`: what it says to its form, where the world is not in the state that it takes, or where it looks for what
    it has just made on a database that forgets.
    """

    right: Right | Literal["decide"] | None = Right.SEE
    fields: Fields = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    is_outside: bool = False
    is_framed: bool = False
    is_page: bool = True
    answers: int = 0


OUTSIDE = Case(None, is_outside=True)
LEADS_ON = Case(None, is_outside=True, is_page=False)
PASSWORD = "four plain words together"
SOMEBODY = {"address": "nobody@example.org"}
MINE, PIECE = Case(None), Case(is_page=False)
SEE, INVITE = Case(), Case(Right.INVITE)
SETTINGS, STAFF, TEMPLATES = Case(Right.SETTINGS), Case(Right.STAFF), Case(Right.TEMPLATES)

OF_THE_DOORS: dict[str, Case] = {
    "GET /hub/sign-in": OUTSIDE,
    "POST /hub/sign-in": Case(None, {**SOMEBODY, "password": PASSWORD}, is_outside=True),
    "GET /hub/sign-in/code": LEADS_ON,
    "POST /hub/sign-in/code": Case(None, {"code": "000000"}, is_outside=True),
    "GET /hub/sign-in/openid": LEADS_ON,
    "GET /hub/sign-in/openid/back": LEADS_ON,
    "POST /hub/sign-out": OUTSIDE,
    "GET /hub/forgot": OUTSIDE,
    "POST /hub/forgot": Case(None, SOMEBODY, is_outside=True),
    "GET /hub/forgot/sent": OUTSIDE,
    "GET /hub/password/{token}": LEADS_ON,
    "GET /hub/password": OUTSIDE,
    "POST /hub/password": Case(None, {"password": PASSWORD}, is_outside=True),
}

OF_ONESELF: dict[str, Case] = {
    "GET /hub": Case(None, is_page=False),
    "GET /hub/account": MINE,
    "POST /hub/account/sessions/end-others": MINE,
    "POST /hub/account/sessions/{session}/end": MINE,
    "POST /hub/account/code/begin": MINE,
    "GET /hub/account/code": MINE,
    "POST /hub/account/code": Case(None, {"code": "000000"}, answers=422),
    "POST /hub/account/code/off": Case(None, {"code": "000000"}, answers=422),
    "POST /hub/account/openid/untie": Case(None, answers=409),
}

OF_PEOPLE: dict[str, Case] = {
    "GET /clients": SEE,
    "GET /clients/companies": PIECE,
    "GET /clients/new": INVITE,
    "POST /clients/new": Case(Right.INVITE, {"email": "new@example.org", "account": "@account"}),
    "GET /clients/{contact}": SEE,
    "POST /clients/{contact}": Case(Right.CONTACTS, {"name": "Ana N", "phone": "", "seen": "@contact_seen"}),
    "POST /clients/{contact}/take-off": Case(Right.CONTACTS, {"take_off": ["@account"], "seen": "@contact_seen"}),
    "GET /clients/{contact}/portal": SEE,
    "POST /clients/{contact}/portal/flag": Case(Right.CONTACTS, {"is_portal_user": "yes"}),
    "POST /clients/{contact}/portal/address": Case(
        Right.CONTACTS, {"portal_email": "other@example.org", "seen": "@contact_seen"}
    ),
    "POST /clients/{contact}/portal/send": Case(
        Right.INVITE, {"job": "", "accounts": ["@account"]}, at={"contact": "contact.new"}
    ),
    **{
        f"POST /clients/{{contact}}/portal/{{invitation}}/{step}": Case(
            Right.INVITE, at={"contact": f"contact.{point}", "invitation": f"invitation.{point}"}, answers=answers
        )
        for step, point, answers in (
            ("release", "kept", 0),
            ("resend", "asked", 0),
            ("readdress", "asked", 0),
            ("remove", "asked", 0),
        )
    },
    "GET /companies": SEE,
    "GET /companies/{account:path}": SEE,
    "GET /companies/{account:path}/customers/new": INVITE,
    "POST /companies/{account:path}/customers/new": Case(Right.INVITE, {"email": "new@example.org"}),
    "GET /users": SEE,
    "GET /users/new": Case(Right.ADD_USER),
    "POST /users/new": Case(
        Right.ADD_USER,
        {"relationship": "customer", "account": "@account", "email": "new@example.org", "username": "newcomer"},
    ),
    "GET /links": SEE,
    "GET /approvals": SEE,
    "GET /stuck": SEE,
}

OF_INVITING: dict[str, Case] = {
    "GET /invite": INVITE,
    "GET /invite/invited": SEE,
    "GET /invite/unapproved": SEE,
    "POST /invite/instructions": Case(None, {"hidden": "yes"}),
    "POST /invite/{contact}/address": Case(Right.CONTACTS, {"address": "other@example.org"}),
    "POST /invite/turn": Case(None, {"to": "", "contact": ["@contact"], "shown": ["@contact"]}),
    "POST /invite/send": Case(
        Right.INVITE, {"to": "", "contact": ["@contact.new"], "shown": ["@contact.new"]}, answers=404
    ),
    "POST /invite/unapproved/{invitation}/approve": Case("decide", at={"invitation": "invitation.waiting"}),
    "GET /batches": Case(None),
    "GET /batches/new": INVITE,
    "POST /batches/new": Case(Right.INVITE, {"pasted": "email\nnew@example.org"}, answers=404),
}

OF_THE_OFFICE: dict[str, Case] = {
    "GET ": Case(None),
    "GET /statistics": SEE,
    **dict.fromkeys((f"GET /statistics/{each}" for each in ("chart", "file", "invitations")), PIECE),
    "GET /statistics/seats": SEE,
    "GET /statistics/seats/usernames": SEE,
    **dict.fromkeys((f"GET /statistics/seats/{each}" for each in ("chart", "file")), PIECE),
    "GET /audit": SEE,
    "GET /audit/file": PIECE,
    "GET /staff": STAFF,
    "GET /staff/add": STAFF,
    "POST /staff/add": Case(Right.STAFF, {"address": "new@example.org", "permission": ["customerView"]}),
    "GET /staff/{member}": STAFF,
    **{
        f"POST /staff/{{member}}{below}": Case(Right.STAFF, {"name": "Rachel M", "permission": ["companyView"]})
        for below in ("", "/explain")
    },
    **{f"POST /staff/{{member}}/{step}": Case(Right.STAFF, {"account": ["@account"]}) for step in ("assign", "take")},
    **dict.fromkeys((f"POST /staff/{{member}}/{step}" for step in ("mail", "sign-out", "remove")), STAFF),
    **dict.fromkeys(
        (f"POST /staff/{{member}}/{step}" for step in ("code-off", "untie")), Case(Right.STAFF, answers=409)
    ),
    "GET /templates": TEMPLATES,
    "POST /templates": Case(Right.TEMPLATES, {"name": "Buyers"}),
    "GET /templates/{name}": TEMPLATES,
    "GET /templates/{name}/mail": Case(Right.TEMPLATES, is_framed=True, is_page=False),
    **{
        f"POST /templates/{{name}}{below}": Case(
            Right.TEMPLATES, {"subject": "Hello", "body": "@body", "seen": "@seen"}
        )
        for below in ("", "/preview", "/mail")
    },
    "POST /templates/{name}/restore": Case(Right.TEMPLATES, {"version": "1", "seen": "@seen"}),
}

DAYS = ("validity", "grace", "resend_cooldown", "reissue_window", "approval_reminder", "approval_escalation")
RULES = {**dict.fromkeys(DAYS, "2 days"), "reminder_percent": "50", "places_per_job": "3"}
WEBHOOK = {"url": "http://127.0.0.1:9/", "events": ["*"], "owner": "it@example.org"}

OF_SETTINGS: dict[str, Case] = {
    "GET ": SETTINGS,
    "POST ": Case(Right.SETTINGS, {"name": "Waikato", "region": "NZ", "locale": "en", "time_zone": "Pacific/Auckland"}),
    "GET /rules": SETTINGS,
    **{f"POST /rules{below}": Case(Right.SETTINGS, RULES) for below in ("", "/foresee")},
    "GET /roles": SETTINGS,
    "POST /roles": Case(Right.SETTINGS, {"name": "gardeners", "roles": ["customer"]}),
    "GET /roles/{group}": SETTINGS,
    "POST /roles/{group}": Case(Right.SETTINGS, {"roles": ["customer"], "seen": "@group_seen"}),
    "POST /roles/{group}/remove": Case(Right.SETTINGS, {"seen": "@group_seen"}),
    "GET /administrators": SETTINGS,
    "POST /administrators": Case(Right.SETTINGS, {"address": "new@example.org"}),
    **{f"POST /administrators/{step}": Case(Right.SETTINGS, {"address": "@approver"}) for step in ("remove", "mail")},
    "GET /keys": SETTINGS,
    "POST /keys": Case(Right.SETTINGS, {"name": "crm", "scope": ["read"], "expires_in": "90"}),
    "POST /keys/{key}/revoke": SETTINGS,
    "GET /delivery-sources": SETTINGS,
    "POST /delivery-sources": Case(Right.SETTINGS, {"name": "Another"}),
    "POST /delivery-sources/rotate": Case(Right.SETTINGS, {"name": "@provider", "overlap": "24"}),
    "POST /delivery-sources/remove": Case(Right.SETTINGS, {"name": "@provider"}),
    "GET /erp": Case(Right.IMPORT),
    "POST /erp": Case(
        Right.SETTINGS, {"name": "weekly", "location": "https://erp.example/rows.csv", "every": "604800"}
    ),
    "GET /erp/source": Case(Right.IMPORT, query={"name": "@source"}),
    "POST /erp/run": Case(Right.IMPORT, {"name": "@source"}),
    **{f"POST /erp/{step}": Case(Right.SETTINGS, {"name": "@source"}) for step in ("pause", "resume", "remove")},
    "GET /webhooks": SETTINGS,
    "POST /webhooks": Case(Right.SETTINGS, WEBHOOK),
    "GET /webhooks/{webhook}": SETTINGS,
    "POST /webhooks/{webhook}": Case(Right.SETTINGS, WEBHOOK),
    **dict.fromkeys(
        (f"POST /webhooks/{{webhook}}/{step}" for step in ("test", "secret", "disable", "remove")), SETTINGS
    ),
    "POST /webhooks/{webhook}/enable": Case(Right.SETTINGS, answers=409),
    "POST /webhooks/{webhook}/rotate": Case(Right.SETTINGS, {"overlap": "24"}),
    "POST /webhooks/{webhook}/replay": Case(Right.SETTINGS, {"since": "2026-01-01T00:00"}),
}

WAITING = {"invitation": "invitation.waiting"}
OF_THINGS: dict[str, Case] = {
    "GET /invitations/{invitation}": Case(at=WAITING),
    **{
        f"POST /invitations/{{invitation}}/{step}": Case(
            right, {"rev": f"@rev.{point}"}, at={"invitation": f"invitation.{point}"}, answers=answers
        )
        for step, right, point, answers in (
            ("send", Right.INVITE, "draft", 0),
            ("resend", Right.INVITE, "pending", 0),
            ("remind", Right.INVITE, "waiting", 0),
            ("restart", Right.INVITE, "pending", 0),
            ("revoke", Right.INVITE, "pending", 0),
            ("erase", Right.ERASE, "rejected", 0),
        )
    },
    "POST /invitations/{invitation}/readdress": Case(Right.INVITE, {"address": "other@example.org"}),
    "POST /invitations/{invitation}/link": Case(Right.LINK),
    "GET /invitations/{invitation}/review": Case(at=WAITING),
    **{
        f"POST /invitations/{{invitation}}/{step}": Case("decide", {"rev": "@rev.waiting"}, at=WAITING)
        for step in ("approve", "reject")
    },
    "GET /batches/{batch}": SEE,
    "GET /batches/{batch}/results.csv": PIECE,
    **dict.fromkeys((f"POST /batches/{{batch}}/{step}" for step in ("start", "pause", "resume", "cancel")), INVITE),
    "GET /users/{user}": SEE,
    **{
        f"POST /users/{{user}}/{step}": Case(right, at={"user": f"user.{point}"})
        for step, right, point in (
            ("suspend", Right.USERS, "active"),
            ("resume", Right.USERS, "suspended"),
            ("password-link", Right.USERS, "active"),
            ("delete", Right.USERS, "active"),
            ("erase", Right.ERASE, "active"),
        )
    },
    "POST /users/{user}/permissions": Case(
        Right.USERS, {"membership": "@membership", "permissions": ["invoices"]}, at={"user": "user.active"}
    ),
}


def _below(start: str, cases: Mapping[str, Case]) -> dict[str, Case]:
    return {name.replace(" ", f" {start}", 1): case for name, case in cases.items()}


CASES: dict[str, Case] = {
    **OF_THE_DOORS,
    **OF_ONESELF,
    **_below("/hub", OF_THINGS),
    **_below("/hub/offices/{office}", OF_PEOPLE | OF_INVITING | OF_THE_OFFICE),
    **_below("/hub/offices/{office}/settings", OF_SETTINGS),
}
