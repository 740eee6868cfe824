"""Finds a halt that the state folder has forgotten: what it told the runtimes is still there."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from bf_reconciler.daemon.cycle import Edit
from bf_reconciler.facts import Seen
from bf_reconciler.runtimes import Bounds, told_halted
from bf_reconciler.spec import Spec
from bf_reconciler.status import Status
from bf_reconciler.verdict import Halted

SECONDS = 5.0
"""How long runtimes may take to say it. One that does not answer takes no order, either."""
log = structlog.get_logger("bf_reconciler")


async def lost_halt(spec: Spec, status: Status, bounds: Bounds, now: datetime) -> Halted | None:
    """A halt where strategies that are not remembered were last told that there is one."""
    if status.halted is not None:
        return None
    wanted = [
        (spec.runtimes[entry.strategy.runtime], name)
        for name, entry in spec.strategies.items()
        if name not in status.memories and entry.strategy.runtime in spec.runtimes
    ]
    try:
        async with asyncio.timeout(SECONDS):
            names = await told_halted(wanted, bounds)
    except TimeoutError:
        return None
    if not names:
        return None
    log.error("halt found where no state was left", strategies=names)
    return Halted(f"The state was lost, and {names[0]} was last told to halt.", "runtime", now)


def halting(halted: Halted) -> Edit:
    def edit(status: Status, seen: Mapping[str, Seen]) -> tuple[Status, Mapping[str, Seen]]:
        return replace(status, halted=halted), seen

    return edit
