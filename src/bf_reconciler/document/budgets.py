"""What the connections of a file ask of each exchange, where that is more than it allows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bf_reconciler.document.entries import Entry
from bf_reconciler.document.sealed import is_sealed
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import ConfigReason, Problem
from bf_reconciler.spec import Connection, Defaults
from bf_reconciler.spec.budget import (
    Asked,
    Budget,
    KeyBudget,
    Place,
    budget_of_key,
    budgets_of,
    by_key,
    by_place,
    exceeds,
    joined,
    key_budgets,
)
from bf_reconciler.spec.limits import number

REASON: Final = ConfigReason.REQUEST_BUDGET_EXCEEDED


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What the connections of a file ask: by what they share with those of other files.

    ``alone``: keys that need more than their limit, by what this file asks of them. Where a key was
    not decrypted, nobody can say who shares it: it is ``opaque``.
    """

    entries: Mapping[str, Entry[Connection]] = field(default_factory=dict)
    places: Mapping[Place, Sequence[Asked]] = field(default_factory=dict)
    keys: Mapping[Place, Sequence[Asked]] = field(default_factory=dict)
    alone: Mapping[Place, KeyBudget] = field(default_factory=dict)
    opaque: tuple[KeyBudget, ...] = ()


def demand_of(
    declared: Iterable[tuple[Entry[Connection], Connection]], defaults: Defaults
) -> Demand:
    """What good connections of a file ask; those that are suspended ask nothing."""
    asking = [(entry, found) for entry, found in declared if found.suspend is None]
    fleet = [
        Asked(found, found.interval or defaults.interval, found.timeout or defaults.timeout)
        for _, found in asking
    ]
    keys = by_key(asked for asked in fleet if not _is_opaque(asked))
    opaque = (each for asked in fleet if _is_opaque(asked) for each in key_budgets([asked]))
    return Demand(
        entries={found.name: entry for entry, found in asking},
        places=by_place(fleet),
        keys=keys,
        alone={
            key: found
            for key, members in keys.items()
            for found in budget_of_key(members)
            if exceeds(found.ratio)
        },
        opaque=tuple(each for each in opaque if exceeds(each.ratio)),
    )


def check_budgets(demands: Sequence[Demand]) -> Iterator[Problem]:
    """Warn of what will be asked later than declared, at the first connection of those."""
    for budget in budgets_of(demand.places for demand in demands):
        if exceeds(budget.ratio):
            first = _entry(budget.names[0], demands)
            yield first.problem((("exchange",), _of_egress(budget)), "warning", REASON)
    for key in _keys(demands):
        entry = _entry(key.names[0], demands)
        place = "interval" if entry.node.child("interval") is not None else "exchange"
        words = _of_key(key, entry.label("exchange"))
        yield entry.problem(((place,), words), "warning", REASON)


def _entry(name: str, demands: Iterable[Demand]) -> Entry[Connection]:
    return next(demand.entries[name] for demand in demands if name in demand.entries)


def _keys(demands: Sequence[Demand]) -> Iterator[KeyBudget]:
    """Those that need more than their limit; who shares one with another file is added up."""
    seen: set[Place] = set()
    shared: set[Place] = set()
    for demand in demands:
        shared.update(seen.intersection(demand.keys))
        seen.update(demand.keys)
    for demand in demands:
        yield from demand.opaque
        yield from (found for key, found in demand.alone.items() if key not in shared)
    parts = ({k: m for k, m in demand.keys.items() if k in shared} for demand in demands)
    for members in joined(parts if shared else ()).values():
        yield from (found for found in budget_of_key(members) if exceeds(found.ratio))


def _is_opaque(asked: Asked) -> bool:
    return is_sealed(asked.connection.credentials.api_key.get_secret_value())


def _of_egress(budget: Budget) -> str:
    row, many = EXCHANGES[budget.exchange], len(budget.names)
    return (
        f"{many} {row.title} {'key needs' if many == 1 else 'keys need'} "
        f"{number(round(budget.ratio, 2))} times the limit of one address ({budget.egress}): "
        f"{budget.arithmetic}, of {number(budget.rate)} (docs/sources/{row.id}.md#pace); each is "
        f"tested that much later, so use a longer interval, or a proxy for some of them"
    )


def _of_key(key: KeyBudget, exchange: str | None) -> str:
    others = ", ".join(key.names[1:])
    shared = f" (shared with {others})" if others else ""
    return (
        f"its key{shared} needs {number(round(key.ratio, 2))} times the limit of an account: "
        f"{key.arithmetic} (docs/sources/{exchange}.md#pace); it is tested every "
        f"{number(key.least.total_seconds())} s instead"
    )
