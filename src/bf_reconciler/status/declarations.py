"""Who declared which connection, and when: for those who ask long afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from bf_reconciler.spec import Commit, Spec

POLICY = ""
"""Stands for the name where the policy of the file is declared."""
DeclarationChange = Literal["added", "changed", "removed", "elsewhere"]
GONE: Final = frozenset({"removed", "elsewhere"})
"""After these it is not declared here: it left the file, or another shard looks after it."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A connection, or the policy, as a revision of the file declares it. No credential is in it.

    ``author``, ``committed_at`` and ``signer`` are of the commit that was in force when it was
    first seen, where one is known. ``key`` is a keyed digest: another one is another key.
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


@dataclass(frozen=True, slots=True)
class DeclaredEntry:
    """What is known to be declared under a name."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


def declared(spec: Spec) -> Mapping[str, DeclaredEntry]:
    """What is in force under each name."""
    connections = {
        name: DeclaredEntry(entry.declared, entry.credentials_fingerprint)
        for name, entry in spec.connections.items()
    }
    return {POLICY: DeclaredEntry(spec.declared_policy), **connections}


def declarations(
    before: Mapping[str, DeclaredEntry], spec: Spec, commit: Commit | None, now: datetime
) -> Iterator[Declaration]:
    """What this revision declares otherwise than what was known ``before``."""
    after = declared(spec)

    def changed(name: str, change: DeclarationChange, what: DeclaredEntry) -> Declaration:
        return Declaration(
            at=now,
            name=name,
            change=change,
            declared=what.fields,
            generation=spec.generation,
            revision=spec.revision,
            digest=spec.digest,
            key=what.key,
            author=commit.author if commit is not None else "",
            committed_at=commit.at if commit is not None else None,
            signer=commit.signer if commit is not None else "",
        )

    for name, what in after.items():
        if name not in before:
            yield changed(name, "added", what)
        elif before[name] != what:
            yield changed(name, "changed", what)
    for name in sorted(before.keys() - after.keys()):
        moved = name in spec.elsewhere.connections
        yield changed(name, "elsewhere" if moved else "removed", DeclaredEntry())
