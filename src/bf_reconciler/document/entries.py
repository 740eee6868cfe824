"""The two lists of the file: each entry is read alone, so that a bad one isolates itself."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bf_reconciler.document.messages import MAX_ERRORS, problems
from bf_reconciler.document.nodes import Node, Path, render, walk
from bf_reconciler.document.parsed import MAX_PROBLEMS, Kind
from bf_reconciler.facts import ConfigReason, Problem, Severity
from bf_reconciler.spec.types import LABEL

M = TypeVar("M", bound=BaseModel)
MAX_ENTRIES: Final = 10_000
"""In each list."""
MAX_ENTRY: Final = 128 * 1024
"""Values and characters of one entry: its strategy file can always be read back."""
Finding = tuple[tuple[str | int, ...], str]


@dataclass(slots=True)
class Entry(Generic[M]):
    """One entry: where it stands, its model if it is right, and what is wrong with it.

    ``eclipsed``: another entry has its name, and nobody can say which one is meant. ``draft`` is
    the model without its wrong but dispensable fields; it serves to tell of everything else that
    is wrong in the same run. ``sealed``: where encrypted values stand in it. ``file``: which one of
    a folder it stands in.
    """

    kind: Kind
    index: int
    node: Node
    data: Any
    model: M | None = None
    draft: M | None = None
    dropped: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    eclipsed: bool = False
    name: str | None = None
    """Its name, where it can be read and is valid."""
    sealed: frozenset[Path] = frozenset()
    file: str = ""

    @property
    def path(self) -> Path:
        return self.kind, self.index

    @property
    def broken(self) -> bool:
        return (
            self.eclipsed
            or self.node.flawed
            or (bool(self.problems) and any(p.severity == "error" for p in self.problems))
        )

    @property
    def good(self) -> M | None:
        """The entry, if nothing is wrong with it."""
        return None if self.broken else self.model

    def label(self, key: str) -> str | None:
        """The name that stands under a key, if one does."""
        return label(self.data, key)

    def flaw(self, flaws: list[Problem]) -> None:
        """Add what is wrong with its shape, in place of what follows from that."""
        spots = {(flaw.line, flaw.column) for flaw in flaws}
        kept = [p for p in self.problems if (p.line, p.column) not in spots]
        self.problems = flaws + kept

    def problem(
        self,
        finding: Finding,
        severity: Severity = "error",
        reason: ConfigReason = ConfigReason.INVALID_DOCUMENT,
    ) -> Problem:
        """A problem at a path within the entry."""
        place, message = finding
        node, _ = walk(self.node, place)
        path = render((*self.path, *place))
        return Problem(*node.spot, path, message, severity, reason, self.file)

    def add_problem(
        self,
        finding: Finding,
        severity: Severity = "error",
        reason: ConfigReason = ConfigReason.INVALID_DOCUMENT,
    ) -> None:
        """Add a problem at a path within the entry."""
        self.problems.append(self.problem(finding, severity, reason))

    def warn_of(self, old_names: Mapping[str, str]) -> None:
        """Tell where a field has an old name, and which one it has now."""
        for old, new in old_names.items():
            if old in self.node.keys and new not in self.node.keys:
                message = f"is the old name of {new}; write {new}"
                place = render((*self.path, old))
                self.problems.append(Problem(*self.node.keys[old], place, message, "warning"))

    def advise(self, messages: Iterable[str]) -> None:
        """Add advice on its name."""
        for message in messages:
            self.add_problem((("name",), message), "warning")

    def accept(
        self,
        findings: Callable[[M], Iterable[Finding]],
        deciding: frozenset[str],
        reason: ConfigReason = ConfigReason.INVALID_DOCUMENT,
    ) -> None:
        """Tell what does not fit, where the fields that decide on it could all be read."""
        subject = self.model or self.draft
        if subject is not None and not self.dropped & deciding:
            for finding in findings(subject):
                self.add_problem(finding, reason=reason)


def label(data: object, key: str) -> str | None:
    """The name that stands under a key of a mapping, if one does."""
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, str) and re.fullmatch(LABEL, value) else None


def read(
    kind: Kind, model: type[M], node: Node | None, data: object, *, opaque: bool
) -> list[Entry[M]]:
    """The entries of a list. Where there is no list, there are none."""
    items = node.value if node is not None and isinstance(node.value, list) else []
    values = data if isinstance(data, list) else []
    entries: list[Entry[M]] = []
    count = 0
    for index, (item, value) in enumerate(zip(items, values, strict=True)):
        entry: Entry[M] = Entry(kind, index, item, value, name=label(value, "name"))
        _validate(entry, model, opaque=opaque, brief=count > MAX_PROBLEMS)
        entries.append(entry)
        count += len(entry.problems)
    return entries


def _validate(entry: Entry[M], model: type[M], *, opaque: bool, brief: bool) -> None:
    """Fill in the model, or what is wrong; ``brief``: no more than that something is."""
    if entry.node.size > MAX_ENTRY:
        entry.add_problem(((), f"larger than {MAX_ENTRY // 1024} KiB"))
        return
    try:
        entry.model = model.model_validate(entry.data)
    except ValidationError as error:
        if brief:
            entry.add_problem(((), "invalid; fix the entries before it first"))
            return
        entry.problems += problems(error, model, entry.node, entry.path, opaque=opaque)
        _draft(entry, model, error)


def _draft(entry: Entry[M], model: type[M], error: ValidationError) -> None:
    if error.error_count() > MAX_ERRORS:
        return
    details = error.errors(include_url=False, include_context=False, include_input=False)
    if not isinstance(entry.data, dict):
        return
    entry.dropped = frozenset(str(detail["loc"][0]) for detail in details)
    kept = {key: value for key, value in entry.data.items() if key not in entry.dropped}
    try:
        entry.draft = model.model_validate(kept)
    except ValidationError:
        return  # a field that must be there is wrong


def duplicates(entries: Iterable[Entry[M]]) -> Iterator[tuple[Entry[M], Entry[M]]]:
    """Each entry whose name stands before it already, with the first of that name."""
    first: dict[str, Entry[M]] = {}
    for entry in entries:
        if entry.name is not None and first.setdefault(entry.name, entry) is not entry:
            yield entry, first[entry.name]
