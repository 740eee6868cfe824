"""Random histories of an honest account: what people and their strategies do to it in months.

A history is told by one number. The wire is that of an exchange, so its reader decides what is
dust. It is looked at after each act that changes the file or takes time, and after each answer.
``PYTHONPATH=tests python tests/decisions/legitimate.py 100000 [FIRST]`` lives so many, and says
what was done how often.
"""
# ruff: noqa: T201  (a script, too)

import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from random import Random

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Clock, Observation, remember
from bf_reconciler.journal import rows
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import Expect, Names
from bf_reconciler.status import Status, fold, parted
from bf_reconciler.verdict import Verdicts, account_of, judge
from build import (
    CONNECTION,
    NOW,
    a_connection,
    a_failure,
    a_key,
    a_spec,
    a_strategy,
    a_suspension,
)
from decisions.wires import COINS, QUOTES, STRANGE, WIRES, dust, worth

RENAMED, TWIN, OTHER = "renamed", "twin", "other"
"""The connection under another name, one with the same key, and one of another account."""
WATCHED = {ConditionType.ASSETS_EXPECTED, ConditionType.ORDERS_EXPECTED}
STEPS = 15
ONE = Names(frozenset({CONNECTION, RENAMED}))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SLACK = 5 * MINUTE
"""A step and the one after it take less."""
CLOCK, KEY = Clock(0.01, 0.05), a_key()
POLICIES = (
    {},
    {"unexpected_trading": "block"},
    {"winding_down": 7 * DAY, "recover_after": 1},
    {"winding_down": 2 * DAY, "recover_after": 5, "unexpected_trading": "block"},
    {"winding_down": HOUR},
)


@lru_cache(4096)
def connection(name, exchange, key, expect, suspended):
    entry = a_connection(
        name,
        fingerprint=f"key {key}",
        exchange=exchange,
        expect=Expect(assets=expect[0], pairs=expect[1]) if expect else None,
        suspend=a_suspension() if suspended else None,
    )
    return replace(entry, key_fingerprint=f"key {key}")


@lru_cache(4096)
def strategy(name, place, pairs, enabled):
    return a_strategy(name, connection=place, pairs=pairs, enabled=enabled)


@lru_cache(64)
def a_file(exchange, key, policy, bots, own):
    """What is in force, the same object where it is the same."""
    name, expect, suspended, wrong = own
    bots = [(bot, name if place == CONNECTION else place, *rest) for bot, place, *rest in bots]
    places = {place for _, place, *_ in bots}
    ours = [] if wrong or not name else [connection(name, exchange, key, expect, suspended)]
    twin = [connection(TWIN, exchange, key, (), False)] if TWIN in places else []
    other = [connection(OTHER, exchange, "other", (), False)] if OTHER in places else []
    return a_spec(
        ours + twin + other,
        [strategy(n, place, pairs, not off) for n, place, pairs, off, unread in bots if not unread],
        policy=POLICIES[policy],
        broken_connections={name: exchange} if wrong else {},
        broken_strategies={bot: place for bot, place, *_, unread in bots if unread},
    )


@dataclass
class Bot:
    """A strategy: what it trades, by which connection, and whether its entry can be read."""

    pairs: tuple
    place: str = CONNECTION
    unread: bool = False
    paused: bool = False


