"""Standard streams as they may come: closed, or of an encoding that lacks our letters."""

import codecs
import os
import sys
import unicodedata

NAMES = ("stdin", "stdout", "stderr")
FALLBACK = "bf-reconciler-plain"
PLAIN = {
    "\u0131": "i",
    "\u2013": "-",
    "\u2014": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2022": "*",
    "\u2026": "...",
    "\u2192": "->",
    "\u2713": "+",
    "\u2717": "x",
    "\u00b7": "-",
    "\u00d7": "x",
}


def prepare() -> None:
    """Make each stream one that can be written to, whatever is printed.

    A closed one gets /dev/null: else the next file that is opened has its number, and what a
    library prints ends up in it.
    """
    codecs.register_error(FALLBACK, _plain)
    for number, name in enumerate(NAMES):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nowhere(number))
        elif number > 0 and not is_unicode(stream) and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=FALLBACK)


def is_unicode(stream: object) -> bool:
    """Whether every character can be written to it."""
    return codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name.startswith("utf")


def _nowhere(number: int) -> object:
    handle = os.open(os.devnull, os.O_RDWR)
    if handle != number:
        os.dup2(handle, number)
        os.close(handle)
    return open(number, "w" if number else "r", encoding="utf-8", closefd=False)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Letters without their marks, and a question mark for what has no such letter."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    plain = "".join(PLAIN.get(mark) or _base(mark) for mark in lost)
    return plain, error.end


def _base(mark: str) -> str:
    letters = unicodedata.normalize("NFKD", mark).encode("ascii", "ignore").decode()
    return letters or "?"
