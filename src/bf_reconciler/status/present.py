"""Status in the shape of the API, with remedies in the reader's language."""

from collections.abc import Mapping
from typing import Any

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import CONFIG_ADVICE, Language, Reason, message_in, remedy
from bf_reconciler.policy import Incident
from bf_reconciler.spec import Handled, handled
from bf_reconciler.status.model import (
    Condition,
    ConfigStatus,
    ConnectionStatus,
    FileStatus,
    Maintenance,
    Status,
    StrategyStatus,
    Transition,
)
from bf_reconciler.status.moments import written
from bf_reconciler.verdict import Halted

ELSEWHERE: Mapping[Language, str] = {
    "en": "A key of another entity of {} ({}) does not exist here: check `region`.",
    "tr": (
        "Başka bir {} kuruluşunun ({}) anahtarı burada "  # noqa: RUF001 # Turkish has a dotless i
        "bulunmaz: `region` değerini kontrol edin."
    ),
}


def present(status: Status, language: Language = "en") -> dict[str, Any]:
    """The whole Status, as ``/api/v1/status`` gives it."""
    return {
        "generation": status.generation,
        "revision": status.revision,
        "digest": status.digest,
        "halted": _halted(status.halt),
        "config": _config(status.config, language),
        "policy": dict(status.policy) if status.policy is not None else None,
        "allow": [dict(each) for each in status.allow] if status.allow is not None else None,
        "incidents": [_incident(incident, language) for incident in status.incidents],
        "maintenance": [_maintenance(each) for each in status.maintenance],
        "connections": [
            present_connection(c, status.generation, language) for c in status.connections.values()
        ],
        "strategies": [
            present_strategy(s, status.generation, language) for s in status.strategies.values()
        ],
    }


def present_connection(
    status: ConnectionStatus, generation: int, language: Language = "en"
) -> dict[str, Any]:
    """One of them; ``generation`` is that of the whole, for which all that is shown holds."""
    return {
        "name": status.name,
        "exchange": status.exchange,
        "account": status.account,
        "environment": status.environment,
        "status": str(status.status),
        "api_key": status.api_key,
        "next_api_key": status.next_api_key or None,
        "conditions": [
            _condition(c, generation, language, status.exchange) for c in status.conditions
        ],
        "key": {
            "scopes": list(status.key.scopes) if status.key.scopes is not None else None,
            "unknown_words": list(status.key.unknown_words),
            "ip_bound": status.key.ip_bound,
            "expires_at": written(status.key.expires_at),
            "expiry_source": status.key.expiry_source,
            "created_at": written(status.key.created_at),
        },
        "labels": dict(status.labels),
        "file": status.file,
        "line": status.line,
        "origin": status.origin,
        "last_probe": written(status.last_probe),
        "last_success": written(status.last_success),
        "next_probe": written(status.next_probe),
        "latency_seconds": _rounded(status.latency_seconds),
        "clock_skew_seconds": _rounded(status.clock_skew_seconds),
        "suspended_until": written(status.suspended_until),
        "attested_until": written(status.attested_until),
        "declared": dict(status.declared),
    }


def present_strategy(
    status: StrategyStatus, generation: int, language: Language = "en"
) -> dict[str, Any]:
    """One of them; ``generation`` is that of the whole, for which all that is shown holds."""
    return {
        "name": status.name,
        "connection": status.connection,
        "runtime": status.runtime,
        "status": str(status.status),
        "desired": status.desired,
        "told": status.told,
        "running": status.running,
        "conditions": [_condition(c, generation, language) for c in status.conditions],
        "file": status.file,
        "line": status.line,
        "origin": status.origin,
        "suspended_until": written(status.suspended_until),
        "unknown_since": written(status.memory.unknown_since) if status.memory else None,
        "declared": dict(status.declared),
        "handling": {name: what._asdict() for name, what in field_handling(status).items()},
    }


def field_handling(status: StrategyStatus) -> Mapping[str, Handled]:
    """What its runtime does with each field that it declares."""
    if status.memory is None:
        return {}
    return handled(status.declared, status.memory.runtime.handling)


def present_transition(transition: Transition, language: Language = "en") -> dict[str, Any]:
    return {
        "at": written(transition.at),
        "kind": transition.kind,
        "name": transition.name,
        "from": transition.before,
        "to": transition.after,
        "reason": str(transition.reason),
        "message": said_of(transition, language),
        "remedy": "" if transition.kind == "halt" else remedy(transition.reason, language),
        "generation": transition.generation,
        "revision": transition.revision,
        "lasted_seconds": _rounded(transition.lasted),
        "by": transition.by,
        "what": transition.what,
    }


def said_of(transition: Transition, language: Language) -> str:
    """Its message. The reason of a halt is in the words of a person."""
    if transition.kind == "halt":
        return transition.message
    return message_in(transition.message, language)


def _condition(
    condition: Condition, generation: int, language: Language, exchange: str | None = None
) -> dict[str, Any]:
    return {
        "type": str(condition.type),
        "status": condition.status,
        "reason": str(condition.reason),
        "message": message_in(condition.message, language),
        "remedy": remedy_at(condition.reason, language, exchange),
        "since": written(condition.since),
        "observed_generation": generation,
    }


def remedy_at(reason: Reason, language: Language, exchange: str | None) -> str:
    """What to do, and where else a key that is not known may belong."""
    found = remedy(reason, language)
    row = EXCHANGES.get(exchange or "")
    if reason is not Reason.INVALID_KEY or row is None or not row.regions:
        return found
    return f"{found} {ELSEWHERE[language].format(row.title, ', '.join(row.regions))}"


def _config(config: ConfigStatus, language: Language) -> dict[str, Any]:
    advice = CONFIG_ADVICE[config.reason][language] if config.reason else None
    return {
        "path": config.path,
        "last_good_in_force": config.last_good_in_force,
        "last_reload_successful": config.last_reload_successful,
        "last_reload_success": written(config.last_reload_success),
        "reason": str(config.reason) if config.reason else None,
        "message": config.message,
        "remedy": advice.remedy if advice else "",
        "plaintext_secrets": config.plaintext_secrets,
        "sealed": config.sealed,
        "base": config.base,
        "files": [_file(file) for file in config.files],
        "shard": config.shard or None,
        "problems": [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "path": problem.path,
                "message": problem.message,
                "severity": problem.severity,
                "reason": str(problem.reason),
            }
            for problem in config.problems
        ],
    }


def _file(file: FileStatus) -> dict[str, Any]:
    return {
        "name": file.name,
        "last_reload_successful": file.last_reload_successful,
        "last_reload_success": written(file.last_reload_success),
        "reason": str(file.reason) if file.reason else None,
        "message": file.message,
        "revision": file.revision,
        "digest": file.digest,
        "sealed": file.sealed,
    }


def _incident(incident: Incident, language: Language) -> dict[str, Any]:
    return {
        "kind": incident.kind,
        "scope": incident.scope,
        "reason": str(incident.reason),
        "remedy": remedy(incident.reason, language),
        "connections": list(incident.connections),
        "since": written(incident.since),
    }


def _maintenance(told: Maintenance) -> dict[str, Any]:
    return {
        "exchange": told.exchange,
        "environment": told.environment,
        "title": told.title,
        "begins": written(told.begins),
        "ends": written(told.ends),
        "phase": told.phase,
    }


def _halted(halted: Halted | None) -> dict[str, Any] | None:
    if halted is None:
        return None
    return {"reason": halted.reason, "by": halted.by, "since": written(halted.since)}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
