"""What every response has in common: JSON, errors, security headers, and the reader's language."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from aiohttp import web

from bf_reconciler.facts import Language
from bf_reconciler.web.backend import NotDurableError

logger = logging.getLogger(__name__)

WRITE_SECONDS = 30.0
"""A reader that takes nothing for this long is disconnected."""
SLICE_SECONDS = 0.005
WRITE_BYTES = 512 * 1024
PIECE = 50
"""Entries in a piece of JSON: a few milliseconds of work."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answer(body: object, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, dumps=dumps)


def dumps(body: object) -> str:
    return json.dumps(body, ensure_ascii=False).encode(errors="replace").decode()


def written(frame: Mapping[str, object], lists: Mapping[str, Iterable[object]]) -> Iterator[bytes]:
    """An object as JSON, piece by piece: some of its lists are long, and made as they are written.

    One call that writes 10,000 connections would let nobody have the interpreter for a second.
    """
    mark = "{"
    for name, value in {**frame, **lists}.items():
        yield f"{mark}{dumps(name)}: ".encode()
        mark = ", "
        if name in lists:
            yield from _listed(iter(lists[name]))
        else:
            yield dumps(value).encode()
    yield b"}"


def _listed(entries: Iterator[object]) -> Iterator[bytes]:
    mark = "["
    while some := list(islice(entries, PIECE)):
        yield f"{mark}{', '.join(map(dumps, some))}".encode()
        mark = ", "
    yield b"[]" if mark == "[" else b"]"


async def answer_made(make: Callable[[], object], status: int = 200) -> web.Response:
    """Answer with a large body, made in a thread so that the event loop stays free."""
    text = await asyncio.to_thread(lambda: dumps(make()))
    return web.json_response(text=text, status=status)


async def send_pieces(
    request: web.Request, pieces: Iterable[bytes], content_type: str, *, gzip: bool = False
) -> web.StreamResponse:
    """Answer piece by piece: others are served in between, and the whole is never in memory.

    With ``gzip``, the pieces are a gzip stream.
    """
    response = web.StreamResponse(headers={"Content-Type": content_type})
    if gzip:
        response.headers["Content-Encoding"] = "gzip"
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        for some in _gathered(pieces):
            if some:
                async with asyncio.timeout(WRITE_SECONDS):
                    await response.write(some)
            await asyncio.sleep(0)
        await response.write_eof()
    except TimeoutError:  # what was not sent cannot be: the reader must not take it for the end
        if request.transport is not None:
            request.transport.abort()
    return response


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces that are made within a slice of time, together; what was made of them till then.

    Each time that others are let in costs as much as they have to do.
    """
    some: list[bytes] = []
    size, since = 0, time.monotonic()
    for piece in pieces:
        some.append(piece)
        size += len(piece)
        if size >= WRITE_BYTES or time.monotonic() - since >= SLICE_SECONDS:
            yield b"".join(some)
            some, size, since = [], 0, time.monotonic()
    yield b"".join(some)


def accepts_gzip(request: web.Request) -> bool:
    """Whether the reader takes gzip, by its ``Accept-Encoding``."""
    for part in request.headers.get("Accept-Encoding", "").split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == "gzip":
            return _quality(weight) > 0 if weight else True
    return False


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as ``{"error": ...}``; an unexpected one is logged, and its text stays here."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        text = error.text or error.reason
        if text.startswith(f"{error.status}: "):  # aiohttp's own sentence
            text = error.reason.lower()
        kept = {n: error.headers[n] for n in ("Allow", "WWW-Authenticate") if n in error.headers}
        body = answer({"error": text}, error.status)
        body.headers.update(kept)
        return body
    except NotDurableError as error:
        return answer({"error": str(error)}, 507 if error.full else 503)
    except Exception:
        logger.exception("request failed", extra={"path": request.path, "method": request.method})
        return answer({"error": "internal error; the log of the daemon names it"}, 500)


async def read_object(request: web.Request, seconds: float) -> dict[str, Any]:
    """The JSON object that was sent, empty where nothing was.

    Raises:
        web.HTTPException: it is too large, too slow, or no JSON object.
    """
    if not request.can_read_body:
        return {}
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="application/json is expected")
    try:
        async with asyncio.timeout(seconds):
            body = json.loads(await request.text())
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the body did not arrive in time") from None
    except (ValueError, RecursionError, LookupError):
        raise web.HTTPBadRequest(text="the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected")
    return body


def language_of(request: web.Request, query: Mapping[str, str] | None = None) -> Language:
    """English or Turkish: what ``?lang=`` says, else what the browser prefers."""
    asked = (request.query if query is None else query).get("lang")
    if asked in {"en", "tr"}:
        return "tr" if asked == "tr" else "en"
    best: tuple[float, Language] = (0.0, "en")
    for part in request.headers.get("Accept-Language", "").split(","):
        tag, _, weight = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if primary in {"en", "tr"} and quality > best[0]:
            best = (quality, "tr" if primary == "tr" else "en")
    return best[1]


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
