"""YAML to a tree, at libyaml's speed and within bounds.

PyYAML's own composer recurses in C without a bound, so that some brackets in a row end the
process; this one works on the events.
"""

from typing import Final, NoReturn, cast

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    StreamEndEvent,
)

from bf_reconciler.document.nodes import Node, Path, Spot, Step, printable, render
from bf_reconciler.document.scalar import resolve
from bf_reconciler.document.text import invisible, tab
from bf_reconciler.facts import ConfigReason, Problem
from bf_reconciler.spec.characters import advice_on, look_alike, name_of

MAX_DEPTH: Final = 64
MAX_NODES: Final = 250_000
"""Values in a file, aliases expanded: some 60 MB of memory, and a second or two."""
MAX_SIZE: Final = 5 * 1024 * 1024
"""Characters of text in a file, aliases expanded: what is shown and kept is as large."""
MAX_FLAWS: Final = 1000
MERGE: Final = "tag:yaml.org,2002:merge"

UNCLOSED: Final = "found unexpected end of stream"
SYNTAX: Final = {
    "mapping values are not allowed in this context": (
        "unexpected ':'; check the indentation, or quote the text"
    ),
    "could not find expected ':'": "the key before this position has no ':'",
    "did not find expected ',' or ']'": "missing ',' or ']' before this position",
    "did not find expected ',' or '}'": "missing ',' or '}' before this position",
    "did not find expected '-' indicator": "expected a list item; check the indentation",
    "did not find expected key": "expected a key; check the indentation",
    UNCLOSED: "this quote is not closed",
    "found character that cannot start any token": "text cannot start like this; quote it",
    "found unknown escape character": "unknown escape in double quotes; use single quotes",
    "block sequence entries are not allowed in this context": "a list cannot start here",
    "did not find expected <document start>": "unexpected text after the end of the document",
}
"""What libyaml says, in words for people. What is not listed may hold more than fixed words."""


