"""Builders of values: every default is compliant; override the one thing a test is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bf_reconciler.facts import (
    Balance,
    Clock,
    Failure,
    KeyFacts,
    Observation,
    Orders,
    Reason,
    Scope,
    Seen,
    remember,
    unconfirmed,
)
from bf_reconciler.policy import Case
from bf_reconciler.spec import (
    LOCAL,
    Connection,
    ConnectionEntry,
    Credentials,
    Policy,
    Spec,
    Strategy,
    StrategyEntry,
    Suspend,
)
from bf_reconciler.status import Running, Status, fold
from bf_reconciler.verdict import guard, judge

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ENTRY = "fingerprint"
CONNECTION, STRATEGY = "kucoin-main-grid", "btc-grid"
OWN_IP = "203.0.113.7"


def a_key(*, grant=(), revoke=(), unsaid=(), **changes):
    """A key that reads and trades spot, bound to one address; it denies all else."""
    granted = ({Scope.READ, Scope.SPOT} | set(grant)) - set(revoke) - set(unsaid)
    facts = {
        "granted": frozenset(granted),
        "denied": frozenset(set(Scope) - granted - set(unsaid)),
        "ip_bound": True,
        "ips": (OWN_IP,),
    }
    return KeyFacts(**facts | changes)


def a_withdraw_key(**changes):
    return a_key(grant=[Scope.WITHDRAW], **changes)


def an_unverifiable_key(**changes):
    """A key with a word nobody knows: what it does not grant is not known."""
    key = a_key(**changes)
    others = frozenset(Scope) - key.granted
    return a_key(unsaid=others, unknown_words=("Novelty",), **changes)


def a_failure(reason=Reason.TIMEOUT, **changes):
    return Failure(reason, f"It says {reason}.", **changes)


def an_observation(at=NOW, **answers):
    """One probe with four good answers; ``time=a_failure()`` leaves the signed ones unasked."""
    good = {
        "entry": ENTRY,
        "time": Clock(0.01, 0.05),
        "key": a_key(),
        "balance": Balance(empty=False),
        "orders": Orders(),
    }
    if isinstance(answers.get("time"), Failure):
        good |= {"key": None, "balance": None, "orders": None}
    return Observation(at, **good | answers)


def refused(reason, at=NOW, **changes):
    """A probe whose signed questions all met the same failure."""
    failure = a_failure(reason, **changes)
    return an_observation(at, key=failure, balance=failure, orders=failure)


def an_outage(at=NOW, reason=Reason.TIMEOUT, **changes):
    return an_observation(at, time=a_failure(reason, **changes))


def a_seen(*observations, **changes):
    """What remembering these probes leaves, oldest first; one good probe where none is given."""
    seen = Seen(ENTRY)
    for observation in observations or (an_observation(),):
        seen = remember(seen, observation)
    return replace(seen, **changes)


def a_suspension(**changes):
    return Suspend(**{"reason": "moving house", "owner": "ada", "until": None} | changes)


def a_connection(
    name=CONNECTION, *, fingerprint=ENTRY, interval=MINUTE, origin="current", **fields
):
    declared = {
        "exchange": "kucoin",
        "credentials": Credentials(
            api_key="0123456789abcdef", secret="a secret", passphrase="a passphrase"
        ),
    }
    return ConnectionEntry(
        connection=Connection(name=name, **declared | fields),
        fingerprint=fingerprint,
        line=7,
        origin=origin,
        interval=interval,
        timeout=10 * SECOND,
        pair="BTC/USDT",
    )


def a_strategy(name=STRATEGY, **fields):
    return Strategy(**{"name": name, "connection": CONNECTION, "pairs": ["BTC/USDT"]} | fields)


def a_spec(connections=None, strategies=None, *, policy=None, **changes):
    """One connection with one strategy; ``policy`` names what differs from the default."""
    entries = [a_connection()] if connections is None else connections
    declared = [a_strategy()] if strategies is None else strategies
    whole = {
        "generation": 1,
        "revision": "r1",
        "digest": "sha256:1",
        "policy": Policy(**policy or {}),
        "halt": None,
        "runtimes": {LOCAL.name: LOCAL},
        "connections": {entry.name: entry for entry in entries},
        "strategies": {s.name: StrategyEntry(s, 20, "current") for s in declared},
    }
    return Spec(**whole | changes)


def a_case(observation=None, *, times=2, policy=None, now=NOW, **others):
    """One observation, seen ``times`` in a row, under the rules; others: of the connection."""
    observation = observation or an_observation()
    seen = a_seen(*[observation] * times)
    policy = Policy(**policy or {})
    told = ("hold", "accepted", "twins", "names")
    known = {name: others.pop(name) for name in told if name in others}
    return Case(
        entry=a_connection(**others),
        policy=policy,
        observation=seen.latest,
        unconfirmed=unconfirmed(seen.runs, policy.confirm_after),
        now=now,
        **known,
    )


def obeyed(decisions, before):
    """What runs where every engine does as it is told."""
    rests = {"pause": "paused", "stop": "stopped", "close": "stopped"}
    found = {}
    for decision in decisions.values():
        was = before.strategies.get(decision.name)
        state = was.running if was else "stopped"
        if decision.order is not None:
            state = "running" if decision.order.on else rests[decision.order.action]
        found[decision.name] = Running(state)
    return found


def a_cycle(*observations, before=None, spec=None, seen=None, running=None, now=NOW):
    """The Status after one cycle, from these probes of the one connection."""
    before, spec = before or Status(), spec or a_spec()
    if seen is None:
        seen = {CONNECTION: a_seen(*observations)} if observations else {}
    verdicts = judge(spec, seen, before.halted, now)
    decisions = guard(spec, verdicts, before.memories, now)
    found = obeyed(decisions, before) | (running or {})
    return fold(spec, seen, verdicts, decisions, found, now, before)
