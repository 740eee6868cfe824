"""Rules of access: the exchange answers, the clocks agree, the key is accepted."""

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Clock, Failure, KeyFacts, Reason, network
from bf_reconciler.policy.findings import (
    REJECTED,
    Case,
    Effect,
    Finding,
    Type,
    broken,
    holds,
    not_understood,
    refused,
    unanswered,
    unknown,
)
from bf_reconciler.spec import Allowlist

EFFECTS: Final[Mapping[Allowlist, Effect]] = {
    "exact": Effect.BLOCK,
    "required": Effect.BLOCK,
    "recommended": Effect.WARN,
    "ignored": Effect.NONE,
}
"""What a key that is bound to nothing does."""
MAX_NAMED: Final = 5
KEPT: Final = 1024
"""Lists that were compared and are remembered: nearly always the same ones come again."""


def reachable(case: Case) -> Finding:
    time = case.observation.time
    if isinstance(time, Clock):
        return holds(Type.REACHABLE, f"Answered in {time.latency * 1000:.0f} ms.")
    shut = time.reason is Reason.REGION_RESTRICTED and time.code is None
    if time.terminal and not shut:
        return refused(case, Type.REACHABLE, time)
    # A page of whoever stands before the exchange is no word of the exchange.
    return broken(Type.REACHABLE, time.reason, time.message, Effect.HOLD)


def clock_in_sync(case: Case) -> Finding:
    time = case.observation.time
    if isinstance(time, Failure):
        return unanswered(case, Type.CLOCK_IN_SYNC)
    limit = case.policy.max_clock_skew.total_seconds()
    refusals = [a for a in case.signed if isinstance(a, Failure) and a.reason is Reason.CLOCK_SKEW]
    if abs(time.skew) > limit:
        way = "ahead of" if time.skew > 0 else "behind"
        return broken(
            Type.CLOCK_IN_SYNC,
            Reason.CLOCK_SKEW,
            f"The local clock is {abs(time.skew):.1f} s {way} the exchange's.",
            Effect.HOLD if refusals else Effect.WARN,
        )
    if refusals:  # the way there may be slow, or a number was not above the last one
        message = (
            f"{refusals[0].message} Yet the local clock is within {limit:g} s of the exchange's."
        )
        return broken(Type.CLOCK_IN_SYNC, Reason.CLOCK_SKEW, message, Effect.HOLD)
    return holds(Type.CLOCK_IN_SYNC, f"Within {limit:g} s of the exchange's clock.")


def authenticated(case: Case) -> Finding:
    rejections = [
        refused(case, Type.AUTHENTICATED, answer)
        for answer in case.signed
        if isinstance(answer, Failure) and answer.reason in REJECTED
    ]
    if rejections:  # one that is believed counts, whatever is still to be confirmed
        return max(rejections, key=lambda finding: finding.effect)
    for answer in case.signed:
        if isinstance(answer, Failure) and answer.reason is Reason.INVALID_NONCE:
            return unknown(Type.AUTHENTICATED, Reason.INVALID_NONCE, answer.message)
    key = case.observation.key
    field = key.not_understood("state") if isinstance(key, KeyFacts) else None
    if field is not None:
        return not_understood(case, Type.AUTHENTICATED, field)
    if any(
        not isinstance(a, Failure) or a.reason is Reason.NO_READ_PERMISSION
        for a in case.signed
        if a is not None
    ):
        return holds(Type.AUTHENTICATED, "The exchange accepts the key.")
    return unanswered(case, Type.AUTHENTICATED)


def ip_restricted(case: Case) -> Finding:
    return _restricted(case, case.allowlist)


def exactly_restricted(case: Case) -> Finding:
    """As if the allowlist had to be exact, which a risk level may need."""
    return _restricted(case, "exact")


def _restricted(case: Case, strictness: Allowlist) -> Finding:
    key, effect = case.observation.key, EFFECTS[strictness]
    weak = min(effect, Effect.HOLD)
    if isinstance(key, KeyFacts) and key.ip_bound is not None:  # whatever other questions met
        return _bound(case, key, strictness) if key.ip_bound else _unbound(key, effect)
    for answer in case.signed:
        if isinstance(answer, Failure) and answer.reason is Reason.IP_NOT_ALLOWED:
            return _shut_out(case, answer, weak)
    if not isinstance(key, KeyFacts):
        return unanswered(case, Type.IP_RESTRICTED)
    field = key.not_understood("allowlist")
    if field is not None:
        return not_understood(case, Type.IP_RESTRICTED, field, weak)
    message = "The exchange does not report whether the key is restricted to IP addresses."
    return unknown(Type.IP_RESTRICTED, Reason.UNVERIFIABLE, message, weak)


def _unbound(key: KeyFacts, effect: Effect) -> Finding:
    message = "The key works from any IP address."
    if key.ips:
        message = f"{message} Its allowlist admits every address: {_some(key.ips)}."
    return broken(Type.IP_RESTRICTED, Reason.IP_NOT_RESTRICTED, message, effect)


