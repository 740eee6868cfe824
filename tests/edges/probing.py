"""What the probe tests share: a simulated world, entries that point at it, one whole probe."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Failure
from bf_reconciler.probe import Prober
from bf_reconciler.probe.client import Clients
from bf_reconciler.simulator import World
from bf_reconciler.spec import Connection, ConnectionEntry

IDS = ("kucoin", "mexc")
"""Exchanges whose failure tables the probe tests go through."""
DEADLINE = 60.0
SECRETS = {
    "api_key": "SENTINELKEY7f3a91c2",
    "secret": "SENTINELSECRET5e8d60b4",
    "passphrase": "SENTINELPHRASE2b9c77a1",
}


def clock():
    return datetime.now(UTC)


def world_of(*ids, **changes):
    """One compliant key per exchange, under the exchange's own name."""
    good = {"read": True, "trade": True, "ips": ["127.0.0.1"], "balances": {"USDT": "26.5"}}
    made = World()
    for each in ids or IDS:
        secrets = {name: SECRETS[name] for name in EXCHANGES[each].signing.credentials}
        made.put_key(each, {"exchange": each, "passphrase": "", **secrets, **good, **changes})
    return made


def entry_of(exchange, endpoint, **changes):
    """An entry whose credentials are those of the world, unless changed."""
    timeout = changes.pop("timeout", 30.0)
    interval = changes.pop("interval", 60.0)
    pair = changes.pop("pair", "BTC/USDT")
    credentials = {k: v for k, v in SECRETS.items() if k in EXCHANGES[exchange].signing.credentials}
    credentials |= {k: changes.pop(k) for k in tuple(SECRETS) if k in changes}
    declared = {"name": f"{exchange}-main", "exchange": exchange, "credentials": credentials}
    connection = Connection.model_validate(declared | {"endpoint": endpoint} | changes)
    return ConnectionEntry(
        connection,
        connection.fingerprint(b"pepper"),
        line=1,
        origin="current",
        interval=timedelta(seconds=interval),
        timeout=timedelta(seconds=timeout),
        pair=pair,
    )


def entry_of_key(key, endpoint, **changes):
    """An entry whose credentials are those of a key of the simulator, unless changed."""
    given = {"api_key": key.api_key, "secret": key.secret, "passphrase": key.passphrase}
    own = {name: given[name] for name in EXCHANGES[key.exchange].signing.credentials}
    return entry_of(key.exchange, endpoint, **own | changes)


class Woken:
    """Wakes whoever waits for a probe to finish."""

    def __init__(self):
        self.event = asyncio.Event()
        self.times = 0

    def __call__(self):
        self.times += 1
        self.event.set()


@contextlib.asynccontextmanager
async def prober(clock=clock):
    woken = Woken()
    async with Prober(clock, woken) as opened:
        opened.woken = woken
        yield opened


async def finished(opened, count):
    """The next probes to finish, this many, by name."""
    found = {}
    async with asyncio.timeout(DEADLINE):
        while len(found) < count:
            await opened.woken.event.wait()
            opened.woken.event.clear()
            found |= {each.name: each for each in opened.collect()}
    return found


async def until(holds):
    """Wait for something that tells nobody when it happens."""
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 # no event to wait for
            await asyncio.sleep(0.01)


async def probed(opened, *entries):
    opened.probe(entries)
    return await finished(opened, len(entries))


async def observed(entry):
    """One probe of one connection, in a prober of its own."""
    async with prober() as opened:
        return (await probed(opened, entry))[entry.name].observation


def reasons(observation):
    """What each question came to: a reason, "ok", or None where it was not asked."""
    answers = (observation.time, observation.key, observation.balance, observation.orders)
    return tuple(
        a.reason.value if isinstance(a, Failure) else None if a is None else "ok" for a in answers
    )


async def loaded(transport):
    """Clients of all exchanges that send through this transport."""
    opened = Clients(transport)
    for row in EXCHANGES.values():
        await opened.load(row)
    return opened
