"""freqtrade's adapter against a bot that has every trap of the real one."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import RUNTIMES, Bounds, freqtrade, worker
from bf_reconciler.runtimes.adapter import Stamp, Target, UnavailableError
from bf_reconciler.runtimes.settle import settle
from bf_reconciler.runtimes.worker import Worker
from bf_reconciler.spec import FreqtradeRuntime
from bf_reconciler.status import Confirmed, Running
from bf_reconciler.verdict import Order
from build import STRATEGY, a_strategy
from edges.fake_freqtrade import FakeFreqtrade

PASSWORD = "a-password"
STAMP = Stamp(3, "r1", datetime.now(UTC))
RAN = Confirmed(on=True, life="1001")


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(freqtrade, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(freqtrade, "AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(worker, "FIRST_RETRY", timedelta(milliseconds=20))
    monkeypatch.setattr(worker, "LAST_RETRY", timedelta(milliseconds=20))


@pytest.fixture
async def bot():
    made = FakeFreqtrade()
    await made.start()
    yield made
    await made.stop()


def declared(url, **fields):
    words = {"username": "bf", "password": PASSWORD}
    return FreqtradeRuntime(name="ft", type="freqtrade", url=url, **words | fields)


@pytest.fixture
async def adapter(bot, tmp_path):
    made = RUNTIMES["freqtrade"](declared(bot.url), Bounds(tmp_path))
    yield made
    await made.close()


def an_order(*, on=True, action="pause", **fields):
    words = {"action": action, "reason": Reason.CONNECTED, "message": "Because."}
    words |= {"strategy": a_strategy(), "runtime": declared("http://127.0.0.1:1")}
    return Order(STRATEGY, on=on, **words | fields)


async def settled(adapter, order, before=None):
    confirmed = {} if before is None else {STRATEGY: before}
    return (await settle(adapter, {STRATEGY: Target(order, STAMP)}, confirmed))[STRATEGY]


async def outcome(adapter, order, before=None):
    found = await settled(adapter, order, before)
    return found.state, found.reason


# --- on and off, read back


@pytest.mark.parametrize(
    ("state", "order", "commands", "after"),
    [
        ("stopped", an_order(), ["start"], "running"),
        ("paused", an_order(), ["start"], "running"),
        ("running", an_order(), [], "running"),
        ("running", an_order(on=False), ["pause"], "paused"),
        ("paused", an_order(on=False), [], "paused"),
        ("stopped", an_order(on=False), [], "stopped"),  # a pause would start it
        ("running", an_order(on=False, action="stop"), ["stop"], "stopped"),
        ("paused", an_order(on=False, action="stop"), ["stop"], "stopped"),
        ("stopped", an_order(on=False, action="stop"), [], "stopped"),
    ],
)
async def test_a_command_is_given_on_a_difference_alone(
    adapter, bot, state, order, commands, after
):
    bot.state = state
    assert await outcome(adapter, order) == (after, None)
    assert (bot.commands, bot.state) == (commands, after)


async def test_where_there_is_no_order_it_is_only_read(adapter, bot):
    bot.state = "running"
    assert (await settled(adapter, None)).state == "running"
    assert bot.commands == []
    assert await adapter.read([]) == {}


# --- reloads


@pytest.mark.parametrize(("on", "state"), [(True, "running"), (False, "paused")])
async def test_no_command_is_lost_in_a_reload(adapter, bot, on, state):
    bot.initial_state = "stopped" if on else "running"
    bot.state = "running"
    bot.reload(loops=3)
    assert await outcome(adapter, an_order(on=on)) == (state, None)
    assert bot.commands == ["start" if on else "pause"]


async def test_a_command_that_a_reload_took_with_it_is_given_again(adapter, bot, monkeypatch):
    bot.state = bot.initial_state = "running"
    obey = bot.obey

    def lose(call, body):
        if len(bot.commands) == 1:
            bot.reload()
        return obey(call, body)

    monkeypatch.setattr(bot, "obey", lose)
    assert await outcome(adapter, an_order(on=False)) == ("paused", None)
    assert bot.commands == ["pause", "pause"]


async def test_a_refused_connection_while_it_reloads_is_waited_out(adapter, bot):
    bot.state = "running"
    await bot.stop()
    asking = asyncio.create_task(outcome(adapter, an_order(on=False)))
    await asyncio.sleep(0.1)
    await bot.start(bot.port)
    assert await asking == ("paused", None)


async def test_a_bot_that_stays_away_is_unavailable_or_still_running(adapter, bot, monkeypatch):
    monkeypatch.setattr(freqtrade, "PATIENCE_SECONDS", 0.05)
    await bot.stop()
    found = await settled(adapter, an_order())
    words = "The engine cannot be connected."
    assert found == Running("unknown", Reason.RUNTIME_UNAVAILABLE, words)
    assert await outcome(adapter, an_order(on=False)) == ("unknown", Reason.STILL_RUNNING)
    shown = Confirmed(on=False)
    found = await outcome(adapter, an_order(on=False), shown)
    assert found == ("unknown", Reason.RUNTIME_UNAVAILABLE)
    await bot.start(bot.port)


# --- what it is


async def test_a_refused_login_is_said_and_the_rotated_one_is_used(adapter, bot):
    adapter.adopt(declared(bot.url, password="another-one"))
    words = "The engine refuses our credentials (HTTP 401)."
    assert await settled(adapter, an_order()) == Running("unknown", Reason.ENGINE_REFUSED, words)
    found = await settled(adapter, an_order(on=False))
    assert (found.reason, found.message) == (Reason.STILL_RUNNING, words)
    adapter.adopt(declared(bot.url))
    assert await outcome(adapter, an_order()) == ("running", None)


@pytest.mark.parametrize(
    ("expect", "is_now", "words"),
    [
        ({}, {"exchange": "okx"}, "exchange is okx, not kucoin"),
        ({}, {"trading_mode": "futures"}, "trading_mode is futures, not spot"),
        ({"strategy": "Grid"}, {"strategy": "Other"}, "strategy is Other, not Grid"),
        ({"dry_run": True}, {"dry_run": False}, "dry_run is false, not true"),
        ({"dry_run": False}, {"dry_run": "no"}, "dry_run is not known, not false"),
        ({"bot_name": "a"}, {"bot_name": "b\x1b"}, "bot_name is b\N{REPLACEMENT CHARACTER}, not a"),
    ],
)
async def test_another_engine_than_the_declared_one_is_never_started(
    bot, tmp_path, expect, is_now, words
):
    adapter = RUNTIMES["freqtrade"](declared(bot.url, expect=expect), Bounds(tmp_path))
    bot.config |= is_now
    found = await settled(adapter, an_order(exchange="kucoin"))
    assert (found.state, found.reason) == ("stopped", Reason.ENGINE_MISMATCH)
    assert found.message == f"It is another engine: {words}."
    assert bot.commands == []
    await adapter.close()


async def test_freqtrade_s_own_names_of_exchanges_are_understood(adapter, bot):
    bot.config["exchange"] = "gateio"
    assert await outcome(adapter, an_order(exchange="gate")) == ("running", None)


async def test_futures_are_expected_of_the_bot_of_a_strategy_with_futures(adapter):
    futures = a_strategy(market="futures", pairs=["BTC/USDT:USDT"])
    expected = {"trading_mode": "futures", "margin_mode": "isolated"}
    assert adapter.expect(an_order(strategy=futures)) == expected
    assert adapter.expect(an_order(strategy=None)) == {}


LIMITS = {
    "base_order": {"size": 50, "currency": "USDT"},
    "margin_limit": {"amount": 500, "currency": "USDT"},
    "max_open_trades": 2,
    "safety_orders": {"max": 5},
    "stop_loss_pct": 10,
    "order_types": {"entry": "limit"},
}
CONFIGURED = {
    "stake_amount": "50.0",
    "stake_currency": "USDT",
    "available_capital": 500.0,
    "max_open_trades": 2,
    "position_adjustment_enable": True,
    "max_entry_position_adjustment": 5,
    "stoploss": -0.1,
    "order_types": {"entry": "limit", "exit": "limit", "stoploss": "market", "more": 1},
}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, ""),
        ({"stake_amount": "unlimited"}, "stake_amount is unlimited, not 50"),
        ({"available_capital": None}, "available_capital is not known, not 500"),
        ({"max_open_trades": -1}, "max_open_trades is -1, not 2"),
        ({"max_open_trades": 3}, "max_open_trades is 3, not 2"),
        (
            {"position_adjustment_enable": False},
            "max_entry_position_adjustment is 0, not 5",
        ),
        ({"stoploss": -0.2}, "stoploss is -0.2, not -0.1"),
        ({"order_types": {"entry": "market"}}, "order_types.entry is market, not limit; "),
    ],
)
async def test_a_bot_with_other_limits_than_the_declared_ones_is_never_started(
    adapter, bot, other, words
):
    bot.config |= CONFIGURED | other
    found = await settled(adapter, an_order(strategy=a_strategy(**LIMITS)))
    assert found.message.startswith(words and f"It is another engine: {words}")
    assert bot.commands == ([] if words else ["start"])


async def test_what_a_strategy_does_not_declare_is_not_compared(adapter):
    plain = a_strategy(margin_limit={"balance_ratio": 0.3})
    assert adapter.expect(an_order(strategy=plain)) == {"trading_mode": "spot"}


async def test_what_is_no_state_is_not_taken_for_one(adapter, bot):
    bot.state = "dancing"
    found = await settled(adapter, an_order())
    assert (found.state, found.message) == ("unknown", "Its state is none that is known.")
    assert bot.commands == []


def test_it_is_the_same_engine_with_another_password():
    one = declared("http://127.0.0.1:8080")
    assert one == declared("http://127.0.0.1:8080", password="rotated")
    assert one != declared("http://127.0.0.1:8081")
    assert PASSWORD not in repr(one)


# --- what it did before


async def life(adapter):
    return (await adapter.read([STRATEGY]))[STRATEGY].life


async def test_what_tells_a_life_is_bounded_whatever_the_bot_says(adapter, bot):
    """The journal keeps it, and is written at every change."""
    await settled(adapter, an_order())
    bot.loop()
    bot.startup = "\x1b[2J\ud800" + "9" * 1_000_000
    found = await life(adapter)
    assert len(found) == 64
    assert found.isprintable()


async def test_a_bot_that_broke_is_not_started_in_a_loop(adapter, bot):
    ran = (await settled(adapter, an_order())).confirmed
    bot.crash()
    for _ in range(3):
        found = await settled(adapter, an_order(), ran)
        assert (found.state, found.reason) == ("stopped", Reason.ENGINE_STOPPED_ITSELF)
    assert bot.commands == ["start"]


async def test_a_bot_that_breaks_in_its_first_loop_is_not_started_in_a_loop(
    adapter, bot, monkeypatch
):
    monkeypatch.setattr(bot, "loop", lambda: None)  # it never finishes one
    ran = (await settled(adapter, an_order())).confirmed
    assert ran == Confirmed(on=True, life="")
    bot.crash()
    assert await outcome(adapter, an_order(), ran) == ("stopped", Reason.ENGINE_STOPPED_ITSELF)
    assert bot.commands == ["start"]


async def test_a_bot_that_a_person_paused_stays_paused(adapter, bot):
    await settled(adapter, an_order())
    ran = (await settled(adapter, an_order())).confirmed
    bot.state = "paused"
    assert await outcome(adapter, an_order(), ran) == ("paused", Reason.ENGINE_STOPPED_ITSELF)


@pytest.mark.parametrize("initial_state", ["stopped", "paused", "running"])
async def test_a_bot_that_was_killed_and_started_anew_runs_again(adapter, bot, initial_state):
    await settled(adapter, an_order())
    ran = (await settled(adapter, an_order())).confirmed
    bot.initial_state = initial_state
    await bot.restart()
    assert await outcome(adapter, an_order(), ran) == ("running", None)


async def test_a_bot_whose_configuration_a_person_reloaded_runs_again(adapter, bot):
    await settled(adapter, an_order())
    ran = (await settled(adapter, an_order())).confirmed
    bot.reload()
    assert await outcome(adapter, an_order(), ran) == ("running", None)


# --- close


async def test_closing_ends_entries_then_positions_and_then_the_bot(adapter, bot):
    bot.state, bot.trades = "running", [{"trade_id": 1}]
    assert await outcome(adapter, an_order(on=False, action="close")) == ("stopped", None)
    assert bot.commands == ["pause", "forceexit", "stop"]
    assert await outcome(adapter, an_order(on=False, action="close")) == ("stopped", None)
    assert len(bot.commands) == 3


async def test_a_bot_that_was_stopped_with_positions_is_woken_to_close_them(adapter, bot):
    bot.trades = [{"trade_id": 1}]
    assert await outcome(adapter, an_order(on=False, action="close")) == ("stopped", None)
    assert bot.commands == ["pause", "forceexit", "stop"]


async def test_a_bot_without_positions_is_only_stopped(adapter, bot):
    assert await outcome(adapter, an_order(on=False, action="close")) == ("stopped", None)
    assert bot.commands == []
    bot.state = "paused"
    assert await outcome(adapter, an_order(on=False, action="close")) == ("stopped", None)
    assert bot.commands == ["stop"]


async def test_positions_that_cannot_be_closed_stay_managed(adapter, bot, monkeypatch):
    monkeypatch.setattr(freqtrade, "EXIT_SECONDS", 0.05)
    bot.state, bot.trades, bot.exits = "running", [{"trade_id": 1}], False
    found = await settled(adapter, an_order(on=False, action="close"))
    assert (found.state, found.reason) == ("paused", Reason.ENGINE_REFUSED)
    assert found.message == "Positions that it could not exit: 1. It is paused and manages them."


@pytest.mark.parametrize("body", ["not a list", None])
async def test_trades_that_cannot_be_counted_are_not_taken_for_none(adapter, bot, body):
    bot.state, bot.trades = "running", body
    found = await settled(adapter, an_order(on=False, action="close"))
    assert (found.state, found.reason) == ("paused", Reason.RUNTIME_UNAVAILABLE)


async def test_a_command_that_a_newer_order_replaced_is_not_given(adapter, bot):
    bot.state = "running"
    reading = (await adapter.read([STRATEGY]))[STRATEGY]
    target = Target(an_order(on=False), STAMP, superseded=True)
    with pytest.raises(UnavailableError):
        await adapter.apply(target.order, reading, target)
    assert bot.commands == []


# --- watched


async def test_it_is_read_again_only_where_it_shows_something_else(adapter, bot):
    assert await adapter.changed(None) == set()
    await adapter.read([STRATEGY])
    assert await adapter.changed(None) == ()
    bot.state = "running"
    assert await adapter.changed(None) == {STRATEGY}
    assert await adapter.changed(["other"]) == ["other"]
    await adapter.read([STRATEGY])
    await bot.stop()
    assert await adapter.changed(None) == {STRATEGY}
    await bot.start(bot.port)


async def test_a_bot_that_somebody_starts_while_it_must_be_off_is_paused_again(adapter, bot):
    news = asyncio.Queue()
    watching = Worker(
        adapter, lambda _, running: news.put_nowait(running), lambda: None, lambda: True
    )
    bot.state = "running"
    watching.give(STRATEGY, an_order(on=False), STAMP)
    assert (await news.get()).state == "paused"
    bot.paused.clear()
    bot.state = "running"
    await bot.paused.wait()
    await watching.rest()
    await watching.close()
    assert bot.commands == ["pause", "pause"]
    assert replace(watching.known[STRATEGY], confirmed=None).state == "paused"
