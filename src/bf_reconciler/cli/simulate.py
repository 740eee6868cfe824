"""`simulate`: the exchange simulator."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
import json
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli import options
from bf_reconciler.cli.output import fail, say
from bf_reconciler.facts import Language, Said, system_words

if TYPE_CHECKING:
    from bf_reconciler.simulator import Simulator, World

HOST = "127.0.0.1"
ENDPOINTS = Said(
    "Simulated exchanges; use these as the `endpoint` of a connection:",
    "Simüle borsalar; bir bağlantının `endpoint` değeri olarak kullanın:",
)
KEYS = Said("Keys:", "Anahtarlar:")
CHANGE = Said("Show and change:", "Göster ve değiştir:")
STOP = Said("Press Ctrl-C to stop.", "Durdurmak için Ctrl-C'ye basın.")


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
@click.option(
    "--print-config",
    is_flag=True,
    help="Print a file with a connection for each key, credentials included, and exit.",
)
@click.option(
    "--key", "keys", multiple=True, metavar="NAME", help="Print only this key. Repeatable."
)
@options.lang_option
def command(
    *,
    port: int,
    seed: Path | None,
    only: str | None,
    print_config: bool,
    keys: tuple[str, ...],
    lang: Language,
) -> None:
    """Run simulated exchanges on loopback until Ctrl-C.

    They speak the real wire protocols. Keys and faults can be changed over HTTP.

    \b
    A seed names keys by what they may do, and faults by exchange:
      {"keys": {"kucoin-main": {"exchange": "kucoin", "read": true, "trade": true,
                                "withdraw": false, "ips": ["127.0.0.1"]}},
       "faults": {"kucoin": {"status": 503}}}
    Credentials that it leaves out are made from the name, the same each time.

    \b
    With --print-config the simulator does not run. To try `add` on it:
      bf-reconciler simulate --print-config --key kucoin-main | bf-reconciler add kucoin
    """  # noqa: D301  (click takes the sign, not its name, to keep lines as they are)
    from bf_reconciler.simulator import RefusedError  # noqa: PLC0415 # help needs no aiohttp

    world = _world(seed)
    if print_config:
        say(_config(world, port, only, keys), nl=False)
        return
    if keys:
        raise click.UsageError("--key requires --print-config")
    try:
        asyncio.run(_serve(world, port, only, lang))
    except RefusedError as error:
        fail(f"--only: {error}")
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else system_words(error)
        fail(f"cannot listen on {HOST}:{port}: {why}; choose another port with --port")


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


def _config(world: "World", port: int, only: str | None, names: Sequence[str]) -> str:
    """A whole file in plain text; its credentials work on this simulator alone."""
    from bf_reconciler.simulator import declaration  # noqa: PLC0415 # aiohttp

    if port == 0:
        raise click.UsageError("--print-config requires a fixed --port")
    unknown = [name for name in names if name not in world.keys]
    if unknown:
        fail(f"no key named {unknown[0]}; known: {', '.join(world.keys)}")
    lines = ["version: 1", "connections:"]
    chosen = [
        key
        for key in world.keys.values()
        if only in {None, key.exchange} and (not names or key.name in names)
    ]
    if not chosen:
        fail("no key is left to print")
    for key in chosen:
        name = re.sub("[^a-z0-9-]", "-", key.name.lower()).strip("-")
        endpoint = f"http://{HOST}:{port}{'' if only else f'/{key.exchange}'}"
        lines += declaration(name, key, endpoint)
    return "\n".join(lines) + "\n"


async def _serve(world: "World", port: int, only: str | None, lang: Language) -> None:
    from bf_reconciler.simulator import serve  # noqa: PLC0415 # help needs no aiohttp

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(world, HOST, port, stop, lambda it: say(introduction(it, lang)), only=only)


def introduction(simulator: "Simulator", lang: Language = "en") -> str:
    url, all_keys = simulator.url, simulator.world.keys.values()
    keys = [key.name for key in all_keys if key.exchange in simulator.exchanges]
    first = next(iter(keys), "NAME")
    lines = [ENDPOINTS.in_(lang)]
    lines += [f"  {exchange:8} {simulator.base(exchange)}" for exchange in simulator.exchanges]
    lines += ["", KEYS.in_(lang), *(f"  {name}" for name in keys)]
    lines += [
        "",
        CHANGE.in_(lang),
        f"  curl {url}/_sim/keys/{first}",
        f"  curl -X PATCH {url}/_sim/keys/{first} -d '{{\"withdraw\": true}}'",
        f'  curl -X PATCH {url}/_sim/keys/{first} -d \'{{"ips": ["203.0.113.7"]}}\'',
        f"  curl -X PATCH {url}/_sim/keys/{first} -d '{{\"revoked\": true}}'",
        f"  curl -X PUT {url}/_sim/faults/{simulator.exchanges[0]} -d '{{\"status\": 503}}'",
        f"  curl -X DELETE {url}/_sim/faults/{simulator.exchanges[0]}",
        "",
        STOP.in_(lang),
    ]
    return "\n".join(lines)
