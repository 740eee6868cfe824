"""Counters and histograms of this process, which a Status cannot hold as it has no memory."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from bf_reconciler.metrics.family import Sample

PROBE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
REFUSALS = ("missing_token", "wrong_token", "unknown_host", "not_local", "other_site")
FOLDERS = ("state", "strategies")
DETECT_BUCKETS = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 70.0, 90.0, 120.0, 300.0, 600.0)
NOTIFIED = ("delivered", "failed", "refused", "dropped")
CYCLE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Durations:
    """One histogram: how many fell into each bucket, and their sum."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def write(self, family: HistogramMetricFamily, labels: tuple[str, ...]) -> None:
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric(labels, buckets, self._sum)


class Tallies:
    """Counts of one daemon. Safe to call from any thread.

    ``log_dropped`` says how many lines of the log were dropped.
    """

    def __init__(
        self, log_dropped: Callable[[], int] = lambda: 0, altered: Callable[[], int] = lambda: 0
    ) -> None:
        self._altered = altered
        self._log_dropped = log_dropped
        self._turn = threading.Lock()
        self._probes: dict[str, _Durations] = {}
        self._detections: dict[str, _Durations] = {}
        self._late: Counter[tuple[str, ...]] = Counter()
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._transitions: Counter[tuple[str, ...]] = Counter()
        self._key_changes: Counter[tuple[str, ...]] = Counter()
        self._cycles = _Durations(CYCLE_BUCKETS)
        self._errors = 0
        self._drift = 0
        self._rollbacks = 0
        self._beat: float | None = None
        self._lost_beats = 0
        self._lag = _Durations(LAG_BUCKETS)
        self._clients: Counter[tuple[str, ...]] = Counter()
        self._commands: Counter[tuple[str, ...]] = Counter()
        self._refused: Counter[tuple[str, ...]] = Counter({(why,): 0 for why in REFUSALS})
        self._folders: Counter[tuple[str, ...]] = Counter({(folder,): 0 for folder in FOLDERS})
        self._notify_file: bool | None = None
        self._notifications: Counter[tuple[str, ...]] = Counter()
        self._pending: dict[str, tuple[int, float | None]] = {}

    def probed(self, exchange: str, seconds: float, results: Iterable[tuple[str, str]]) -> None:
        """One probe has ended; ``results`` holds each question asked: "ok", or its Reason."""
        with self._turn:
            self._probes.setdefault(exchange, _Durations(PROBE_BUCKETS)).add(seconds)
            for question, result in results:
                self._requests[exchange, question, str(result)] += 1

    def detected(self, exchange: str, seconds: float, *, late: bool) -> None:
        """A change that a probe found could be so old, when it was acted on."""
        with self._turn:
            self._detections.setdefault(exchange, _Durations(DETECT_BUCKETS)).add(seconds)
            self._late[(exchange,)] += late

    def transition(self, strategy: str, to: str, reason: str) -> None:
        """The status word or the reason of a strategy changed."""
        with self._turn:
            self._transitions[strategy, to, reason] += 1

    def key_changed(self, connection: str, exchange: str, what: str) -> None:
        """A fact of the key of a connection changed."""
        with self._turn:
            self._key_changes[connection, exchange, what] += 1

    def reconciled(self, seconds: float) -> None:
        """A cycle reached its end."""
        with self._turn:
            self._cycles.add(seconds)

    def error(self) -> None:
        """A cycle failed with an unexpected error."""
        with self._turn:
            self._errors += 1

    def drifted(self, count: int) -> None:
        """Decisions that stood were not what they should be."""
        with self._turn:
            self._drift += count

    def rollback(self) -> None:
        """An older version of the file was put in force."""
        with self._turn:
            self._rollbacks += 1

    def lagged(self, seconds: float) -> None:
        """The event loop came so late."""
        with self._turn:
            self._lag.add(seconds)

    def heartbeat(self, at: float | None) -> None:
        """A heartbeat was taken at this time, in seconds since 1970; None: it was not."""
        with self._turn:
            if at is None:
                self._lost_beats += 1
            else:
                self._beat = at

    def client_dropped(self, kind: str) -> None:
        """A client of the HTTP server was cut off or refused."""
        with self._turn:
            self._clients[(kind,)] += 1

    def command(self, command: str, token: str) -> None:
        """A person halted or resumed, with the token of this name: empty where it has none."""
        with self._turn:
            self._commands[command, token] += 1

    def request_refused(self, why: str) -> None:
        """A request to the HTTP server was refused."""
        with self._turn:
            self._refused[(why,)] += 1

    def folder_replaced(self, folder: str) -> None:
        """Another folder was found where one of ours was: ``state`` or ``strategies``."""
        with self._turn:
            self._folders[(folder,)] += 1

    def notified(self, receiver: str, outcome: str, count: int = 1) -> None:
        """Messages to a receiver were delivered, failed, refused or dropped."""
        with self._turn:
            self._notifications[receiver, outcome] += count

    def notifications_pending(self, receiver: str, count: int, oldest: float | None) -> None:
        """So many messages wait for a receiver, the oldest since this time."""
        with self._turn:
            self._pending[receiver] = (count, oldest)
            for outcome in NOTIFIED:
                self._notifications[receiver, outcome] += 0

    def notify_file(self, good: bool) -> None:  # noqa: FBT001 # its only word
        """Whether the file of receivers was taken when it was read last."""
        with self._turn:
            self._notify_file = good

    def transitions(self, strategies: Collection[str]) -> list[Sample]:
        """Counts per strategy, new status and reason; those of other strategies are forgotten."""
        return self._of(self._transitions, strategies)

    def key_changes(self, connections: Collection[str]) -> list[Sample]:
        """Counts per connection, exchange and fact; those of other connections are forgotten."""
        return self._of(self._key_changes, connections)

    def _of(self, counts: Counter[tuple[str, ...]], names: Collection[str]) -> list[Sample]:
        with self._turn:
            for key in [key for key in counts if key[0] not in names]:
                del counts[key]
            return [(key, float(count)) for key, count in counts.items()]

    def collect(self) -> Iterator[Metric]:
        """The families beside those of single entries."""
        with self._turn:
            found = (self._of_probes(), self._of_cycles(), self._of_heartbeats())
            return iter([*chain.from_iterable(found), *self._of_notifications()])

    def _of_probes(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily(
            "bf_probe_duration_seconds",
            "Duration of connection probes. They run in the background, not during the scrape.",
            labels=("exchange",),
        )
        for exchange, seconds in self._probes.items():
            seconds.write(durations, (exchange,))
        yield durations
        detections = HistogramMetricFamily(
            "bf_detect_seconds",
            "For each probe, the longest time that a change which it found can have stayed unseen:"
            " from the probe before it to the end of the cycle that acted on it.",
            labels=("exchange",),
        )
        for exchange, seconds in self._detections.items():
            seconds.write(detections, (exchange,))
        yield detections
        yield _counter(
            "bf_detect_late",
            "Probes of bf_detect_seconds whose objective was missed: 10 s after they were due.",
            ("exchange",),
            self._late,
        )
        yield _counter(
            "bf_probe_requests",
            "Requests to exchanges by result: ok, or the reason of the failure.",
            ("exchange", "question", "result"),
            self._requests,
        )

    def _of_heartbeats(self) -> Iterator[Metric]:
        at = GaugeMetricFamily(
            "bf_heartbeat_last_success_timestamp_seconds",
            "When the receiver of --heartbeat-url last took a heartbeat.",
            labels=(),
        )
        if self._beat is not None:
            at.add_metric((), self._beat)
        yield at
        failures = "Heartbeats that the receiver of --heartbeat-url did not take."
        yield CounterMetricFamily("bf_heartbeat_failures", failures, value=self._lost_beats)

    def _of_cycles(self) -> Iterator[Metric]:
        cycles = HistogramMetricFamily(
            "bf_reconcile_duration_seconds", "Duration of completed reconcile cycles."
        )
        self._cycles.write(cycles, ())
        yield cycles
        lag = HistogramMetricFamily(
            "bf_event_loop_lag_seconds",
            "How late the event loop runs what is due; sampled four times a second.",
        )
        self._lag.write(lag, ())
        yield lag
        yield _counter(
            "bf_http_clients_dropped",
            "HTTP clients that were cut off: silent (no request in time), crowded (for a newcomer),"
            " refused (all others were being served), descriptors (none were left).",
            ("kind",),
            self._clients,
        )
        yield _counter(
            "bf_http_requests_refused",
            "HTTP requests that were refused, by reason.",
            ("reason",),
            self._refused,
        )
        yield _counter(
            "bf_commands",
            "Acts of people over HTTP, by token: halt, resume, resume_strategy or drill.",
            ("command", "token"),
            self._commands,
        )
        errors = "Errors of reconcile cycles, including failures to write the journal."
        yield CounterMetricFamily("bf_reconcile_errors", errors, value=self._errors)
        drift = "Decisions that came out otherwise when they were made again from scratch."
        yield CounterMetricFamily("bf_reconcile_drift", drift, value=self._drift)
        rollbacks = "Times that an older version of the file came into force."
        yield CounterMetricFamily("bf_config_rollbacks", rollbacks, value=self._rollbacks)
        yield _counter(
            "bf_folder_replacements",
            "Times that the state folder or a folder of strategy files was deleted or replaced.",
            ("folder",),
            self._folders,
        )
        altered = "Chains of the journal that were not, when it was opened, as they were left."
        yield GaugeMetricFamily("bf_journal_altered", altered, value=self._altered())
        dropped = "Lines of the log that were dropped because nobody read those before them."
        yield CounterMetricFamily("bf_log_dropped", dropped, value=self._log_dropped())

    def _of_notifications(self) -> Iterator[Metric]:
        yield _counter(
            "bf_notifications",
            "Notifications by receiver and outcome: delivered, failed (a try; it is tried again),"
            " refused (given up) or dropped (too many waited, or too long).",
            ("receiver", "outcome"),
            self._notifications,
        )
        pending = GaugeMetricFamily(
            "bf_notifications_pending",
            "Notifications that are not delivered yet.",
            labels=("receiver",),
        )
        oldest = GaugeMetricFamily(
            "bf_notifications_oldest_pending_timestamp_seconds",
            "When the oldest notification that is not delivered was made.",
            labels=("receiver",),
        )
        for receiver, (count, since) in self._pending.items():
            pending.add_metric((receiver,), count)
            if since is not None:
                oldest.add_metric((receiver,), since)
        yield pending
        yield oldest
        file = GaugeMetricFamily(
            "bf_notify_file_last_reload_successful",
            "Whether the file of --notify, and what it names, could be used when read last.",
        )
        if self._notify_file is not None:
            file.add_metric((), self._notify_file)
        yield file


def _counter(
    name: str, text: str, labels: tuple[str, ...], counts: Counter[tuple[str, ...]]
) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family
