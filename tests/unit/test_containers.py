"""What the containers are made of and how they are shut in."""

import re
import subprocess

import pytest

from doorstep.local import postgres
from tests.compose_file import COMPOSE, DATABASES, DOCKERFILE, OURS, ROOT, SERVICES

BASE = re.findall(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)
IMAGES = {*BASE, *(service["image"] for service in SERVICES.values())}


@pytest.mark.parametrize("image", sorted(IMAGES))
def test_t33_images_are_plain_names_with_a_version(image: str) -> None:
    """T33: what runs tomorrow is what was tested today."""
    name, _, tag = image.partition(":")

    assert re.match(r"v?\d+(\.\d+|-)", tag)
    assert "." not in name.partition("/")[0]
    assert name != "temporalio/auto-setup"


def test_both_stages_build_on_the_pinned_base() -> None:
    """A second base would have a second set of faults to follow."""
    assert len(BASE) == 1
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE}", "${BASE}"]


def test_postgresql_is_the_version_that_the_tests_run_on() -> None:
    """Another major version may plan, sort and lock differently."""
    told = subprocess.run(
        [postgres._binary("postgres"), "--version"], check=True, capture_output=True, text=True
    ).stdout

    major = re.findall(r"(\d+)\.\d+", told)[0]

    assert SERVICES["postgres"]["image"].startswith(f"postgres:{major}-")


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_writes_into_its_volume(name: str) -> None:
    """From version 18 on the image keeps its data elsewhere; mounted wrongly, all is lost with the container."""
    major = int(re.findall(r":(\d+)", SERVICES[name]["image"])[0])

    folder = "/var/lib/postgresql" if major >= 18 else "/var/lib/postgresql/data"

    assert SERVICES[name]["volumes"] == [f"{name}:{folder}"]


def test_t33_no_container_of_ours_is_root_or_starts_a_shell() -> None:
    """T33: a number that is not root, and a first process that a stop reaches."""
    last_stage = DOCKERFILE.rpartition("FROM ")[2]

    users = re.findall(r"^USER (\d+):(\d+)$", last_stage, re.MULTILINE)
    started = [SERVICES[name].get("entrypoint") or SERVICES[name]["command"] for name in OURS]

    assert len(users) == 1
    assert "0" not in users[0]
    assert re.search(r"^STOPSIGNAL SIGTERM$", last_stage, re.MULTILINE)
    assert re.search(r'^CMD \["python", "-m", "worker"\]$', last_stage, re.MULTILINE)
    assert not re.search(r"^(ENTRYPOINT|RUN)", last_stage, re.MULTILINE)
    assert started == [["python", "-m", "web"], ["python", "-m", "worker"], ["doorstep", "migrate"], ["doorstep"]]


def test_the_image_holds_every_package_and_nothing_else() -> None:
    """A package that is not copied is missed at the first start, and one file too many may be a secret."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}

    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source.partition("/")[0] for line in copied for source in line.split()}

    assert packages <= sources
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == sources


def test_t33_what_is_installed_in_the_image_is_checked_by_its_hash() -> None:
    """T33: of what is fetched, nothing goes in unseen."""
    installs = re.findall(r"pip install (.*?)(?: \\)?$", DOCKERFILE, re.MULTILINE)

    fetched = [line for line in installs if "--no-deps" not in line]

    assert len(fetched) == 2
    assert all("--require-hashes" in line for line in fetched)


@pytest.mark.parametrize("name", SERVICES)
def test_t33_every_container_is_locked_down(name: str) -> None:
    """T33: no capability, no way up, a root file system that cannot be written, and logs that cannot fill the disk."""
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is (name != "temporal-ui")
    assert {"max-size", "max-file"} == service["logging"]["options"].keys()
    assert "privileged" not in service
    assert "cap_add" not in service


def test_t21_databases_are_reached_by_what_needs_them_alone() -> None:
    """T21: no port is published, and their networks have no way out of the host."""
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}

    beside = {database: {name for name in SERVICES if networks[name] & networks[database]} for database in DATABASES}

    assert beside["postgres"] == {*OURS, "postgres"}
    assert beside["temporal-postgres"] == {"temporal", "temporal-postgres", "temporal-schema"}
    for database in DATABASES:
        assert "ports" not in SERVICES[database]
        assert all(COMPOSE["networks"][network]["internal"] for network in networks[database])


def test_t21_published_ports_are_for_this_host_alone() -> None:
    """T21: whoever reaches Temporal may decide, and TLS is the proxy's, so nothing listens to the network."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published.keys() == {"web", "temporal-ui", "mail"}
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for ports in published.values() for port in ports)
