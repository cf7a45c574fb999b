"""The embedded stack: `up`, and `demo`, which plays the main job on one of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from starter.commands.answers import REFUSED, Json
from starter.commands.printing import console

app = typer.Typer()

Home = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="The folder that keeps everything; by default DOORSTEP_HOME, else .doorstep."),
]
DemoHome = Annotated[
    Path | None, typer.Option("--home", file_okay=False, help="A folder to keep; by default one that is deleted again.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Delete what the folder holds first.")]


@contextmanager
def _installed() -> Iterator[None]:
    """A production goes without the servers of the embedded stack."""
    try:
        yield
    except ModuleNotFoundError as missing:
        sentence = f"{missing.name} is not installed. Install the embedded stack: pip install 'doorstep[embedded]'"
        console(stderr=True).print(sentence)
        raise typer.Exit(REFUSED) from None


@app.command()
def up(home: Home = None, fresh: Fresh = False, as_json: Json = False) -> None:  # noqa: FBT002 - typed by name
    """Run the whole stack on this machine until Ctrl-C."""
    with _installed():
        from doorstep.local import up as local  # noqa: PLC0415 - only this command needs it
    from doorstep.settings import home_path  # noqa: PLC0415 - see above

    raise typer.Exit(local.run(home or home_path(), fresh=fresh, as_json=as_json))


@app.command()
def demo(home: DemoHome = None, as_json: Json = False) -> None:  # noqa: FBT002 - typed by name
    """Play the main job from beginning to end on a stack of its own, and show its timeline."""
    with _installed():
        from starter.demo.play import run  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run(home, as_json=as_json))
