"""What an event stream sends: what changed of the status, or of one page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from aiohttp import web
from yarl import URL

from bf_reconciler.facts import Language
from bf_reconciler.status import Status, Transition, present, present_transition
from bf_reconciler.web.http.app_keys import BACKEND, LATENCIES, RENDERERS
from bf_reconciler.web.http.pages import reader_of
from bf_reconciler.web.http.responses import dumps, language_of
from bf_reconciler.web.page.markup import NOTHING
from bf_reconciler.web.page.page_parts import PageParts, announcement, patch
from bf_reconciler.web.page.renderer import Renderer

E = TypeVar("E")
PAGE_SECONDS = 1.0
"""A page is patched no more often than this."""
LONGEST = 2000


class Payload(Protocol):
    """Turns what is new into events; ``pause``: seconds to let changes gather. May block."""

    pause: float

    def alive(self) -> bytes:
        """Sent where there is nothing new."""

    def events(self, status: Status, changes: Sequence[Transition]) -> bytes: ...


class StatusPayload:
    """``status``: the whole status at first, then what changed of it; ``transition`` for each."""

    pause = 0.0

    def __init__(self, language: Language) -> None:
        self._language = language
        self._sent: Status | None = None

    def alive(self) -> bytes:
        return b": still here\n\n"

    def events(self, status: Status, changes: Sequence[Transition]) -> bytes:
        events = [_event("transition", present_transition(t, self._language)) for t in changes]
        events.append(_event("status", self._status(status)))
        self._sent = status
        return "".join(events).encode()

    def _status(self, status: Status) -> dict[str, Any]:
        before = self._sent
        if before is None:
            return present(status, self._language)
        changed = replace(
            status,
            connections=_changed(before.connections, status.connections),
            strategies=_changed(before.strategies, status.strategies),
        )
        removed = {
            "connections": [n for n in before.connections if n not in status.connections],
            "strategies": [n for n in before.strategies if n not in status.strategies],
        }
        return present(changed, self._language) | {"partial": True, "removed": removed}


def _changed(before: Mapping[str, E], after: Mapping[str, E]) -> dict[str, E]:
    return {
        name: entry
        for name, entry in after.items()
        if (known := before.get(name)) is not entry and known != entry
    }


class PagePayload:
    """``patch`` with the parts of one page that changed, and a sentence that says what did.

    ``alive`` in between: a page that hears nothing cannot tell a quiet daemon from a dead one.
    """

    def __init__(self, request: web.Request, page: str) -> None:
        self.pause = PAGE_SECONDS
        url = URL(page) if page.startswith("/") else URL("/")
        self._request, self._query = request, dict(url.query)
        self._language = language_of(request, self._query)
        self._latencies = request.app[LATENCIES]
        kept = request.app[RENDERERS].take(request.query.get("seen", ""), page)
        self._renderer = kept or Renderer(request.app[BACKEND], url.path, self._query)

    def alive(self) -> bytes:
        """Whether the loops of the daemon complete their passes: a comment never reaches a page."""
        healthy, _ = self._request.app[BACKEND].health()
        return _event("alive", {"healthy": healthy}).encode()

    def events(self, status: Status, changes: Sequence[Transition]) -> bytes:  # noqa: ARG002 # some may have been missed; the page is compared as a whole
        self._latencies.take(status)
        reader = reader_of(self._request, self._language, self._query, self._latencies)
        then, known = self._renderer.latest or (status, PageParts("", NOTHING, {}))
        body = patch(known, self._renderer.render(status, reader))
        if news := announcement(then, status, reader):
            body["say"] = news
        return _event("patch", body).encode(errors="replace") if body else b""


def payload_for(request: web.Request) -> Payload:
    page = request.query.get("page")
    if page is None:
        return StatusPayload(language_of(request))
    if len(page) > LONGEST:
        raise web.HTTPBadRequest(text="page: the address is too long")
    return PagePayload(request, page)


def _event(kind: str, body: object) -> str:
    return f"event: {kind}\ndata: {dumps(body)}\n\n"
