"""Routes that write. Access is checked before they are reached."""

from typing import Any

from aiohttp import web

from bf_reconciler.status import present, present_connection, unconfirmed, written
from bf_reconciler.web.http.access import token_name
from bf_reconciler.web.http.app_keys import BACKEND
from bf_reconciler.web.http.responses import answer, language_of, read_object

BODY_SECONDS = 10.0
LONGEST_TEXT = 500
LONGEST_DRILL = 3600
"""Seconds after which a drill ends by itself, whatever was asked for."""
UNKNOWN = "unknown"


async def reload(request: web.Request) -> web.Response:
    """Read the file now. 200: accepted; 422: rejected, and the answer says why."""
    await read_object(request, BODY_SECONDS)
    whole = present(await request.app[BACKEND].reload(), language_of(request))
    body = {key: whole[key] for key in ("generation", "revision", "digest", "config")}
    if body["config"]["last_reload_successful"]:
        return answer(body)
    return answer({"error": body["config"]["message"], **body}, 422)


async def test(request: web.Request) -> web.Response:
    """Probe one connection now; the answer is its fresh status."""
    await read_object(request, BODY_SECONDS)
    backend = request.app[BACKEND]
    connection = await backend.test(request.match_info["name"])
    if connection is None:
        raise web.HTTPNotFound(text="no connection with this name")
    return answer(present_connection(connection, backend.status().generation, language_of(request)))


async def drill(request: web.Request) -> web.Response:
    """Have a canary count as failed for a while: ``{"seconds": 300, "by": "..."}``; 0 ends it."""
    body = await read_object(request, BODY_SECONDS)
    seconds, by = _whole(body.get("seconds")), _text(body, "by")
    if seconds is None or not 0 <= seconds <= LONGEST_DRILL:
        raise web.HTTPBadRequest(text=f"seconds: a whole number from 0 to {LONGEST_DRILL}")
    backend = request.app[BACKEND]
    token = token_name(request, backend)
    name, who = request.match_info["name"], signed(by or "", token)
    try:
        until = await backend.drill(name, seconds, who, token)
    except LookupError:
        raise web.HTTPNotFound(text="no connection with this name") from None
    except ValueError as error:
        raise web.HTTPConflict(text=str(error)) from None
    return answer({"until": written(until)})


async def halt(request: web.Request) -> web.Response:
    """Halt every strategy: ``{"reason": "...", "by": "..."}``. 200: and a restart keeps it.

    ``unconfirmed`` names the strategies that are told to be off and not shown to be so yet.
    """
    body = await read_object(request, BODY_SECONDS)
    reason, by = _text(body, "reason"), _text(body, "by")
    if reason is None or by is None:
        raise web.HTTPBadRequest(text="reason and by are required: why, and who")
    backend = request.app[BACKEND]
    token = token_name(request, backend)
    status = await backend.halt(reason, signed(by, token), token)  # 503, 507: it may be forgotten
    halted = present(status, language_of(request))["halted"]
    return answer({"halted": halted, "unconfirmed": unconfirmed(status)})


async def resume(request: web.Request) -> web.Response:
    """Resume everything, or with ``{"name": ...}`` one strategy that waits for a person.

    ``reason`` and ``by`` say why, and who, as in a halt.
    """
    body = await read_object(request, BODY_SECONDS)
    name, reason, by = (_text(body, field) for field in ("name", "reason", "by"))
    backend = request.app[BACKEND]
    if name is not None and name not in backend.status().strategies:
        raise web.HTTPNotFound(text="no strategy with this name")
    token = token_name(request, backend)
    resumed = await backend.resume(name, reason or "", signed(by or "", token), token)
    status = backend.status()
    if name is None and status.file_halt is not None:
        raise web.HTTPConflict(text="the halt is set in the file; remove it there")
    return answer({"resumed": resumed})


def signed(by: str, token: str) -> str:
    """Who it was: the name that was given, and that of the token, which cannot be made up."""
    if not token or token == by:
        return by or UNKNOWN
    return f"{by} (token {token})" if by else f"token {token}"


def _whole(value: object) -> float | None:
    """A whole number, also as 214.0, which is one to JSON; None is anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= LONGEST_DRILL and float(value).is_integer() else None


def _text(body: dict[str, Any], field: str) -> str | None:
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise web.HTTPBadRequest(
            text=f"{field}: a text of 1 to {LONGEST_TEXT} characters is expected"
        )
    return value.strip()
