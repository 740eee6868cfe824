"""The overview: how the whole fleet stands, and what needs a hand."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink

from dashboards.answers import answers
from dashboards.frame import EXCHANGE, INSTANCE, STATUS_COLORS, Group, exchanges, fill, frame
from dashboards.panels import (
    BAD,
    FAIR,
    GOOD,
    LOWEST,
    NONE_WANTED,
    NOTHING,
    Panel,
    alert,
    bars,
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
# Strategies know their connection; the exchange is known to that.
OURS = f"on ({OF_CONNECTION}) bf_connection_info{{{EXCHANGE}}}"
LEFT = f"bf_connection_key_expiry_timestamp_seconds{{{EXCHANGE}}} - time()"
DETAIL = (
    "/d/bf-reconciler-connection?var-connection=${__data.fields.Connection}"
    "&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}"
)


def dashboard() -> Dashboard:
    """Everything at first glance."""
    text = "How the connections and strategies of bf-reconciler stand, and what needs a hand."
    made = frame(UID, "bf-reconciler / Overview", text, [exchanges()])
    groups: list[Group] = [
        ("Now", _now()),
        ("Connections", _connections()),
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
    off = f"bf_strategy_desired{{{INSTANCE}}} * (1 - bf_strategy_running{{{INSTANCE}}})"
    against = f"bf_strategy_running{{{INSTANCE}}} * (1 - bf_strategy_told{{{INSTANCE}}})"
    halted = f"max(bf_halted{{{INSTANCE}}})"
    return [
        number(
            "Connections that can be used",
            "Online or Degraded, out of all that are declared.",
            "percentunit",
            f"sum({up}) / count({up})",
            {LOWEST: BAD, 0.9: FAIR, 1: GOOD},
        ),
        alert(
            number(
                "Blocked",
                "Connections that break a rule. Only a person can help: the table below says why.",
                "short",
                _of("Blocked"),
                NONE_WANTED,
            ),
            "BFReconcilerConnectionBlocked",
        ),
        alert(
            number(
                "Unreachable",
                "Connections whose exchange, or the way to it, is down. They come back by"
                " themselves.",
                "short",
                _of("Unreachable"),
                {LOWEST: GOOD, 1: FAIR},
            ),
            "BFReconcilerConnectionUnreachable",
        ),
        alert(
            number(
                "Wanted, but not running",
                "Strategies that the file wants on, and that their runtime does not show as"
                " running.",
                "short",
                f"sum({_strategy(off)})",
                {LOWEST: GOOD, 1: FAIR},
            ),
            "BFReconcilerStrategyOff",
        ),
        alert(
            number(
                "Running, though told not to",
                "Strategies that were told to stop and still run. Stop them by hand.",
                "short",
                f"sum({_strategy(against)})",
                NONE_WANTED,
            ),
            "BFReconcilerStrategyStillRunning",
        ),
        alert(
            number(
                "Halted",
                "Whether the kill switch is pulled: every strategy is off then.",
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
    hand = rows(
        "What needs a hand",
        "Connections that are in trouble, why, and for how long. The remedy stands on the status"
        " page.",
        f"time() - ({down}) * on ({OF_CONNECTION}) group_left {since}",
        columns | {"Value": "For"},
    )
    hand = unit_of(leads(hand, "Status page", "${page}/"), "For", "dtdurations")
    hand = hand.data_links([DashboardLink("Details").url(DETAIL)]).no_value(NOTHING)
    return [
        stacked(
            "Connections by status",
            "How many connections have which status.",
            "short",
            {"{{status}}": f"sum by (status) (bf_connection_status{{{EXCHANGE}}})"},
            STATUS_COLORS,
        ).span(16),
        alert(
            bars(
                "Blocked by reason",
                "For which reason how many connections are blocked.",
                "short",
                {
                    "{{reason}}": f"sort_desc(count by (reason) ({reason}"
                    f" and on ({OF_CONNECTION}) ({blocked})))"
                },
                {LOWEST: BAD},
            ).no_value(NOTHING),
            "BFReconcilerConnectionBlocked",
        ),
        hand,
        alert(
            rows(
                "Incidents",
                "Many connections that fail alike, told as one: an exchange in trouble (outage),"
                " or another address of ours (egress).",
                f"max by (kind, scope, reason) (bf_incident{{{INSTANCE}}})",
                {"kind": "Kind", "scope": "Where", "reason": "Reason", "Value": "Connections"},
            ).no_value(NOTHING),
            "BFReconcilerExchangeUnreachable",
        ),
    ]


def _strategies() -> Sequence[Panel]:
    moved = f"increase(bf_strategy_transitions_total{{{INSTANCE}}}[$__rate_interval])"
    return [
        alert(
            lines(
                "Wanted and running",
                "How many strategies the file wants on, and how many were read back as running.",
                "short",
                {
                    "wanted": f"sum({_strategy(f'bf_strategy_desired{{{INSTANCE}}}')})",
                    "running": f"sum({_strategy(f'bf_strategy_running{{{INSTANCE}}}')})",
                },
            ),
            "BFReconcilerStrategyOff",
        ),
        stacked(
            "Strategies by status",
            "How many strategies have which status.",
            "short",
            {
                "{{status}}": "sum by (status) ("
                + _strategy(f"bf_strategy_status{{{INSTANCE}}}")
                + ")"
            },
            STATUS_COLORS,
        ),
        lines(
            "Transitions",
            "Changes of the status of strategies, or of the reason for it. Many of them without a"
            " commit are an exchange that comes and goes.",
            "short",
            {"{{to}}: {{reason}}": f"sum by (to, reason) ({moved})"},
        ),
    ]


def _keys() -> Sequence[Panel]:
    return [
        alert(
            bars(
                "Keys by days left",
                "The 15 keys that expire first, where the exchange says when, or publishes a rule.",
                "d",
                {"{{connection}}": f"sort(bottomk(15, ({LEFT}) / 86400))"},
                {LOWEST: BAD, 3: FAIR, 14: GOOD},
            ).span(16),
            "BFReconcilerKeyExpiring",
        ),
        alert(
            number(
                "The next key expires in",
                "Time until the first of all keys expires. Nothing, where no end is known.",
                "s",
                f"min({LEFT})",
                {LOWEST: BAD, 3 * 86400: FAIR, 14 * 86400: GOOD},
            ).height(8),
            "BFReconcilerKeyExpiringSoon",
        ),
        name(
            "Which one",
            "The connection whose key expires first.",
            "connection",
            f"bottomk(1, {LEFT})",
        ).height(8),
    ]
