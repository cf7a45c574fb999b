"""Sources of the ERP's export: set, looked at, pulled by hand, paused and removed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from starter.commands.answers import Answer, As, command
from starter.commands.arguments import OfficeCode, read_duration
from starter.commands.printing import iso, pairs, plain, table
from starter.commands.session import ask

if TYPE_CHECKING:
    from doorstep.domain.erp_sources import Source
    from doorstep.store.erp_runs import Run
    from starter.client import Doorstep
    from starter.erp import SourceStanding

app = typer.Typer(help="Pulling customers from the ERP by itself, on a timetable.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the source is called, such as customers.")]
From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="FOLDER|https://…",
        help="A folder below DOORSTEP_ERP_FOLDER, or an address.",
        show_default=False,
    ),
]
Every = Annotated[
    timedelta | None,
    typer.Option(metavar="TIME", parser=read_duration, help="How often, such as 1h.", show_default=False),
]
Cron = Annotated[str, typer.Option(metavar='"0 2 * * *"', help="When: minute, hour, day, month, weekday.")]
TimeZone = Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Whose clock; by default the office's.")]
Limit = Annotated[int, typer.Option(min=1, max=100, help="How many runs at the most.")]
CALLED = {"running": "under way", "done": "done", "unchanged": "nothing new", "failed": "FAILED"}


@command(app, "set")
def set_(
    office: OfficeCode,
    name: Name,
    location: From,
    every: Every = None,
    cron: Cron = "",
    timezone: TimeZone = "",
    actor: As = "",
) -> Answer:
    """Pull from a folder or an address from now on; what is set again is imported again."""

    async def work(doorstep: "Doorstep") -> "SourceStanding":
        await doorstep.erp_set(office, name, location=location, every=every, cron=cron, time_zone=timezone)
        return await doorstep.erp_source(office, name)

    return _shown(ask(work, actor=actor))


@command(app, "list")
def list_(office: OfficeCode, actor: As = "") -> Answer:
    """The sources of an office, with how the newest pull of each ended."""
    found = ask(lambda doorstep: doorstep.erp_sources(office), actor=actor)
    data = {"office": office, "sources": [_standing(each) for each in found]}
    if not found:
        return Answer(
            data, [f"Nothing is pulled yet. Set a source: doorstep erp set {office} NAME --from … --every 1h"]
        )
    rows = [(e.source.name, e.source.location, e.source.when.in_words, _state(e), _when(e.next_at)) for e in found]
    return Answer(data, [table(("name", "from", "when", "newest pull", "next"), rows)])


@command(app)
def show(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """How the newest pull ended, when the next one is due, and what to do."""
    return _shown(ask(lambda doorstep: doorstep.erp_source(office, name), actor=actor))


@command(app)
def run(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """Pull now; never beside a pull that is under way."""
    source = ask(lambda doorstep: doorstep.erp_run(office, name), actor=actor)
    return Answer(_source(source), [f"It is being pulled. See how it went: doorstep erp show {office} {plain(name)}"])


@command(app)
def pause(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """Pull no more until it is resumed."""
    source = ask(lambda doorstep: doorstep.erp_pause(office, name), actor=actor)
    return Answer(_source(source), [f"{plain(name)} is paused. Go on with: doorstep erp resume {office} {plain(name)}"])


@command(app)
def resume(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """Pull by the timetable again."""
    source = ask(lambda doorstep: doorstep.erp_resume(office, name), actor=actor)
    return Answer(_source(source), [f"{plain(name)} is pulled {source.when.in_words} again."])


@command(app)
def remove(office: OfficeCode, name: Name, actor: As = "") -> Answer:
    """Take a source away; what was imported stays."""
    source = ask(lambda doorstep: doorstep.erp_remove(office, name), actor=actor)
    return Answer(_source(source), [f"{plain(name)} is removed; what was imported stays."])


@command(app)
def runs(office: OfficeCode, name: Name, limit: Limit = 20, actor: As = "") -> Answer:
    """The newest pulls of a source, and the rows that the newest of them refused."""
    found = ask(lambda doorstep: doorstep.erp_runs(office, name, limit=limit), actor=actor)
    data = {"office": office, "name": name, "runs": [_run(each) for each in found]}
    if not found:
        return Answer(data, ["It was never pulled."])
    rows = [(_when(e.started_at), CALLED[e.outcome], e.file, _counted(e), e.message) for e in found]
    parts: list[RenderableType] = [table(("began", "ended", "file", "rows", ""), rows)]
    problems = found[0].problems
    if problems:
        names = ("line", "column", "code", "reason", "remedy")
        cells = [[each[part] for part in names] for each in problems]
        parts.append(table(("line", "column", "refused as", "reason", "what to do"), cells, title="Refused"))
    return Answer(data, parts)


def _shown(found: "SourceStanding") -> Answer:
    source, last = found.source, found.last
    sheet = pairs([("source", source.name), ("from", source.location), ("when", source.when.in_words)])
    shown: list[RenderableType] = [sheet, "", f"{_was(found)} {_will(found)}"]
    if last is not None and last.problems:
        shown.append(f"See the rows that were refused: doorstep erp runs {source.office} {plain(source.name)}")
    return Answer(_standing(found), shown)


def _was(found: "SourceStanding") -> str:
    """How the newest pull ended."""
    last = found.last
    if last is None:
        return "It is being pulled for the first time." if found.is_under_way else "It was never pulled yet."
    if last.outcome == "running":
        return f"It is being pulled since {_when(last.started_at)}."
    if last.outcome == "failed":
        return f"The pull of {_when(last.started_at)} failed: {plain(last.message)}"
    if last.outcome == "unchanged":
        return f"The pull of {_when(last.started_at)} found nothing new."
    return f"The pull of {_when(last.started_at)} is done: {_counted(last)}."


def _will(found: "SourceStanding") -> str:
    """When the next one is due, or what to do."""
    of = f"{found.source.office} {plain(found.source.name)}"
    if found.source.state == "paused":
        return f"It is paused: doorstep erp resume {of}"
    if not found.is_known:
        return "Temporal does not answer, so that nobody can say when it is pulled next; see: doorstep doctor"
    if found.next_at is None:
        return "Its schedule is about to be made; a worker does so within seconds."
    return f"The next one is due {_when(found.next_at)}; sooner with: doorstep erp run {of}"


def _state(found: "SourceStanding") -> str:
    if found.source.state == "paused":
        return "paused"
    return "never" if found.last is None else f"{CALLED[found.last.outcome]}, {_when(found.last.started_at)}"


def _when(moment: Any) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _counted(run: "Run") -> str:
    counts = run.counts
    if not counts:
        return ""
    said = f"{counts['rows']} rows, {counts['new_accounts']} new accounts, {counts['new_contacts']} new contacts"
    said += f", {counts['changed']} changed, {counts['refused']} refused"
    return said + (f", {counts['taken_back']} invitations taken back" if counts["taken_back"] else "")


def _source(source: "Source") -> dict[str, object]:
    names = ("office", "name", "location", "timetable", "state")
    return {"id": str(source.id)} | {name: getattr(source, name) for name in names}


def _standing(found: "SourceStanding") -> Mapping[str, object]:
    last = None if found.last is None else _run(found.last)
    return _source(found.source) | {"last": last, "next_at": iso(found.next_at), "is_under_way": found.is_under_way}


def _run(run: "Run") -> dict[str, object]:
    said = {name: getattr(run, name) for name in ("outcome", "file", "message")}
    moments = {name: iso(getattr(run, name)) for name in ("started_at", "ended_at")}
    return {"id": str(run.id)} | said | moments | {"counts": dict(run.counts), "problems": list(run.problems)}
