"""Checks that pydantic cannot make: entries against each other, fields against each other."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Any

from bf_reconciler.spec.connection import Connection
from bf_reconciler.spec.runtime import Runtime
from bf_reconciler.spec.strategy import Strategy

Place = tuple[str | int, ...]


def inconsistencies(
    strategy: Strategy,
    connections: Mapping[str, Connection | None],
    runtimes: Mapping[str, Runtime],
) -> Iterator[tuple[Place, str]]:
    """Yield (path within the strategy, message). A connection of None stands there but is wrong."""
    if strategy.connection not in connections:
        yield ("connection",), _unknown("connection", strategy.connection, connections)
    connection = connections.get(strategy.connection)
    if connection is not None and strategy.market not in connection.markets:
        yield ("market",), "its connection does not declare this market; add it to its markets"
    if connection is not None and connection.canary is not None:
        yield ("connection",), "its connection is a canary (expect.status); use another one"
    if strategy.runtime not in runtimes:
        yield ("runtime",), _unknown("runtime", strategy.runtime, runtimes)
    else:
        yield from _actions(strategy, runtimes[strategy.runtime])
    yield from _spot(strategy)
    yield from _safety_orders(strategy)
    yield from _pairs(strategy)
    yield from _exits(strategy)
    yield from _grid(strategy)
    yield from _start(strategy)
    yield from _without_json(strategy.settings, ("settings",))


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"no {kind} with this name in the file" + (f"; did you mean {near[0]}?" if near else "")


def _actions(strategy: Strategy, runtime: Runtime) -> Iterator[tuple[Place, str]]:
    """What turns it off must be something that its runtime can do."""
    if strategy.when_off not in runtime.actions:
        able = " or ".join(sorted(runtime.actions))
        message = f"its runtime ({runtime.type}) cannot {strategy.when_off}; use {able}"
        yield ("when_off",), message


def _spot(strategy: Strategy) -> Iterator[tuple[Place, str]]:
    if strategy.market == "spot":
        if strategy.leverage != 1:
            yield ("leverage",), "spot has no leverage; use market: margin or futures"
        if strategy.direction != "long":
            yield ("direction",), "spot can only go long"


def _safety_orders(strategy: Strategy) -> Iterator[tuple[Place, str]]:
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
        elif _excluded(pair, strategy.exclude_pairs):
            yield ("pairs", index), "is in exclude_pairs, too"


def _excluded(pair: str, patterns: Collection[str]) -> bool:
    base, _, rest = pair.partition("/")
    quote = rest.partition(":")[0]
    alike = {pair, f"{base}/{quote}", f"*/{quote}", f"{base}/*", "*/*"}
    return not alike.isdisjoint(patterns)


def _exits(strategy: Strategy) -> Iterator[tuple[Place, str]]:
    trailing, take = strategy.trailing, strategy.take_profit_pct
    if trailing is not None and trailing.take_profit_pct is not None:
        if take is None:
            yield ("trailing", "take_profit_pct"), "needs take_profit_pct, from which it trails"
        elif trailing.take_profit_pct >= take:
            yield ("trailing", "take_profit_pct"), "must be less than take_profit_pct"
    if trailing is not None and trailing.take_profit_pct is None and trailing.stop_pct is None:
        yield ("trailing",), "needs take_profit_pct or stop_pct"
    daily, drawdown = strategy.max_daily_loss_pct, strategy.max_drawdown_pct
    if daily is not None and drawdown is not None and daily > drawdown:
        yield ("max_daily_loss_pct",), "is never reached; max_drawdown_pct stops earlier"


def _grid(strategy: Strategy) -> Iterator[tuple[Place, str]]:
    grid = strategy.grid
    if grid is None:
        return
    if grid.lower >= grid.upper:
        yield ("grid", "upper"), "must be greater than grid.lower"
    if len(strategy.pairs) > 1:
        yield ("grid",), "has prices of one pair; declare a strategy for each pair"


def _start(strategy: Strategy) -> Iterator[tuple[Place, str]]:
    start, place = strategy.start_condition, "start_condition"
    if start is None:
        return
    priced = start.above is not None or start.below is not None
    if start.when == "price" and not priced:
        yield (place,), "needs above or below"
    if start.when != "price" and priced:
        yield (place, "when"), "must be price where above or below is set"
    if start.when == "price" and len(strategy.pairs) > 1:
        yield (place,), "has prices of one pair; declare a strategy for each pair"
    if start.above is not None and start.below is not None and start.above >= start.below:
        yield (place, "below"), "must be greater than start_condition.above"
    if (start.when == "signal") != (start.signal is not None):
        yield (place,), "needs when: signal and the name of the signal, or neither"


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
