"""Starts and stops the daemon: opens what it needs, and closes it again."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from bf_reconciler import logs
from bf_reconciler.daemon.client_report import ClientReport
from bf_reconciler.daemon.commands import Commands
from bf_reconciler.daemon.daemon import Daemon, any_of, pause, utcnow
from bf_reconciler.daemon.garbage import collected_rarely, keep_collecting
from bf_reconciler.daemon.loop_lag import keep_sampling
from bf_reconciler.daemon.notifications import make_notifications
from bf_reconciler.daemon.notify import Notifier
from bf_reconciler.daemon.process import open_files
from bf_reconciler.daemon.wiring import set_up_logs
from bf_reconciler.daemon.worker import Worker
from bf_reconciler.journal import Journal, JournalError
from bf_reconciler.notify import NotifyError
from bf_reconciler.probe import Prober
from bf_reconciler.schedule import request
from bf_reconciler.settings import Settings, read_tokens
from bf_reconciler.status import Status
from bf_reconciler.web import Clients, limits, listening, make_app

OPEN_SECONDS = 30.0
"""How long the disk of the state folder may take to open the journal."""
DRAIN_SECONDS = 3.0
"""How long a turn that is under way may take to its end; then it is broken off."""
CLOSE_SECONDS = 1.0
"""How long requests may take to theirs; aiohttp waits so long twice."""
SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter: the loop gives it away with each packet it sends."""


class StartError(Exception):
    """The daemon cannot start; the message says why, for a person."""


@asynccontextmanager
async def opened(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Daemon]:
    """Open journal and prober.

    Raises:
        StartError: The state folder cannot be used, or another daemon uses it.
    """
    wake, worker = asyncio.Event(), Worker("journal")
    try:
        begin = partial(Journal, settings.state_dir, retention=settings.retention)
        opening = worker.call(begin)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                journal = await opening
        except TimeoutError:
            raise JournalError(f"the disk did not answer within {OPEN_SECONDS:g} s") from None
        try:
            async with Prober(utcnow, wake.set) as prober:
                daemon = Daemon(settings, journal, prober, environ, wake)
                try:
                    yield daemon
                finally:
                    await daemon.runtimes.close()
                    await daemon.writer.settled(CLOSE_SECONDS)
        finally:  # one that hangs is left to the end of the process
            await asyncio.wait({worker.call(journal.close)}, timeout=CLOSE_SECONDS)
    except JournalError as error:
        raise StartError(f"{settings.state_dir}: {error}") from None


