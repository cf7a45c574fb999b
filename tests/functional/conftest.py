"""What the functional tests share besides the house."""

import pytest

from tests.command_line import CommandLine, environment
from tests.house import House


@pytest.fixture
def doorstep(house: House) -> CommandLine:
    """Somebody at a terminal of the house."""
    return CommandLine(environment(house.settings, house.client.service_client.config.target_host))
