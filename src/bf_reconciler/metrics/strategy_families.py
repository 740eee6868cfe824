"""Metric families with series of every strategy."""

from typing import Final

from bf_reconciler.metrics.connection_families import one, since, why
from bf_reconciler.metrics.entry_family import EntryFamily, NumberFamily, StateFamily
from bf_reconciler.status import StrategyState, StrategyStatus

LABELS: Final = ("strategy", "connection", "runtime")


def _told(strategy: StrategyStatus) -> float | None:
    memory = strategy.memory
    return None if memory is None or memory.on is None else float(memory.on)


FAMILIES: Final[tuple[EntryFamily[StrategyStatus], ...]] = (
    NumberFamily(
        "bf_strategy_desired",
        "1 if the file says that the strategy should run.",
        lambda s: float(s.desired),
    ),
    NumberFamily(
        "bf_strategy_running",
        "1 only if the runtime confirms that the strategy is running.",
        lambda s: float(s.running == "running"),
    ),
    StateFamily(
        "bf_strategy_status",
        "State set: 1 for the current status of the strategy.",
        ("status",),
        lambda s: s.status,
        lambda status: [((state,), float(state is status)) for state in StrategyState],
    ),
    StateFamily(
        "bf_strategy_status_reason",
        "1 for the reason of the current status of the strategy.",
        ("reason",),
        lambda s: why(s.conditions),
        one,
    ),
    NumberFamily(
        "bf_strategy_status_since_timestamp_seconds",
        "When the strategy got its current status and reason.",
        lambda s: since(s.conditions),
    ),
    NumberFamily(
        "bf_strategy_suspended_until_timestamp_seconds",
        "When the strategy's own suspension ends, if the file sets an end.",
        lambda s: s.suspended_until,
    ),
    NumberFamily(
        "bf_strategy_told",
        "1 if the strategy was last told to run, 0 if told not to run; absent if never told.",
        _told,
    ),
)
