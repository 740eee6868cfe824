"""Others judge the simulator and our signatures: the exchanges' own or most used clients.

Each runs in a process of its own, in an environment of its own, behind a guard that lets nothing
off loopback; `make peers` makes the environments.
"""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from bf_reconciler.simulator import DIALECTS, World
from bf_reconciler.simulator.bitget import UNDERSCORED, UNIFIED
from peers import peer
from peers.expected import FILTERS, OWN, REFUSALS
from peers.recorded import signed_requests

pytestmark = pytest.mark.peers
EXCHANGES = list(REFUSALS)
ENVIRONMENT = {"coinbase": "peers-coinbase"}
KINDS = {"coinbase": ("ed25519",), "binance": ("ed25519",)}
"""Kinds of secrets beside the usual one."""


@dataclass(frozen=True)
class Judged:
    """What one client said, and the exchange it spoke to."""

    name: str
    exchange: peer.Exchange
    report: dict
    violations: list


def secrets_of(key):
    return {"api_key": key.api_key, "secret": key.secret, "passphrase": key.passphrase}


def world_of(name, **faults):
    rights = {"read": True, "trade": True, "futures": True, "ips": ["127.0.0.1"]}
    good = {"exchange": name, **rights, "balances": {"USDT": "2100", "BTC": "0.5"}}
    keys = dict.fromkeys(("good", "second", *KINDS.get(name, ())), good)
    world = World.from_dict({"keys": keys, "faults": {name: faults}})
    if name == "bitget":
        unified = world.put_key("unified", good)
        unified.permissions += [UNIFIED, UNDERSCORED]
    return world


def refused_of(name, exchange, late):
    """Keys that must be refused: each is the good one, but for what its case is named after."""
    good, other = secrets_of(exchange.world.keys["good"]), DIALECTS[name].invent("another")
    cases = {
        "secret": (exchange, good | {"secret": other.secret}),
        "unknown": (exchange, good | {"api_key": other.api_key}),
        "clock": (late, good),
    }
    if good["passphrase"]:
        cases["passphrase"] = exchange, good | {"passphrase": other.passphrase}
    return {case: {"base": where.base, "key": key} for case, (where, key) in cases.items()}


async def judged(name):
    world, ahead = world_of(name), world_of(name, clock_skew_seconds=peer.AHEAD_SECONDS)
    ahead.keys["good"].nonce = 10**20  # where calls are numbered, that is the clock
    async with AsyncExitStack() as stack:
        exchange = await stack.enter_async_context(peer.exchange(world, name))
        late = await stack.enter_async_context(peer.exchange(ahead, name))
        keys = {kind: secrets_of(key) for kind, key in world.keys.items()}
        signing = {kind: keys[kind] for kind in ("good", *KINDS.get(name, ()))}
        job = {
            "base": exchange.base,
            "keys": keys,
            "refused": refused_of(name, exchange, late),
            "good": {kind: {"base": exchange.base, "key": keys[kind]} for kind in signing},
            "signed": await signed_requests(name, signing),
        }
        report = await peer.report(ENVIRONMENT.get(name, "peers"), name, job)
    return Judged(name, exchange, report, world.violations + ahead.violations)


def differs(found):
    """Names that only one of the two has, call by call."""
    different = {}
    for call, answer in found.report["answers"].items():
        body = found.exchange.body(answer["path"])
        for part in filter(None, answer["inner"].split(".")):
            body = body[part]
        missing, unknown = peer.differences(answer["fields"], body)
        different[call] = sorted(missing), sorted(unknown)
    return different


@pytest.mark.parametrize("name", EXCHANGES)
async def test_a_client_of_others_agrees_with_the_simulator_and_with_our_signatures(name):
    found = await judged(name)
    report = found.report
    told = {call: answer["told"] for call, answer in report["answers"].items()}
    wrong = {call: t for call, t in told.items() if isinstance(t, dict) and "error" in t}
    assert wrong == {}
    assert {call: t for call, t in told.items() if "typed" in call and t != "valid"} == {}
    assert "2100" in str(told["balance"])
    assert "USDT" in str(told["spot"]).upper()
    assert report["warnings"] == []
    excused = OWN.get(name, set())
    for call, (missing, _) in differs(found).items():
        left = {each for each in missing if not each.startswith(FILTERS)}
        assert left - excused == set(), call
    cases = ("secret", "unknown", "clock", "passphrase")
    assert report["refusals"] == dict(zip(cases, REFUSALS[name], strict=False))
    assert all(report["accepted"].values())
    assert report["signatures"]
    for call, pairs in report["signatures"].items():
        assert [(ours, theirs) for ours, theirs in pairs if ours != theirs] == [], call
    assert found.violations == []


def test_a_name_that_only_one_of_both_has_is_found():
    fields = {"a": None, "maybe?": None, "rows": {"*": {"b": None}}}
    answer = [{"a": 1, "c": 2, "rows": {"x": {"b": 1}, "y": {}}}]
    assert peer.differences(fields, answer) == ({"[].rows.*.b"}, {"[].c"})
    assert peer.differences(fields, [{"maybe": 1}])[0] == {"[].a", "[].rows"}


ATTEMPTS = {
    "socket": "import socket; socket.create_connection(('192.0.2.1', 443), 1)",
    "names": "import socket; socket.getaddrinfo('example.com', 443)",
    "requests": "import requests; requests.get('https://example.com', timeout=1)",
    "urllib3": "import urllib3; urllib3.PoolManager().request('GET', 'http://192.0.2.1')",
    "curl": "from curl_cffi import requests; requests.get('https://192.0.2.1', timeout=1)",
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
async def test_nothing_gets_off_loopback(attempt):
    """A proxy that is not there refuses what the guard does not see."""
    code, _, errors = await peer.started("peers", "-c", attempt)
    assert code != 0
    assert "is not on loopback" in errors or "127.0.0.1" in errors


async def test_the_guard_sees_what_takes_no_proxy():
    for attempt in (ATTEMPTS["socket"], ATTEMPTS["names"], ATTEMPTS["curl"]):
        _, _, errors = await peer.started("peers", "-c", attempt)
        assert "is not on loopback" in errors
