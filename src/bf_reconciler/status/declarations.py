"""Who declared which connection, and when: for those who ask long afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from bf_reconciler.spec import ALLOW, Commit, ConnectionEntry, Spec

POLICY = ""
"""Stands for the name where the policy of the file is declared."""
DeclarationChange = Literal["added", "changed", "removed", "elsewhere"]
UNKNOWN: Final = Commit("")
GONE: Final = frozenset({"removed", "elsewhere"})
"""After these it is not declared here: it left the file, or another shard looks after it."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A connection, or the policy, as a revision of the file declares it. No credential is in it.

    ``commit``, ``author`` and ``committed_at`` are of the last commit that changed its file, as it
    was first seen, where one is known; of a folder, what is not known of the file is of the folder.
    ``signer`` signed the revision, and ``signed_by`` that commit. ``key`` is a keyed digest:
    another one is another key. ``file``: of a folder, where it stands, or stood.
    """

    at: datetime
    name: str
    change: DeclarationChange
    declared: Mapping[str, Any]
    generation: int
    revision: str
    digest: str
    key: str = ""
    author: str = ""
    committed_at: datetime | None = None
    signer: str = ""
    commit: str = ""
    signed_by: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredEntry:
    """What is known to be declared under a name."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    file: str = field(default="", compare=False)


class Commits(NamedTuple):
    """Who made what was read: of all of it, and of single files of a folder, where known."""

    whole: Commit | None = None
    files: Mapping[str, Commit | None] = MappingProxyType({})

    def of(self, file: str) -> Commit | None:
        return self.files.get(file) or self.whole

    def with_files(self, whole: Commit | None, files: Mapping[str, Commit | None]) -> "Commits":
        """After another reading: what is not told anew of a file is as it was."""
        return Commits(whole, {**self.files, **files})


def declared(
    spec: Spec, before: Mapping[str, DeclaredEntry] | None = None, since: Spec | None = None
) -> Mapping[str, DeclaredEntry]:
    """What is in force under each name. ``before`` is that of ``since``: what is the same stays."""
    known: Mapping[str, DeclaredEntry] = before or {}
    same: Mapping[str, ConnectionEntry] = since.connections if since is not None else {}
    connections = {
        name: known[name]
        if same.get(name) is entry
        else DeclaredEntry(entry.declared, entry.credentials_fingerprint, entry.file)
        for name, entry in spec.connections.items()
    }
    return {POLICY: DeclaredEntry(_rules(spec), file=spec.base), **connections}


def _rules(spec: Spec) -> Mapping[str, Any]:
    """The policy, and beside it what other files may declare."""
    allow = spec.declared_allow
    return spec.declared_policy if allow is None else {**spec.declared_policy, ALLOW: [*allow]}


def rules_of(fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[Mapping[str, Any]] | None]:
    """The policy, and what other files may declare, of what was recorded of both."""
    return {name: each for name, each in fields.items() if name != ALLOW}, fields.get(ALLOW)


def declarations(
    before: Mapping[str, DeclaredEntry],
    after: Mapping[str, DeclaredEntry],
    spec: Spec,
    commits: Commits,
    now: datetime,
) -> Iterator[Declaration]:
    """What this revision declares otherwise: ``after``, than what was known ``before``."""

    def changed(name: str, change: DeclarationChange, what: DeclaredEntry) -> Declaration:
        commit = commits.of(what.file) or UNKNOWN
        return Declaration(
            at=now,
            name=name,
            change=change,
            declared=what.fields,
            generation=spec.generation,
            revision=spec.revision,
            digest=spec.digest,
            key=what.key,
            author=commit.author,
            committed_at=commit.at,
            signer=commit.signer,
            commit=commit.revision,
            signed_by=commit.signed_by,
            file=what.file,
        )

    for name, what in after.items():
        if name not in before:
            yield changed(name, "added", what)
        elif before[name] is not what and before[name] != what:
            yield changed(name, "changed", what)
    for name in sorted(before.keys() - after.keys()):
        moved = name in spec.elsewhere.connections
        yield changed(
            name, "elsewhere" if moved else "removed", DeclaredEntry(file=before[name].file)
        )
