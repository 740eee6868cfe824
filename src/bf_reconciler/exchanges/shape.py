"""Strict reading of what an exchange answers: the documented shape, or Unexpected."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from bf_reconciler.exchanges.model import Refusal, Unexpected
from bf_reconciler.facts import Json, KeyFacts, Scope

WORD = re.compile(r"[A-Za-z0-9_.:/ -]{1,64}", re.ASCII)
ADDRESS = re.compile(r"[0-9A-Fa-f.:*/]{1,64}", re.ASCII)  # `*` where the exchange masks
CODE = re.compile(r"-?\d{1,10}", re.ASCII)
MAX_MS = 32_503_680_000_000
"""The year 3000: later times are no times."""


def table(value: Json, field: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise Unexpected(field)
    return value


def rows(value: Json, field: str) -> list[Mapping[str, Json]]:
    if not isinstance(value, list):
        raise Unexpected(field)
    return [table(item, field) for item in value]


def text(body: Mapping[str, Json], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str):
        raise Unexpected(field)
    return value


def optional_text(body: Mapping[str, Json], field: str) -> str | None:
    return None if body.get(field) is None else text(body, field)


def whole(body: Mapping[str, Json], field: str) -> int:
    value = body.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unexpected(field)
    return value


def milliseconds(body: Mapping[str, Json], field: str) -> int:
    value = whole(body, field)
    if not 0 < value < MAX_MS:
        raise Unexpected(field)
    return value


def moment(body: Mapping[str, Json], field: str) -> datetime:
    """A time in epoch milliseconds."""
    return datetime.fromtimestamp(milliseconds(body, field) / 1000, UTC)


def is_zero(body: Mapping[str, Json], field: str) -> bool:
    """Whether an amount, written as text, is zero."""
    try:
        amount = Decimal(text(body, field))
    except InvalidOperation:
        raise Unexpected(field) from None
    if not amount.is_finite():
        raise Unexpected(field)
    return amount == 0


def words(body: Mapping[str, Json], field: str) -> tuple[str, ...]:
    """A list of permissions with commas between; an empty one is documented nowhere."""
    found = tuple(word.strip() for word in text(body, field).split(","))
    if not all(WORD.fullmatch(word) for word in found):
        raise Unexpected(field)
    return found


def addresses(listed: str | None, field: str) -> tuple[str, ...]:
    """An allowlist with commas between; entries may be masked."""
    found = tuple(item.strip() for item in listed.split(",")) if listed else ()
    if not all(ADDRESS.fullmatch(item) for item in found):
        raise Unexpected(field)
    return found


def scopes(
    found: tuple[str, ...],
    meaning: Mapping[str, frozenset[Scope]],
    told: frozenset[Scope],
    open_: frozenset[Scope] = frozenset(),
) -> KeyFacts:
    """Permission words to scopes.

    Args:
        found: The words of the key.
        meaning: What each documented word grants.
        told: The scopes that the documented words speak of, all of them.
        open_: Scopes that the words of this key leave undecided.

    Returns:
        Facts with the scopes alone. Next to a word nobody knows nothing is denied: it might be
        the new name of anything.
    """
    unknown = tuple(dict.fromkeys(word for word in found if word not in meaning))
    granted = frozenset[Scope]().union(*(meaning.get(word, frozenset()) for word in found))
    denied = frozenset() if unknown else told - granted - open_
    return KeyFacts(granted, denied, unknown)


def refusal(code: Json, message: Json) -> Refusal:
    """The code and text of an error body; a code that is no number is none."""
    shown = str(code) if isinstance(code, str | int) and not isinstance(code, bool) else ""
    known = CODE.fullmatch(shown) is not None
    return Refusal(shown if known else "", message if isinstance(message, str) else "")
