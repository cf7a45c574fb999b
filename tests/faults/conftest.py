"""What can be asked of the fault tests on the command line."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--batch-rows 2000`: as many rows as the promise names; in the suite fewer do."""
    parser.addoption("--batch-rows", type=int, default=None, help="rows of the batch during which everything dies")
