"""A file by itself: everything that can be told of it without any other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bf_reconciler.document import key_services, seal, text
from bf_reconciler.document.compose import Stop, compose
from bf_reconciler.document.entries import MAX_ENTRIES, Entry, M, read
from bf_reconciler.document.head import Head, read_head
from bf_reconciler.document.key_services import BLOCK
from bf_reconciler.document.nodes import Node, Path, Spot
from bf_reconciler.document.parsed import Kind
from bf_reconciler.document.seal import SealState
from bf_reconciler.document.sealed import OPAQUE, Unsealing, is_sealed
from bf_reconciler.facts import DEFAULT_RULES, ConfigReason, Problem, Rules
from bf_reconciler.spec import Connection, Strategy, misfits, unknown_hosts

KINDS: Final[tuple[Kind, ...]] = ("connections", "strategies")
SECTIONS: Final = ("allow", "defaults", "halt", "policy", "runtimes")
"""Of a folder, one file alone may have these."""
FITTING: Final = frozenset({"exchange", "environment", "markets", "credentials", "next"})
HOSTED: Final = frozenset({"exchange", "endpoint", "proxy"})
HOST_NOT_ALLOWED: Final = ConfigReason.HOST_NOT_ALLOWED


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """What stands in one file, read by itself.

    ``sections``: where those stand that hold for every entry. The rest is as in ``Parsed``.
    """

    head: Head
    connections: tuple[Entry[Connection], ...]
    strategies: tuple[Entry[Strategy], ...]
    sections: Mapping[str, Spot]
    plaintext: tuple[Problem, ...]
    plaintext_secrets: int
    policy_sealed: frozenset[Path]
    encrypted: bool
    last_modified: datetime | None
    seal: SealState
    digest: str

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Whatever is wrong with it by itself."""
        entries: tuple[Entry[Any], ...] = (*self.connections, *self.strategies)
        told = (problem for entry in entries for problem in entry.problems)
        return (*self.head.problems, *self.plaintext, *told)

    @property
    def refused(self) -> bool:
        """Whether nothing of it can be taken."""
        told = (*self.head.problems, *self.plaintext)
        wrong = any(problem.severity == "error" for problem in told)
        return self.head.flawed or self.head.file is None or wrong


def read_document(
    committed: bytes,
    decrypted: Mapping[str, Any] | None,
    rules: Rules = DEFAULT_RULES,
    *,
    allow_plaintext: bool = False,
    in_folder: bool = False,
) -> Document | tuple[Problem, ...]:
    """Read a file by itself, or say why nothing of it can be read at all. It never raises.

    ``in_folder``: its connections may stand in other files.
    """
    source = text.read(committed)
    if isinstance(source, Problem):
        return (source,)
    try:
        root, shape = compose(source)
    except Stop as stop:
        return (stop.problem,)
    if not isinstance(root.value, dict):
        message = "the file must be a mapping with version and connections"
        return (Problem(*root.spot, "", message),)
    if (crowd := _crowd(root)) is not None:
        return (crowd,)
    if (wrapper := _binary_wrapper(root)) is not None:
        return (wrapper,)
    block = root.value.pop(BLOCK, None)
    if foreign := tuple(key_services.check(block, rules) if block is not None else ()):
        return foreign
    unsealing = Unsealing(allow_plaintext=allow_plaintext)
    opaque = decrypted is None
    data = unsealing.plain(root, OPAQUE if decrypted is None else decrypted)
    flaws = _Flaws([*shape, *unsealing.problems])
    head = read_head(root, data, rules, opaque=opaque, in_folder=in_folder)
    if head.foreign:
        return tuple(head.problems)
    state, broken_seal = seal.check(root, data, rules, encrypted=block is not None, opaque=opaque)
    head.problems += [*broken_seal, *flaws.head]
    head.flawed = any(node.flawed for key, node in root.value.items() if key not in KINDS)
    return Document(
        head=head,
        connections=_connections(root, data, flaws, unsealing.sealed, rules, opaque=opaque),
        strategies=_entries(
            "strategies", Strategy, root, data, flaws, unsealing.sealed, opaque=opaque
        ),
        sections={key: root.keys[key] for key in SECTIONS if key in root.keys},
        plaintext=tuple(unsealing.plaintext),
        plaintext_secrets=unsealing.plaintext_count,
        policy_sealed=frozenset(_of_rules(unsealing.sealed)),
        encrypted=block is not None and isinstance(block.value, dict),
        last_modified=_last_modified(block),
        seal=state,
        digest="" if opaque else seal.digest(data),
    )


def _crowd(root: Node) -> Problem | None:
    """A list with more entries than are ever validated."""
    for kind in KINDS:
        node = root.child(kind)
        if node is not None and isinstance(node.value, list) and len(node.value) > MAX_ENTRIES:
            message = f"more than {MAX_ENTRIES:,} entries; split the file"
            return Problem(*node.spot, kind, message)
    return None


def _binary_wrapper(root: Node) -> Problem | None:
    """A file whose name told sops nothing: it is encrypted whole, as one value."""
    data = root.child("data")
    if data is None or not is_sealed(data.value) or root.keys.keys() != {"data", BLOCK}:
        return None
    message = (
        "sops encrypted the whole file as one binary value, because of its name; decrypt it with"
        " `sops decrypt --input-type binary`, name it *.yaml, and encrypt it again"
    )
    return Problem(*data.spot, "data", message)


def _of_rules(sealed: Iterable[Path]) -> Iterator[Path]:
    """Where encrypted values stand in the policy; of `allow`, that there is one."""
    for path in sealed:
        if path[:1] == ("policy",):
            yield path[1:]
        elif path[:1] == ("allow",):
            yield ("allow",)


def _last_modified(block: Node | None) -> datetime | None:
    """When SOPS last wrote the file. The MAC is bound to it, so nobody can change it alone."""
    node = block.child("lastmodified") if block is not None else None
    try:
        moment = datetime.fromisoformat(str(node.value)) if node is not None else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


class _Flaws:
    """What is wrong with the shape, by where it belongs."""

    def __init__(self, flaws: list[tuple[Path, Problem]]) -> None:
        self.head: list[Problem] = []
        self.entries: dict[Path, list[Problem]] = {}
        for path, problem in flaws:
            if len(path) > 1 and path[0] in KINDS:
                self.entries.setdefault(path[:2], []).append(problem)
            else:
                self.head.append(problem)


def _connections(
    root: Node,
    data: dict[str, Any],
    flaws: _Flaws,
    sealed: list[Path],
    rules: Rules,
    *,
    opaque: bool,
) -> tuple[Entry[Connection], ...]:
    entries = _entries("connections", Connection, root, data, flaws, sealed, opaque=opaque)
    for entry in entries:
        entry.accept(lambda subject: unknown_hosts(subject, rules.hosts), HOSTED, HOST_NOT_ALLOWED)
        entry.accept(misfits, FITTING)
    return entries


def _entries(
    kind: Kind,
    model: type[M],
    root: Node,
    data: dict[str, Any],
    flaws: _Flaws,
    sealed: list[Path],
    *,
    opaque: bool,
) -> tuple[Entry[M], ...]:
    entries = read(kind, model, root.child(kind), data.get(kind), opaque=opaque)
    within: dict[Path, set[Path]] = {}
    for place in sealed:
        within.setdefault(place[:2], set()).add(place[2:])
    for entry in entries:
        entry.sealed = frozenset(within.get(entry.path, ()))
        if entry.path in flaws.entries:
            entry.flaw(flaws.entries[entry.path])
    return tuple(entries)
