"""Questions of more than one call: two kinds of account at Bitget, two answers at Gate.io, and a
number that HTX must tell first.
"""

from dataclasses import asdict
from datetime import timedelta

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Failure, Orders, Reason, Scope, remember
from bf_reconciler.policy.expiry import end
from bf_reconciler.probe.budget import Budget
from bf_reconciler.probe.client import Clients
from bf_reconciler.probe.transport import Answer
from bf_reconciler.simulator import DIALECTS, Simulator
from edges.probing import clock, entry_of, observed, reasons, world_of

GOOD = ("ok", "ok", "ok", "ok")
UNIFIED = ["account=unified"]
TIME = "/api/v2/public/time"
CLASSIC = [
    "/api/v2/spot/account/info",
    "/api/v2/spot/account/assets",
    "/api/v2/spot/trade/unfilled-orders",
]
OTHER = [
    "/api/v3/account/info",
    "/api/v3/account/assets",
    "/api/v3/trade/unfilled-orders",
]
GATE = [
    f"/api/v4/{path}"
    for path in (
        *("spot/time", "account/detail", "account/main_keys"),
        *("spot/accounts", "spot/open_orders"),
    )
]

HTX = [
    *("/v1/common/timestamp", "/v2/user/uid", "/v2/user/api-key"),
    *("/v2/account/asset-valuation", "/v1/order/openOrders"),
]


ACCOUNTS = "/v1/account/accounts"


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def seen(exchange, world, **changes):
    async with Simulator(world) as sim:
        return await observed(entry_of(exchange, sim.base(exchange), **changes))


def asked(world):
    """Paths in the order they were asked; all of them were reads."""
    assert world.violations == []
    assert {each.method for each in world.recent} == {"GET"}
    return [each.path for each in world.recent]


async def test_a_classic_account_takes_four_requests():
    world = world_of("bitget")
    found = await seen("bitget", world)

    assert reasons(found) == GOOD
    assert (found.key.granted, found.key.ips) == ({Scope.READ, Scope.SPOT}, ("127.0.0.1",))
    assert found.key.allows(Scope.WITHDRAW) is False
    assert asked(world)[:2] == [TIME, CLASSIC[0]]  # the key goes before what depends on it
    assert sorted(asked(world)[2:]) == sorted(CLASSIC[1:])


async def test_a_unified_account_takes_five_requests():
    world = world_of("bitget", permissions=UNIFIED)
    found = await seen("bitget", world)

    assert reasons(found) == GOOD
    assert found.key.granted == {Scope.READ, Scope.SPOT, Scope.MARGIN, Scope.FUTURES}
    assert found.key.allows(Scope.WITHDRAW) is False
    assert (found.balance, found.orders) == (Balance(empty=False), Orders())
    assert asked(world)[:3] == [TIME, CLASSIC[0], OTHER[0]]
    assert sorted(asked(world)[3:]) == sorted(OTHER[1:])


@pytest.mark.parametrize("permissions", [[], UNIFIED])
async def test_a_withdrawal_right_is_seen_in_both_kinds_of_account(permissions):
    world = world_of("bitget", permissions=permissions, withdraw=True)
    assert (await seen("bitget", world)).key.allows(Scope.WITHDRAW) is True


@pytest.mark.parametrize("permissions", [[], UNIFIED])
async def test_a_key_that_only_reads_is_seen_in_both_kinds_of_account(permissions):
    found = await seen("bitget", world_of("bitget", permissions=permissions, trade=False))
    assert reasons(found) == GOOD
    assert found.key.allows(Scope.SPOT) is False


@pytest.mark.parametrize("permissions", [[], UNIFIED])
async def test_a_wrong_secret_is_never_taken_for_a_kind_of_account(permissions):
    world = world_of("bitget", permissions=permissions)
    found = await seen("bitget", world, secret="quite another secret")

    bad = "InvalidSignature"
    assert reasons(found) == ("ok", bad, bad, bad)
    assert sorted(asked(world)) == sorted([TIME, *CLASSIC])


async def test_a_key_question_without_an_answer_leaves_the_kind_of_account_open():
    world = world_of("bitget", permissions=UNIFIED)
    world.put_faults("bitget", {"status": 503, "paths": [CLASSIC[0]]})
    found = await seen("bitget", world)

    unknown = "UnexpectedResponse"  # transient: what runs is held
    assert reasons(found) == ("ok", "ExchangeUnavailable", unknown, unknown)
    assert not any(failure.terminal for failure in found.failures)


async def test_a_unified_key_question_that_fails_is_why():
    world = world_of("bitget", permissions=UNIFIED)
    world.put_faults("bitget", {"maintenance": True, "paths": [OTHER[0]]})
    found = await seen("bitget", world)

    assert reasons(found) == ("ok", "Maintenance", "ok", "ok")


@pytest.mark.parametrize("permissions", [[], UNIFIED])
async def test_a_demo_key_is_asked_in_the_demo_and_a_live_one_is_not(permissions):
    world = world_of("bitget", permissions=permissions, environment="demo")

    assert reasons(await seen("bitget", world, environment="demo")) == GOOD
    wrong = "WrongEnvironment"
    assert reasons(await seen("bitget", world)) == ("ok", wrong, wrong, wrong)


