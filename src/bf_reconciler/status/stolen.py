"""If a key is stolen: what a thief can do with it, from where, and what to do in which order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from bf_reconciler.exchanges import EXCHANGES, Exchange
from bf_reconciler.facts import (
    Balance,
    Failure,
    KeyFacts,
    Language,
    Observation,
    Orders,
    Reason,
    Scope,
    Seen,
)
from bf_reconciler.spec import NOTHING_ELSEWHERE
from bf_reconciler.status.model import ConnectionStatus, Status, StrategyStatus
from bf_reconciler.status.moments import written

Can = Literal["yes", "may", "no"]
"""Whether a thief can do something; ``may`` where nobody told."""
WorksFrom = Literal["anywhere", "listed", "hidden", "unknown"]
"""From where a key works. hidden: from addresses of a list that the exchange does not show."""
Step = Literal[
    "revoke",
    "halt",
    "cancel_orders",
    "check_withdrawals",
    "check_payments",
    "check_account",
    "check_transfers",
    "check_products",
    "check_source",
    "rotate",
    "rotate_twins",
    "resume",
]
ORDER: Final = (
    *(Scope.WITHDRAW, Scope.PAY, Scope.ACCOUNT, Scope.FUTURES, Scope.MARGIN, Scope.SPOT),
    *(Scope.TRANSFER, Scope.EARN, Scope.OTHER, Scope.READ, Scope.DEPOSIT),
)
"""Rights, the gravest first."""
TAKES: Final = frozenset({Scope.WITHDRAW, Scope.PAY, Scope.ACCOUNT})
"""Rights by which value leaves, or by which a key gets more rights or another allowlist."""
HARMLESS: Final = frozenset({Scope.READ, Scope.DEPOSIT})
"""Rights by which nothing that the account holds can be lost."""
CHECKS: Final[tuple[tuple[Step, frozenset[Scope]], ...]] = (
    ("check_withdrawals", frozenset({Scope.WITHDRAW})),
    ("check_payments", frozenset({Scope.PAY})),
    ("check_account", frozenset({Scope.ACCOUNT})),
    ("cancel_orders", frozenset({Scope.SPOT, Scope.MARGIN, Scope.FUTURES})),
    ("check_transfers", frozenset({Scope.TRANSFER})),
    ("check_products", frozenset({Scope.EARN, Scope.OTHER})),
)
"""What to look at, and the rights that make it worth a look."""


@dataclass(frozen=True, slots=True)
class Capital:
    """What strategies declare that they may take.

    Attributes:
        sums: Currency to the sum of the limits in it.
        ratio: The sum of the limits that are shares of the balance.
        unlimited: Strategies of which no limit is known.
    """

    sums: Mapping[str, Decimal]
    ratio: Decimal
    unlimited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StolenReport:
    """What a thief of one key has, as far as the last test told.

    Attributes:
        tested: When the key was tested last; None where this key never was.
        accepted: Whether the exchange still lets it in; a refusal may have been of our address.
        rights: Rights that the exchange has, the gravest first.
        unknown_words: Rights that no document explains: nobody knows what they permit.
        origin, listed: From where it works.
        egress_ips: Addresses that are declared to be ours.
        pairs: What strategies trade with it. A thief trades all that its rights permit.
        twins: Other connections with the same key, those of other shards among them.
        same_egress: Other connections that are asked by the same egress.
    """

    connection: ConnectionStatus
    tested: datetime | None
    accepted: Can
    rights: Mapping[Scope, Can]
    unknown_words: tuple[str, ...]
    origin: WorksFrom
    listed: tuple[str, ...]
    egress_ips: tuple[str, ...]
    pairs: tuple[str, ...]
    strategies: tuple[str, ...]
    capital: Capital
    twins: tuple[str, ...]
    same_egress: tuple[str, ...]
    steps: tuple[Step, ...]


def stolen(
    status: Status,
    seen: Seen | None,
    name: str,
    elsewhere: Mapping[str, str] = NOTHING_ELSEWHERE.keys,
) -> StolenReport | None:
    """What a thief of this connection's key has; None where no connection has this name.

    ``elsewhere``: connections of other shards, and a digest of the API key of each.
    """
    known = status.connections.get(name)
    if known is None:
        return None
    runs = seen.runs if seen is not None and known.last_probe is not None else ()
    latest = runs[0].latest if runs else None
    answers = (run.latest.key for run in runs)
    key = next((answer for answer in answers if isinstance(answer, KeyFacts)), None)
    rights = dict(_rights(EXCHANGES.get(known.exchange), key, latest))
    words = key.unknown_words if key is not None else ()
    others = [each for each in status.connections.values() if each.name != name]
    strategies = [each for each in status.strategies.values() if each.connection == name]
    keys = {**{each.name: each.key_fingerprint for each in others}, **elsewhere}
    twins = [each for each, key in keys.items() if key and key == known.key_fingerprint]
    return StolenReport(
        connection=known,
        tested=latest.at if latest is not None else None,
        accepted="yes" if latest is not None and latest.accepted else "may",
        rights=rights,
        unknown_words=words,
        origin=_origin(known, key, latest),
        listed=(key.ips or ()) if key is not None and key.ip_bound is not False else (),
        egress_ips=tuple(known.declared.get("egress_ips", ())),
        pairs=tuple(dict.fromkeys(pair for each in strategies for pair in _pairs(each))),
        strategies=tuple(each.name for each in strategies),
        capital=_capital(strategies),
        twins=tuple(twins),
        same_egress=tuple(each.name for each in others if each.egress == known.egress),
        steps=tuple(_steps(rights, twins, unknown=bool(words))),
    )


def _rights(
    row: Exchange | None, key: KeyFacts | None, latest: Observation | None
) -> Iterator[tuple[Scope, Can]]:
    """Every right that the exchange knows, and what else it told of."""
    known = set(row.people.needs) if row is not None else set(Scope)
    told = key.granted | key.undecided if key is not None else frozenset()
    for scope in ORDER:
        if scope is Scope.READ:
            yield scope, _reads(key, latest)
        elif scope in known or scope in told:
            yield scope, _can(key, scope)


def _can(key: KeyFacts | None, scope: Scope) -> Can:
    says = key.allows(scope) if key is not None else None
    return "may" if says is None else "yes" if says else "no"


def _reads(key: KeyFacts | None, latest: Observation | None) -> Can:
    """A key that may not read all may read a part: what it was let in for, it can see."""
    reads = (latest.balance, latest.orders) if latest is not None else ()
    if any(isinstance(answer, Balance | Orders) for answer in reads):
        return "yes"
    closed = [isinstance(a, Failure) and a.reason is Reason.NO_READ_PERMISSION for a in reads]
    if reads and all(closed):
        return "no"
    told = _can(key, Scope.READ)
    return "may" if told == "no" else told


def _origin(known: ConnectionStatus, key: KeyFacts | None, latest: Observation | None) -> WorksFrom:
    if key is None:
        return "hidden" if latest is not None and _shut_out(known, latest) else "unknown"
    if key.not_understood("allowlist") is not None or key.ip_bound is None:
        return "unknown"
    if not key.ip_bound:
        return "anywhere"
    return "listed" if key.ips else "hidden"


def _shut_out(known: ConnectionStatus, latest: Observation) -> bool:
    """Whether our address was refused by a list that is this key's."""
    row = EXCHANGES.get(known.exchange)
    others = row.refusals.others_lists if row is not None else frozenset()
    return any(
        each.reason is Reason.IP_NOT_ALLOWED and each.code not in others for each in latest.failures
    )


