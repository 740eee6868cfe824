"""Judges what is declared by what was seen: compliant, not compliant, or not known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from types import MappingProxyType
from typing import NamedTuple

from bf_reconciler.facts import (
    TICK,
    TRANSIENT,
    Markets,
    Reason,
    Run,
    Seen,
    SeenByConnection,
    confirming,
    earliest,
    unconfirmed,
)
from bf_reconciler.policy import (
    AccountNames,
    Assessment,
    Case,
    ConditionType,
    Effect,
    Expected,
    Finding,
    Hold,
    KeyFindings,
    assess,
    common_causes,
    expected,
    watch,
)
from bf_reconciler.spec import ConnectionEntry, Names, Policy, Spec, Strategy, updated
from bf_reconciler.verdict.canary import Look, as_canary, drilled
from bf_reconciler.verdict.pairs import with_pairs
from bf_reconciler.verdict.values import (
    ConnectionState,
    ConnectionVerdict,
    Halted,
    HasTraded,
    StrategyVerdict,
    Verdicts,
)

READY = ConditionType.READY
GOOD = Finding(READY, "True", Reason.CONNECTED, "All rules pass.")
AGED, SLACK = 3, timedelta(minutes=1)
"""So many intervals and deadlines after a probe there has been another, or time has jumped."""


def judge(  # noqa: PLR0913 # the inputs of the line, and whose part of it changed
    spec: Spec,
    seen: SeenByConnection,
    halted: Halted | None,
    now: datetime,
    markets: Markets = MappingProxyType({}),
    before: Verdicts | None = None,
    names: Names | None = None,
    *,
    known: Mapping[str, HasTraded] = MappingProxyType({}),
) -> Verdicts:
    """Judge these connections and strategies; None is all, and the others stay as ``before``.

    ``known`` has what connections were declared to trade before. ``halted`` is a person's; the
    file may add one. The causes that are common to many are those of
    ``before``.
    """
    if spec.halt is not None:
        halted = Halted(spec.halt.reason, spec.halt.by)
    if before is None:
        before = Verdicts({}, {}, halted, common_causes(watch(spec, seen, now), now))

    def connection(name: str) -> ConnectionVerdict | None:
        entry = spec.connections.get(name)
        return (
            None
            if entry is None
            else judge_connection(
                entry,
                spec.policy_of(entry),
                seen.get(name),
                now,
                before.causes.holds.get(name),
                account_of(spec, entry, known.get(name), now),
                _of_key(before.connections.get(name)),
            )
        )

    asked = spec.connections if names is None else names.connections
    connections = updated(before.connections, asked, connection)

    def strategy(name: str) -> StrategyVerdict | None:
        entry = spec.strategies.get(name)
        return (
            None
            if entry is None
            else judge_strategy(
                entry.strategy,
                spec,
                connections.get(entry.strategy.connection),
                halted,
                now,
                markets,
            )
        )

    wanted = spec.strategies if names is None else names.strategies
    strategies = updated(before.strategies, wanted, strategy)
    return Verdicts(connections, strategies, halted, before.causes)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one connection beside what was seen of it."""

    entry: ConnectionEntry
    policy: Policy
    now: datetime
    hold: Hold | None
    twins: tuple[str, ...]
    names: AccountNames
    of_key: KeyFindings | None = None
    """What was found of the key before."""

    def assess(self, every: tuple[Run, ...], index: int) -> Assessment:
        return assess(self.case(every, index), self.of_key if index == 0 else None)

    def case(self, every: tuple[Run, ...], index: int) -> Case:
        """One of these runs, before the rules. The names are remembered with the newest alone."""
        runs, hold = every[index:], self.hold
        latest = runs[0].latest
        return Case(
            self.entry,
            self.policy,
            latest,
            unconfirmed(runs, self.policy.confirm_after),
            self.now,
            hold if hold is not None and latest.at >= hold.since else None,
            next((run.latest for run in runs[1:] if run.latest.accepted), None)
            if latest.refusals
            else None,
            self.twins,
            self.names if index == 0 else None,
        )


