"""Which of several daemons on one file this one is."""

import re
from dataclasses import dataclass

MAX_SHARDS = 256
SHARD_MARK = "{shard}"
"""Stands for the number of a shard in the address of its page."""
ORDINAL = re.compile(r"-(\d{1,6})\Z")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``count`` daemons, counted from 0."""

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_SHARDS:
            raise ValueError(f"there must be 1 to {MAX_SHARDS} shards, not {self.count}")
        if not 0 <= self.index < self.count:
            last = self.count - 1
            raise ValueError(f"the shard must be 0 to {last} of {self.count}, not {self.index}")

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


ALONE = Shard()


def ordinal(host: str) -> int:
    """The number at the end of a pod's name in a StatefulSet.

    Raises:
        ValueError: It has none.
    """
    found = ORDINAL.search(host)
    if found is None:
        raise ValueError(f"the host name {host!r} does not end with -NUMBER, as in a StatefulSet")
    return int(found[1])
