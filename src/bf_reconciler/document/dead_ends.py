"""Rules that an exchange can never be shown to meet: told before anybody waits for it."""

from collections.abc import Iterable, Mapping

from bf_reconciler.document.entries import Entry
from bf_reconciler.exchanges import EXCHANGES, Exchange
from bf_reconciler.spec import Connection, Policy, Strategy

STRICT = frozenset({"required", "exact"})


def check_connections(
    declared: Iterable[tuple[Entry[Connection], Connection]], policy: Policy
) -> None:
    """Warn of connections that can never comply: their exchange does not report the fact."""
    for entry, connection in declared:
        _connection(entry, connection, EXCHANGES[connection.exchange], policy)


def check_strategies(
    declared: Iterable[tuple[Entry[Strategy], Strategy]],
    exchanges: Mapping[str, str],
    policy: Policy,
) -> None:
    """Warn of strategies that can never be on, by the exchanges of their connections."""
    for entry, strategy in declared:
        exchange = exchanges.get(strategy.connection)
        if exchange is not None:
            _strategy(entry, strategy, EXCHANGES[exchange], policy)


def _connection(
    entry: Entry[Connection], declared: Connection, row: Exchange, policy: Policy
) -> None:
    allowlist = declared.ip_allowlist or policy.ip_allowlist
    if "allowlist" in row.unreported and allowlist in STRICT:
        own = declared.ip_allowlist is not None
        message = (
            f"{row.title} does not report the IP allowlist of a key, so the connection can never"
            f" meet {'' if own else 'policy.'}ip_allowlist: {allowlist}; use recommended here"
        )
        entry.add_problem((("ip_allowlist",) if own else ("exchange",), message), "warning")
    if "creation" in row.unreported and policy.max_key_age is not None:
        message = (
            f"{row.title} does not report when a key was created, so policy.max_key_age is not"
            " checked here; note the day yourself"
        )
        entry.add_problem((("exchange",), message), "warning")
    attested = declared.attest is not None and declared.attest.withdraw_disabled is not None
    if "withdraw" in row.unreported and not attested:
        message = (
            f"{row.title} does not report whether a key can withdraw, so the connection stays"
            " Blocked or Unknown until somebody checks that and adds attest.withdraw_disabled"
        )
        entry.add_problem((("exchange",), message), "warning")


def _strategy(entry: Entry[Strategy], declared: Strategy, row: Exchange, policy: Policy) -> None:
    level = declared.risk_level
    allowlist = policy.risk_levels.of(level).ip_allowlist
    if "allowlist" in row.unreported and allowlist in STRICT:
        message = (
            f"risk level {level} requires an IP allowlist, which {row.title} does not report, so"
            " the strategy can never be turned on; choose another level, or set"
            f" policy.risk_levels.{level}.ip_allowlist: recommended"
        )
        entry.add_problem((("risk_level",), message), "warning")
