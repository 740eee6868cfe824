"""Writes families as text, piece by piece: 10,000 connections are 800,000 lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from prometheus_client import ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bf_reconciler.metrics import connection_families, strategy_families
from bf_reconciler.metrics.entry_family import EntryFamily, own_labels
from bf_reconciler.metrics.families import Extras, families
from bf_reconciler.metrics.family import Family, Labels, Sample, labelled
from bf_reconciler.metrics.tallies import Tallies
from bf_reconciler.status import Status, StrategyStatus

E = TypeVar("E")
KEY_CHANGES = (
    "bf_connection_key_changes_total",
    "Changes of the rights, the allowlist or another fact of a key since the daemon started.",
    ("connection", "exchange", "what"),
)
TRANSITIONS = (
    "bf_strategy_transitions_total",
    "Changes of a strategy's status or reason since the daemon started.",
    ("strategy", "to", "reason"),
)
PIECE = 500
"""Entries of one family in a piece: a few milliseconds of work at most."""


class _Rest(Collector):
    """What stands in an exposition beside the families of the Status."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies

    def collect(self) -> Iterator[Metric]:
        yield from self._tallies.collect()
        yield from PROCESS.collect()


PROCESS = ProcessCollector(registry=None)


def render(
    status: Status, extras: Extras, tallies: Tallies, accept: str = "", *, summary: bool = False
) -> tuple[Iterator[bytes], str]:
    """One scrape in pieces, in the format that its ``Accept`` header asks for; the content type.

    A ``summary`` leaves out the series of each condition and permission: most of all there are.
    """
    encode, content_type = choose_encoder(accept)

    def pieces() -> Iterator[bytes]:
        # A gauge reads the same in every format; the encoder's part comes last, for it may end all.
        for text in written(status, extras, summary=summary):
            yield text.encode(errors="replace")
        openmetrics = "openmetrics" in content_type
        changes = tallies.key_changes(status.connections)
        for text in _counted(*KEY_CHANGES, changes, openmetrics=openmetrics):
            yield text.encode(errors="replace")
        moves = tallies.transitions(status.strategies)
        for text in _counted(*TRANSITIONS, moves, openmetrics=openmetrics):
            yield text.encode(errors="replace")
        yield encode(_Rest(tallies))

    return pieces(), content_type


def written(status: Status, extras: Extras, *, summary: bool = False) -> Iterator[str]:
    """The text of everything that a Status says. Nothing of an entry that left can be in it."""
    yield "".join(map(_plain, families(status, extras)))
    names = extras.labels
    yield from _connections(status, names, summary=summary)
    yield from _strategies(status, names)


def _plain(family: Family) -> str:
    lines = [_head(family.name, family.text)]
    for at, value in family.samples:
        labels = ",".join(labelled(family.labels, at))
        lines.append(
            f"{family.name}{{{labels}}} {value}\n" if labels else f"{family.name} {value}\n"
        )
    return "".join(lines)


def _connections(status: Status, names: Labels, *, summary: bool) -> Iterator[str]:
    labels, entries = connection_families.LABELS, status.connections.values()
    return _of_entries(
        [family for family in connection_families.FAMILIES if not (summary and family.detail)],
        (
            (
                own_labels(labels, (each.name, each.exchange))
                + _chosen(names, _labels(each.declared)),
                each,
            )
            for each in entries
        ),
    )


def _strategies(status: Status, names: Labels) -> Iterator[str]:
    """A strategy without a label of its own has that of its connection."""
    labels, entries = strategy_families.LABELS, status.strategies.values()
    connections = status.connections

    def told(entry: StrategyStatus) -> str:
        own = own_labels(labels, (entry.name, entry.connection, entry.runtime))
        if not names:
            return own
        of = connections.get(entry.connection)
        inherited = _labels(of.declared) if of is not None else {}
        return own + _chosen(names, {**inherited, **_labels(entry.declared)})

    return _of_entries(strategy_families.FAMILIES, ((told(each), each) for each in entries))


def _labels(declared: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = declared.get("labels", {})
    return found


def _chosen(names: Labels, labels: Mapping[str, str]) -> str:
    """Those labels of the file that are let into metrics."""
    written = [(name, labels[name]) for name in names if name in labels]
    return (
        "".join([f",{text}" for text in labelled(*zip(*written, strict=True))]) if written else ""
    )


def _counted(
    name: str, text: str, names: tuple[str, ...], counted: Sequence[Sample], *, openmetrics: bool
) -> Iterator[str]:
    family = name.removesuffix("_total") if openmetrics else name
    yield f"# HELP {family} {text}\n# TYPE {family} counter\n"
    for at in range(0, len(counted), PIECE):
        piece = counted[at : at + PIECE]
        yield "".join([f"{name}{{{own_labels(names, of)}}} {count}\n" for of, count in piece])


def _of_entries(of: Iterable[EntryFamily[E]], named: Iterator[tuple[str, E]]) -> Iterator[str]:
    batches: list[list[tuple[str, E]]] = []
    while batch := list(islice(named, PIECE)):
        batches.append(batch)
        yield ""  # nothing to send yet, but others may have their turn
    for family in of:
        yield _head(family.name, family.text)
        for batch in batches:
            yield "".join([family.lines(entry, own) for own, entry in batch])


def _head(name: str, text: str) -> str:
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n"
