"""The daemon itself: health, config reloads, resource usage."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import INSTANCE, Group, fill, frame
from dashboards.panels import (
    BAD,
    COUNT,
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
RELOADS = {0: ("rejected", BAD), 1: ("accepted", GOOD)}


def dashboard() -> Dashboard:
    """The health of the process."""
    text = "Health of the bf-reconciler daemon: cycles, config reloads, resource usage."
    groups: list[Group] = [
        ("Now", _now()),
        ("The file", _file()),
        ("Cycles", _cycles()),
        ("Alarm", _alarm()),
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
                "Up",
                "Whether Prometheus can scrape the daemon.",
                "bool_yes_no",
                f"min({_all('up')})",
                {LOWEST: BAD, 1: GOOD},
            ),
            "BFReconcilerAbsent",
        ),
        alert(
            number(
                "Time since last cycle",
                "Time since the last completed cycle; one completes every 5 seconds.",
                "s",
                beat,
                {LOWEST: GOOD, 60: FAIR, 120: BAD},
            ),
            "BFReconcilerHeartbeatStale",
        ),
        number("Uptime", "Time since the process started.", "s", start),
        alert(
            name(
                "Watch",
                "How file changes are detected: by file events (watch) or by polling (poll).",
                "mode",
                mode,
            ),
            "BFReconcilerWatchDegraded",
        ),
        alert(
            number(
                "Errors in the file",
                "Errors in the file at the last reload. Warnings do not count.",
                "short",
                f"sum({_all('bf_config_problems')})",
                NONE_WANTED,
            ),
            "BFReconcilerConfigReloadFailing",
        ),
        alert(
            number(
                "Plain-text secrets",
                "Credentials in the file that are not encrypted.",
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
                "Config reloads",
                "Whether the last reload was accepted. If not, the last good file stays in force.",
                {"{{instance}}": _all("bf_config_last_reload_successful")},
                RELOADS,
            ).height(8),
            "BFReconcilerConfigReloadFailing",
        ),
        rows(
            "In force",
            "Revision and digest of the file in force.",
            _all("bf_config_info"),
            {"instance": "Instance", "revision": "Revision", "digest": "Digest"},
        ),
        number(
            "Last accepted reload",
            "When a reload was last accepted.",
            "dateTimeFromNow",
            f"max({_all('bf_config_last_reload_success_timestamp_seconds')}) * 1000",
        ),
        lines(
            "Generation",
            "Counts the accepted revisions.",
            COUNT,
            {"{{instance}}": _all("bf_config_generation")},
        )
        .span(20)
        .height(4),
    ]


def _cycles() -> Sequence[Panel]:
    buckets = f"rate({_all('bf_reconcile_duration_seconds_bucket')}[$__rate_interval])"
    return [
        lines(
            "Cycle duration",
            "Duration of a cycle. Probes run in the background.",
            "s",
            {
                f"p{share}": f"histogram_quantile({share / 100}, sum by (le) ({buckets}))"
                for share in (50, 95, 99)
            },
        ),
        alert(
            lines(
                "Cycles",
                "Completed cycles per second.",
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
            "Cycles aborted by an unexpected error. The log shows the error.",
            COUNT,
            {
                "{{instance}}": "sum by (instance) "
                f"(increase({_all('bf_reconcile_errors_total')}[$__rate_interval]))"
            },
        ),
    ]


def _alarm() -> Sequence[Panel]:
    buckets = f"rate({_all('bf_detect_seconds_bucket')}[$__rate_interval])"
    return [
        alert(
            lines(
                "Time to detect",
                "99th percentile of how long a change of a key can have stayed unseen.",
                "s",
                {"{{exchange}}": f"histogram_quantile(0.99, sum by (exchange, le) ({buckets}))"},
            ).span(12),
            "BFReconcilerDetectionLate",
        ),
        alert(
            lines(
                "Heartbeats not taken",
                "Heartbeats that the dead man's switch did not take. The log shows why.",
                COUNT,
                {
                    "{{instance}}": "sum by (instance) "
                    f"(increase({_all('bf_heartbeat_failures_total')}[$__rate_interval]))"
                },
            ).span(12),
            "BFReconcilerHeartbeatUnsent",
        ),
    ]


def _process() -> Sequence[Panel]:
    return [
        lines(
            "Memory",
            "Resident memory of the process.",
            "bytes",
            {"{{instance}}": _all("process_resident_memory_bytes")},
        ),
        lines(
            "CPU",
            "CPU cores used by the process.",
            "short",
            {"{{instance}}": f"rate({_all('process_cpu_seconds_total')}[$__rate_interval])"},
        ),
        lines(
            "Open files",
            "File descriptors that the process has open, as a share of those it may open.",
            "percentunit",
            {"{{instance}}": f"{_all('process_open_fds')} / {_all('process_max_fds')}"},
        ),
        lines(
            "Scrape",
            "How long Prometheus takes to scrape the daemon.",
            "s",
            {"{{instance}}": _all("scrape_duration_seconds")},
        ).span(12),
        rows(
            "Versions",
            "Versions of the program and its main dependencies.",
            _all("bf_build_info"),
            {
                "instance": "Instance",
                "version": "bf-reconciler",
                "python": "Python",
                "ccxt": "ccxt",
            },
        ),
    ]
