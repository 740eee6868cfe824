"""Which of two values of a field lets more pass: for plans, and for what auditors are told."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from bf_reconciler.spec.policy import Policy

LOOSENESS: Final[Mapping[str, tuple[str, ...]]] = {
    "ip_allowlist": ("exact", "required", "recommended", "ignored"),
    "excess_permissions": ("block", "warn", "ignore"),
    "value_permissions": ("block", "warn"),
    "unknown_permissions": ("block", "warn"),
    "unexpected_trading": ("block", "warn", "ignore"),
}
"""Values from the strictest on."""
MORE_IS_LOOSER: Final = frozenset(
    {"max_clock_skew", "grace", "confirm_after", "percent", "at_least", "max_leverage"}
    | {"winding_down"}
)
LESS_IS_LOOSER: Final = frozenset({"recover_after", "key_expiry_warning"})
LIMITS: Final = frozenset({"max_key_age", "max_open_trades", "max_safety_orders", "max_margin"})
"""None of them is set by default: where one is set, something is limited."""


class PolicyChange(NamedTuple):
    """One value of a policy, before and after, as JSON; None is not set."""

    path: str
    before: Any
    after: Any
    looser: bool


def policy_changes(before: Policy, after: Policy) -> Iterator[PolicyChange]:
    """Each value of a policy that is another than it was, and whether it lets more pass."""
    was, now = _leaves(before), _leaves(after)
    old, new = _leaves(before, json=True), _leaves(after, json=True)
    for path, value in now.items():
        if value != was[path]:
            looser = is_looser(path.rpartition(".")[2], value, was[path])
            yield PolicyChange(path, old[path], new[path], looser)


def is_looser(what: str, value: Any, usual: Any) -> bool:  # noqa: ANN401 # values of any field
    """Whether a value of the field of this name lets more pass than the usual one."""
    order = LOOSENESS.get(what)
    if order is not None:
        known = value in order and usual in order
        return known and order.index(value) > order.index(usual)
    if what in LIMITS:
        return _is_higher(value, usual)
    if what in MORE_IS_LOOSER:
        return bool(value > usual)
    return what in LESS_IS_LOOSER and bool(value < usual)


def _is_higher(limit: Any, usual: Any) -> bool:  # noqa: ANN401 # a number, a duration or a sum
    """Whether a limit is higher or gone. Of another kind or currency, it may be either."""
    if usual is None or limit == usual:
        return False
    if limit is None:
        return True
    if not isinstance(limit, Mapping):
        return bool(limit > usual)
    if limit.keys() != usual.keys() or limit.get("currency") != usual.get("currency"):
        return True
    return any(limit[each] > usual[each] for each in limit if each != "currency")


def _leaves(policy: Policy, *, json: bool = False) -> dict[str, Any]:
    """Each value of a policy under its path; a sum and its currency are one value."""
    found: dict[str, Any] = {}
    todo: list[tuple[str, Any]] = [("", policy.model_dump(mode="json" if json else "python"))]
    while todo:
        path, value = todo.pop(0)
        if isinstance(value, dict) and path.rpartition(".")[2] not in LIMITS:
            todo += [(f"{path}.{key}" if path else key, inner) for key, inner in value.items()]
        else:
            found[path] = value
    return found
