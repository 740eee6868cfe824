"""`demo`: the whole at work on simulated exchanges."""

import asyncio
import signal

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.durations import Duration
from bf_reconciler.cli.output import fail
from bf_reconciler.facts import Language


@click.command("demo")
@click.option("--for", "seconds", type=Duration(), help="Stop after this time, such as 30s or 5m.")
@options.option(
    "--port-base",
    type=click.IntRange(1024, 65534),
    help="Loopback port of the page; the exchanges use the next one. Default: free ports.",
)
@options.lang_option
def command(*, seconds: float | None, port_base: int | None, lang: Language) -> None:
    """Run a demo: simulated exchanges, an encrypted file in git and the real daemon.

    A script changes permissions and commits; each step waits until the daemon shows the expected
    result. Exits with code 1 if it does not. Everything is removed at the end.
    """
    from bf_reconciler.cli.narration import Narrator  # noqa: PLC0415 # help needs no aiohttp
    from bf_reconciler.demo import DemoError, play  # noqa: PLC0415

    async def stoppable() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # HUP: a closed terminal
            loop.add_signal_handler(number, stop.set)
        await play(Narrator(lang), stop, seconds=seconds, port_base=port_base)

    try:
        asyncio.run(stoppable())
    except DemoError as error:
        fail(str(error))
