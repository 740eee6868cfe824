"""The kinds of runtime."""

from collections.abc import Callable, Mapping
from typing import Any

from bf_reconciler.runtimes.adapter import Adapter, Bounds
from bf_reconciler.runtimes.file import FileAdapter
from bf_reconciler.runtimes.process import ProcessAdapter

RUNTIMES: Mapping[str, Callable[[Any, Bounds], Adapter]] = {
    "file": FileAdapter,
    "process": ProcessAdapter,
}
"""By ``type``: makes the adapter of a declared runtime, whose folders lie within the bounds."""
