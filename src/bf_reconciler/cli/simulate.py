"""`simulate`: the exchange simulator."""

import asyncio
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.output import fail, say
from bf_reconciler.facts import system_words

if TYPE_CHECKING:
    from bf_reconciler.simulator import Simulator, World

HOST = "127.0.0.1"


@click.command("simulate")
@options.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9878,
    show_default=True,
    help="Loopback port; 0 picks a free one.",
)
@click.option(
    "--seed",
    type=click.Path(path_type=Path),
    help='JSON file of {"keys": {NAME: {...}}, "faults": {EXCHANGE: {...}}}; default: demo keys.',
)
@click.option(
    "--only",
    metavar="EXCHANGE",
    help="One exchange alone, without a prefix: for clients that sign the whole path.",
)
def command(*, port: int, seed: Path | None, only: str | None) -> None:
    """Run simulated exchanges on loopback until Ctrl-C.

    They speak the real wire protocols. Keys and faults can be changed over HTTP.
    """
    from bf_reconciler.simulator import RefusedError  # noqa: PLC0415 # help needs no aiohttp

    world = _world(seed)
    try:
        asyncio.run(_serve(world, port, only))
    except RefusedError as error:
        fail(f"--only: {error}")
    except OSError as error:
        fail(f"port {port} cannot be used: {error.strerror}")


def _world(seed: Path | None) -> "World":
    from bf_reconciler.simulator import RefusedError, World, demo_world  # noqa: PLC0415 # aiohttp

    if seed is None:
        return demo_world()
    try:
        return World.from_dict(json.loads(seed.read_bytes()))
    except OSError as error:
        fail(f"{seed}: {system_words(error)}")
    except RefusedError as error:
        fail(f"{seed}: {error}")
    except (ValueError, RecursionError):  # what json says would quote the file
        fail(f"{seed}: not valid JSON")


async def _serve(world: "World", port: int, only: str | None) -> None:
    from bf_reconciler.simulator import serve  # noqa: PLC0415 # help needs no aiohttp

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(world, HOST, port, stop, lambda simulator: say(introduction(simulator)), only=only)


def introduction(simulator: "Simulator") -> str:
    url, all_keys = simulator.url, simulator.world.keys.values()
    keys = [key.name for key in all_keys if key.exchange in simulator.exchanges]
    first = next(iter(keys), "NAME")
    lines = ["Simulated exchanges; use these as the `endpoint` of a connection:"]
    lines += [f"  {exchange:8} {simulator.base(exchange)}" for exchange in simulator.exchanges]
    lines += ["", "Keys:", *(f"  {name}" for name in keys)]
    lines += [
        "",
        "Show and change:",
        f"  curl {url}/_sim/keys/{first}",
        f"  curl -X PATCH {url}/_sim/keys/{first} -d '{{\"withdraw\": true}}'",
        f'  curl -X PATCH {url}/_sim/keys/{first} -d \'{{"ips": ["203.0.113.7"]}}\'',
        f"  curl -X PATCH {url}/_sim/keys/{first} -d '{{\"revoked\": true}}'",
        f"  curl -X PUT {url}/_sim/faults/{simulator.exchanges[0]} -d '{{\"status\": 503}}'",
        f"  curl -X DELETE {url}/_sim/faults/{simulator.exchanges[0]}",
        "",
        "Press Ctrl-C to stop.",
    ]
    return "\n".join(lines)
