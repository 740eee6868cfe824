"""Text of others, made safe to show."""

from typing import Final

SUBSTITUTE: Final = "\N{REPLACEMENT CHARACTER}"


def printable(text: str, kept: str = "") -> str:
    """The text without what moves a cursor, changes a terminal or turns the order of letters.

    ``kept``: control characters that may stand, such as a line feed in a text of several lines.
    """
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() or c in kept else SUBSTITUTE for c in text])
