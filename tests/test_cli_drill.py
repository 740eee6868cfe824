"""`drill`: the hops of an alarm, and what is said where one is not reached."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.verdict import ConnectionState
from commandline import FakeView, run_in, serving
from edges.fakes import NOW, a_connection, a_status
from ports import free_port

NAME = "kucoin-canary"
GOOD = a_connection(NAME, reason=Reason.AS_EXPECTED)
FAILED = a_connection(NAME, ConnectionState.BLOCKED, Reason.CANARY_FAILED)


@dataclass
class Drilled(FakeView):
    """A daemon whose canary fails while it is drilled, and whoever is told of that."""

    told: list = field(default_factory=list)
    refuses: str = ""
    once: bool = False

    async def drill(self, name, seconds, by, _token=""):
        if self.refuses:
            raise ValueError(self.refuses)
        self.refuses = "busy" if self.once else ""
        self.done.append((name, seconds, by))
        self.now = a_status([FAILED if seconds else GOOD], [])
        for tell in self.told if seconds else ():
            threading.Thread(target=tell).start()
        return NOW + timedelta(seconds=seconds)


@contextmanager
def an_alertmanager(alerts):
    """Something that has these alerts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = json.dumps(alerts).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sent(port, body):
    """Posts a message to there."""

    def send():
        request = Request(f"http://127.0.0.1:{port}/", body)
        with build_opener(ProxyHandler({})).open(request, timeout=60) as answer:
            answer.read()

    return send


def test_it_shows_the_seconds_to_each_hop_and_ends_the_drill(capsys):
    port, alert = free_port(), {"labels": {"connection": NAME}}
    view = Drilled(a_status([GOOD], []))
    view.told = [sent(port, b""), sent(port, b"about another"), sent(port, NAME.encode())]
    others = [{}, "x", {"labels": {"connection": "another"}}]
    with serving(view) as url, an_alertmanager([*others, alert]) as (manager, asked):
        words = ("--url", url, "--by", "ada", "--for", "60s", "--alertmanager", manager)
        ran = run_in(capsys, "drill", NAME, *words, "--listen", f"127.0.0.1:{port}")
    assert ran.code == 0, ran.err
    shown = ran.out.splitlines()
    assert {line.split(" s  ")[1] for line in shown[:3]} == {
        "the daemon says CanaryFailed",
        "Alertmanager has the alert",
        "the message is here",
    }
    assert shown[3] == "The alarm works."
    assert view.done == [(NAME, 60.0, "ada"), (NAME, 0.0, "unknown")]
    assert "BFReconcilerCanaryFailed" in asked[0]


def test_an_alarm_that_does_not_arrive_is_an_error_and_the_drill_is_ended(capsys):
    view = Drilled(a_status([GOOD], []))
    with serving(view) as url, an_alertmanager({"no": "list"}) as (manager, _):
        words = ("--url", url, "--alertmanager", manager, "--for", "1s", "--lang", "tr")
        ran = run_in(capsys, "drill", NAME, *words)
    assert ran.code == 1
    assert "daemon CanaryFailed diyor" in ran.out
    assert "alarm 1 saniye içinde gelmedi" in ran.err
    assert view.done[-1][1] == 0.0


def test_an_alertmanager_that_is_down_may_come_back(capsys):
    with serving(Drilled(a_status([GOOD], []))) as url:
        words = ("--url", url, "--for", "1s", "--alertmanager", f"http://127.0.0.1:{free_port()}")
        assert run_in(capsys, "drill", NAME, *words).code == 1


def test_a_canary_that_is_not_as_expected_cannot_be_tried(capsys):
    view = Drilled(a_status([FAILED], []))
    with serving(view) as url:
        ran = run_in(capsys, "drill", NAME, "--url", url, "--listen", "127.0.0.1:0")
    assert ran.code == 1
    assert f"{NAME} is not as expected now" in ran.err
    assert view.done == []


def test_what_the_daemon_refuses_is_told(capsys):
    view = Drilled(a_status([GOOD], []), refuses="it is no canary")
    with serving(view) as url:
        listen = ("--listen", "127.0.0.1:0")
        assert "it is no canary" in run_in(capsys, "drill", NAME, "--url", url, *listen).err
        none = run_in(capsys, "drill", "none", "--url", url, *listen)
        assert "no connection with this name" in none.err
    away = run_in(capsys, "drill", NAME, "--url", f"http://127.0.0.1:{free_port()}", *listen)
    assert "no daemon answers" in away.err
    with an_alertmanager({}) as (stranger, _):
        ran = run_in(capsys, "drill", NAME, "--url", stranger, *listen)
    assert "is not a bf-reconciler daemon" in ran.err


def test_a_drill_that_cannot_be_ended_ends_by_itself(capsys):
    view = Drilled(a_status([GOOD], []), once=True)
    with serving(view) as url:
        ran = run_in(capsys, "drill", NAME, "--url", url, "--for", "1s", "--listen", "127.0.0.1:0")
    assert ran.code == 1
    assert "The drill could not be ended (busy); it ends by itself." in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--alertmanager or --listen is required"),
        (("--listen", "nowhere"), "the listen address must be HOST:PORT"),
        (("--listen", "203.0.113.7:1"), "cannot listen on 203.0.113.7:1"),
    ],
)
def test_where_the_alarm_arrives_must_be_said(capsys, words, said):
    ran = run_in(capsys, "drill", NAME, *words)
    assert ran.code == 1
    assert said in ran.err
