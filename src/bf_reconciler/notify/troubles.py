"""What of a Status is worth a message; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from bf_reconciler.facts import TRANSIENT, ConfigReason, Reason
from bf_reconciler.notify.values import Change, Notice, Severity, Sight, Trouble
from bf_reconciler.policy import Incident
from bf_reconciler.status import (
    OUTAGES,
    ConnectionStatus,
    Status,
    StrategyStatus,
    Transition,
    concerning,
    end_of,
    follows,
)

OF_CONNECTIONS: Mapping[str, Severity] = {
    "Blocked": "critical",
    "Invalid": "critical",
    "Unreachable": "warning",
    "Degraded": "warning",
}
OF_STRATEGIES: Mapping[str, Severity] = {
    "Blocked": "critical",
    "Error": "critical",
    "Holding": "warning",
}
WAITING = frozenset({"Pending"})
"""States that say nothing of what was wrong before."""
REJECTED, HALTED = "Rejected", "Halted"


def sight(status: Status, began: datetime) -> Sight:
    """What is wrong; ``began``: since when this process lives.

    What is restored from an earlier life is neither news nor an end: a restart tells nothing.
    """
    troubles: dict[str, Trouble] = {}
    unknown: set[str] = set()
    states: dict[str, str] = {"config/": "", "halt/": ""}
    wrong = {c.name: c for c in status.connections.values() if str(c.status) in OF_CONNECTIONS}
    follow = _following(status.strategies.values(), wrong)
    causes = _causes(status.incidents)
    for name, connection in status.connections.items():
        key = f"connection/{name}"
        states[key] = str(connection.status)
        if _is_unknown(connection, began):
            unknown.add(key)
        elif name in wrong:
            found = _connection(connection, causes.get(name, ""), follow.get(name, ()))
            if _is_expected(found, connection, status):
                unknown.add(key)
            else:
                troubles[key] = _overrun(found, connection, status)
    for name, strategy in status.strategies.items():
        key = f"strategy/{name}"
        states[key] = str(strategy.status)
        waits = str(strategy.status) in WAITING or f"connection/{strategy.connection}" in unknown
        if waits or (strategy.connection in wrong and follows(strategy, status)):
            unknown.add(key)
        elif str(strategy.status) in OF_STRATEGIES:
            troubles[key] = _strategy(strategy, status.connections.get(strategy.connection))
    for trouble in (*_config(status), *_halt(status)):
        troubles[trouble.key] = trouble
    return Sight(troubles, frozenset(unknown), states, tuple(_notices(status)))


def changes(status: Status, transitions: Iterable[Transition]) -> Iterator[Change]:
    """The changes of keys among these."""
    for event in transitions:
        if event.kind != "key" or event.what is None:
            continue
        known = status.connections.get(event.name)
        yield Change(
            at=event.at,
            name=event.name,
            what=event.what,
            before=event.before,
            after=event.after,
            exchange=known.exchange if known else "",
            environment=known.environment if known else "",
            labels=known.labels if known else {},
        )


def _is_unknown(connection: ConnectionStatus, began: datetime) -> bool:
    state = str(connection.status)
    if state in WAITING:
        return True
    if state in {"Suspended", "Invalid"}:
        return False
    return connection.last_probe is None or connection.last_probe < began


def _causes(incidents: Iterable[Incident]) -> Mapping[str, str]:
    """By connection; a way out explains more than an exchange."""
    found: dict[str, str] = {}
    for incident in sorted(incidents, key=lambda each: each.kind != "egress"):
        for name in incident.connections:
            found.setdefault(name, f"{incident.kind}/{incident.scope}")
    return found


def _following(
    strategies: Iterable[StrategyStatus], wrong: Mapping[str, ConnectionStatus]
) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for strategy in strategies if wrong else ():
        if strategy.connection in wrong and strategy.desired:
            found[strategy.connection] = (*found.get(strategy.connection, ()), strategy.name)
    return found


def _connection(connection: ConnectionStatus, cause: str, follow: tuple[str, ...]) -> Trouble:
    head = connection.conditions[0]
    passing = head.reason in TRANSIENT
    if not cause and passing:
        live = connection.environment == "live"
        scope = connection.exchange if live else f"{connection.exchange} {connection.environment}"
        cause = f"outage/{scope}"
    return Trouble(
        subject="connection",
        name=connection.name,
        state=str(connection.status),
        reason=str(head.reason),
        severity=OF_CONNECTIONS[str(connection.status)],
        since=head.since,
        cause=cause,
        passing=passing,
        exchange=connection.exchange,
        environment=connection.environment,
        labels=connection.labels,
        detail=head.message,
        strategies=follow,
    )


def _is_expected(trouble: Trouble, connection: ConnectionStatus, status: Status) -> bool:
    """Whether it fails as an exchange does during its announced maintenance: that was told."""
    return _is_outage(trouble) and concerning(status, connection, {"under_way"}) is not None


def _overrun(trouble: Trouble, connection: ConnectionStatus, status: Status) -> Trouble:
    late = concerning(status, connection, {"overrun"}) if _is_outage(trouble) else None
    return trouble if late is None else replace(trouble, overran=end_of(late))


def _is_outage(trouble: Trouble) -> bool:
    """A way out that fails is no maintenance of an exchange."""
    return trouble.reason in OUTAGES and not trouble.cause.startswith("egress/")


def _notices(status: Status) -> Iterator[Notice]:
    """What is ahead or goes on. Of what has overrun, the failures are told."""
    for each in status.maintenance:
        if each.phase != "overrun":
            on = each.phase == "under_way"
            yield Notice(*each.place, each.title, each.begins, each.ends, on)


def _strategy(strategy: StrategyStatus, connection: ConnectionStatus | None) -> Trouble:
    """One that fails by itself: its connection is well."""
    head = strategy.conditions[0]
    down = head.reason is Reason.RUNTIME_UNAVAILABLE
    labels = dict(connection.labels) if connection else {}
    return Trouble(
        subject="strategy",
        name=strategy.name,
        state=str(strategy.status),
        reason=str(head.reason),
        severity=OF_STRATEGIES[str(strategy.status)],
        since=head.since,
        cause=f"runtime/{strategy.runtime}" if down else "",
        exchange=connection.exchange if connection else "",
        environment=connection.environment if connection else "",
        labels=labels | dict(strategy.declared.get("labels", {})),
        detail=head.message,
        strategies=(strategy.name,),
    )


def _config(status: Status) -> Iterator[Trouble]:
    config = status.config
    if config.last_reload_successful or config.reason is None:
        return
    plain = config.reason is ConfigReason.PLAINTEXT_SECRET
    yield Trouble(
        subject="config",
        name="",
        state=REJECTED,
        reason=str(config.reason),
        severity="critical" if plain or not status.generation else "warning",
        since=None,
        detail=config.message,
    )


def _halt(status: Status) -> Iterator[Trouble]:
    halt = status.halt
    if halt is None:
        return
    yield Trouble(
        subject="halt",
        name="",
        state=HALTED,
        reason=str(Reason.HALTED),
        severity="warning",
        since=halt.since,
        detail=halt.reason,
        by=halt.by,
    )
