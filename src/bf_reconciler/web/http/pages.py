"""Routes of the pages and of their assets: style, script, icon."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

from aiohttp import web

from bf_reconciler.facts import Language
from bf_reconciler.status import Status
from bf_reconciler.web.http.app_keys import BACKEND, LATENCIES, RENDERERS
from bf_reconciler.web.http.responses import accepts_gzip, language_of
from bf_reconciler.web.page.detail import not_found
from bf_reconciler.web.page.document import Place, document
from bf_reconciler.web.page.html import Reader
from bf_reconciler.web.page.latency import Latencies
from bf_reconciler.web.page.renderer import Renderer

COMPRESSION: Final = 6
SMALL: Final = 1024
ASSETS: Final = {
    name: (files("bf_reconciler.web.page") / name).read_text(encoding="utf-8")
    for name in ("style.css", "script.js", "icon.svg")
}
TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def reader_of(
    request: web.Request, language: Language, query: Mapping[str, str], latencies: Latencies
) -> Reader:
    """The one who sent this request, now."""
    return Reader(
        now=datetime.now(UTC),
        language=language,
        chosen=query.get("lang") in {"en", "tr"},
        token=bool(request.app[BACKEND].tokens),
        base=f"{request.scheme}://{request.host}",
        latencies=latencies,
    )


async def first(request: web.Request) -> web.Response:
    return await _page(request, "/")


async def connection(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    return await _page(request, f"/connections/{name}", name in _status(request).connections)


async def strategy(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    return await _page(request, f"/strategies/{name}", name in _status(request).strategies)


def _status(request: web.Request) -> Status:
    return request.app[BACKEND].status()


async def _page(request: web.Request, path: str, exists: bool = True) -> web.Response:  # noqa: FBT001, FBT002 # private
    status, query = _status(request), request.query
    latencies = request.app[LATENCIES]
    latencies.take(status)
    reader = reader_of(request, language_of(request), query, latencies)
    renderer = Renderer(request.app[BACKEND], path, query)
    seen = request.app[RENDERERS].keep(request.path_qs, renderer) if exists else ""

    def made() -> str:
        name = path.rpartition("/")[2]
        page = renderer.render(status, reader) if exists else not_found(name, reader)
        return document(status, page, reader, Place(request.path, seen))

    return await zipped(request, made, "text/html", 200 if exists else 404)


async def asset(request: web.Request) -> web.Response:
    name = request.path.lstrip("/")
    kind = TYPES[name.rpartition(".")[2]]
    return await zipped(request, lambda: ASSETS[name], kind)


async def zipped(
    request: web.Request, make: Callable[[], str], kind: str, status: int = 200
) -> web.Response:
    """Made and compressed in a thread, so that the event loop stays free."""
    accepted = accepts_gzip(request)

    def work() -> tuple[bytes, bool]:
        body = make().encode(errors="replace")
        if accepted and len(body) >= SMALL:
            return gzip.compress(body, COMPRESSION, mtime=0), True
        return body, False

    body, small = await asyncio.to_thread(work)
    response = web.Response(body=body, status=status, content_type=kind, charset="utf-8")
    if small:
        response.headers["Content-Encoding"] = "gzip"
    return response
