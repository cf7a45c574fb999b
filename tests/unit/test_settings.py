"""Where settings come from, and what must not start."""

import json
from pathlib import Path

import pytest

from doorstep import settings
from doorstep.security.links import new_ring_text
from doorstep.settings import SettingsError, load, temporal_defaults, unsafe

GOOD = {
    "DOORSTEP_DATABASE_URL": "postgresql://doorstep:hushhush@db.example/doorstep",
    "DOORSTEP_SMTP_URL": "smtps://mail.example",
    "DOORSTEP_PUBLIC_URL": "https://portal.example",
    "DOORSTEP_SENDER": "Portal <no-reply@portal.example>",
    "DOORSTEP_LINK_KEYS": new_ring_text("k1"),
    "DOORSTEP_OIDC_ISSUER": "https://id.example",
    "DOORSTEP_OIDC_CLIENT_ID": "doorstep",
}
UNSAFE = {
    "DOORSTEP_DATABASE_URL": "postgresql://postgres@db.example/doorstep",
    "DOORSTEP_SMTP_URL": "smtp://mail.example",
    "DOORSTEP_PUBLIC_URL": "http://portal.example",
    "DOORSTEP_SENDER": "Portal <no-reply@localhost>",
    "DOORSTEP_OIDC_ISSUER": "http://id.example",
    "DOORSTEP_LINK_KEYS": "k1:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE",
}


