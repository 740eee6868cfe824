"""What a runtime holds for us, and nobody declares or remembers: it is turned off, and shown."""

from collections.abc import Mapping
from itertools import chain

from bf_reconciler.facts import Reason
from bf_reconciler.spec import Runtime, Spec
from bf_reconciler.verdict.values import Holding, StrategyMemory

Holdings = Mapping[Runtime, Mapping[str, Holding]]
"""What each runtime holds; one that has not been read yet is missing."""


def orphans(
    spec: Spec, memories: Mapping[str, StrategyMemory], holdings: Holdings
) -> Mapping[str, StrategyMemory]:
    """What must be remembered of strategies that are on, or were on, without anybody's word.

    The state was lost, and their entries were removed meanwhile. From then on they are treated
    like any other strategy that left the file.
    """
    held = chain.from_iterable(
        ((name, runtime, holding) for name, holding in names.items())
        for runtime, names in holdings.items()
    )
    return {
        name: StrategyMemory(
            on=holding.on,
            action=holding.action,
            runtime=runtime,
            reason=Reason.ORPHAN_STOPPED,
            connection=holding.connection,
        )
        for name, runtime, holding in held
        if name not in memories
        and name not in spec.strategies
        and name not in spec.broken_strategies
        and name not in spec.elsewhere.strategies
        and holding.stray
    }


def leaves(memory: StrategyMemory) -> bool:
    """Whether a strategy that is not in the file was let go in an earlier turn."""
    if memory.reason is Reason.ORPHAN_STOPPED:
        return memory.on is False
    return memory.reason is Reason.REMOVED


def farewell(memory: StrategyMemory) -> tuple[Reason, str]:
    """Why a strategy that is not in the file is turned off."""
    if memory.reason is Reason.ORPHAN_STOPPED:
        message = "Nobody declares it. Declare it, or delete it from the runtime."
        return Reason.ORPHAN_STOPPED, message
    return Reason.REMOVED, "It is no longer in the file."
