"""Record the histories that are missing: `python -m tests.replay.record [--only NAME] [--force]`, less than a minute.

Real servers and nobody's clock but the real one, so that the histories look like those of a production: where a day
has to pass, an office with validities of seconds stands in for it. Recorded once a release; a workflow that was
started by that release has to replay with whatever comes later (F22).
"""

import argparse
import asyncio
import json
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr
from temporalio.client import Client

from doorstep.local.home import ANY_PORTS, Home
from doorstep.local.postgres import FAST
from doorstep.local.stack import Stack
from doorstep.store import password_links
from tests.faults.misbehaving_smtp import MisbehavingSmtp
from tests.faults.misbehaving_texts import MisbehavingTexts
from tests.house import House, build_house, work
from tests.replay import paths

HISTORIES = Path(__file__).with_name("histories")
RESET_VALIDITY = 12 * paths.SECOND
WHO = re.compile(r"\d+@[\w.-]+")


async def record(names: list[str]) -> dict[str, str]:
    """The histories as texts, by the name of the path."""
    password_links.RESET_VALIDITY = RESET_VALIDITY  # type: ignore[attr-defined]
    with TemporaryDirectory(prefix="doorstep-") as folder:
        parts = {"postgres", "migrations", "temporal"}
        async with Stack(Home.at(Path(folder)), parts=parts, ports=ANY_PORTS, postgres=FAST) as stack:
            addresses = stack.addresses()
            client = await Client.connect(addresses["temporal_address"])
            async with (
                MisbehavingSmtp() as smtp,
                MisbehavingTexts() as texts,
                build_house(addresses["database_url"], client, smtp, text_url=SecretStr(texts.url)) as house,
                work(house),
            ):
                return await _walk(house, names)


async def _walk(house: House, names: list[str]) -> dict[str, str]:
    together = [path for path in paths.TOGETHER if _name(path) in names]
    recorded = await asyncio.gather(*(_history(house, path) for path in together))
    alone = [await _history(house, path) for path in paths.ALONE if _name(path) in names]
    return dict([*recorded, *alone])


def _name(path: paths.Path) -> str:
    return str(path.__name__)


async def _history(house: House, path: paths.Path) -> tuple[str, str]:
    workflow_id = await path(house)
    history = await house.client.get_workflow_handle(workflow_id).fetch_history()
    return _name(path), text_of(history.to_json_dict())


def text_of(history: dict[str, Any]) -> str:
    """The history without this machine in it: one event a line, so that a difference can be read."""
    lines = [json.dumps(_plain(event), sort_keys=True) for event in history["events"]]
    return '{"events": [\n' + ",\n".join(lines) + "\n]}\n"


def _plain(value: Any) -> Any:
    """Process, machine and stack traces are nobody's business and change with every recording."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items() if key != "stackTrace"}
        case list():
            return [_plain(each) for each in value]
        case str():
            return WHO.sub("1@machine", value)
    return value


async def main() -> int:
    """Record and write; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay.record")
    parser.add_argument("--only", action="append", choices=paths.NAMES, help="this path alone; may be repeated")
    parser.add_argument("--force", action="store_true", help="overwrite: histories of a release are kept for good")
    asked = parser.parse_args()
    names: list[str] = asked.only or list(paths.NAMES)
    kept = [] if asked.force else [name for name in names if (HISTORIES / f"{name}.json").exists()]
    if kept:
        sys.stderr.write(f"There already, and not overwritten without --force: {', '.join(kept)}\n")
    names = [name for name in names if name not in kept]
    if not names:
        return 1
    HISTORIES.mkdir(exist_ok=True)
    for name, text in (await record(names)).items():
        (HISTORIES / f"{name}.json").write_text(text, encoding="utf-8")
    sys.stdout.write(f"Recorded {len(names)} histories in {HISTORIES}\n")
    return 0


if __name__ == "__main__":
    status = asyncio.run(main())
    sys.stdout.flush()
    os._exit(status)  # for the reason given at the end of `worker.py`
