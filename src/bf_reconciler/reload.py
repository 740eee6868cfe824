"""Reads the committed file: read, decrypt, parse, adopt. What was last good stays in force."""

import asyncio
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog
from pydantic import SecretStr

from bf_reconciler import document, sops
from bf_reconciler.facts import DEFAULT_RULES, ConfigError, ConfigReason, Problem, Rules
from bf_reconciler.loader import load
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import Snapshot
from bf_reconciler.spec import Spec
from bf_reconciler.status import ConfigStatus, Status

DIRTY = "-dirty"
"""Ends a revision whose commit does not hold the content that was read."""
LAST_GOOD = "the last good version stays in force"
NOTHING_YET = "no version is in force yet: no key is tested, and what runs has its grace"
READ_SECONDS = 30.0
"""How long reading the file may take; on a mount whose server has gone it never ends."""
log = structlog.get_logger("bf_reconciler.reload")


class Readable(Protocol):
    """The committed file."""

    def read(self) -> Snapshot: ...

    def precedes(self, first: str, second: str) -> bool: ...

    def last_change(self, data: bytes) -> str: ...


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


class Reloader:
    """Reads the file when asked to; decrypts only content that it does not know yet."""

    def __init__(
        self,
        source: Readable,
        settings: SopsSettings,
        *,
        allow_plaintext: bool,
        pepper: bytes,
        before: Status,
        rules: Rules = DEFAULT_RULES,
    ) -> None:
        self._source = source
        self._sops = settings
        self._allow_plaintext = allow_plaintext
        self._pepper = pepper
        self._before = before
        self._rules = rules
        self._reading: asyncio.Task[Snapshot] | None = None
        self._tried = ""
        self._keys: object = None
        self._good: ConfigStatus | None = None
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
            log.error("reading the file failed", error=name, at=_places(error))  # noqa: TRY400 # see _places
            message = "unexpected error while reading the file; the log says where"
            message = f"{message}; {LAST_GOOD}" if self.last.spec else message
            self.last = self._refused(ConfigError(ConfigReason.INVALID_DOCUMENT, message))
        return self.last

    def keys_changed(self) -> bool:
        """Whether a key of sops, or sops itself, changed since it last failed. Blocks."""
        waiting = self.last.config.reason in sops.KEY_REASONS
        return waiting and sops.fingerprint(self._sops) != self._keys

    async def _read(self, now: datetime, *, asked: bool) -> Reload:
        tried, self._tried = self._tried, ""
        snapshot = await self._snapshot()
        self._tried = snapshot.digest
        spec = self.last.spec
        if spec is not None and snapshot.digest == spec.digest and self._good is not None:
            # The commit may have moved on while this content was read: it is still of the old one.
            dirty = snapshot.revision.endswith(DIRTY)
            revision = spec.revision if dirty else snapshot.revision
            if self._good.last_reload_successful and not self.last.config.last_reload_successful:
                self._good = replace(self._good, last_reload_success=now)
            return Reload(replace(spec, revision=revision), self._good)
        if snapshot.digest != tried or self.last.transient or asked:
            return await self._adopt(snapshot, now)
        return self.last

    async def _snapshot(self) -> Snapshot:
        """What stands in the file. While a reading hangs, no other is begun.

        Raises:
            ConfigError: It cannot be read, or does not answer.
        """
        if self._reading is None or self._reading.done():  # what came too late may be outdated
            self._reading = asyncio.create_task(asyncio.to_thread(self._source.read))
            self._reading.add_done_callback(_noted)
        done, _ = await asyncio.wait({self._reading}, timeout=READ_SECONDS)
        if not done:
            message = f"the file cannot be read: it does not answer within {READ_SECONDS:.0f} s"
            raise ConfigError(ConfigReason.FILE_UNREADABLE, message, transient=True)
        reading, self._reading = self._reading, None
        return reading.result()

    async def _adopt(self, snapshot: Snapshot, now: datetime) -> Reload:
        # What was sealed once must stay sealed.
        rules = replace(
            self._rules, require_seal=self._rules.require_seal or self.last.config.sealed
        )
        self._keys = await asyncio.to_thread(sops.fingerprint, self._sops)
        parsed = await self._loaded(snapshot, rules)
        if parsed.refused:
            return self._wrong(parsed.problems)
        rolled_back = await self._rolled_back(snapshot, parsed)
        spec, unfollowed = await asyncio.to_thread(
            document.adopt,
            self.last.spec,
            parsed,
            revision=snapshot.revision,
            digest=snapshot.digest,
            pepper=self._pepper,
        )
        if self.last.spec is None:
            known = self._before.digest == snapshot.digest
            generation = self._before.generation + (0 if known else 1)
            spec = replace(spec, generation=max(generation, 1))
        problems = (*parsed.problems, *unfollowed)
        errors = [problem for problem in problems if problem.severity == "error"]
        self._good = ConfigStatus(
            last_reload_successful=not errors,
            last_reload_success=self.last.config.last_reload_success if errors else now,
            problems=problems,
            reason=errors[0].reason if errors else None,
            message=_sentence(errors, "all other entries are in force") if errors else "",
            plaintext_secrets=parsed.plaintext_secrets,
            path=self._before.config.path,
            last_modified=parsed.last_modified,
            sealed=parsed.seal == "good",
        )
        return Reload(spec, self._good, rolled_back=rolled_back, adopted=snapshot)

    async def _loaded(self, snapshot: Snapshot, rules: Rules) -> document.Parsed:
        """The content as entries; a change that the MAC tells of comes with its commit."""
        plain = self._allow_plaintext
        try:
            return await load(snapshot.data, self._sops, rules, allow_plaintext=plain)
        except ConfigError as error:
            if error.reason is not ConfigReason.INTEGRITY_CHECK_FAILED:
                raise
            where = await asyncio.to_thread(self._source.last_change, snapshot.data)
            raise error.at(where) from None

    async def _rolled_back(self, snapshot: Snapshot, parsed: document.Parsed) -> bool:
        """Whether this content is older than what is in force, or was before a restart."""
        known = self.last.spec or self._before
        if snapshot.digest == known.digest:
            return False
        before, now = self.last.config.last_modified, parsed.last_modified
        if before is not None and now is not None and now < before:
            return True
        return await asyncio.to_thread(self._source.precedes, snapshot.revision, known.revision)

    async def fall_back(self, committed: bytes, now: datetime) -> Reload:
        """Put a document of an earlier life in force, since nothing is and the file was refused.

        It must be good by the rules of today. Why the file was refused goes on being told.
        """
        refused = self.last
        digest = "sha256:" + sha256(committed).hexdigest()
        revision = self._before.revision if digest == self._before.digest else ""
        try:
            adopted = await self._adopt(Snapshot(committed, digest, revision, ""), now)
        except ConfigError:
            return refused
        if adopted.spec is None:
            return refused
        message = refused.config.message.replace(NOTHING_YET, LAST_GOOD)
        config = replace(refused.config, message=message, last_good_in_force=True)
        self.last = Reload(adopted.spec, config, refused.transient)
        return self.last

    def _wrong(self, problems: tuple[Problem, ...]) -> Reload:
        errors = [problem for problem in problems if problem.severity == "error"]
        config = replace(
            self.last.config,
            last_reload_successful=False,
            problems=problems,
            reason=_gravest(errors),
            message=_sentence(errors, LAST_GOOD if self.last.spec else NOTHING_YET),
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


def _noted(reading: asyncio.Task[Snapshot]) -> None:
    """Nobody waits any more for how it ended, and that is no fault."""
    if not reading.cancelled():
        reading.exception()


def _places(error: Exception) -> list[str]:
    """Where it went wrong, and not what it says.

    The text of the file may stand in that, and the log does not know the secrets of it yet.
    """
    return [f"{f.name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]


def _gravest(errors: list[Problem]) -> ConfigReason:
    """What to say first: a credential in plain text is lost, whatever else is wrong."""
    reasons = [problem.reason for problem in errors]
    plain = ConfigReason.PLAINTEXT_SECRET
    return plain if plain in reasons else reasons[0]


def _sentence(errors: list[Problem], tail: str) -> str:
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return f"{count} in the file; {tail}"


def secrets(spec: Spec) -> Iterator[str]:
    """Every secret value of a Spec, for the redaction of logs."""
    for entry in spec.connections.values():
        connection = entry.connection
        found = [connection.proxy]
        for credentials in (connection.credentials, connection.next):
            if credentials is not None:
                found += [credentials.api_key, credentials.secret, credentials.passphrase]
        for secret in found:
            if secret is not None:
                yield secret.get_secret_value()
        if connection.proxy is not None:
            yield from _passwords(connection.proxy.get_secret_value())
    for runtime in spec.runtimes.values():
        for value in vars(runtime).values():
            if isinstance(value, SecretStr):
                yield value.get_secret_value()


def _passwords(proxy: str) -> Iterator[str]:
    """What an address hides may stand in a text alone, as it is written or as it is sent."""
    password = urlsplit(proxy).password
    if password:
        yield password
        yield unquote(password)
