"""A freqtrade, by its REST API.

What it answers to a command is never believed. Its state stands in ``show_config`` alone. While it
reloads its configuration it forgets commands; then, as after a start, it is in ``initial_state``.
"""

import asyncio
import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final
from zlib import crc32

from bf_reconciler.facts import Reason, printable
from bf_reconciler.runtimes.adapter import (
    Bounds,
    Reading,
    RefusedError,
    Target,
    UnavailableError,
)
from bf_reconciler.runtimes.remote_engine import SingleEngine, life_of
from bf_reconciler.runtimes.rest import Answer, Rest, basic
from bf_reconciler.spec import FreqtradeRuntime, Strategy
from bf_reconciler.spec.money import Money
from bf_reconciler.status import Confirmed, Running, RunningState
from bf_reconciler.verdict import Order

POLL_SECONDS = 5.0
PATIENCE_SECONDS = 2.0
"""Its API is gone for half a second while it reloads; so long it is not called unreachable."""
AGAIN_SECONDS = 0.25
EXIT_SECONDS = 10.0
"""How long market orders may take to close all positions."""
STATES: Final[Mapping[str, RunningState]] = {
    "running": "running",
    "paused": "paused",
    "stopped": "stopped",
}
RELOADING: Final = "reload_config"
ALIASES: Final[Mapping[str, str]] = {"gateio": "gate", "huobi": "htx", "okex": "okx"}
"""Names of exchanges that freqtrade takes, too."""
LONGEST: Final = 100
SIMPLE: Final = (str, int, float)
ADDS: Final = "max_entry_position_adjustment"
ORDERS: Final[Mapping[str, str]] = {"entry": "entry", "exit": "exit", "stoploss": "stop_loss"}
"""Types of orders there, and the fields of ours."""
TOLD: Final = (
    *("exchange", "strategy", "bot_name", "trading_mode", "margin_mode"),
    *("max_open_trades", "stake_amount", "stake_currency", "available_capital", "stoploss", ADDS),
)
"""What ``show_config`` says that a declaration can be compared with."""
EXIT_ALL: Final = {"tradeid": "all", "ordertype": "market"}


