"""What every test stands on: one event loop, and properties that CI repeats exactly."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes is the machine's business.
timeless = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", timeless)
settings.register_profile("ci", timeless, derandomize=True, database=None, print_blob=True)
# Whoever runs the tests in the background has Ctrl-C ignored, and children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tables are as wide as their text where nobody says how wide the terminal is; a runner may.
os.environ.pop("COLUMNS", None)

settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def unconfigured(monkeypatch, tmp_path):
    """No variable of the program, and a folder of one's own."""
    for name in [name for name in os.environ if name.startswith("BF_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def simulator():
    """Simulated exchanges with the keys of the demo."""
    from commandline import simulated  # noqa: PLC0415 # most tests need none

    with simulated() as running:
        yield running
