"""What a file newly lets keys do, or lets pass: the lines to look at before it is merged."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bf_reconciler.document import Parsed
from bf_reconciler.preview.in_force import InForce
from bf_reconciler.preview.values import Change, Entry, Widening
from bf_reconciler.spec import Policy

ALLOWLIST: Final = ("exact", "required", "recommended", "ignored")
ACTED_ON: Final = ("block", "warn", "ignore")
ATTESTED: Final[Mapping[str, str]] = {
    "attest.withdraw_disabled": "its key cannot withdraw",
    "attest.trade_permitted": "its key may trade",
}
LISTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "markets": ("Its key is to trade on more markets: {}.", ("spot",)),
    "egress_ips": ("Its key is to work from more addresses: {}.", ()),
}
PERMISSIONS: Final[Mapping[str, str]] = {
    "value_permissions": "permissions that can move value out",
    "excess_permissions": "permissions that no market needs",
    "unknown_permissions": "permissions that no document explains",
}
RULES: Final[Mapping[str, str]] = {
    "warn": "are a warning",
    "ignore": "are ignored",
}


def widenings(
    parsed: Parsed, standing: InForce, connections: Iterable[Entry]
) -> Iterator[Widening]:
    """Of the policy, where what is in force tells it, and of each connection that changes."""
    if standing.policy is not None:
        yield from _of_policy(standing.policy, parsed.policy)
    for entry in connections:
        if entry.action == "change":
            yield from _of_connection(entry, parsed.policy)


def _of_policy(before: Policy, after: Policy) -> Iterator[Widening]:
    for field, what in PERMISSIONS.items():
        was, now = getattr(before, field), getattr(after, field)
        if _looser(ACTED_ON, was, now):
            yield Widening("", f"policy.{field}", was, now, f"From now on, {what} {RULES[now]}.")
    if _looser(ALLOWLIST, before.ip_allowlist, after.ip_allowlist):
        yield _allowlist("", "policy.ip_allowlist", before.ip_allowlist, after.ip_allowlist)
    for level in ("conservative", "moderate", "aggressive"):
        was = getattr(before.risk_levels, level).ip_allowlist
        now = getattr(after.risk_levels, level).ip_allowlist
        if _looser(ALLOWLIST, was, now):
            yield _allowlist("", f"policy.risk_levels.{level}.ip_allowlist", was, now)


def _of_connection(entry: Entry, policy: Policy) -> Iterator[Widening]:
    known = {change.field: change for change in entry.changes if change.known}
    for field, (words, default) in LISTS.items():
        change = known.get(field)
        if change is not None:
            before = change.before if change.before is not None else default
            added = [str(each) for each in change.after or () if each not in before]
            if added:
                message = words.format(", ".join(added))
                yield Widening(entry.name, field, change.before, change.after, message)
    rule = known.get("ip_allowlist")
    if rule is not None:
        was, now = rule.before or policy.ip_allowlist, rule.after or policy.ip_allowlist
        if _looser(ALLOWLIST, was, now):
            yield _allowlist(entry.name, "ip_allowlist", was, now)
    for field, what in ATTESTED.items():
        word = known.get(f"{field}.at")
        if word is not None and word.after is not None and _later(word):
            message = f"Where the exchange cannot tell, a person's word counts: {what}."
            yield Widening(entry.name, field, word.before, word.after, message)


def _allowlist(name: str, field: str, was: str, now: str) -> Widening:
    words = {
        "required": "Keys may be used from more addresses than egress_ips lists.",
        "recommended": "Keys without an IP allowlist are only warned about.",
        "ignored": "Keys without an IP allowlist are not reported any more.",
    }
    return Widening(name, field, was, now, words[now])


def _looser(order: tuple[str, ...], was: str, now: str) -> bool:
    return order.index(now) > order.index(was)


def _later(word: Change) -> bool:
    return word.before is None or str(word.after) > str(word.before)
