"""What operators rely on stands in the documents: collected from the code, so that nothing new stays unsaid."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import typer.main
from temporalio import workflow

from doorstep.domain.authority import TABLE, WAYS, Right
from doorstep.domain.policy import Policy
from doorstep.settings import Settings
from starter import cli
from starter.commands import faults
from starter.commands.office_options import OWN, RULES
from starter.commands.printing import NEVER, duration
from starter.commands.staff import REACHES
from starter.commands.views import in_words
from workflows.attributes import ALL
from workflows.registry import WORKFLOWS

ROOT = Path(__file__).parents[2]
NAMES = ("operations", "settings", "offices", "threat-model")
OPERATIONS, SETTINGS, OFFICES, THREATS = (ROOT / "docs" / f"{name}.md" for name in NAMES)
SOURCES = ("activities", "doorstep", "starter", "web")
ERRORS = {"NotFound", "Conflict", "Gone", "Invalid", "Forbidden", "TooMany", "Unavailable", "Fault"}
CODE = re.compile(r"[a-z]+(_[a-z]+)*")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])


def headings(path: Path) -> list[str]:
    """The headings of a document, without their marks."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")]


def anchor(heading: str) -> str:
    """What a link to a heading is called."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def commands() -> Iterator[str]:
    """Every command of the command line, groups before their members."""
    root = typer.main.get_group(cli.app)
    for name, found in root.commands.items():
        members = getattr(found, "commands", {})
        yield from ([f"{name} {member}" for member in members] if members else [name])


def handlers() -> Iterator[tuple[str, str]]:
    """Every signal, update and query of every workflow."""
    for each in WORKFLOWS:
        definition = workflow._Definition.must_from_class(each)
        yield from (("signal", str(name)) for name in definition.signals)
        yield from (("update", str(name)) for name in definition.updates)
        yield from (("query", str(name)) for name in definition.queries)


def refusal_codes() -> set[str]:
    """The codes that refusals are raised with anywhere in the house."""
    files = [path for source in SOURCES for path in (ROOT / source).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    constants = dict(constant for tree in trees for constant in _constants(tree))
    raised = {code for tree in trees for code in _first_arguments(tree, constants) if CODE.fullmatch(code)}
    return raised | {code for code, *_ in faults.WITHOUT_CODE.values()}


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _first_arguments(tree: ast.Module, constants: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)
            elif isinstance(first, ast.Name):
                yield constants.get(first.id, "")


def test_every_command_has_its_place() -> None:
    """A heading for each, which names it as it is typed."""
    found = headings(OPERATIONS)

    missing = [name for name in commands() if f"`doorstep {name}`" not in found]

    assert missing == []


def test_every_signal_update_and_query_has_its_place() -> None:
    """A heading for each, so that an administrator finds the line to type and the JSON to paste."""
    found = headings(OPERATIONS)

    missing = [(kind, name) for kind, name in handlers() if f"{kind.capitalize()} `{name}`" not in found]

    assert missing == []


@pytest.mark.parametrize("name", [key.name for key in ALL])
def test_every_search_attribute_has_its_place(name: str) -> None:
    """A heading for each, with a query that uses it."""
    assert f"Search attribute `{name}`" in headings(OPERATIONS)


def test_every_refusal_code_is_explained() -> None:
    """Invariant 5: whoever gets a code finds what it means and what to do."""
    text = OPERATIONS.read_text(encoding="utf-8")
    codes = refusal_codes()

    missing = sorted(code for code in codes if f"| `{code}` |" not in text)

    assert len(codes) > 30
    assert missing == []


def test_every_setting_is_in_the_table() -> None:
    """Its name as it is set, and its default as the code has it."""
    text = SETTINGS.read_text(encoding="utf-8")
    rows = {cells[1].strip(" `"): cells[2].strip(" `") for line in text.splitlines() if (cells := line.split("|"))[1:3]}

    for name, each in Settings.model_fields.items():
        expected = "required" if each.is_required() else str(each.default)
        assert rows.get(f"DOORSTEP_{name.upper()}") == (expected if expected not in {"None", ""} else "none"), name


def rows_under(path: Path, heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    below = re.split(rf"^#+ {heading}$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    lines = re.split(r"^#", below, flags=re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")][2:]


def words_of(cell: str) -> frozenset[str]:
    """What stands in backticks."""
    return frozenset(re.findall(r"`([^`]+)`", cell))


def default_of(rule: str) -> str:
    """What a rule of an office is at first, as `office show` prints it."""
    value = getattr(Policy(), rule)
    if isinstance(value, timedelta):
        return duration(value)
    return NEVER if value is None else "none" if value == () else str(in_words(value))


def test_the_rights_of_staff_are_those_of_the_code() -> None:
    """S1.2-S1.5, S4.2-S4.4: the table that an office reads says what the one table that decides says."""
    rows = rows_under(OFFICES, "What each permission gives")

    written = [(words_of(needed), reach, set(rights.split(", "))) for needed, reach, rights in rows]

    assert written == [
        (needed, REACHES[reach], {right.replace("_", " ") for right in given}) for needed, reach, given in TABLE
    ]
    explained = [right for right, _ in rows_under(OFFICES, "What each right allows")]
    assert explained == [right.replace("_", " ") for right in Right]


def test_the_pages_of_staff_are_those_of_the_code() -> None:
    """S1.2, S1.4: which permissions open which page."""
    rows = rows_under(OFFICES, "Two pages")

    written = {page: {words_of(each) for each in needed.split(", ")} for page, needed in rows}

    assert written == {str(way): set(sets) for way, sets in WAYS.items()}


def test_every_setting_of_an_office_is_in_the_table() -> None:
    """S0.9: what an office can ask for and how long things take, each with what it is at first."""
    office_set = typer.main.get_group(cli.app).commands["office"].commands["set"]  # type: ignore[attr-defined]
    options = {each.name: {*each.opts, *each.secondary_opts} for each in office_set.params}
    rows = {words_of(row[0]): row[1].strip("`") for row in rows_under(OFFICES, "Settings")}

    assert set(rows) == {frozenset(options[name]) for name in (*OWN, *RULES)}
    written = {name: rows[frozenset(options[name])] for name in RULES}
    assert written == {name: default_of(name) for name in RULES}


def test_every_threat_is_held_by_tests_that_name_it() -> None:
    """A control without its test is a promise; a test that has moved holds nothing here."""
    rows = [line.split("|")[1:-1] for line in THREATS.read_text(encoding="utf-8").splitlines() if "| T" in line[:4]]

    idle = []
    for threat, *_, held_by in rows:
        for pattern in words_of(held_by):
            texts = [path.read_text(encoding="utf-8") for path in ROOT.glob(pattern)]
            idle += [] if any(threat.strip() in text for text in texts) else [f"{threat.strip()} {pattern}"]

    assert len(rows) > 30
    assert idle == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    """Files and headings that a document points to are there."""
    dead = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, fragment = target.partition("#")
        path = document if not name else document.parent / name
        if not path.exists() or (fragment and fragment not in map(anchor, headings(path))):
            dead.append(target)

    assert dead == []
