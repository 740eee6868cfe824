"""A folder for plain text on its way to sops: private, in memory where there is such a place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

# mkdtemp makes the folder in it, which only we may enter.
MEMORY: Final = Path("/dev/shm")  # noqa: S108 # nosec B108


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a new folder with mode 0700, removed with all that is in it."""
    memory = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK) else None
    with TemporaryDirectory(prefix="bf-reconciler-", dir=memory) as folder:
        yield Path(folder)
