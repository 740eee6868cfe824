"""Characters that look like a space, like a quote or like nothing: they come from copying."""

from collections.abc import Mapping
from typing import Final

SPACE: Final = "replace it with a plain space"
REMOVE: Final = "remove it"
QUOTE: Final = "use plain quotes"
INVISIBLE: Final[Mapping[str, tuple[str, str]]] = {
    "\u00a0": ("a no-break space", SPACE),
    "\u00ad": ("a soft hyphen", REMOVE),
    "\u2002": ("an en space", SPACE),
    "\u2003": ("an em space", SPACE),
    "\u2007": ("a figure space", SPACE),
    "\u2009": ("a thin space", SPACE),
    "\u200b": ("a zero-width space", REMOVE),
    "\u200c": ("a zero-width non-joiner", REMOVE),
    "\u200d": ("a zero-width joiner", REMOVE),
    "\u200e": ("a left-to-right mark", REMOVE),
    "\u200f": ("a right-to-left mark", REMOVE),
    "\u2028": ("a line separator", REMOVE),
    "\u2029": ("a paragraph separator", REMOVE),
    "\u202a": ("a left-to-right embedding", REMOVE),
    "\u202b": ("a right-to-left embedding", REMOVE),
    "\u202c": ("an end of embedding", REMOVE),
    "\u202d": ("a left-to-right override", REMOVE),
    "\u202e": ("a right-to-left override", REMOVE),
    "\u202f": ("a narrow no-break space", SPACE),
    "\u2060": ("a word joiner", REMOVE),
    "\u3000": ("an ideographic space", SPACE),
    "\ufeff": ("a byte order mark", REMOVE),
}
CURLY: Final[Mapping[str, tuple[str, str]]] = dict.fromkeys(
    "\u2018\u2019\u201a\u201c\u201d\u201e", ("a curly quote", QUOTE)
)
TAB: Final[Mapping[str, tuple[str, str]]] = {"\t": ("a tab", SPACE)}
LOOK_ALIKES: Final[Mapping[str, tuple[str, str]]] = {**INVISIBLE, **CURLY, **TAB}


def look_alike(text: str, among: Mapping[str, tuple[str, str]] = LOOK_ALIKES) -> int | None:
    """Where the first of these characters is; None where there is none."""
    if among.keys().isdisjoint(text):
        return None
    return next((index for index, mark in enumerate(text) if mark in among), None)


def name_of(mark: str) -> str:
    """``a no-break space (U+00A0)``."""
    return f"{LOOK_ALIKES[mark][0]} (U+{ord(mark):04X})"


def advice_on(mark: str) -> str:
    """What to do with one of them."""
    return LOOK_ALIKES[mark][1]