def _pairs(strategy: StrategyStatus) -> Iterable[str]:
    pairs: Iterable[str] = strategy.declared.get("pairs", ())
    return pairs


def _capital(strategies: Iterable[StrategyStatus]) -> Capital:
    """The limits of the strategies that are wanted."""
    sums: dict[str, Decimal] = {}
    ratio, unlimited = Decimal(0), []
    for each in strategies:
        if not each.desired:
            continue
        limit: Mapping[str, Any] = each.declared.get("margin_limit") or {}
        if "amount" in limit and "currency" in limit:
            currency = str(limit["currency"])
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(str(limit["amount"]))
        elif "balance_ratio" in limit:
            ratio += Decimal(str(limit["balance_ratio"]))
        else:
            unlimited.append(each.name)
    return Capital(sums, ratio, tuple(unlimited))


def _steps(rights: Mapping[Scope, Can], twins: Sequence[str], *, unknown: bool) -> Iterator[Step]:
    """What to do first is what limits the loss.

    Where value can leave, each second counts: the key goes first. Where it can only be traded
    away, the halt goes first: it is one command, and engines need the key to take back what they
    have open. Who can only read takes nothing: the next key comes first, and nothing stands still.
    """
    held = {scope for scope, can in rights.items() if can != "no"}
    if held <= HARMLESS and not unknown:
        yield "rotate"
        yield "revoke"
        if twins:
            yield "rotate_twins"
        yield "check_source"
        return
    hurried = bool(held & TAKES) or unknown
    yield "revoke" if hurried else "halt"
    yield "halt" if hurried else "revoke"
    for step, scopes in CHECKS:
        if held & scopes:
            yield step
    yield "check_source"
    yield "rotate"
    if twins:
        yield "rotate_twins"
    yield "resume"


def present_stolen(report: StolenReport, language: Language = "en") -> dict[str, Any]:
    """As ``/api/v1/connections/NAME/stolen`` gives it."""
    known = report.connection
    row = EXCHANGES.get(known.exchange)
    needs = row.people.needs if row is not None else {}
    return {
        "name": known.name,
        "exchange": known.exchange,
        "environment": known.environment,
        "account": known.account,
        "api_key": known.api_key,
        "tested_at": written(report.tested),
        "accepted": report.accepted,
        "rights": [
            {
                "scope": str(scope),
                "right": needs[scope].in_(language) if scope in needs else str(scope),
                "can": can,
            }
            for scope, can in report.rights.items()
        ],
        "unknown_words": list(report.unknown_words),
        "expires_at": written(known.key.expires_at),
        "works_from": report.origin,
        "allowlist": list(report.listed),
        "egress_ips": list(report.egress_ips),
        "markets": list(known.declared.get("markets", ("spot",))),
        "pairs": list(report.pairs),
        "strategies": list(report.strategies),
        "capital": {
            "sums": [
                {"amount": float(amount), "currency": currency}
                for currency, amount in report.capital.sums.items()
            ],
            "balance_ratio": float(report.capital.ratio) or None,
            "unlimited": list(report.capital.unlimited),
        },
        "twins": list(report.twins),
        "same_egress": list(report.same_egress),
        "steps": list(report.steps),
    }
