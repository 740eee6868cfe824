"""The kinds of runtime."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bf_reconciler.runtimes.adapter import Adapter
from bf_reconciler.runtimes.file import FileAdapter

RUNTIMES: Mapping[str, Callable[[Any, Path], Adapter]] = {"file": FileAdapter}
"""By ``type``: makes the adapter of a declared runtime; relative paths start from the folder."""
