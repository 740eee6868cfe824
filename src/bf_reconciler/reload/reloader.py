"""Reads the committed file: read, decrypt, parse, adopt. What was last good stays in force."""

import asyncio
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from bf_reconciler import document, sops
from bf_reconciler.facts import DEFAULT_RULES, ConfigError, ConfigReason, Rules
from bf_reconciler.loader import load
from bf_reconciler.reload.base import (
    DIRTY,
    LAST_GOOD,
    NOTHING_YET,
    BaseReloader,
    Reload,
    sentence,
)
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import Snapshot
from bf_reconciler.status import ConfigStatus, Status


class Readable(Protocol):
    """The committed file."""

    def read(self) -> Snapshot: ...

    def precedes(self, first: str, second: str) -> bool: ...

    def last_change(self, data: bytes) -> str: ...


class Reloader(BaseReloader[Snapshot]):
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
        super().__init__(
            settings,
            allow_plaintext=allow_plaintext,
            pepper=pepper,
            before=before,
            rules=rules,
        )
        self._source = source
        self._tried = ""
        self._good: ConfigStatus | None = None

    def _read_source(self) -> Snapshot:
        return self._source.read()

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
            message=sentence(errors, "all other entries are in force") if errors else "",
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
