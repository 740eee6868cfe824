"""`drill`: try the alarm, from a canary to the message."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from bf_reconciler.cli import completions, options
from bf_reconciler.cli.api import Api, ApiError, RefusedError
from bf_reconciler.cli.durations import Duration
from bf_reconciler.cli.halt import user
from bf_reconciler.cli.output import fail, note, say
from bf_reconciler.facts import Language, Said
from bf_reconciler.settings import parse_listen

ALERT = "BFReconcilerCanaryFailed"
FAILED, PASSED = "CanaryFailed", "AsExpected"
POLL_SECONDS = 0.5
MAX_BODY = 1 << 20
BY_DAEMON = Said("the daemon says CanaryFailed", "daemon CanaryFailed diyor")
BY_ALERTMANAGER = Said("Alertmanager has the alert", "Alertmanager uyarıyı aldı")
BY_MESSAGE = Said("the message is here", "ileti geldi")
ARRIVED = Said("The alarm works.", "Alarm çalışıyor.")
MISSED = Said("the alarm did not arrive within {:g} s", "alarm {:g} saniye içinde gelmedi")
NOT_AS_EXPECTED = Said(
    "{} is not as expected now, so nothing can be tried: {}",
    "{} şu anda beklendiği gibi değil, bu yüzden deneme yapılamaz: {}",
)
NOT_ENDED = Said(
    "The drill could not be ended ({}); it ends by itself.",
    "Deneme sonlandırılamadı ({}); kendiliğinden sona erer.",
)
Hop = tuple[Said, Callable[[], bool]]


@click.command("drill")
@click.argument("name", shell_complete=completions.of_daemon)
@options.option("--alertmanager", metavar="URL", help="Wait until this Alertmanager has the alert.")
@click.option(
    "--listen",
    "listen",
    metavar="HOST:PORT",
    help="Wait here for the message: a webhook that is sent to this address.",
)
@click.option(
    "--for",
    "seconds",
    type=Duration(least=1.0),
    default="5m",
    show_default=True,
    help="How long to wait at most; the drill ends by itself then. At most 1h.",
)
@click.option("--by", help="Who; default: the current user.")
@options.url_option
@options.token_option
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    name: str,
    alertmanager: str | None,
    listen: str | None,
    seconds: float,
    by: str | None,
    url: str | None,
    token_file: Path | None,
    lang: Language,
) -> None:
    """Try the alarm with the canary NAME, and measure until it arrives.

    The daemon at --url takes the canary for failed until the alarm has arrived, or --for is over.
    Shows the seconds from then to each hop. Exits with 1 if one of them is not reached.
    """
    if alertmanager is None and listen is None:
        raise click.UsageError("--alertmanager or --listen is required: where the alarm arrives")
    api = Api.of(url, token_file)
    hops: list[Hop] = [(BY_DAEMON, lambda: _reason(api, name) == FAILED)]
    if alertmanager is not None:
        manager = Api.of(alertmanager)
        hops.append((BY_ALERTMANAGER, lambda: _has_alert(manager, name)))
    with _receiver(name, listen) as received:
        if received is not None:
            hops.append((BY_MESSAGE, received.is_set))
        _begin(api, name, seconds, by or user(), lang)
        try:
            arrived = _watch(hops, seconds, lang)
        finally:
            _end(api, name, lang)
    if not arrived:
        fail(MISSED.in_(lang).format(seconds))
    say(ARRIVED.in_(lang))


def _begin(api: Api, name: str, seconds: float, by: str, language: Language) -> None:
    try:
        if _reason(api, name) != PASSED:
            fail(NOT_AS_EXPECTED.in_(language).format(name, _message(api, name)))
        api.post(f"/api/v1/connections/{name}/drill", {"seconds": round(seconds), "by": by})
    except RefusedError as error:
        fail(f"the daemon refused: {error}")
    except ApiError as error:
        fail(str(error))


def _end(api: Api, name: str, language: Language) -> None:
    try:
        api.post(f"/api/v1/connections/{name}/drill", {"seconds": 0})
    except ApiError as error:
        note(NOT_ENDED.in_(language).format(error))


def _watch(hops: list[Hop], seconds: float, language: Language) -> bool:
    """Show when each hop is reached; whether all were."""
    begun, left = time.monotonic(), list(hops)
    while left and time.monotonic() - begun < seconds:
        for hop in list(left):
            if _reached(hop):
                left.remove(hop)
                say(f"{time.monotonic() - begun:7.1f} s  {hop[0].in_(language)}")
        if left:
            time.sleep(POLL_SECONDS)
    return not left


def _reached(hop: Hop) -> bool:
    try:
        return hop[1]()
    except ApiError:  # it may come back in time
        return False


def _ready(api: Api, name: str) -> dict[str, Any]:
    found = api.get(f"/api/v1/connections/{name}")
    conditions = found.get("conditions") if isinstance(found, dict) else None
    if not isinstance(conditions, list) or not conditions or not isinstance(conditions[0], dict):
        raise ApiError(f"the server at {api.url} is not a bf-reconciler daemon")
    return conditions[0]


def _reason(api: Api, name: str) -> str:
    return str(_ready(api, name).get("reason"))


def _message(api: Api, name: str) -> str:
    return str(_ready(api, name).get("message"))


def _has_alert(manager: Api, name: str) -> bool:
    found = manager.get("/api/v2/alerts", active="true", filter=f'alertname="{ALERT}"')
    alerts = found if isinstance(found, list) else []
    return any(_is_of(alert, name) for alert in alerts)


def _is_of(alert: object, name: str) -> bool:
    labels = alert.get("labels") if isinstance(alert, dict) else None
    return isinstance(labels, dict) and labels.get("connection") == name


@contextmanager
def _receiver(name: str, listen: str | None) -> Iterator[threading.Event | None]:
    """Listen for a message that names the canary; yields what is set when it is there."""
    if listen is None:
        yield None
        return
    received = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            body = self.rfile.read(min(int(length), MAX_BODY)) if length.isdigit() else b""
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if name.encode() in body:
                received.set()

        def log_message(self, *_: object) -> None:
            """Nothing: the hops are shown."""

    try:
        address = parse_listen(listen)
        server = ThreadingHTTPServer((address.host, address.port), Handler)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        fail(f"cannot listen on {listen}: {error.strerror}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
