"""What notifications keep over a restart: a small synced file beside the journal."""

from pathlib import Path

from bf_reconciler.journal import synced
from bf_reconciler.journal.database import journal_errors

NAME = "notify.json"
MAX_BYTES = 64 * 1024 * 1024


class Notified:
    """The file in one state folder. Both raise JournalError."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def read(self) -> bytes | None:
        """What was kept; None where there is none."""
        with journal_errors():
            try:
                return synced.read(self._path, MAX_BYTES)
            except FileNotFoundError:
                return None

    def keep(self, data: bytes) -> None:
        """Replace what was kept."""
        with journal_errors():
            synced.replace(self._path, data)
