"""What exchanges answer of an account, so that their own readers decide what is dust."""

from bf_reconciler.exchanges import holdings

COINS = ("BTC", "ETH", "SOL", "DOGE", "PEPE", "YFI", "ADA", "LINK")
STRANGE = ("SHIB", "SQUID", "1INCH", "PAXG", "BCH", "WBTC", "LUNC")
QUOTES = ("USDT", "USDC", "EUR")
PRICES = {"BTC": 60_000, "ETH": 2_500, "SOL": 150, "YFI": 5_000, "PAXG": 4_000, "WBTC": 60_000}
CHEAP = {"PEPE": 1e-5, "SHIB": 1e-5, "DOGE": 0.1, "LUNC": 1e-4}
XBT = {"BTC": "XBT"}
KRAKEN = {"BTC": "XXBT", "ETH": "XETH", "DOGE": "XXDG", "EUR": "ZEUR"}


def worth(coin):
    return PRICES.get(coin) or CHEAP.get(coin) or 1


def priced(coin, much):
    """What Bybit, OKX and others tell of it."""
    return f"{much * worth(coin):.8f}"


WIRES = {
    "binance": (
        lambda held, earn: {
            "balances": [
                *({"asset": c, "free": f"{n:.8f}", "locked": "0"} for c, n in held),
                *({"asset": f"LD{c}", "free": "7", "locked": "0"} for c in earn),
            ]
        },
        lambda pairs: [{"symbol": pair.replace("/", "")} for pair in pairs],
    ),
    "kraken": (
        lambda held, earn: {
            "error": [],
            "result": {
                **{KRAKEN.get(c, c): f"{n:.10f}" for c, n in held},
                **{f"{KRAKEN.get(c, c).removeprefix('X')}.F": "7" for c in earn},
            },
        },
        lambda pairs: {
            "error": [],
            "result": {
                "open": {
                    str(n): {"descr": {"pair": "".join(XBT.get(c, c) for c in pair.split("/"))}}
                    for n, pair in enumerate(pairs)
                }
            },
        },
    ),
    "okx": (
        lambda held, _: {
            "code": "0",
            "data": [
                {
                    "details": [
                        {"ccy": c, "cashBal": f"{n:.8f}", "eqUsd": priced(c, n)} for c, n in held
                    ]
                }
            ],
        },
        lambda pairs: {
            "code": "0",
            "data": [{"instId": pair.replace("/", "-")} for pair in pairs],
        },
    ),
    "bybit": (
        lambda held, _: {
            "retCode": 0,
            "result": {
                "list": [
                    {
                        "coin": [
                            {"coin": c, "walletBalance": f"{n:.8f}", "usdValue": priced(c, n)}
                            for c, n in held
                        ]
                    }
                ]
            },
        },
        lambda pairs: {
            "retCode": 0,
            "result": {"list": [{"symbol": pair.replace("/", "")} for pair in pairs]},
        },
    ),
    "gate": (
        lambda held, _: [{"currency": c, "available": f"{n:.8f}", "locked": "0"} for c, n in held],
        lambda pairs: [{"currency_pair": pair.replace("/", "_"), "total": 1} for pair in pairs],
    ),
}
PRICED = {"okx", "bybit"}


def dust(draw, exchange, coin):
    """Less than what the documents of the policy call dust."""
    bound = 10 / worth(coin) if exchange in PRICED else float(holdings.FINE_DUST.get(coin, 1))
    return draw.uniform(0.0001, 0.999) * bound
