"""Writes families as text. 1,000 connections are 80,000 samples: the common encoder is too slow."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bf_reconciler.metrics.families import Extras, families
from bf_reconciler.metrics.family import Family
from bf_reconciler.metrics.tallies import Tallies
from bf_reconciler.status import Status

Snapshot = Callable[[], tuple[Status, Extras]]


class StatusCollector(Collector):
    """The families for a registry of prometheus_client, made anew for each scrape."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        for family in families(*self._snapshot()):
            metric = GaugeMetricFamily(family.name, family.text, labels=family.labels)
            for labels, value in family.samples:
                metric.add_metric(labels, value)
            yield metric


class _Rest(Collector):
    """What stands in an exposition beside the families of the Status."""

    def __init__(self, tallies: Tallies, status: Status) -> None:
        self._tallies = tallies
        self._status = status

    def collect(self) -> Iterator[Metric]:
        yield from self._tallies.collect(self._status.strategies)
        yield from PROCESS.collect()


PROCESS = ProcessCollector(registry=None)


def render(status: Status, extras: Extras, tallies: Tallies, accept: str = "") -> tuple[bytes, str]:
    """One scrape, in the format that its ``Accept`` header asks for, and the content type."""
    encode, content_type = choose_encoder(accept)
    # A gauge reads the same in every format; the encoder's part comes last, since it may end it.
    text = "".join(written(families(status, extras)))
    return text.encode(errors="replace") + encode(_Rest(tallies, status)), content_type


class _Escaped(dict[str, str]):
    """Label values as they stand between quotes; each is worked out once per scrape."""

    def __missing__(self, value: str) -> str:
        escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        self[value] = escaped
        return escaped


def written(found: Iterable[Family]) -> Iterator[str]:
    """The text of families. Percent signs cannot stand in names, so that lines are templates."""
    escaped = _Escaped().__getitem__
    for name, text, labels, samples in found:
        yield f"# HELP {name} {text}\n# TYPE {name} gauge\n"
        inside = ",".join(f'{label}="%s"' for label in labels)
        line = (f"{name}{{{inside}}} %s\n" if labels else f"{name} %s\n").__mod__
        yield "".join([line((*map(escaped, at), value)) for at, value in samples])
