"""Nobody chooses or sees the password of somebody else (T30)."""

import inspect
from collections.abc import Iterator

import typer
from typer.main import get_command

from starter.cli import app
from starter.client import Doorstep

OF_THE_PERSON = {"set_up", "sign_in", "reset", "hub_sign_in", "hub_set_password"}
"""What a person does on the pages with a password of their own."""


def options(command: object, path: str = "doorstep") -> Iterator[tuple[str, str]]:
    """Every option and argument of every command."""
    for parameter in getattr(command, "params", []):
        yield path, str(parameter.name)
    for name, inner in getattr(command, "commands", {}).items():
        yield from options(inner, f"{path} {name}")


def test_t30_no_command_takes_a_password() -> None:
    """T30: no option of the command line is a password; staff start a reset, and the person chooses."""
    assert isinstance(app, typer.Typer)

    found = list(options(get_command(app)))

    assert len(found) > 100
    assert [each for each in found if "password" in each[1]] == []


def test_t30_only_what_a_person_does_takes_a_password() -> None:
    """T30: of the client API only set-up, sign-in and reset take a password, each from its owner."""
    methods = inspect.getmembers(Doorstep, inspect.isfunction)

    taking = {
        name for name, method in methods if any("password" in each for each in inspect.signature(method).parameters)
    }

    assert {name for name in taking if not name.startswith("_")} == OF_THE_PERSON
