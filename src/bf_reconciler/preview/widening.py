"""What a file newly lets keys do, or lets pass: the lines to look at before it is merged."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bf_reconciler.document import Parsed
from bf_reconciler.preview.in_force import InForce
from bf_reconciler.preview.values import Change, Entry, Widening
from bf_reconciler.spec import ALLOW, Grant, Policy, PolicyChange, is_looser, is_within

ATTESTED: Final[Mapping[str, str]] = {
    "attest.withdraw_disabled": (
        "Where the exchange cannot tell, a person's word counts: its key cannot withdraw."
    ),
    "attest.trade_permitted": (
        "Where the exchange cannot tell, a person's word counts: its key may trade."
    ),
}
LISTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "markets": ("Its key is to trade on more markets: {}.", ("spot",)),
    "egress_ips": ("Its key is to work from more addresses: {}.", ()),
    "shared_with": ("Strategies of more files may use it: {}.", ()),
    "expect.assets": ("More assets are not reported where they appear: {}.", ()),
    "expect.pairs": ("Orders in more pairs are not reported: {}.", ()),
}
ALLOWLISTS: Final[Mapping[str, str]] = {
    "required": "Keys may be used from more addresses than egress_ips lists.",
    "recommended": "Keys without an IP allowlist are only warned about.",
    "ignored": "Keys without an IP allowlist are not reported any more.",
}
TRADING: Final[Mapping[str, str]] = {
    "warn": "From now on, assets and orders that no strategy declares are a warning.",
    "ignore": "From now on, assets and orders that no strategy declares are ignored.",
}
RULES: Final[Mapping[str, Mapping[str, str]]] = {
    "ip_allowlist": ALLOWLISTS,
    "unexpected_trading": TRADING,
    "value_permissions": {
        "warn": "From now on, permissions that can move value out are a warning."
    },
    "excess_permissions": {
        "warn": "From now on, permissions that no market needs are a warning.",
        "ignore": "From now on, permissions that no market needs are ignored.",
    },
    "unknown_permissions": {
        "warn": "From now on, permissions that no document explains are a warning."
    },
}
LIMITS: Final[Mapping[str, str]] = {
    "grace": "Strategies run on for longer while their connection is Unknown.",
    "recover_after": "Fewer passed tests end a violation.",
    "confirm_after": "More refusals in a row are needed before they are acted on.",
    "key_expiry_warning": "The expiry of keys is warned of later.",
    "max_key_age": "The age of keys is warned of later, or not at all.",
    "max_clock_skew": "The clock may be off by more before it is warned of.",
    "winding_down": "What removed strategies traded is expected for longer.",
    "percent": "More entries may be removed at once.",
    "at_least": "More entries may be removed at once.",
    "max_leverage": "Strategies may declare a higher leverage.",
    "max_open_trades": "Strategies may declare more open trades.",
    "max_safety_orders": "Strategies may declare more safety orders.",
    "max_margin": "Strategies may declare a higher margin.",
}
USUAL: Final = frozenset({"markets", "egress_ips"})
"""Every connection has these; of a new one, the rights that it needs are told."""
OVERRIDES: Final = ("ip_allowlist", "unexpected_trading")
"""Fields of the policy that a connection may set for itself."""


def widenings(
    parsed: Parsed,
    standing: InForce,
    connections: Iterable[Entry],
    policy: Iterable[PolicyChange] | None,
    added: Mapping[str, tuple[Change, ...]],
) -> Iterator[Widening]:
    """Of the policy, where what is in force tells it, and of each connection that changes.

    ``added``: what new connections declare. Their rights and addresses are new as they are; what
    they except from the rules is told.
    """
    for change in policy or ():
        if change.looser:
            message = _of_value(change.path.rpartition(".")[2], change.after)
            path = f"policy.{change.path}"
            yield Widening("", path, change.before, change.after, message)
    if policy is not None and (ALLOW,) not in parsed.policy_sealed:
        yield from _of_grants(standing.allow, parsed.allow)
    before = standing.policy if standing.policy is not None else parsed.policy
    for entry in connections:
        if entry.action == "change":
            yield from _of_connection(entry.name, entry.changes, before, parsed.policy)
    for name, changes in added.items():
        told = (change for change in changes if change.field not in USUAL)
        yield from _of_connection(name, told, parsed.policy, parsed.policy)


def _of_grants(
    before: tuple[Grant, ...] | None, after: tuple[Grant, ...] | None
) -> Iterator[Widening]:
    """What the other files of a folder may newly declare."""
    if before is None:
        return
    if after is None:
        message = "The other files of the folder may declare everything."
        yield Widening("", ALLOW, plain(before), None, message)
        return
    for grant in after:
        if not any(is_within(grant, each) for each in before):
            message = f"More may be declared by files: {', '.join(grant.files)}."
            yield Widening("", ALLOW, plain(before), plain(after), message)


def plain(grants: tuple[Grant, ...] | None) -> list[dict[str, Any]] | None:
    """Grants as JSON."""
    if grants is None:
        return None
    return [grant.model_dump(mode="json", exclude_defaults=True) for grant in grants]


def _of_value(field: str, after: Any) -> str:  # noqa: ANN401 # the value of any field
    return RULES[field][after] if field in RULES else LIMITS[field]


def _of_connection(
    name: str, changes: Iterable[Change], before: Policy, after: Policy
) -> Iterator[Widening]:
    known = {change.field: change for change in changes if change.known}
    yield from _added(name, known)
    for field in OVERRIDES:
        change = known.get(field)
        if change is not None:
            was = change.before or getattr(before, field)
            now = change.after or getattr(after, field)
            if is_looser(field, now, was):
                yield Widening(name, field, was, now, RULES[field][now])
    for field, message in ATTESTED.items():
        word = known.get(f"{field}.at")
        if word is not None and _later(word):
            yield Widening(name, field, word.before, word.after, message)
    yield from _exceptions(name, known)


def _added(name: str, known: Mapping[str, Change]) -> Iterator[Widening]:
    """What lists have beside what they had."""
    for field, (words, default) in LISTS.items():
        change = known.get(field)
        if change is not None:
            before = change.before if change.before is not None else default
            added = [str(each) for each in change.after or () if each not in before]
            if added:
                message = words.format(", ".join(added))
                yield Widening(name, field, change.before, change.after, message)


def _exceptions(name: str, known: Mapping[str, Change]) -> Iterator[Widening]:
    """What is no violation any more, is not tested, or is limited less."""
    status, reason = known.get("expect.status"), known.get("expect.reason")
    if status is not None and status.after is not None:
        message = f"From now on, it is good while it is {status.after}."
        yield Widening(name, "expect.status", status.before, status.after, message)
    elif status is None and reason is not None and reason.after is None:
        message = "It is good for any reason while it has the status that is expected."
        yield Widening(name, "expect.reason", reason.before, None, message)
    paused, until = known.get("suspend.owner"), known.get("suspend.until")
    message = "Its key is not tested while it is suspended."
    ended = paused is not None and paused.after is None
    if paused is not None and paused.before is None:
        end = until.after if until is not None else None
        yield Widening(name, "suspend", None, end, message)
    elif until is not None and not ended and until.before is not None and not _earlier(until):
        yield Widening(name, "suspend", until.before, until.after, message)
    for field in ("margin_limit.amount", "margin_limit.balance_ratio"):
        limit = known.get(field)
        if limit is not None and limit.before is not None and not _lower(limit):
            message = "Its strategies may declare a higher margin."
            yield Widening(name, field, limit.before, limit.after, message)


def _later(change: Change) -> bool:
    if change.after is None:
        return False
    return change.before is None or str(change.after) > str(change.before)


def _earlier(change: Change) -> bool:
    return change.after is not None and not _later(change)


def _lower(limit: Change) -> bool:
    return limit.after is not None and bool(limit.after < limit.before)
