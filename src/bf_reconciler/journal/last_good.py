"""The last documents that were good, as committed: for a restart on a file that is refused."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from bf_reconciler.journal import synced
from bf_reconciler.journal.database import journal_errors

NAME = "last-good.yaml"
FOLDER = "last-good"
ENDING = ".yaml"
LONGEST_NAME = 240
"""Of a file name, in bytes; the name for writing beside it is longer."""
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


class LastGoodFolder:
    """The copies of the files of a folder, each under its name in one folder of the state folder.

    A name that is too long for a file name is not kept.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FOLDER
        self._kept: dict[str, str] = {}

    def read(self) -> Mapping[str, bytes]:
        """The documents that can be read, by the name of their file."""
        found: dict[str, bytes] = {}
        with suppress(OSError):
            for path in sorted(self._path.glob("*" + ENDING)):
                with suppress(OSError):
                    name = unquote(path.name.removesuffix(ENDING))
                    found[name] = synced.read(path, MAX_BYTES)
        return found

    def keep(self, committed: Mapping[str, tuple[str, bytes]]) -> None:
        """Have a copy of each of these (digest and content), and of no other. Raises JournalError.

        What was kept before under the same digest is not written again.
        """
        wanted = {quote(name, safe="") + ENDING: found for name, found in committed.items()}
        wanted = {name: found for name, found in wanted.items() if len(name) <= LONGEST_NAME}
        with journal_errors():
            self._path.mkdir(mode=0o700, exist_ok=True)
            for path in self._path.iterdir():
                if path.name not in wanted:
                    path.unlink()
            for name, (digest, data) in wanted.items():
                if self._kept.get(name) != digest and not self._has(name, data):
                    synced.replace(self._path / name, data)
        self._kept = {name: digest for name, (digest, _) in wanted.items()}

    def _has(self, name: str, data: bytes) -> bool:
        with suppress(OSError):
            return synced.read(self._path / name, MAX_BYTES) == data
        return False
