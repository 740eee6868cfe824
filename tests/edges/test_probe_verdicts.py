"""Real ccxt against simulated exchanges: each thing that can be wrong has its own reason."""

from datetime import timedelta

import pytest

from bf_reconciler.facts import Failure, Orders, Reason, Scope
from bf_reconciler.simulator import Simulator
from edges.probing import IDS, SECRETS, clock, entry_of, observed, reasons, world_of

EACH = pytest.mark.parametrize("exchange", IDS)
GOOD = ("ok", "ok", "ok", "ok")
PATHS = {
    "kucoin": {
        "/api/v1/timestamp",
        "/api/v1/user/api-key",
        "/api/v1/accounts",
        "/api/v1/hf/orders/active",
    },
    "mexc": {"/api/v3/time", "/api/v3/apiKeyInfo", "/api/v3/account", "/api/v3/openOrders"},
}


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def seen(exchange, *, world=None, **changes):
    world = world or world_of(exchange)
    async with Simulator(world) as sim:
        return await observed(entry_of(exchange, sim.base(exchange), **changes))


def all_signed(reason):
    return ("ok", reason, reason, reason)


@EACH
async def test_a_compliant_key_answers_all_four_questions(exchange):
    entry_time = clock()
    found = await seen(exchange)

    assert reasons(found) == GOOD
    assert found.failures == ()
    assert entry_time <= found.at <= clock()
    assert abs(found.time.skew) < 1
    assert 0 <= found.time.latency < 5
    assert found.key.granted == {Scope.READ, Scope.SPOT}
    assert Scope.WITHDRAW in found.key.denied
    assert found.key.ip_bound is True
    assert found.key.ips == ("127.0.0.1",)
    assert abs(found.key.created_at - entry_time) < timedelta(seconds=60)
    assert found.key.expires_at is None
    assert found.balance.empty is False
    assert found.orders == Orders()


@EACH
async def test_a_probe_is_four_gets_of_the_row_s_paths_and_nothing_else(exchange):
    world = world_of(exchange)
    await seen(exchange, world=world)

    assert {(each.method, each.path) for each in world.requests} == {
        ("GET", path) for path in PATHS[exchange]
    }
    assert world.requests.total() == 4
    assert world.violations == []
    assert world.recent[0].key is None  # the time is asked without credentials


@EACH
async def test_withdraw_permission_is_seen(exchange):
    found = await seen(exchange, world=world_of(exchange, withdraw=True))
    assert reasons(found) == GOOD
    assert found.key.allows(Scope.WITHDRAW) is True


@EACH
async def test_a_missing_trade_right_is_seen(exchange):
    found = await seen(exchange, world=world_of(exchange, trade=False))
    assert reasons(found) == GOOD
    assert found.key.allows(Scope.SPOT) is False


@EACH
async def test_an_unknown_permission_leaves_withdrawal_undecided(exchange):
    world = world_of(exchange)
    world.patch_key(exchange, {"permissions": [*world.keys[exchange].permissions, "NEWLY_NAMED"]})
    found = await seen(exchange, world=world)
    assert found.key.unknown_words == ("NEWLY_NAMED",)
    assert found.key.allows(Scope.WITHDRAW) is None


@EACH
async def test_an_empty_balance_is_read_as_empty(exchange):
    found = await seen(exchange, world=world_of(exchange, balances={}))
    assert reasons(found) == GOOD
    assert found.balance.empty is True


@EACH
async def test_a_key_without_an_allowlist_is_not_bound(exchange):
    found = await seen(exchange, world=world_of(exchange, ips=[]))
    assert (found.key.ip_bound, found.key.ips) == (False, ())


async def test_a_mexc_key_that_ends_is_known_to_end():
    created = clock() - timedelta(days=80)
    world = world_of("mexc", created_at=created.timestamp(), remaining_validity=10)
    found = await seen("mexc", world=world)
    assert abs(found.key.expires_at - created - timedelta(days=90)) < timedelta(days=1)


@EACH
async def test_a_wrong_secret_is_an_invalid_signature(exchange):
    found = await seen(exchange, secret="quite another secret")
    assert reasons(found) == all_signed("InvalidSignature")
    assert all(failure.terminal for failure in found.failures)


async def test_a_wrong_passphrase_is_an_invalid_passphrase():
    found = await seen("kucoin", passphrase="quite another phrase")
    assert reasons(found) == all_signed("InvalidPassphrase")


@EACH
async def test_a_revoked_key_is_an_invalid_key(exchange):
    found = await seen(exchange, world=world_of(exchange, revoked=True))
    assert reasons(found) == all_signed("InvalidKey")


@EACH
async def test_a_key_nobody_knows_is_an_invalid_key(exchange):
    found = await seen(exchange, api_key="unknownkey0001")
    assert reasons(found) == all_signed("InvalidKey")


@EACH
async def test_an_address_that_is_not_allowed_is_told_with_the_address(exchange):
    found = await seen(exchange, world=world_of(exchange, ips=["203.0.113.7"]))
    assert reasons(found) == all_signed("IPNotAllowed")
    assert {failure.client_ip for failure in found.failures} == {"127.0.0.1"}
    assert found.key.code
    assert found.key.http_status in {400, 403}


@EACH
async def test_a_frozen_account_is_suspended(exchange):
    found = await seen(exchange, world=world_of(exchange, frozen=True))
    assert reasons(found) == all_signed("AccountSuspended")


