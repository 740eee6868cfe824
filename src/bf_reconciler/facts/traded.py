"""Which pairs an account may still be trading: declared, or declared until lately."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Traded:
    """Pairs that are declared of a connection, and when others were declared last."""

    declared: frozenset[str] = frozenset()
    left: Mapping[str, datetime] = field(default_factory=dict)

    def now(self, declared: frozenset[str], at: datetime, keep: timedelta) -> "Traded":
        """The same, now that these are declared. What left longer ago than ``keep`` is forgotten.

        That is done where something else changes, so that time alone changes nothing.
        """
        if declared == self.declared:
            return self
        left = {**self.lately(at, keep).left, **dict.fromkeys(sorted(self.declared), at)}
        return Traded(declared, {pair: at for pair, at in left.items() if pair not in declared})

    def winding_down(
        self, declared: frozenset[str], at: datetime, keep: timedelta
    ) -> Mapping[str, datetime]:
        """Until when each pair is expected that is declared no more."""
        if not self.left and declared == self.declared:
            return {}
        ends = {pair: moment + keep for pair, moment in self.left.items()}
        ends |= dict.fromkeys(self.declared, at + keep)
        return {pair: end for pair, end in ends.items() if pair not in declared and at < end}

    def lately(self, at: datetime, keep: timedelta) -> "Traded":
        """The same, without what left longer ago than ``keep``."""
        left = {pair: moment for pair, moment in self.left.items() if at < moment + keep}
        return Traded(self.declared, left)

    def joined(self, other: "Traded") -> "Traded":
        """What is known of one account under two names."""
        left = {**self.left}
        for pair, moment in other.left.items():
            left[pair] = max(moment, left.get(pair, moment))
        return Traded(self.declared | other.declared, left)
