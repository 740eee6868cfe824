"""Rules of access: the exchange answers, the clocks agree, the key is accepted."""

import ipaddress
from fnmatch import fnmatchcase

from bf_reconciler.facts import Clock, Failure, KeyFacts, Reason
from bf_reconciler.policy.findings import (
    REJECTED,
    Case,
    Effect,
    Finding,
    Type,
    broken,
    holds,
    refused,
    unanswered,
    unknown,
)


def reachable(case: Case) -> Finding:
    time = case.observation.time
    if isinstance(time, Clock):
        return holds(Type.REACHABLE, f"Answered in {time.latency * 1000:.0f} ms.")
    if time.terminal:
        return refused(case, Type.REACHABLE, time)
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
    if any(
        not isinstance(a, Failure) or a.reason is Reason.NO_READ_PERMISSION
        for a in case.signed
        if a is not None
    ):
        return holds(Type.AUTHENTICATED, "The exchange accepts the key.")
    return unanswered(case, Type.AUTHENTICATED)


def ip_restricted(case: Case) -> Finding:
    key = case.observation.key
    if any(isinstance(a, Failure) and a.reason is Reason.IP_NOT_ALLOWED for a in case.signed):
        return holds(
            Type.IP_RESTRICTED, "The key is restricted to IP addresses; ours is not one of them."
        )
    if not isinstance(key, KeyFacts):
        return unanswered(case, Type.IP_RESTRICTED)
    if key.ip_bound:
        return holds(Type.IP_RESTRICTED, "The key is restricted to IP addresses.")
    strictness = case.allowlist
    if key.ip_bound is False:
        return broken(
            Type.IP_RESTRICTED,
            Reason.IP_NOT_RESTRICTED,
            "The key works from any IP address.",
            {"required": Effect.BLOCK, "recommended": Effect.WARN, "ignored": Effect.NONE}[
                strictness
            ],
        )
    return unknown(
        Type.IP_RESTRICTED,
        Reason.UNVERIFIABLE,
        "The exchange does not report whether the key is restricted to IP addresses.",
        {"required": Effect.HOLD, "recommended": Effect.WARN, "ignored": Effect.NONE}[strictness],
    )


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
    try:
        return wanted in ipaddress.ip_network(item, strict=False)
    except ValueError:
        return None
