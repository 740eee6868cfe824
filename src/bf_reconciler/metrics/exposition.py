"""Writes families as text, piece by piece: 10,000 connections are 800,000 lines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bf_reconciler.metrics import connection_families, strategy_families
from bf_reconciler.metrics.entry_family import own_labels
from bf_reconciler.metrics.entry_pieces import BLOCK, EntryPieces, head
from bf_reconciler.metrics.families import Extras, families
from bf_reconciler.metrics.family import Family, Labels, Sample, labelled
from bf_reconciler.metrics.gzip_pieces import Piece, compressed, gzipped
from bf_reconciler.metrics.tallies import Tallies
from bf_reconciler.status import ConnectionStatus, Status, StrategyStatus

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


class _Rest(Collector):
    """What stands in an exposition beside the families of the Status."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies

    def collect(self) -> Iterator[Metric]:
        yield from self._tallies.collect()
        yield from PROCESS.collect()


PROCESS = ProcessCollector(registry=None)


class Exposition:
    """Writes scrapes, and keeps what did not change since the last one."""

    def __init__(self) -> None:
        self._connections = EntryPieces(connection_families.FAMILIES)
        self._strategies = EntryPieces(strategy_families.FAMILIES)

    def render(
        self,
        status: Status,
        extras: Extras,
        tallies: Tallies,
        accept: str = "",
        *,
        summary: bool = False,
        gzip: bool = False,
    ) -> tuple[Iterator[bytes], str]:
        """One scrape in pieces, in the format that its ``Accept`` header asks for, and its type.

        A ``summary`` leaves out the series of each condition and permission: most of all there are.
        """
        encode, content_type = choose_encoder(accept)

        def pieces() -> Iterator[Piece]:
            # A gauge reads the same in every format; the encoder's part is last: it may end all.
            yield compressed("".join(map(_plain, families(status, extras))))
            yield from self._of_connections(status, extras.labels, summary=summary)
            yield from self._of_strategies(status, extras.labels)
            openmetrics = "openmetrics" in content_type
            changes = tallies.key_changes(status.connections)
            yield from _counted(*KEY_CHANGES, changes, openmetrics=openmetrics)
            moves = tallies.transitions(status.strategies)
            yield from _counted(*TRANSITIONS, moves, openmetrics=openmetrics)
            yield compressed(encode(_Rest(tallies)).decode())

        made = pieces()
        return gzipped(made) if gzip else (piece.plain() for piece in made), content_type

    def _of_connections(self, status: Status, names: Labels, *, summary: bool) -> Iterator[Piece]:
        def source(each: ConnectionStatus) -> tuple[object, ...]:
            return each.name, each.exchange, _labels(each.declared) if names else None

        def own(each: ConnectionStatus) -> str:
            labels = own_labels(connection_families.LABELS, (each.name, each.exchange))
            return labels + _chosen(names, _labels(each.declared))

        entries = status.connections.values()
        return self._connections.pieces(entries, source, own, summary=summary)

    def _of_strategies(self, status: Status, names: Labels) -> Iterator[Piece]:
        def labels(each: StrategyStatus) -> Mapping[str, str]:
            """One without a label of its own has that of its connection."""
            of = status.connections.get(each.connection)
            inherited = _labels(of.declared) if of is not None else {}
            return {**inherited, **_labels(each.declared)}

        def source(each: StrategyStatus) -> tuple[object, ...]:
            return each.name, each.connection, each.runtime, labels(each) if names else None

        def own(each: StrategyStatus) -> str:
            values = (each.name, each.connection, each.runtime)
            found = own_labels(strategy_families.LABELS, values)
            return found + _chosen(names, labels(each)) if names else found

        return self._strategies.pieces(status.strategies.values(), source, own, summary=False)


def _plain(family: Family) -> str:
    lines = [head(family.name, family.text)]
    for at, value in family.samples:
        labels = ",".join(labelled(family.labels, at))
        lines.append(
            f"{family.name}{{{labels}}} {value}\n" if labels else f"{family.name} {value}\n"
        )
    return "".join(lines)


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
    name: str, text: str, names: Labels, counted: Sequence[Sample], *, openmetrics: bool
) -> Iterator[Piece]:
    yield compressed(head(name.removesuffix("_total") if openmetrics else name, text, "counter"))
    for at in range(0, len(counted), BLOCK):
        some = counted[at : at + BLOCK]
        yield compressed(
            "".join([f"{name}{{{own_labels(names, of)}}} {count}\n" for of, count in some])
        )
