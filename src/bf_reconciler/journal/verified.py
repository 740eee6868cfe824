"""What a check of the chains found."""

from collections.abc import Mapping
from dataclasses import dataclass

from bf_reconciler.journal.chain import Fault, Head


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the chains found: how many rows, where they end, and what is wrong.

    ``filed``: whether the file that keeps the ends for a second time could be read.
    """

    rows: Mapping[str, int]
    heads: Mapping[str, Head]
    faults: tuple[Fault, ...]
    filed: bool

    @property
    def intact(self) -> bool:
        return self.filed and not self.faults
