"""One connection: what is known about it, and since when."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import (
    CONNECTION,
    EXCHANGE,
    INSTANCE,
    STATUS_COLORS,
    Group,
    exchanges,
    fill,
    frame,
    labels,
)
from dashboards.panels import (
    BAD,
    COUNT,
    FAIR,
    GOOD,
    LOWEST,
    NOTHING,
    Panel,
    alert,
    leads,
    lines,
    name,
    number,
    painted,
    rows,
    states,
)

UID = "bf-reconciler-connection"
PAGE = "${page}/connections/${connection:percentencode}"
YES_NO = {0: ("no", BAD), 1: ("yes", GOOD)}
TRUTHS = {0: ("false", BAD), 1: ("unknown", FAIR), 2: ("true", GOOD)}


def dashboard() -> Dashboard:
    """Everything about the connection selected by the variable ``connection``."""
    text = "One connection: status, conditions, permissions, key and strategies."
    series = f"bf_connection_info{{{EXCHANGE}}}"
    one = labels("connection", "Connection", series)
    made = frame(UID, "bf-reconciler / Connection", text, [exchanges(), one])
    groups: list[Group] = [
        ("Now", [*_now(), *_times()]),
        ("Conditions", _conditions()),
        ("Key", _key()),
        ("Probes", _probes()),
        ("Strategies", _strategies()),
    ]
    return fill(made, groups)


def _now() -> Sequence[Panel]:
    status = name(
        "Status",
        "Status of the connection. Its status page says what to do.",
        "status",
        f"bf_connection_status{{{CONNECTION}}} == 1",
    )
    reason = name(
        "Reason",
        "Why the connection has this status.",
        "reason",
        f"bf_connection_status_reason{{{CONNECTION}}}",
    )
    since = f"time() - max(bf_connection_status_since_timestamp_seconds{{{CONNECTION}}})"
    created = f"time() - max(bf_connection_key_created_timestamp_seconds{{{CONNECTION}}})"
    left = f"min(bf_connection_key_expiry_timestamp_seconds{{{CONNECTION}}}) - time()"
    return [
        leads(painted(status, STATUS_COLORS), "Status page", PAGE),
        leads(reason, "Status page", PAGE),
        number("Time in status", "Time in this status, for this reason.", "s", since),
        alert(
            number(
                "Key expires in",
                "None where the exchange reports no expiry and publishes no rule.",
                "s",
                left,
                {LOWEST: BAD, 3 * 86400: FAIR, 14 * 86400: GOOD},
            ),
            "BFReconcilerKeyExpiring",
        ),
        number("Key age", "None where the exchange does not report it.", "s", created),
        name(
            "Exchange",
            "The exchange of the connection.",
            "exchange",
            f"bf_connection_info{{{CONNECTION}}}",
        ),
    ]


def _times() -> Sequence[Panel]:
    probed = f"time() - max(bf_connection_last_probe_timestamp_seconds{{{CONNECTION}}})"
    answered = f"time() - max(bf_connection_last_success_timestamp_seconds{{{CONNECTION}}})"
    facts = rows(
        "Declared",
        "What the file declares for the connection.",
        f"bf_connection_info{{{CONNECTION}}}",
        {"exchange": "Exchange", "account": "Account", "exchange_environment": "Environment"},
    )
    return [
        alert(
            number("Last probe", "Time since the last probe.", "s", probed),
            "BFReconcilerProbeStale",
        ),
        number("Last success", "Time since all requests of a probe last succeeded.", "s", answered),
        number(
            "Next probe",
            "When the next probe is due.",
            "dateTimeFromNow",
            f"max(bf_connection_next_probe_timestamp_seconds{{{CONNECTION}}}) * 1000",
        ),
        facts.height(4),
    ]


def _conditions() -> Sequence[Panel]:
    series = f"bf_connection_condition{{{CONNECTION}"
    truth = f'2 * max by (condition) ({series}, status="true"}}) + max by (condition) ({series}'
    granted = f"bf_connection_permission{{{CONNECTION}}} == 1"
    return [
        states(
            "Conditions",
            "Each condition over time: true, false, or unknown while the exchange is unreachable.",
            {"{{condition}}": truth + ', status="unknown"})'},
            TRUTHS,
        ),
        states(
            "Usable",
            "Whether the connection was Online or Degraded.",
            {"usable": f"max(bf_connection_up{{{CONNECTION}}})"},
            YES_NO,
        ),
        alert(
            rows(
                "Problems",
                "Every reason against the connection now.",
                f"bf_connection_problem{{{CONNECTION}}}",
                {"reason": "Reason"},
            ).no_value(NOTHING),
            "BFReconcilerConnectionBlocked",
        ),
        alert(
            rows(
                "Permissions",
                "What the key may do, according to the last probe that the exchange answered.",
                granted,
                {"permission": "Permission", "state": "State"},
            ),
            "BFReconcilerConnectionWithdrawEnabled",
        ),
    ]


def _key() -> Sequence[Panel]:
    changed = f"increase(bf_connection_key_changes_total{{{CONNECTION}}}[$__rate_interval])"
    return [
        alert(
            lines(
                "Changes of the key",
                "Changes of its permissions, allowlist and other facts. The first one since a start"
                " of the daemon does not show here; `history --rights` has all of them.",
                COUNT,
                {"{{what}}": f"sum by (what) ({changed})"},
            )
            .no_value(NOTHING)
            .span(24),
            "BFReconcilerKeyWidened",
        ),
    ]


def _probes() -> Sequence[Panel]:
    of_it = f"on (job, instance, exchange) bf_connection_info{{{CONNECTION}}}"
    buckets = f"rate(bf_probe_duration_seconds_bucket{{{EXCHANGE}}}[$__rate_interval])"
    failed = f'rate(bf_probe_requests_total{{{EXCHANGE}, result!="ok"}}[$__rate_interval])'
    quantiles = {
        f"p{share}": f"histogram_quantile({share / 100}, sum by (le) ({buckets} and {of_it}))"
        for share in (50, 95)
    }
    return [
        alert(
            lines(
                "Clock skew",
                "Our clock minus the clock of the exchange at the last probe.",
                "s",
                {"skew": f"max(bf_connection_clock_skew_seconds{{{CONNECTION}}})"},
            ),
            "BFReconcilerClockSkew",
        ),
        lines(
            "Exchange latency",
            "Duration of probes, over all connections to the same exchange.",
            "s",
            quantiles,
        ),
        lines(
            "Exchange errors",
            "Failed requests per second, over all connections to the same exchange.",
            "reqps",
            {"{{question}}: {{result}}": f"sum by (question, result) ({failed} and {of_it})"},
        ).no_value(NOTHING),
    ]


def _strategies() -> Sequence[Panel]:
    reason = f"bf_strategy_status_reason{{{CONNECTION}}}"
    status = f"bf_strategy_status{{{CONNECTION}}} == 1"
    moved = f"increase(bf_strategy_transitions_total{{{INSTANCE}}}[$__rate_interval])"
    ours = f"on (job, instance, strategy) bf_strategy_desired{{{CONNECTION}}}"
    told = f"max by (strategy) (bf_strategy_told{{{CONNECTION}}})"
    confirmed = f"max by (strategy) (bf_strategy_running{{{CONNECTION}}})"
    columns = {"strategy": "Strategy", "runtime": "Runtime", "status": "Status", "reason": "Reason"}
    return [
        rows(
            "Strategies",
            "The strategies of the connection, with status and reason.",
            f"({reason}) * on (job, instance, strategy) group_left (status) ({status})",
            columns,
        ),
        states(
            "Told to run, and confirmed running",
            "Whether each strategy is told to run, and whether its engine confirms that it runs.",
            {
                "{{strategy}}: told": told,
                "{{strategy}}: confirmed": confirmed,
            },
            YES_NO,
        ),
        lines(
            "Transitions",
            "Changes of the status or reason of its strategies.",
            COUNT,
            {
                "{{strategy}} {{to}}: {{reason}}": "sum by (strategy, to, reason) "
                f"({moved} and {ours})"
            },
        ).span(24),
    ]
