"""Each right and each address flipped at the exchange is one change, on every exchange."""

import asyncio
from datetime import UTC, datetime
from importlib import import_module

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import KeyFacts, Scope, key_changes, known_key
from bf_reconciler.probe import Prober
from e2e.fleet import a_fleet
from edges.probing import entry_of_key

pytestmark = pytest.mark.slow

ALL = sorted(EXCHANGES)
NO_LIST = {"binance", "coinbase"}
"""These tell no addresses."""
UNBOUND = {"coinbase"}
"""Nor whether there are any."""
DEADLINE = 90.0


class Watch:
    """Probes the good key of an exchange; tells what each change there is to what is known."""

    def __init__(self, exchange, sim, world):
        self.name, self.world, self.known = f"{exchange}-main", world, None
        self.key = world.keys[self.name]
        self.entry = entry_of_key(self.key, sim.base(exchange))
        self.news = asyncio.Event()
        self.prober = Prober(lambda: datetime.now(UTC), self.news.set)

    async def __aenter__(self):
        await self.prober.__aenter__()
        assert await self.after({}) == []
        return self

    async def __aexit__(self, *failure):
        await self.prober.__aexit__(*failure)

    async def after(self, change):
        """The changes that a probe sees then; None where the key is not described any more."""
        self.world.patch_key(self.name, change)
        self.prober.probe([self.entry])
        async with asyncio.timeout(DEADLINE):
            await self.news.wait()
        self.news.clear()
        (probed,) = self.prober.collect()
        facts = probed.observation.key
        if not isinstance(facts, KeyFacts):
            return None
        before, self.known = self.known, known_key(self.known, facts)
        found = () if before is None else key_changes(before, self.known)
        return [(each.what, each.before, each.after) for each in found]


def words_of(exchange):
    """One word of the exchange for each set of rights, with those rights."""
    row = import_module(f"bf_reconciler.exchanges.{exchange}.row")
    later = getattr(row, "LATER", ())  # flags that older answers do not have
    more = getattr(row, "REWRITES", ())  # these may change what the account allows, too
    found = {}
    for word, scopes in row.PERMISSIONS.items():
        if scopes and word not in later:
            found.setdefault(scopes | {Scope.ACCOUNT} if word in more else scopes, word)
    return {word: scopes for scopes, word in found.items()}


def mirrored(changes):
    """The same the other way round."""
    other = {"right_granted": "right_withdrawn", "right_withdrawn": "right_granted"}
    return sorted((other[what], after, before) for what, before, after in changes)


@pytest.mark.parametrize("exchange", ALL)
async def test_each_right_that_is_flipped_is_one_change_and_one_back(exchange, sim, world):
    seen, words = set(), words_of(exchange)
    async with Watch(exchange, sim, world) as watch:
        usual = list(watch.key.permissions)
        flips = [({"trade": False}, "right_withdrawn", set(Scope))]
        for word, scopes in words.items():
            has = word in usual
            flipped = [each for each in usual if each != word] if has else [*usual, word]
            kind = "right_withdrawn" if has else "right_granted"
            flips.append(({"permissions": flipped}, kind, {*scopes, word.casefold()}))
        for flip, kind, meant in flips:
            there = await watch.after(flip)
            back = await watch.after({"permissions": usual})
            if there is None:  # without this right the key is not described
                assert back == [], flip
                continue
            rights = [before or after for _, before, after in there]
            assert {what for what, *_ in there} <= {kind}, flip
            assert len(rights) == len(set(rights)), flip
            assert set(rights) <= meant, flip
            assert sorted(back) == mirrored(there), flip
            seen |= set(rights)
    assert seen >= frozenset[str]().union(*words.values()) - {Scope.READ}


@pytest.mark.parametrize("exchange", ALL)
async def test_each_address_that_is_flipped_is_one_change_and_one_back(exchange, sim, world):
    one, two = "127.0.0.1", "198.51.100.9"
    listed, bound = exchange not in NO_LIST, exchange not in UNBOUND
    async with Watch(exchange, sim, world) as watch:
        added = await watch.after({"ips": [two, one]})
        assert added == [("address_added", "", two)] * listed
        assert await watch.after({"ips": [one, two]}) == []
        assert await watch.after({"ips": [one]}) == [("address_removed", two, "")] * listed
        assert await watch.after({"ips": []}) == [
            *[("unbound", "bound", "")] * bound,
            *[("address_removed", one, "")] * listed,
        ]
        assert await watch.after({"ips": [one]}) == [
            *[("bound", "", "bound")] * bound,
            *[("address_added", "", one)] * listed,
        ]


async def test_a_right_that_breaks_no_rule_is_a_line_an_event_and_a_count(tmp_path):
    async with a_fleet(tmp_path) as fleet:
        fleet.declare(policy={"excess_permissions": "ignore"})
        of = {"connection": "kucoin-main", "exchange": "kucoin", "what": "right_granted"}
        async with fleet.daemon():
            await fleet.strategy_is("Enabled")
            words = fleet.world.keys["kucoin"].permissions
            fleet.world.patch_key("kucoin", {"permissions": [*words, "Earn"]})
            await fleet.probe()
            found = await fleet.api("/api/v1/history?kind=key")
            (change,) = found["transitions"]
            assert (change["name"], change["what"]) == ("kucoin-main", "right_granted")
            assert (change["from"], change["to"], change["reason"]) == ("", "earn", "KeyChanged")
            assert await fleet.metric("bf_connection_key_changes_total", **of) == 1
            (line,) = fleet.logged("key changed")
            assert (line["name"], line["after"], line["level"]) == (
                "kucoin-main",
                "earn",
                "warning",
            )
        async with fleet.daemon():
            await fleet.probe()
            assert await fleet.api("/api/v1/history?kind=key") == found
            assert await fleet.metric("bf_connection_key_changes_total", **of) is None
