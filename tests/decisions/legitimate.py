"""Random histories of an honest account: what people and their strategies do to it in months.

A history is told by one number. The wire is that of an exchange, so its reader decides what is
dust. ``PYTHONPATH=tests python tests/decisions/legitimate.py 100000 [FIRST]`` lives so many.
"""
# ruff: noqa: T201  (a script, too)

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache
from random import Random

from bf_reconciler.exchanges import EXCHANGES, holdings
from bf_reconciler.facts import remember
from bf_reconciler.journal import rows
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import Names
from bf_reconciler.status import Status, fold
from bf_reconciler.verdict import Verdicts, account_of, judge
from build import CONNECTION, NOW, a_connection, a_spec, a_strategy, an_observation, an_outage

COINS = ("BTC", "ETH", "SOL", "DOGE", "PEPE", "YFI", "ADA", "LINK")
STRANGE = ("SHIB", "SQUID", "1INCH", "PAXG", "BCH", "WBTC", "LUNC")
QUOTES = ("USDT", "USDC", "EUR")
PRICES = {"BTC": 60_000, "ETH": 2_500, "SOL": 150, "YFI": 5_000, "PAXG": 4_000, "WBTC": 60_000}
CHEAP = {"PEPE": 1e-5, "SHIB": 1e-5, "DOGE": 0.1, "LUNC": 1e-4}
WATCHED = {ConditionType.ASSETS_EXPECTED, ConditionType.ORDERS_EXPECTED}
STEPS = 15
ONE = Names(frozenset({CONNECTION}))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
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
                    str(n): {"descr": {"pair": pair.replace("BTC", "XBT").replace("/", "")}}
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


@cache
def connection(exchange):
    return a_connection(exchange=exchange)


@lru_cache(1024)
def strategy(name, pairs, enabled):
    return a_strategy(name, pairs=pairs, enabled=enabled)


