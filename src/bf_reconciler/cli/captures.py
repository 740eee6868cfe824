"""What `test --capture` keeps: redacted answers, in files that their owner alone reads."""

import json
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bf_reconciler import __version__
from bf_reconciler.cli import private_file
from bf_reconciler.cli.output import fail, note
from bf_reconciler.facts import Question

if TYPE_CHECKING:
    from bf_reconciler.exchanges import Call
    from bf_reconciler.probe.transport import Answer
    from bf_reconciler.spec import ConnectionEntry

PRIVATE: Final = 0o700
OTHERS: Final = 0o077


class Captures:
    """The latest answer to each call of each connection. It is redacted before it is kept."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Question, str], Mapping[str, Any]] = {}

    def __call__(
        self, entry: "ConnectionEntry", question: Question, call: "Call", answer: "Answer"
    ) -> None:
        from bf_reconciler.probe.capture import record  # noqa: PLC0415 # brings aiohttp

        told = record(entry, question, call, answer)
        self._kept[entry.name, question, call.method] = {"bf_reconciler": __version__, **told}

    def write(self, folder: Path) -> int:
        """Write CONNECTION-QUESTION.json each; a question of two calls has a second one with -2.

        Raises:
            OSError: A file could not be written.
        """
        seen: Counter[str] = Counter()
        for (name, question, _), told in self._kept.items():
            stem = f"{name}-{question}"
            seen[stem] += 1
            stem += f"-{seen[stem]}" if seen[stem] > 1 else ""
            text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
            private_file.replace(folder / f"{stem}.json", text.encode())
        return len(self._kept)


@contextmanager
def keeping(folder: Path | None) -> Iterator[Captures | None]:
    """Write what is kept until the block ends; None where nobody named a folder."""
    if folder is None:
        yield None
        return
    captured = Captures()
    try:
        _prepare(folder)
    except OSError as error:
        fail(f"cannot save responses: {error}")
    yield captured
    try:
        count = captured.write(folder)
    except OSError as error:
        fail(f"cannot save responses: {error}")
    note(f"Saved {count} redacted responses to {folder}. Review them before you share them.")


def _prepare(folder: Path) -> None:
    """Have the folder, for its owner alone.

    Raises:
        OSError: It cannot be made, is no folder, or others may look into it.
    """
    try:
        folder.mkdir(mode=PRIVATE)
    except FileExistsError:
        found = folder.stat()
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(f"{folder} is not a directory") from None
        if found.st_mode & OTHERS:
            raise PermissionError(
                f"other users can access {folder}: run chmod 700 on it, or use a new one"
            ) from None
