"""The world of the demo: keys of every kind, with credentials anybody may know."""

from bf_reconciler.simulator.key import DAY_SECONDS
from bf_reconciler.simulator.registry import DIALECTS
from bf_reconciler.simulator.world import World

_KUCOIN = {"exchange": "kucoin", "balances": {"USDT": "2500.5", "BTC": "0.05"}}
_MEXC = {"exchange": "mexc", "balances": {"USDT": "1800", "MX": "12.5"}}
_AGE = 12 * DAY_SECONDS


def demo_world(*, now: float | None = None) -> World:
    """Keys of all exchanges; the same credentials each time.

    `EXCHANGE-main` may read and trade from loopback alone, as it should be; the others each have
    the one thing wrong, or special, that their name says.

    Args:
        now: epoch seconds from which age and validity count, default the clock.
    """
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"]}
    keys: dict[str, dict[str, object]] = {
        "kucoin-main": {**_KUCOIN, **good},
        "kucoin-futures": {**_KUCOIN, **good, "futures": True},
        "kucoin-withdraw": {**_KUCOIN, **good, "withdraw": True},
        "kucoin-readonly": {**_KUCOIN, **good, "trade": False},
        "kucoin-open": {**_KUCOIN, **good, "ips": []},
        "kucoin-elsewhere": {**_KUCOIN, **good, "ips": ["203.0.113.7"]},
        "kucoin-sub": {**_KUCOIN, **good, "is_sub": True},
        "kucoin-empty": {**_KUCOIN, **good, "balances": {}},
        "mexc-main": {**_MEXC, **good},
        "mexc-futures": {**_MEXC, **good, "futures": True},
        "mexc-withdraw": {**_MEXC, **good, "withdraw": True},
        "mexc-readonly": {**_MEXC, **good, "trade": False},
        "mexc-open": {**_MEXC, **good, "ips": [], "remaining_validity": 78},
        "mexc-expiring": {**_MEXC, **good, "ips": [], "remaining_validity": 5.5},
        "mexc-elsewhere": {**_MEXC, **good, "ips": ["203.0.113.7"]},
        "mexc-empty": {**_MEXC, **good, "balances": {}},
    }
    for exchange in DIALECTS:
        plain = {"exchange": exchange, **good, "balances": {"USDT": "2100"}}
        keys.setdefault(f"{exchange}-main", plain)
        keys.setdefault(f"{exchange}-withdraw", {**plain, "withdraw": True})
    world = World.from_dict({"keys": keys}, now=now)
    for key in world.keys.values():
        key.created_at -= _AGE
    return world
