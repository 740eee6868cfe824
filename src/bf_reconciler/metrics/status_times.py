"""Metrics of each status: its reason, since when, and until when."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from bf_reconciler.metrics.family import Family, Labels, Sample, moment
from bf_reconciler.policy import ConditionType
from bf_reconciler.status import Condition, ConnectionStatus, StrategyStatus

CONNECTION = ("connection", "exchange")
STRATEGY = ("strategy", "connection", "runtime")


def status_times(
    connections: Iterable[ConnectionStatus], strategies: Iterable[StrategyStatus]
) -> Iterator[Family]:
    """What alerts need beside the states: a reason to name, and times to count from."""
    lines = [((c.name, c.exchange), c) for c in connections]
    yield from _why("connection", CONNECTION, [(at, c.conditions) for at, c in lines])
    yield _times(
        "bf_connection_suspended_until_timestamp_seconds",
        "When the current suspension ends, if the file sets an end.",
        CONNECTION,
        [(at, c.suspended_until) for at, c in lines],
    )
    yield _times(
        "bf_connection_attestation_expiry_timestamp_seconds",
        "When the attestation that the key cannot withdraw expires, if one is declared.",
        CONNECTION,
        [(at, c.attested_until) for at, c in lines],
    )
    yield _times(
        "bf_connection_next_probe_timestamp_seconds",
        "When the next background probe is due; absent if it is due now.",
        CONNECTION,
        [(at, c.next_probe) for at, c in lines],
    )
    bots = [((s.name, s.connection, s.runtime), s) for s in strategies]
    yield from _why("strategy", STRATEGY, [(at, s.conditions) for at, s in bots])
    yield _times(
        "bf_strategy_suspended_until_timestamp_seconds",
        "When the strategy's own suspension ends, if the file sets an end.",
        STRATEGY,
        [(at, s.suspended_until) for at, s in bots],
    )
    told = [(at, s.memory.on) for at, s in bots if s.memory is not None]
    yield Family(
        "bf_strategy_told",
        "1 if the strategy was last told to run, 0 if told not to run; absent if never told.",
        STRATEGY,
        [(at, float(on)) for at, on in told if on is not None],
    )


def _why(
    kind: str, labels: Labels, found: Iterable[tuple[Labels, tuple[Condition, ...]]]
) -> Iterator[Family]:
    ready = [(at, c) for at, all_ in found for c in all_ if c.type is ConditionType.READY]
    yield Family(
        f"bf_{kind}_status_reason",
        f"1 for the reason of the current status of the {kind}.",
        (*labels, "reason"),
        [((*at, condition.reason), 1.0) for at, condition in ready],
    )
    yield _times(
        f"bf_{kind}_status_since_timestamp_seconds",
        f"When the {kind} got its current status and reason.",
        labels,
        [(at, condition.since) for at, condition in ready],
    )


def _times(
    name: str, text: str, labels: Labels, found: Iterable[tuple[Labels, datetime | None]]
) -> Family:
    samples: list[Sample] = [sample for at, when in found for sample in moment(at, when)]
    return Family(name, text, labels, samples)
