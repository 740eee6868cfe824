"""Whom a new Spec concerns: a commit costs what it changes, not what exists."""

from bf_reconciler.spec.names import Names, differing, unequal
from bf_reconciler.spec.spec import Spec

FOR_ALL = ("policy", "policy_sealed", "halt", "runtimes", "nameless_strategies")
"""Fields that may count for each decision. A revision alone counts for none."""


def affected(old: Spec, new: Spec) -> Names | None:
    """Whose inputs are others in the new Spec than in the old one; None is everybody's.

    Strategies of these connections are concerned, too. Entries are compared by identity: one that
    is declared as before stays the same object. What an entry draws from others (the pairs of all
    that trade on its account, who else has its key) is compared by value.
    """
    if any(getattr(old, field) != getattr(new, field) for field in FOR_ALL):
        return None
    connections = differing(old.connections, new.connections)
    strategies = differing(old.strategies, new.strategies)
    strategies |= unequal(old.broken_strategies, new.broken_strategies)
    strategies |= old.unshared_strategies ^ new.unshared_strategies
    connections |= unequal(old.broken_connections, new.broken_connections)
    if connections or strategies or old.elsewhere is not new.elsewhere:
        connections |= unequal(old.pairs, new.pairs) | unequal(old.twins, new.twins)
        connections |= old.unread ^ new.unread
    return Names(connections, strategies)
