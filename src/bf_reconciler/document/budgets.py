"""What the connections of a file ask of each exchange, where that is more than it allows."""

from collections.abc import Collection, Iterator
from typing import Final

from bf_reconciler.document.entries import Entry
from bf_reconciler.document.sealed import is_sealed
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import ConfigReason
from bf_reconciler.spec import Connection, Defaults
from bf_reconciler.spec.budget import Asked, Budget, KeyBudget, budgets, exceeds, key_budgets
from bf_reconciler.spec.limits import number

REASON: Final = ConfigReason.REQUEST_BUDGET_EXCEEDED


def check_budgets(connections: Collection[Entry[Connection]], defaults: Defaults) -> None:
    """Warn of what will be asked later than declared, at the first connection of those."""
    entries: dict[str, Entry[Connection]] = {}
    fleet: list[Asked] = []
    for entry in connections:
        found = entry.good
        if found is not None and found.suspend is None:
            entries[found.name] = entry
            interval, timeout = found.interval or defaults.interval, found.timeout
            fleet.append(Asked(found, interval, timeout or defaults.timeout))
    for budget in budgets(fleet):
        if exceeds(budget.ratio):
            first = entries[budget.names[0]]
            first.add_problem((("exchange",), _of_egress(budget)), "warning", REASON)
    for key in _keys(fleet):
        if exceeds(key.ratio):
            entry = entries[key.names[0]]
            field = "interval" if entry.node.child("interval") is not None else "exchange"
            entry.add_problem(((field,), _of_key(key, entry.label("exchange"))), "warning", REASON)


def _keys(fleet: Collection[Asked]) -> Iterator[KeyBudget]:
    """Where a key was not decrypted, nobody can say who shares it."""
    yield from key_budgets(asked for asked in fleet if not _is_opaque(asked))
    for asked in fleet:
        if _is_opaque(asked):
            yield from key_budgets([asked])


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
