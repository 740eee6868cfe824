"""The options of `run` for alerts and dashboards."""

import click
import pytest
from click.testing import CliRunner

from bf_reconciler.cli.monitoring_options import MANY, monitoring_options
from bf_reconciler.settings import RESERVED_LABELS, Monitoring


def given(*words, **environ):
    kept = []

    @click.command()
    @monitoring_options
    def command(monitoring):
        kept.append(monitoring)

    result = CliRunner().invoke(command, words, env=environ)
    return kept[0] if kept else result.output


def test_what_is_set_is_handed_over_together():
    assert given() == Monitoring()
    words = (
        "--page-url",
        "https://bf.example/",
        "--metric-label",
        "team",
        "--metric-label",
        "pod_",
    )
    assert given(*words, "--metric-label", "team") == Monitoring(
        page_url="https://bf.example", labels=("team", "pod_")
    )
    link = "https://grafana.example/d/bf?orgId=1"
    assert given(BF_DASHBOARD_URL=link, BF_METRIC_LABEL="team desk") == Monitoring(
        dashboard_url=link, labels=("team", "desk")
    )


@pytest.mark.parametrize(
    "url",
    [
        "bf.example",
        "ftp://bf.example",
        "https://",
        "https://a:b@c.example",
        'http://a/"',
        "http://a b",
    ],
)
def test_a_link_is_an_address_that_everybody_may_see(url):
    assert "an absolute http or https URL without credentials" in given("--runbook-url", url)


@pytest.mark.parametrize("name", ["te-am", "__name__", "1a", "", *sorted(RESERVED_LABELS)])
def test_a_label_must_mean_nothing_else(name):
    assert "letters, digits and _ are expected" in given("--metric-label", name)


def test_labels_are_few():
    words = [word for n in range(MANY + 1) for word in ("--metric-label", f"label{n}")]
    assert f"{MANY} at most" in given(*words)


def test_a_file_of_receivers_is_checked_before_anything_is_started(tmp_path):
    path = tmp_path / "notify.yaml"
    assert "notify.yaml: it cannot be read" in given("--notify", str(path))
    hook = "{webhook: {url: 'https://chat.example/hook'}}"
    path.write_text(f"version: 1\nreceivers: {{desk: {hook}}}\n")
    assert given("--notify", str(path)) == Monitoring(notify=path)
