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
    adapters = {runtime: RUNTIMES[runtime.type](runtime, bounds) for runtime in names}
    asked = [(adapter, names[each]) for each, adapter in adapters.items() if adapter.remembers]
    try:
        readings = await asyncio.gather(*(adapter.read(those) for adapter, those in asked))
    finally:
        for adapter in adapters.values():
            await adapter.close()
    return sorted(
        name
        for part in readings
        for name, reading in part.items()
        if (reading.content or {}).get("reason") == Reason.HALTED
    )
