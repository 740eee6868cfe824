"""Keeps the last good document in the state folder, and gives it where the file is refused."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from bf_reconciler.daemon.worker import Worker
from bf_reconciler.journal import JournalError, LastGood, LastGoodFolder
from bf_reconciler.reload import Reload

T = TypeVar("T")
SECONDS = 2.0
"""How long the disk may take. Nothing waits for it but the reading of the file."""
SECONDS_A_FILE = 0.1
READ_SECONDS = 10.0
log = structlog.get_logger("bf_reconciler")


class KeptDocument:
    """A copy of the document in force, encrypted as it was committed.

    One with secrets in plain text (``--allow-plaintext``) is not kept, nor is an older one then.
    """

    def __init__(self, directory: Path) -> None:
        self._copy = LastGood(directory)
        self._worker = Worker("last-good")
        self._kept = ""

    async def keep(self, reload: Reload) -> None:
        """Keep what was adopted, once."""
        adopted = reload.adopted
        if adopted is None or adopted.digest == self._kept:
            return
        plain = reload.config.plaintext_secrets > 0
        keep = self._copy.drop if plain else lambda: self._copy.keep(adopted.data)
        try:
            await self._call(keep)
            self._kept = adopted.digest
        except (JournalError, TimeoutError) as error:
            message = str(error) or "the disk did not answer"
            log.warning("last good file cannot be kept", message=message)

    async def read(self) -> bytes | None:
        """The copy; None where there is none."""
        try:
            return await self._call(self._copy.read)
        except TimeoutError:
            return None

    async def _call(self, function: Callable[[], T]) -> T:
        async with asyncio.timeout(SECONDS):
            return await self._worker.call(function)


class KeptFolder:
    """A copy of each file of a folder in force, encrypted as it was committed.

    Files with secrets in plain text are not kept.
    """

    def __init__(self, directory: Path) -> None:
        self._copies = LastGoodFolder(directory)
        self._worker = Worker("last-good")

    async def keep(self, reload: Reload) -> None:
        """Keep what is in force of each file, where this reading made it."""
        if reload.documents is None:
            return
        plain = reload.plaintext_files
        contents = {n: (c.digest, c.data) for n, c in reload.documents.items() if n not in plain}
        try:
            async with asyncio.timeout(SECONDS + SECONDS_A_FILE * len(contents)):
                await self._worker.call(partial(self._copies.keep, contents))
        except (JournalError, TimeoutError) as error:
            message = str(error) or "the disk did not answer"
            log.warning("last good files cannot be kept", message=message)

    async def read(self) -> Mapping[str, bytes]:
        """The copies; none where the disk does not answer."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._worker.call(self._copies.read)
        except TimeoutError:
            return {}