def _shut_out(case: Case, failure: Failure, effect: Effect) -> Finding:
    row = EXCHANGES[case.entry.connection.exchange]
    if failure.code not in row.refusals.others_lists:
        return holds(
            Type.IP_RESTRICTED, "The key is restricted to IP addresses; ours is not one of them."
        )
    message = (
        "Our address is refused by the key's allowlist, or by one that the exchange keeps for an"
        " application; such a key has no allowlist of its own."
    )
    return unknown(Type.IP_RESTRICTED, Reason.UNVERIFIABLE, message, effect)


def _bound(case: Case, key: KeyFacts, strictness: Allowlist) -> Finding:
    """The key is bound to addresses; to more than are declared, maybe."""
    held = holds(Type.IP_RESTRICTED, "The key is restricted to IP addresses.")
    declared, exact = case.entry.connection.egress_ips, strictness == "exact"
    if not exact and (not declared or strictness == "ignored"):
        return held
    if key.ips is None:
        message = "The key is restricted to IP addresses, which the exchange does not show."
        return unknown(Type.IP_RESTRICTED, Reason.UNVERIFIABLE, message) if exact else held
    wide = beyond(declared, key.ips)
    if not wide:
        return _read_whole(key.ips) if exact else held
    message = (
        f"The key's allowlist admits addresses that egress_ips does not declare: {_some(wide)}."
    )
    if exact:
        return broken(Type.IP_RESTRICTED, Reason.ALLOWLIST_TOO_WIDE, message)
    return replace(
        holds(Type.IP_RESTRICTED, message, Reason.ALLOWLIST_TOO_WIDE), effect=Effect.WARN
    )


def _read_whole(ips: tuple[str, ...]) -> Finding:
    """Nothing of a list is known to be too wide; what is masked may be."""
    masked = tuple(item for item in ips if network(item) is None)
    if not masked:
        return holds(Type.IP_RESTRICTED, "The key is restricted to IP addresses.")
    message = (
        f"Whether these entries of the key's allowlist admit others is not known: {_some(masked)}."
    )
    return unknown(Type.IP_RESTRICTED, Reason.UNVERIFIABLE, message)


@lru_cache(KEPT)
def beyond(declared: tuple[str, ...], listed: tuple[str, ...]) -> tuple[str, ...]:
    """Entries of an allowlist that admit an address which is not declared.

    A masked entry is one only where it fits none that is declared.
    """
    ours = {ipaddress.ip_address(each) for each in declared}
    return tuple(item for item in listed if _admits_others(item, ours))


def _admits_others(item: str, ours: set[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    found = network(item)
    if found is None:
        return all(_covers(item, each) is False for each in ours)
    return sum(each in found for each in ours) < found.num_addresses


def _some(entries: tuple[str, ...]) -> str:
    rest = len(entries) - MAX_NAMED
    return ", ".join(entries[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def egress_allowed(case: Case) -> Finding:
    for answer in case.signed:
        if isinstance(answer, Failure) and answer.reason is Reason.IP_NOT_ALLOWED:
            return refused(case, Type.EGRESS_ALLOWED, answer)
    key = case.observation.key
    if not isinstance(key, KeyFacts):
        return unanswered(case, Type.EGRESS_ALLOWED)
    if key.ip_bound is False:
        return holds(Type.EGRESS_ALLOWED, "The key works from any IP address.")
    declared = case.entry.connection.egress_ips
    field = key.not_understood("allowlist")
    if field is not None and declared:
        return not_understood(case, Type.EGRESS_ALLOWED, field, Effect.WARN)
    if key.ips is None and declared:
        return unknown(
            Type.EGRESS_ALLOWED,
            Reason.UNVERIFIABLE,
            "The allowlist cannot be read; only the address of this test is verified.",
            Effect.WARN,
        )
    answers = {ip: on_list(ip, key.ips or ()) for ip in declared}
    missing = [ip for ip, listed in answers.items() if listed is False]
    if missing:
        message = f"Not on the key's allowlist: {', '.join(missing)}."
        return broken(Type.EGRESS_ALLOWED, Reason.IP_NOT_ALLOWED, message)
    if None in answers.values():
        return unknown(
            Type.EGRESS_ALLOWED,
            Reason.UNVERIFIABLE,
            "The exchange masks the allowlist; the declared addresses match its visible part.",
            Effect.WARN,
        )
    return holds(Type.EGRESS_ALLOWED, "This address and the declared addresses are allowed.")


def on_list(address: str, listed: tuple[str, ...]) -> bool | None:
    """True or False, or None where the address fits only a masked entry (``203.**.154``)."""
    if address in listed:  # as they are written nearly always
        return True
    wanted = ipaddress.ip_address(address)
    answers = {_covers(item, wanted) for item in listed}
    if True in answers:
        return True
    return None if None in answers else False


def _covers(item: str, wanted: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool | None:
    if "*" in item:
        # An IPv6 address has too many spellings to be compared with half of one.
        both_v6 = wanted.version == 6 and ":" in item  # noqa: PLR2004 # IPv6
        return None if both_v6 or fnmatchcase(str(wanted), item) else False
    found = network(item)
    return None if found is None else wanted in found
