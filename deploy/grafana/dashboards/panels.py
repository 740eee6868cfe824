"""The kinds of panels that the dashboards use, and their queries."""

from collections.abc import Mapping
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as words
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
Panel = bargauge.Panel | stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel
P = TypeVar("P", bargauge.Panel, stat.Panel, statetimeline.Panel, table.Panel, timeseries.Panel)
N = TypeVar("N", bargauge.Panel, stat.Panel)
Queries = str | Mapping[str, str]
"""One expression, or several by legend."""

GOOD, FAIR, BAD, PLAIN = "green", "yellow", "red", "text"
LOWEST = float("-inf")
COUNT = "count"
"""The unit of what is counted, over time."""
NOTHING = "Nothing to report"
NONE_WANTED = {LOWEST: GOOD, 1: BAD}


def number(
    title: str, text: str, unit: str, queries: Queries, steps: Mapping[float, str] | None = None
) -> stat.Panel:
    """The current value of a number; ``steps`` maps thresholds to colours."""
    panel = stat.Panel().color_mode(words.BigValueColorMode.VALUE)
    panel = panel.graph_mode(words.BigValueGraphMode.NONE).span(4).height(4).no_value("none")
    return _now(_begun(panel, title, text, unit), queries).thresholds(_thresholds(steps or {}))


def name(title: str, text: str, label: str, expr: str) -> stat.Panel:
    """The current value of a label."""
    panel = number(title, text, "none", {f"{{{{{label}}}}}": expr})
    return panel.text_mode(words.BigValueTextMode.NAME)


def bars(
    title: str, text: str, unit: str, queries: Queries, steps: Mapping[float, str]
) -> bargauge.Panel:
    """Current values as horizontal bars."""
    panel = bargauge.Panel().orientation(words.VizOrientation.HORIZONTAL).span(8).height(8)
    panel = panel.display_mode(words.BarGaugeDisplayMode.BASIC).min(0)
    return _now(_begun(panel, title, text, unit), queries).thresholds(_thresholds(steps))


def lines(title: str, text: str, unit: str, queries: Queries) -> timeseries.Panel:
    """Values over time."""
    legend = common.VizLegendOptions().display_mode(words.LegendDisplayMode.LIST)
    panel = (
        timeseries.Panel()
        .legend(legend.placement(words.LegendPlacement.BOTTOM).show_legend(True))
        .tooltip(common.VizTooltipOptions().mode(words.TooltipDisplayMode.MULTI))
        .fill_opacity(10)
        .show_points(words.VisibilityMode.NEVER)
        .axis_soft_min(0)
        .span(8)
        .height(8)
    )
    return _asked(_fitted(_begun(panel, title, text, unit), unit), queries)


def _fitted(panel: timeseries.Panel, unit: str) -> timeseries.Panel:
    """An axis that fits: whole numbers where things are counted, and shares up to 100 %."""
    if unit == COUNT:
        return panel.unit("short").decimals(0).axis_soft_max(1)
    return panel.min(0).max(1) if unit == "percentunit" else panel


def stacked(
    title: str, text: str, unit: str, queries: Queries, colors: Mapping[str, str]
) -> timeseries.Panel:
    """Parts of a total over time, each in its own colour."""
    panel = lines(title, text, unit, queries).fill_opacity(60)
    panel = panel.stacking(common.StackingConfig().mode(words.StackingMode.NORMAL))
    return painted(panel, colors)


def states(
    title: str, text: str, queries: Queries, shown: Mapping[int, tuple[str, str]]
) -> statetimeline.Panel:
    """States over time; ``shown`` maps each value to a text and a colour."""
    options = {
        str(value): model.ValueMappingResult(text=word, color=color, index=index)
        for index, (value, (word, color)) in enumerate(shown.items())
    }
    panel = statetimeline.Panel().mappings([model.ValueMap(options=options)])
    panel = panel.show_value(words.VisibilityMode.NEVER).row_height(0.8).span(12).height(10)
    return _asked(_begun(panel, title, text, "none"), queries)


def rows(title: str, text: str, expr: str, columns: Mapping[str, str]) -> table.Panel:
    """The current labels of series as a table; ``columns`` names and orders them."""
    panel = table.Panel().span(12).height(8)
    query = _query("A", expr, "").instant().format(PromQueryFormat.TABLE)
    panel = _begun(panel, title, text, "none").with_target(query)
    order = {column: index for index, column in enumerate(columns)}
    steps: dict[str, object] = {
        "filterFieldsByName": {"include": {"names": list(columns)}},
        "organize": {"indexByName": order, "renameByName": dict(columns)},
    }
    for step, options in steps.items():
        panel.with_transformation(model.DataTransformerConfig(step, options=options))
    return panel


def in_color(panel: table.Panel, column: str, colors: Mapping[str, str]) -> table.Panel:
    """Colour the words of a column."""
    options = {
        word: {"color": color, "index": at} for at, (word, color) in enumerate(colors.items())
    }
    values = [
        model.DynamicConfigValue("mappings", [{"type": "value", "options": options}]),
        model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]
    return panel.override_by_name(column, values)


def leads(panel: P, title: str, url: str) -> P:
    """Add a link to the corner of the panel."""
    link = build.DashboardLink(title).type(model.DashboardLinkType.LINK).url(url)
    return panel.links([link.target_blank(True)])


def alert(panel: P, alerts: str) -> P:
    """Add a link to the runbook entry of an alert."""
    return leads(panel, "Runbook", f"${{runbook}}#{alerts.lower()}")


def painted(panel: P, colors: Mapping[str, str]) -> P:
    """Set the colour of each series, by name."""
    for series, color in colors.items():
        value = {"mode": "fixed", "fixedColor": color}
        panel.override_by_name(series, [model.DynamicConfigValue("color", value)])
    return panel


def unit_of(panel: table.Panel, column: str, unit: str) -> table.Panel:
    """Set the unit of a column."""
    return panel.override_by_name(column, [model.DynamicConfigValue("unit", unit)])


def _begun(panel: P, title: str, text: str, unit: str) -> P:
    return panel.title(title).description(text).unit(unit).datasource(SOURCE)


def _query(ref: str, expr: str, legend: str) -> prometheus.Dataquery:
    query = prometheus.Dataquery().ref_id(ref).datasource(SOURCE)
    return query.expr(expr).legend_format(legend or "__auto")


def _queries(queries: Queries) -> list[prometheus.Dataquery]:
    named = {"": queries} if isinstance(queries, str) else queries
    return [
        _query(chr(ord("A") + index), expr, legend)
        for index, (legend, expr) in enumerate(named.items())
    ]


def _asked(panel: P, queries: Queries) -> P:
    for query in _queries(queries):
        panel.with_target(query.range())
    return panel


def _now(panel: N, queries: Queries) -> N:
    for query in _queries(queries):
        panel.with_target(query.instant())
    return panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))


def _thresholds(steps: Mapping[float, str]) -> build.ThresholdsConfig:
    found = [model.Threshold(None, steps.get(LOWEST, PLAIN))]  # None: the base step
    found += [model.Threshold(at, color) for at, color in steps.items() if at != LOWEST]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)
