"""What runtimes remember of a halt: the last place that knows, where the journal was lost."""

import asyncio
from collections.abc import Iterable

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import Bounds
from bf_reconciler.runtimes.table import RUNTIMES
from bf_reconciler.spec import Runtime


async def told_halted(wanted: Iterable[tuple[Runtime, str]], bounds: Bounds) -> list[str]:
    """Those of these strategies that were last told to be off because of a halt."""
    names: dict[Runtime, list[str]] = {}
    for runtime, name in wanted:
        names.setdefault(runtime, []).append(name)
    readings = await asyncio.gather(
        *(RUNTIMES[runtime.type](runtime, bounds).read(given) for runtime, given in names.items())
    )
    return sorted(
        name
        for part in readings
        for name, reading in part.items()
        if (reading.content or {}).get("reason") == Reason.HALTED
    )
