"""The dashboards as they are committed: current, complete, and found by Grafana."""

import json
import os
import re
import sys

import pytest
import yaml

from deploy.workshop import DEPLOY, ROOT, quiet_environment, read, run, tool

GRAFANA = DEPLOY / "grafana"
UIDS = ("bf-reconciler-connection", "bf-reconciler-daemon", "bf-reconciler-overview")
SELECTOR = re.compile(r"\b(\w+)\{([^}]*)\}")
WINDOW = re.compile(r"\[([^\]]*)\]|\boffset (\S+)")
FUNCTIONS = r"\b(rate|irate|increase|delta|changes|resets|\w+_over_time)\("


@pytest.fixture(params=UIDS)
def board(request):
    return json.loads((GRAFANA / f"{request.param}.json").read_text())


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board):
    return [target for panel in panels(board) for target in panel["targets"]]


def variables(board):
    return {each["name"]: each for each in board["templating"]["list"]}


def expressions(board):
    """Everything that Prometheus is asked."""
    return [each["expr"] for each in (*targets(board), *board["annotations"]["list"])]


def links(board):
    """The addresses of all links."""
    found = [*board["links"]]
    for panel in panels(board):
        found += panel.get("links", []) + panel["fieldConfig"]["defaults"].get("links", [])
    return [link["url"] for link in found if "url" in link]


def test_what_is_committed_is_what_the_code_makes(tmp_path):
    """`make dashboards` writes them."""
    environ = quiet_environment(PYTHONPATH=str(GRAFANA), PYTHONDONTWRITEBYTECODE="1")
    run(sys.executable, "-m", "dashboards", tmp_path, cwd=tmp_path, env=environ)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(made) == {f"{uid}.json" for uid in UIDS}
    assert made == {path.name: path.read_text() for path in GRAFANA.glob("*.json")}


def test_its_address_stays_and_its_number_is_left_to_grafana(board):
    assert board["uid"] in UIDS
    assert board["id"] is None
    assert "version" not in board
    assert board["editable"] is False
    assert board["title"].startswith("bf-reconciler / ")
    assert board["description"]
    assert board["tags"] == ["bf-reconciler"]


def test_every_panel_says_what_it_shows(board):
    for panel in panels(board):
        assert panel["title"], panel
        assert len(panel["description"].split()) >= 4, panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"], panel["title"]
    titles = [panel["title"] for panel in panels(board)]
    assert len(set(titles)) == len(titles)


def test_panels_are_numbered_and_none_lies_upon_another(board):
    numbers = [panel["id"] for panel in board["panels"]]
    assert numbers == list(range(1, len(numbers) + 1))
    taken = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_source_of_the_data_is_chosen_by_a_variable(board):
    source = {"type": "prometheus", "uid": "${datasource}"}
    assert variables(board)["datasource"]["type"] == "datasource"
    assert variables(board)["datasource"]["query"] == "prometheus"
    asking = [*panels(board), *targets(board), *board["annotations"]["list"]]
    asking += [each for each in board["templating"]["list"] if each["type"] == "query"]
    assert all(each["datasource"] == source for each in asking)
    for panel in panels(board):
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)


def test_every_series_is_of_the_job_and_the_instance_that_are_chosen(board):
    for expression in expressions(board):
        selected = [found for found in SELECTOR.findall(expression) if found[0] != "ALERTS"]
        named = re.findall(r"\b(?:bf|process|scrape)_\w+|\bup\b", expression)
        assert sorted(named) == sorted(name for name, _ in selected), expression
        for _, matchers in selected:
            assert 'job=~"$job", instance=~"$instance"' in matchers, expression


def test_windows_follow_the_pace_of_scrapes(board):
    for expression in expressions(board):
        windows = ["".join(found) for found in WINDOW.findall(expression)]
        assert all(window.rstrip(")") == "$__rate_interval" for window in windows), expression
        assert len(re.findall(FUNCTIONS, expression)) == expression.count("["), expression
        counters = re.findall(r"\w+_(?:total|bucket|count)\{", expression)
        assert not counters or windows, expression


def test_variables_are_those_that_are_used(board):
    found = variables(board)
    known = {"datasource", "job", "instance", "page", "runbook"}
    more = {
        "bf-reconciler-overview": {"exchange"},
        "bf-reconciler-connection": {"exchange", "connection"},
        "bf-reconciler-daemon": set(),
    }
    assert set(found) == known | more[board["uid"]]
    for name in ("job", "instance"):
        assert found[name]["multi"]
        assert found[name]["includeAll"]
    text = json.dumps(board)
    used = set(re.findall(r"\$\{?([a-z]+)\b", text))
    assert used == set(found), "every one is used, and none is used that is not there"
    assert (found["page"]["hide"], found["runbook"]["hide"]) == (0, 2)


