"""The file of the demo."""

from bf_reconciler.simulator import Simulator, declaration

CONNECTIONS = (
    ("kucoin-main-grid", "kucoin-main"),
    ("mexc-main-dca", "mexc-main"),
    ("kucoin-old-payout", "kucoin-withdraw"),
    ("mexc-sub-audit", "mexc-readonly"),
)
"""Connections, and the simulator's key that each has."""
STRATEGIES = (
    ("btc-grid", "kucoin-main-grid", "BTC/USDT"),
    ("sol-dca", "mexc-main-dca", "SOL/USDT"),
    ("eth-grid", "kucoin-old-payout", "ETH/USDT"),
    ("xrp-dca", "mexc-sub-audit", "XRP/USDT"),
)
HEAD = """\
# The file of the demo. The exchanges are simulated; everything else is real.
version: 1
policy: {grace: 1m}
defaults: {interval: 1s, timeout: 3s}
runtimes:
  - {name: local, type: file, path: ./strategies}
"""


def declared(simulator: Simulator) -> str:
    """The file in plain text; its credentials work on this simulator alone."""
    lines = [HEAD + "connections:"]
    for name, known_as in CONNECTIONS:
        key = simulator.world.keys[known_as]
        lines += declaration(name, key, simulator.base(key.exchange))
    lines.append("strategies:")
    for name, connection, pair in STRATEGIES:
        lines += [
            f"  - name: {name}",
            f"    connection: {connection}",
            "    enabled: true",
            f"    pairs: [{pair}]",
            "    base_order: {size: 50, currency: USDT}",
            "    margin_limit: {amount: 500, currency: USDT}",
        ]
    return "\n".join(lines) + "\n"
