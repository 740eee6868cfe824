"""Checks that pydantic cannot make: entries against each other, limits, pairs against markets."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from bf_reconciler.spec.connection import Connection
from bf_reconciler.spec.policy import Policy
from bf_reconciler.spec.runtime import Runtime
from bf_reconciler.spec.strategy import Strategy

Place = tuple[str | int, ...]


def inconsistencies(
    strategy: Strategy,
    policy: Policy,
    connections: Mapping[str, Connection | None],
    runtimes: Mapping[str, Runtime],
) -> Iterator[tuple[Place, str]]:
    """Yield (path within the strategy, message). A connection of None stands there but is wrong."""
    if strategy.connection not in connections:
        yield ("connection",), "no connection with this name in the file"
    connection = connections.get(strategy.connection)
    if connection is not None and strategy.market not in connection.markets:
        yield ("market",), "its connection does not declare this market; add it to its markets"
    if strategy.runtime not in runtimes:
        yield ("runtime",), "no runtime with this name in the file"
    else:
        yield from _actions(strategy, runtimes[strategy.runtime])
    yield from _limits(strategy, policy)
    yield from _pairs(strategy)
    yield from _without_json(strategy.settings, ("settings",))


def _actions(strategy: Strategy, runtime: Runtime) -> Iterator[tuple[Place, str]]:
    """What turns it off must be something that its runtime can do."""
    if strategy.when_off not in runtime.actions:
        able = " or ".join(sorted(runtime.actions))
        message = f"its runtime ({runtime.type}) cannot {strategy.when_off}; use {able}"
        yield ("when_off",), message


def _limits(strategy: Strategy, policy: Policy) -> Iterator[tuple[Place, str]]:
    limit = policy.risk_levels.of(strategy.risk_level).max_leverage
    if strategy.leverage > limit:
        place = f"policy.risk_levels.{strategy.risk_level}.max_leverage"
        yield ("leverage",), f"exceeds the limit of its risk level ({place})"
    if strategy.market == "spot":
        if strategy.leverage != 1:
            yield ("leverage",), "spot has no leverage; use market: margin or futures"
        if strategy.direction != "long":
            yield ("direction",), "spot can only go long"
    orders = strategy.safety_orders
    if orders is None:
        return
    if orders.max_active is not None and orders.max_active > orders.max:
        yield ("safety_orders", "max_active"), "must not exceed safety_orders.max"
    if orders.max > 0 and orders.step_pct is None:
        yield ("safety_orders",), "safety orders need a distance; add step_pct"


def _pairs(strategy: Strategy) -> Iterator[tuple[Place, str]]:
    wanted = "BTC/USDT:USDT" if strategy.market == "futures" else "BTC/USDT"
    for index, pair in enumerate(strategy.pairs):
        if (":" in pair) != (strategy.market == "futures"):
            yield (
                ("pairs", index),
                f"a {strategy.market} pair must have the form {wanted}",
            )
        elif pair in strategy.pairs[:index]:
            yield ("pairs", index), "duplicate pair"


def _without_json(value: Any, place: Place) -> Iterator[tuple[Place, str]]:  # noqa: ANN401 # any YAML
    """Settings travel to the engine as JSON, which has no infinity."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _without_json(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _without_json(item, (*place, index))
    elif isinstance(value, float) and not isfinite(value):
        yield place, "JSON cannot represent this number; quote it if the engine accepts a string"
