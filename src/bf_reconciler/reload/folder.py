"""Reads a folder: each file by itself, and only what changed; a bad one holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Final, Protocol

from bf_reconciler import document, sops
from bf_reconciler.document import Document, Parsed
from bf_reconciler.facts import DEFAULT_RULES, ConfigReason, Problem, Rules
from bf_reconciler.loader import Loaded, load_document, problem_of, processors
from bf_reconciler.reload.base import (
    DIRTY,
    LAST_GOOD,
    NOTHING_YET,
    BaseReloader,
    Reload,
    gravest,
    log,
    places,
)
from bf_reconciler.reload.files import File, remembered, statuses
from bf_reconciler.sops import SopsSettings
from bf_reconciler.source import Content, FolderSnapshot
from bf_reconciler.spec import Commit, Spec
from bf_reconciler.status import ConfigStatus, Status

NAMED: Final = 3
"""So many files are named in a sentence."""
BASE_GONE: Final = (
    "the file with policy and allow is gone; it stays in force. Put it back, or have another file"
    " take its sections over before it goes"
)
Kept = Callable[[], Awaitable[Mapping[str, bytes]]]
"""Gives the last good documents of an earlier life, by file."""


class ReadableFolder(Protocol):
    """The committed folder."""

    def read_folder(self) -> FolderSnapshot: ...

    def precedes(self, first: str, second: str) -> bool: ...

    def last_change_of(self, name: str, content: Content) -> str: ...

    def commits_of(self, files: Mapping[str, Content], revision: str) -> Mapping[str, Commit]: ...


async def nothing_kept() -> Mapping[str, bytes]:
    """Where no earlier life is remembered."""
    return {}


class FolderReloader(BaseReloader[FolderSnapshot]):
    """Reads the folder when asked to; decrypts only files whose content it does not know yet."""

    def __init__(
        self,
        source: ReadableFolder,
        settings: SopsSettings,
        *,
        allow_plaintext: bool,
        pepper: bytes,
        before: Status,
        rules: Rules = DEFAULT_RULES,
        kept: Kept = nothing_kept,
    ) -> None:
        super().__init__(
            settings,
            allow_plaintext=allow_plaintext,
            pepper=pepper,
            before=before,
            rules=rules,
        )
        self._source = source
        self._kept = kept
        self._earlier: Mapping[str, bytes] | None = None
        self._files = {status.name: remembered(status) for status in before.config.files}
        self._known: frozenset[str] = frozenset(self._files)
        self._told = {status.name: status.digest for status in before.config.files}
        """Which content of each file its author was asked of last."""
        self._merged: tuple[object, ...] = ()
        self._parsed: Parsed | None = None
        """What was adopted last."""
        self._worked_out = document.NO_FILES
        """Of the files that were merged last."""
        self._taken = self.last
        self.halting: Callable[[Reload], None] = lambda _: None
        """Told of a halt in the base as soon as that is read: other files may take their time."""

    def keys_changed(self) -> bool:
        """Whether a key of sops, or sops itself, changed since a file last failed. Blocks."""
        reasons = (reason for file in self._files.values() for reason in file.reasons)
        waiting = any(reason in sops.KEY_REASONS for reason in reasons)
        return waiting and sops.fingerprint(self._sops) != self._keys

    def _read_source(self) -> FolderSnapshot:
        return self._source.read_folder()

    async def _read(self, now: datetime, *, asked: bool) -> Reload:
        snapshot = await self._snapshot()
        older = await self._take(snapshot, now, asked=asked)
        documents = {n: f.good for n, f in self._files.items() if f.good is not None}
        lost = {n: f.readable for n, f in self._files.items() if f.good is None}
        key = (documents, lost, {n: f.problems for n, f in self._files.items()})
        if key == self._merged and self._taken.spec is not None:
            return self._again(self._taken, self._taken.spec, snapshot.revision, now)
        parsed = await self._merge(documents, lost)
        more = tuple(problem for file in self._files.values() for problem in file.problems)
        if parsed.refused or (self.last.spec is None and not documents):
            self._merged = ()
            return self._none(document.ordered((*parsed.problems, *more)))
        reload = await self._adopt(parsed, more, documents, snapshot, now)
        known = self.last.spec or self._before
        older = older or await self._precedes(snapshot.revision, known.revision)
        changed = reload.spec is not None and reload.spec.digest != known.digest
        self._taken = replace(reload, rolled_back=older and changed)
        self._merged, self._parsed = key, parsed  # last: a fault before this leaves all as it was
        return self._taken

    async def _merge(
        self, documents: Mapping[str, Document], lost: Mapping[str, Document | None]
    ) -> Parsed:
        standing = document.standing(self.last.spec, self._before.config.base)
        merged = await asyncio.to_thread(
            document.merge_again, documents, lost, standing, self._worked_out
        )
        self._worked_out, parsed = merged.files, merged.parsed
        return replace(parsed, problems=tuple(p for p in parsed.problems if self._is_current(p)))

    async def _precedes(self, first: str, second: str) -> bool:
        return await asyncio.to_thread(self._source.precedes, first, second)

    def _is_current(self, problem: Problem) -> bool:
        """Whether it is of the text that stands there now, and not of a last good form."""
        file = self._files.get(problem.file)
        return file is None or not file.problems or file.good is None

    def _again(self, taken: Reload, spec: Spec, revision: str, now: datetime) -> Reload:
        """The same content, maybe of another commit, or after a fault of the whole folder."""
        config = taken.config
        if config.last_reload_successful and not self.last.config.last_reload_successful:
            config = replace(config, last_reload_success=now)
        if not revision.endswith(DIRTY):  # else it moved on while this was read
            spec = replace(spec, revision=revision)
        self._taken = replace(taken, spec=spec, config=config, rolled_back=False, documents=None)
        return self._taken

    async def _take(self, snapshot: FolderSnapshot, now: datetime, *, asked: bool) -> bool:
        """Bring every file up to date; whether one of them is older than before."""
        self._let_go(snapshot)
        self._refuse(snapshot)
        fresh, again = [], []
        for name, content in snapshot.files.items():
            file = self._files.setdefault(name, File(name))
            if file.content is not None and file.content.digest == content.digest:
                self._files[name] = file.again(now)
            elif file.tried != content.digest:
                fresh.append(name)
            elif file.transient or asked:
                again.append(name)
        if asked or not (fresh and again):  # what failed may take its time: it is tried later
            self._keys = await asyncio.to_thread(sops.fingerprint, self._sops)
            fresh += again
        base, cores = self._base(), asyncio.Semaphore(processors())
        older = await asyncio.gather(
            *(
                self._bring(name, snapshot.files[name], snapshot.revision, now, cores)
                for name in sorted(fresh, key=lambda name: (name != base, name))
            )
        )
        await self._bring_earlier()
        self._known = frozenset(snapshot.files)
        return any(older)

    def _base(self) -> str:
        return self.last.spec.base if self.last.spec is not None else self._before.config.base

    def _let_go(self, snapshot: FolderSnapshot) -> None:
        """Forget files that are gone; what they declared falls under the guard of removals.

        The base stays, unless a file that was not there before takes its place: nobody else may.
        """
        base = self._base()
        gone = [name for name in self._files if name not in snapshot.files]
        for name in gone:
            if any(_covers(refused, name) for refused in snapshot.refused):
                continue
            if name == base and not self._replaced(snapshot):
                problem = Problem(
                    0, 0, "", BASE_GONE, "error", ConfigReason.MASS_REMOVAL_HELD, name
                )
                self._files[name] = replace(
                    self._files[name].refused(problem, transient=False), gone=True
                )
            else:
                del self._files[name]

    def _replaced(self, snapshot: FolderSnapshot) -> bool:
        """Whether a new file has sections that hold for all."""
        new = [content for name, content in snapshot.files.items() if name not in self._known]
        read = (document.read_document(content.data, None, in_folder=True) for content in new)
        return any(isinstance(found, Document) and bool(found.sections) for found in read)

    def _refuse(self, snapshot: FolderSnapshot) -> None:
        for refused, error in snapshot.refused.items():
            names = [name for name in self._files if _covers(refused, name)] or [refused]
            for name in names:
                file = self._files.get(name, File(name))
                words = error.message.removeprefix(f"{refused}: ")
                problem = Problem(0, 0, "", words, "error", error.reason, name)
                self._files[name] = file.refused(problem, transient=error.transient)

    async def _bring(
        self,
        name: str,
        content: Content,
        revision: str,
        now: datetime,
        cores: asyncio.Semaphore,
    ) -> bool:
        """Read one file; whether what is good now is older than what was."""
        async with cores:
            before = self._files[name]
            loaded = await self._load(before, content)
            if (
                loaded.error is not None
                and loaded.error.reason is ConfigReason.INTEGRITY_CHECK_FAILED
            ):
                where = await asyncio.to_thread(self._source.last_change_of, name, content)
                error = loaded.error.at(where)
                loaded = replace(loaded, error=error, problems=(problem_of(error),))
        after = before.loaded(loaded, content, revision, now)
        self._files[name] = after
        if name == self._base():
            self._halt_early(loaded)
        if loaded.document is None or before.last_modified is None or after.last_modified is None:
            return False
        return after.last_modified < before.last_modified

    async def _load(self, file: File, content: Content) -> Loaded:
        rules = replace(self._rules, require_seal=self._rules.require_seal or file.sealed)
        try:
            return await load_document(
                content.data, self._sops, rules, allow_plaintext=self._allow_plaintext
            )
        except Exception as error:  # noqa: BLE001 # a fault of ours is that of one file alone
            fault = {"error": type(error).__name__, "at": places(error)}
            log.error("reading a file failed", file=file.name, **fault)  # as in base
            message = "unexpected error while reading the file; the log says where"
            return Loaded(None, (Problem(0, 0, "", message),))

    def _halt_early(self, loaded: Loaded) -> None:
        spec, read = self.last.spec, loaded.document
        halt = read.head.file.halt if read is not None and read.head.file is not None else None
        if spec is not None and spec.halt is None and halt is not None:
            self.halting(replace(self.last, spec=replace(spec, halt=halt)))

    async def _bring_earlier(self) -> None:
        """Give files that were never good in this life the last good form of an earlier one."""
        wanted = [file for file in self._files.values() if file.good is None]
        if not wanted:
            return
        if self._earlier is None:
            self._earlier = await self._kept()
        earlier, self._earlier = self._earlier, {}
        for file in wanted:
            committed = earlier.get(file.name)
            if committed is None:
                continue
            digest = "sha256:" + sha256(committed).hexdigest()
            content = Content(committed, digest, len(committed), 0, 0.0, "")
            loaded = await self._load(file, content)
            self._files[file.name] = file.kept(loaded, content, file.revision)

    async def _adopt(
        self,
        parsed: Parsed,
        more: tuple[Problem, ...],
        documents: Mapping[str, Document],
        snapshot: FolderSnapshot,
        now: datetime,
    ) -> Reload:
        digest = _digest(self._files)
        before = self.last.spec
        contents = {n: f.content for n, f in self._files.items() if f.content is not None}
        authors = asyncio.create_task(self._authors(contents, snapshot.revision))
        dirty = snapshot.revision.endswith(DIRTY) and before is not None and digest == before.digest
        spec, unfollowed = await asyncio.to_thread(
            document.adopt,
            before,
            parsed,
            revision=before.revision if dirty and before is not None else snapshot.revision,
            digest=digest,
            pepper=self._pepper,
            last=self._parsed,
        )
        if before is None:
            known = self._before.digest == digest
            spec = replace(spec, generation=max(self._before.generation + (not known), 1))
        problems = document.ordered((*parsed.problems, *unfollowed, *more))
        config = self._config(parsed, problems, documents, now)
        transient = any(file.transient for file in self._files.values())
        plain = frozenset(name for name, found in documents.items() if found.plaintext_secrets)
        return Reload(
            spec,
            config,
            transient,
            documents=contents,
            plaintext_files=plain,
            commit=snapshot.commit,
            commits=await authors,
        )

    async def _authors(
        self, contents: Mapping[str, Content], revision: str
    ) -> Mapping[str, Commit | None]:
        """Who made the files that are other ones than before."""
        told, self._told = self._told, {name: each.digest for name, each in contents.items()}
        changed = {n: each for n, each in contents.items() if told.get(n) != each.digest}
        found = await asyncio.to_thread(self._source.commits_of, changed, revision)
        return dict.fromkeys(changed) | dict(found)

    def _config(
        self,
        parsed: Parsed,
        problems: tuple[Problem, ...],
        documents: Mapping[str, Document],
        now: datetime,
    ) -> ConfigStatus:
        errors = [problem for problem in problems if problem.severity == "error"]
        moments = [d.last_modified for d in documents.values() if d.last_modified is not None]
        return ConfigStatus(
            last_reload_successful=not errors,
            last_reload_success=self.last.config.last_reload_success if errors else now,
            problems=problems,
            reason=gravest(errors) if errors else None,
            message=_sentence(errors, "all other entries are in force") if errors else "",
            plaintext_secrets=parsed.plaintext_secrets,
            path=self._before.config.path,
            last_modified=max(moments, default=None),
            last_good_in_force=any(file.earlier for file in self._files.values()),
            sealed=bool(documents) and all(d.seal == "good" for d in documents.values()),
            files=statuses(self._files, problems),
            base=parsed.base,
        )

    def _none(self, problems: tuple[Problem, ...]) -> Reload:
        """Nothing of the folder can be taken."""
        errors = [problem for problem in problems if problem.severity == "error"]
        config = replace(
            self.last.config,
            last_reload_successful=False,
            problems=problems,
            reason=gravest(errors),
            message=_sentence(errors, LAST_GOOD if self.last.spec else NOTHING_YET),
            files=statuses(self._files, problems),
        )
        transient = any(file.transient for file in self._files.values())
        return Reload(self.last.spec, config, transient)


def _covers(refused: str, name: str) -> bool:
    """Whether a file is one that could not be read, or lies in such a folder."""
    return name == refused or (refused.endswith("/") and name.startswith(refused))


def _digest(files: Mapping[str, File]) -> str:
    """Of what is in force of each file."""
    contents = {name: file.content for name, file in files.items() if file.content is not None}
    told = [f"{name}\0{contents[name].digest}" for name in sorted(contents)]
    return "sha256:" + sha256("\n".join(told).encode()).hexdigest()


def _sentence(errors: list[Problem], tail: str) -> str:
    names = sorted({problem.file for problem in errors if problem.file})
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return f"{count} in {shown or 'the folder'}; {tail}"
