"""Users and login pairs as systems see and ask for them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from doorstep.store.people import Member
from starter.people import Pair
from web.api.texts import Address, Answer, Code, Line, Request

LONGEST_LIST = 100
ID = "0199a7c2-5a80-7000-8000-000000000000"
STAFF_ID = "0199a7c2-5a80-7000-8000-000000000001"
MEMBERSHIP: dict[str, Any] = {
    "office": "nz",
    "account": "1042",
    "account_name": "Hill Road Farm",
    "permissions": ["invoices", "statements"],
    "relationship": "customer",
}
EXAMPLE: dict[str, Any] = {
    "id": ID,
    "username": "ana@example.org",
    "name": "Ana",
    "email": "ana@example.org",
    "phone": "",
    "state": "active",
    "has_password": True,
    "pair_id": None,
    "is_test": False,
    "first_signed_in_at": "2026-11-22T08:00:00Z",
    "memberships": [MEMBERSHIP],
    "waits_in": [],
}
PAIR: dict[str, Any] = {
    "management": {"id": ID, "username": "hillroad"},
    "staff": {"id": STAFF_ID, "username": "hillroadS"},
    "workflow_id": f"password-link-{ID}",
}
UserState = Literal["setup_pending", "unapproved", "active", "suspended"]


class NewUser(Request):
    """Whom to add, and to what."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"account": "1042", "email": "ana@example.org", "username": "hillroad"}]}
    )

    account: Annotated[Code, Field(description="The code of an account that is known.")]
    email: Annotated[Address, Field(description="Where both mails go.")]
    username: Annotated[Address, Field(description="Of the management login; the staff login's is that plus S.")]
    name: Annotated[Line, Field(description="Who it is.")] = ""
    relationship: Annotated[Literal["customer", "rep"], Field(description="What they are to the account.")] = "customer"
    roles: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="What to grant, by default customer.")
    ] = ()
    template: Annotated[Line, Field(description="The welcome message; the office's own where empty.")] = ""
    is_test: Annotated[bool, Field(description="A rehearsal, left out of statistics and seats.")] = False


class Permissions(Request):
    """What a user may use from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"permissions": ["invoices"], "account": "1042"}]})

    permissions: Annotated[list[Code], Field(max_length=LONGEST_LIST, description="All of them; none shuts out.")]
    account: Annotated[Code | None, Field(description="On this account alone; on every account where null.")] = None


class LoginAnswer(Answer):
    """One login of a pair."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [PAIR["management"]]})

    id: Annotated[UUID, Field(description="The user.")]
    username: Annotated[str, Field(description="What to sign in with.")]


class PairAnswer(Answer):
    """A management and a staff login, which never holds costs, balance and sensitive details."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [PAIR]})

    management: Annotated[LoginAnswer, Field(description="The login of whoever runs the account.")]
    staff: Annotated[LoginAnswer, Field(description="The login of their staff.")]
    workflow_id: Annotated[str, Field(description="The workflow that sends the link and waits for it.")]

    @classmethod
    def of(cls, made: Pair) -> Self:
        """What is told of a pair."""
        return cls.model_validate(made)


class MembershipAnswer(Answer):
    """What a user was granted on one account; never a mix of two."""

    model_config = ConfigDict(json_schema_extra={"examples": [MEMBERSHIP]})

    office: Annotated[str, Field(description="The code of the office.")]
    account: Annotated[str | None, Field(description="The code of the account; null for the office itself.")]
    account_name: Annotated[str | None, Field(description="Its name.")]
    permissions: Annotated[list[str], Field(description="What may be used there.")]
    relationship: Annotated[str, Field(description="customer or rep.")]


class UserAnswer(Answer):
    """One user, with what is in sight of what they belong to; no password is among it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[UUID, Field(description="Its id.")]
    username: Annotated[str, Field(description="What the person signs in with.")]
    name: Annotated[str, Field(description="Who it is.")]
    email: Annotated[str, Field(description="Where messages go.")]
    phone: Annotated[str, Field(description="The number, where one is known.")]
    state: Annotated[UserState, Field(description="Whether the person can sign in.")]
    has_password: Annotated[bool, Field(description="A password was set.")]
    pair_id: Annotated[UUID | None, Field(description="The management login that this staff login belongs to.")]
    is_test: Annotated[bool, Field(description="A rehearsal; no seat.")]
    first_signed_in_at: Annotated[datetime | None, Field(description="When the person signed in first.")]
    memberships: Annotated[list[MembershipAnswer], Field(description="What was granted, account by account.")]
    waits_in: Annotated[list[UUID], Field(description="Invitations that wait for a decision about the user.")]

    @classmethod
    def of(cls, member: Member) -> Self:
        """What is told of a user."""
        user = member.user
        own = {name: getattr(user, name) for name in cls.model_fields if hasattr(user, name)}
        belongs = [
            {
                "office": each.office,
                "account": each.account_code,
                "account_name": each.account_name,
                "permissions": list(each.permissions),
                "relationship": each.relationship,
            }
            for each in member.memberships
        ]
        return cls.model_validate(own | {"memberships": belongs, "waits_in": list(member.waits_in)})
