"""What all dashboards share: variables, links, annotations and panel numbers."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.panels import SOURCE, Panel

TAG = "bf-reconciler"
PAGE = "http://127.0.0.1:9877"
RUNBOOK = "https://git.example.com/trading/bf-reconciler/blob/main/docs/operations.md"
EVERY = model.VariableOption(selected=True, text="All", value="$__all")
INSTANCE = 'job=~"$job", instance=~"$instance"'
EXCHANGE = f'{INSTANCE}, exchange=~"$exchange"'
CONNECTION = f'{INSTANCE}, connection="$connection"'
STATUS_COLORS = {
    "Online": "green",
    "Degraded": "yellow",
    "Blocked": "red",
    "Unreachable": "orange",
    "Pending": "blue",
    "Suspended": "purple",
    "Invalid": "dark-red",
    "Enabled": "green",
    "Disabled": "gray",
    "Holding": "yellow",
    "Halted": "dark-purple",
    "Error": "dark-red",
}

Group = tuple[str, Sequence[Panel]]


class Happening(model.AnnotationQuery):
    """An annotation from Prometheus, with its display options."""

    def __init__(self, name: str, expr: str, color: str, words: dict[str, object]) -> None:
        super().__init__(name=name, datasource=SOURCE, enable=True, icon_color=color, expr=expr)
        self.words = words

    def to_json(self) -> dict[str, object]:
        return super().to_json() | self.words


class _Made(Builder[model.AnnotationQuery]):
    def __init__(self, made: model.AnnotationQuery) -> None:
        self._made = made

    def build(self) -> model.AnnotationQuery:
        return self._made


def frame(
    uid: str, title: str, text: str, variables: Sequence[build.QueryVariable] = ()
) -> build.Dashboard:
    """Return a dashboard without panels."""
    made = (
        build.Dashboard(title)
        .uid(uid)
        .description(text)
        .tags([TAG])
        .readonly()
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("30s")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
    )
    source = build.DatasourceVariable("datasource").label("Data source").type("prometheus")
    made.with_variable(source)
    every = [
        labels("job", "Job", "bf_build_info").current(EVERY),
        labels("instance", "Instance", 'bf_build_info{job=~"$job"}').current(EVERY),
    ]
    for (
        each
    ) in every:  # "All" lists our own jobs: `.+` would also match `up` and `process_...` of others
        made.with_variable(each.multi(True).include_all(True))
    for each in variables:
        made.with_variable(each)
    made.with_variable(address("page", "Page URL", PAGE))
    made.with_variable(address("runbook", "Runbook URL", RUNBOOK, shown=False))
    for link in _links():
        made.link(link)
    for happening in (TRANSITIONS, RELOADS):
        made.annotation(_Made(happening))
    return made


def labels(name: str, label: str, series: str) -> build.QueryVariable:
    """A variable whose values are the values of the label ``name`` in these series."""
    query: dict[str, object] = {
        "qryType": 1,  # label values
        "query": f"label_values({series}, {name})",
        "refId": "PrometheusVariableQueryEditor-VariableQuery",
    }
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.NATURAL_ASC)
    )


def address(name: str, label: str, otherwise: str, *, shown: bool = True) -> build.QueryVariable:
    """An address that the daemon was given (``--page-url``, ``--runbook-url``), or this one."""
    told = f'max by ({name}_url) (bf_links_info{{{INSTANCE}, {name}_url!=""}})'
    default = f'label_replace(vector(1), "{name}_url", "{otherwise}", "", "")'
    query: dict[str, object] = {
        "qryType": 3,  # the result of a query
        "query": f"query_result({told} or on () {default})",
        "refId": "PrometheusVariableQueryEditor-VariableQuery",
    }
    hide = model.VariableHide.DONT_HIDE if shown else model.VariableHide.HIDE_VARIABLE
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .regex(f'/{name}_url="([^"]+)"/')
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .current(model.VariableOption(selected=True, text=otherwise, value=otherwise))
        .hide(hide)
    )


def exchanges() -> build.QueryVariable:
    """The variable ``exchange``, with multiple selection."""
    made = labels("exchange", "Exchange", f"bf_connection_info{{{INSTANCE}}}").current(EVERY)
    return made.multi(True).include_all(True).all_value(".+")


def fill(made: build.Dashboard, groups: Sequence[Group]) -> build.Dashboard:
    """Add the panels, row by row, and number them in order."""
    number = 0
    for title, panels in groups:
        number += 1
        made.with_row(build.Row(title).id(number))
        for panel in panels:
            number += 1
            made.with_panel(panel.id(number))
    return made


def _links() -> list[build.DashboardLink]:
    outside = {"Status page": "${page}/", "Runbook": "${runbook}"}
    others = build.DashboardLink("bf-reconciler").type(model.DashboardLinkType.DASHBOARDS)
    return [
        others.tags([TAG]).as_dropdown(True).include_vars(True).keep_time(True),
        *(
            build.DashboardLink(title)
            .type(model.DashboardLinkType.LINK)
            .icon("external link")
            .url(url)
            .target_blank(True)
            for title, url in outside.items()
        ),
    ]


_COUNT = f"bf_strategy_transitions_total{{{INSTANCE}}}"
# A counter appears with the value 1 at the first change of its kind, and that is a change, too.
# `bf_build_info` tells it from a counter that reappears after a missed scrape.
TRANSITIONS = Happening(
    "Transitions",
    f"sum by (strategy, to, reason) (changes({_COUNT}[$__rate_interval]) > 0"
    f" or ({_COUNT} unless {_COUNT} offset $__rate_interval)"
    f" and on (job, instance) bf_build_info{{{INSTANCE}}} offset $__rate_interval)",
    "orange",
    {"titleFormat": "{{strategy}}: {{to}}", "textFormat": "{{reason}}", "step": "15s"},
)
RELOADS = Happening(
    "Reloads",
    f"max by (instance) (bf_config_last_reload_success_timestamp_seconds{{{INSTANCE}}}) * 1000",
    "blue",
    {"titleFormat": "Config reloaded", "textFormat": "{{instance}}", "useValueForTime": True},
)
