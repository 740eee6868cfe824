"""How the exchanges answer: latency, errors, clocks."""

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
            "Latency, 95 of 100",
            "How long a probe of a connection takes, all questions together: 95 of 100 are faster.",
            "s",
            {"{{exchange}}": f"histogram_quantile(0.95, {by_exchange})"},
        ),
        lines(
            "Latency, median",
            "How long a probe of a connection takes, all questions together: half are faster.",
            "s",
            {"{{exchange}}": f"histogram_quantile(0.5, {by_exchange})"},
        ),
        lines(
            "Requests",
            "Questions put to exchanges in a second.",
            "reqps",
            {"{{exchange}}": f"sum by (exchange) ({every})"},
        ),
        alert(
            lines(
                "Errors",
                "Questions that failed in a second, by the reason.",
                "reqps",
                {"{{exchange}}: {{result}}": f"sum by (exchange, result) ({failed})"},
            ).no_value(NOTHING),
            "BFReconcilerExchangeUnreachable",
        ),
        lines(
            "Share of errors",
            "How many of the questions failed.",
            "percentunit",
            {
                "{{exchange}}": f"sum by (exchange) ({failed})"
                f" / on (exchange) sum by (exchange) ({every})"
            },
        ).no_value(NOTHING),
        alert(
            lines(
                "Clock skew",
                "The furthest that the clock of an exchange is from ours.",
                "s",
                {
                    "{{exchange}}": "max by (exchange) "
                    f"(abs(bf_connection_clock_skew_seconds{{{EXCHANGE}}}))"
                },
            ),
            "BFReconcilerClockSkew",
        ),
    ]