@EACH
async def test_a_key_that_may_not_read_lacks_read_permission(exchange):
    found = await seen(exchange, world=world_of(exchange, read=False))
    assert reasons(found) == all_signed("NoReadPermission")


@EACH
async def test_refused_key_information_leaves_the_other_answers_good(exchange):
    found = await seen(exchange, world=world_of(exchange, hide_key_info=True))
    assert reasons(found) == ("ok", "NoReadPermission", "ok", "ok")


async def test_a_mexc_key_that_reads_the_account_but_not_the_orders_is_told_apart():
    world = world_of("mexc", read=False)
    world.patch_key("mexc", {"permissions": ["SPOT_ACCOUNT_READ", "SPOT_DEAL_WRITE"]})
    found = await seen("mexc", world=world)
    assert reasons(found) == ("ok", "ok", "ok", "NoReadPermission")
    assert found.key.allows(Scope.READ) is False


@EACH
@pytest.mark.parametrize("ahead", [30.0, -30.0])
async def test_a_clock_that_is_off_is_measured_and_blamed(exchange, ahead):
    world = world_of(exchange)
    world.patch_faults(exchange, {"clock_skew_seconds": ahead})
    found = await seen(exchange, world=world)
    assert reasons(found) == all_signed("ClockSkew")
    assert found.time.skew == pytest.approx(-ahead, abs=2)
    assert not any(failure.terminal for failure in found.failures)


@EACH
async def test_with_a_clock_that_is_off_a_wrong_key_is_not_believed(exchange):
    world = world_of(exchange, revoked=True)
    world.patch_faults(exchange, {"clock_skew_seconds": 30.0})
    found = await seen(exchange, world=world)
    assert reasons(found) == all_signed("ClockSkew")


FAULTS = [
    ({"status": 500}, "ExchangeUnavailable"),
    ({"status": 502}, "ExchangeUnavailable"),
    ({"status": 503}, "ExchangeUnavailable"),
    ({"waf": True}, "ExchangeUnavailable"),
    ({"rate_limit": True}, "RateLimited"),
    ({"reset": True}, "NetworkError"),
    ({"garbage": True}, "UnexpectedResponse"),
    ({"slow_body": True}, "Timeout"),
    ({"latency": 30.0}, "Timeout"),
]


@EACH
@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[str(fault) for fault, _ in FAULTS])
async def test_an_exchange_in_trouble_is_asked_the_time_alone(exchange, fault, reason):
    world = world_of(exchange)
    world.patch_faults(exchange, fault)
    found = await seen(exchange, world=world, timeout=1.0 if reason == "Timeout" else 20.0)
    assert reasons(found) == (reason, None, None, None)
    assert not found.time.terminal
    assert {each.path for each in world.requests} <= PATHS[exchange]
    assert all(each.key is None for each in world.requests)


@EACH
@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[str(fault) for fault, _ in FAULTS])
async def test_trouble_with_one_question_is_that_question_s_own(exchange, fault, reason):
    world = world_of(exchange)
    balance = {"kucoin": "/api/v1/accounts", "mexc": "/api/v3/account"}[exchange]
    world.patch_faults(exchange, fault | {"paths": [balance]})
    found = await seen(exchange, world=world, timeout=6.0 if reason == "Timeout" else 20.0)
    assert reasons(found) == ("ok", "ok", reason, "ok")


async def test_maintenance_is_told_where_the_exchange_tells_it():
    for exchange, reason in (("kucoin", "ExchangeUnavailable"), ("mexc", "Maintenance")):
        world = world_of(exchange)
        world.patch_faults(exchange, {"maintenance": True})
        found = await seen(exchange, world=world)
        assert reasons(found) == (reason, None, None, None)


async def test_a_region_that_is_not_served_is_told_where_the_exchange_tells_it():
    world = world_of("kucoin")
    world.patch_faults("kucoin", {"region": True, "client_ip": "203.0.113.7"})
    found = await seen("kucoin", world=world)
    assert reasons(found) == ("RegionRestricted", None, None, None)
    assert found.time.client_ip == "203.0.113.7"


async def test_an_exchange_that_does_not_listen_is_a_network_error():
    async with Simulator(world_of()) as sim:
        gone = {exchange: sim.base(exchange) for exchange in IDS}
    for exchange, base in gone.items():
        found = await observed(entry_of(exchange, base))
        assert reasons(found) == ("NetworkError", None, None, None)


@EACH
async def test_every_failure_speaks_in_our_own_words(exchange):
    world = world_of(exchange, revoked=True)
    async with Simulator(world) as sim:
        found = await observed(entry_of(exchange, sim.base(exchange)))
    for failure in found.failures:
        assert failure.message.endswith(".")
        assert "Invalid key" in failure.message
        assert not any(secret in failure.message for secret in SECRETS.values())
        assert "127.0.0.1" not in failure.message


async def test_a_missing_credential_is_an_answer_and_no_crash():
    world = world_of("kucoin")
    async with Simulator(world) as sim:
        found = await observed(entry_of("kucoin", sim.base("kucoin"), passphrase=None))
    assert reasons(found) == all_signed("UnexpectedResponse")
    assert isinstance(found.key, Failure)
    assert found.key.reason is Reason.UNEXPECTED_RESPONSE
    assert world.requests.total() == 1
