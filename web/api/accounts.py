"""Accounts of the ERP: found, read, and described by the ERP under their codes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi import Request as Asked
from pydantic import ConfigDict, Field

from doorstep.domain.keys import Scope
from doorstep.store.directory_pages import AccountFilter
from doorstep.store.putting import Became
from web.api import etags
from web.api.callers import Called
from web.api.etags import IfMatch, IfNoneMatch
from web.api.operations import Operation, operation
from web.api.paging import Listed, Paged
from web.api.texts import Answer, Line, Request

router = APIRouter(prefix="/v1", tags=["accounts"], route_class=Operation)
_PUT = operation(Scope.IMPORT, 404, 409, 412, 413)
EXAMPLE: dict[str, Any] = {
    "id": "0199a7c2-5a80-7000-8000-000000000000",
    "code": "1042",
    "name": "Hill Road Farm",
    "customer_type": "Dairy",
    "sales_rep": "J. Rata",
    "price_list": "Retail",
    "closed_at": None,
    "created_at": "2026-11-22T08:00:00Z",
    "updated_at": "2026-11-22T08:00:00Z",
}


class AccountDetail(Answer):
    """An account as the ERP described it: a reference, never a copy of its business."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: Annotated[UUID, Field(description="Its id here.")]
    code: Annotated[str, Field(description="Its code in the ERP, which every other request names it by.")]
    name: Annotated[str, Field(description="Its name.")]
    customer_type: Annotated[str, Field(description="What kind of customer, in the words of the ERP.")]
    sales_rep: Annotated[str, Field(description="Who serves it, in the words of the ERP.")]
    price_list: Annotated[str, Field(description="What it pays by, in the words of the ERP.")]
    closed_at: Annotated[datetime | None, Field(description="When the ERP closed it; nobody is invited to it then.")]
    created_at: Annotated[datetime, Field(description="When it was first heard of.")]
    updated_at: Annotated[datetime, Field(description="When the ERP described it last.")]


class AccountPut(Request):
    """What the ERP says of an account; a text that is empty or left out leaves what is known."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Hill Road Farm", "customer_type": "Dairy"}]})

    name: Annotated[Line, Field(description="Its name.")] = ""
    customer_type: Annotated[Line, Field(description="What kind of customer.")] = ""
    sales_rep: Annotated[Line, Field(description="Who serves it.")] = ""
    price_list: Annotated[Line, Field(description="What it pays by.")] = ""
    is_closed: Annotated[
        bool, Field(description="Nobody is invited to it any more; what is open for it alone is taken back.")
    ] = False


class AccountPutAnswer(AccountDetail):
    """The account as it stands now, and what became of it."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"examples": [EXAMPLE | {"became": "created", "taken_back": 0}]}
    )

    became: Annotated[Became, Field(description="What this did; the same again leaves it unchanged.")]
    taken_back: Annotated[int, Field(description="Open invitations that were taken back, or lost the account.")]


@router.get("/accounts", **operation(Scope.READ))
async def list_accounts(
    response: Response,
    caller: Called,
    paging: Paged,
    q: Annotated[Line, Query(description="A part of the code or the name, in any case.")] = "",
    customer_type: Annotated[Line | None, Query(description="Only those of exactly this customer type.")] = None,
    sales_rep: Annotated[Line | None, Query(description="Only those of exactly this sales rep.")] = None,
    price_list: Annotated[Line | None, Query(description="Only those of exactly this price list.")] = None,
) -> Listed[AccountDetail]:
    """List the accounts of the office, in order of their codes."""
    wanted = AccountFilter(q, customer_type, sales_rep, price_list)
    page = await caller.doorstep.account_page(caller.office, wanted, after=paging.after, limit=paging.limit)
    return paging.answer(response, page, AccountDetail.model_validate)


# A code of the ERP may hold a slash.
@router.get("/accounts/{code:path}", response_model=AccountDetail, **operation(Scope.READ, 304, 404))
async def show_account(request: Asked, code: str, caller: Called, if_none_match: IfNoneMatch = None) -> Response:  # noqa: ARG001 - etags reads it
    """Look at one account, by its code."""
    account = await caller.doorstep.account(caller.office, code)
    return etags.one(request, account.updated_at.isoformat(), AccountDetail.model_validate(account))


@router.put(
    "/accounts/{code:path}",
    response_model=AccountPutAnswer,
    **(_PUT | {"responses": _PUT["responses"] | {201: {"model": AccountPutAnswer, "description": "Made."}}}),
)
async def put_account(
    request: Asked, code: str, said: AccountPut, caller: Called, if_match: IfMatch = None
) -> Response:
    """Make or change the account of this code, as an import would.

    The answer is 201 where there was none. Closing an account takes back the open invitations that are for it alone.
    """
    seen = etags.moment_of(if_match)
    put = await caller.doorstep.account_put(caller.office, code, **said.model_dump(), seen=seen)
    told = AccountDetail.model_validate(put.account).model_dump()
    shown = AccountPutAnswer.model_validate(told | {"became": put.became, "taken_back": put.taken_back})
    status = 201 if put.became is Became.CREATED else 200
    return etags.one(request, put.account.updated_at.isoformat(), shown, status=status)
