"""The daemon itself: does it live, does it read its file, what does it cost."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import INSTANCE, Group, fill, frame
from dashboards.panels import (
    BAD,
    FAIR,
    GOOD,
    LOWEST,
    NONE_WANTED,
    Panel,
    alert,
    lines,
    name,
    number,
    rows,
    states,
)

UID = "bf-reconciler-daemon"
TAKEN = {0: ("refused", BAD), 1: ("taken", GOOD)}


def dashboard() -> Dashboard:
    """The health of the process."""
    text = "Whether the daemon of bf-reconciler lives, takes its file, and what it costs."
    groups: list[Group] = [
        ("Now", _now()),
        ("The file", _file()),
        ("Cycles", _cycles()),
        ("Process", _process()),
    ]
    return fill(frame(UID, "bf-reconciler / Daemon", text), groups)


def _all(metric: str) -> str:
    return f"{metric}{{{INSTANCE}}}"


def _now() -> Sequence[Panel]:
    beat = f"time() - min({_all('bf_reconcile_last_completed_timestamp_seconds')})"
    start = f"time() - max({_all('process_start_time_seconds')})"
    mode = f"{_all('bf_watch_mode')} == 1"
    return [
        alert(
            number(
                "Answers",
                "Whether Prometheus could read the daemon's metrics.",
                "bool_yes_no",
                f"min({_all('up')})",
                {LOWEST: BAD, 1: GOOD},
            ),
            "BFReconcilerAbsent",
        ),
        alert(
            number(
                "Heartbeat",
                "How long ago the last cycle reached its end; one does every 5 seconds.",
                "s",
                beat,
                {LOWEST: GOOD, 60: FAIR, 120: BAD},
            ),
            "BFReconcilerHeartbeatStale",
        ),
        number("Up for", "How long the process runs.", "s", start),
        alert(
            name(
                "Watch",
                "How changes of the file are learnt of: told by the system (watch), or looked for"
                " (poll).",
                "mode",
                mode,
            ),
            "BFReconcilerWatchDegraded",
        ),
        alert(
            number(
                "Errors in the file",
                "Errors found in the last reading of the file; warnings do not count.",
                "short",
                f"sum({_all('bf_config_problems')})",
                NONE_WANTED,
            ),
            "BFReconcilerConfigReloadFailing",
        ),
        alert(
            number(
                "Plain-text secrets",
                "Credentials that stand in the file unencrypted.",
                "short",
                f"sum({_all('bf_config_plaintext_secrets')})",
                NONE_WANTED,
            ),
            "BFReconcilerPlaintextSecrets",
        ),
    ]


def _file() -> Sequence[Panel]:
    return [
        alert(
            states(
                "Readings of the file",
                "Whether the last reading was taken. While one is refused, an older one stays in"
                " force.",
                {"{{instance}}": _all("bf_config_last_reload_successful")},
                TAKEN,
            ).height(8),
            "BFReconcilerConfigReloadFailing",
        ),
        rows(
            "In force",
            "Revision and digest of the file that is in force.",
            _all("bf_config_info"),
            {"instance": "Instance", "revision": "Revision", "digest": "Digest"},
        ),
        number(
            "Last taken",
            "When a reading of the file was last taken.",
            "dateTimeFromNow",
            f"max({_all('bf_config_last_reload_success_timestamp_seconds')}) * 1000",
        ),
        lines(
            "Generation",
            "Counts the revisions that were taken.",
            "short",
            {"{{instance}}": _all("bf_config_generation")},
        )
        .span(20)
        .height(4),
    ]


def _cycles() -> Sequence[Panel]:
    buckets = f"rate({_all('bf_reconcile_duration_seconds_bucket')}[$__rate_interval])"
    return [
        lines(
            "Duration of cycles",
            "How long a cycle takes from its begin to its end. Probes run beside it.",
            "s",
            {
                f"{share} of 100": f"histogram_quantile({share / 100}, sum by (le) ({buckets}))"
                for share in (50, 95, 99)
            },
        ),
        alert(
            lines(
                "Cycles",
                "Cycles that reached their end, in a second.",
                "ops",
                {
                    "{{instance}}": "sum by (instance) "
                    f"(rate({_all('bf_reconcile_duration_seconds_count')}[$__rate_interval]))"
                },
            ),
            "BFReconcilerHeartbeatStale",
        ),
        lines(
            "Errors",
            "Cycles that were broken off by something unforeseen; the log holds what it was.",
            "short",
            {
                "{{instance}}": "sum by (instance) "
                f"(increase({_all('bf_reconcile_errors_total')}[$__rate_interval]))"
            },
        ),
    ]


def _process() -> Sequence[Panel]:
    return [
        lines(
            "Memory",
            "Memory that the process holds.",
            "bytes",
            {"{{instance}}": _all("process_resident_memory_bytes")},
        ),
        lines(
            "CPU",
            "Cores that the process is busy with.",
            "short",
            {"{{instance}}": f"rate({_all('process_cpu_seconds_total')}[$__rate_interval])"},
        ),
        lines(
            "Open files",
            "Files and connections that the process holds open, and how many it may.",
            "short",
            {
                "{{instance}} open": _all("process_open_fds"),
                "{{instance}} limit": _all("process_max_fds"),
            },
        ),
        lines(
            "Scrape",
            "How long Prometheus takes to read the metrics.",
            "s",
            {"{{instance}}": _all("scrape_duration_seconds")},
        ).span(12),
        rows(
            "Versions",
            "What the process is made of.",
            _all("bf_build_info"),
            {
                "instance": "Instance",
                "version": "bf-reconciler",
                "python": "Python",
                "ccxt": "ccxt",
            },
        ),
    ]