@dataclass
class Account:
    """An honest account, what is declared of it, and what we remember."""

    draw: Random
    exchange: str
    policy: dict = field(default_factory=lambda: POLICIES[0])
    now: object = NOW
    held: Counter = field(default_factory=Counter)
    earning: set = field(default_factory=set)
    orders: set = field(default_factory=set)
    bots: dict = field(default_factory=dict)
    expect: tuple = ()
    leaving: dict = field(default_factory=dict)
    """Pairs that are wound down, and until when they must be."""
    key: int = 0
    name: str = CONNECTION
    suspended: bool = False
    wrong: bool = False
    """The entry of the connection is wrong in the file, and has no good form."""
    seen: object = None
    before: Status = field(default_factory=Status)
    named: int = 0
    judged: tuple = ()
    """What the last look was about: the spec, what was seen and known, the verdicts."""
    judged_at: object = None

    def start(self):
        self.held["USDT"] = 2_000
        self.add()
        self.look()  # what was never read never ran
        return self

    @property
    def keep(self):
        return self.spec().policy.winding_down

    # what is declared

    def some_pairs(self):
        def quote(coin):
            rarely = self.draw.random() < 0.1 and coin != "BTC"
            return "BTC" if rarely else self.draw.choice(QUOTES)

        coins = self.draw.sample(COINS, self.draw.randint(1, 3))
        return tuple(sorted(f"{coin}/{quote(coin)}" for coin in coins))

    def add(self):
        self.named += 1
        place = self.draw.choice([CONNECTION, CONNECTION, self.second()])
        self.bots[f"s{self.named}"] = Bot(self.some_pairs(), place)

    def second(self):
        return CONNECTION if self.wrong else TWIN

    def one(self):
        return self.draw.choice(sorted(self.bots)) if self.bots else None

    def leave(self, pairs):
        """These are to be sold and taken back in time."""
        self.leaving |= dict.fromkeys(pairs, self.now + self.keep)

    def remove(self):
        """A strategy is removed; what it holds is sold in time, and its orders go."""
        if len(self.bots) > 1 or self.draw.random() < 0.3:
            self.remove_one()

    def remove_one(self):
        name = self.one()
        if name is not None:
            self.leave(self.bots.pop(name).pairs)

    def remove_and_close(self):
        """With ``when_off: close``, all is sold at once."""
        old = self.pairs()
        self.remove()
        for pair in set(old) - set(self.pairs()):
            self.leaving.pop(pair, None)
        self.tidy()

    def bring_back(self):
        """A pair that was removed lately is declared again."""
        if self.leaving:
            self.named += 1
            self.bots[f"s{self.named}"] = Bot((self.draw.choice(sorted(self.leaving)),))

    def take_pair_off(self):
        name = self.one()
        if name is not None and len(self.bots[name].pairs) > 1 and not self.bots[name].unread:
            first, *rest = self.bots[name].pairs
            self.bots[name].pairs = tuple(rest)
            self.leave([first])

    def pause(self):
        """Its orders stay open, and what it holds is held on."""
        name = self.one()
        if name is not None:
            self.bots[name].paused = not self.bots[name].paused

    def rename(self):
        name = self.one()
        if name is not None:
            self.named += 1
            self.bots[f"s{self.named}"] = self.bots.pop(name)

    def move(self):
        """A strategy goes on by another connection: of the same account, or of another one."""
        name = self.one()
        if name is not None:
            bot = self.bots[name]
            was, bot.place = bot.place, self.draw.choice([CONNECTION, self.second(), OTHER])
            if bot.place == OTHER and was != OTHER:
                self.leave(bot.pairs)

    def move_quote(self):
        """A strategy goes on with another quote; the old orders are taken back later."""
        name = self.one()
        if name is not None and not self.bots[name].unread:
            bot = self.bots[name]
            bases = [pair.partition("/")[0] for pair in bot.pairs]
            if bot.place != OTHER:
                self.leave(bot.pairs)
            bot.pairs = tuple(sorted({f"{base}/{self.draw.choice(QUOTES)}" for base in bases}))

    def misspell(self):
        """The entry of a strategy is wrong, or mended; it trades on."""
        name = self.one()
        if name is not None:
            self.bots[name].unread = not self.bots[name].unread

    def misspell_connection(self):
        """Nobody knows then that another connection has its key."""
        self.wrong = not self.wrong and all(b.place != TWIN for b in self.bots.values())

    def suspend(self):
        self.suspended = not self.suspended

    def is_read(self):
        """What cannot be read when its connection leaves is turned off, and trades no more."""
        return not self.wrong and not any(bot.unread for bot in self.bots.values())

    def rename_connection(self):
        """Where its key can be read, it is known again."""
        if self.is_read():
            self.name = RENAMED if self.name == CONNECTION else CONNECTION
            self.seen = None

    def lose(self):
        """It left the file with its strategies, by a mistake that is soon undone."""
        if self.is_read():
            bots, name = self.bots, self.name
            self.bots, self.name = {n: b for n, b in bots.items() if b.place != CONNECTION}, ""
            self.look()
            self.bots, self.name, self.seen = bots, name, None

    def rotate(self):
        """A new key for the same account, for each connection that has it."""
        self.key += 1

    def widen(self):
        """Coins that people trade by hand, and pairs with them, or all against one quote."""
        coins = tuple(self.draw.sample(STRANGE, 2))
        pairs = self.draw.choice([(), (f"{coins[0]}/USDT",), (f"{coins[0]}/*",), ("*/USDC",)])
        self.narrow()
        self.expect = (coins, pairs)

    def narrow(self):
        """It is expected no more, since all of it is sold."""
        self.expect = ()
        self.tidy()

    # what is done

    def pairs(self):
        """What is traded on this account."""
        mine = [bot.pairs for bot in self.bots.values() if bot.place != OTHER]
        return sorted({pair for pairs in mine for pair in pairs})

    def trade(self):
        """Filled in part or whole; the order may still stand."""
        for pair in self.draw.sample(self.pairs(), min(2, len(self.pairs()))):
            base, _, quote = pair.partition("/")
            self.held[base] += self.draw.uniform(0, 500) / worth(base)
            self.held[quote] += self.draw.uniform(0, 500) / worth(quote)
            if self.draw.random() < 0.7:
                self.orders ^= {pair}

    def trade_by_hand(self):
        coins, pairs = self.expect or ((), ())
        for coin in coins:
            self.held[coin] += self.draw.uniform(0, 500) / worth(coin)
        for pair in pairs:
            base, _, quote = pair.partition("/")
            one = base if base != "*" else self.draw.choice(STRANGE)
            two = quote if quote != "*" else self.draw.choice(QUOTES)
            self.held[one] += self.draw.uniform(0, 500) / worth(one)
            self.orders |= {f"{one}/{two}"}

    def sell(self):
        """All but what rounding leaves over."""
        for coin in [c for c in self.held if c in COINS]:
            if self.draw.random() < 0.5:
                self.held[coin] = dust(self.draw, self.exchange, coin)

    def pay_fees(self):
        for coin in EXCHANGES[self.exchange].fee_assets:
            self.held[coin] += self.draw.uniform(0, 30)
            self.orders ^= {f"{coin}/{self.draw.choice(QUOTES)}"}

    def convert_dust(self):
        """Some exchanges turn what is too little to sell into their own coin."""
        fees = EXCHANGES[self.exchange].fee_assets
        for coin in [c for c in self.held if c not in QUOTES and c not in fees]:
            if self.held[coin] * worth(coin) < 5 and fees:
                self.held.pop(coin)
                self.held[min(fees)] += 0.01

    def airdrop(self):
        coin = self.draw.choice(STRANGE)
        if not self.held[coin]:
            self.held[coin] = dust(self.draw, self.exchange, coin)

    def move_money(self):
        one, two = self.draw.sample(QUOTES, 2)
        self.held[two] += self.held.pop(one, 0)
        self.orders ^= {f"{one}/{two}"}

    def lend(self):
        if self.pairs():
            self.earning ^= {self.draw.choice(self.pairs()).partition("/")[0]}

    def wait(self):
        """What must be wound down meanwhile is, though nobody may look before and after."""
        step = self.draw.choice([MINUTE, MINUTE, HOUR, DAY, self.keep / 3, self.keep])
        self.tidy(self.now + step)
        self.now += step

    def restart(self):
        """What we remember goes through the journal."""
        if self.seen is not None:
            self.seen = replace(rows.SEEN.read(rows.SEEN.write(self.seen)), restored=True)
        known = {
            name: rows.CONNECTION.read(rows.CONNECTION.write(each))
            for name, each in self.before.connections.items()
        }
        bare = replace(self.before, connections={})
        self.before = replace(rows.STATUS.read(rows.STATUS.write(bare)), connections=known)

    def tidy(self, until=None):
        """What must be gone by then is sold and taken back, by people who know the rule."""
        end = (until or self.now) + SLACK
        self.leaving = {pair: moment for pair, moment in self.leaving.items() if end < moment}
        coins, may_order = self.may()
        self.orders = {pair for pair in self.orders if may_order(pair)}
        if coins is not None:
            self.earning &= coins
            for coin in [c for c in self.held if c not in coins]:
                self.held[coin] = min(self.held[coin], dust(self.draw, self.exchange, coin))

    # what is expected, as people read the documents

    def compared(self):
        """Whether somebody declares something, and nothing of it is unknown."""
        mine = [bot for bot in self.bots.values() if bot.place != OTHER]
        silent = self.wrong or self.suspended or any(bot.unread for bot in mine)
        return not silent and bool(mine or self.expect)

    def may(self):
        """What it may hold, None for anything, and whether it may have an order in a pair."""
        wanted = {*self.pairs(), *self.leaving, *(self.expect[1] if self.expect else ())}
        sides = [pair.split("/") for pair in wanted]
        fees = EXCHANGES[self.exchange].fee_assets
        money = {*QUOTES, *fees, *(quote for _, quote in sides if quote != "*")}
        by_hand = self.expect[0] if self.expect else ()
        coins = {*money, *by_hand, *(side for each in sides for side in each)}

        def order(pair):
            base, _, quote = pair.partition("/")
            open_to_all = not wanted.isdisjoint({f"{base}/*", f"*/{quote}"})
            return pair in wanted or open_to_all or money.issuperset({base, quote})

        return (None if any(base == "*" for base, _ in sides) else coins), order

    def may_hold(self, coin):
        coins, _ = self.may()
        return coins is None or coin in coins

    def may_order(self, pair):
        return self.may()[1](pair)

    # what we see

    def spec(self):
        bots = tuple(
            (name, bot.place, bot.pairs, bot.paused, bot.unread)
            for name, bot in sorted(self.bots.items())
        )
        own = (self.name, self.expect, self.suspended, self.wrong)
        return a_file(self.exchange, self.key, POLICIES.index(self.policy), bots, own)

    def stands(self):
        """Whether nothing changed, not even the time, since the last look."""
        return self.judged and self.judged[0] is self.spec() and self.judged_at == self.now

    def asked(self):
        """What the exchange answers: all, nothing, or a part of it."""
        row, (balance, orders) = EXCHANGES[self.exchange], WIRES[self.exchange]
        entry = f"key {self.key}"
        fate = self.draw.random()
        if fate < 0.1:
            return Observation(self.now, entry, a_failure())
        told = row.calls.balance.read(balance(sorted(self.held.items()), sorted(self.earning)))
        placed = row.calls.orders.read(orders(sorted(self.orders)))
        if fate < 0.15:
            told = a_failure()
        if fate > 0.95:
            placed = a_failure()
        return Observation(self.now, entry, CLOCK, KEY, told, placed)

    def look(self, *, answer=False):
        """Judge and remember; returns the findings that speak of something unexpected."""
        spec = self.spec()
        entry = spec.connections.get(self.name)
        self.before = parted(self.before, spec, ONE.connections, self.now)
        before = self.before.connections
        if entry is None:
            self.seen = None
        elif answer and not self.suspended:
            account = account_of(spec, entry, before.get(self.name), self.now)
            self.seen = remember(self.seen, self.asked(), account)
        known = {self.name: self.seen} if self.seen else {}
        blank = Verdicts({}, {}, None)
        verdicts = judge(spec, known, None, self.now, {}, blank, ONE, known=before)
        if not self.judged or spec is not self.judged[0]:
            self.before = fold(spec, known, verdicts, {}, {}, self.now, self.before, names=ONE)
        self.judged, self.judged_at = (spec, known, before, verdicts), self.now
        verdict = verdicts.connections.get(self.name)
        found = verdict.findings if verdict is not None else ()
        return [f.message for f in found if f.type in WATCHED and f.status == "False"]

    def probe(self):
        self.now += MINUTE
        return self.look(answer=True)

    def acts(self):
        return (
            *(self.trade, self.trade, self.sell, self.pay_fees, self.convert_dust, self.airdrop),
            *(self.add, self.remove, self.remove_and_close, self.bring_back, self.take_pair_off),
            *(self.pause, self.rename, self.move, self.move_quote, self.move_money, self.misspell),
            *(self.misspell_connection, self.rename_connection, self.lose, self.suspend),
            *(self.rotate, self.widen, self.narrow),
            *(self.trade_by_hand, self.trade_by_hand, self.lend, self.restart),
            *(self.wait, self.wait, self.wait),
        )


