"""Pydantic's errors as problems: line-accurate, in plain words, without a value.

Only the type, the path and pydantic's own fixed words are used; what was put in never is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bf_reconciler.document.nodes import Node, Path, render, walk
from bf_reconciler.document.scalar import LEADING_ZERO
from bf_reconciler.document.sealed import is_sealed, sealed_type
from bf_reconciler.document.suggestions import advice
from bf_reconciler.facts import Problem
from bf_reconciler.spec.characters import advice_on, look_alike, name_of
from bf_reconciler.spec.engines import BOT, OBJECT
from bf_reconciler.spec.money import CURRENCY
from bf_reconciler.spec.types import LABEL, PAIR, PAIRS

OURS: Final = frozenset(
    {
        "duration",
        "moment",
        "address",
        "url",
        "text",
        "secret",
        "exchange",
        "reason",
        "margin_limit",
        "runtime",
        "runtime_type",
    }
)
"""Types of our own errors; their messages are sentences of the spec."""

MAX_ERRORS: Final = 200
"""In one entry; each is looked up among all keys that there are."""

EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "a string",
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}

LIMITS: Final[Mapping[str, str]] = {
    "greater_than": "must be greater than",
    "greater_than_equal": "must be at least",
    "less_than_equal": "must be at most",
}
"""The limit itself is the last word of pydantic's message."""

FIXED: Final[Mapping[str, str]] = {
    "finite_number": "must be a finite number",
    "too_short": "must have at least one item",
    "too_long": "too many items",
    "string_too_long": "too long",
}

PATTERNS: Final[Mapping[str, str]] = {
    LABEL: "must be lower-case letters, digits and inner hyphens, at most 63 characters",
    PAIR: "must be a pair such as BTC/USDT, or BTC/USDT:USDT for futures",
    PAIRS: "must be a pair such as BNB/USDT, or all of a coin: BNB/*, */BUSD",
    CURRENCY: "must be a currency such as USDT",
    BOT: "must be the name of a bot: letters, digits, dots, hyphens and underscores",
    OBJECT: "must be lower-case letters, digits, inner hyphens and dots, as Kubernetes names it",
}

NAMES: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a mapping",
    type(None): "null",
}
SEALED_NAMES: Final[Mapping[str, str]] = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "str": "a string",
    "time": "a date",
}
YES_NO = re.compile("yes|no|on|off", re.IGNORECASE)


def problems(
    error: ValidationError, model: type[BaseModel], entry: Node, path: Path, *, opaque: bool
) -> Iterator[Problem]:
    """One problem per error, at the deepest place in the committed text that it reaches.

    An ``opaque`` entry was not decrypted; what is encrypted there can only be warned of.
    """
    if error.error_count() > MAX_ERRORS:
        yield Problem(*entry.spot, render(path), f"more than {MAX_ERRORS} problems")
        return
    details = error.errors(include_url=False, include_context=False, include_input=False)
    for detail in (_at_type(each, entry) for each in details):
        kind, loc = detail["type"], detail["loc"]
        node, trail = walk(entry, loc)
        if kind == "extra_forbidden":
            parent, _ = walk(entry, loc[:-1])
            spot = parent.keys[str(trail[-1])]
            yield Problem(*spot, render(path + trail), advice(model, trail))
        elif kind == "missing":
            yield Problem(*node.spot, render((*path, *trail, loc[-1])), "is missing")
        elif opaque and is_sealed(node.value) and kind != "string_type":
            message = "is encrypted; it can only be checked with --decrypt"
            yield Problem(*node.spot, render(path + trail), message, "warning")
        elif kind != "too_short" or not node.value:  # else it is told at its wrong items
            yield Problem(*node.spot, render(path + trail), _words(detail, node))


def _at_type(detail: ErrorDetails, entry: Node) -> ErrorDetails:
    """A runtime of no known type: the problem lies at its ``type``, for its keys depend on that."""
    kind, loc = detail["type"], detail["loc"]
    if kind != "runtime_type":
        return detail
    node, _ = walk(entry, loc)
    if not isinstance(node.value, dict):
        return {**detail, "type": "model_type"}
    missing = node.child("type") is None
    return {**detail, "type": "missing" if missing else kind, "loc": (*loc, "type")}


def _words(detail: ErrorDetails, node: Node) -> str:
    kind, message = detail["type"], detail["msg"]
    if isinstance(node.value, str) and (at := look_alike(node.value)) is not None:
        return f"contains {name_of(node.value[at])}; {advice_on(node.value[at])}"
    if kind in OURS:
        return message
    if kind in EXPECTED:
        return _type(kind, node)
    if kind == "string_pattern_mismatch":
        return next(words for pattern, words in PATTERNS.items() if f"'{pattern}'" in message)
    if kind == "literal_error":
        start = "unknown type; known: " if detail["loc"][-1] == "type" else "must be one of: "
        return start + ", ".join(re.findall(r"'(\w+)'", message))
    if kind in LIMITS:
        return f"{LIMITS[kind]} {message.rpartition(' ')[2]}"
    return FIXED.get(kind, "invalid value")


def _type(kind: str, node: Node) -> str:
    value, expected = node.value, EXPECTED[kind]
    if isinstance(value, str) and is_sealed(value):
        sealed = SEALED_NAMES.get(sealed_type(value), "something else")
        hint = "; quote it before you encrypt it" if kind == "string_type" else ""
        return f"must be {expected}, but was encrypted as {sealed}{hint}"
    words = f"must be {expected}, not {NAMES[type(value)]}"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"{words}; quote it"
    if isinstance(value, str) and kind == "bool_type" and YES_NO.fullmatch(value):
        return f"{words}; yes, no, on and off are strings in YAML 1.2"
    if isinstance(value, str) and LEADING_ZERO.match(value):
        return f"{words}; a leading zero is ambiguous, remove it"
    if kind == "int_type" and isinstance(value, float):
        return "must be an integer"
    return words
