"""What every test stands on: one event loop, and properties that CI repeats exactly."""

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", derandomize=True, database=None, deadline=None, print_blob=True)
# Whoever runs the tests in the background has Ctrl-C ignored, and children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tables are as wide as their text where nobody says how wide the terminal is; a runner may.
os.environ.pop("COLUMNS", None)

settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


@pytest.fixture
def anyio_backend():
    return "asyncio"