class Surroundings:
    """An environment, a folder of secrets and a home, all empty."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.patch = patch
        self.home, self.secrets = folder / "home", folder / "secrets"
        self.home.mkdir()
        self.secrets.mkdir()
        self.say(DOORSTEP_HOME=str(self.home), DOORSTEP_SECRETS_DIR=str(self.secrets))

    def say(self, **values: str) -> None:
        """Put values into the environment."""
        for name, value in values.items():
            self.patch.setenv(name, value)

    def keep_secret(self, name: str, value: str) -> None:
        """Lay a file among the secrets."""
        (self.secrets / name.lower()).write_text(value)

    def keep_at_home(self, **values: str) -> None:
        """Write what `up` would have noted."""
        (self.home / "settings.json").write_text(json.dumps(values))


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Surroundings:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(f"DOORSTEP_{name.upper()}", raising=False)
    return Surroundings(monkeypatch, tmp_path)


def test_the_environment_wins_over_a_secret_over_the_home_over_the_default(around: Surroundings) -> None:
    """S3.1: one order of sources for every setting, the nearest to the person who starts the process first."""
    around.keep_at_home(**GOOD | {"DOORSTEP_WEB_HOST": "0.0.0.0", "DOORSTEP_WEB_PORT": "1111"})  # noqa: S104 - a value
    around.keep_secret("DOORSTEP_SMTP_URL", "smtps://secret.example")
    around.keep_secret("DOORSTEP_WEB_PORT", "2222")
    around.say(DOORSTEP_WEB_PORT="3333")

    found = load()

    assert found.web_port == 3333
    assert found.smtp_url.get_secret_value() == "smtps://secret.example"
    assert found.web_host == "0.0.0.0"  # noqa: S104 - a value
    assert found.public_url == GOOD["DOORSTEP_PUBLIC_URL"]
    assert found.sweep_seconds == 3.0


def test_an_empty_variable_says_nothing(around: Surroundings) -> None:
    """S3.1: a variable that a compose file leaves empty does not hide what the home says."""
    around.keep_at_home(**GOOD)
    around.say(DOORSTEP_PUBLIC_URL="")

    assert load().public_url == GOOD["DOORSTEP_PUBLIC_URL"]


def test_everything_that_is_missing_or_wrong_is_named_at_once(around: Surroundings) -> None:
    """T33: one start shows every fault, each with its variable, and repeats no value."""
    around.say(DOORSTEP_WEB_PORT="-7secret", DOORSTEP_ENVIRONMENT="stagingsecret")

    with pytest.raises(SettingsError) as caught:
        load()

    lines = str(caught.value).splitlines()
    named = {line.partition(":")[0] for line in lines}
    missing = {"DOORSTEP_DATABASE_URL", "DOORSTEP_SMTP_URL", "DOORSTEP_PUBLIC_URL", "DOORSTEP_LINK_KEYS"}
    assert named == missing | {"DOORSTEP_WEB_PORT", "DOORSTEP_ENVIRONMENT"}
    assert all("doorstep up" in line for line in lines if line.partition(":")[0] in missing)
    assert "7secret" not in str(caught.value)
    assert "stagingsecret" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    """T02: printing the settings shows neither the password of the database nor a key."""
    made = settings.Settings(**{k.removeprefix("DOORSTEP_").lower(): v for k, v in GOOD.items()})  # type: ignore[arg-type]

    assert "hushhush" not in repr(made)
    assert GOOD["DOORSTEP_LINK_KEYS"].partition(":")[2] not in repr(made)


@pytest.mark.parametrize("name", UNSAFE)
def test_t33_production_refuses_each_unsafe_value(around: Surroundings, name: str) -> None:
    """T33: one unsafe value is enough to refuse the start of a production, by its name; development takes it."""
    around.say(**GOOD | {name: UNSAFE[name]})
    assert unsafe(load()) == []
    around.say(DOORSTEP_ENVIRONMENT="production")

    with pytest.raises(SettingsError, match=name) as caught:
        load()

    assert len(str(caught.value).splitlines()) == 1


def test_t33_production_names_all_that_is_unsafe_at_once(around: Surroundings) -> None:
    """T33: all unsafe values are named in one go."""
    around.say(**GOOD | UNSAFE, DOORSTEP_ENVIRONMENT="production")

    with pytest.raises(SettingsError) as caught:
        load()

    assert {line.partition(":")[0] for line in str(caught.value).splitlines()} == set(UNSAFE)


def test_t33_a_production_that_is_safe_starts(around: Surroundings) -> None:
    """T33: nothing is refused that need not be."""
    around.say(**GOOD, DOORSTEP_ENVIRONMENT="production")

    assert load().is_production


@pytest.mark.parametrize("name", ["DOORSTEP_OIDC_ISSUER", "DOORSTEP_OIDC_CLIENT_ID"])
def test_half_a_provider_does_not_start(around: Surroundings, name: str) -> None:
    """S3.1: what is no use alone is refused at the start, and not when the first person wants to sign in."""
    around.say(**{key: value for key, value in GOOD.items() if key != name})

    with pytest.raises(SettingsError, match="set both, or none"):
        load()


def test_t33_a_weak_key_anywhere_in_the_ring_is_noticed(around: Surroundings) -> None:
    """T33, T23: an old weak key at the end of the ring is as unsafe as one at its beginning."""
    both = f"{GOOD['DOORSTEP_LINK_KEYS']},old:c2hvcnQtYnV0LXR5cGVk"
    around.say(**GOOD | {"DOORSTEP_LINK_KEYS": both}, DOORSTEP_ENVIRONMENT="production")

    with pytest.raises(SettingsError, match="DOORSTEP_LINK_KEYS"):
        load()


def test_temporal_is_found_through_the_home(around: Surroundings) -> None:
    """S3.1: a home says where its Temporal is, and nothing else of it reaches the Temporal client."""
    around.keep_at_home(TEMPORAL_ADDRESS="127.0.0.1:7234", DOORSTEP_WEB_PORT="8081")

    assert temporal_defaults() == {"TEMPORAL_ADDRESS": "127.0.0.1:7234"}
    assert temporal_defaults(around.secrets) == {}


def test_children_do_not_inherit_another_temporal(around: Surroundings) -> None:
    """T33: an address or an API key of the caller never reaches a process of the local stack."""
    around.say(TEMPORAL_ADDRESS="prod.example:7233", TEMPORAL_API_KEY="key", DOORSTEP_WEB_PORT="1")

    made = settings.child_environment({"TEMPORAL_ADDRESS": "127.0.0.1:1", "DOORSTEP_WEB_PORT": "2"})

    assert made["TEMPORAL_ADDRESS"] == "127.0.0.1:1"
    assert "TEMPORAL_API_KEY" not in made
    assert made["DOORSTEP_WEB_PORT"] == "2"


def test_only_development_may_move_time(around: Surroundings) -> None:
    """T33: tools that bend time or data ask here, and a production says no."""
    assert settings.is_development()
    around.say(DOORSTEP_ENVIRONMENT="production")
    assert not settings.is_development()
