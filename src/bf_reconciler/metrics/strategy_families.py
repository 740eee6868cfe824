"""Metric families with series of every strategy."""

from typing import Final

from bf_reconciler.metrics.connection_families import one, since, why
from bf_reconciler.metrics.entry_family import EntryFamily, NumberFamily, StateFamily, itself
from bf_reconciler.status import StrategyState, StrategyStatus

LABELS: Final = ("strategy", "connection", "runtime")


FAMILIES: Final[tuple[EntryFamily[StrategyStatus], ...]] = (
    NumberFamily(
        "bf_strategy_desired",
        "1 if the file says that the strategy should run.",
        lambda s: s.desired,
        float,
    ),
    NumberFamily(
        "bf_strategy_running",
        "1 only if the runtime confirms that the strategy is running.",
        lambda s: s.running,
        lambda state: float(state == "running"),
    ),
    StateFamily(
        "bf_strategy_status",
        "State set: 1 for the current status of the strategy.",
        ("status",),
        lambda s: s.status,
        itself,
        lambda status: [((state,), float(state is status)) for state in StrategyState],
    ),
    StateFamily(
        "bf_strategy_status_reason",
        "1 for the reason of the current status of the strategy.",
        ("reason",),
        lambda s: s.conditions,
        why,
        one,
    ),
    NumberFamily(
        "bf_strategy_status_since_timestamp_seconds",
        "When the strategy got its current status and reason.",
        lambda s: s.conditions,
        since,
    ),
    NumberFamily(
        "bf_strategy_suspended_until_timestamp_seconds",
        "When the strategy's own suspension ends, if the file sets an end.",
        lambda s: s.suspended_until,
        itself,
    ),
    NumberFamily(
        "bf_strategy_told",
        "1 if the strategy was last told to run, 0 if told not to run; absent if never told.",
        lambda s: s.memory.on if s.memory is not None else None,
        lambda on: None if on is None else float(on),
    ),
)
