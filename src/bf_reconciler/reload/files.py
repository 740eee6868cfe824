"""The files of a folder, each with its own last good form, problems and revision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bf_reconciler.document import Document
from bf_reconciler.facts import ConfigReason, Problem, printable
from bf_reconciler.loader import Loaded
from bf_reconciler.source import Content
from bf_reconciler.status import FileStatus


@dataclass(frozen=True, slots=True)
class File:
    """One file. ``good`` is the document that takes part, made of ``content``.

    ``tried`` is the digest of what was read last, ``problems`` what is wrong with that, and
    ``readable`` what can be told of it all the same. ``success``: when it was last read without a
    problem. ``sealed``: it was once, so it must be. ``gone``: it is there no more, and is kept.
    ``earlier``: what is good is of an earlier life.
    """

    name: str
    tried: str = ""
    good: Document | None = None
    content: Content | None = field(default=None, repr=False)
    revision: str = ""
    readable: Document | None = None
    problems: tuple[Problem, ...] = ()
    transient: bool = False
    success: datetime | None = None
    sealed: bool = False
    last_modified: datetime | None = None
    gone: bool = False
    earlier: bool = False

    @property
    def reasons(self) -> tuple[ConfigReason, ...]:
        return tuple(p.reason for p in self.problems if p.severity == "error")

    def loaded(self, loaded: Loaded, content: Content, revision: str, now: datetime) -> "File":
        """The same after a reading: what is good replaces what was."""
        if loaded.document is None:
            told = tuple(replace(problem, file=self.name) for problem in loaded.problems)
            transient = loaded.error is not None and loaded.error.transient
            return replace(
                self,
                tried=content.digest,
                problems=told,
                transient=transient,
                readable=loaded.readable,
                gone=False,
            )
        document = loaded.document
        return replace(
            self,
            tried=content.digest,
            good=document,
            content=content,
            revision=revision,
            readable=document,
            problems=(),
            transient=False,
            success=now,
            sealed=document.seal == "good",
            last_modified=document.last_modified,
            gone=False,
            earlier=False,
        )

    def kept(self, loaded: Loaded, content: Content, revision: str) -> "File":
        """The same with the last good form of an earlier life; what is wrong goes on being told."""
        document = loaded.document
        if document is None:
            return self
        return replace(
            self,
            good=document,
            content=content,
            revision=revision,
            last_modified=document.last_modified,
            earlier=True,
        )

    def again(self, now: datetime) -> "File":
        """The same where the content is that of the last good form once more."""
        content = self.content
        tried = content.digest if content is not None else ""
        success = now if self.problems else self.success
        after = replace(self, tried=tried, problems=(), transient=False, success=success)
        return replace(after, gone=False, earlier=False)

    def refused(self, problem: Problem, *, transient: bool) -> "File":
        """The same where it cannot be read at all."""
        return replace(self, tried="", problems=(problem,), transient=transient)


def remembered(status: FileStatus) -> File:
    """What an earlier life says of a file: when it was good, and that it was sealed."""
    return File(
        status.name,
        revision=status.revision,
        success=status.last_reload_success,
        sealed=status.sealed,
        last_modified=status.last_modified,
    )


def statuses(files: Mapping[str, File], problems: Iterable[Problem]) -> tuple[FileStatus, ...]:
    """What became of each file, with what is wrong with it among the others."""
    errors: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.severity == "error":
            errors.setdefault(problem.file, []).append(problem)
    return tuple(_status(files[name], errors.get(name, [])) for name in sorted(files))


def _status(file: File, errors: list[Problem]) -> FileStatus:
    first = errors[0] if errors else None
    more = f" (and {len(errors) - 1} more)" if errors[1:] else ""
    return FileStatus(
        file.name,
        last_reload_successful=first is None,
        last_reload_success=file.success,
        reason=first.reason if first is not None else None,
        message=_words(first) + more if first is not None else "",
        revision=file.revision,
        digest=file.content.digest if file.content is not None else "",
        last_modified=file.last_modified,
        sealed=file.sealed,
    )


def _words(problem: Problem) -> str:
    line = f"line {problem.line}" if problem.line else ""
    return printable(": ".join(part for part in (line, problem.path, problem.message) if part))
