"""Contacts as systems see and change them."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from doorstep.domain.contact import Contact
from doorstep.store.putting import Became
from web.api.invitation_models import AccountAnswer
from web.api.texts import NO_NUL, Address, Answer, Code, Line, Request

LONGEST_LIST = 100
EXAMPLE: dict[str, Any] = {
    "id": "0199a7c2-5a80-7000-8000-000000000000",
    "external_key": "C-881",
    "name": "Ana Ngata",
    "email": "ap@hillroad.example",
    "phone": "+64215550142",
    "portal_email": "ana@hillroad.example",
    "invitation_address": "ana@hillroad.example",
    "is_portal_user": True,
    "has_username": False,
    "accounts": [{"code": "1042", "name": "Hill Road Farm"}],
    "kept_fields": ["portal_email"],
    "updated_at": "2026-11-22T08:00:00Z",
}
Clearable = Annotated[str, StringConstraints(max_length=320, pattern=NO_NUL)]


class NewContact(Request):
    """Another person on accounts that are known; an address or a number is needed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Ana Ngata", "email": "ana@hillroad.example", "accounts": ["1042"]}]}
    )

    name: Annotated[Line, Field(description="Who it is.")] = ""
    email: Annotated[Address | None, Field(description="The default address.")] = None
    phone: Annotated[Address | None, Field(description="A mobile number.")] = None
    accounts: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="Codes of accounts, each known.")
    ] = ()


class ContactPatch(Request):
    """What to change for the portal; what is left out or null stays, and an empty text takes a thing away.

    The default address is the ERP's to say. An import leaves alone what is written here.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"portal_email": "ana@hillroad.example"}]})

    name: Annotated[Line | None, Field(description="Who it is.")] = None
    phone: Annotated[Clearable | None, Field(description="A mobile number.")] = None
    portal_email: Annotated[
        Clearable | None, Field(description="Where invitations go, if not to the default address.")
    ] = None
    is_portal_user: Annotated[
        bool | None, Field(description="Whether anybody may invite them; false takes open invitations back.")
    ] = None
    add_accounts: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="Codes of accounts to put the person on too.")
    ] = ()
    remove_accounts: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="Codes of accounts to take the person off.")
    ] = ()


class ContactPut(Request):
    """What the ERP says of a contact; what is left out or null stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Ana Ngata", "email": "ap@hillroad.example", "accounts": ["1042"]}]}
    )

    name: Annotated[Line, Field(description="Who it is; empty leaves what is known.")] = ""
    email: Annotated[Address | None, Field(description="The default address.")] = None
    phone: Annotated[Address | None, Field(description="A mobile number.")] = None
    accounts: Annotated[
        tuple[Code, ...],
        Field(max_length=LONGEST_LIST, description="Codes of accounts that the person is on, each known."),
    ] = ()
    is_portal_user: Annotated[
        bool | None, Field(description="Whether anybody may invite them; false takes open invitations back.")
    ] = None


class ContactInvite(Request):
    """How to invite a contact; address, name and accounts are those of the contact."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"roles": ["customer"]}]})

    roles: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="What to ask for, by default customer.")
    ] = ()
    template: Annotated[Line, Field(description="The welcome message; the office's own where empty.")] = ""


class ContactAnswer(Answer):
    """A person whom the ERP and the staff know."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[UUID, Field(description="Its id here.")]
    external_key: Annotated[str, Field(description="Its key in the ERP; empty where the ERP never said.")]
    name: Annotated[str, Field(description="Who it is.")]
    email: Annotated[str, Field(description="The default address, which the ERP owns.")]
    phone: Annotated[str, Field(description="The mobile number.")]
    portal_email: Annotated[str, Field(description="Where invitations go, if not to the default address.")]
    invitation_address: Annotated[str, Field(description="Where an invitation goes; empty where there is none.")]
    is_portal_user: Annotated[bool, Field(description="Whether anybody may invite them.")]
    has_username: Annotated[bool, Field(description="They have a username in this office, or are about to.")]
    accounts: Annotated[list[AccountAnswer], Field(description="The accounts that they are on.")]
    kept_fields: Annotated[list[str], Field(description="What staff wrote and an import leaves alone.")]
    updated_at: Annotated[datetime, Field(description="When it was changed last.")]

    @classmethod
    def of(cls, contact: Contact) -> Self:
        """What is told of a contact."""
        return cls.model_validate(contact)


class ContactPutAnswer(ContactAnswer):
    """The contact as it stands now, and what became of it."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"examples": [EXAMPLE | {"became": "created", "taken_back": 0}]}
    )

    became: Annotated[Became, Field(description="What this did; the same again leaves it unchanged.")]
    taken_back: Annotated[int, Field(description="Open invitations that were taken back.")]