@dataclass
class Account:
    """An honest account, what is declared of it, and what we remember."""

    draw: Random
    exchange: str
    now: object = NOW
    held: Counter = field(default_factory=Counter)
    earning: set = field(default_factory=set)
    orders: set = field(default_factory=set)
    declared: dict = field(default_factory=dict)
    leaving: dict = field(default_factory=dict)
    seen: object = None
    before: Status = field(default_factory=Status)
    named: int = 0

    def start(self):
        self.held["USDT"] = 2_000
        self.add()
        return self

    # what is declared

    def add(self):
        self.named += 1
        pairs = {
            f"{coin}/{self.draw.choice(QUOTES)}"
            for coin in self.draw.sample(COINS, self.draw.randint(1, 3))
        }
        self.declared[f"s{self.named}"] = sorted(pairs)

    def remove(self):
        """A strategy is removed; what it holds is sold in time, and its orders go."""
        if len(self.declared) > 1 or (self.declared and self.draw.random() < 0.3):
            name = self.draw.choice(sorted(self.declared))
            pairs = self.declared.pop(name)
            self.leaving |= dict.fromkeys(pairs, self.now + 28 * DAY)

    def move_quote(self):
        """A strategy goes on with another quote; the old orders are taken back later."""
        if self.declared:
            name = self.draw.choice(sorted(self.declared))
            old = self.declared[name]
            self.declared[name] = sorted(
                {f"{pair.partition('/')[0]}/{self.draw.choice(QUOTES)}" for pair in old}
            )
            self.leaving |= dict.fromkeys(old, self.now + 28 * DAY)

    # what is done

    def pairs(self):
        return sorted({pair for pairs in self.declared.values() for pair in pairs})

    def trade(self):
        for pair in self.draw.sample(self.pairs(), min(2, len(self.pairs()))):
            base, _, quote = pair.partition("/")
            self.held[base] += self.draw.uniform(0, 500) / worth(base)
            self.held[quote] += self.draw.uniform(0, 500)
            self.orders ^= {pair}

    def sell(self):
        """All but what rounding leaves over."""
        for coin in [c for c in self.held if c in COINS]:
            if self.draw.random() < 0.5:
                self.held[coin] = dust(self.draw, self.exchange, coin)

    def pay_fees(self):
        for coin in EXCHANGES[self.exchange].fee_assets:
            self.held[coin] += self.draw.uniform(0, 30)
            self.orders ^= {f"{coin}/USDT"}

    def airdrop(self):
        coin = self.draw.choice(STRANGE)
        self.held[coin] = dust(self.draw, self.exchange, coin)

    def move_money(self):
        one, two = self.draw.sample(QUOTES, 2)
        self.held[two] += self.held.pop(one, 0)
        self.orders ^= {f"{one}/{two}"}

    def lend(self):
        if self.pairs():
            self.earning ^= {self.draw.choice(self.pairs()).partition("/")[0]}

    def wait(self):
        self.now += self.draw.choice([MINUTE, MINUTE, DAY, 10 * DAY])

    def restart(self):
        """What we remember goes through the journal."""
        if self.seen is not None:
            self.seen = rows.SEEN.read(rows.SEEN.write(self.seen))
        known = {
            name: rows.CONNECTION.read(rows.CONNECTION.write(each))
            for name, each in self.before.connections.items()
        }
        self.before = Status(connections=known)

    def wind_down(self):
        """What left longer ago is sold and taken back, by people who know the rule."""
        late = {pair for pair, end in self.leaving.items() if self.now + 11 * DAY >= end}
        for pair in late:
            self.leaving.pop(pair)
        wanted = {*self.pairs(), *self.leaving}
        money = {*QUOTES, *EXCHANGES[self.exchange].fee_assets}
        self.orders = {p for p in self.orders if p in wanted or money.issuperset(p.split("/"))}
        coins = {pair.partition("/")[0] for pair in wanted}
        self.earning &= coins
        for coin in [c for c in self.held if c in COINS and c not in coins]:
            bound = dust(self.draw, self.exchange, coin)
            self.held[coin] = min(self.held[coin], bound)

    # what we see

    def probe(self):
        """Ask, judge and remember; returns the findings that speak of something unexpected."""
        self.now += MINUTE
        row, (balance, orders) = EXCHANGES[self.exchange], WIRES[self.exchange]
        if self.draw.random() < 0.1:
            seen = an_outage(self.now)
        else:
            told = row.calls.balance.read(balance(sorted(self.held.items()), sorted(self.earning)))
            placed = row.calls.orders.read(orders(sorted(self.orders)))
            seen = an_observation(self.now, balance=told, orders=placed)
        on = {name: self.draw.random() < 0.8 for name in self.declared}
        strategies = [strategy(n, tuple(pairs), on[n]) for n, pairs in self.declared.items()]
        spec = a_spec([connection(self.exchange)], strategies)
        before, blank = self.before.connections, Verdicts({}, {}, None)
        account = account_of(spec, spec.connections[CONNECTION], before.get(CONNECTION), self.now)
        self.seen = remember(self.seen, seen, account)
        known = {CONNECTION: self.seen}
        verdicts = judge(spec, known, None, self.now, {}, blank, ONE, known=before)
        self.before = fold(spec, known, verdicts, {}, {}, self.now, self.before, names=ONE)
        findings = verdicts.connections[CONNECTION].findings
        return [f.message for f in findings if f.type in WATCHED and f.status == "False"]


def alarms(seed):
    """Live one history; returns every alarm, of which there should be none."""
    draw = Random(seed)  # noqa: S311 # a history, not a secret
    account = Account(draw, draw.choice(sorted(WIRES))).start()
    acts = (
        *(account.trade, account.trade, account.sell, account.pay_fees, account.airdrop),
        *(account.add, account.remove, account.move_quote, account.move_money),
        *(account.lend, account.wait, account.restart),
    )
    found = []
    for _ in range(STEPS):
        draw.choice(acts)()
        account.wind_down()
        found += [f"{account.exchange} {account.now}: {each}" for each in account.probe()]
    return found


if __name__ == "__main__":
    first = int(sys.argv[2]) if sys.argv[2:] else 0
    for seed in range(first, first + int(sys.argv[1])):
        if found := alarms(seed):
            print(f"{seed}: {found}")
            sys.exit(1)
        if seed % 5_000 == 0:
            print(f"at {seed}", flush=True)
    print(f"{sys.argv[1]} histories of {STEPS} probes, no alarm")
