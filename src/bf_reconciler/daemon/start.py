"""Starts the daemon: listens first, and imports what it is made of afterwards.

Whoever looks after the process hears within the first second that it lives. What this module
imports decides how soon that is; a test has the list of what it must do without.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module

from bf_reconciler import logs
from bf_reconciler.daemon.log_setup import set_up_logs
from bf_reconciler.daemon.notify import Notifier
from bf_reconciler.daemon.process import open_files
from bf_reconciler.daemon.start_error import StartError
from bf_reconciler.settings import Settings, read_tokens
from bf_reconciler.web.http.clients import Clients, limits
from bf_reconciler.web.http.listener import Listener, listening
from bf_reconciler.web.http.starting import make_starting_app

CLOSE_SECONDS = 1.0
"""How long requests may take to their end; aiohttp waits so long twice."""
SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter: the loop gives it away with each packet it sends."""
SERVICE = "bf_reconciler.daemon.service"


async def serve(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Run until SIGTERM or SIGINT, or until ``stop`` is set. Strategies stay as they are.

    Raises:
        StartError: The address, the state folder or the token cannot be used.
    """
    stop = stop or asyncio.Event()
    notifier = Notifier(os.environ)
    set_up_logs(settings, os.environ, guarding=True)
    async with AsyncExitStack() as stack:
        stack.callback(logs.close)
        hung_up = _on_signals(stack, stop)  # first of all: sops may take its time
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_SECONDS)
        tokens = _read_tokens(settings)
        listener = await stack.enter_async_context(_listening(settings))
        await asyncio.to_thread(import_module, SERVICE)
        from bf_reconciler.daemon.service import work  # noqa: PLC0415 # it is imported by now

        await work(settings, listener, tokens, notifier, stop, hung_up)


def _read_tokens(settings: Settings) -> list[dict[str, str]]:
    """Those that permit writes, and those that permit reads."""
    try:
        tokens = [
            dict(read_tokens(path)) if path else {}
            for path in (settings.token_file, settings.read_token_file)
        ]
    except ValueError as error:
        raise StartError(str(error)) from None
    for each in tokens:
        logs.REDACTOR.learn(each.values())
    if settings.heartbeat is not None:
        logs.REDACTOR.learn(filter(None, (settings.heartbeat.url, settings.heartbeat.token)))
    return tokens


@asynccontextmanager
async def _listening(settings: Settings) -> AsyncIterator[Listener]:
    clients = Clients(limits(open_files()), lambda _: None)  # until there is who counts
    listen = settings.listen
    async with AsyncExitStack() as stack:
        server = listening(make_starting_app(), listen.host, listen.port, clients, CLOSE_SECONDS)
        try:
            listener = await stack.enter_async_context(server)
        except OSError as error:
            raise StartError(
                f"cannot listen on {listen}: {_why(error)}; choose another address with --listen"
            ) from None
        yield listener


def _why(error: OSError) -> str:
    """The system's own words; asyncio's are longer, and those of a resolver have no number here."""
    number = error.errno or 0
    return (
        os.strerror(number) if number > 0 else error.strerror or "the host name cannot be resolved"
    )


def _on_signals(stack: AsyncExitStack, stop: asyncio.Event) -> asyncio.Event:
    """SIGTERM and SIGINT set ``stop``, SIGHUP sets what is returned."""
    loop, hung_up = asyncio.get_running_loop(), asyncio.Event()
    calls = {signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: hung_up.set}
    for number, call in calls.items():
        loop.add_signal_handler(number, call)
        stack.callback(loop.remove_signal_handler, number)
    return hung_up
