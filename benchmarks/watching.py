"""What it costs per probe that no change of a key and no theft goes unseen: each part by itself.

The names of an account, the ledger of a key's rights, the time to detect, and the record of what
was judged. CPU alone, the least of many rounds: other programs of the machine cannot lower it.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from turns import HELD, KEY, ORDERED, START, fleet

from bf_reconciler.facts import Balance, Clock, Observation, Orders, known_key, remember
from bf_reconciler.policy import AccountNames, Case
from bf_reconciler.policy.trading import assets_expected, orders_expected
from bf_reconciler.schedule import detection
from bf_reconciler.spec import Names
from bf_reconciler.status import Status, fold, judgements, key_events
from bf_reconciler.verdict import Verdicts, account_of, judge

ROUNDS, TIMES = 20, 2000
NAME = "kucoin-main-7"


class Watched:
    """A good key of a fleet that was probed twice with the same answer."""

    def __init__(self) -> None:
        self.spec = fleet(300)
        self.entry = self.spec.connections[NAME]
        self.policy = self.spec.policy_of(self.entry)
        self.one = Names(frozenset({NAME}))
        self.now = START + timedelta(minutes=1)
        nobody = Verdicts({}, {}, None)
        account = account_of(self.spec, self.entry, None, START)
        self.old = remember(None, self.answer(), account)
        self.was = judge(self.spec, {NAME: self.old}, None, START, {}, nobody, self.one)
        blank, seen = Status(), {NAME: self.old}
        self.before = fold(self.spec, seen, self.was, {}, {}, START, blank, names=self.one)
        self.known = self.before.connections[NAME]
        self.probe = replace(self.answer(), at=self.now)
        self.new = remember(self.old, self.probe, account)
        self.verdicts = self.judged()
        self.after = self.folded()

    def answer(self) -> Observation:
        held, ordered = Balance(False, frozenset(HELD)), Orders(frozenset(ORDERED))
        return Observation(
            START, self.entry.fingerprint, Clock(0.01, 0.05), replace(KEY), held, ordered
        )

    def judged(self) -> Verdicts:
        known = self.before.connections
        seen = {NAME: self.new}
        return judge(self.spec, seen, None, self.now, {}, self.was, self.one, known=known)

    def folded(self) -> Status:
        seen = {NAME: self.new}
        return fold(self.spec, seen, self.verdicts, {}, {}, self.now, self.before, names=self.one)

    def names(self) -> None:
        """Compared as the answer comes, and judged."""
        account_of(self.spec, self.entry, self.known, self.now)
        account = account_of(self.spec, self.entry, self.known, self.now)
        seen = self.new
        account.strange_assets(seen.held)
        account.strange_pairs(seen.ordered)
        names = AccountNames(account.expected, seen.assets, seen.pairs, seen.held, seen.ordered)
        case = Case(self.entry, self.policy, self.probe, frozenset(), self.now, names=names)
        assets_expected(case)
        orders_expected(case)

    def ledger(self) -> None:
        known_key(self.known.known, KEY, "", "kucoin/live")
        list(key_events(self.before, self.after, self.now, self.one))

    def detected(self) -> None:
        detection(self.entry, self.old, self.new, self.policy)

    def recorded(self) -> None:
        before, after = ({NAME: self.old}, self.was), ({NAME: self.new}, self.verdicts)
        known = self.before.connections
        list(judgements(self.spec, before, after, self.now, self.one, known))


def microseconds(work: Callable[[], object]) -> float:
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(TIMES):
            work()
        least = min(least, (time.process_time() - begun) / TIMES)
    return least * 1e6


if __name__ == "__main__":
    watched = Watched()
    parts = (watched.names, watched.ledger, watched.detected, watched.recorded)
    figures = {part.__name__: microseconds(part) for part in parts}
    print(", ".join(f"{name} {figure:.1f} us" for name, figure in figures.items()))
    print(f"together {sum(figures.values()):.0f} us of CPU per probe")
