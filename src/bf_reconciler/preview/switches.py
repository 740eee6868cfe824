"""Which strategies would go on or off, and why."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from bf_reconciler.document import Parsed
from bf_reconciler.facts import Reason
from bf_reconciler.preview.in_force import EntryInForce, InForce
from bf_reconciler.preview.values import Change, Entry, Power, Right, Switch
from bf_reconciler.spec import Connection, Strategy, Suspend

Word = tuple[Power, Reason, str]
UP: Final = {"Online", "Degraded"}
ANSWERS: Final = frozenset({"exchange", "environment", "endpoint", "region"})
"""Fields that make another key of it, beside the credentials."""
STRICT: Final = frozenset({"required", "exact"})
JUDGED: Final = ANSWERS | {
    "markets",
    "ip_allowlist",
    "attest",
    "suspend",
    "egress_ips",
    "expect",
}
"""Fields of a connection that its verdict rests on."""
OWN: Final = frozenset({"connection", "market", "pairs", "risk_level"})
"""Fields of a strategy that rules of its own look at."""
SAID: Final = frozenset({Reason.DISABLED, Reason.SUSPENDED, Reason.HALTED})
"""Reasons of people: gone with the word of the file."""
FIRST: Final = "It turns on after the first passed test of its connection."
HOLDS: Final = "It keeps running for policy.grace until its connection is tested."


class Case:
    """What a strategy is looked at with."""

    def __init__(
        self,
        parsed: Parsed,
        standing: InForce,
        connections: Iterable[Entry],
        rights: Iterable[Right],
        now: datetime,
        *,
        halt_changes: bool,
    ) -> None:
        self.parsed, self.standing, self.now = parsed, standing, now
        self.halt_changes = halt_changes
        self.connections = {entry.name: entry for entry in connections}
        self.declared = {connection.name: connection for connection, _ in parsed.connections}
        wanted = list(rights)
        self.lacking = {right.connection for right in wanted if right.held is False}
        self.doubtful = {right.connection for right in wanted if right.held is None}

    def touched(self, connection: str) -> bool:
        """Whether the file changes what the verdict on a connection rests on."""
        entry = self.connections.get(connection)
        return entry is not None and (
            entry.action == "add"
            or entry.credentials == "changed"
            or any(change.known and _root(change) in JUDGED for change in entry.changes)
        )


def _root(change: Change) -> str:
    return change.field.partition(".")[0]


def switches(case: Case, strategies: Iterable[Entry]) -> Iterator[Switch]:
    """Every strategy that would be told something else, and what every new one would be told."""
    declared = {strategy.name: strategy for strategy, _ in case.parsed.strategies}
    for entry in strategies:
        was = case.standing.strategies.get(entry.name)
        before: Power = was.power if was is not None else "off"
        word = _word(case, entry, declared.get(entry.name), was)
        if word is not None and (was is None or word[0] != before):
            yield Switch(entry.name, before, *word)


def _word(
    case: Case, entry: Entry, strategy: Strategy | None, was: EntryInForce | None
) -> Word | None:
    """None where nothing in the file touches it."""
    if entry.action == "remove":
        return "off", Reason.REMOVED, "It is no longer in the file."
    halt = _halted(case) if case.halt_changes or was is None else None
    if strategy is None:
        if halt is not None and was is not None:
            return halt
        if entry.action == "add" or (was is not None and _moved(case, was)):
            return _unread(case, entry, was)
        return None
    same = entry.action in {"keep", "unknown"} and not case.touched(strategy.connection)
    if same and not case.halt_changes:
        return None
    said = _halted(case) or _said(strategy, case.now)
    return said if said is not None else _by_connection(case, entry, strategy, was)


def _moved(case: Case, was: EntryInForce) -> bool:
    """Whether the file changes the connection of a strategy that may run."""
    return was.reason not in {Reason.DISABLED, Reason.HALTED} and case.touched(was.connection)


def _unread(case: Case, entry: Entry, was: EntryInForce | None) -> Word:
    """Nothing can be read of it, or its last good form stays in force."""
    if was is None or entry.action == "unknown":
        unreadable = "Its entry is encrypted; it can only be compared with the key."
        return "unknown", Reason.NOT_PROBED, unreadable
    declared = case.declared.get(was.connection)
    suspend = declared.suspended(case.now) if declared is not None else None
    message = "Its last good version stays in force, and the file changes its connection."
    return _suspended(suspend, "Its connection is suspended") or (
        "unknown",
        Reason.ENTRY_INVALID,
        message,
    )


def _halted(case: Case) -> Word | None:
    halt, standing = case.parsed.halt, case.standing
    if halt is not None:
        return "off", Reason.HALTED, f"Halted by {halt.by}: {halt.reason}"
    if standing.halted is not None and not standing.by_file:
        return "off", Reason.HALTED, f"Halted by {standing.halted.by}: {standing.halted.reason}"
    return None


def _said(strategy: Strategy, now: datetime) -> Word | None:
    if not strategy.enabled:
        return "off", Reason.DISABLED, "The file says enabled: false."
    return _suspended(strategy.suspended(now), "Suspended")


def _suspended(suspend: Suspend | None, what: str) -> Word | None:
    if suspend is None:
        return None
    until = f" until {suspend.until:%Y-%m-%d %H:%M %Z}" if suspend.until else ""
    return "off", Reason.SUSPENDED, f"{what} by {suspend.owner}{until}: {suspend.reason}"


def _by_connection(
    case: Case, entry: Entry, strategy: Strategy, was: EntryInForce | None
) -> Word | None:
    runs = was is not None and was.power == "on"
    waits: Word = ("unknown", Reason.NOT_PROBED, HOLDS if runs else FIRST)
    name = strategy.connection
    declared, planned = case.declared.get(name), case.connections.get(name)
    present = case.standing.connections.get(name)
    if planned is None or (declared is None and present is None):
        return "unknown", Reason.ENTRY_INVALID, "Its connection is invalid in the file."
    suspend = declared.suspended(case.now) if declared is not None else None
    suspended = _suspended(suspend, "Its connection is suspended")
    if suspended is not None:
        return suspended
    if present is None or _another_key(planned):
        return waits
    if name in case.lacking:
        message = "The key's known permissions do not include what its connection now needs."
        futures = strategy.market == "futures"
        reason = Reason.NO_FUTURES_PERMISSION if futures else Reason.NO_TRADE_PERMISSION
        return "off", reason, message
    if present.status == "Blocked" and not case.touched(name):
        return "off", present.reason, present.message
    if present.status == "Blocked":
        message = f"Its connection is Blocked now; the file changes it. {present.message}"
        return "unknown", present.reason, message
    if present.status not in UP:
        return waits
    return _newly_asked(case, planned, present) or _by_rules(case, entry, strategy, was, present)


def _another_key(connection: Entry) -> bool:
    return connection.credentials == "changed" or any(
        change.known and change.field in ANSWERS for change in connection.changes
    )


def _newly_asked(case: Case, planned: Entry, present: EntryInForce) -> Word | None:
    """What the file asks of a good connection from now on, and its status does not answer."""
    declared = case.declared.get(planned.name)
    changed = {_root(change): change for change in planned.changes if change.known}
    if declared is None:
        return None
    strict = (declared.ip_allowlist or case.parsed.policy.ip_allowlist) in STRICT
    if "ip_allowlist" in changed and strict and present.ip_bound is not True:
        power: Power = "off" if present.ip_bound is False else "unknown"
        return (
            power,
            Reason.IP_NOT_RESTRICTED,
            "Its connection requires a key restricted to IP addresses.",
        )
    listed = changed.get("egress_ips")
    more = set(listed.after or ()) - set(listed.before or ()) if listed is not None else set()
    if more and present.ip_bound is not False:
        message = "It is unknown whether the key's allowlist includes the new egress_ips."
        return "unknown", Reason.IP_NOT_ALLOWED, message
    return _by_attestation(case, declared, present) if "attest" in changed else None


def _by_attestation(case: Case, declared: Connection, present: EntryInForce) -> Word | None:
    """Is a person's word gone that counted until now?"""
    attest = declared.attest
    word = attest.withdraw_disabled if attest is not None else None
    if present.attested and (word is None or not word.holds(case.now)):
        message = "It is no longer attested that its key cannot withdraw."
        return "unknown", Reason.WITHDRAW_UNVERIFIABLE, message
    word = attest.trade_permitted if attest is not None else None
    if present.trade_attested and (word is None or not word.holds(case.now)):
        message = "It is no longer attested that its key may trade."
        return "unknown", Reason.UNVERIFIABLE, message
    return None


def _by_rules(
    case: Case, entry: Entry, strategy: Strategy, was: EntryInForce | None, present: EntryInForce
) -> Word | None:
    """Its connection is good now: what stands in its own way?"""
    if was is not None and was.reason is Reason.AWAITING_MANUAL_RESUME:
        return "off", was.reason, f"Run `resume {strategy.name}` to turn it on."
    if strategy.connection in case.doubtful:
        message = "It is unknown whether its key has the newly needed permissions."
        return "unknown", Reason.UNVERIFIABLE, message
    fresh = was is None or any(_root(change) in OWN for change in entry.changes)
    if was is not None and not fresh and was.reason not in SAID:
        return None
    level = case.parsed.policy.risk_levels.of(strategy.risk_level)
    if level.ip_allowlist in STRICT and present.ip_bound is not True:
        message = f"Risk level {strategy.risk_level} requires a key restricted to IP addresses."
        power: Power = "off" if present.ip_bound is False else "unknown"
        return power, Reason.IP_NOT_RESTRICTED, message
    return "on", Reason.CONNECTED, "Its connection complies."
