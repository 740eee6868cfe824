"""Every rule in its order, and the assessment of one observation under all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
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

Rule = Callable[[Case], Finding | None]
OF_ANSWER: tuple[Rule, ...] = (reachable, clock_in_sync)
"""Rules of what is another with every answer: how long it took, and the clock."""
OF_KEY: tuple[Rule, ...] = (
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
"""All others. Where everything was answered, they do not look at the clock's answer."""
RULES = (*OF_ANSWER, *OF_KEY)
"""Every rule of a connection. Where several are broken, the first one gives the reason."""


@dataclass(frozen=True, slots=True)
class KeyFindings:
    """What the rules of the key say, and what they were asked about.

    ``exact``: whether the key is bound to declared addresses alone, as a risk level may need it.
    ``until``: when time alone will change any of it. ``subject`` is None where a question failed:
    then any answer may be looked at by any rule.
    """

    findings: tuple[Finding, ...]
    decisive: Finding
    exact: Finding
    until: datetime | None
    subject: tuple[object, ...] | None = field(compare=False)
    at: datetime = field(compare=False)

    def covers(self, case: Case) -> bool:
        """Whether another case is the same but for the time."""
        begun = self.subject is not None and self.at <= case.now
        in_time = begun and (self.until is None or case.now < self.until)
        return in_time and self.subject == case.subject


@dataclass(frozen=True, slots=True)
class Assessment:
    """One observation under the rules: compliant True, False, or None for not known.

    ``unconfirmed``: what stood before still stands. ``held``: it has its cause with others.
    ``until``: when time alone will change any of it. ``of_key``: the part that stands as long as
    the key is told to be the same.
    """

    findings: tuple[Finding, ...]
    compliant: bool | None
    decisive: Finding | None
    unconfirmed: bool
    of_key: KeyFindings
    held: bool = False
    until: datetime | None = None

    @property
    def exact(self) -> Finding:
        return self.of_key.exact


def assess(case: Case, before: KeyFindings | None = None) -> Assessment:
    """Apply every rule.

    The gravest finding decides; among equals one that waits to be confirmed, then one that saw
    the cause itself, then the order of RULES. What was found ``before`` is not looked for again
    where nothing that it rests on has changed.
    """
    of_key = before if before is not None and before.covers(case) else _of_key(case)
    of_answer = _findings(OF_ANSWER, case)
    decisive = _gravest((*of_answer, of_key.decisive), case)
    compliant = {Effect.BLOCK: False, Effect.HOLD: None}.get(decisive.effect, True)
    hold = case.hold if compliant is None else None
    held = hold is not None and decisive.reason in hold.reasons
    waiting = decisive.reason in case.unconfirmed or decisive.reason is Reason.NOT_PROBED
    waits = compliant is None and waiting
    return Assessment(
        (*of_answer, *of_key.findings),
        compliant,
        decisive if decisive.effect > Effect.NONE else None,
        waits or (hold is not None and held and hold.asking),
        of_key,
        held,
        earliest((of_key.until, *(finding.until for finding in of_answer))),
    )


def _of_key(case: Case) -> KeyFindings:
    findings = _findings(OF_KEY, case)
    return KeyFindings(
        findings,
        _gravest(findings, case),
        exactly_restricted(case),
        earliest(finding.until for finding in findings),
        case.subject,
        case.now,
    )


def _findings(rules: tuple[Rule, ...], case: Case) -> tuple[Finding, ...]:
    return tuple(finding for rule in rules if (finding := rule(case)) is not None)


def _gravest(findings: tuple[Finding, ...], case: Case) -> Finding:
    """The first of those that weigh most."""
    return max(findings, key=lambda f: (f.effect, f.reason in case.unconfirmed, not f.derived))
