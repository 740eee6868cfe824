"""What stands behind the conditions of a connection: what was asked, and what was answered."""

from typing import Any

from bf_reconciler.exchanges import EXCHANGES, Exchange
from bf_reconciler.facts import (
    Balance,
    Clock,
    Failure,
    KeyFacts,
    Language,
    Observation,
    Orders,
    Question,
    Run,
    Scope,
    Seen,
    message_in,
)
from bf_reconciler.spec import Policy
from bf_reconciler.status.model import ConnectionStatus
from bf_reconciler.status.moments import written

Answer = Clock | KeyFacts | Balance | Orders | Failure | None


def evidence(
    known: ConnectionStatus, seen: Seen | None, policy: Policy | None, language: Language = "en"
) -> dict[str, Any]:
    """As ``/api/v1/connections/NAME/evidence`` gives it; what is not known is null.

    ``tested`` is the last test, with how often in a row it came out alike; ``before`` is the last
    one that came out otherwise. What was seen of another key under this name is not told.
    """
    row = EXCHANGES.get(known.exchange)
    runs = seen.runs if seen is not None and known.last_probe is not None else ()
    return {
        "tested": _tested(row, runs[0], language) if runs else None,
        "before": _before(runs[1].latest) if runs[1:] else None,
        "policy": _policy(row, policy) if policy is not None else None,
    }


def _tested(row: Exchange | None, run: Run, language: Language) -> dict[str, Any]:
    latest = run.latest
    return {
        "at": written(latest.at),
        "since": written(run.since),
        "count": run.count,
        "answers": [
            {"question": question, "call": _call(row, question), **_answer(row, answer, language)}
            for question, answer in latest.answers.items()
        ],
    }


def _before(observation: Observation) -> dict[str, Any]:
    reasons = dict.fromkeys(str(failure.reason) for failure in observation.failures)
    return {"at": written(observation.at), "reasons": list(reasons)}


def _call(row: Exchange | None, question: Question) -> str:
    if row is None:
        return ""
    calls = row.calls
    return {
        "time": calls.time.call,
        "key": calls.key.call,
        "balance": calls.balance.call,
        "orders": calls.orders.call,
    }[question].method


def _answer(row: Exchange | None, answer: Answer, language: Language) -> dict[str, Any]:
    found: dict[str, Any] = {
        "result": "answered",
        "reason": None,
        "message": "",
        "http_status": None,
        "code": None,
        "key": None,
    }
    match answer:
        case None:
            found["result"] = "not_asked"
        case Failure():
            found |= {
                "result": "refused" if answer.terminal else "failed",
                "reason": str(answer.reason),
                "message": message_in(answer.message, language),
                "http_status": answer.http_status,
                "code": answer.code,
            }
        case KeyFacts():
            found["key"] = _key(row, answer, language)
        case Balance(empty=True):
            found["message"] = "empty"
        case _:
            pass
    return found


def _key(row: Exchange | None, key: KeyFacts, language: Language) -> dict[str, Any]:
    """The key in the exchange's own words. Of its addresses only how many there are."""

    def words(scopes: frozenset[Scope]) -> list[str]:
        needs = row.people.needs if row is not None else {}
        return [needs[s].in_(language) if s in needs else str(s) for s in sorted(scopes)]

    return {
        "granted": words(key.granted),
        "denied": words(key.denied),
        "unknown_words": list(key.unknown_words),
        "ip_bound": key.ip_bound,
        "addresses": None if key.ips is None else len(key.ips),
        "created_at": written(key.created_at),
        "expires_at": written(key.expires_at),
        "not_understood": [each.field for each in key.unread],
    }


def _policy(row: Exchange | None, policy: Policy) -> dict[str, Any]:
    """As it holds for this exchange; limits of strategies are checked when the file is read."""
    found: dict[str, Any] = policy.model_dump(mode="json", exclude={"risk_levels", "max_removals"})
    if row is not None:  # some exchanges refuse good keys now and then
        found["confirm_after"] = max(policy.confirm_after, row.refusals.confirm)
    return found
