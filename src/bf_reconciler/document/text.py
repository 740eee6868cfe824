"""Committed bytes to text: what is told before any YAML is read."""

import re
from typing import Final

from bf_reconciler.facts import ConfigReason, Problem
from bf_reconciler.spec.characters import INVISIBLE, LOOK_ALIKES, advice_on, look_alike, name_of

MAX_BYTES: Final = 5 * 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"
LINE_END = re.compile(r"\r\n|\r|\n")
CONFLICT = re.compile(r"^<{7}(?: |$)|^>{7}(?: |$)", re.MULTILINE)
TAB = re.compile(r"( *)\t[ \t]*\S")
CONTROL = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    line, start = 1, 0
    for end in LINE_END.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return line, offset - start + 1


def read(committed: bytes) -> str | Problem:
    """The text, or the one problem that keeps it from being read at all."""
    if len(committed) > MAX_BYTES:
        message = "larger than 5 MiB; is this the right file?"
        return Problem(0, 0, "", message, reason=ConfigReason.FILE_TOO_LARGE)
    if b"\0" in committed:
        return _unreadable("", 0, "a binary or UTF-16 file; save it as UTF-8 text")
    try:
        text = committed.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        before = committed[: error.start].decode().removeprefix("\ufeff")
        return _unreadable(before, len(before), "not valid UTF-8; save the file as UTF-8")
    if (found := CONTROL.search(text)) is not None:
        mark = found[0]
        name = (
            f"unexpected {name_of(mark)[2:]}"
            if mark in INVISIBLE
            else "unexpected control character"
        )
        return _unreadable(text, found.start(), f"{name}; remove it")
    if (found := CONFLICT.search(text)) is not None:
        message = "merge conflict marker; resolve the conflict"
        return _unreadable(text, found.start(), message)
    return text


def tab(text: str, last: int) -> Problem | None:
    """The tab in the indentation of a line or the one before, where the YAML is broken there."""
    starts = (0, *(end.end() for end in LINE_END.finditer(text)))
    for line in range(max(last - 1, 1), min(last, len(starts)) + 1):
        found = TAB.match(text, starts[line - 1])
        if found is not None:
            message = "tab in the indentation; use spaces"
            column = found.end(1) - found.start() + 1
            return Problem(line, column, "", message, reason=ConfigReason.INVALID_YAML)
    return None


def invisible(text: str, last: int) -> Problem | None:
    """A character that looks like a space or like nothing, near where the YAML is broken."""
    starts = (0, *(end.end() for end in LINE_END.finditer(text)), len(text))
    for line in range(max(last - 2, 1), min(last, len(starts) - 1) + 1):
        content = text[starts[line - 1] : starts[line]].partition(" #")[0]
        among = LOOK_ALIKES if line == last else INVISIBLE
        if (at := look_alike(content, among)) is not None:
            message = (
                f"{name_of(content[at])} where YAML does not allow it; {advice_on(content[at])}"
            )
            return Problem(line, at + 1, "", message, reason=ConfigReason.INVALID_YAML)
    return None


def _unreadable(text: str, offset: int, message: str) -> Problem:
    line, column = place(text, offset)
    return Problem(line, column, "", message, reason=ConfigReason.INVALID_YAML)
