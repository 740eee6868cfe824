"""How the exchanges respond: latency, errors, clocks."""

from collections.abc import Sequence

from dashboards.frame import EXCHANGE
from dashboards.panels import NOTHING, Panel, alert, lines


def answers() -> Sequence[Panel]:
    """One line per exchange."""
    buckets = f"rate(bf_probe_duration_seconds_bucket{{{EXCHANGE}}}[$__rate_interval])"
    every = f"rate(bf_probe_requests_total{{{EXCHANGE}}}[$__rate_interval])"
    failed = f'rate(bf_probe_requests_total{{{EXCHANGE}, result!="ok"}}[$__rate_interval])'
    by_exchange = f"sum by (exchange, le) ({buckets})"
    return [
        lines(
            "Probe latency (p95)",
            "Duration of a probe, all requests together: 95 % of probes are faster.",
            "s",
            {"{{exchange}}": f"histogram_quantile(0.95, {by_exchange})"},
        ),
        lines(
            "Probe latency (p50)",
            "Duration of a probe, all requests together: half of the probes are faster.",
            "s",
            {"{{exchange}}": f"histogram_quantile(0.5, {by_exchange})"},
        ),
        lines(
            "Requests",
            "Requests to exchanges per second.",
            "reqps",
            {"{{exchange}}": f"sum by (exchange) ({every})"},
        ),
        alert(
            lines(
                "Errors",
                "Failed requests per second, by reason.",
                "reqps",
                {"{{exchange}}: {{result}}": f"sum by (exchange, result) ({failed})"},
            ).no_value(NOTHING),
            "BFReconcilerExchangeUnreachable",
        ),
        lines(
            "Error ratio",
            "Share of the requests that failed.",
            "percentunit",
            {
                "{{exchange}}": f"sum by (exchange) ({failed})"
                f" / on (exchange) sum by (exchange) ({every})"
            },
        ).no_value(NOTHING),
        alert(
            lines(
                "Clock skew",
                "Largest difference between our clock and the clock of an exchange.",
                "s",
                {
                    "{{exchange}}": "max by (exchange) "
                    f"(abs(bf_connection_clock_skew_seconds{{{EXCHANGE}}}))"
                },
            ),
            "BFReconcilerClockSkew",
        ),
    ]
