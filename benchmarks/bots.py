"""Engines behind an API: how soon one is off, and what many of them cost.

    python benchmarks/bots.py one [--times 100]   a real freqtrade (`make freqtrade` installs it)
    python benchmarks/bots.py many [--bots 500]   bots that answer like one, in this process

``one``: from the order to the state read back from the bot, by the adapter alone. ``many``: the
daemon in a process of its own, one connection, a runtime and a strategy for each bot: its CPU in a
minute in which nothing happens, and the time from a halt until the last bot is off.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

from bf_reconciler.facts import Reason  # noqa: E402
from bf_reconciler.runtimes.adapter import Bounds, Stamp, Target  # noqa: E402
from bf_reconciler.runtimes.freqtrade import FreqtradeAdapter  # noqa: E402
from bf_reconciler.runtimes.settle import settle  # noqa: E402
from bf_reconciler.spec import FreqtradeRuntime  # noqa: E402
from bf_reconciler.verdict import Order  # noqa: E402
from build import a_strategy as a_declared_strategy  # noqa: E402 # the path is set above
from e2e.fleet import a_fleet, a_strategy, a_world, until  # noqa: E402
from edges import fake_freqtrade  # noqa: E402
from engines.bot import PASSWORD, USERNAME, Bot  # noqa: E402

NAME = "btc-grid"
HERTZ = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["one", "many"])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--bots", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.what == "one":
            asyncio.run(one(Path(folder), options.times))
        else:
            asyncio.run(many(Path(folder), options.bots, options.seconds))


async def one(folder: Path, times: int) -> None:
    world = a_world()
    world.put_markets("kucoin", {"BTC/USDT": True})
    async with a_fleet(folder / "fleet", world) as fleet:
        bot = Bot(folder / "bot", fleet.session, "kucoin", fleet.sim.base("kucoin"))
        await bot.start()
        declared = FreqtradeRuntime(
            name="ft", type="freqtrade", url=bot.url, username=USERNAME, password=PASSWORD
        )
        adapter = FreqtradeAdapter(declared, Bounds(folder))
        try:
            await bot.is_in("stopped")
            for action in ("pause", "stop"):
                taken = sorted([await off(adapter, declared, action) for _ in range(times)])
                print(
                    f"{action}: median {1000 * statistics.median(taken):.0f} ms,"
                    f" p99 {1000 * taken[-(-99 * times // 100) - 1]:.0f} ms,"
                    f" longest {1000 * taken[-1]:.0f} ms, of {times}"
                )
        finally:
            await adapter.close()
            await bot.kill()


async def off(adapter: FreqtradeAdapter, declared: FreqtradeRuntime, action: str) -> float:
    """Turn it on, then off; the seconds that the second took until it was shown."""

    async def give(*, on: bool) -> str:
        order = Order(
            NAME,
            runtime=declared,
            on=on,
            action=action,
            reason=Reason.CONNECTED if on else Reason.WITHDRAW_ENABLED,
            message="Because.",
            strategy=a_declared_strategy(),
        )
        target = Target(order, Stamp(1, "r", datetime.now(UTC)))
        found = (await settle(adapter, {NAME: target}))[NAME]
        if found.reason is not None:
            sys.exit(f"it is {found.state}: {found.message}")
        return found.state

    await give(on=True)
    began = time.perf_counter()
    await give(on=False)
    return time.perf_counter() - began


async def many(folder: Path, count: int, seconds: int) -> None:
    async with a_fleet(folder / "fleet", a_world()) as fleet:
        bots = await fake_freqtrade.fleet(count)
        fleet.declare(
            [fleet.connection("main", interval="60s")],
            [a_strategy(f"bot-{n}", "main", runtime=f"ft-{n}") for n in range(count)],
            runtimes=[
                {"name": f"ft-{n}", "type": "freqtrade", "url": bot.url}
                | {"username": "bf", "password": "a-password"}
                for n, bot in enumerate(bots)
            ],
        )
        began = time.perf_counter()
        async with fleet.process() as child:
            await until(lambda: all(bot.state == "running" for bot in bots), 120)
            print(f"all {count} on: {time.perf_counter() - began:.1f} s after the start")
            await asyncio.sleep(10)
            before, asked = cpu(child.pid), sum(bot.clock for bot in bots)
            await asyncio.sleep(seconds)
            spent, asked = cpu(child.pid) - before, sum(bot.clock for bot in bots) - asked
            print(
                f"quiet: {spent:.1f} s of CPU in {seconds} s, {asked / seconds:.0f} looks a second"
            )
            began = time.perf_counter()
            spent = cpu(child.pid)
            body = {"reason": "benchmark", "by": "nobody"}
            status, found = await fleet.post("/api/v1/halt", body)
            if status == HTTPStatus.BAD_REQUEST:
                sys.exit(f"no halt: {found}")
            open_still = len(found.get("unconfirmed", ()))
            print(
                f"the halt is answered with {status} after {time.perf_counter() - began:.2f} s;"
                f" {open_still} are not confirmed yet"
            )
            await until(lambda: all(bot.state == "paused" for bot in bots), 120)
            taken, spent = time.perf_counter() - began, cpu(child.pid) - spent
            print(f"all {count} off by halt: {taken:.2f} s, {spent:.1f} s of CPU")
            print(f"memory: {memory(child.pid):.0f} MiB")


def memory(pid: int) -> float:
    """Resident memory in MiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def cpu(pid: int) -> float:
    """Seconds of user and system time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


if __name__ == "__main__":
    main()
