"""Every rule in its order, and the assessment of one observation under all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bf_reconciler.facts import Reason, earliest
from bf_reconciler.policy.access import (
    authenticated,
    clock_in_sync,
    egress_allowed,
    exactly_restricted,
    ip_restricted,
    reachable,
)
from bf_reconciler.policy.findings import Case, Effect, Finding
from bf_reconciler.policy.readability import balance_readable, key_fresh, orders_readable
from bf_reconciler.policy.rights import (
    futures_permitted,
    least_privilege,
    read_permitted,
    trade_permitted,
    withdraw_disabled,
)
from bf_reconciler.policy.trading import assets_expected, orders_expected

RULES: tuple[Callable[[Case], Finding | None], ...] = (
    reachable,
    clock_in_sync,
    withdraw_disabled,
    egress_allowed,
    authenticated,
    read_permitted,
    trade_permitted,
    futures_permitted,
    assets_expected,
    orders_expected,
    ip_restricted,
    balance_readable,
    orders_readable,
    key_fresh,
    least_privilege,
)
"""Every rule of a connection. Where several are broken, the first one gives the reason."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """One observation under the rules: compliant True, False, or None for not known.

    ``unconfirmed``: what stood before still stands. ``held``: it has its cause with others.
    ``until``: when time alone will change any of it. ``exact``: whether the key is bound to
    declared addresses alone, as a risk level may need it.
    """

    findings: tuple[Finding, ...]
    compliant: bool | None
    decisive: Finding | None
    unconfirmed: bool
    held: bool = False
    until: datetime | None = None
    exact: Finding | None = None


def assess(case: Case) -> Assessment:
    """Apply every rule.

    The gravest finding decides; among equals one that waits to be confirmed, then one that saw
    the cause itself, then the order of RULES.
    """
    findings = tuple(f for rule in RULES if (f := rule(case)) is not None)
    decisive = max(findings, key=lambda f: (f.effect, f.reason in case.unconfirmed, not f.derived))
    compliant = {Effect.BLOCK: False, Effect.HOLD: None}.get(decisive.effect, True)
    hold = case.hold if compliant is None else None
    held = hold is not None and decisive.reason in hold.reasons
    waiting = decisive.reason in case.unconfirmed or decisive.reason is Reason.NOT_PROBED
    waits = compliant is None and waiting
    return Assessment(
        findings,
        compliant,
        decisive if decisive.effect > Effect.NONE else None,
        waits or (hold is not None and held and hold.asking),
        held,
        earliest(finding.until for finding in findings),
        exactly_restricted(case),
    )
