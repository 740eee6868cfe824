"""Hands the cycle what the prober finished, and counts it for the metrics."""

from collections.abc import Container, Iterable, Mapping

from bf_reconciler.facts import Markets, Observation
from bf_reconciler.metrics import Tallies
from bf_reconciler.probe import Prober
from bf_reconciler.spec import ConnectionEntry, Wanted


class ProbeCounts:
    """Starts probes, and hands over the finished ones."""

    def __init__(self, prober: Prober, tallies: Tallies) -> None:
        self._prober = prober
        self._tallies = tallies
        self._exchanges: dict[str, str] = {}
        self.known_markets: Markets = {}
        """What was last known of the pairs that are wanted."""

    def collect(self) -> Mapping[str, Observation]:
        """What has finished since the last call."""
        finished = self._prober.collect()
        for probed in finished:
            exchange = self._exchanges[probed.name]
            self._tallies.probed(exchange, probed.seconds, probed.results)
        return {probed.name: probed.observation for probed in finished}

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
