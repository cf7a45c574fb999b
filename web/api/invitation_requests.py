"""What systems ask of invitations: nothing that is not named here is taken (T19)."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from doorstep.domain.messages import Channel
from web.api.texts import Address, Code, Line, Note, Request

LONGEST_LIST = 100


def _shown_by(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class NewInvitation(Request):
    """Whom to invite, and to what; an address or a number, or a contact that has one."""

    model_config = _shown_by(email="ana@example.org", name="Ana", accounts=["1042"], roles=["customer"])

    email: Annotated[Address | None, Field(description="Where the link goes.")] = None
    phone: Annotated[Address | None, Field(description="A mobile number, for a text message.")] = None
    channel: Annotated[Channel | None, Field(description="By mail where there is an address, unless this says so.")] = (
        None
    )
    contact: Annotated[UUID | None, Field(description="A contact, whose address, name and accounts stand in.")] = None
    name: Annotated[Line, Field(description="Who it is.")] = ""
    accounts: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="Codes of accounts, each known.")
    ] = ()
    job: Annotated[Line | None, Field(description="The job; made at its first use.")] = None
    roles: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="What to ask for, by default customer.")
    ] = ()
    template: Annotated[Line, Field(description="The welcome message; the office's own where empty.")] = ""
    locale: Annotated[
        str,
        StringConstraints(max_length=35, pattern=r"^[A-Za-z0-9_-]*$"),
        Field(description="The language of the messages, such as `es`; the office's where empty."),
    ] = ""
    is_draft: Annotated[bool, Field(description="Keep it, and send nothing yet.")] = False
    is_test: Annotated[bool, Field(description="A rehearsal, left out of statistics and seats.")] = False


class Approval(Request):
    """Who approves, and what is granted."""

    model_config = _shown_by(approver="boss@office.example", permissions=["invoices"])

    approver: Annotated[Address, Field(description="The address of a username administrator of the office.")]
    permissions: Annotated[
        list[Code] | None, Field(max_length=LONGEST_LIST, description="Instead of those that were asked for.")
    ] = None
    note: Annotated[Note, Field(description="Kept with the decision.")] = ""


class Rejection(Request):
    """Who rejects, and whether the person is told."""

    model_config = _shown_by(approver="boss@office.example", reason="Not one of ours")

    approver: Annotated[Address, Field(description="The address of a username administrator of the office.")]
    reason: Annotated[Note, Field(description="Kept with the decision.")] = ""
    is_silent: Annotated[bool, Field(description="Tell the person nothing.")] = False


class Revocation(Request):
    """Why it is taken back."""

    model_config = _shown_by(reason="Left the company")

    reason: Annotated[Note, Field(description="Kept with it.")] = ""


class NewAddress(Request):
    """Where it goes from now on."""

    model_config = _shown_by(address="ana@new.example")

    address: Annotated[Address, Field(description="An e-mail address or a mobile number.")]
