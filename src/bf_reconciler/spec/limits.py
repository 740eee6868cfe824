"""Limits of strategies against each other, worst cases included, with the arithmetic."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from bf_reconciler.spec.money import BalanceRatio, Money
from bf_reconciler.spec.policy import Policy
from bf_reconciler.spec.strategy import Strategy

Amount = Money | BalanceRatio
SUMMANDS: Final = 5
"""So many terms of a sum are shown; more are summed up."""
COUNTS: Final = frozenset({"risk_level", "leverage", "max_open_trades", "safety_orders"})
"""Fields that ``too_many`` looks at."""
CAPITAL: Final = COUNTS | {"market", "base_order", "margin_limit"}
"""Fields that ``too_much_capital`` looks at."""


class Excess(NamedTuple):
    """A limit that does not hold. ``arithmetic`` has values of the file; empty where none help."""

    place: tuple[str, ...]
    message: str
    arithmetic: str = ""


class WorstCase(NamedTuple):
    """The capital that the orders of a strategy can take at most, as far as it is declared."""

    amount: float
    currency: str
    arithmetic: str


def worst_case(strategy: Strategy) -> WorstCase | None:
    """What all trades take when every add-buy is filled; None where no base order is declared.

    Add-buys without a declared size count for nothing, and trades that are not limited count as
    one: what exceeds a limit all the same does so for certain.
    """
    base, orders = strategy.base_order, strategy.safety_orders
    if base is None:
        return None
    trade, words = base.size, number(base.size)
    if orders is not None and orders.max and orders.size is not None:
        ladder = sum(orders.size * orders.volume_scale**step for step in range(orders.max))
        trade += ladder
        words = (
            f"({words} + {number(ladder)} for {orders.max} add-buys from {number(orders.size)}"
            f" on, each x {number(orders.volume_scale)})"
        )
    amount, trades = trade, strategy.max_open_trades or 1
    if trades > 1:
        amount *= trades
        words = f"{trades} trades x {words}"
    if strategy.market != "spot" and strategy.leverage != 1:
        amount /= strategy.leverage
        words = f"{words} / leverage {number(strategy.leverage)}"
    return WorstCase(amount, base.currency, f"{words} = {number(amount)} {base.currency}")


def too_much_capital(strategy: Strategy, policy: Policy) -> Iterator[Excess]:
    """Where a strategy may take more capital than its risk level or its own limit allows."""
    level = policy.risk_levels.of(strategy.risk_level)
    place = f"policy.risk_levels.{strategy.risk_level}"
    if level.max_margin is not None:
        yield from _margin(strategy.margin_limit, level.max_margin, f"{place}.max_margin")
    worst, limit = worst_case(strategy), strategy.margin_limit
    if worst is None or not isinstance(limit, Money) or limit.currency != worst.currency:
        return
    if _exceeds(worst.amount, limit.amount):
        message = "its orders can take more than margin_limit"
        yield Excess(
            ("margin_limit",), message, f"{worst.arithmetic}, more than {number(limit.amount)}"
        )


def too_many(strategy: Strategy, policy: Policy) -> Iterator[Excess]:
    """Where leverage, trades or add-buys exceed the risk level."""
    level = policy.risk_levels.of(strategy.risk_level)
    place = f"policy.risk_levels.{strategy.risk_level}"
    orders = strategy.safety_orders.max if strategy.safety_orders is not None else 0
    caps = (
        (("leverage",), strategy.leverage, level.max_leverage, "max_leverage"),
        (("max_open_trades",), strategy.max_open_trades, level.max_open_trades, "max_open_trades"),
        (("safety_orders", "max"), orders, level.max_safety_orders, "max_safety_orders"),
    )
    for path, value, cap, name in caps:
        if cap is None:
            continue
        if value is None:
            yield Excess(path, f"is missing; its risk level limits it ({place}.{name})")
        elif value > cap:
            message = f"exceeds the limit of its risk level ({place}.{name})"
            yield Excess(path, message, f"{number(value)}, more than {number(cap)}")


def _margin(limit: Amount | None, cap: Amount, place: str) -> Iterator[Excess]:
    path = ("margin_limit",)
    if limit is None:
        yield Excess(path, f"is missing; its risk level limits it ({place})")
    elif _unit(limit) != _unit(cap):
        yield Excess(path, f"must be in the form and currency of its risk level ({place})")
    elif _exceeds(_value(limit), _value(cap)):
        words = f"{number(_value(limit))}, more than {number(_value(cap))}{_suffix(cap)}"
        yield Excess(path, f"exceeds the limit of its risk level ({place})", words)


class Sum(NamedTuple):
    """What the strategies of one connection may take together: more than there is to take."""

    message: str
    arithmetic: str


def overdrawn(limit: Amount, strategies: Iterable[Strategy]) -> Sum | None:
    """Whether strategies may take more than their connection declares."""
    wanted = [strategy for strategy in strategies if strategy.enabled]
    shares = [(strategy.name, _share(strategy, limit)) for strategy in wanted]
    open_ended = [name for name, share in shares if share is None]
    if open_ended:
        message = "its connection has a margin_limit; each of its strategies needs one like it"
        return Sum(message, f"without: {', '.join(_few(open_ended))}")
    known = [(name, share) for name, share in shares if share is not None]
    if not _exceeds(sum(share for _, share in known), _value(limit)):
        return None
    words = f"{_added(known)}, more than {number(_value(limit))}{_suffix(limit)}"
    return Sum("the strategies of its connection exceed its margin_limit", words)


def overcommitted(strategies: Iterable[Strategy]) -> str:
    """The sum, where strategies may take more than the whole balance; "" where they may not."""
    shares = [
        (strategy.name, strategy.margin_limit.balance_ratio)
        for strategy in strategies
        if strategy.enabled and isinstance(strategy.margin_limit, BalanceRatio)
    ]
    if not _exceeds(sum(share for _, share in shares), 1.0):
        return ""
    return f"{_added(shares)}, more than 1"


def _share(strategy: Strategy, limit: Amount) -> float | None:
    """What a strategy may take, in the unit of the limit; None where nothing says so."""
    own = strategy.margin_limit
    if own is not None:
        return _value(own) if _unit(own) == _unit(limit) else None
    worst = worst_case(strategy)
    known = worst is not None and strategy.max_open_trades is not None and _laddered(strategy)
    return worst.amount if worst is not None and known and _unit(limit) == worst.currency else None


def _laddered(strategy: Strategy) -> bool:
    """Whether the sizes of all add-buys are declared."""
    orders = strategy.safety_orders
    return orders is None or orders.max == 0 or orders.size is not None


def _added(terms: Sequence[tuple[str, float]]) -> str:
    shown = [f"{name} {number(value)}" for name, value in terms[:SUMMANDS]]
    rest = terms[SUMMANDS:]
    if rest:
        shown.append(f"{len(rest)} more {number(sum(value for _, value in rest))}")
    return f"{' + '.join(shown)} = {number(sum(value for _, value in terms))}"


def _few(names: Sequence[str]) -> list[str]:
    rest = len(names) - SUMMANDS
    return [*names[:SUMMANDS], *([f"{rest} more"] if rest > 0 else [])]


def _unit(amount: Amount) -> str:
    return amount.currency if isinstance(amount, Money) else ""


def _value(amount: Amount) -> float:
    return amount.amount if isinstance(amount, Money) else amount.balance_ratio


def _suffix(amount: Amount) -> str:
    return f" {amount.currency}" if isinstance(amount, Money) else " of the balance"


def _exceeds(value: float, limit: float) -> bool:
    """Whether it is more by more than what adding up binary fractions may err."""
    return value > limit * (1 + 1e-9)


def number(value: float) -> str:
    """A number as people write it."""
    return f"{value:.10g}" if abs(value) >= 1e15 else f"{value:.8f}".rstrip("0").rstrip(".")  # noqa: PLR2004 # digits of a float