class Account(NamedTuple):
    """What is known of the account behind a connection, beside what its entry says.

    Attributes:
        expected: What it may hold and trade; None where nobody declared anything.
        unread: A strategy of it is wrong in the file, and nobody knows what it declares.
        twins: All connections with its key, where there are others.
    """

    expected: Expected | None = None
    unread: bool = False
    twins: tuple[str, ...] = ()

    def strange_assets(self, names: frozenset[str]) -> frozenset[str] | None:
        """Those of these assets that are not expected; None where nothing is compared."""
        if self.expected is None or self.unread:
            return None
        return self.expected.strange_assets(names)

    def strange_pairs(self, names: frozenset[str]) -> frozenset[str] | None:
        """Those of these pairs of orders, likewise."""
        if self.expected is None or self.unread:
            return None
        return self.expected.strange_pairs(names)


NOTHING = Account()


def leaving(
    spec: Spec, name: str, before: HasTraded | None, now: datetime
) -> Mapping[str, datetime]:
    """Pairs that a connection was declared to trade until lately, and until when they count."""
    declared = spec.pairs.get(name, frozenset())
    traded = before.traded if before is not None else None
    return traded.winding_down(declared, now, spec.policy.winding_down) if traded else {}


def _of_key(before: ConnectionVerdict | None) -> KeyFindings | None:
    return before.of_key if before is not None else None


def account_of(
    spec: Spec, entry: ConnectionEntry, before: HasTraded | None, at: datetime
) -> Account:
    """What is known of its account then; ``before`` has what it was declared to trade."""
    declared = spec.pairs.get(entry.name, frozenset())
    may = expected(entry.connection, declared, leaving(spec, entry.name, before, at))
    return Account(may, entry.name in spec.unread, spec.twins.get(entry.name, ()))


def judge_connection(
    entry: ConnectionEntry,
    policy: Policy,
    seen: Seen | None,
    now: datetime,
    hold: Hold | None = None,
    account: Account = NOTHING,
    of_key: KeyFindings | None = None,
) -> ConnectionVerdict:
    """Judge one connection by the runs of its probes; ``of_key`` is what was found of it before.

    A hard failure is forgotten after ``recover_after`` good probes in a row; a terminal answer is
    believed after ``confirm_after`` in a row; what is not known now is what it was when it was
    last known, except that it is never known to be good.
    """
    suspend = entry.suspended(now)
    if suspend is not None:
        until = f" until {suspend.until:%Y-%m-%d %H:%M %Z}" if suspend.until else ""
        message = f"Suspended by {suspend.owner}{until}: {suspend.reason}"
        ready = Finding(READY, "Unknown", Reason.SUSPENDED, message)
        return ConnectionVerdict(
            entry.name, None, ConnectionState.SUSPENDED, ready, (), until=suspend.until
        )
    if seen is None or seen.entry != entry.fingerprint or not seen.runs:
        ready = Finding(READY, "Unknown", Reason.NOT_PROBED, "Not probed yet.")
        return ConnectionVerdict(entry.name, None, ConnectionState.PENDING, ready, ())

    policy = entry.under(policy)
    names = AccountNames(
        account.expected, seen.assets, seen.pairs, seen.held, seen.ordered, account.unread
    )
    known = _Known(entry, policy, now, hold, account.twins, names, of_key)
    canary = entry.connection.canary
    young, old = _life(entry, seen.runs[0].latest.at)
    turns = [moment for moment in (young, old) if moment > now]
    restored = seen.restored or not young <= now < old
    if canary is not None:
        verdict = as_canary(canary, _looks(known, seen.runs), now, policy.grace)
        verdict = drilled(verdict, seen.drill, now)
        return replace(verdict, restored=restored, until=earliest([*turns, verdict.until]))
    history = _history(known, seen.runs)
    newest, oldest = history[0][1], history[-1][1]
    after = policy.confirm_after
    if unconfirmed(seen.runs, after) and not confirming(seen.runs, after):
        newest = replace(newest, unconfirmed=False)  # what stood before stands no longer
    violation = oldest.decisive if oldest.compliant is False else None
    good = sum(run.count for run, _ in takewhile(lambda pair: pair[1].compliant, history))
    conclusion = _concluded(newest, violation, good, policy)
    return ConnectionVerdict(
        entry.name,
        *conclusion,
        newest.findings,
        restored=restored,
        unbound=any(_unbound(one.findings) for _, one in history),
        exact=_exact([one.exact for _, one in history]),
        until=earliest([*turns, *(assessment.until for _, assessment in history)]),
        of_key=newest.of_key,
    )


