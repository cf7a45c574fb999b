"""How a command answers: a table for a person, one JSON object for a script, and the exit status for both.

A command is a function that returns an `Answer` or raises; nothing else prints to stdout, so that `--json` can promise
exactly one object there.
"""

import functools
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import RenderableType

from starter.commands.faults import Fault, fault_of
from starter.commands.printing import Whole, console, plain

DEFAULT_ACTOR = "operator"
REFUSED = 1


@dataclass(frozen=True)
class Asked:
    """What was said before the command: `doorstep --json --as anna resend …`."""

    as_json: bool = False
    actor: str = ""


@dataclass(frozen=True)
class Answer:
    """What a command found or did: for a script, for a person, and whether all is well; `notes` go to stderr."""

    data: Mapping[str, object]
    shown: Sequence[RenderableType]
    status: int = 0
    notes: Sequence[str] = ()


def _asked(context: typer.Context) -> Asked:
    found = context.find_root().obj
    return found if isinstance(found, Asked) else Asked()


def _json_of(context: typer.Context, value: bool) -> bool:  # noqa: FBT001 - typer's call
    return value or _asked(context).as_json


def _sure_of(context: typer.Context, value: bool) -> bool:  # noqa: FBT001 - typer's call
    return value or bool(context.params.get("as_json"))


def _actor_of(context: typer.Context, value: str) -> str:
    return value.strip() or _asked(context).actor.strip() or DEFAULT_ACTOR


def _approver_of(context: typer.Context, value: str) -> str:
    approver = value.strip() or _asked(context).actor.strip()
    if not approver:
        raise typer.BadParameter("Say who decides: --as with the address of a username administrator.")
    return approver


Json = Annotated[
    bool,
    # Read first, because a script is never asked whether it is sure.
    typer.Option("--json", help="Print one JSON object and nothing else.", callback=_json_of, is_eager=True),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Do it; without this, and without --json, only say what.", callback=_sure_of)
]
As = Annotated[
    str,
    typer.Option(
        "--as", metavar="STAFF", help="Who acts, for the audit.", callback=_actor_of, show_default=DEFAULT_ACTOR
    ),
]
Approver = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="ADDRESS",
        help="The username administrator who decides.",
        callback=_approver_of,
        show_default=False,
    ),
]


def command(
    app: typer.Typer, name: str | None = None, *, options: Mapping[str, object] | None = None
) -> Callable[[Callable[..., Answer]], Callable[..., None]]:
    """Make a command of a function that answers: it takes `--json` too, prints, and ends with the right status.

    Args:
        app: the group that it belongs to.
        name: what to type, if not the name of the function.
        options: further options by name, each an annotation of typer; the function gets them all as `**options`.
    """

    def make(ask: Callable[..., Answer]) -> Callable[..., None]:
        @functools.wraps(ask)
        def run(*, as_json: bool, **arguments: object) -> None:
            raise typer.Exit(_answer(lambda: ask(**arguments), as_json=as_json))

        parameters = _parameters(ask, options or {})
        # What typer reads; it cannot be said to a type checker.
        vars(run).update(__signature__=inspect.Signature(parameters))
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name)(run)
        return run

    return make


def _parameters(ask: Callable[..., Answer], options: Mapping[str, object]) -> list[inspect.Parameter]:
    own = inspect.signature(ask, eval_str=True).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        *(each for each in own if each.kind is not inspect.Parameter.VAR_KEYWORD),
        *(inspect.Parameter(each, keyword, default=None, annotation=option) for each, option in options.items()),
        inspect.Parameter("as_json", keyword, default=False, annotation=Json),
    ]


def _answer(ask: Callable[[], Answer], *, as_json: bool) -> int:
    try:
        answer = ask()
    except typer.BadParameter:
        raise  # typed wrongly: typer prints how, and ends with 2
    except Exception as error:  # noqa: BLE001 - one of the three edges: what is no refusal is a fault of ours, and said so
        fault = fault_of(error)
        if fault.is_ours:
            traceback.print_exception(error)
        return _refuse(fault, as_json=as_json)
    if as_json:
        print_json(answer.data)
    else:
        for part in answer.shown:
            console().print(plain(part) if isinstance(part, str) else part, soft_wrap=isinstance(part, Whole))
    for note in answer.notes:
        console(stderr=True).print(plain(note), soft_wrap=True)
    return answer.status


def _refuse(fault: Fault, *, as_json: bool) -> int:
    if as_json:
        print_json({"error": fault.data})
    console(stderr=True).print(plain(fault.lines), soft_wrap=True)
    return REFUSED


def print_json(data: Mapping[str, object]) -> None:
    """One object on stdout, in UTF-8 whatever the terminal's language is."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", errors="replace") + b"\n")
    sys.stdout.buffer.flush()
