"""A file by itself: everything that can be told of it without any other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
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


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """The text of a file as a tree: read once, and checked without its key and with it.

    ``block`` is that of sops, ``shape`` what is wrong with the shape; ``flawed``: of a section.
    """

    root: Node
    block: Node | None
    shape: tuple[tuple[Path, Problem], ...]
    flawed: bool

    @property
    def encrypted(self) -> bool:
        """Whether sops encrypted it."""
        return self.block is not None and isinstance(self.block.value, dict)


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
    composed = compose_text(committed, rules)
    if isinstance(composed, tuple):
        return composed
    return read_composed(
        composed, decrypted, rules, allow_plaintext=allow_plaintext, in_folder=in_folder
    )


def compose_text(committed: bytes, rules: Rules) -> Composed | tuple[Problem, ...]:
    """The tree of a text, or why there is none."""
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
    flawed = any(node.flawed for key, node in root.value.items() if key not in KINDS)
    return Composed(root, block, tuple(shape), flawed)


def read_composed(
    composed: Composed,
    decrypted: Mapping[str, Any] | None,
    rules: Rules,
    *,
    allow_plaintext: bool,
    in_folder: bool,
    head_alone: bool = False,
) -> Document | tuple[Problem, ...]:
    """Read a tree. ``head_alone``: whether it can be taken is to be known, and none of its entries.

    A tree may be read again and again.
    """
    root, block = composed.root, composed.block
    unsealing = Unsealing(allow_plaintext=allow_plaintext)
    opaque = decrypted is None
    data = unsealing.plain(root, OPAQUE if decrypted is None else decrypted)
    flaws = _Flaws([*composed.shape, *unsealing.problems])
    head = read_head(root, data, rules, opaque=opaque, in_folder=in_folder)
    if head.foreign:
        return tuple(head.problems)
    state, broken_seal = seal.check(root, data, rules, encrypted=block is not None, opaque=opaque)
    head.problems += [*broken_seal, *flaws.head]
    head.flawed = composed.flawed
    lists = _Lists(root, data, flaws, unsealing.sealed, opaque=opaque)
    return Document(
        head=head,
        connections=() if head_alone else lists.connections(rules),
        strategies=() if head_alone else lists.entries("strategies", Strategy),
        sections={key: root.keys[key] for key in SECTIONS if key in root.keys},
        plaintext=tuple(unsealing.plaintext),
        plaintext_secrets=unsealing.plaintext_count,
        policy_sealed=frozenset(_of_rules(unsealing.sealed)),
        encrypted=composed.encrypted,
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


class _Lists:
    """The two lists of a file."""

    def __init__(
        self,
        root: Node,
        data: Mapping[str, Any],
        flaws: _Flaws,
        sealed: list[Path],
        *,
        opaque: bool,
    ) -> None:
        self._root = root
        self._data = data
        self._flaws = flaws.entries
        self._opaque = opaque
        self._sealed: dict[Path, set[Path]] = {}
        for place in sealed:
            self._sealed.setdefault(place[:2], set()).add(place[2:])

    def connections(self, rules: Rules) -> tuple[Entry[Connection], ...]:
        """The connections, each checked by itself."""
        entries = self.entries("connections", Connection)
        for entry in entries:
            entry.accept(partial(unknown_hosts, allowed=rules.hosts), HOSTED, HOST_NOT_ALLOWED)
            entry.accept(misfits, FITTING)
        return entries

    def entries(self, kind: Kind, model: type[M]) -> tuple[Entry[M], ...]:
        """The entries of one of them."""
        node, data = self._root.child(kind), self._data.get(kind)
        entries = read(kind, model, node, data, opaque=self._opaque)
        for entry in entries:
            entry.sealed = frozenset(self._sealed.get(entry.path, ()))
            if entry.path in self._flaws:
                entry.flaw(self._flaws[entry.path])
        return tuple(entries)
