"""Metric families with series of every connection."""

from datetime import datetime
from typing import Final

from bf_reconciler.facts import Reason, Scope
from bf_reconciler.metrics.entry_family import EntryFamily, NumberFamily, StateFamily, itself
from bf_reconciler.metrics.family import Sample
from bf_reconciler.policy import ConditionType
from bf_reconciler.status import Condition, ConnectionStatus
from bf_reconciler.verdict import ConnectionState

LABELS: Final = ("connection", "exchange")
PERMISSION_STATES: Final = ("granted", "denied", "unknown")
TRUTHS: Final = (("True", "true"), ("False", "false"), ("Unknown", "unknown"))
Conditions = tuple[Condition, ...]
NO_PROBLEM: Final = frozenset(
    {
        Reason.CONNECTED,
        Reason.AS_EXPECTED,
        Reason.NOT_PROBED,
        Reason.SUSPENDED,
        Reason.UNVERIFIABLE,
    }
)
"""Reasons that say that nothing is known, or meant to be; the status tells of them."""


def ready(conditions: Conditions) -> Condition | None:
    return next((each for each in conditions if each.type is ConditionType.READY), None)


def why(conditions: Conditions) -> Reason | None:
    found = ready(conditions)
    return found.reason if found is not None else None


def since(conditions: Conditions) -> datetime | None:
    found = ready(conditions)
    return found.since if found is not None else None


def one(reason: Reason | None) -> list[Sample]:
    return [] if reason is None else [((reason,), 1.0)]


def _states(status: ConnectionState) -> list[Sample]:
    return [((state,), float(state is status)) for state in ConnectionState]


def _truths(conditions: Conditions) -> tuple[tuple[str, str], ...]:
    return tuple([(each.type, each.status) for each in conditions])


def _samples_of_truths(truths: tuple[tuple[str, str], ...]) -> list[Sample]:
    return [
        ((kind, word), float(status == truth)) for kind, status in truths for truth, word in TRUTHS
    ]


def _problems(conditions: Conditions) -> tuple[Reason, ...]:
    if why(conditions) is Reason.AS_EXPECTED:
        return ()  # a canary: what is against it is what it is for
    against = {
        condition.reason
        for condition in conditions
        if condition.reason not in NO_PROBLEM and _is_problem(condition)
    }
    return tuple(sorted(against))


def _is_problem(condition: Condition) -> bool:
    # A connection with mere warnings is Ready, for the reason of the first of them.
    return condition.status != "True" or condition.type is ConditionType.READY


def _permissions(known: tuple[tuple[str, ...], tuple[str, ...]]) -> list[Sample]:
    granted, denied = known
    return [
        ((scope, state), float(state == held))
        for scope in Scope
        for held in ("granted" if scope in granted else "denied" if scope in denied else "unknown",)
        for state in PERMISSION_STATES
    ]


FAMILIES: Final[tuple[EntryFamily[ConnectionStatus], ...]] = (
    StateFamily(
        "bf_connection_info",
        "Declared properties of the connection; always 1.",
        ("account", "exchange_environment"),
        lambda c: (c.account, c.environment),
        itself,
        lambda declared: [(declared, 1.0)],
    ),
    NumberFamily(
        "bf_connection_up",
        "1 if the connection was Online or Degraded at its last probe. Probes run in the"
        " background, not during the scrape.",
        lambda c: c.status,
        lambda status: float(status.up),
    ),
    StateFamily(
        "bf_connection_status",
        "State set: 1 for the current status of the connection.",
        ("status",),
        lambda c: c.status,
        itself,
        _states,
    ),
    NumberFamily(
        "bf_connection_key_expiry_timestamp_seconds",
        "When the key expires, as reported by the exchange or computed from its rule.",
        lambda c: c.key.expires_at,
        itself,
    ),
    NumberFamily(
        "bf_connection_key_created_timestamp_seconds",
        "When the key was created, if the exchange reports it.",
        lambda c: c.key.created_at,
        itself,
    ),
    NumberFamily(
        "bf_connection_clock_skew_seconds",
        "Local clock minus the exchange's clock, at the last probe.",
        lambda c: c.clock_skew_seconds,
        itself,
    ),
    NumberFamily(
        "bf_connection_last_probe_timestamp_seconds",
        "When the connection was last probed, successfully or not.",
        lambda c: c.last_probe,
        itself,
    ),
    NumberFamily(
        "bf_connection_last_success_timestamp_seconds",
        "When the connection last answered all requests of a probe.",
        lambda c: c.last_success,
        itself,
    ),
    StateFamily(
        "bf_connection_condition",
        "State set: 1 for the current status (true, false, unknown) of the condition.",
        ("condition", "status"),
        lambda c: c.conditions,
        _truths,
        _samples_of_truths,
        detail=True,
    ),
    StateFamily(
        "bf_connection_problem",
        "1 for each current problem of the connection, by reason.",
        ("reason",),
        lambda c: c.conditions,
        _problems,
        lambda reasons: [((reason,), 1.0) for reason in reasons],
    ),
    StateFamily(
        "bf_connection_permission",
        "State set: 1 for the state (granted, denied, unknown) of the permission, as last reported"
        " by the exchange.",
        ("permission", "state"),
        lambda c: (c.key.scopes or (), c.key.denied),
        itself,
        _permissions,
        detail=True,
    ),
    StateFamily(
        "bf_connection_status_reason",
        "1 for the reason of the current status of the connection.",
        ("reason",),
        lambda c: c.conditions,
        why,
        one,
    ),
    NumberFamily(
        "bf_connection_status_since_timestamp_seconds",
        "When the connection got its current status and reason.",
        lambda c: c.conditions,
        since,
    ),
    NumberFamily(
        "bf_connection_suspended_until_timestamp_seconds",
        "When the current suspension ends, if the file sets an end.",
        lambda c: c.suspended_until,
        itself,
    ),
    NumberFamily(
        "bf_connection_attestation_expiry_timestamp_seconds",
        "When the attestation that the key cannot withdraw expires, if one is declared.",
        lambda c: c.attested_until,
        itself,
    ),
    NumberFamily(
        "bf_connection_next_probe_timestamp_seconds",
        "When the next background probe is due; absent if it is due now.",
        lambda c: c.next_probe,
        itself,
    ),
)
