"""What docker-compose.yml tells our processes, held against the code that they run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from doorstep import settings
from doorstep.settings import Settings, SettingsError
from tests.compose_file import COMPOSE, JOBS, LASTING, OURS, ROOT, SECRETS, SERVICES, words
from web.app import ROUTES
from web.serving import DRAIN_SECONDS
from workflows.attributes import ALL
from workflows.timing import START_TO_CLOSE

NO_FIELDS = {"DOORSTEP_SECRETS_DIR", "DOORSTEP_HOME"}
"""Read before there are settings."""


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting(name: str) -> None:
    """A variable that no setting reads is a wish that nobody hears."""
    known = {f"DOORSTEP_{field.upper()}" for field in Settings.model_fields} | NO_FIELDS

    given = {variable for variable in SERVICES[name]["environment"] if variable.startswith("DOORSTEP_")}

    assert given
    assert given <= known


@pytest.mark.parametrize("name", OURS)
def test_t33_compose_gives_what_a_production_start_needs(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """T33: with the secrets and the variables that the guide names, no process refuses to start."""
    for secret in SERVICES[name]["secrets"]:
        (tmp_path / secret).write_text(f"{SECRETS[secret]}\n")
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("DOORSTEP_SECRETS_DIR", str(tmp_path))

    loaded = settings.load()

    assert loaded.is_production
    assert loaded.database_url.get_secret_value() == SECRETS["doorstep_database_url"]
    monkeypatch.delenv("DOORSTEP_PUBLIC_URL")
    with pytest.raises(SettingsError, match="DOORSTEP_PUBLIC_URL"):
        settings.load()


def test_t02_secret_settings_come_from_files_alone() -> None:
    """T02: a password in a variable is shown by every inspection of the container."""
    secret = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}

    variables = {variable.lower() for service in SERVICES.values() for variable in service.get("environment", {})}

    assert secret == {name.removeprefix("doorstep_") for name in SECRETS}
    assert not variables & set(SECRETS)
    assert not [name for name in variables if name.endswith(("password", "_pwd", "api_key"))]


def test_every_secret_and_network_that_is_used_is_declared() -> None:
    """What is used without being declared stops the whole start."""
    for kind in ("secrets", "networks"):
        used = {each for service in SERVICES.values() for each in service.get(kind, [])}
        assert used == set(COMPOSE[kind])
    configs = {each["source"] for service in SERVICES.values() for each in service.get("configs", [])}
    volumes = {each.partition(":")[0] for service in SERVICES.values() for each in service.get("volumes", [])}
    assert configs == set(COMPOSE["configs"])
    assert volumes == set(COMPOSE["volumes"])


def test_the_namespace_job_registers_our_search_attributes() -> None:
    """Without them no workflow starts, and in another namespace the worker would not find them."""
    job = SERVICES["temporal-namespace"]

    registered = re.findall(r"--name (\w+) --type (\w+)", words(job["command"]))

    assert registered == [(key.name, "Keyword") for key in ALL]
    assert {SERVICES[name]["environment"]["TEMPORAL_NAMESPACE"] for name in OURS} == {
        job["environment"]["TEMPORAL_NAMESPACE"]
    }


def test_health_checks_ask_for_pages_that_exist() -> None:
    """A check of a page that has moved would report as ill what is well."""
    web, worker = SERVICES["web"], SERVICES["worker"]

    asked = re.findall(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", words(web["healthcheck"]["test"]))

    assert asked == [(web["environment"]["DOORSTEP_WEB_PORT"], "/health/live")]
    assert {"/health/live", "/health/ready", "/metrics"} <= {getattr(route, "path", "") for route in ROUTES}
    port = worker["environment"]["DOORSTEP_METRICS_ADDRESS"].rpartition(":")[2]
    assert f"http://127.0.0.1:{port}/metrics" in words(worker["healthcheck"]["test"])


def seconds(text: str) -> float:
    """The length of `75s`."""
    found = re.fullmatch(r"(\d+)s", text)
    assert found is not None, text
    return float(found[1])


def test_f04_a_stop_waits_for_what_is_under_way() -> None:
    """F04: longer than the longest try of an activity and than the drain, so that nobody is killed in the middle."""
    drain = Settings.model_fields["drain_seconds"].default

    assert seconds(SERVICES["worker"]["stop_grace_period"]) > max(START_TO_CLOSE.total_seconds(), drain)
    assert seconds(SERVICES["web"]["stop_grace_period"]) > DRAIN_SECONDS


@pytest.mark.parametrize("name", LASTING)
def test_what_runs_for_long_is_watched_and_bounded(name: str) -> None:
    """A service comes back by itself, says whether it is well, and cannot take the whole host."""
    service = SERVICES[name]

    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}


def test_waiting_is_for_something_that_comes() -> None:
    """A service waits for the health of what has a check, and for the end of what ends."""
    assert {"web", "worker"}.isdisjoint(JOBS)
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in JOBS else "service_healthy"
            assert how == {"condition": wanted}


def test_t07_the_proxy_that_is_believed_is_the_gateway() -> None:
    """T07: tries are counted by address, and only the proxy may say whose it is."""
    network = COMPOSE["networks"]["outside"]["ipam"]["config"][0]

    assert SERVICES["web"]["environment"]["DOORSTEP_TRUSTED_PROXIES"] == network["gateway"]


def test_administrators_may_still_decide_in_the_temporal_ui() -> None:
    """S4.43: signals and updates stay on where terminating, resetting and starting are off."""
    switches = SERVICES["temporal-ui"]["environment"]

    off = {name for name in switches if name.endswith("_DISABLED")}

    assert "TEMPORAL_WORKFLOW_TERMINATE_DISABLED" in off
    assert not {"TEMPORAL_WORKFLOW_SIGNAL_DISABLED", "TEMPORAL_WORKFLOW_UPDATE_DISABLED"} & off
    assert "TEMPORAL_DISABLE_WRITE_ACTIONS" not in switches


def shell() -> str:
    """The shell of this machine."""
    found = shutil.which("sh")
    assert found is not None
    return found


def test_the_scripts_of_the_jobs_are_shell() -> None:
    """A slip in a script would be found at the first start of a production."""
    run = [service["command"][0] for service in SERVICES.values() if service.get("entrypoint", [""])[0] == "/bin/sh"]
    scripts = [*run, COMPOSE["configs"]["doorstep_role"]["content"]]

    assert len(scripts) == 4
    for script in scripts:
        subprocess.run([shell(), "-n"], check=True, input=script, text=True, capture_output=True)


def test_the_role_takes_its_password_from_the_url_that_doorstep_uses(tmp_path: Path) -> None:
    """One password in one file cannot disagree with itself."""
    (tmp_path / "doorstep_database_url").write_text(f"{SECRETS['doorstep_database_url']}\n")
    (tmp_path / "psql").write_text('#!/bin/sh\nprintf "%s\\n" "$@"; cat\n')
    (tmp_path / "psql").chmod(0o700)
    script = COMPOSE["configs"]["doorstep_role"]["content"].replace("/run/secrets", str(tmp_path))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    said = subprocess.run([shell(), "-euc", script], check=True, env=environment, capture_output=True, text=True).stdout

    assert "\npassword=0a1b\n" in said
    assert "\nCREATE DATABASE doorstep OWNER doorstep;\n" in said


def test_the_guide_names_everything_that_can_be_set() -> None:
    """A variable or a secret that the guide leaves out is found by nobody."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    guide = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")

    variables = set(re.findall(r"\$\{(\w+)", compose))

    assert not {name for name in variables | set(COMPOSE["secrets"]) if f"`{name}`" not in guide}
