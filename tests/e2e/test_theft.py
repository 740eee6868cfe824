"""A thief who may trade and not withdraw: seen by the first probe after it, on every exchange."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest

from bf_reconciler.cli.exchange_text import cell
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.exchanges.guide import Fact, Known
from bf_reconciler.facts import Reason, remember
from bf_reconciler.policy import ConditionType
from bf_reconciler.probe import Prober
from bf_reconciler.verdict import judge
from build import a_spec, a_strategy
from e2e.fleet import a_fleet
from edges.probing import entry_of_key

pytestmark = pytest.mark.slow

ALL = sorted(EXCHANGES)
TELLS = {
    fact: [each for each in ALL if cell(EXCHANGES[each], fact).known is Known.DOCUMENTED]
    for fact in (Fact.ASSETS, Fact.ORDERS)
}
ASSETS, ORDERS = ConditionType.ASSETS_EXPECTED, ConditionType.ORDERS_EXPECTED
DEADLINE = 90.0
FINE = ("True", Reason.CONNECTED)


class Watch:
    """Probes the good key of an exchange, whose one strategy trades BTC/USDT."""

    def __init__(self, exchange, sim, world):
        self.exchange, self.world, self.seen = exchange, world, None
        self.name = f"{exchange}-main"
        self.entry = entry_of_key(world.keys[self.name], sim.base(exchange))
        self.spec = a_spec([self.entry], [a_strategy(connection=self.name)])
        self.news = asyncio.Event()
        self.prober = Prober(self.now, self.news.set)

    async def __aenter__(self):
        await self.prober.__aenter__()
        return self

    async def __aexit__(self, *failure):
        await self.prober.__aexit__(*failure)

    def now(self):
        return datetime.now(UTC)

    async def probe(self):
        """What the two conditions say after one more probe: (status, reason) of each."""
        self.prober.probe([self.entry])
        async with asyncio.timeout(DEADLINE):
            await self.news.wait()
        self.news.clear()
        (probed,) = self.prober.collect()
        self.seen = remember(self.seen, probed.observation)
        verdicts = judge(self.spec, {self.name: self.seen}, None, self.now())
        findings = {f.type: f for f in verdicts.connections[self.name].findings}
        return [(findings[kind].status, findings[kind].reason) for kind in (ASSETS, ORDERS)]


@pytest.mark.parametrize("exchange", ALL)
async def test_what_a_thief_buys_is_told_by_the_next_probe(exchange, sim, world):
    world.patch_key(f"{exchange}-main", {"balances": {"USDT": "2100", "BTC": "0.01"}})
    async with Watch(exchange, sim, world) as watch:
        before, _ = await watch.probe()
        asked = requests(world)
        world.trade_away(watch.name, "SQUID")
        after, _ = await watch.probe()
        assert requests(world) == {path: 2 * times for path, times in asked.items()}
    if exchange in TELLS[Fact.ASSETS]:
        assert before == FINE
        assert after == ("False", Reason.UNEXPECTED_ASSET)
    else:
        assert before == after == ("Unknown", Reason.UNVERIFIABLE)
    assert world.violations == []


@pytest.mark.parametrize("exchange", TELLS[Fact.ORDERS])
async def test_what_a_thief_orders_is_told_by_the_next_probe(exchange, sim, world):
    async with Watch(exchange, sim, world) as watch:
        world.patch_key(watch.name, {"open_pairs": ["BTC/USDT"]})
        assert (await watch.probe())[1] == FINE
        world.patch_key(watch.name, {"open_pairs": ["BTC/USDT", "SQUID/USDT"]})
        assert (await watch.probe())[1] == ("False", Reason.UNEXPECTED_ORDER)


@pytest.mark.parametrize("exchange", ALL)
async def test_dust_fees_and_a_quote_that_moved_are_nothing_to_tell(exchange, sim, world):
    coins = dict.fromkeys(EXCHANGES[exchange].fee_assets, "12")
    async with Watch(exchange, sim, world) as watch:
        usual = await watch.probe()
        world.patch_key(
            watch.name, {"balances": {"USDC": "2000", "BTC": "0.1", "SQUID": "0.4", **coins}}
        )
        assert await watch.probe() == usual
    assert ("False", Reason.UNEXPECTED_ASSET) not in usual


def requests(world):
    """How often each path was asked; the time of an exchange is shared, and asked once."""
    return Counter({each.path: n for each, n in world.requests.items() if each.key})


async def test_the_daemon_tells_of_it_within_one_probe_and_keeps_names_alone(tmp_path):
    async with a_fleet(tmp_path) as fleet:
        fleet.world.patch_key("kucoin", {"balances": {"USDT": "2413.57"}})
        fleet.declare()
        problem = {"connection": "kucoin-main", "exchange": "kucoin", "reason": "UnexpectedAsset"}
        async with fleet.daemon():
            await fleet.strategy_is("Enabled")
            assert await fleet.metric("bf_connection_problem", **problem) is None
            fleet.world.trade_away("kucoin", "SQUID")
            await fleet.probe()
            assert await fleet.metric("bf_connection_problem", **problem) == 1
            status = await fleet.api("/api/v1/connections/kucoin-main")
            assert status["status"] == "Degraded"
            (told,) = [c for c in status["conditions"] if c["type"] == "AssetsExpected"]
            assert told["message"] == "The account holds assets that no strategy declares: SQUID."
            assert told["remedy"]
            await fleet.strategy_is("Enabled")
        async with fleet.daemon():  # a restart tells nothing anew
            status = await fleet.api("/api/v1/connections/kucoin-main")
            assert told in status["conditions"]
        amounts = fleet.world.keys["kucoin"].balances.values()
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("journal.db*"))
        assert b"SQUID" in kept
        assert not [each for each in amounts if each.encode() in kept]