class FreqtradeAdapter(SingleEngine[FreqtradeRuntime]):
    """The bot of one declared runtime of type ``freqtrade``."""

    settle_time = timedelta(seconds=8)  # a reload takes one loop of the bot
    deadline = timedelta(seconds=30)

    def __init__(self, declared: FreqtradeRuntime, _bounds: Bounds) -> None:
        super().__init__(declared)
        self._rest = Rest(declared.name, declared.timeout)
        self._last: Reading | None = None
        """What was read last; None where it could not be reached."""
        self._closed = False
        """Whether it was stopped without an open position, and not started by us since."""
        self._wait = POLL_SECONDS * (crc32(declared.name.encode()) % 100 / 100)
        """Until the first poll: many engines are not asked at the same moment."""

    def restarted(self, before: Confirmed, reading: Reading) -> bool:
        """Whether it is off because it was started anew, or has read its configuration again.

        Its start time (``life``) is kept in its database, and is another only once it runs or is
        paused. One that is stopped and has finished no loop was started anew, unless it was never
        seen to finish one since it was told to run: then it broke in its first.
        """
        if reading.running.state == "stopped":
            return not reading.life and bool(before.life)
        return before.life != reading.life

    def expect(self, order: Order) -> Mapping[str, str]:
        """What is declared of it, and what follows from the strategy that it is to carry."""
        found: dict[str, str] = {}
        if order.exchange:
            found["exchange"] = order.exchange
        if order.strategy is not None:
            found |= _declared(order.strategy)
        return found | _identity(self._declared.expect.model_dump(exclude_none=True))

    async def place(self) -> str:
        return f"freqtrade {self._declared.url}"

    async def changed(self, names: Collection[str] | None) -> Collection[str]:
        """All that it carries, unless it shows the same as before."""
        if self._last is not None and names is None:
            try:
                if await self._look() == self._last:
                    return ()
            except UnavailableError:
                self._last = None
        return await super().changed(names)

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether to give a command.

        A pause would start a bot that is stopped, so it is given only to one that runs, and nothing
        is given to one whose state is not known.
        """
        state = reading.running.state
        if state == "unknown":
            return False
        if order.on or order.action == "pause":
            return (state == "running") is not order.on
        return state != "stopped" or (order.action == "close" and not self._closed)

    async def apply(self, order: Order, reading: Reading, target: Target) -> None:
        """Give a command.

        Raises:
            UnavailableError: It could not be given.
            RefusedError: The bot refuses it.
        """
        if order.on:
            await self._command("start", target)
            self._closed = False
        elif order.action == "close":
            await self._close_out(reading, target)
        else:
            await self._command(order.action, target)

    async def hint(self) -> Collection[str] | None:
        """Wait for the time to look again: people and errors change its state, too."""
        wait, self._wait = self._wait, POLL_SECONDS
        await asyncio.sleep(wait)
        return None

    async def close(self) -> None:
        await self._rest.close()

    async def _close_out(self, reading: Reading, target: Target) -> None:
        """Exit all positions, and stop. New entries end first; while one is open, it is managed.

        Only a bot that is not stopped can exit: one that is stopped and has positions is paused,
        which starts it without new entries.
        """
        state = reading.running.state
        woken = state == "stopped" and await self._open_trades() > 0
        if state == "running" or woken:
            await self._command("pause", target)
        if await self._open_trades():
            await self._command("forceexit", target, EXIT_ALL)
            await self._await_exits()
        if state != "stopped" or woken:
            await self._command("stop", target)
        self._closed = True

    async def _await_exits(self) -> None:
        clock = asyncio.get_running_loop().time
        ends = clock() + EXIT_SECONDS
        while count := await self._open_trades():
            if clock() >= ends:
                words = f"Positions that it could not exit: {count}. It is paused and manages them."
                raise RefusedError(words)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _open_trades(self) -> int:
        found = _parsed(await self._ask("GET", "status"))
        if not isinstance(found, list):
            raise UnavailableError("The engine does not list its open trades.")
        return len(found)

    async def _command(
        self, name: str, target: Target, body: Mapping[str, Any] | None = None
    ) -> None:
        target.check()
        (await self._ask("POST", name, body)).check()

    def _unread(self, error: UnavailableError) -> Reading:
        self._last = None
        return super()._unread(error)

    async def _read(self) -> Reading:
        reading = self._last = await self._look_patiently()
        return reading

    async def _look_patiently(self) -> Reading:
        """Look again for a while where it cannot be reached; a refusal is final."""
        clock = asyncio.get_running_loop().time
        ends = clock() + PATIENCE_SECONDS
        while True:
            try:
                return await self._look()
            except UnavailableError as error:
                if isinstance(error, RefusedError) or clock() >= ends:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)

    async def _look(self) -> Reading:
        config = (await self._ask("GET", "show_config")).content()
        identity, word = _identity(config), config.get("state")
        if word == RELOADING:
            words = "It is reloading its configuration."
            running = Running("unknown", Reason.RUNTIME_UNAVAILABLE, words)
            return Reading(running, identity, busy=True)
        state = STATES.get(str(word))
        if state is None:
            words = "Its state is none that is known."
            return Reading(Running("unknown", Reason.RUNTIME_UNAVAILABLE, words), identity)
        health = (await self._ask("GET", "health")).content()
        began, worked = health.get("bot_startup_ts"), health.get("last_process_ts") is not None
        return Reading(Running(state), identity, life=life_of(began) if worked else "")

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        declared = self._declared
        headers = basic(declared.username, declared.password)
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return await self._rest.ask(method, f"{declared.url}/api/v1/{path}", headers, data)


def _parsed(answer: Answer) -> object:
    answer.check()
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _declared(strategy: Strategy) -> dict[str, str]:
    """What its configuration must say of what a strategy declares."""
    base, limit, adds, orders = (
        strategy.base_order,
        strategy.margin_limit,
        strategy.safety_orders,
        strategy.order_types,
    )
    wanted: dict[str, object] = {
        "trading_mode": strategy.market,
        "margin_mode": strategy.margin_mode if strategy.market == "futures" else None,
        "max_open_trades": strategy.max_open_trades,
    }
    if base is not None:
        wanted |= {"stake_amount": base.size, "stake_currency": base.currency}
    if isinstance(limit, Money):
        wanted |= {"available_capital": limit.amount, "stake_currency": limit.currency}
    if adds is not None:
        wanted[ADDS] = adds.max
    if strategy.stop_loss_pct is not None:
        wanted["stoploss"] = -strategy.stop_loss_pct / 100
    if orders is not None:
        wanted |= {f"order_types.{kind}": getattr(orders, field) for kind, field in ORDERS.items()}
    return {key: _text(value) for key, value in wanted.items() if value is not None}


def _identity(fields: Mapping[str, Any]) -> dict[str, str]:
    """What tells one bot from another, as texts; what has no such form is left out."""
    found = {key: _text(fields[key]) for key in TOLD if isinstance(fields.get(key), SIMPLE)}
    if isinstance(dry := fields.get("dry_run"), bool):
        found["dry_run"] = _text(dry)
    if fields.get("position_adjustment_enable") is False:
        found[ADDS] = "0"
    orders = fields.get("order_types")
    for kind in ORDERS:
        if isinstance(orders, dict) and isinstance(orders.get(kind), str):
            found[f"order_types.{kind}"] = _text(orders[kind])
    if "exchange" in found:
        found["exchange"] = ALIASES.get(found["exchange"].lower(), found["exchange"].lower())
    return found


def _text(value: object) -> str:
    """In one form on both sides, whether it was written as a number or as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return f"{float(str(value)):.10g}"
    except ValueError:
        return printable(str(value))[:LONGEST]
