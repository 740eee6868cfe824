"""The overview: status of the whole fleet, and what needs attention."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink

from dashboards.answers import answers
from dashboards.frame import EXCHANGE, INSTANCE, STATUS_COLORS, Group, exchanges, fill, frame
from dashboards.panels import (
    BAD,
    COUNT,
    FAIR,
    GOOD,
    LOWEST,
    NONE_WANTED,
    NOTHING,
    Panel,
    alert,
    bars,
    in_color,
    leads,
    lines,
    name,
    number,
    rows,
    stacked,
    unit_of,
)

UID = "bf-reconciler-overview"
OF_CONNECTION = "job, instance, connection"
# Strategy metrics have no exchange label; it comes from their connection.
OURS = f"on ({OF_CONNECTION}) bf_connection_info{{{EXCHANGE}}}"
LEFT = f"bf_connection_key_expiry_timestamp_seconds{{{EXCHANGE}}} - time()"
DESIRED = f"bf_strategy_desired{{{INSTANCE}}}"
TOLD = f"bf_strategy_told{{{INSTANCE}}}"
RUNNING = f"bf_strategy_running{{{INSTANCE}}}"
DETAIL = (
    "/d/bf-reconciler-connection?var-connection=${__data.fields.Connection}"
    "&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}"
)


def dashboard() -> Dashboard:
    """Everything at first glance."""
    text = "Status of all connections and strategies, and what needs attention."
    made = frame(UID, "bf-reconciler / Overview", text, [exchanges()])
    groups: list[Group] = [
        ("Now", _now()),
        ("Alerts", [_alerts()]),
        ("Connections", [*_connections(), _every_connection()]),
        ("Strategies", _strategies()),
        ("Keys", _keys()),
        ("Exchanges", answers()),
    ]
    return fill(made, groups)


def _of(status: str) -> str:
    return f'sum(bf_connection_status{{{EXCHANGE}, status="{status}"}})'


def _strategy(expr: str) -> str:
    return f"{expr} and {OURS}"


def _now() -> Sequence[Panel]:
    up = f"bf_connection_up{{{EXCHANGE}}}"
    # Off are also those that were never told anything, and those whose engine disobeys.
    disobeys = f'bf_strategy_status_reason{{{INSTANCE}, reason=~"Engine.+"}}'
    on = f"({TOLD} unless ignoring (reason) {disobeys} or 0 * {DESIRED})"
    unseen = (
        f'max without (reason) (bf_strategy_status_reason{{{INSTANCE}, reason="StillRunning"}})'
    )
    against = f"({unseen} or {RUNNING} * (1 - {TOLD}))"
    halted = f"max(bf_halted{{{INSTANCE}}})"
    return [
        number(
            "Usable connections",
            "Online or Degraded, as a share of all declared connections.",
            "percentunit",
            f"sum({up}) / count({up})",
            {LOWEST: BAD, 0.9: FAIR, 1: GOOD},
        ),
        alert(
            number(
                "Blocked",
                "Connections that break a rule and need a person. The table below shows why.",
                "short",
                _of("Blocked"),
                NONE_WANTED,
            ),
            "BFReconcilerConnectionBlocked",
        ),
        alert(
            number(
                "Unreachable",
                "Connections whose exchange, or the network path to it, is down. They recover on"
                " their own.",
                "short",
                _of("Unreachable"),
                {LOWEST: GOOD, 1: FAIR},
            ),
            "BFReconcilerConnectionUnreachable",
        ),
        alert(
            number(
                "Desired but off",
                "Strategies that are enabled in the file but are not told to run, or whose engine"
                " refuses to.",
                "short",
                f"sum({_strategy(f'{DESIRED} * (1 - {on})')})",
                {LOWEST: GOOD, 1: FAIR},
            ),
            "BFReconcilerStrategyOff",
        ),
        alert(
            number(
                "Running although off",
                "Strategies that were turned off and still run, or do not show that they stopped."
                " Stop them by hand.",
                "short",
                f"sum({_strategy(against)})",
                NONE_WANTED,
            ),
            "BFReconcilerStrategyStillRunning",
        ),
        alert(
            number(
                "Halted",
                "Whether the kill switch is on. If so, every strategy is off.",
                "bool_yes_no",
                halted,
                NONE_WANTED,
            ),
            "BFReconcilerHaltedForLong",
        ),
    ]


def _connections() -> Sequence[Panel]:
    reason = f"bf_connection_status_reason{{{EXCHANGE}}}"
    blocked = f'bf_connection_status{{{EXCHANGE}, status="Blocked"}} == 1'
    since = f"bf_connection_status_since_timestamp_seconds{{{EXCHANGE}}}"
    trouble = f'bf_connection_status{{{EXCHANGE}, status=~"Blocked|Unreachable|Invalid"}} == 1'
    down = f"{reason} and on ({OF_CONNECTION}) ({trouble})"
    columns = {"connection": "Connection", "exchange": "Exchange", "reason": "Reason"}
    attention = rows(
        "Needs attention",
        "Connections with a problem, the reason, and for how long. The status page shows the"
        " remedy.",
        f"time() - ({down}) * on ({OF_CONNECTION}) group_left {since}",
        columns | {"Value": "Time in status"},
    )
    attention = unit_of(
        leads(attention, "Status page", "${page}/"), "Time in status", "dtdurations"
    )
    attention = attention.data_links([DashboardLink("Details").url(DETAIL)]).no_value(NOTHING)
    return [
        stacked(
            "Connections by status",
            "Number of connections in each status.",
            COUNT,
            {"{{status}}": f"sum by (status) (bf_connection_status{{{EXCHANGE}}})"},
            STATUS_COLORS,
        ).span(16),
        alert(
            bars(
                "Blocked by reason",
                "Number of blocked connections for each reason.",
                "short",
                {
                    "{{reason}}": f"sort_desc(count by (reason) ({reason}"
                    f" and on ({OF_CONNECTION}) ({blocked})))"
                },
                {LOWEST: BAD},
            ).no_value(NOTHING),
            "BFReconcilerConnectionBlocked",
        ),
        attention,
        alert(
            rows(
                "Incidents",
                "Many connections that fail with the same cause, reported as one: a problem at the"
                " exchange (outage) or a change of our own address (egress).",
                f"max by (kind, scope, reason) (bf_incident{{{INSTANCE}}})",
                {"kind": "Kind", "scope": "Where", "reason": "Reason", "Value": "Connections"},
            ).no_value(NOTHING),
            "BFReconcilerExchangeUnreachable",
        ),
    ]


def _alerts() -> Panel:
    """Rules drop the instance, so alerts are those of every daemon that Prometheus watches."""
    panel = rows(
        "Firing alerts",
        "Alerts of all daemons that fire now. Each has an entry in the runbook.",
        'max by (alertname, severity, exchange, connection, strategy) (ALERTS{alertstate="firing",'
        ' alertname=~"BFReconciler.+"})',
        {
            "alertname": "Alert",
            "severity": "Severity",
            "exchange": "Exchange",
            "connection": "Connection",
            "strategy": "Strategy",
        },
    )
    panel = in_color(panel, "Severity", {"critical": BAD, "warning": FAIR})
    panel = leads(panel, "Runbook", "${runbook}").no_value(NOTHING)
    return panel.span(24).height(7)


def _every_connection() -> Panel:
    info = f"group_left (account, environment) bf_connection_info{{{EXCHANGE}}}"
    reason = f"group_left (reason) bf_connection_status_reason{{{EXCHANGE}}}"
    status = f"group_left (status) (bf_connection_status{{{EXCHANGE}}} == 1)"
    since = f"time() - bf_connection_status_since_timestamp_seconds{{{EXCHANGE}}}"
    panel = rows(
        "All connections",
        "Every declared connection, its status, the reason, and how long it has been so.",
        f"({since})"
        + "".join(f" * on ({OF_CONNECTION}) {each}" for each in (info, reason, status)),
        {
            "connection": "Connection",
            "exchange": "Exchange",
            "account": "Account",
            "environment": "Environment",
            "status": "Status",
            "reason": "Reason",
            "Value": "Time in status",
        },
    )
    panel = in_color(unit_of(panel, "Time in status", "dtdurations"), "Status", STATUS_COLORS)
    panel = panel.data_links([DashboardLink("Details").url(DETAIL)]).filterable(True)
    return panel.span(24).height(10)


def _strategies() -> Sequence[Panel]:
    moved = f"increase(bf_strategy_transitions_total{{{INSTANCE}}}[$__rate_interval])"
    return [
        alert(
            lines(
                "Desired, told and running",
                "Number of strategies that are enabled, that are told to run, and that their"
                " engine confirms to run.",
                COUNT,
                {
                    "desired": f"sum({_strategy(DESIRED)})",
                    "told to run": f"sum({_strategy(TOLD)})",
                    "confirmed running": f"sum({_strategy(RUNNING)})",
                },
            ),
            "BFReconcilerStrategyOff",
        ),
        stacked(
            "Strategies by status",
            "Number of strategies in each status.",
            COUNT,
            {
                "{{status}}": "sum by (status) ("
                + _strategy(f"bf_strategy_status{{{INSTANCE}}}")
                + ")"
            },
            STATUS_COLORS,
        ),
        lines(
            "Transitions",
            "Changes of the status or reason of strategies. Many of them without a commit point to"
            " an unstable exchange.",
            COUNT,
            {"{{to}}: {{reason}}": f"sum by (to, reason) ({moved})"},
        ),
    ]


def _keys() -> Sequence[Panel]:
    return [
        alert(
            bars(
                "Days until expiry",
                "The 15 keys that expire first, by reported date or published rule.",
                "d",
                {"{{connection}}": f"sort(bottomk(15, ({LEFT}) / 86400))"},
                {LOWEST: BAD, 3: FAIR, 14: GOOD},
            ).span(16),
            "BFReconcilerKeyExpiring",
        ),
        alert(
            number(
                "Next key expires in",
                "Time until the next key expires. None where no expiry is known.",
                "s",
                f"min({LEFT})",
                {LOWEST: BAD, 3 * 86400: FAIR, 14 * 86400: GOOD},
            ).height(8),
            "BFReconcilerKeyExpiringSoon",
        ),
        name(
            "Next key to expire",
            "The connection whose key expires first.",
            "connection",
            f"bottomk(1, {LEFT})",
        ).height(8),
    ]
