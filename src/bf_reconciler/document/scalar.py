"""Plain scalars as the core schema of YAML 1.2 reads them, and no further."""

import re
from collections.abc import Mapping
from typing import Final

Scalar = str | int | float | bool | None

WORDS: Final[Mapping[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: float("inf") for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
NUMERIC: Final = frozenset("+-.0123456789")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
INTEGER = re.compile(r"[-+]?[0-9]{1,1000}")
BASED = re.compile(r"0o[0-7]{1,1000}|0x[0-9a-fA-F]{1,1000}")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def resolve(text: str) -> Scalar:
    """The value of a plain scalar.

    A number with a leading zero stays text, since programs disagree on what it means; so do
    yes, no, on, off, times and dates.
    """
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMERIC or LEADING_ZERO.match(text):
        return text
    if INTEGER.fullmatch(text):
        return int(text)
    if BASED.fullmatch(text):
        return int(text, 0)
    return float(text) if FLOAT.fullmatch(text) else text
