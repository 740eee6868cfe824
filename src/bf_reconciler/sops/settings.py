"""How sops is run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SopsSettings:
    """How sops is run. ``environ`` is the whole environment; what sops needs is picked from it.

    ``binary`` is looked for each time; None: on PATH, else beside Python. ``services``: variables
    of these kinds of key services are handed on. Times are in seconds, sizes in bytes.
    """

    binary: str | os.PathLike[str] | None
    environ: Mapping[str, str]
    services: frozenset[str] = frozenset()
    timeout: float = 30.0
    max_output: int = 64 * 1024 * 1024

    def __repr__(self) -> str:
        """Leave the environment out: keys may stand in it."""
        return f"SopsSettings(binary={self.binary and str(self.binary)!r})"
