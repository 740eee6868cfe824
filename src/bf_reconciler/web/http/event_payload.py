"""What an event stream tells: every status and transition, or what of one page has changed."""

from collections.abc import Sequence
from typing import Protocol

from aiohttp import web
from yarl import URL

from bf_reconciler.facts import Language
from bf_reconciler.status import Status, Transition, present, present_transition
from bf_reconciler.web.http.app_keys import BACKEND, LATENCIES, RENDERERS
from bf_reconciler.web.http.pages import reader_of
from bf_reconciler.web.http.responses import dumps, language
from bf_reconciler.web.page.markup import NOTHING
from bf_reconciler.web.page.page_parts import PageParts, announcement, patch
from bf_reconciler.web.page.renderer import Renderer

PAGE_SECONDS = 1.0
"""A page is patched no more often than this."""
LONGEST = 2000


class Teller(Protocol):
    """Turns what is new into events; ``pause``: seconds to let changes gather. May block."""

    pause: float

    def tell(self, status: Status, changes: Sequence[Transition]) -> bytes: ...


class WholeTeller:
    """``status`` with the whole status; ``transition`` for each."""

    pause = 0.0

    def __init__(self, words: Language) -> None:
        self._words = words

    def tell(self, status: Status, changes: Sequence[Transition]) -> bytes:
        moved = [_event("transition", present_transition(t, self._words)) for t in changes]
        return "".join([*moved, _event("status", present(status, self._words))]).encode()


class PageTeller:
    """``patch`` with the parts of one page that changed, and a sentence on what was news."""

    def __init__(self, request: web.Request, page: str) -> None:
        self.pause = PAGE_SECONDS
        url = URL(page) if page.startswith("/") else URL("/")
        self._request, self._query = request, dict(url.query)
        self._words = language(request, self._query)
        self._latencies = request.app[LATENCIES]
        left = request.app[RENDERERS].collect(request.query.get("seen", ""), page)
        self._painter = left or Renderer(request.app[BACKEND], url.path, self._query)

    def tell(self, status: Status, changes: Sequence[Transition]) -> bytes:  # noqa: ARG002 # some may have been missed; the difference tells all
        self._latencies.take(status)
        reader = reader_of(self._request, self._words, self._query, self._latencies)
        then, known = self._painter.before or (status, PageParts("", NOTHING, {}))
        body = patch(known, self._painter.render(status, reader))
        if news := announcement(then, status, reader):
            body["say"] = news
        return _event("patch", body).encode(errors="replace") if body else b""


def teller(request: web.Request) -> Teller:
    page = request.query.get("page")
    if page is None:
        return WholeTeller(language(request))
    if len(page) > LONGEST:
        raise web.HTTPBadRequest(text="page: a shorter address is expected")
    return PageTeller(request, page)


def _event(kind: str, body: object) -> str:
    return f"event: {kind}\ndata: {dumps(body)}\n\n"