async def test_a_wrong_passphrase_is_one():
    found = await seen("bitget", world_of("bitget"), passphrase="quite another phrase")
    bad = "InvalidPassphrase"
    assert reasons(found) == ("ok", bad, bad, bad)


@pytest.mark.parametrize("skew", [45, -45])
@pytest.mark.parametrize("permissions", [[], UNIFIED])
async def test_a_clock_that_is_off_is_one(permissions, skew):
    world = world_of("bitget", permissions=permissions)
    world.put_faults("bitget", {"clock_skew_seconds": skew})
    off = "ClockSkew"
    assert reasons(await seen("bitget", world)) == ("ok", off, off, off)


async def kraken_seen(permissions, ips):
    """What is seen of a key whose secret can sign there."""
    secrets = asdict(DIALECTS["kraken"].invent("a"))
    world = world_of("kraken", permissions=permissions, ips=ips, **secrets)
    return await seen("kraken", world, api_key=secrets["api_key"], secret=secrets["secret"])


@pytest.mark.parametrize("ips", [["127.0.0.1"], []])
async def test_kraken_is_understood_in_the_spelling_that_others_captured(ips):
    words = ["query-funds", "query-open-trades", "modify-trades"]
    documented = await kraken_seen(words, ips)
    captured = await kraken_seen([*words, "spelling=captured"], ips)
    assert reasons(captured) == GOOD
    assert captured.key.granted == documented.key.granted == {Scope.READ, Scope.SPOT}
    assert captured.key.denied == documented.key.denied
    assert (captured.key.ips, captured.key.ip_bound) == (tuple(ips), bool(ips))
    assert (captured.key.unread, captured.key.unknown_words) == ((), ())


GATE_UNIFIED = ["account:r", "spot:rw", "unified:r"]
KUCOIN_UNIFIED = ["General", "Spot", "Unified"]


@pytest.mark.parametrize(
    ("exchange", "permissions", "path"),
    [
        ("gate", GATE_UNIFIED, "/api/v4/unified/accounts"),
        ("kucoin", KUCOIN_UNIFIED, "/api/ua/v1/unified/account/balance"),
    ],
)
async def test_a_unified_account_is_read_where_its_money_is(exchange, permissions, path):
    world = world_of(exchange, permissions=permissions, trade=False)
    found = await seen(exchange, world)
    assert found.key.unified is True
    assert found.balance == Balance(empty=False)
    assert asked(world)[-1] == path
    world.put_faults(exchange, {"status": 500, "paths": [path]})
    assert (await seen(exchange, world)).balance == Balance(empty=True)  # never worse


@pytest.mark.parametrize("exchange", ["gate", "kucoin"])
async def test_an_account_that_is_not_unified_is_asked_no_more_than_usual(exchange):
    world = world_of(exchange, balances={})
    found = await seen(exchange, world)
    assert (found.key.unified, found.balance) == (False, Balance(empty=True))
    assert len(asked(world)) == EXCHANGES[exchange].calls.requests


@pytest.mark.parametrize(("held", "empty"), [({"USDT": "26.5"}, False), ({}, True)])
async def test_the_key_of_a_sub_user_of_htx_reads_all_but_itself(held, empty):
    world = world_of("htx", is_sub=True, balances=held)
    found = await seen("htx", world)
    assert (found.balance, found.orders) == (Balance(empty=empty), Orders())
    assert isinstance(found.key, Failure)
    kept = remember(None, found).latest
    assert kept.key.reason is Reason.NO_READ_PERMISSION  # what a person may attest, then
    assert asked(world)[-2:] == [ACCOUNTS, next(p for p in asked(world) if p.endswith("/balance"))]


@pytest.mark.parametrize("faulty", ["/v1/account/accounts", "/v1/account/accounts/"])
async def test_a_second_question_without_an_answer_leaves_the_usual_refusal(faulty):
    world = world_of("htx", is_sub=True)
    world.put_faults("htx", {"status": 503, "paths": [faulty]})
    found = await seen("htx", world)
    assert isinstance(found.balance, Failure)
    assert found.balance.terminal


async def test_gate_describes_a_key_in_two_answers_of_five_requests():
    begun = clock()
    world = world_of("gate")
    found = await seen("gate", world)

    assert reasons(found) == GOOD
    assert found.key.granted == {Scope.READ, Scope.SPOT}
    assert found.key.allows(Scope.FUTURES) is False
    assert found.key.allows(Scope.WITHDRAW) is None  # never denied: its name is not documented
    assert (found.key.ip_bound, found.key.ips) == (True, ("127.0.0.1",))
    assert abs(found.key.created_at - begun) < timedelta(seconds=60)
    assert asked(world).index(GATE[1]) < asked(world).index(GATE[2])
    assert sorted(asked(world)) == sorted(GATE)


