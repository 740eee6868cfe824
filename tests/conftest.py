"""What every test stands on: one event loop, and properties that CI repeats exactly."""

import os

import pytest
from hypothesis import settings

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", derandomize=True, database=None, deadline=None, print_blob=True)
# Tables are as wide as their text where nobody says how wide the terminal is; a runner may.
os.environ.pop("COLUMNS", None)

settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


@pytest.fixture
def anyio_backend():
    return "asyncio"
