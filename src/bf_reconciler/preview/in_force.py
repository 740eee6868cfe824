"""What is in force, read from the status in the shape of the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bf_reconciler.document import Kind, Parsed, declared
from bf_reconciler.facts import Reason
from bf_reconciler.preview.values import Power
from bf_reconciler.spec import Connection, Grant, Policy, Strategy
from bf_reconciler.verdict import Halted

TRADING = frozenset({"TradePermitted", "FuturesPermitted"})
GRANTS: TypeAdapter[tuple[Grant, ...] | None] = TypeAdapter(tuple[Grant, ...] | None)
ON, OFF = {"Enabled", "Holding"}, {"Disabled", "Blocked", "Suspended", "Halted"}


@dataclass(frozen=True, slots=True)
class EntryInForce:
    """One entry in force. ``declared`` is None where an older daemon does not tell it."""

    name: str
    status: str
    reason: Reason
    message: str
    declared: Mapping[str, Any] | None
    exchange: str = ""
    environment: str = ""
    scopes: frozenset[str] | None = None
    ip_bound: bool | None = None
    attested: bool = False
    """Only a person's word says that its key may not withdraw."""
    trade_attested: bool = False
    """Only a person's word says that its key may trade."""
    file: str = ""
    """Which file of a folder it stands in."""
    connection: str = ""
    power: Power = "unknown"


@dataclass(frozen=True, slots=True)
class InForce:
    """Everything in force; ``by_file``: the halt stands in the file.

    ``sealed``: a sealed file was in force, so that an unsealed one is refused.
    """

    connections: Mapping[str, EntryInForce]
    strategies: Mapping[str, EntryInForce]
    halted: Halted | None = None
    by_file: bool = False
    sealed: bool = False
    policy: Policy | None = None
    """None where it is not told, as by an older daemon, or not understood, as of a newer one."""
    allow: tuple[Grant, ...] | None = None
    """What the other files of a folder may declare; None is everything. Known where policy is."""


def in_force(status: Mapping[str, Any]) -> InForce:
    """Read a status of the API.

    Raises:
        KeyError, TypeError: it is no status.
    """
    halted = status["halted"]
    return InForce(
        {c["name"]: _connection(c) for c in status["connections"] if _in_force(c)},
        {s["name"]: _strategy(s) for s in status["strategies"] if _in_force(s)},
        Halted(halted["reason"], halted["by"]) if halted else None,
        by_file=halted is not None and halted["since"] is None,
        sealed=bool(status["config"]["sealed"]),
        **_rules(status),
    )


def of_file(parsed: Parsed) -> InForce:
    """What a file declares, as if it were in force and nothing had been tested."""

    def entry(kind: Kind, found: Connection | Strategy) -> EntryInForce:
        sealed = parsed.sealed.get((kind, found.name), frozenset())
        told = declared(found, sealed)
        if isinstance(found, Strategy):
            power: Power = "on" if found.enabled else "off"
            return EntryInForce(
                *_untested(found.name), told, connection=found.connection, power=power
            )
        return EntryInForce(*_untested(found.name), told, found.exchange, found.environment)

    return InForce(
        {c.name: entry("connections", c) for c, _ in parsed.connections},
        {s.name: entry("strategies", s) for s, _ in parsed.strategies},
        Halted(parsed.halt.reason, parsed.halt.by) if parsed.halt else None,
        by_file=parsed.halt is not None,
        sealed=parsed.seal == "good",
        policy=parsed.policy if parsed.policy_known else None,
        allow=parsed.allow,
    )


def _rules(status: Mapping[str, Any]) -> dict[str, Any]:
    """Policy and grants; of another version, nothing is known of either."""
    if status.get("policy") is None or "allow" not in status:
        return {}
    try:
        policy = Policy.model_validate_json(dumps(status["policy"]))
        return {"policy": policy, "allow": GRANTS.validate_json(dumps(status["allow"]))}
    except ValidationError:
        return {}


def _untested(name: str) -> tuple[str, str, Reason, str]:
    return name, "Pending", Reason.NOT_PROBED, "not tested"


def _in_force(entry: Mapping[str, Any]) -> bool:
    """Neither wrong in the file without a good form, nor on its way out."""
    return bool(entry["origin"] != "none")


def _connection(told: Mapping[str, Any]) -> EntryInForce:
    reason, message = _head(told)
    key = told["key"]
    return EntryInForce(
        told["name"],
        told["status"],
        reason,
        message,
        told.get("declared") or None,
        file=told.get("file", ""),
        exchange=told["exchange"],
        environment=told["environment"],
        scopes=None if key["scopes"] is None else frozenset(key["scopes"]),
        ip_bound=key["ip_bound"],
        attested=("WithdrawDisabled", Reason.WITHDRAW_UNVERIFIABLE)
        in {(condition["type"], condition["reason"]) for condition in told["conditions"]},
        trade_attested=any(
            condition["type"] in TRADING
            and condition["status"] == "True"
            and condition["reason"] == Reason.UNVERIFIABLE
            for condition in told["conditions"]
        ),
    )


def _strategy(told: Mapping[str, Any]) -> EntryInForce:
    reason, message = _head(told)
    return EntryInForce(
        told["name"],
        told["status"],
        reason,
        message,
        told.get("declared") or None,
        file=told.get("file", ""),
        connection=told["connection"],
        power=_power(told["status"], told["running"]),
    )


def _head(told: Mapping[str, Any]) -> tuple[Reason, str]:
    head = told["conditions"][0]
    try:
        return Reason(head["reason"]), head["message"]
    except ValueError:  # of a newer daemon
        return Reason.CONNECTION_NOT_READY, head["message"]


def _power(status: str, running: str) -> Power:
    """What the engine shows; where that is not known, what it was told."""
    if running == "running" or (running == "unknown" and status in ON):
        return "on"
    return "off" if running in {"paused", "stopped"} or status in OFF else "unknown"
