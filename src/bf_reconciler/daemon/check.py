"""Probes each connection once, and again where a refusal must be confirmed; nothing is switched."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bf_reconciler import logs
from bf_reconciler.daemon.log_setup import set_up_logs
from bf_reconciler.daemon.wiring import make_reloader
from bf_reconciler.facts import Seen, confirming, remember
from bf_reconciler.probe import Prober
from bf_reconciler.probe.capture import Capture
from bf_reconciler.reload import secrets
from bf_reconciler.settings import Settings
from bf_reconciler.spec import Spec
from bf_reconciler.status import ConfigStatus, Status, fold
from bf_reconciler.verdict import judge

Progress = Callable[[str, int, int], None]
"""Called with the name of a connection that is done, how many are, and of how many."""


class RefusedError(Exception):
    """The file could not be taken; ``config`` says why."""

    def __init__(self, config: ConfigStatus) -> None:
        super().__init__(config.message)
        self.config = config


class UnknownNameError(Exception):
    """A name that no connection of the file has."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, sorted(known)
        super().__init__(f"no connection named {name}; known: {', '.join(self.known)}")


async def check(
    settings: Settings,
    names: Iterable[str],
    progress: Progress,
    capture: Capture | None = None,
) -> Status:
    """Test the connections of these names, or all; strategies are judged but left alone.

    Every answer on the way is given to ``capture``, too.

    Raises:
        RefusedError: The file could not be taken.
        UnknownNameError: No connection has this name.
    """
    spec, config = await taken(settings, names)
    seen = await _look(spec, progress, capture)
    return judged(spec, seen, now(), config)


async def taken(settings: Settings, names: Iterable[str]) -> tuple[Spec, ConfigStatus]:
    """What the file declares of the connections of these names, or of all.

    Raises:
        RefusedError: The file could not be taken.
        UnknownNameError: No connection has this name.
    """
    set_up_logs(settings, os.environ)
    reloader = make_reloader(settings, os.environ, os.urandom(32), Status())
    reload = await reloader.reload(now())
    spec, wanted = reload.spec, set(names)
    if spec is None:
        raise RefusedError(reload.config)
    logs.REDACTOR.learn(secrets(spec))
    known = {*spec.connections, *spec.broken_connections}
    by_fold = {name.casefold(): name for name in known}
    wanted = {name if name in known else by_fold.get(name.casefold(), name) for name in wanted}
    for name in sorted(wanted - known):
        raise UnknownNameError(name, known)
    return _narrowed(spec, wanted or known), reload.config


def judged(spec: Spec, seen: Mapping[str, Seen], at: datetime, config: ConfigStatus) -> Status:
    """The status of connections of which this was seen."""
    return fold(spec, seen, judge(spec, seen, None, at), {}, {}, at, Status(config=config))


def now() -> datetime:
    return datetime.now(UTC)


def _narrowed(spec: Spec, wanted: set[str]) -> Spec:
    return replace(
        spec,
        connections={n: e for n, e in spec.connections.items() if n in wanted},
        broken_connections={n: x for n, x in spec.broken_connections.items() if n in wanted},
        broken_strategies={},
    )


async def _look(spec: Spec, progress: Progress, capture: Capture | None) -> dict[str, Seen]:
    at = now()
    pending = {name: entry for name, entry in spec.connections.items() if not entry.suspended(at)}
    total, seen, news = len(pending), dict[str, Seen](), asyncio.Event()
    async with Prober(now, news.set, capture) as prober:
        prober.probe(pending.values())
        while pending:
            await news.wait()
            news.clear()
            for probed in prober.collect():
                memory = remember(seen.get(probed.name), probed.observation)
                seen[probed.name] = memory
                entry = pending[probed.name]
                if confirming(memory.runs, entry.under(spec.policy).confirm_after):
                    prober.probe([entry], {entry.name})
                    continue
                del pending[probed.name]
                progress(probed.name, total - len(pending), total)
    return seen
