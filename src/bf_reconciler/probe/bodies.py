"""The JSON of an answer, bounded before it is parsed: values take many times their bytes. Pure."""

import json
from enum import Enum
from typing import Any, Final

from bf_reconciler.facts import Json

MAX_VALUES: Final = 100_000
"""JSON values of an answer; an account with thousands of coins has a tenth of that."""
MAX_LIST_VALUES: Final = 1_000_000
"""Likewise, of a list of all markets; the longest known has less than half of that."""
MAX_TEXT: Final = 1 << 16
"""Characters of a page that are looked at."""


class Unreadable(Enum):
    """Why a body has no value, in words for a failure."""

    NOT_JSON = "a page that is not JSON"
    OVERSIZED = "more JSON values than any documented response has"
    REPEATED = "a JSON object that repeats a field"


class _RepeatedError(ValueError):
    """Which of two values counts would be anybody's guess."""


def parse(body: bytes, most: int = MAX_VALUES, *, unique: bool = True) -> Json | Unreadable:
    """The value of a body.

    Args:
        body: As it came.
        most: Values that it may hold. Counted by its commas and brackets, those in texts included.
        unique: Refuse an object that holds a field twice.

    Depth needs no count: the parser refuses what is nested deeper than the interpreter's limit.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > most:
        return Unreadable.OVERSIZED
    decoder = UNIQUE if unique else PLAIN
    try:
        return decoder.decode(body.decode(errors="replace"))
    except _RepeatedError:
        return Unreadable.REPEATED
    except (ValueError, RecursionError):
        return Unreadable.NOT_JSON


def page(body: bytes) -> str:
    """The text of a body that is no JSON, as far as anybody looks."""
    return body[:MAX_TEXT].decode(errors="replace")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _RepeatedError
    return made


UNIQUE: Final = json.JSONDecoder(object_pairs_hook=_object)
PLAIN: Final = json.JSONDecoder()
"""Made once: ``json.loads`` makes one for each text, which takes as long as a short text."""
