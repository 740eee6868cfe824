"""What is remembered of the trade on an account, also of one that left the file."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Final

from bf_reconciler.facts import Traded
from bf_reconciler.spec import ConnectionEntry, Spec
from bf_reconciler.status.model import Status

MOST_PARTED: Final = 1000


def traded(before: Traded | None, spec: Spec, name: str, now: datetime) -> Traded | None:
    """What is declared to be traded now, and what was until lately.

    What cannot be read may still declare what it did.
    """
    declared = spec.pairs.get(name, frozenset())
    if before is None:
        return Traded(declared) if declared else None
    if name in spec.unread or name not in spec.connections:
        declared |= before.declared
    return before.now(declared, now, spec.policy.winding_down)


def inherited(before: Status, spec: Spec, entry: ConnectionEntry, now: datetime) -> Traded | None:
    """What its key traded under another name, or before it left the file."""
    twins = (before.connections.get(name) for name in spec.twins.get(entry.name, ()))
    memories = [twin.traded for twin in twins if twin is not None and twin.traded is not None]
    left = before.parted.get(entry.key_fingerprint)
    memories += [left] if left is not None else []
    if not memories:
        return None
    return reduce(Traded.joined, memories).lately(now, spec.policy.winding_down)


def parted(before: Status, spec: Spec, names: Iterable[str], now: datetime) -> Status:
    """The same, with what those of these traded that left the file: they may come back, renamed.

    What left too long ago is forgotten where others leave, so that time alone changes nothing.
    """
    known, keep = before.connections, spec.policy.winding_down
    there = (spec.connections, spec.broken_connections)
    gone = sorted(
        name for name in names if name in known and not any(name in each for each in there)
    )
    if not gone:
        return before
    left = {key: old for key, old in before.parted.items() if old.lately(now, keep).left}
    for name in gone:
        each = known[name]
        if each.key_fingerprint and each.traded is not None:
            old = left.pop(each.key_fingerprint, Traded())
            left[each.key_fingerprint] = each.traded.joined(old).now(frozenset(), now, keep)
    return replace(before, parted=dict([*left.items()][-MOST_PARTED:]))
