"""What was read of a file: the good entries, the broken ones, and every problem."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from bf_reconciler.document.nodes import Path
from bf_reconciler.document.seal import SealState
from bf_reconciler.facts import Problem
from bf_reconciler.spec import (
    LOCAL,
    Connection,
    Defaults,
    Grant,
    Halt,
    Policy,
    Runtime,
    Strategy,
)

Kind = Literal["connections", "strategies"]
MAX_PROBLEMS: Final = 1000
"""More than anybody reads; a file of commas must not become a million lines."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The good entries of one file, with the line where each stands.

    The same object in two readings: nothing of it changed.
    """

    connections: tuple[tuple[Connection, int], ...]
    strategies: tuple[tuple[Strategy, int], ...]
    names: Mapping[Kind, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as it was read. ``refused``: nothing of it can be taken.

    Entries come with the line where they stand. A broken entry is wrong, but its name could be
    read; it comes with its exchange or its connection, empty where that could not be read.
    ``nameless`` counts wrong entries whose name could not be read: any entry that vanished may be
    one of them. ``sealed``: of each entry with a readable name, where encrypted values stand in it.
    ``policy_sealed``: likewise in the policy, or ``("allow",)``; both are not known where they need
    the key to be read.
    ``encrypted``: it has the block of SOPS, which says when it was ``last_modified``. ``digest``:
    what the seal of this content is; empty where it was not decrypted.

    Of a folder: the ``files`` that entries stand in, right or wrong; ``base``, the file with the
    sections that hold for all, empty where none has any; ``paths``, all files; ``nameless_in``,
    which of them have wrong entries without a readable name; ``unshared``, broken strategies whose
    connection is of a file that does not share it with theirs.

    ``parts`` has the good entries again, file by file.
    """

    problems: tuple[Problem, ...] = ()
    refused: bool = False
    policy: Policy = field(default_factory=Policy)
    policy_known: bool = True
    allow: tuple[Grant, ...] | None = None
    defaults: Defaults = field(default_factory=Defaults)
    halt: Halt | None = None
    runtimes: tuple[Runtime, ...] = (LOCAL,)
    connections: tuple[tuple[Connection, int], ...] = ()
    strategies: tuple[tuple[Strategy, int], ...] = ()
    broken_connections: Mapping[str, str] = field(default_factory=dict)
    broken_strategies: Mapping[str, str] = field(default_factory=dict)
    broken_lines: Mapping[tuple[Kind, str], int] = field(default_factory=dict)
    nameless: Mapping[Kind, int] = field(default_factory=dict)
    plaintext_secrets: int = 0
    sealed: Mapping[tuple[Kind, str], frozenset[Path]] = field(default_factory=dict)
    policy_sealed: frozenset[Path] = frozenset()
    encrypted: bool = False
    last_modified: datetime | None = None
    seal: SealState = "none"
    digest: str = field(default="", repr=False)
    files: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    base: str = ""
    paths: frozenset[str] = frozenset()
    nameless_in: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    unshared: frozenset[str] = frozenset()
    parts: tuple[Part, ...] = field(default=(), repr=False, compare=False)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are no mere warnings."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By place, each once; errors first where there are too many to show."""
    return shown(by_place(problems))


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """By place, each once."""
    return sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.path, p.message))


def shown(problems: list[Problem]) -> tuple[Problem, ...]:
    """As many as anybody reads, errors first where there are more."""
    if len(problems) <= MAX_PROBLEMS:
        return tuple(problems)
    found = sorted(problems, key=lambda p: p.severity)  # "error" comes before "warning"
    rest = replace(
        found[MAX_PROBLEMS - 1],
        file="",
        line=0,
        column=0,
        path="",
        message=f"{len(found) - MAX_PROBLEMS + 1} more problems are not shown",
    )
    return (*found[: MAX_PROBLEMS - 1], rest)


def refusal(*problems: Problem) -> Parsed:
    """A file of which nothing can be taken."""
    return Parsed(problems=ordered(problems), refused=True)
