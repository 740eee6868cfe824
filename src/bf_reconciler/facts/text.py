"""Text of others, made safe to show."""

from typing import Final

SUBSTITUTE: Final = "\N{REPLACEMENT CHARACTER}"


NO_WORDS: Final = "the system gives no reason"


def system_words(error: OSError) -> str:
    """What the system says; never the name of an exception, which says nothing to people."""
    return error.strerror or NO_WORDS


def printable(text: str, kept: str = "") -> str:
    """The text without what moves a cursor, changes a terminal or turns the order of letters.

    ``kept``: control characters that may stand, such as a line feed in a text of several lines.
    """
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() or c in kept else SUBSTITUTE for c in text])
