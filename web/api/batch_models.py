"""Batches as systems see and ask for them."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from doorstep.domain.batches import MOST_ROWS, Batch, BatchFilter, BatchOptions, BatchState, NewRow, RowResult
from doorstep.domain.messages import Channel
from web.api.texts import NO_NUL, Answer, Code, Line, Request

LONGEST_LIST = 100
ID = "0199a7c2-5a80-7000-8000-000000000000"
COUNTS: dict[str, Any] = {"rows": 2, "ok": 1, "skipped": 1, "refused": 0, "failing": 0, "left": 0}
OPTIONS: dict[str, Any] = {
    "template": "",
    "channel": "",
    "locale": "",
    "job": "",
    "roles": ["customer"],
    "is_test": False,
}
BATCH: dict[str, Any] = {
    "id": ID,
    "state": "checked",
    "name": "Spring growers",
    "source": "rows",
    "options": OPTIONS,
    "starts_by_itself": False,
    "created_by": "key erp",
    "created_via": "api",
    "created_at": "2026-11-22T08:00:00Z",
    "started_at": None,
    "ended_at": None,
    "checked": COUNTS,
    "sent": COUNTS | {"ok": 0, "skipped": 0, "left": 2},
    "workflow_id": f"batch-{ID}",
}
ROW: dict[str, Any] = {
    "number": 1,
    "given": {"email": "ana@example.org", "accounts": "1042"},
    "contact_id": None,
    "checked": "ok",
    "checked_code": "",
    "checked_message": "",
    "checked_field": "",
    "result": "ok",
    "code": "",
    "message": "",
    "field": "",
    "attempts": 1,
    "invitation_id": ID,
}
Cell = Annotated[str, StringConstraints(max_length=1000, pattern=NO_NUL)]


class BatchRowRequest(Request):
    """Whom one row means; what is wrong with it is told with the row, and stops no other."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ana@example.org", "accounts": ["1042"]}]})

    email: Annotated[Cell, Field(description="Where the link goes.")] = ""
    phone: Annotated[Cell, Field(description="A mobile number.")] = ""
    name: Annotated[Cell, Field(description="Who it is.")] = ""
    accounts: Annotated[tuple[Cell, ...], Field(max_length=LONGEST_LIST, description="Codes of accounts.")] = ()
    job: Annotated[Cell, Field(description="The job; that of the options where empty.")] = ""
    contact: Annotated[Cell, Field(description="The id of a contact, whose address and accounts stand in.")] = ""


class BatchFilterRequest(Request):
    """The customers of accounts that match all that is named, without a username."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"customer_type": "Dairy"}]})

    customer_type: Annotated[Line, Field(description="Exactly this customer type.")] = ""
    sales_rep: Annotated[Line, Field(description="Exactly this sales rep.")] = ""
    price_list: Annotated[Line, Field(description="Exactly this price list.")] = ""


class BatchOptionsRequest(Request):
    """What is the same for every row."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"roles": ["customer"]}]})

    template: Annotated[Line, Field(description="The welcome message; the office's own where empty.")] = ""
    channel: Annotated[Channel | None, Field(description="By mail where there is an address, unless this says so.")] = (
        None
    )
    locale: Annotated[
        str,
        StringConstraints(max_length=35, pattern=r"^[A-Za-z0-9_-]*$"),
        Field(description="The language of the messages; the office's where empty."),
    ] = ""
    job: Annotated[Line, Field(description="The job of every row that names none.")] = ""
    roles: Annotated[
        tuple[Code, ...], Field(max_length=LONGEST_LIST, description="What to ask for, by default customer.")
    ] = ()
    is_test: Annotated[bool, Field(description="A rehearsal, left out of statistics and seats.")] = False

    def as_asked(self) -> BatchOptions:
        """The options as the client API takes them."""
        own = {name: getattr(self, name) for name in BatchOptions.__dataclass_fields__}
        return BatchOptions(**own | {"channel": self.channel or ""})


class FileOptions(BatchOptionsRequest):
    """The same for a file, with what stands beside the rows otherwise."""

    name: Annotated[Line, Field(description="What to call it.")] = ""
    starts_by_itself: Annotated[bool, Field(description="Invite as soon as every row was looked at.")] = False


