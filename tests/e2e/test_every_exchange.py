"""Every exchange of the table, end to end: the simulator's wire, a real probe, the verdict."""

import asyncio
from datetime import UTC, datetime

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import ADVICE, Reason, remember
from bf_reconciler.probe import Prober
from bf_reconciler.spec import Policy
from bf_reconciler.verdict import ConnectionState, judge_connection
from edges.probing import entry_of_key
from exchanges.cases import CASES

ALL = sorted(EXCHANGES)
DEADLINE = 90.0
State = ConnectionState
OUTAGE = {"ExchangeUnavailable", "Maintenance"}
UNVERIFIABLE = [name for name in ALL if not CASES[name].facts.tells_withdraw]
"""Exchanges that do not say whether a key may withdraw: never enabled without a person's word."""
TIMELESS = [name for name in ALL if EXCHANGES[name].pace.window is None]
"""Their signed calls carry a growing number, not the time: a wrong clock is a warning alone."""
FLAPPING = [name for name in ALL if EXCHANGES[name].refusals.confirm > Policy().confirm_after]
"""Good keys are refused now and then there, so a refusal must be met more often."""


async def verdict_of(exchange, sim, world, *, times=1, **changes):
    """The verdict after so many probes of the exchange's good key, less what is changed."""
    entry = entry_of_key(world.keys[f"{exchange}-main"], sim.base(exchange), **changes)
    news, seen = asyncio.Event(), None
    async with asyncio.timeout(DEADLINE), Prober(_now, news.set) as prober:
        for _ in range(times):
            prober.probe([entry])
            await news.wait()
            news.clear()
            for probed in prober.collect():
                seen = remember(seen, probed.observation)
    policy = Policy(excess_permissions="ignore")
    return judge_connection(entry, policy, seen, _now())


def _now():
    return datetime.now(UTC)


def told(verdict):
    return str(verdict.state), str(verdict.ready.reason)


@pytest.mark.parametrize("exchange", ALL)
async def test_a_good_key_is_online(exchange, sim, world):
    verdict = await verdict_of(exchange, sim, world)
    if exchange in UNVERIFIABLE:
        assert told(verdict) == ("Blocked", "WithdrawUnverifiable")
        assert verdict.compliant is None
    else:
        assert verdict.state in {State.ONLINE, State.DEGRADED}, told(verdict)
        assert verdict.compliant is True
    assert world.violations == []


@pytest.mark.parametrize("exchange", ALL)
async def test_a_probe_takes_three_to_five_requests(exchange, sim, world):
    await verdict_of(exchange, sim, world)
    assert 3 <= world.count(exchange=exchange) <= 5


@pytest.mark.parametrize("exchange", UNVERIFIABLE)
async def test_a_person_may_answer_for_an_exchange_that_does_not_say(exchange, sim, world):
    attest = {"withdraw_disabled": {"by": "ada", "at": f"{_now():%Y-%m-%d}"}}
    verdict = await verdict_of(exchange, sim, world, attest=attest)
    assert verdict.compliant is True


@pytest.mark.parametrize("exchange", ALL)
async def test_a_key_that_may_withdraw_is_blocked_at_once(exchange, sim, world):
    world.patch_key(f"{exchange}-main", {"withdraw": True})
    attest = {"withdraw_disabled": {"by": "ada", "at": f"{_now():%Y-%m-%d}"}}
    verdict = await verdict_of(exchange, sim, world, attest=attest)
    assert told(verdict) == ("Blocked", "WithdrawEnabled")


@pytest.mark.parametrize("exchange", ALL)
async def test_a_key_that_may_not_trade_is_blocked(exchange, sim, world):
    world.patch_key(f"{exchange}-main", {"trade": False})
    verdict = await verdict_of(exchange, sim, world, times=2)
    assert (str(verdict.state), verdict.compliant) == ("Blocked", False)
    assert verdict.ready.reason is Reason.NO_TRADE_PERMISSION


AMBIGUOUS = {Reason.KEY_OR_IP_REJECTED}
"""One answer for several causes: the remedy says in which order to look."""


def enough(exchange):
    """Refusals in a row that are believed."""
    return max(Policy().confirm_after, EXCHANGES[exchange].refusals.confirm)


