"""What every reading of the source has in common: one at a time, and no fault of it is fatal."""

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import unquote, urlsplit

import structlog
from pydantic import SecretStr

from bf_reconciler import sops
from bf_reconciler.facts import DEFAULT_RULES, ConfigError, ConfigReason, Problem, Rules
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import Content, Snapshot
from bf_reconciler.spec import Commit, Connection, Spec
from bf_reconciler.status import ConfigStatus, Status

S = TypeVar("S")
DIRTY = "-dirty"
"""Ends a revision whose commit does not hold the content that was read."""
LAST_GOOD = "the last good version stays in force"
NOTHING_YET = "no version is in force yet: no key is tested, and what runs has its grace"
READ_SECONDS = 30.0
"""How long reading the file may take; on a mount whose server has gone it never ends."""
log = structlog.get_logger("bf_reconciler.reload")


@dataclass(frozen=True, slots=True)
class Reload:
    """How a reading of the file ended. ``spec`` is what is in force now; None: nothing yet."""

    spec: Spec | None
    config: ConfigStatus
    transient: bool = False
    rolled_back: bool = False
    """This reading put an older version of the file in force."""
    adopted: Snapshot | None = None
    """The content that ``spec`` was made of, where this reading made it."""
    documents: Mapping[str, Content] | None = field(default=None, repr=False)
    """Of a folder: the content of each file in force, where this reading made ``spec``."""
    plaintext_files: frozenset[str] = frozenset()
    """Which of these have secrets in plain text."""
    commit: Commit | None = None
    """Who made the commit that the folder is of, where git knows."""
    commits: Mapping[str, Commit | None] = field(default_factory=dict)
    """Of its files that were changed: which commit made each what it is; None is not known."""


class BaseReloader(ABC, Generic[S]):
    """Reads the source when asked to; what was last good stays in force."""

    def __init__(
        self,
        settings: SopsSettings,
        *,
        allow_plaintext: bool,
        pepper: bytes,
        before: Status,
        rules: Rules = DEFAULT_RULES,
    ) -> None:
        self._sops = settings
        self._allow_plaintext = allow_plaintext
        self._pepper = pepper
        self._before = before
        self._rules = rules
        self._reading: asyncio.Task[S] | None = None
        self._keys: object = None
        self.last = Reload(None, replace(before.config, last_reload_successful=False))

    async def reload(self, now: datetime, *, asked: bool = False) -> Reload:
        """Read the file once more. Never raises for what stands in it.

        ``asked``: a person wants it tried again though the content is the same.
        """
        try:
            self.last = await self._read(now, asked=asked)
        except ConfigError as error:
            self.last = self._refused(error)
        except Exception as error:  # noqa: BLE001 # a fault of ours changes nothing, as a bad file
            name = type(error).__name__
            log.error("reading the file failed", error=name, at=places(error))  # noqa: TRY400 # see places
            message = "unexpected error while reading the file; the log says where"
            message = f"{message}; {LAST_GOOD}" if self.last.spec else message
            self.last = self._refused(ConfigError(ConfigReason.INVALID_DOCUMENT, message))
        return self.last

    def keys_changed(self) -> bool:
        """Whether a key of sops, or sops itself, changed since it last failed. Blocks."""
        waiting = self.last.config.reason in sops.KEY_REASONS
        return waiting and sops.fingerprint(self._sops) != self._keys

    @abstractmethod
    async def _read(self, now: datetime, *, asked: bool) -> Reload:
        """Read it once more.

        Raises:
            ConfigError: It cannot be read.
        """

    @abstractmethod
    def _read_source(self) -> S:
        """What stands in the source. Blocks; may raise ConfigError."""

    async def _snapshot(self) -> S:
        """What stands in the file. While a reading hangs, no other is begun.

        Raises:
            ConfigError: It cannot be read, or does not answer.
        """
        if self._reading is None or self._reading.done():  # what came too late may be outdated
            self._reading = asyncio.create_task(asyncio.to_thread(self._read_source))
            self._reading.add_done_callback(_noted)
        done, _ = await asyncio.wait({self._reading}, timeout=READ_SECONDS)
        if not done:
            message = f"the file cannot be read: it does not answer within {READ_SECONDS:.0f} s"
            raise ConfigError(ConfigReason.FILE_UNREADABLE, message, transient=True)
        reading, self._reading = self._reading, None
        return reading.result()

    def _wrong(self, problems: tuple[Problem, ...]) -> Reload:
        errors = [problem for problem in problems if problem.severity == "error"]
        config = replace(
            self.last.config,
            last_reload_successful=False,
            problems=problems,
            reason=gravest(errors),
            message=sentence(errors, LAST_GOOD if self.last.spec else NOTHING_YET),
        )
        return Reload(self.last.spec, config)

    def _refused(self, error: ConfigError) -> Reload:
        line, column = error.line or 0, error.column or 0
        problem = Problem(line, column, "", error.message, "error", error.reason)
        config = replace(
            self.last.config,
            last_reload_successful=False,
            problems=(problem,),
            reason=error.reason,
            message=error.message if self.last.spec else f"{error.message}; {NOTHING_YET}",
        )
        return Reload(self.last.spec, config, error.transient)


def _noted(reading: asyncio.Task[S]) -> None:
    """Nobody waits any more for how it ended, and that is no fault."""
    if not reading.cancelled():
        reading.exception()


def places(error: Exception) -> list[str]:
    """Where it went wrong, and not what it says.

    The text of the file may stand in that, and the log does not know the secrets of it yet.
    """
    return [f"{f.name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]


def gravest(errors: Iterable[Problem]) -> ConfigReason:
    """What to say first: a credential in plain text is lost, whatever else is wrong."""
    reasons = [problem.reason for problem in errors]
    plain = ConfigReason.PLAINTEXT_SECRET
    return plain if plain in reasons else reasons[0]


def sentence(errors: list[Problem], tail: str) -> str:
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return f"{count} in the file; {tail}"


def secrets(spec: Spec, known: Spec | None = None) -> Iterator[str]:
    """Every secret value of a Spec, for the redaction of logs, but for entries that are known."""
    same = known.connections if known is not None else {}
    for name, entry in spec.connections.items():
        if same.get(name) is not entry:
            yield from _of_connection(entry.connection)
    for runtime in spec.runtimes.values():
        for value in vars(runtime).values():
            if isinstance(value, SecretStr):
                yield value.get_secret_value()


def _of_connection(connection: Connection) -> Iterator[str]:
    found = [connection.proxy]
    for credentials in (connection.credentials, connection.next):
        if credentials is not None:
            found += [credentials.api_key, credentials.secret, credentials.passphrase]
    for secret in found:
        if secret is not None:
            yield secret.get_secret_value()
    if connection.proxy is not None:
        yield from _passwords(connection.proxy.get_secret_value())


def _passwords(proxy: str) -> Iterator[str]:
    """What an address hides may stand in a text alone, as it is written or as it is sent."""
    password = urlsplit(proxy).password
    if password:
        yield password
        yield unquote(password)
