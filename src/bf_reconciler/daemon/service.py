"""Runs the daemon: opens what it needs, starts its loops, and closes all of it again."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from bf_reconciler import logs
from bf_reconciler.daemon.client_report import ClientReport
from bf_reconciler.daemon.commands import Commands
from bf_reconciler.daemon.daemon import Daemon, any_of, pause, utcnow
from bf_reconciler.daemon.garbage import collected_rarely, keep_collecting
from bf_reconciler.daemon.log_setup import set_up_logs
from bf_reconciler.daemon.loop_lag import keep_sampling
from bf_reconciler.daemon.notifications import make_notifications
from bf_reconciler.daemon.notify import Notifier
from bf_reconciler.daemon.start_error import StartError
from bf_reconciler.daemon.worker import Worker
from bf_reconciler.journal import Journal, JournalError
from bf_reconciler.notify import NotifyError
from bf_reconciler.probe import Prober
from bf_reconciler.schedule import request
from bf_reconciler.settings import Settings
from bf_reconciler.status import Status
from bf_reconciler.web.http.app import make_app
from bf_reconciler.web.http.listener import Listener

OPEN_SECONDS = 30.0
"""How long the disk of the state folder may take to open the journal."""
DRAIN_SECONDS = 3.0
"""How long a turn that is under way may take to its end; then it is broken off."""
CLOSE_SECONDS = 1.0
"""How long the disk may take to close the journal, or to take a piece of what is still unsaved."""
END_SECONDS = 4.0
"""How long all of that may take: times of tests, of thousands of connections."""


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
                    await daemon.writer.end(daemon.cycle.record, CLOSE_SECONDS, END_SECONDS)
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


async def work(
    settings: Settings,
    listener: Listener,
    tokens: Sequence[Mapping[str, str]],
    notifier: Notifier,
    stop: asyncio.Event,
    hung_up: asyncio.Event,
) -> None:
    """Run the daemon until it is stopped. Strategies stay as they are.

    Raises:
        StartError: The state folder or the file of --notify cannot be used.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(collected_rarely())
        daemon = await stack.enter_async_context(opened(settings, os.environ))
        _notify(stack, settings, daemon)
        listener.clients.report = ClientReport(daemon.tallies)
        host, port = listener.address
        app = make_app(Commands(daemon, *tokens))
        await stack.enter_async_context(listener.serving(app))
        address = replace(settings.listen, host=host, port=port)
        daemon.log.info("listening", url=f"http://{address}")
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
