"""Which pairs are to be looked up."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bf_reconciler.spec.names import Names, updated
from bf_reconciler.spec.spec import ConnectionEntry, Spec

Wanted = Mapping[str, tuple[ConnectionEntry, frozenset[str]]]
"""Connections by name, and the pairs that their strategies declare."""


def wanted_pairs(
    spec: Spec, now: datetime, *, before: Wanted = MappingProxyType({}), names: Names | None = None
) -> Wanted:
    """The pairs that are to be looked up: those of strategies that are to run.

    As ``before``, but for the connections among these names; None is all of them.
    """

    def wanted(name: str) -> tuple[ConnectionEntry, frozenset[str]] | None:
        entry = spec.connections.get(name)
        if entry is None or entry.suspended(now):
            return None
        strategies = spec.by_connection.get(name, ())
        pairs = frozenset[str]().union(*(each.pairs for each in strategies if each.enabled))
        return (entry, pairs) if pairs else None

    some = {*before, *spec.connections} if names is None else names.connections
    return updated(before, some, wanted)