async def test_htx_describes_a_key_to_who_names_the_user():
    world = world_of("htx")
    found = await seen("htx", world)

    assert reasons(found) == GOOD
    assert found.key.granted == {Scope.READ, Scope.SPOT}
    assert asked(world).index(HTX[1]) < asked(world).index(HTX[2])
    assert sorted(asked(world)) == sorted(HTX)


async def test_where_htx_does_not_tell_the_user_s_number_the_key_is_not_asked_about():
    world = world_of("htx")
    world.put_faults("htx", {"status": 500, "paths": [HTX[1]]})
    found = await seen("htx", world)
    assert reasons(found) == ("ok", "ExchangeUnavailable", "ok", "ok")
    assert HTX[2] not in asked(world)


async def test_gate_shows_a_right_to_withdraw():
    found = await seen("gate", world_of("gate", withdraw=True))
    assert found.key.allows(Scope.WITHDRAW) is True


async def test_a_gate_key_without_an_allowlist_ends():
    found = await seen("gate", world_of("gate", ips=[]))
    assert (found.key.ip_bound, found.key.expires_at) == (False, None)  # the rule works it out
    connection = entry_of("gate", "http://127.0.0.1:1").connection
    ends = end(connection, found.key)
    assert (ends.at - found.key.created_at, ends.source) == (timedelta(days=90), "computed")


async def test_nothing_is_known_of_the_rights_of_a_sub_account_s_key():
    found = await seen("gate", world_of("gate", is_sub=True))
    assert reasons(found) == GOOD
    assert (found.key.granted, found.key.denied) == (frozenset(), frozenset())
    assert found.key.ips == ("127.0.0.1",)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 500}, "ExchangeUnavailable"),
        ({"garbage": True}, "UnexpectedResponse"),
        ({"reset": True}, "NetworkError"),
        ({"rate_limit": True}, "RateLimited"),
    ],
)
async def test_a_second_answer_that_fails_is_why(fault, reason):
    world = world_of("gate")
    world.put_faults("gate", {**fault, "paths": [GATE[2]]})
    assert (await seen("gate", world)).key.reason == reason


async def test_a_list_of_keys_that_is_closed_is_a_missing_right_to_read():
    found = await seen("gate", world_of("gate", hide_key_info=True))
    assert reasons(found) == ("ok", "NoReadPermission", "ok", "ok")


async def test_a_first_answer_that_fails_is_not_asked_on():
    world = world_of("gate", read=False)
    found = await seen("gate", world)
    assert reasons(found) == ("ok", "NoReadPermission", "ok", "ok")
    assert sorted(asked(world)) == sorted(path for path in GATE if path != GATE[2])


async def test_an_address_that_gate_does_not_let_in_is_told():
    found = await seen("gate", world_of("gate", ips=["203.0.113.7"]))
    out = "IPNotAllowed"
    assert reasons(found) == ("ok", out, out, out)
    assert {failure.client_ip for failure in found.failures} == {"127.0.0.1"}


@pytest.mark.parametrize("skew", [90, -90])
async def test_gate_tells_a_clock_that_is_off(skew):
    world = world_of("gate")
    world.put_faults("gate", {"clock_skew_seconds": skew})
    off = "ClockSkew"
    assert reasons(await seen("gate", world)) == ("ok", off, off, off)


@pytest.mark.parametrize(
    ("exchange", "changes", "fault"),
    [
        ("bitget", {}, {}),
        ("bitget", {"permissions": UNIFIED}, {}),
        ("bitget", {"revoked": True}, {}),
        ("bitget", {}, {"maintenance": True}),
        ("gate", {}, {}),
        ("gate", {"read": False}, {}),
        ("gate", {}, {"status": 500}),
        ("htx", {}, {}),
        ("htx", {"revoked": True}, {}),
        ("htx", {}, {"status": 500}),
    ],
)
async def test_what_is_paid_for_and_not_asked_is_given_back(exchange, changes, fault, monkeypatch):
    kept = []

    class Counting(Budget):
        def take(self, requests, now):
            kept.append(requests)
            super().take(requests, now)

        def refund(self, requests):
            kept.append(-requests)
            super().refund(requests)

    monkeypatch.setattr("bf_reconciler.probe.prober.Budget", Counting)
    world = world_of(exchange, **changes)
    world.put_faults(exchange, fault)
    await seen(exchange, world)
    assert kept[0] == EXCHANGES[exchange].calls.requests == 5
    assert sum(kept) == len(asked(world))


async def test_the_header_of_an_environment_goes_out_with_what_is_signed_alone():
    sent = []

    class Recorder:
        async def get(self, _url, headers, *_):
            sent.append(headers)
            return Answer(200, {}, b"{}")

    demo = EXCHANGES["bitget"].within("demo")
    clients = Clients(Recorder())
    await clients.load(demo)
    for row in (demo, demo.instead["40085"]):
        for call in (
            row.calls.time.call,
            row.calls.key.call,
            row.calls.balance.call,
            row.calls.orders.call,
        ):
            await clients.ask(entry_of("bitget", "http://127.0.0.1:9"), row, call)
    assert [headers.get("PAPTRADING") for headers in sent] == [None, "1", "1", "1"] * 2
