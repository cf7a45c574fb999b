"""What an error becomes on the command line."""

import importlib

import pytest

from doorstep.domain.errors import Conflict
from starter.commands.faults import WITHOUT_CODE, fault_of


@pytest.mark.parametrize("name", [name for name in WITHOUT_CODE if not name.startswith("temporal_sdk_bridge")])
def test_every_error_in_the_table_exists_under_its_name(name: str) -> None:
    """A class that moves must not silently become an unexpected error."""
    module, _, kind = name.rpartition(".")

    found = getattr(importlib.import_module(module), kind)

    assert issubclass(found, Exception)
    assert f"{found.__module__}.{found.__qualname__}" == name


def test_a_wrong_profile_of_temporal_is_a_setting() -> None:
    """The Temporal client has no public name for the error, so the real one is provoked."""
    from temporalio.envconfig import ClientConfig  # noqa: PLC0415 - takes half a second

    with pytest.raises(RuntimeError) as caught:
        ClientConfig.load_client_connect_config(profile="nobody")

    assert fault_of(caught.value).code == "settings_wrong"


def test_what_only_the_caller_may_read_is_shown() -> None:
    """The command line is the caller's own terminal."""
    fault = fault_of(Conflict("already_decided", "It was decided.", private="Decided by tom."))

    assert (fault.code, fault.message, fault.status) == ("already_decided", "It was decided. Decided by tom.", 409)


def test_what_nobody_foresaw_is_said_to_be_ours() -> None:
    """Nothing of the error's own text is printed, which may quote anything."""
    fault = fault_of(KeyError("secret"))

    assert fault.is_ours
    assert "secret" not in fault.message
