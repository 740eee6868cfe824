"""Hands the cycle what the prober finished, and counts it for the metrics."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

from bf_reconciler.facts import Announced, Markets, Observation, Seen
from bf_reconciler.metrics import Tallies
from bf_reconciler.probe import Prober
from bf_reconciler.schedule import detection
from bf_reconciler.spec import ConnectionEntry, Spec, Wanted


class ProbeCounts:
    """Starts probes, and hands over the finished ones."""

    def __init__(self, prober: Prober, tallies: Tallies) -> None:
        self._prober = prober
        self._tallies = tallies
        self._exchanges: dict[str, str] = {}
        self._decided: list[str] = []
        self.known_markets: Markets = {}
        """What was last known of the pairs that are wanted."""

    def collect(self) -> Mapping[str, Observation]:
        """What has finished since the last call."""
        finished = self._prober.collect()
        for probed in finished:
            exchange = self._exchanges[probed.name]
            self._tallies.probed(exchange, probed.seconds, probed.results)
        self._decided += [probed.name for probed in finished]
        return {probed.name: probed.observation for probed in finished}

    def decided(
        self, spec: Spec | None, old: Mapping[str, Seen], new: Mapping[str, Seen], now: datetime
    ) -> None:
        """A turn has acted on what was collected: how late can a change be that it found?"""
        names, self._decided = self._decided, []
        for name in names:
            entry = spec.connections.get(name) if spec is not None else None
            before, after = old.get(name), new.get(name)
            if spec is None or entry is None or before is None or after is None:
                continue
            found = detection(entry, before, after, spec.policy_of(entry))
            if found is not None:
                seconds = max((now - found.since).total_seconds(), 0.0)
                exchange = entry.connection.exchange
                self._tallies.detected(exchange, seconds, late=now > found.due)

    def probe(
        self, due: Iterable[ConnectionEntry], soon: Container[str], forget: Iterable[str]
    ) -> None:
        """Start what is due; drop what is no longer wanted."""
        due = tuple(due)
        self._exchanges |= {entry.name: entry.connection.exchange for entry in due}
        self._prober.forget(forget)
        self._prober.probe(due, soon)

    def markets(self, wanted: Wanted) -> Markets:
        """What is known of these pairs."""
        self.known_markets = self._prober.markets(wanted)
        return self.known_markets

    def announced(self, entries: Mapping[str, ConnectionEntry]) -> Announced:
        """What the exchanges of these tell of maintenance."""
        return self._prober.announced(entries)
