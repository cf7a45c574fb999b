"""What a batch is made of, as it is typed: a file, ids or a filter, and what is the same for every row."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from doorstep.domain.batches import Batch, BatchFilter, BatchOptions
from doorstep.domain.messages import Channel
from starter.commands.arguments import Roles, Template

if TYPE_CHECKING:
    from starter.client import Doorstep

File = Annotated[
    Path | None,
    typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, help="Whom to invite, a row for each."),
]
FILTER: Mapping[str, object] = {
    "customer_type": Annotated[
        str | None, typer.Option(metavar="TYPE", help="Or the customers of accounts of this type.", show_default=False)
    ],
    "sales_rep": Annotated[
        str | None, typer.Option(metavar="NAME", help="Or those of this sales rep.", show_default=False)
    ],
    "price_list": Annotated[
        str | None, typer.Option(metavar="NAME", help="Or those on this price list.", show_default=False)
    ],
}
OPTIONS: Mapping[str, object] = {
    **FILTER,
    "contact": Annotated[
        list[UUID] | None, typer.Option(metavar="ID", help="Or a contact; repeat it for more.", show_default=False)
    ],
    "template": Template,
    "channel": Annotated[
        Channel | None, typer.Option(help="By e-mail where there is an address, unless this says text.")
    ],
    "locale": Annotated[
        str | None, typer.Option(metavar="TAG", help="The language of the messages, such as es.", show_default=False)
    ],
    "job": Annotated[str | None, typer.Option(help="The job of rows that name none.", show_default=False)],
    "role": Roles,
    "test": Annotated[bool | None, typer.Option("--test", help="A rehearsal, left out of statistics and seats.")],
    "name": Annotated[str | None, typer.Option(help="What to call the batch.", show_default=False)],
    "idempotency_key": Annotated[
        str | None, typer.Option(help="Repeating a request with its key answers with what it made.", show_default=False)
    ],
}


async def make(
    doorstep: "Doorstep", office: str, file: Path | None, options: Mapping[str, Any], *, starts_by_itself: bool
) -> Batch:
    """The batch that is asked for.

    Raises:
        Refused: as `batch_create` does; Invalid: `batch_file`.
    """
    from doorstep.domain.batch_file import read_batch  # noqa: PLC0415 - `--help` needs none of it

    narrowed = {name: options[name] or "" for name in FILTER}
    return await doorstep.batch_create(
        office,
        rows=None if file is None else await asyncio.to_thread(lambda: read_batch(file.read_bytes())),
        contacts=options["contact"] or None,
        matching=BatchFilter(**narrowed) if any(narrowed.values()) else None,
        options=BatchOptions(
            template=options["template"] or "",
            channel=options["channel"] or "",
            locale=options["locale"] or "",
            job=options["job"] or "",
            roles=tuple(options["role"] or ()),
            is_test=bool(options["test"]),
        ),
        name=options["name"] or ("" if file is None else file.name),
        starts_by_itself=starts_by_itself,
        idempotency_key=options["idempotency_key"],
    )