def _unbound(findings: tuple[Finding, ...]) -> bool:
    """Whether the key is known not to be restricted to addresses."""
    return any(f.type is ConditionType.IP_RESTRICTED and f.status == "False" for f in findings)


def _exact(found: list[Finding]) -> Finding:
    """A list that was too wide is remembered like any violation."""
    wide = (one for one in found if one.status == "False")
    return next(wide, found[0])


def _life(entry: ConnectionEntry, at: datetime) -> tuple[datetime, datetime]:
    """Before when a probe is from the future, and since when older than they get while we run.

    The process was frozen, or a clock was set: nobody knows what has happened meanwhile. Where so
    many wait for our pace that a probe gets as old by that, the next one decides.
    """
    age = SLACK + AGED * (entry.interval + entry.timeout)
    return at - age, at + age + TICK


def _looks(known: _Known, runs: tuple[Run, ...]) -> list[Look]:
    """What each run by itself says, newest first, as far back as to one that is certain."""
    looks: list[Look] = []
    for index, run in enumerate(runs):
        assessment = known.assess(runs, index)
        conclusion = _concluded(assessment, None, 0, known.policy)
        verdict = ConnectionVerdict(
            known.entry.name, *conclusion, assessment.findings, until=assessment.until
        )
        looks.append(Look(run.since, verdict))
        if assessment.compliant is not None:
            break
    return looks


def _history(known: _Known, runs: tuple[Run, ...]) -> list[tuple[Run, Assessment]]:
    """Runs under the rules of today, newest first, as far back as they still matter.

    That is to the last violation, or to a row of good probes that is long enough to forget it.
    """
    history: list[tuple[Run, Assessment]] = []
    row = 0
    for index, run in enumerate(runs):
        assessment = known.assess(runs, index)
        history.append((run, assessment))
        row = row + run.count if assessment.compliant else 0
        if assessment.compliant is False or row >= known.policy.recover_after:
            break
    return history


class _Conclusion(NamedTuple):
    """What a connection is, in a word, and why."""

    compliant: bool | None
    state: ConnectionState | None
    ready: Finding


def _concluded(
    assessment: Assessment, violation: Finding | None, good: int, policy: Policy
) -> _Conclusion:
    decisive = assessment.decisive
    if assessment.compliant is False and decisive is not None:
        ready = Finding(READY, "False", decisive.reason, decisive.message, Effect.BLOCK)
        return _Conclusion(False, ConnectionState.BLOCKED, ready)
    if violation is not None:
        tail = (
            f"Passed {good} of {policy.recover_after} tests since."
            if assessment.compliant
            else "There is no newer result."
        )
        ready = Finding(READY, "False", violation.reason, f"{violation.message} {tail}")
        return _Conclusion(False, ConnectionState.BLOCKED, ready)
    if assessment.compliant is None and decisive is not None:
        ready = Finding(READY, "Unknown", decisive.reason, decisive.message, Effect.HOLD)
        state = (
            None
            if assessment.unconfirmed
            else ConnectionState.UNREACHABLE
            if decisive.reason in TRANSIENT
            or assessment.held
            or decisive.type is ConditionType.REACHABLE
            else ConnectionState.BLOCKED
        )
        return _Conclusion(None, state, ready)
    if decisive is not None:
        ready = Finding(READY, "True", decisive.reason, decisive.message)
        return _Conclusion(True, ConnectionState.DEGRADED, ready)
    return _Conclusion(True, ConnectionState.ONLINE, GOOD)


