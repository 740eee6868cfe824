"""Files that their owner alone reads, and that never land where a link leads."""

import os
from pathlib import Path
from secrets import token_hex
from typing import Final

NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_new(path: Path, content: bytes) -> None:
    """A new file with mode 0600. What stands there stays, even a link to nowhere.

    Raises:
        OSError: It cannot be written, or something is there.
    """
    with os.fdopen(os.open(path, NEW, 0o600), "wb") as file:
        file.write(content)


def replace(path: Path, content: bytes) -> None:
    """The same in place of whatever stands there, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
    try:
        write_new(temporary, content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
