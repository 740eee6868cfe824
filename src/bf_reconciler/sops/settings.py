"""How sops is run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SopsSettings:
    """How sops is run. ``environ`` is the whole environment; what sops needs is picked from it.

    ``commands`` hands on the variables that make sops run other programs of the user's choice,
    ``services`` those of these kinds of key services.
    Times are in seconds, sizes in bytes.
    """

    binary: Path
    environ: Mapping[str, str]
    commands: bool = False
    services: frozenset[str] = frozenset()
    timeout: float = 30.0
    max_output: int = 64 * 1024 * 1024

    def __repr__(self) -> str:
        """Leave the environment out: keys may stand in it."""
        return f"SopsSettings(binary={str(self.binary)!r})"