def judge_strategy(
    strategy: Strategy,
    spec: Spec,
    connection: ConnectionVerdict | None,
    halted: Halted | None,
    now: datetime,
    markets: Markets,
) -> StrategyVerdict:
    """Judge one strategy. What people said goes before what was seen."""
    suspend = strategy.suspended(now)
    ready = _connection_ready(strategy, spec, connection)
    permitted = _market_permitted(strategy, connection)
    market, barred = with_pairs(
        permitted, strategy, spec.connections.get(strategy.connection), markets
    )

    def verdict(
        reason: Reason, message: str, *, on: bool | None = False, violation: bool = False
    ) -> StrategyVerdict:
        old = connection is not None and connection.restored
        until = suspend.until if suspend is not None else None
        return StrategyVerdict(
            strategy, on, reason, message, violation, ready, market, old, barred, until
        )

    if halted is not None:
        return verdict(Reason.HALTED, f"Halted by {halted.by}: {halted.reason}")
    if not strategy.enabled:
        return verdict(Reason.DISABLED, "The file says enabled: false.")
    if suspend is not None:
        message = f"Suspended by {suspend.owner}: {suspend.reason}"
        return verdict(Reason.SUSPENDED, message)
    if connection is not None and connection.state is ConnectionState.SUSPENDED:
        return verdict(Reason.SUSPENDED, "Its connection is suspended.")
    for finding in (ready, permitted):
        if finding.status == "False":
            return verdict(finding.reason, finding.message, violation=True)
    for finding in (ready, permitted):
        if finding.status == "Unknown":
            return verdict(finding.reason, finding.message, on=None)
    return verdict(Reason.CONNECTED, "Its connection complies.", on=True)


def _connection_ready(
    strategy: Strategy, spec: Spec, connection: ConnectionVerdict | None
) -> Finding:
    kind = ConditionType.CONNECTION_READY
    if connection is None:
        if strategy.connection in spec.broken_connections:
            message = "Its connection is invalid in the file."
            return Finding(kind, "Unknown", Reason.ENTRY_INVALID, message)
        message = "Its connection is not in the file."
        return Finding(kind, "Unknown", Reason.CONNECTION_NOT_READY, message)
    if connection.compliant is False:
        reason, message = connection.ready.reason, connection.ready.message
        if connection.ready.status == "True":  # good, but not for that
            reason = Reason.CONNECTION_NOT_READY
            message = "Its connection is a canary, which no strategy may use."
        return Finding(kind, "False", reason, message)
    if connection.compliant is None:
        return Finding(kind, "Unknown", connection.ready.reason, connection.ready.message)
    level = spec.policy.risk_levels.of(strategy.risk_level)
    if level.ip_allowlist == "required":
        bound = next(f for f in connection.findings if f.type is ConditionType.IP_RESTRICTED)
        if bound.status != "True" or connection.unbound:
            message = f"Risk level {strategy.risk_level} requires a key restricted to IP addresses."
            if bound.status == "Unknown" and not connection.unbound:
                return Finding(kind, "Unknown", bound.reason, f"{message} {bound.message}")
            return Finding(kind, "False", Reason.IP_NOT_RESTRICTED, message)
    exact = connection.exact if level.ip_allowlist == "exact" else None
    if exact is not None and exact.status != "True":
        message = f"Risk level {strategy.risk_level} needs an exact allowlist. {exact.message}"
        return Finding(kind, exact.status, exact.reason, message)
    return Finding(kind, "True", Reason.CONNECTED, "Its connection complies.")


def _market_permitted(strategy: Strategy, connection: ConnectionVerdict | None) -> Finding:
    kind = ConditionType.MARKET_PERMITTED
    wanted = (
        ConditionType.FUTURES_PERMITTED
        if strategy.market == "futures"
        else ConditionType.TRADE_PERMITTED
    )
    found = next((f for f in connection.findings if f.type is wanted), None) if connection else None
    if found is None:
        return Finding(kind, "Unknown", Reason.NOT_PROBED, "Not probed yet.")
    return Finding(kind, found.status, found.reason, found.message)
