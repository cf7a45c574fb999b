"""The Makefile, the locks and the run of the continuous integration."""

import os
import re
import subprocess
import tomllib
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("build", "dev", "runtime", "uv")


def lock(name: str) -> str:
    """The text of a lock."""
    return (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")


def entries(name: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line."""
    text = re.sub(r"\s*#.*", "", lock(name)).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def versions(name: str) -> dict[str, set[str]]:
    """The versions of each package of a lock; there are several where they depend on the machine."""
    found: dict[str, set[str]] = {}
    for entry in entries(name):
        package, _, version = entry.split()[0].partition("==")
        found.setdefault(package, set()).add(version)
    return found


def names(requirements: list[str]) -> set[str]:
    """The packages of a list of requirements."""
    return {re.split(r"[^\w.-]", each)[0].lower().replace("_", "-") for each in requirements}


@pytest.mark.parametrize("name", LOCKS)
def test_t33_a_lock_names_no_host(name: str) -> None:
    """T33: packages come from the index of whoever installs; the hashes say whether they are the right ones."""
    assert "://" not in lock(name)
    assert not re.search(r"^\s*-", lock(name).replace("    --hash=", ""), re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_t33_every_requirement_has_a_version_and_hashes(name: str) -> None:
    """T33: one package without a hash would let anything in under its name."""
    assert entries(name)
    for entry in entries(name):
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ ", entry), entry[:60]
        assert re.search(r" --hash=sha256:[0-9a-f]{64}( |$)", entry), entry[:60]


@pytest.mark.parametrize(("one", "other"), list(combinations(LOCKS, 2)))
def test_locks_agree_with_each_other(one: str, other: str) -> None:
    """What is tested is what is shipped."""
    mine, theirs = versions(one), versions(other)

    assert {name: mine[name] for name in mine.keys() & theirs.keys()} == {
        name: theirs[name] for name in mine.keys() & theirs.keys()
    }


def test_locks_hold_what_the_project_asks_for() -> None:
    """A dependency that was added without `make lock` would be missing in a clean clone and in the image."""
    needed = names(PROJECT["project"]["dependencies"])
    embedded = names(PROJECT["project"]["optional-dependencies"]["embedded"])
    development = names(PROJECT["dependency-groups"]["dev"])

    assert needed | embedded | development <= versions("dev").keys()
    assert needed <= versions("runtime").keys()
    assert not (embedded | development) - needed & versions("runtime").keys()
    assert versions("runtime").keys() <= versions("dev").keys()


def test_help_lists_every_target() -> None:
    """`make` alone tells what can be made."""
    phony = set(re.findall(r"^\.PHONY: ([\w-]+)$", MAKEFILE, re.MULTILINE))

    shown = subprocess.run(["make"], check=True, cwd=ROOT, capture_output=True, text=True).stdout  # noqa: S607 - from the path

    assert {line.split()[0] for line in shown.splitlines() if line.startswith("  ")} == phony
    assert {"install", "demo", "up", "test", "test-fast", "check", "bench", "histories", "lock"} <= phony


def test_every_target_installs_what_it_needs() -> None:
    """A newcomer types one word in a clean clone."""
    needs = dict(re.findall(r"^([a-z-]+):([^#\n]*)##", MAKEFILE, re.MULTILINE))

    without = {target for target, wanted in needs.items() if wanted.strip() != "$(INSTALLED)"}

    assert without == {"help"}


def test_the_makefile_asks_for_the_python_that_the_project_asks_for() -> None:
    """One number in two places."""
    wanted = re.findall(r"sys\.version_info < \((\d+), (\d+)\)", MAKEFILE)

    assert [f">={'.'.join(each)}" for each in wanted] == [PROJECT["project"]["requires-python"]]
    assert f"--python-version {'.'.join(wanted[0])}" in MAKEFILE


def run_ci(folder: Path, *, last_line: str, status: int = 0) -> tuple[int, str, list[str]]:
    """Run `.ci/run` with a `make` that does nothing but end as said; what it was asked for comes last."""
    asked = folder / "asked"
    for name, script in {
        "make": f'echo "$1" >> {asked}; echo "{last_line}"; [ "$1" = check ] || exit {status}',
        "apt-get": "exit 1",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o700)
    environment = {"PATH": f"{folder}:{os.defpath}"}
    done = subprocess.run([ROOT / ".ci/run"], check=False, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout, asked.read_text().split()


def test_ci_checks_and_then_tests(tmp_path: Path) -> None:
    """Both have to be green, and the count of the tests is the last thing that is said."""
    status, said, asked = run_ci(tmp_path, last_line="== 7 passed, 1 skipped in 3.21s ==")

    assert status == 0
    assert asked == ["check", "test"]
    assert said.splitlines()[-1] == "== 7 passed, 1 skipped in 3.21s =="


@pytest.mark.parametrize(
    ("last_line", "status"), [("== 1 failed, 7 passed in 3.21s ==", 2), ("== no tests ran in 0.01s ==", 5)]
)
def test_ci_fails_with_the_tests(tmp_path: Path, last_line: str, status: int) -> None:
    """A failure, or the lack of any test, comes through the pipe to the log."""
    assert run_ci(tmp_path, last_line=last_line, status=status)[0] != 0


@pytest.mark.parametrize("last_line", ["== 9 skipped in 0.10s ==", "== 90 deselected in 0.10s ==", ""])
def test_ci_is_not_green_where_nothing_ran(tmp_path: Path, last_line: str) -> None:
    """Tests that were all skipped have shown nothing."""
    assert run_ci(tmp_path, last_line=last_line)[0] != 0


def threats() -> dict[str, list[str]]:
    """The rows of the threat model: each number with the files that it names, several by a star."""
    text = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| T\d\d \|", line)]
    return {row[2:5]: re.findall(r"`(tests/[\w/*]+\.py)`", row) for row in rows}


@pytest.mark.parametrize("threat", threats())
def test_the_threat_model_names_tests_that_hold_it(threat: str) -> None:
    """A control without a test is a hope."""
    named = threats()[threat]

    empty = [
        files
        for files in named
        if not any(re.search(rf"\b{threat}\b", file.read_text(encoding="utf-8")) for file in ROOT.glob(files))
    ]

    assert named
    assert not empty