async def once(settings: Settings) -> Status:
    """One full pass: every connection probed and confirmed, strategies told, status kept.

    Raises:
        StartError: The state folder or the file cannot be used.
    """
    set_up_logs(settings, os.environ, guarding=True)
    async with AsyncExitStack() as stack:
        stack.callback(logs.close)
        daemon = await stack.enter_async_context(opened(settings, os.environ))
        first = await daemon.load()
        if first.spec is None:
            raise StartError(first.config.message)
        daemon.cycle.seen = request(daemon.cycle.seen, daemon.cycle.seen)
        while True:
            daemon.cycle.wake.clear()
            begun, started = utcnow(), time.monotonic()
            wake_at = await daemon.turn()
            if daemon.complete() and daemon.runtimes.idle:
                return daemon.cycle.status
            left = pause(wake_at - begun, time.monotonic() - started)
            await any_of(daemon.cycle.wake.wait(), seconds=max(left, 0.0))


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
        stack.enter_context(collected_rarely())
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_SECONDS)
        daemon = await stack.enter_async_context(opened(settings, os.environ))
        _notify(stack, settings, daemon)
        await stack.enter_async_context(_listening(settings, daemon))
        loaded = asyncio.Event()
        tasks = [
            asyncio.create_task(_keep_watching(daemon, loaded, stop), name="watch"),
            asyncio.create_task(_keep_loading(daemon, loaded, notifier), name="load"),
            asyncio.create_task(daemon.keep_looking_for_keys(), name="keys"),
            asyncio.create_task(_keep_answering(hung_up, daemon), name="hang-up"),
            asyncio.create_task(_keep_notifying(notifier, daemon, loaded), name="notify"),
            asyncio.create_task(keep_sampling(daemon.tallies.lagged), name="loop-lag"),
            asyncio.create_task(keep_collecting(), name="garbage"),
        ]
        if daemon.heartbeat is not None:
            beating = daemon.heartbeat.keep_sending()
            tasks.append(asyncio.create_task(beating, name="heartbeat"))
        turning = asyncio.create_task(daemon.keep_turning(stop), name="turn")
        try:
            await asyncio.wait({*tasks, turning}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            notifier.send("STOPPING=1")
            await asyncio.wait({turning}, timeout=DRAIN_SECONDS)
            for task in (*tasks, turning):
                task.cancel()
            ended = await asyncio.gather(*tasks, turning, return_exceptions=True)
        for end in ended:
            if isinstance(end, Exception):
                daemon.log.error("stopped", error=type(end).__name__, exc_info=end)
                raise StartError(
                    "the daemon stopped with an unexpected error; its last log line says where"
                ) from None
        daemon.log.info("stopped")


def _notify(stack: AsyncExitStack, settings: Settings, daemon: Daemon) -> None:
    """Tell people and programs outside, where a file says whom."""
    monitoring = settings.monitoring
    if monitoring.notify is None:
        return
    try:
        told = make_notifications(
            monitoring.notify,
            settings.state_dir,
            monitoring.page_url,
            daemon.journal,
            daemon.tallies,
            utcnow,
        )
    except NotifyError as error:
        raise StartError(f"--notify: {error}") from None
    stack.callback(told.close)
    told.start()
    daemon.notify = told.take


@asynccontextmanager
async def _listening(settings: Settings, daemon: Daemon) -> AsyncIterator[None]:
    try:
        tokens = [
            read_tokens(path) if path else {}
            for path in (settings.token_file, settings.read_token_file)
        ]
    except ValueError as error:
        raise StartError(str(error)) from None
    for each in tokens:
        logs.REDACTOR.learn(each.values())
    if settings.heartbeat is not None:
        logs.REDACTOR.learn(filter(None, (settings.heartbeat.url, settings.heartbeat.token)))
    app = make_app(Commands(daemon, *tokens))
    clients = Clients(limits(open_files()), ClientReport(daemon.tallies))
    listen = settings.listen
    async with AsyncExitStack() as stack:
        server = listening(app, listen.host, listen.port, clients, CLOSE_SECONDS)
        try:
            host, port = await stack.enter_async_context(server)
        except OSError as error:
            raise StartError(
                f"cannot listen on {listen}: {_why(error)}; choose another address with --listen"
            ) from None
        daemon.log.info("listening", url=f"http://{replace(listen, host=host, port=port)}")
        yield


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


async def _keep_loading(daemon: Daemon, loaded: asyncio.Event, notifier: Notifier) -> None:
    """Read the file for the first time, which may take its time, and then whenever it changes."""
    await daemon.load()
    loaded.set()
    notifier.send("READY=1")
    await daemon.keep_loading()


async def _keep_watching(daemon: Daemon, loaded: asyncio.Event, stop: asyncio.Event) -> None:
    """Watch the file from its first reading on, so that this is not announced as a change."""
    await loaded.wait()
    await daemon.source.watch(daemon.want_reload, stop)


async def _keep_answering(hung_up: asyncio.Event, daemon: Daemon) -> None:
    """Read the file again at every SIGHUP, and say in the log how it ended."""
    while True:
        await hung_up.wait()
        hung_up.clear()
        config = (await daemon.reload()).config
        if config.last_reload_successful:
            daemon.log.info("reload requested: the file is in force", path=config.path)
            continue
        reason = str(config.reason) if config.reason else None
        daemon.log.error(
            "reload requested: the file was rejected",
            path=config.path,
            reason=reason,
            message=config.message,
        )


async def _keep_notifying(notifier: Notifier, daemon: Daemon, loaded: asyncio.Event) -> None:
    """Tell the service manager that the loops live; silence is for it to act on."""
    await loaded.wait()
    while True:
        await asyncio.sleep((notifier.watchdog or 60.0) / 3)
        if notifier.watchdog is not None and daemon.healthy()[0]:
            notifier.send("WATCHDOG=1")