@pytest.mark.parametrize("exchange", ALL)
async def test_an_address_that_is_not_on_the_list_is_told(exchange, sim, world):
    world.patch_key(f"{exchange}-main", {"ips": ["203.0.113.7"]})
    verdict = await verdict_of(exchange, sim, world, times=enough(exchange))
    assert verdict.state is State.BLOCKED
    assert verdict.ready.reason in {Reason.IP_NOT_ALLOWED} | AMBIGUOUS


@pytest.mark.parametrize("exchange", ALL)
async def test_a_wrong_secret_is_told_once_it_is_confirmed(exchange, sim, world):
    wrong = world.keys[f"{exchange}-withdraw"].secret
    first = await verdict_of(exchange, sim, world, secret=wrong)
    assert (first.state, first.compliant) == (None, None)
    last = await verdict_of(exchange, sim, world, secret=wrong, times=enough(exchange))
    assert (last.state, last.compliant) == (State.BLOCKED, False)
    assert last.ready.reason in {Reason.INVALID_SIGNATURE} | AMBIGUOUS
    assert ADVICE[last.ready.reason]["tr"].remedy


@pytest.mark.parametrize("exchange", FLAPPING)
async def test_a_refusal_that_comes_and_goes_is_no_bad_key(exchange, sim, world):
    await verdict_of(exchange, sim, world)
    signed = sorted({each.path for each in world.requests if each.key})
    fault = {"status": 401, "paths": signed, "remaining": 2 * len(signed)}
    world.patch_faults(exchange, fault)
    flapping = await verdict_of(exchange, sim, world, times=2)
    assert (flapping.state, flapping.compliant) == (None, None)
    assert flapping.ready.reason in AMBIGUOUS
    world.patch_faults(exchange, fault)
    again = await verdict_of(exchange, sim, world, times=3)
    assert again.compliant is True


@pytest.mark.parametrize("exchange", ALL)
async def test_a_revoked_key_is_told(exchange, sim, world):
    world.patch_key(f"{exchange}-main", {"revoked": True})
    verdict = await verdict_of(exchange, sim, world, times=enough(exchange))
    assert verdict.state is State.BLOCKED
    assert verdict.ready.reason in {Reason.INVALID_KEY, Reason.KEY_EXPIRED} | AMBIGUOUS


FAULTS = {
    "maintenance": ({"maintenance": True}, OUTAGE),
    "error 500": ({"status": 500}, OUTAGE),
    "rate limit": ({"rate_limit": True, "retry_after": 1.0}, {"RateLimited"}),
    "garbage": ({"garbage": True}, {"UnexpectedResponse"}),
    "firewall page": ({"waf": True}, OUTAGE),
    "reset": ({"reset": True}, {"NetworkError"}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("exchange", ALL)
async def test_an_outage_is_no_violation(exchange, fault, sim, world):
    fields, reasons = FAULTS[fault]
    world.patch_faults(exchange, fields)
    verdict = await verdict_of(exchange, sim, world)
    assert (verdict.state, verdict.compliant) == (State.UNREACHABLE, None), told(verdict)
    assert str(verdict.ready.reason) in reasons


@pytest.mark.parametrize("exchange", TIMELESS)
async def test_a_clock_that_is_far_off_is_a_warning_where_no_call_carries_the_time(
    exchange, sim, world
):
    world.patch_faults(exchange, {"clock_skew_seconds": 3600.0})
    verdict = await verdict_of(exchange, sim, world, times=2)
    assert told(verdict) == ("Degraded", "ClockSkew")
    assert verdict.compliant is True


@pytest.mark.parametrize("exchange", TIMELESS)
async def test_a_number_that_does_not_grow_has_a_reason_of_its_own(exchange, sim, world):
    world.keys[f"{exchange}-main"].nonce = 10**15
    verdict = await verdict_of(exchange, sim, world, times=2)
    assert told(verdict) == ("Unreachable", "InvalidNonce")
    assert verdict.compliant is None


@pytest.mark.parametrize("exchange", sorted({*ALL} - {*TIMELESS}))
async def test_a_clock_that_is_far_off_is_called_by_its_name(exchange, sim, world):
    world.patch_faults(exchange, {"clock_skew_seconds": 3600.0})
    verdict = await verdict_of(exchange, sim, world, times=2)
    assert told(verdict) == ("Unreachable", "ClockSkew")
    assert verdict.compliant is None
