"""Nothing secret leaves a probe but in the request itself: not in failures, logs or errors."""

import contextlib
import io
import logging

import pytest
import structlog

from bf_reconciler.probe import questions
from bf_reconciler.probe.client import Clients
from bf_reconciler.simulator import Simulator
from edges.probing import IDS, SECRETS, entry_of, observed, probed, prober, reasons, world_of

PROXY = "SENTINELPROXY41d2"
SENTINELS = (*SECRETS.values(), PROXY, "signature", "accessKey=")
FAULTS = [
    {},
    {"waf": True},
    {"status": 500},
    {"rate_limit": True},
    {"reset": True},
    {"garbage": True},
    {"latency": 30.0},
    {"clock_skew_seconds": 60.0},
    {"client_ip": "203.0.113.7"},
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def everything_logged():
    """Every logger at DEBUG, ccxt's own included, into one text."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s %(exc_info)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    own = [logging.getLogger(name) for name in ("ccxt", "ccxt.base.exchange", "aiohttp.client")]
    for each in own:
        each.setLevel(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        yield lambda: written.getvalue() + repr(events)
    root.removeHandler(handler)
    root.setLevel(level)
    for each in own:
        each.setLevel(logging.NOTSET)


@pytest.mark.parametrize("exchange", IDS)
@pytest.mark.parametrize("revoked", [False, True])
@pytest.mark.parametrize("fault", FAULTS, ids=[str(fault) for fault in FAULTS])
async def test_no_secret_shows_in_what_a_probe_says(exchange, revoked, fault, everything_logged):
    world = world_of(exchange, revoked=revoked)
    signed = ["/api/v1/user", "/api/v1/acc", "/api/v3/apiKey", "/api/v3/acc"]
    world.patch_faults(exchange, {**fault, "paths": signed})
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        async with Simulator(world) as sim, prober() as opened:
            entry = entry_of(exchange, sim.base(exchange), timeout=0.5)
            found = await probed(opened, entry)
            said = repr(found) + repr(opened) + repr(vars(opened))
    everything = said + everything_logged() + out.getvalue() + err.getvalue()
    assert not any(sentinel in everything for sentinel in SENTINELS)


async def test_a_proxy_s_password_shows_nowhere(everything_logged):
    proxy = f"http://user:{PROXY}@127.0.0.1:1"
    async with prober() as opened:
        entry = entry_of("mexc", "http://127.0.0.1:1", proxy=proxy)
        found = await probed(opened, entry)
        everything = repr(found) + repr(vars(opened)) + everything_logged()
    assert reasons(found["mexc-main"].observation)[0] == "NetworkError"
    assert PROXY not in everything


async def test_an_unforeseen_error_is_told_by_its_class_alone(monkeypatch, everything_logged):
    async def broken(*_):
        raise ZeroDivisionError(SECRETS["secret"])

    monkeypatch.setattr(Clients, "ask", broken)
    found = await observed(entry_of("kucoin", "http://127.0.0.1:1"))
    everything = repr(found) + everything_logged()
    assert "unexpected error" in found.time.message
    assert "probe_failed" in everything
    assert SECRETS["secret"] not in everything


def test_the_failure_of_an_unforeseen_error_holds_no_cause():
    failure = questions.unforeseen(ValueError(SECRETS["secret"]), "key")
    assert SECRETS["secret"] not in repr(failure)
