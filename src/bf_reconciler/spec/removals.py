"""Guards against the loss of many entries at once: a truncated file looks like a removal."""

from bf_reconciler.spec.policy import MaxRemovals


def too_many(before: int, removed: int, limit: MaxRemovals) -> bool:
    """Whether ``removed`` of ``before`` entries is more than may vanish in one revision."""
    return before >= limit.at_least and removed * 100 > before * limit.percent
