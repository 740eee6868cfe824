"""Judges the pairs of a strategy by the public lists of the exchanges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bf_reconciler.facts import Listed, Markets, Reason
from bf_reconciler.policy import Effect, Finding
from bf_reconciler.spec import ConnectionEntry, Strategy

NAMED = 5
"""So many bad pairs are named; the rest is counted."""
WRONG = {Listed.MISSING: "Not listed", Listed.HALTED: "Not trading now"}


def with_pairs(
    permitted: Finding, strategy: Strategy, entry: ConnectionEntry | None, markets: Markets
) -> tuple[Finding, Finding | None]:
    """What a strategy may trade, now that its pairs are looked at, too.

    Returns:
        The condition, and what bars the strategy from being turned on. Neither stops one that
        runs: what is public says nothing of the key, and a position may stand in a pair that is
        no longer traded. A pair of which nothing is known bars nothing.
    """
    listed = markets.get(entry.venue, {}) if entry else {}
    bad = " ".join(_wrong(strategy.pairs, listed))
    pending = any(listed.get(pair) is Listed.PENDING for pair in strategy.pairs)
    if permitted.status != "True":
        return permitted, None
    if bad:
        found = Finding(permitted.type, "False", Reason.PAIR_NOT_TRADABLE, bad, Effect.WARN)
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


def _wrong(pairs: Sequence[str], listed: Mapping[str, Listed]) -> Iterator[str]:
    """A sentence for each thing that is wrong with pairs."""
    for wrong, words in WRONG.items():
        if names := [pair for pair in pairs if listed.get(pair) is wrong]:
            yield f"{words}: {_some(names)}."


def _some(names: list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