def test_addresses_are_those_that_the_daemon_was_given(board):
    found = variables(board)
    for name, otherwise in {"page": "http://127.0.0.1:9877", "runbook": "https://"}.items():
        query = found[name]["query"]["query"]
        assert query.startswith(f"query_result(max by ({name}_url) (bf_links_info{{"), query
        value = f'bf_links_info{{{name}_url="https://bf.example/x"}} 1 1700000000'
        assert re.search(found[name]["regex"].strip("/"), value)[1] == "https://bf.example/x"
        assert found[name]["current"]["value"].startswith(otherwise)
        assert f'"{found[name]["current"]["value"]}"' in query


def test_axes_fit_what_they_show(board):
    for panel in panels(board):
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] != "timeseries":
            continue
        assert defaults["custom"]["axisSoftMin"] == 0 or defaults["min"] == 0, panel["title"]
        if defaults["unit"] == "percentunit":
            assert (defaults["min"], defaults["max"]) == (0, 1), panel["title"]
        assert defaults["unit"] != "count", panel["title"]


def test_the_overview_lists_every_connection_and_the_alerts_that_fire():
    board = json.loads((GRAFANA / "bf-reconciler-overview.json").read_text())
    found = {panel["title"]: panel for panel in panels(board)}
    rules = read(DEPLOY / "prometheus" / "bf-reconciler.rules.yaml")
    names = [
        rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule
    ]
    assert all(name.startswith("BFReconciler") for name in names)
    assert 'alertname=~"BFReconciler.+"' in found["Firing alerts"]["targets"][0]["expr"]
    shown = found["All connections"]
    assert shown["fieldConfig"]["defaults"]["custom"]["filterable"]
    assert shown["fieldConfig"]["defaults"]["links"][0]["url"].startswith("/d/bf-reconciler-conn")
    (order,) = [t for t in shown["transformations"] if t["id"] == "organize"]
    assert "Time in status" in order["options"]["renameByName"].values()


def test_transitions_and_reloads_are_marked(board):
    marks = {each["name"]: each for each in board["annotations"]["list"]}
    assert set(marks) == {"Transitions", "Reloads"}
    assert "bf_strategy_transitions_total" in marks["Transitions"]["expr"]
    assert "bf_config_last_reload_success_timestamp_seconds" in marks["Reloads"]["expr"]
    assert marks["Reloads"]["useValueForTime"]
    assert all(mark["enable"] and mark["titleFormat"] for mark in marks.values())


def test_links_lead_to_the_page_and_to_entries_of_the_runbook(board):
    found = links(board)
    assert {"${page}/", "${runbook}"} <= set(found)
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    anchors = {heading.lower() for heading in headings}
    for url in found:
        start, _, anchor = url.partition("#")
        if start == "${runbook}" and anchor:
            assert anchor in anchors, url
        elif start.startswith("/d/"):
            assert start[3:].partition("?")[0] in UIDS
        else:
            assert start in {"${page}/", "${runbook}"} or start.startswith("${page}/connections/")
    assert sum(url.startswith("${runbook}#") for url in found) >= 5


def test_compose_shows_them_and_lets_nobody_change_them():
    compose = read(DEPLOY / "compose" / "compose.yaml")
    (provider,) = read(DEPLOY / "compose/grafana/dashboards/bf-reconciler.yaml")["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["disableDeletion"] is True
    mounts = {each["target"]: each for each in compose["services"]["grafana"]["volumes"]}
    mount = mounts[provider["options"]["path"]]
    assert mount["read_only"]
    assert (DEPLOY / "compose" / mount["source"]).resolve() == GRAFANA
    # Whoever opens one there finds the daemon's page where the links lead.
    port = compose["services"]["bf-reconciler"]["ports"][0].rpartition(":")[0]
    for uid in UIDS:
        board = json.loads((GRAFANA / f"{uid}.json").read_text())
        assert variables(board)["page"]["current"]["value"] == f"http://{port}"


@pytest.mark.slow
def test_the_sidecar_of_grafana_finds_them_in_kubernetes():
    made = run(tool("kubectl"), "kustomize", GRAFANA, env=quiet_environment(KUBECONFIG=""))
    (config,) = yaml.safe_load_all(made.stdout)
    assert config["kind"] == "ConfigMap"
    assert config["metadata"]["name"] == "bf-reconciler-dashboards"
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    files = {path.name: path.read_text() for path in GRAFANA.glob("*.json")}
    assert config["data"] == files
    # What `kubectl apply` keeps in an annotation must fit there.
    assert len(json.dumps(config)) < 256 * 1024
    assert os.fspath(GRAFANA) not in made.stdout
