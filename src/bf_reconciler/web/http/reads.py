"""Routes that read."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web

from bf_reconciler.status import (
    Kind,
    present,
    present_connection,
    present_strategy,
    present_transition,
)
from bf_reconciler.web.http.app_keys import BACKEND
from bf_reconciler.web.http.openapi import DOCUMENT, KINDS, TABLES
from bf_reconciler.web.http.paging import number, part
from bf_reconciler.web.http.responses import (
    accepts_gzip,
    answer,
    answer_made,
    language_of,
    send_pieces,
    written,
)

MAX_LIMIT = 1000
JSON = "application/json; charset=utf-8"


async def metrics(request: web.Request) -> web.StreamResponse:
    """Everything, or with ``?detail=summary`` without the series of conditions and permissions."""
    detail = request.query.get("detail", "full")
    if detail not in {"full", "summary"}:
        raise web.HTTPBadRequest(text="detail: full or summary is expected")
    accept = request.headers.get("Accept", "")
    gzip = accepts_gzip(request)
    pieces, kind = request.app[BACKEND].metrics(accept, summary=detail == "summary", gzip=gzip)
    return await send_pieces(request, pieces, kind, gzip=gzip)


async def health(request: web.Request) -> web.Response:
    return _health(*request.app[BACKEND].health())


async def ready(request: web.Request) -> web.Response:
    return _health(*request.app[BACKEND].ready())


def _health(good: bool, sentence: str) -> web.Response:  # noqa: FBT001 # as the backend gives it
    return web.Response(text=f"{sentence}\n", status=200 if good else 503)


async def status(request: web.Request) -> web.StreamResponse:
    """The whole status, or with ``limit`` a part of it and ``continue``, the token for the next."""
    now, language, query = request.app[BACKEND].status(), language_of(request), request.query
    generation = now.generation
    if "limit" not in query:
        frame = present(replace(now, connections={}, strategies={}), language)
        lists = {
            "connections": (
                present_connection(each, generation, language) for each in now.connections.values()
            ),
            "strategies": (
                present_strategy(each, generation, language) for each in now.strategies.values()
            ),
        }
        return await send_pieces(request, written(frame, lists), JSON)
    some = part(now, query["limit"], query.get("continue"))
    more = {"continue": some.token, "remaining": some.remaining}
    return await answer_made(lambda: present(some.status, language) | more)


async def openapi(_: web.Request) -> web.Response:
    """What this API is, for machines."""
    return answer(DOCUMENT)


async def connection(request: web.Request) -> web.Response:
    now = request.app[BACKEND].status()
    known = now.connections.get(request.match_info["name"])
    if known is None:
        raise web.HTTPNotFound(text="no connection with this name")
    return answer(present_connection(known, now.generation, language_of(request)))


async def evidence(request: web.Request) -> web.Response:
    """When a connection was tested, what was answered, and the policy that judged it."""
    name, language = request.match_info["name"], language_of(request)
    found = request.app[BACKEND].evidence(name, language)
    if found is None:
        raise web.HTTPNotFound(text="no connection with this name")
    return answer(found)


async def stolen(request: web.Request) -> web.Response:
    """What a thief of a connection's key has, and what to do in which order."""
    name, language = request.match_info["name"], language_of(request)
    found = request.app[BACKEND].stolen(name, language)
    if found is None:
        raise web.HTTPNotFound(text="no connection with this name")
    return answer(found)


async def strategy(request: web.Request) -> web.Response:
    now = request.app[BACKEND].status()
    known = now.strategies.get(request.match_info["name"])
    if known is None:
        raise web.HTTPNotFound(text="no strategy with this name")
    return answer(present_strategy(known, now.generation, language_of(request)))


async def history(request: web.Request) -> web.Response:
    """Transitions, newest first; ``name``, ``limit``, ``before`` and ``kind`` narrow them."""
    backend, language, query = request.app[BACKEND], language_of(request), request.query
    limit = number(query.get("limit", "100"))
    if limit is None or not 1 <= limit <= MAX_LIMIT:
        raise web.HTTPBadRequest(text=f"limit: a number from 1 to {MAX_LIMIT} is expected")
    name, before = query.get("name"), _moment(query.get("before"))
    kind = _kind(query.get("kind"))
    changes = await asyncio.to_thread(backend.history, name, limit, before, kind)
    return await answer_made(
        lambda: {"transitions": [present_transition(each, language) for each in changes]}
    )


async def journal(request: web.Request) -> web.Response:
    """Rows of a table of the journal with their hashes, oldest first; ``after`` goes on."""
    backend, query = request.app[BACKEND], request.query
    limit, after = number(query.get("limit", "1000")), _row(query.get("after"))
    if limit is None or not 1 <= limit <= MAX_LIMIT:
        raise web.HTTPBadRequest(text=f"limit: a number from 1 to {MAX_LIMIT} is expected")
    table = request.match_info["table"]
    if table not in TABLES:
        raise web.HTTPNotFound(text="no table of the journal with this name")
    return await answer_made(lambda: backend.journal(table, after, limit))


def _row(text: str | None) -> int | None:
    """The number of a row; one that nobody wrote may be negative."""
    if text is None:
        return None
    found = number(text.removeprefix("-"))
    if found is None:
        raise web.HTTPBadRequest(text="after: the number of a row is expected")
    return -found if text.startswith("-") else found


def _kind(text: str | None) -> Kind | None:
    found = next((kind for kind in KINDS if kind == text), None)
    if found != text:
        raise web.HTTPBadRequest(text=f"kind: one of {', '.join(KINDS)} is expected")
    return found


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise web.HTTPBadRequest(
            text="before: a time such as 2027-01-31T12:00:00Z is expected"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
