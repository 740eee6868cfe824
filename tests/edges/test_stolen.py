"""What is told of a stolen key is what a thief achieves with it at the simulator."""

from collections import defaultdict
from itertools import product

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Scope, remember
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.client import Clients
from bf_reconciler.probe.questions import Questions
from bf_reconciler.probe.queue import Queue
from bf_reconciler.probe.transport import Transport
from bf_reconciler.simulator import World
from bf_reconciler.status import stolen
from edges.attacker import ACTS, ELSEWHERE, Attacker
from edges.fakes import a_connection, a_status
from edges.probing import clock, entry_of_key
from simulator.fixtures import session, sim

__all__ = ["session", "sim"]

HERE = "127.0.0.1"
LEVELS = {"no": 0, "may": 1, "yes": 2}
TRANSFERS = {
    "binance": "permitsUniversalTransfer",
    "bybit": "Wallet.AccountTransfer",
    "gate": "wallet:rw",
    "bitget": "wtow",
    "bingx": "4",
    "kucoin": "FlexTransfers",
    "mexc": "SPOT_TRANSFER_WRITE",
}
"""The right to transfer, where it is one of its own."""
COMBINATIONS = [
    (dict(zip(("read", "trade", "futures", "withdraw"), rights, strict=True)), transfer, bound)
    for *rights, transfer, bound in product((False, True), repeat=6)
]
UNTOLD = {
    "gate": {Scope.WITHDRAW},  # no document names the permission
    "htx": {Scope.TRANSFER},  # the right to trade may cover it
    "kucoin": {Scope.TRANSFER},
    "okx": {Scope.TRANSFER},
}
"""Of keys that describe themselves: what a thief may do, since no answer decides it."""
ORIGINS = {
    "binance": {"anywhere", "hidden"},  # the list is not shown
    "coinbase": {"unknown"},  # nothing of it is told
}
"""From where keys work that describe themselves; each other exchange shows its list."""


@pytest.fixture
def world():
    return World()


@pytest.fixture
async def clients():
    transport = Transport()
    yield Clients(transport)
    await transport.aclose()


async def report_of(clients, sim, key):
    """The report, by one probe of the real prober from the address on the list."""
    sim.world.patch_faults(key.exchange, {"client_ip": None})
    base = sim.base(key.exchange)
    entry = entry_of_key(key, base)
    row = EXCHANGES[key.exchange].within("live", None, base)
    await clients.load(row)
    queue = Queue(Budget(1e9))
    observation = await Questions(entry, row, clients, queue, clock).observe()
    known = a_connection(entry.name, exchange=key.exchange)
    return stolen(a_status([known], []), remember(None, observation), entry.name)


def told(report, scope, address):
    """What the report says of an act from an address."""
    where = {
        "anywhere": "yes",
        "listed": "yes" if address in report.listed else "no",
        "hidden": "may" if address == ELSEWHERE else "yes",
        "unknown": "may",
    }[report.origin]
    answers = (report.rights.get(scope, "no"), where, report.accepted)
    return min(answers, key=LEVELS.__getitem__)


def a_stolen_key(world, exchange, rights, *, transfer, bound):
    key = world.put_key("key", {"exchange": exchange, **rights, "ips": [HERE] if bound else []})
    word = TRANSFERS.get(exchange)
    if transfer and word is not None:
        world.patch_key("key", {"permissions": [*key.permissions, word]})
    return key


@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
async def test_what_is_told_is_what_a_thief_achieves(exchange, sim, session, world, clients):
    wrong, untold, origins = [], set(), set()
    answers, done = set(), defaultdict(set)
    for rights, transfer, bound in COMBINATIONS:
        if transfer and exchange not in TRANSFERS:
            continue
        key = a_stolen_key(world, exchange, rights, transfer=transfer, bound=bound)
        report = await report_of(clients, sim, key)
        thief = Attacker(sim, session, key)
        if rights["read"]:
            untold |= {scope for scope in ACTS[exchange] if report.rights.get(scope) == "may"}
            origins.add(report.origin)
        for address, scope in product((HERE, ELSEWHERE), (Scope.READ, *ACTS[exchange])):
            if address == HERE and not bound:  # as from elsewhere
                continue
            says, does = told(report, scope, address), await thief.achieves(scope, address)
            answers.add(says)
            done[scope].add(does)
            if says != "may" and (says == "yes") is not does:
                wrong.append((rights, transfer, bound, address, scope, says, does))
    assert wrong == []
    assert untold == UNTOLD.get(exchange, set())
    assert origins == ORIGINS.get(exchange, {"anywhere", "listed"})
    assert {scope for scope, both in done.items() if both != {True, False}} == set()
    assert answers >= ({"may", "no"} if exchange == "coinbase" else {"yes", "no"})


async def test_a_key_that_was_refused_may_work_all_the_same(sim, world, clients):
    key = a_stolen_key(world, "kucoin", {"read": True}, transfer=False, bound=True)
    world.patch_key("key", {"revoked": True})
    report = await report_of(clients, sim, key)
    assert report.accepted == "may"
    assert set(report.rights.values()) == {"may"}


async def test_a_key_whose_list_keeps_us_out_is_bound(sim, world, clients):
    key = a_stolen_key(world, "okx", {"read": True}, transfer=False, bound=True)
    world.patch_key("key", {"ips": [ELSEWHERE]})
    report = await report_of(clients, sim, key)
    assert (report.accepted, report.origin) == ("may", "hidden")
