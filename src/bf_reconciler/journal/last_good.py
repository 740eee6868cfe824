"""The last document that was good, as committed: for a restart on a file that is refused."""

from contextlib import suppress
from pathlib import Path

from bf_reconciler.journal import synced
from bf_reconciler.journal.database import journal_errors

NAME = "last-good.yaml"
MAX_BYTES = 16 * 1024 * 1024


class LastGood:
    """The copy in one state folder. It is encrypted as the file is: it holds no clear secret."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def read(self) -> bytes | None:
        """The document; None where there is none that can be read."""
        with suppress(OSError):
            return synced.read(self._path, MAX_BYTES)
        return None

    def keep(self, committed: bytes) -> None:
        """Replace the copy, where it is another. Raises JournalError."""
        if self.read() != committed:
            with journal_errors():
                synced.replace(self._path, committed)

    def drop(self) -> None:
        """Keep none: what is good now has secrets in plain text. Raises JournalError."""
        with journal_errors(), suppress(FileNotFoundError):
            self._path.unlink()
