"""Which pairs are declared, and on which venue they would be listed."""

from datetime import datetime

from bf_reconciler.facts import Venue
from bf_reconciler.spec.spec import ConnectionEntry, Spec

Wanted = tuple[tuple[ConnectionEntry, frozenset[str]], ...]
"""Connections, and the pairs that their strategies name."""


def venue_of(entry: ConnectionEntry) -> Venue:
    connection = entry.connection
    return Venue(
        connection.exchange, connection.environment, connection.endpoint, connection.region
    )


def wanted_pairs(spec: Spec, now: datetime) -> Wanted:
    """The pairs that are to be looked up: those of strategies that are to run."""
    found: list[tuple[ConnectionEntry, frozenset[str]]] = []
    for name, strategies in spec.by_connection.items():
        entry = spec.connections.get(name)
        if entry is None or entry.suspended(now):
            continue
        pairs = frozenset[str]().union(*(each.pairs for each in strategies if each.enabled))
        if pairs:
            found.append((entry, pairs))
    return tuple(found)
