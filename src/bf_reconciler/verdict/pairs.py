"""Judges the pairs of a strategy by the public lists of the exchanges."""

from collections.abc import Mapping
from dataclasses import replace

from bf_reconciler.facts import Listed, Markets, Reason
from bf_reconciler.policy import Effect, Finding
from bf_reconciler.spec import ConnectionEntry, Strategy, venue_of

NAMED = 5
"""So many bad pairs are named; the rest is counted."""
WRONG = {Listed.MISSING: "is not listed", Listed.HALTED: "is not trading now"}


def with_pairs(
    permitted: Finding, strategy: Strategy, entry: ConnectionEntry | None, markets: Markets
) -> tuple[Finding, Finding | None]:
    """What a strategy may trade, now that its pairs are looked at, too.

    Returns:
        The condition, and what bars the strategy from being turned on. Neither stops one that
        runs: what is public says nothing of the key, and a position may stand in a pair that is
        no longer traded. A pair of which nothing is known bars nothing.
    """
    listed = markets.get(venue_of(entry), {}) if entry else {}
    bad = [text for pair in strategy.pairs if (text := _wrong(pair, listed))]
    pending = any(listed.get(pair) is Listed.PENDING for pair in strategy.pairs)
    if permitted.status != "True":
        return permitted, None
    if bad:
        message = f"{_some(bad)}."
        found = Finding(permitted.type, "False", Reason.PAIR_NOT_TRADABLE, message, Effect.WARN)
        return found, found
    if pending:
        message = "Its pairs are being looked up."
        return _say(permitted, message), replace(
            permitted, status="Unknown", reason=Reason.NOT_PROBED, message=message
        )
    if all(listed.get(pair) is Listed.TRADES for pair in strategy.pairs):
        return _say(permitted, "Its pairs are trading."), None
    return _say(permitted, "Its pairs were not checked."), None


def _say(permitted: Finding, message: str) -> Finding:
    return replace(permitted, message=f"{permitted.message} {message}")


def _wrong(pair: str, listed: Mapping[str, Listed]) -> str | None:
    words = WRONG.get(listed.get(pair, Listed.TRADES))
    return f"{pair} {words}" if words else None


def _some(texts: list[str]) -> str:
    rest = len(texts) - NAMED
    return ", ".join(texts[:NAMED]) + (f", and {rest} more" if rest > 0 else "")
