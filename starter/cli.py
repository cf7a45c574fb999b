"""The command line: what can be typed, and how the process ends."""

import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from starter.commands import (
    batches,
    contacts,
    decisions,
    delivery_sources,
    erp,
    exports,
    figures,
    groups,
    imports,
    invitations,
    keys,
    offices,
    returns,
    stacks,
    staff,
    support,
    templates,
    upkeep,
    users,
    webhooks,
)
from starter.commands.answers import DEFAULT_ACTOR, Asked

INTERRUPTED = 130
ORDER = (
    *("up", "demo", "office", "approvers", "staff", "groups", "import", "erp", "contact", "batch"),
    *("invite", "send", "resend", "revoke", "readdress", "erase", "add-user", "user"),
    *("approve", "reject", "show", "list", "stuck", "why", "audit", "link", "restart"),
    *("stats", "export"),
    *("template", "returns", "delivery-source", "webhook", "doctor", "migrate", "key", "version"),
)
"""As somebody meets them, from the first start to the upkeep."""


class InOrder(TyperGroup):
    """Lists the commands in the order of `ORDER`; one that is missing there comes last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names for `--help`."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    name="doorstep",
    cls=InOrder,
    help="People on the doorstep of a customer portal, until the right person lets them in.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for part in (stacks.app, imports.app, invitations.app, users.app, decisions.app, support.app, upkeep.app):
    app.add_typer(part)
app.add_typer(offices.offices, name="office")
app.add_typer(offices.approvers, name="approvers")
app.add_typer(staff.app, name="staff")
app.add_typer(groups.app, name="groups")
app.add_typer(contacts.app, name="contact")
app.add_typer(erp.app, name="erp")
app.add_typer(batches.app, name="batch")
app.add_typer(users.users, name="user")
app.add_typer(figures.app, name="stats")
app.add_typer(exports.app, name="export")
app.add_typer(returns.app, name="returns")
app.add_typer(delivery_sources.app, name="delivery-source")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(templates.app, name="template")
app.add_typer(keys.app, name="key")


@app.callback()
def root(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,  # noqa: FBT002 - typed by name
    actor: Annotated[str, typer.Option("--as", metavar="STAFF", help="Who acts.", show_default=DEFAULT_ACTOR)] = "",
) -> None:
    """Take what is said before the command."""
    context.obj = Asked(as_json, actor)


def main() -> None:
    """Run one command and end the process with its status: 0 done, 1 refused, 2 wrong usage, 130 interrupted."""
    status = _run()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read along has seen enough
        status = status or 1
    # The threads of the Temporal client sometimes crash an interpreter that is being torn down, when all work is done;
    # leaving without that keeps the status that was earned.
    os._exit(status)


def _run() -> int:
    try:
        app(prog_name="doorstep")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - the outermost edge: nothing else would print it before the process ends
        traceback.print_exc()
        return 1
    return 0