class NewBatch(Request):
    """Whom to invite: rows, or ids of contacts, or a filter; one of the three."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Spring growers", "rows": [{"email": "ana@example.org"}]}]}
    )

    name: Annotated[Line, Field(description="What to call it.")] = ""
    rows: Annotated[
        tuple[BatchRowRequest, ...] | None, Field(max_length=MOST_ROWS, description="Whom to invite, one by one.")
    ] = None
    contacts: Annotated[tuple[UUID, ...] | None, Field(max_length=MOST_ROWS, description="Or these contacts.")] = None
    filter: Annotated[BatchFilterRequest | None, Field(description="Or whoever matches.")] = None
    options: Annotated[BatchOptionsRequest | None, Field(description="What is the same for every row.")] = None
    starts_by_itself: Annotated[bool, Field(description="Invite as soon as every row was looked at.")] = False

    def as_asked(self) -> dict[str, Any]:
        """What the client API takes."""
        rows = None if self.rows is None else [NewRow(**each.model_dump()) for each in self.rows]
        matching = None if self.filter is None else BatchFilter(**self.filter.model_dump())
        options = (self.options or BatchOptionsRequest()).as_asked()
        return {
            "name": self.name,
            "rows": rows,
            "contacts": self.contacts,
            "matching": matching,
            "options": options,
            "starts_by_itself": self.starts_by_itself,
        }


class CountsAnswer(Answer):
    """How many rows came to what."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [COUNTS]})

    rows: Annotated[int, Field(description="All of them.")]
    ok: Annotated[int, Field(description="Invited, or would be.")]
    skipped: Annotated[int, Field(description="Nothing to send: no address, a username, an open invitation …")]
    refused: Annotated[int, Field(description="Something is wrong with the row.")]
    failing: Annotated[int, Field(description="Tried again: the system stands in their way, not the row.")]
    left: Annotated[int, Field(description="Without a result yet.")]


class OptionsAnswer(Answer):
    """What is the same for every row."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [OPTIONS]})

    template: Annotated[str, Field(description="The welcome message; the office's own where empty.")]
    channel: Annotated[str, Field(description="mail or text; by what each row has where empty.")]
    locale: Annotated[str, Field(description="The language; the office's where empty.")]
    job: Annotated[str, Field(description="The job of every row that names none.")]
    roles: Annotated[list[str], Field(description="What is asked for.")]
    is_test: Annotated[bool, Field(description="A rehearsal.")]


class BatchAnswer(Answer):
    """A batch: each of its rows is one invitation, decided like any other."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [BATCH]})

    id: Annotated[UUID, Field(description="Its id.")]
    state: Annotated[BatchState, Field(description="`checked` waits for somebody to start it.")]
    name: Annotated[str, Field(description="What it is called.")]
    source: Annotated[str, Field(description="What it was made of: rows, contacts or filter.")]
    options: Annotated[OptionsAnswer, Field(description="What is the same for every row.")]
    starts_by_itself: Annotated[bool, Field(description="It invites as soon as every row was looked at.")]
    created_by: Annotated[str, Field(description="Who made it; every row is decided with their rights.")]
    created_via: Annotated[str, Field(description="Through which door.")]
    created_at: Annotated[datetime, Field(description="When it was made.")]
    started_at: Annotated[datetime | None, Field(description="When it began to invite.")]
    ended_at: Annotated[datetime | None, Field(description="When every row had its result, or it was cancelled.")]
    checked: Annotated[CountsAnswer, Field(description="What the look at every row said, without sending.")]
    sent: Annotated[CountsAnswer, Field(description="What became of the rows for real.")]
    workflow_id: Annotated[str, Field(description="Its workflow in Temporal.")]

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """What is told of a batch."""
        return cls.model_validate(batch)


class BatchRowAnswer(Answer):
    """One row: what was given, what the look at it said, what became of it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [ROW]})

    number: Annotated[int, Field(description="Its line in the file, or its place in the list.")]
    given: Annotated[dict[str, str], Field(description="What was given; empty a while after the end.")]
    contact_id: Annotated[UUID | None, Field(description="The contact.")]
    checked: Annotated[RowResult | None, Field(description="What it would come to; null while nobody has looked.")]
    checked_code: Annotated[str, Field(description="Why, as a stable code.")]
    checked_message: Annotated[str, Field(description="Why, for a person.")]
    checked_field: Annotated[str, Field(description="The column that is to blame.")]
    result: Annotated[RowResult | None, Field(description="What became of it; null while nothing has.")]
    code: Annotated[str, Field(description="Why, as a stable code.")]
    message: Annotated[str, Field(description="Why, for a person.")]
    field: Annotated[str, Field(description="The column that is to blame.")]
    attempts: Annotated[int, Field(description="How often it was tried.")]
    invitation_id: Annotated[UUID | None, Field(description="The invitation that it made, or was answered with.")]
