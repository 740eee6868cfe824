"""Where credentials may be sent: the exchange, this machine, and what a flag allows."""

import pytest

from bf_reconciler.document import parse
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import ConfigReason, Rules
from bf_reconciler.spec import Connection, unknown_hosts
from document.sample import a_connection, a_file, a_strategy

ALLOWED = frozenset({"proxy.example", "192.0.2.7", "2001:db8::7"})


def refused(allowed=frozenset(), **changes):
    connection = Connection.model_validate(a_connection(**changes))
    return [path for path, _ in unknown_hosts(connection, allowed)]


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "https://api.kucoin.com",
        "https://API.KuCoin.com.:443/path",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "https://[::1]:1",
    ],
)
def test_the_exchange_and_this_machine_need_no_flag(endpoint):
    assert refused(endpoint=endpoint) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example",
        "https://api.kucoin.com.evil.example",
        "https://evil.example/api.kucoin.com",
        "https://xapi.kucoin.com",
        "https://kucoin.com",
        "https://api.mexc.com",
        "https://127.0.0.1.evil.example",
        "https://2130706433",
        "https://api.kucoin.com\\.evil.example",
        "https://proxy.example.evil.example",
        "https://192.0.2.8",
    ],
)
def test_any_other_host_is_refused(endpoint):
    assert refused(ALLOWED, endpoint=endpoint) == [("endpoint",)]


@pytest.mark.parametrize(
    "proxy",
    [
        "http://evil.example:3128",
        "http://user:127.0.0.1@evil.example:3128",
        "http://evil.example\\@127.0.0.1:3128",
        "http://127.0.0.1\t.evil.example",
    ],
)
def test_a_proxy_is_held_to_the_same(proxy):
    assert refused(ALLOWED, proxy=proxy) == [("proxy",)]


@pytest.mark.parametrize("host", ["proxy.example", "192.0.2.7", "[2001:db8::7]"])
def test_a_flag_allows_a_host(host):
    assert refused(ALLOWED, proxy=f"http://user:word@{host}:3128") == []
    assert refused(ALLOWED, endpoint=f"https://{host}/kucoin") == []


@pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES)
def test_every_environment_is_reached_without_a_flag(exchange):
    for there in exchange.environments.values():
        if there.base is not None:
            assert there.base.removeprefix("https://") in exchange.hosts
    assert set(exchange.live_hosts) <= exchange.hosts


def test_the_entry_is_refused_and_every_other_is_taken():
    endpoint = "https://SENTINEL.example"
    connections = [a_connection(endpoint=endpoint), a_connection("kucoin-other-grid")]
    committed = a_file(connections, [a_strategy(connection="kucoin-other-grid")])
    parsed = parse(committed, None)
    assert not parsed.refused
    assert [c.name for c, _ in parsed.connections] == ["kucoin-other-grid"]
    (problem,) = parsed.errors
    assert problem.reason is ConfigReason.HOST_NOT_ALLOWED
    assert problem.path == "connections.0.endpoint"
    assert "SENTINEL" not in problem.message
    rules = Rules(hosts=frozenset({"sentinel.example"}))
    assert parse(committed, None, rules).errors == ()


def test_an_exchange_that_nobody_knows_has_no_hosts_to_compare():
    parsed = parse(a_file([a_connection(exchange="moon", endpoint="https://evil.example")]), None)
    assert [p.path for p in parsed.errors if p.path.startswith("connections.0")] == [
        "connections.0.exchange"
    ]
