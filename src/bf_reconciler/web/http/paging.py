"""A status in parts, as Kubernetes gives lists: ``limit``, and a token to go on from."""

from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from bf_reconciler.status import Status

MAX_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the connections and strategies, in this order; ``token`` None: these are the last."""

    status: Status
    token: str | None
    remaining: int


def part(status: Status, limit: str, token: str | None) -> Part:
    """The entries that follow the token, no more than the limit.

    Raises:
        web.HTTPException: one of them cannot be used, or the file changed since the first part.
    """
    most = number(limit)
    if most is None or not 1 <= most <= MAX_LIMIT:
        raise web.HTTPBadRequest(text=f"limit: a number from 1 to {MAX_LIMIT} is expected")
    begin = _offset(status, token)
    entries = [
        *(("connections", name) for name in status.connections),
        *(("strategies", name) for name in status.strategies),
    ]
    taken = entries[begin : begin + most]
    names = {kind: [n for k, n in taken if k == kind] for kind in ("connections", "strategies")}
    end = begin + len(taken)
    return Part(
        replace(
            status,
            connections={name: status.connections[name] for name in names["connections"]},
            strategies={name: status.strategies[name] for name in names["strategies"]},
        ),
        f"{status.generation}.{end}" if end < len(entries) else None,
        max(len(entries) - end, 0),
    )


def _offset(status: Status, token: str | None) -> int:
    if token is None:
        return 0
    generation, _, offset = map(number, token.partition("."))
    if generation is None or offset is None:
        raise web.HTTPBadRequest(text="continue: the token of the part before is expected")
    if generation != status.generation:
        raise web.HTTPGone(text="continue: the file changed; begin again without a token")
    return offset


def number(text: str) -> int | None:
    """A whole number of a query; None where it is none."""
    short = len(text) < len(str(2**63))  # Python refuses to read thousands of digits
    return int(text) if short and text.isascii() and text.isdigit() else None
