"""Something wrong in the file, with its place. It never holds a value of the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bf_reconciler.facts.config import ConfigReason
from bf_reconciler.facts.text import printable

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong; ``line`` and ``column`` count from 1, 0 where there is no place.

    ``file``: which one of a folder, relative to it; empty where the source is one file.
    """

    line: int
    column: int
    path: str
    message: str
    severity: Severity = "error"
    reason: ConfigReason = ConfigReason.INVALID_DOCUMENT
    file: str = ""

    def render(self, file: str) -> str:
        """``FILE:LINE:COLUMN: path: message``; parts that are not known are left out.

        ``file`` is what the program was given: the file, or the folder that it lies in.
        """
        name = f"{file.rstrip('/')}/{self.file}" if self.file else file
        place = f"{name}:{self.line}:{self.column}" if self.line else name
        word = "warning: " if self.severity == "warning" else ""
        parts = (place, self.path, word + self.message)
        return printable(": ".join(part for part in parts if part))  # keys of the file are in it


def errors_first(problems: Iterable[Problem]) -> list[Problem]:
    """What is wrong before mere warnings, for where only some are shown."""
    return sorted(problems, key=lambda problem: problem.severity != "error")
