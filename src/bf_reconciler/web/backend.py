"""What the web asks of the daemon."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from bf_reconciler.facts import Language
from bf_reconciler.status import ConnectionStatus, Kind, Status, Transition

Refusal = Literal["missing_token", "wrong_token", "unknown_host", "not_local", "other_site"]
"""Why a request was refused."""


class NotDurableError(Exception):
    """A halt, or its end, that is in force and may be forgotten by a restart; the text says why.

    ``full``: for want of room on the disk.
    """

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class Backend(Protocol):
    """The daemon as the web sees it. ``history`` may block: a thread calls it."""

    @property
    def tokens(self) -> Mapping[str, str]:
        """The tokens that permit writes, by name. Empty: they must come from this machine."""

    @property
    def read_tokens(self) -> Mapping[str, str]:
        """The tokens that permit reads, beside those of writes. Empty: they need none."""

    def report_refusal(self, why: Refusal, client: str, request: str) -> None:
        """A request was refused: of this address, with this method and path."""

    @property
    def host(self) -> str:
        """The host of ``--listen``, without the port."""

    def status(self) -> Status: ...

    def health(self) -> tuple[bool, str]:
        """Whether each loop finished a pass within its deadline, and a sentence."""

    def ready(self) -> tuple[bool, str]:
        """Whether a valid file is loaded and the first pass is done, and a sentence."""

    def metrics(self, accept: str, *, summary: bool, gzip: bool) -> tuple[Iterator[bytes], str]:
        """The exposition in pieces and its content type, as the ``Accept`` header asks for.

        With ``gzip``, the pieces are one gzip stream.
        """

    def history(
        self, name: str | None, limit: int, before: datetime | None, kind: Kind | None = None
    ) -> Sequence[Transition]:
        """Transitions, newest first; of this kind, or of all."""

    def journal(self, table: str, after: int | None, limit: int) -> dict[str, Any]:
        """Rows of a table of the journal, oldest first, with their hashes. It may block, too."""

    def evidence(self, name: str, language: Language) -> dict[str, Any] | None:
        """What stands behind the conditions of a connection; None where none has this name."""

    def stolen(self, name: str, language: Language) -> dict[str, Any] | None:
        """What a thief of a connection's key has; None where none has this name."""

    def subscribe(self) -> AsyncIterator[tuple[Status, Sequence[Transition]]]:
        """Every new status with the transitions that led to it, until the reader leaves."""

    async def reload(self) -> Status:
        """Read the file now. ``config`` of the answer says whether it was accepted."""

    async def test(self, name: str) -> ConnectionStatus | None:
        """Probe one connection now and wait for it; None where no connection has this name."""

    async def drill(self, name: str, seconds: float, by: str, token: str = "") -> datetime:
        """Have a canary count as failed for so long, 0 ends it; returns when it ends.

        Raises:
            LookupError: No connection has this name.
            ValueError: It is no canary, or was not tested yet; the text says which.
        """

    async def halt(self, reason: str, by: str, token: str = "") -> Status:
        """Halt every strategy, and return when the halt is in force and outlives a restart.

        Engines are hardly waited for: the status says which of them have confirmed it by now.
        ``token`` is the name of the one that permitted it.

        Raises:
            NotDurableError: It is in force, and a restart may forget it.
        """

    async def resume(
        self, name: str | None, reason: str = "", by: str = "", token: str = ""
    ) -> bool:
        """Resume everything, or one strategy that waits for a person; False: nothing to resume.

        Raises:
            NotDurableError: The halt is ended, and a restart may bring it back.
        """
