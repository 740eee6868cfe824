"""What the process asks of the system, and what it says of clients that it cuts off."""

import asyncio
import json
import resource
import subprocess
import sys
import time

import pytest
import structlog

from bf_reconciler import dumps
from bf_reconciler.daemon import line_limit, loop_lag, process, refusal_report
from bf_reconciler.daemon.client_report import ClientReport
from bf_reconciler.daemon.refusal_report import RefusalReport
from bf_reconciler.metrics import Tallies

SHOWN = """
import ctypes, json, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 300))
from bf_reconciler.daemon.process import harden
harden()
print(json.dumps([
    resource.getrlimit(resource.RLIMIT_CORE),
    resource.getrlimit(resource.RLIMIT_NOFILE),
    ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0,  # PR_GET_DUMPABLE
]))
"""


def test_keys_in_memory_get_into_no_dump_and_files_may_be_many():
    done = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, check=True)
    assert json.loads(done.stdout) == [[0, 0], [300, 300], 0]


VERB = """
import ctypes, json, resource, sys
from bf_reconciler import cli
try:
    cli.main(sys.argv[1:])
finally:
    print(json.dumps([
        resource.getrlimit(resource.RLIMIT_CORE),
        ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0,
    ]))
"""


@pytest.mark.parametrize(
    "words",
    [
        *(("validate", "--decrypt"), ("plan",), ("test",), ("edit",), ("add", "kucoin")),
        *(("rotate", "kucoin-main"), ("certify",), ("seal",), ("run", "--once"), ("init", "--yes")),
    ],
    ids=lambda words: words[0],
)
def test_no_verb_that_holds_keys_can_be_dumped(words, tmp_path):
    """The file is not there, or empty: what is looked at is how the verb has begun."""
    if words[0] == "add":
        (tmp_path / "f").touch()
    file = {"add": ("--file", "f"), "rotate": ("--file", "f"), "certify": ("f", "k")}
    argv = [*words, *file.get(words[0], ("f",))]
    run = [sys.executable, "-c", VERB, *argv]
    done = subprocess.run(run, capture_output=True, check=False, cwd=tmp_path, timeout=60)
    assert json.loads(done.stdout.splitlines()[-1]) == [[0, 0], 0], done.stderr


def test_what_the_system_does_not_permit_is_left_as_it_is(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(dumps.sys, "platform", "darwin")
    process.harden()
    assert process.open_files() == 256


@pytest.mark.parametrize("soft", [resource.RLIM_INFINITY, process.OPEN_FILES])
def test_a_limit_that_is_high_is_left_as_it_is(monkeypatch, soft):
    asked = []
    monkeypatch.setattr(dumps.sys, "platform", "darwin")
    monkeypatch.setattr(resource, "setrlimit", lambda *given: asked.append(given))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
    process.harden()
    assert asked == [(resource.RLIMIT_CORE, (0, 0))]
    assert process.open_files() == process.OPEN_FILES


def test_clients_cut_off_make_a_line_a_minute_for_each_kind(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(line_limit.time, "monotonic", lambda: now)
    tallies = Tallies()
    report = ClientReport(tallies)
    with structlog.testing.capture_logs() as lines:
        for _ in range(275_095):
            report("silent")
        report("crowded")
        now += 60
        report("silent")
    assert [(line["kind"], line["clients"]) for line in lines] == [
        ("silent", 1),
        ("crowded", 1),
        ("silent", 275_095),
    ]
    (family,) = [each for each in tallies.collect() if each.name == "bf_http_clients_dropped"]
    assert {s.labels["kind"]: s.value for s in family.samples} == {
        "silent": 275_096,
        "crowded": 1,
    }


def test_refused_requests_make_a_line_a_minute_for_each_client(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(line_limit.time, "monotonic", lambda: now)
    monkeypatch.setattr(refusal_report, "MOST", 2)
    tallies = Tallies()
    report = RefusalReport(tallies)
    with structlog.testing.capture_logs() as lines:
        report("missing_token", "192.0.2.1", "GET /")  # what a browser does first
        for _ in range(1000):
            report("wrong_token", "192.0.2.1", "POST /api/v1/halt")
        report("missing_token", "192.0.2.1", "POST /-/reload")
        now += 60
        report("wrong_token", "192.0.2.1", "GET /" + "x" * 1000)
        report("wrong_token", "192.0.2.2", "GET /")
    assert [(line["reason"], line["client"], line["requests"]) for line in lines] == [
        ("wrong_token", "192.0.2.1", 1),
        ("missing_token", "192.0.2.1", 1),
        ("wrong_token", "192.0.2.1", 1000),
        ("wrong_token", "192.0.2.2", 1),
    ]
    assert {line["event"] for line in lines} == {"request refused"}
    assert lines[0]["request"] == "POST /api/v1/halt"
    assert len(lines[2]["request"]) == refusal_report.LONGEST
    (family,) = [each for each in tallies.collect() if each.name == "bf_http_requests_refused"]
    counted = {s.labels["reason"]: s.value for s in family.samples}
    assert (counted["wrong_token"], counted["missing_token"], counted["other_site"]) == (1002, 2, 0)


def test_what_was_refused_of_too_many_clients_is_forgotten(monkeypatch):
    monkeypatch.setattr(refusal_report, "MOST", 2)
    report = RefusalReport(Tallies())
    for number in range(5):
        for _ in range(2):
            report("wrong_token", f"192.0.2.{number}", "GET /")
    assert report.remembered <= refusal_report.MOST


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_what_blocks_the_loop_is_measured(monkeypatch):
    monkeypatch.setattr(loop_lag, "SAMPLE_SECONDS", 0.01)
    lags, blocked = [], 0.2
    sampling = asyncio.create_task(loop_lag.keep_sampling(lags.append))
    while not lags:  # noqa: ASYNC110 # no event is given for it
        await asyncio.sleep(0)
    time.sleep(blocked)  # noqa: ASYNC251 # that is what is measured
    seen = len(lags)
    while len(lags) == seen:  # noqa: ASYNC110 # likewise
        await asyncio.sleep(0)
    sampling.cancel()
    assert max(lags[seen:]) > blocked / 2
    assert min(lags) >= 0
