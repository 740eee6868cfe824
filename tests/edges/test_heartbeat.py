"""The heartbeat: only completed passes send one, and nothing that hangs holds up anything else."""

import asyncio
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from structlog.testing import capture_logs

from bf_reconciler.daemon import heartbeat as room
from bf_reconciler.daemon.heartbeat import HeartbeatSender, Pass, send_heartbeat
from bf_reconciler.metrics import Tallies
from bf_reconciler.settings import Heartbeat
from build import CONNECTION, MINUTE, NOW, a_connection, a_seen, a_spec, an_observation

SECRET = "ping-3f8a91c2"
SPEC = a_spec([a_connection()], [])
SEEN = {CONNECTION: a_seen()}
HOUR = 60 * MINUTE


@contextmanager
def a_receiver(status=200, location=None):
    """An HTTP server of another system; what it was asked stands in ``asked``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Authorization")))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, *_):
            pass

    asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{SECRET}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def running(sender):
    task = asyncio.ensure_future(sender.keep_sending())
    try:
        yield
    finally:
        task.cancel()


def figures(tallies):
    return {
        sample.name: sample.value
        for family in tallies.collect()
        for sample in family.samples
        if sample.name.startswith("bf_heartbeat") and not sample.name.endswith("_created")
    }


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 # it comes from a thread
            await asyncio.sleep(0.005)


# --- a pass


def test_a_pass_is_complete_when_nothing_is_overdue_and_every_runtime_has_answered():
    whole = Pass(frozenset)
    assert whole.missing(SPEC, SEEN, NOW) == ""
    assert whole.missing(SPEC, SEEN, NOW + MINUTE) == ""


def test_without_a_file_there_is_no_pass():
    assert Pass(frozenset).missing(None, {}, NOW) == "no valid file is in force"


def test_a_probe_that_is_not_on_record_holds_it_up():
    whole = Pass(frozenset)
    assert whole.missing(SPEC, SEEN, NOW) == ""
    late = whole.missing(SPEC, SEEN, NOW + HOUR)
    assert late == f"connections were not tested when they were due: {CONNECTION}"
    answered = {CONNECTION: a_seen(an_observation(NOW + HOUR))}
    assert whole.missing(SPEC, answered, NOW + HOUR) == ""


def test_a_new_file_gives_its_connections_their_time():
    whole = Pass(frozenset)
    assert whole.missing(SPEC, SEEN, NOW) == ""
    new = replace(SPEC, generation=2)
    assert whole.missing(new, {}, NOW + HOUR) == ""
    assert whole.missing(new, {}, NOW + 2 * HOUR) != ""


def test_a_runtime_that_answered_once_since_the_last_pass_has_answered():
    busy = [{"a", "b"}, {"b", "c"}, {"a"}, {"a"}, set()]
    whole = Pass(lambda: frozenset(busy.pop(0)))
    words = "runtimes have not answered: "
    said = [whole.missing(SPEC, SEEN, NOW) for _ in range(5)]
    assert said == [f"{words}a, b", f"{words}b", "", f"{words}a", ""]


def test_of_many_names_the_first_are_told():
    whole = Pass(lambda: frozenset("abcdefg"))
    assert whole.missing(SPEC, SEEN, NOW) == "runtimes have not answered: a, b, c, d, e and 2 more"


# --- sending


async def test_each_completed_pass_sends_one_and_no_timer_does():
    with a_receiver() as (url, asked):
        tallies, missing = Tallies(), ["not yet", "", ""]
        sender = HeartbeatSender(Heartbeat(url, seconds=0.0), lambda: missing.pop(0), tallies)
        with running(sender):
            sender.turned()
            assert asked == []
            for count in (1, 2):
                sender.turned()
                sender.turned()  # one that is on its way is enough
                await until(lambda count=count: len(asked) == count)
                await until(lambda: sender._due is not None)  # noqa: SLF001 # it is due again
    assert asked == [(f"/{SECRET}", None)] * 2
    assert figures(tallies)["bf_heartbeat_failures_total"] == 0
    assert abs(figures(tallies)["bf_heartbeat_last_success_timestamp_seconds"] - time.time()) < 60


async def test_nothing_is_looked_at_while_none_is_due():
    def look():
        raise AssertionError

    sender = HeartbeatSender(Heartbeat("http://127.0.0.1:1"), look, Tallies())
    sender._due = None  # noqa: SLF001 # as after one was sent
    sender.turned()


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_one_that_was_not_taken_is_counted_told_once_and_sent_again(status):
    tallies = Tallies()
    with a_receiver(status, f"http://127.0.0.1:1/{SECRET}") as (url, asked), capture_logs() as logs:
        sender = HeartbeatSender(Heartbeat(url, seconds=0.0), str, tallies)
        with running(sender):
            await until(lambda: sender.turned() or len(asked) > 1)
            await until(lambda: figures(tallies)["bf_heartbeat_failures_total"] > 1)
    assert [line["event"] for line in logs] == ["heartbeat not sent"]
    assert logs[0]["message"] == f"the receiver refused it (HTTP {status})"
    assert SECRET not in repr(logs)
    assert "bf_heartbeat_last_success_timestamp_seconds" not in figures(tallies)


async def test_what_is_taken_again_is_told():
    fails = [OSError("x"), None]

    def send(_target):
        failure = fails.pop(0) if fails else None
        if failure is not None:
            raise failure

    tallies = Tallies()
    with capture_logs() as logs:
        sender = HeartbeatSender(Heartbeat("", seconds=0.0), str, tallies, send)
        with running(sender):
            await until(lambda: sender.turned() or len(logs) > 1)
    assert [line["event"] for line in logs] == ["heartbeat not sent", "heartbeat sent again"]
    assert logs[0]["message"] == "the receiver cannot be reached (OSError)"


async def test_a_receiver_that_hangs_holds_up_nothing_and_one_waits_at_most(monkeypatch):
    monkeypatch.setattr(room, "DEADLINE", 0.01)
    go, calls = threading.Event(), []

    def send(_target):
        calls.append(1)
        go.wait(60)

    tallies = Tallies()
    with capture_logs() as logs:
        sender = HeartbeatSender(Heartbeat("", seconds=0.0), str, tallies, send)
        with running(sender):
            await until(
                lambda: sender.turned() or figures(tallies)["bf_heartbeat_failures_total"] > 2
            )
            assert calls == [1]
            go.set()
            await until(lambda: sender.turned() or len(calls) > 1)
    assert logs[0]["message"] == "the receiver has not answered within 0.01 s"


async def test_the_log_says_what_a_heartbeat_waits_for():
    missing = ["the journal is not saved", "the journal is not saved", ""]
    sender = HeartbeatSender(Heartbeat(""), lambda: missing.pop(0), Tallies())
    with capture_logs() as logs:
        sender._due -= room.LATE + 1  # noqa: SLF001 # it is late
        for _ in range(3):
            sender.turned()
    assert logs == [
        {"event": "heartbeat withheld", "why": "the journal is not saved", "log_level": "warning"}
    ]


def test_a_token_is_sent_along():
    with a_receiver() as (url, asked):
        send_heartbeat(Heartbeat(url, "word-of-16-chars"))
    assert asked == [(f"/{SECRET}", "Bearer word-of-16-chars")]


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with a_receiver() as (url, asked), suppress(OSError):
        send_heartbeat(Heartbeat(url))
    assert len(asked) == 1


def test_its_address_stands_in_no_repr():
    assert SECRET not in repr(Heartbeat(f"https://hc.example/{SECRET}", SECRET))