def an_account(seed):
    draw = Random(seed)  # noqa: S311 # a history, not a secret
    return Account(draw, draw.choice(sorted(WIRES)), draw.choice(POLICIES)).start()


def live(account, steps):
    """So many acts of honest people; yields each, with what is judged after it."""
    for _ in range(steps):
        act = account.draw.choice(account.acts())
        act()
        account.tidy()
        if not account.stands():
            yield act.__name__, account.look()
        yield act.__name__, account.probe()


def alarms(seed, done=None):
    """Live one history; returns every alarm, of which there should be none."""
    account, found = an_account(seed), []
    for act, told in live(account, STEPS):
        if done is not None:
            done[act] += 1
        found += [f"{account.exchange} {account.now} {act}: {each}" for each in told]
    return found


if __name__ == "__main__":
    first, acts = int(sys.argv[2]) if sys.argv[2:] else 0, Counter()
    for number in range(first, first + int(sys.argv[1])):
        if told := alarms(number, acts):
            print(f"{number}: {told}")
            sys.exit(1)
        if number % 5_000 == 0:
            print(f"at {number}", flush=True)
    print("Looks: " + ", ".join(f"{name} {count}" for name, count in sorted(acts.items())))
    print(
        f"{sys.argv[1]} histories of {STEPS} probes, no alarm, {time.process_time():.0f} s of CPU"
    )
