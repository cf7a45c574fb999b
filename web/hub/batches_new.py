"""A new batch: of a filter, of ids, or of a file; every row is looked at before anything is sent."""

import asyncio
from collections.abc import Mapping, Sequence
from re import split
from uuid import UUID

from fastapi import Response

from doorstep.domain.authority import Right, not_allowed
from doorstep.domain.batch_file import RESULT_HEADINGS, read_batch, result_cells
from doorstep.domain.batches import BatchFilter, BatchOptions, BatchRow, RowResult, no_such_batch
from doorstep.domain.errors import Invalid, Refused
from doorstep.domain.invite_list import FilterChoices
from doorstep.domain.pages import LONGEST_PAGE
from doorstep.domain.spreadsheets import csv_row
from web.hub.batches_place import BATCHES, batch_path
from web.hub.clients_form import CHANNELS, LANGUAGES, group_choices, role_choices
from web.hub.forms import LONGEST, HubForm, filled
from web.hub.visits import Visit, act, look

NAMES = {"file": "pasted", "rows": "", "role": "roles"}
"""Where a refusal that names one field is shown beside another."""


class BatchForm(HubForm):
    """Whom, one of three ways, and what is the same for all of them."""

    name: str = ""
    customer_type: str = ""
    sales_rep: str = ""
    price_list: str = ""
    contacts: str = ""
    pasted: str = ""
    template: str = ""
    channel: str = ""
    locale: str = ""
    job: str = ""
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    test: str = ""


async def show(visit: Visit) -> Response:
    """The form; `from` names a batch whose refused rows are to be corrected."""
    if not visit.may(Right.INVITE):
        raise not_allowed(Right.INVITE)
    return await _page(visit, await _corrected(visit) if visit.asked("from") else {})


async def create(visit: Visit) -> Response:
    """Keep the batch, which is looked at row by row at once."""
    data = b"" if visit.sent is None else visit.sent.file
    try:
        form = filled(BatchForm, visit.sent)
        source = await _source(form, data)
        batch = await visit.doorstep.batch_create(visit.code, options=_options(form), name=form.name, **source)  # type: ignore[arg-type]
    except Refused as refusal:
        return await _page(visit, _typed(visit, data), refusal)
    return visit.go(batch_path(batch.id))


async def _page(visit: Visit, values: Mapping[str, object], refusal: Refused | None = None) -> Response:
    faults: dict[str, Refused] = {}
    if refusal is not None:
        field = refusal.field if isinstance(refusal, Invalid) else ""
        faults = {NAMES.get(field, field) if NAMES.get(field, field) in BatchForm.model_fields else "": refusal}
    is_correction = bool(visit.asked("from"))
    choices = await visit.doorstep.client_choices(visit.code, limit=0)
    return visit.page(
        "batches_new.html",
        status=200 if refusal is None else refusal.status,
        values=dict.fromkeys(BatchForm.model_fields, "") | {"groups": (), "roles": ()} | dict(values),
        faults=faults,
        is_correction=is_correction,
        filters=FilterChoices() if is_correction else await visit.doorstep.invite_choices(visit.code),
        templates=choices.templates,
        groups=group_choices(visit, choices.groups),
        roles=role_choices(visit),
        languages=LANGUAGES,
        channels=CHANNELS,
        has_texts=visit.doorstep.means.has_texts,
        path=visit.request.url.path,
    )


async def _source(form: BatchForm, data: bytes) -> dict[str, object]:
    """Whom, as `batch_create` takes it.

    Raises:
        Invalid: `batch_source`, `batch_file`.
    """
    matching = BatchFilter(form.customer_type, form.sales_rep, form.price_list)
    given = [matching != BatchFilter(), bool(form.contacts), bool(data or form.pasted)]
    if sum(given) != 1 or (data and form.pasted):
        raise Invalid("batch_source", "Fill in one of the ways: a filter, ids, a file, or pasted rows.", field="rows")
    if given[0]:
        return {"matching": matching}
    if given[1]:
        return {"contacts": _ids(form.contacts)}
    return {"rows": await asyncio.to_thread(read_batch, data or form.pasted.encode())}


def _ids(text: str) -> list[UUID]:
    found = []
    for number, word in enumerate(split(r"[\s,;]+", text), start=1):
        try:
            found.append(UUID(word))
        except ValueError:
            sentence = f"Entry {number} is no id of a contact. Put one id on each line."
            raise Invalid("batch_source", sentence, field="contacts") from None
    return found


def _options(form: BatchForm) -> BatchOptions:
    return BatchOptions(
        template=form.template,
        channel=form.channel,
        locale=form.locale,
        job=form.job,
        roles=(*form.groups, *form.roles),
        is_test=bool(form.test),
    )


def _typed(visit: Visit, data: bytes) -> dict[str, object]:
    """What was filled in; a short file that was refused stands in the field for pasted rows, to be corrected there."""
    if visit.sent is None:
        return {}
    sent = visit.sent
    lists = {name: sent.every(name) for name in ("groups", "roles")}
    values: dict[str, object] = {name: sent.one(name) for name in BatchForm.model_fields}
    values |= lists
    if data and not values["pasted"]:
        text = data.decode("utf-8-sig", errors="replace")
        values["pasted"] = text if len(text) <= LONGEST else ""
    return values


async def _corrected(visit: Visit) -> dict[str, object]:
    """The refused rows of a batch as a table to correct, with what was the same for all of them.

    Raises:
        NotFound: `no_such_batch`.
    """
    try:
        identifier = UUID(visit.asked("from"))
    except ValueError:
        raise no_such_batch() from None
    sheet = await visit.doorstep.batch_sheet(identifier, result=RowResult.REFUSED, limit=LONGEST_PAGE)
    if sheet.batch.office != visit.code:
        raise no_such_batch()
    options = sheet.batch.options
    return {
        "name": sheet.batch.name,
        "pasted": _table(sheet.rows.items),
        "test": "yes" if options.is_test else "",
        **{name: getattr(options, name) for name in ("template", "channel", "locale", "job", "roles")},
        "groups": options.roles,
    }


def _table(rows: Sequence[BatchRow]) -> str:
    """As many rows as the field takes."""
    lines = [csv_row(RESULT_HEADINGS).rstrip()]
    length = len(lines[0])
    for row in rows:
        line = csv_row(result_cells(row)).rstrip()
        length += len(line) + 1
        if length > LONGEST:
            break
        lines.append(line)
    return "\n".join(lines)


ROUTES = [
    look(f"{BATCHES}/new", show),
    act(f"{BATCHES}/new", create),
]