class Stop(Exception):  # noqa: N818 # it names what it does
    """The document cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def compose(text: str) -> tuple[Node, list[tuple[Path, Problem]]]:
    """The tree, and what is wrong with its shape.

    Raises:
        Stop: The document cannot be taken as a tree at all.
    """
    composer = _Composer(text)
    try:
        root = composer.document()
    except YAMLError as error:
        broken = _syntax(error)
        raise Stop(tab(text, broken.line) or invisible(text, broken.line) or broken) from None
    return root, composer.problems


def _syntax(error: YAMLError) -> Problem:
    said = str(getattr(error, "problem", ""))
    mark = getattr(error, "context_mark" if said == UNCLOSED else "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    words = SYNTAX.get(said, "invalid YAML")
    return Problem(line, column, "", words, reason=ConfigReason.INVALID_YAML)


def _spot(event: Event) -> Spot:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


def _merges(key: ScalarEvent) -> bool:
    """Whether it is a merge key; sops writes it with its tag."""
    return key.value == "<<" and (key.implicit[0] or key.tag == MERGE)


class _Composer:
    def __init__(self, text: str) -> None:
        self.problems: list[tuple[Path, Problem]] = []
        self._parser = CParser(text)
        self._path: list[Step] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._open: set[str] = set()
        self._count = 0
        self._size = 0

    def document(self) -> Node:
        self._next()  # the stream begins
        event = self._next()
        if isinstance(event, StreamEndEvent):
            self._stop((1, 1), "the file is empty")
        root = self._node(self._next())
        self._next()  # the document ends
        event = self._next()
        if isinstance(event, DocumentStartEvent):
            self._stop(_spot(event), "a second document starts here; a file must contain only one")
        return root

    def _next(self) -> Event:
        return cast("Event", self._parser.get_event())

    def _node(self, event: Event) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        begun, size = self._count, self._size
        line, column = spot = _spot(event)
        self._add(spot, 1, 0)
        if len(self._path) > MAX_DEPTH:
            self._stop(spot, f"nested deeper than {MAX_DEPTH} levels")
        start = cast("ScalarEvent | CollectionStartEvent", event)  # the only ones left
        anchor = start.anchor
        if anchor is not None:
            self._open.add(anchor)
        if isinstance(event, ScalarEvent):
            plain = event.implicit[0]
            self._add(spot, 0, len(event.value))
            node = Node(line, column, resolve(event.value) if plain else event.value)
        else:
            node = Node(line, column, None)
            if isinstance(event, MappingStartEvent):
                self._mapping(node)
            else:
                self._sequence(node)
        if start.tag is not None:
            self._flaw(node, spot, "YAML tags are not supported; remove it")
        if anchor is not None:
            self._open.discard(anchor)
            self._anchors[anchor] = node, self._count - begun, self._size - size
        node.size = self._count - begun + self._size - size
        return node

    def _add(self, spot: Spot, count: int, size: int) -> None:
        """Count values and characters; more than there may be end the reading."""
        self._count += count
        self._size += size
        if self._count > MAX_NODES:
            self._stop(spot, "too many values for one file")
        if self._size > MAX_SIZE:
            self._stop(spot, "too much text for one file")

    def _sequence(self, node: Node) -> None:
        items: list[Node] = []
        node.value = items
        while not isinstance(event := self._next(), CollectionEndEvent):
            self._path.append(len(items))
            items.append(self._adopt(node, self._node(event)))
            self._path.pop()

    def _mapping(self, node: Node) -> None:
        entries: dict[str, Node] = {}
        keys: dict[str, Spot] = {}
        node.value, node.keys = entries, keys
        while not isinstance(event := self._next(), CollectionEndEvent):
            spot = _spot(event)
            key = self._key(event)
            self._path.append("" if key is None else key)
            flaw = self._key_flaw(event, key, node)
            if flaw:
                self._flaw(node, spot, flaw)
            value = self._adopt(node, self._node(self._next()))
            if key is not None and not flaw:
                entries[key] = value
                keys[key] = spot
            self._path.pop()

    def _key(self, event: Event) -> str | None:
        """The text of a key, or None where it is no text."""
        if isinstance(event, ScalarEvent) and event.anchor is None and event.tag in {None, MERGE}:
            self._add(_spot(event), 0, len(event.value))
            key = resolve(event.value) if event.implicit[0] else event.value
            return key if isinstance(key, str) else None
        self._path.append("")
        self._node(event)
        self._path.pop()
        return None

    @staticmethod
    def _key_flaw(event: Event, key: str | None, node: Node) -> str:
        if isinstance(event, ScalarEvent) and _merges(event):
            return "merge keys are not supported; write out the fields"
        if key is None:
            return "a key must be a string; quote it"
        if (at := look_alike(key)) is not None:
            return f"{name_of(key[at])} in a key; {advice_on(key[at])}"
        if key in node.keys:
            line = node.keys[key][0]
            name = f" {key}" if printable(key) else ""
            return f"duplicate key{name}; first used on line {line}"
        return ""

    @staticmethod
    def _adopt(parent: Node, child: Node) -> Node:
        parent.flawed = parent.flawed or child.flawed
        parent.height = max(parent.height, child.height + 1)
        return child

    def _alias(self, event: AliasEvent) -> Node:
        line, column = spot = _spot(event)
        if event.anchor in self._open:
            self._stop(spot, "this alias is inside the value it refers to")
        if event.anchor not in self._anchors:
            self._stop(spot, "this alias has no anchor")
        node, count, size = self._anchors[event.anchor]
        if self._count + count > MAX_NODES or self._size + size > MAX_SIZE:
            self._stop(spot, "aliases expand to too many values; write out the entries")
        self._add(spot, count, size)
        if len(self._path) + node.height > MAX_DEPTH:
            self._stop(spot, f"nested deeper than {MAX_DEPTH} levels")
        return Node(line, column, node.value, node.keys, node.flawed, node.height, node.size)

    def _flaw(self, node: Node, spot: Spot, message: str) -> None:
        node.flawed = True
        if len(self.problems) < MAX_FLAWS:
            path = tuple(self._path)
            self.problems.append((path, Problem(*spot, render(path), message)))

    def _stop(self, spot: Spot, message: str) -> NoReturn:
        raise Stop(
            Problem(*spot, render(tuple(self._path[:3])), message, reason=ConfigReason.INVALID_YAML)
        )
