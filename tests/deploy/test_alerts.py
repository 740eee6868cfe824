"""The alerts: every one is right, tested, explained, and speaks of metrics that exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest
import yaml

from bf_reconciler.facts import KeyFact, Reason, Scope, remedy
from bf_reconciler.metrics import (
    WATCH_MODES,
    Exposition,
    Extras,
    Tallies,
    connection_families,
    strategy_families,
)
from bf_reconciler.metrics.connection_families import PERMISSION_STATES
from bf_reconciler.metrics.exposition import KEY_CHANGES, TRANSITIONS
from bf_reconciler.metrics.families import families
from bf_reconciler.policy.findings import REJECTED
from bf_reconciler.status import Status, StrategyState
from bf_reconciler.verdict import ConnectionState

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = FOLDER / "bf-reconciler.rules.yaml"
TESTS = sorted((FOLDER / "tests").glob("*_test.yaml"))
ALERTS = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
RECORDED = {
    rule["record"]: rule
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "record" in rule
}
RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ENTRIES = dict(
    re.findall(r"^### (BFReconciler\w+)\n\n(.+?)(?=^##|\Z)", RUNBOOK, re.DOTALL | re.MULTILINE)
)
WATCHDOG = "BFReconcilerWatchdog"
"""It always fires, of nothing, and to a machine."""
METRIC = r"\b((?:bf|up)(?:_\w+)?)(?:\{([^}]*)\})?"
CHAIN = r'if eq \$labels\.reason "(\w+)" -\}\}(.*?)\{\{-'
SAYS = {
    "ConnectionWithdrawEnabled": Reason.WITHDRAW_ENABLED,
    "CanaryFailed": Reason.CANARY_FAILED,
    "UnexpectedAsset": Reason.UNEXPECTED_ASSET,
    "UnexpectedOrder": Reason.UNEXPECTED_ORDER,
    "ExchangeUnreachable": Reason.EXCHANGE_UNAVAILABLE,
    "ExchangeChanged": Reason.EXCHANGE_CHANGED,
    "KeyExpiring": Reason.KEY_EXPIRING,
    "KeyExpiringSoon": Reason.KEY_EXPIRING,
    "ClockSkew": Reason.CLOCK_SKEW,
    "StrategyStillRunning": Reason.STILL_RUNNING,
    "RuntimeUnavailable": Reason.RUNTIME_UNAVAILABLE,
    "HaltedForLong": Reason.HALTED,
}
"""Alerts of one reason: they carry its remedy, word by word."""


def ran(program, *words, package="prometheus"):
    found = shutil.which(program)
    assert found, f"the Debian package {package} is needed"
    done = subprocess.run(
        [found, *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def unfolded(text):
    return " ".join(text.split())


# what promtool and amtool say


def test_promtool_finds_nothing_wrong_with_the_rules():
    assert f"{len(ALERTS) + len(RECORDED)} rules found" in ran("promtool", "check", "rules", RULES)


@pytest.mark.slow
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_promtool_sees_every_alert_fire_and_be_silent_where_it_should(path):
    assert "SUCCESS" in ran("promtool", "test", "rules", path)


def test_amtool_finds_nothing_wrong_with_the_example():
    path = FOLDER / "alertmanager.example.yaml"
    assert "3 inhibit rules" in ran(
        "amtool", "check-config", path, package="prometheus-alertmanager"
    )


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_firing_and_a_silent_case(alert):
    cases = [
        bool(case["exp_alerts"])
        for path in TESTS
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == alert
    ]
    assert set(cases) == ({True} if alert == WATCHDOG else {True, False})


# the shape of an alert


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_one_of_the_family_and_says_how_grave_it_is(alert):
    rule = ALERTS[alert]
    assert re.fullmatch(r"BFReconciler([A-Z][a-z]+)+", alert)
    assert set(rule["labels"]) == {"severity"}
    grave = {"critical", "warning", "info"}
    assert rule["labels"]["severity"] in ({"none"} if alert == WATCHDOG else grave)
    links = {"runbook_url", "page_url", "dashboard_url"}
    assert set(rule["annotations"]) == {"summary", "description", "resolved"} | links


@pytest.mark.parametrize("alert", [alert for alert in ALERTS if alert != WATCHDOG])
def test_every_text_names_what_it_is_about(alert):
    annotations = ALERTS[alert]["annotations"]
    for part in ("summary", "description", "resolved"):
        assert "$labels." in annotations[part]
        assert annotations[part].endswith((".", "end }}"))
    for place in ("connection", "strategy", "exchange", "runtime"):
        if f"$labels.{place} " in annotations["resolved"]:
            assert f"$labels.{place} " in annotations["summary"]


@pytest.mark.parametrize("alert", ALERTS)
def test_what_is_over_is_told_within_90_seconds(alert):
    kept = ALERTS[alert].get("keep_firing_for", "0s")
    example = yaml.safe_load((FOLDER / "alertmanager.example.yaml").read_text(encoding="utf-8"))
    route = example["route"]
    assert {route["group_interval"], *(each["group_interval"] for each in route["routes"])} == {
        "15s"
    }
    scrape = evaluation = group = 15
    assert scrape + evaluation + int(kept.removesuffix("s")) + group <= 90


def test_a_message_about_what_is_over_reads_as_over(tmp_path):
    data = tmp_path / "data.json"
    over = {"summary": "It is down.", "resolved": "It is up again.", "runbook_url": "https://r#a"}
    firing = {"summary": "Another is down.", "description": "Start it.", "page_url": "https://p"}
    alerts = [
        {"status": "resolved", "annotations": over, "endsAt": "2026-11-29T08:10:00Z"},
        {"status": "firing", "annotations": {**firing, "runbook_url": "https://r#b"}},
    ]
    common = {"commonLabels": {"severity": "critical"}, "receiver": "x"}

    def rendered(status, alerts):
        data.write_text(json.dumps({"status": status, "alerts": alerts, **common}))
        text = '{{ template "bf.title" . }}\n{{ template "bf.text" . }}'
        words = (
            "template",
            "render",
            f"--template.glob={FOLDER}/*.tmpl",
            f"--template.text={text}",
        )
        told = ran("amtool", *words, f"--template.data={data}", package="prometheus-alertmanager")
        return [line for line in told.splitlines() if line.strip()]

    assert rendered("resolved", alerts[:1]) == [
        "Resolved: It is up again.",
        "Over since 08:10 UTC: It is up again.",
    ]
    assert rendered("firing", alerts[1:]) == [
        "CRITICAL: Another is down.",
        "Another is down.",
        "Start it.",
        "Page: https://p",
        "Runbook: https://r#b",
    ]
    assert rendered("firing", alerts)[0] == "CRITICAL (2): Another is down."


# the runbook


def test_no_alert_lacks_its_runbook_entry_and_no_entry_its_alert():
    assert sorted(ENTRIES) == sorted(ALERTS)
    assert len(ENTRIES) == len(re.findall(r"^### BFReconciler", RUNBOOK, re.MULTILINE))


@pytest.mark.parametrize("alert", ALERTS)
def test_the_runbook_is_linked_and_knows_how_grave_the_alert_is(alert):
    rule = ALERTS[alert]
    link = rule["annotations"]["runbook_url"]
    assert "{{ else }}docs/operations.md{{ end }}" in link
    assert link.endswith(f"#{alert.lower()}")
    assert ENTRIES[alert].startswith(f"*{rule['labels']['severity']},")


# what the rules speak of


def test_every_metric_label_and_value_in_a_rule_can_be_scraped():
    labels = {family.name: set(family.labels) for family in families(Status(), Extras())}
    for module in (connection_families, strategy_families):
        for family in module.FAMILIES:
            labels[family.name] = {*module.LABELS, *family.labels}
    labels |= {name: set(found) for name, _, found in (KEY_CHANGES, TRANSITIONS)}
    text = b"".join(Exposition().render(Status(), Extras(), Tallies())[0]).decode()
    exposed = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    values = {
        ("bf_connection_status", "status"): set(ConnectionState),
        ("bf_strategy_status", "status"): set(StrategyState),
        ("bf_watch_mode", "mode"): set(WATCH_MODES),
        (KEY_CHANGES[0], "what"): set(get_args(KeyFact)),
        ("bf_connection_permission", "permission"): set(Scope),
        ("bf_connection_permission", "state"): set(PERMISSION_STATES),
    }
    for alert, rule in (ALERTS | RECORDED).items():
        named = re.findall(METRIC, re.sub(r"\b(without|ignoring|on) \([^)]*\)", "", rule["expr"]))
        assert named or alert == WATCHDOG, alert
        for metric, selector in named:
            assert metric == "up" or re.sub("_(bucket|count)$", "", metric) in exposed, (
                alert,
                metric,
            )
            for label, _, text in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', selector):
                if label == "job":
                    continue
                assert label in labels[metric], (alert, metric, label)
                known = set(Reason) if label == "reason" else values[metric, label]
                assert set(text.split("|")) <= {str(each) for each in known}, (alert, text)


def test_one_rule_alone_names_the_job():
    assert [a for a, rule in ALERTS.items() if "job=" in rule["expr"]] == ["BFReconcilerAbsent"]


def test_the_job_is_changed_as_the_readme_says(tmp_path):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^```\n(sed .+?)^```", readme, re.DOTALL | re.MULTILINE)
    assert shutil.which("promtool"), "the Debian package prometheus is needed"
    shutil.copy(RULES, tmp_path)
    done = subprocess.run(
        ["bash", "-euc", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "rules.yaml").read_text(encoding="utf-8")
    assert text.count('job="trading/bf"') == 2
    assert 'job="bf-reconciler"' not in text


# remedies


@pytest.mark.parametrize("alert", SAYS)
def test_an_alert_of_one_reason_carries_its_remedy(alert):
    description = ALERTS[f"BFReconciler{alert}"]["annotations"]["description"]
    assert remedy(SAYS[alert], "en") in unfolded(description)


@pytest.mark.parametrize("alert", ["ConnectionBlocked", "StrategyOff"])
def test_an_alert_of_many_reasons_carries_the_remedy_of_each(alert):
    description = ALERTS[f"BFReconciler{alert}"]["annotations"]["description"]
    told = {name: unfolded(text) for name, text in re.findall(CHAIN, description, re.DOTALL)}
    assert told == {name: remedy(Reason(name), "en") for name in told}
    assert len(told) > 6


def test_every_reason_for_which_an_exchange_turns_a_key_away_has_its_remedy():
    description = ALERTS["BFReconcilerConnectionBlocked"]["annotations"]["description"]
    assert {name for name, _ in re.findall(CHAIN, description, re.DOTALL)} >= set(REJECTED)
