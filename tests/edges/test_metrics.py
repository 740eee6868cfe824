"""Metrics, as scrapers and promtool read them."""

import gzip
import json
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request
import zlib
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from prometheus_client.registry import Collector

from bf_reconciler.facts import Problem, Reason
from bf_reconciler.metrics import (
    Exposition,
    Extras,
    Tallies,
    connection_families,
    entry_pieces,
    exposition,
    families,
    gzip_pieces,
    strategy_families,
)
from bf_reconciler.policy import ConditionType, Incident
from bf_reconciler.settings import RESERVED_LABELS
from bf_reconciler.status import Key, Status, StrategyState
from bf_reconciler.verdict import ConnectionState, Halted
from edges.fakes import (
    NOW,
    a_condition,
    a_config,
    a_connection,
    a_maintenance,
    a_memory,
    a_refused_config,
    a_status,
    a_strategy,
)
from ports import free_port

GOLDEN = Path(__file__).with_name("metrics.txt")
EXTRAS = Extras("watch", NOW)
OF_THE_PROCESS = (
    *("bf_log_", "bf_reconcile_", "bf_probe_", "bf_detect_", "bf_http_", "bf_event_loop_"),
    "bf_config_rollbacks",
    "bf_folder_",
    "bf_journal_",
    "bf_heartbeat_",
    "bf_strategy_transitions_",
    "bf_commands",
)
OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5"


def scraped(status, extras=EXTRAS, tallies=None, accept="", *, kept=None, **asked):
    exposition = kept or Exposition()
    pieces, content_type = exposition.render(status, extras, tallies or Tallies(), accept, **asked)
    return b"".join(pieces), content_type


def text_of(*given, **more):
    return scraped(*given, **more)[0].decode()


def samples_of(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(text)
        for sample in family.samples
        if sample.name.startswith("bf_")
    }


def value_of(text, name, **labels):
    return samples_of(text).get((name, tuple(sorted(labels.items()))))


def some_tallies():
    tallies = Tallies(lambda: 2, lambda: 1)
    tallies.probed("kucoin", 0.25, [("time", "ok"), ("key", Reason.INVALID_KEY)])
    tallies.probed("mexc", 40.0, [("time", "ok")])
    tallies.transition("btc-grid", "Enabled", "Connected")
    tallies.transition("gone", "Blocked", "Removed")
    tallies.key_changed("kucoin-main-grid", "kucoin", "right_granted")
    tallies.key_changed("gone", "kucoin", "unbound")
    tallies.reconciled(0.02)
    tallies.error()
    tallies.rollback()
    tallies.folder_replaced("state")
    tallies.client_dropped("silent")
    tallies.request_refused("wrong_token")
    tallies.command("halt", "ops")
    tallies.detected("kucoin", 57.0, late=False)
    tallies.detected("kucoin", 95.0, late=True)
    tallies.lagged(0.02)
    tallies.heartbeat(1_772_000_000.0)
    tallies.heartbeat(None)
    tallies.notified("desk", "delivered")
    tallies.notifications_pending("desk", 1, 1_777_896_000.0)
    tallies.notifications_pending("oncall", 0, None)
    tallies.notify_file(True)
    return tallies


def a_mixed_status():
    blocked = a_connection(
        "mexc-sub",
        ConnectionState.BLOCKED,
        Reason.WITHDRAW_ENABLED,
        exchange="mexc",
        account='sub "two" \\ one',
        key=Key(scopes=("read", "withdraw")),
        clock_skew_seconds=None,
        last_success=None,
    )
    off = a_strategy("eth-grid", StrategyState.BLOCKED, connection="mexc-sub")
    incident = Incident("egress", "direct", Reason.IP_NOT_ALLOWED, ("a", "b", "c"), NOW)
    maintenance = (a_maintenance(), a_maintenance("under_way", environment="demo"))
    return a_status(
        [a_connection(), blocked],
        [a_strategy(), off],
        incidents=(incident,),
        maintenance=maintenance,
    )


def test_the_exposition_is_what_it_was(monkeypatch):
    monkeypatch.setattr(families, "__version__", "0.0.0")
    monkeypatch.setattr(families.platform, "python_version", lambda: "3.x")
    monkeypatch.setattr(families, "_ccxt", lambda: "4.x")
    text = text_of(a_mixed_status(), tallies=some_tallies())
    ours = text[: text.index("# HELP process_")] if "# HELP process_" in text else text
    assert ours == GOLDEN.read_text(encoding="utf-8")


class Slow(Collector):
    """The same families through the encoder of prometheus_client."""

    def __init__(self, status):
        self.status = status

    def collect(self):
        for name, text, labels, samples in families.families(self.status, EXTRAS):
            yield self.gauge(name, text, labels, samples)
        for c in self.status.connections.values():
            yield from self.of(connection_families, (c.name, c.exchange), c)
        for s in self.status.strategies.values():
            yield from self.of(strategy_families, (s.name, s.connection, s.runtime), s)

    def of(self, module, own, entry):
        for family in module.FAMILIES:
            samples = [((*own, *at), value) for at, value in family.samples(entry)]
            labels = (*module.LABELS, *family.labels)
            yield self.gauge(family.name, family.text, labels, samples)

    def gauge(self, name, text, labels, samples):
        metric = GaugeMetricFamily(name, text, labels=labels)
        for at, value in samples:
            metric.add_metric(at, value)
        return metric


AWKWARD = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x85\u2028\u2029"))


@given(AWKWARD, st.integers(1, 3))
def test_the_quick_writer_says_what_prometheus_own_encoder_says(account, piece):
    connection = a_connection("okx-main", exchange="okx", account=account)
    mixed = a_mixed_status()
    status = replace(mixed, connections={**mixed.connections, connection.name: connection})
    registry = CollectorRegistry()
    registry.register(Slow(status))
    theirs = samples_of(generate_latest(registry).decode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry_pieces, "BLOCK", piece)
        ours = samples_of(text_of(status))
    assert theirs == {key: value for key, value in ours.items() if key in theirs}
    beside = {key[0] for key in ours if key not in theirs}
    assert all(name.startswith(OF_THE_PROCESS) for name in beside)


PARTS = st.lists(st.binary(max_size=300))


@given(PARTS)
def test_pieces_are_one_gzip_stream_of_what_they_hold(parts):
    texts = [part.decode("latin-1") for part in parts]
    pieces = [gzip_pieces.compressed(text) for text in texts]
    stream = b"".join(gzip_pieces.gzipped(pieces))
    whole = "".join(texts).encode()
    packer = zlib.decompressobj(zlib.MAX_WBITS | 16)  # it checks the sum, and stops after a member
    assert packer.decompress(stream) == whole
    assert (packer.eof, packer.unused_data) == (True, b"")
    assert b"".join(piece.plain() for piece in pieces) == whole


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
CONNECTIONS = st.builds(
    a_connection,
    NAMES,
    st.sampled_from(ConnectionState),
    last_probe=st.sampled_from([None, NOW, NOW + timedelta(seconds=1)]),
    clock_skew_seconds=st.sampled_from([None, 0.1, 0.2]),
    declared=st.sampled_from([{}, {"labels": {"team": "x"}}, {"labels": {"team": "y"}}]),
    conditions=st.sampled_from([(), (a_condition(ConditionType.READY, "True"),)]),
)
STRATEGIES = st.builds(
    a_strategy,
    NAMES,
    st.sampled_from(StrategyState),
    connection=NAMES,
    declared=st.sampled_from([{}, {"labels": {"team": "z"}}]),
)
STATUSES = st.builds(a_status, st.lists(CONNECTIONS), st.lists(STRATEGIES))


@given(st.lists(STATUSES, min_size=2, max_size=5), st.booleans(), st.sampled_from([(), ("team",)]))
def test_what_is_kept_of_a_scrape_is_in_no_later_one(statuses, summary, labels):
    extras, kept = replace(EXTRAS, labels=labels), Exposition()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry_pieces, "BLOCK", 2)
        patch.setattr(exposition, "PROCESS", CollectorRegistry())
        for status in statuses:
            tried = scraped(status, extras, kept=kept, summary=summary)
            assert tried == scraped(status, extras, summary=summary)
            packed = scraped(status, extras, kept=kept, summary=summary, gzip=True)[0]
            assert gzip.decompress(packed) == tried[0]


def test_two_scrapes_at_a_time_have_each_its_own_status():
    before = a_status([a_connection("a", clock_skew_seconds=1.0)])
    after = a_status([a_connection("a", clock_skew_seconds=2.0), a_connection("b")])
    kept = Exposition()
    both = [kept.render(status, EXTRAS, Tallies())[0] for status in (before, after)]
    texts = [b"".join(parts) for parts in zip(*zip_longest(*both, fillvalue=b""), strict=True)]
    for text, status in zip(texts, (before, after), strict=True):
        assert samples_of(text.decode()) == samples_of(text_of(status))


def test_a_scrape_writes_again_only_what_changed(monkeypatch):
    monkeypatch.setattr(entry_pieces, "BLOCK", 10)
    status = a_status([a_connection(f"c-{n}") for n in range(100)])
    kept = Exposition()
    scraped(status, kept=kept)
    made = []
    families = {each.name: each for each in connection_families.FAMILIES}
    for name, family in families.items():
        monkeypatch.setattr(family, "lines", lambda *_, name=name: made.append(name) or "")
    scraped(status, kept=kept)
    assert made == []
    other = replace(status.connections["c-7"], last_probe=NOW + timedelta(seconds=60))
    scraped(replace(status, connections={**status.connections, "c-7": other}), kept=kept)
    assert made == ["bf_connection_last_probe_timestamp_seconds"] * 10


def test_no_label_can_name_another_entry():
    text = text_of(a_status([a_connection(account='a\0b"c')]))
    assert 'account="a\N{REPLACEMENT CHARACTER}b\\"c"' in text
    assert text.count("kucoin-main-grid") == text.count('connection="kucoin-main-grid"')


def test_a_summary_leaves_out_what_has_most_series():
    whole, less = (text_of(a_mixed_status(), summary=summary) for summary in (False, True))
    left_out = {name for name, _ in samples_of(whole)} - {name for name, _ in samples_of(less)}
    assert left_out == {"bf_connection_condition", "bf_connection_permission"}
    assert samples_of(less).items() <= samples_of(whole).items()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8"),
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ],
)
def test_the_scraper_chooses_the_format(accept, kind):
    body, content_type = scraped(a_status(), EXTRAS, some_tallies(), accept)
    assert content_type.startswith(kind)
    assert body.endswith(b"# EOF\n") == ("openmetrics" in kind)


def test_openmetrics_is_read_by_its_strict_parser():
    text = text_of(a_mixed_status(), tallies=some_tallies(), accept=OPENMETRICS)
    names = {family.name for family in openmetrics(text)}
    assert {"bf_connection_up", "bf_probe_duration_seconds", "bf_reconcile_errors"} <= names


def test_an_empty_status_leaves_out_what_it_does_not_know():
    text = text_of(Status(), Extras())
    assert value_of(text, "bf_config_last_reload_successful") == 0
    assert value_of(text, "bf_config_last_reload_success_timestamp_seconds") is None
    assert value_of(text, "bf_reconcile_last_completed_timestamp_seconds") is None
    assert not any(name == "bf_config_info" for name, _ in samples_of(text))


def test_nothing_of_a_removed_entry_stays():
    tallies = some_tallies()
    text_of(a_mixed_status(), tallies=tallies)
    tallies.transition("eth-grid", "Blocked", "WithdrawEnabled")
    assert 'strategy="eth-grid"' in text_of(a_mixed_status(), tallies=tallies)
    after = text_of(a_status(), tallies=tallies)
    for name in ("mexc-sub", "eth-grid", "gone"):
        assert name not in after
    again = text_of(a_mixed_status(), tallies=tallies)
    counted = {labels for name, labels in samples_of(again) if "transitions" in name}
    assert all(dict(labels)["strategy"] == "btc-grid" for labels in counted)


@pytest.mark.parametrize("state", ConnectionState)
def test_up_is_online_or_degraded(state):
    text = text_of(a_status([a_connection(state=state)]))
    up = value_of(text, "bf_connection_up", connection="kucoin-main-grid", exchange="kucoin")
    assert up == (state in {"Online", "Degraded"})
    stated = {
        dict(labels)["status"]: value
        for (name, labels), value in samples_of(text).items()
        if name == "bf_connection_status"
    }
    assert stated == {str(each): float(each is state) for each in ConnectionState}


def permission(text, scope):
    return {
        dict(labels)["state"]: value
        for (name, labels), value in samples_of(text).items()
        if name == "bf_connection_permission" and dict(labels)["permission"] == scope
    }


def test_a_permission_is_granted_denied_or_unknown():
    key = Key(scopes=("read",), denied=("withdraw",))
    text = text_of(a_status([a_connection(key=key)]))
    assert permission(text, "read") == {"granted": 1, "denied": 0, "unknown": 0}
    assert permission(text, "withdraw") == {"granted": 0, "denied": 1, "unknown": 0}
    assert permission(text, "futures") == {"granted": 0, "denied": 0, "unknown": 1}
    silent = text_of(a_status([a_connection(key=Key())]))
    assert permission(silent, "withdraw") == {"granted": 0, "denied": 0, "unknown": 1}


def problems(text):
    return {
        dict(labels)["reason"]
        for (name, labels), _ in samples_of(text).items()
        if name == "bf_connection_problem"
    }


def test_problems_are_what_stands_against_a_connection():
    ready = a_condition(reason=Reason.EXCESS_PERMISSION)  # Degraded: Ready, with a warning
    rest = (
        a_condition(ConditionType.REACHABLE, "Unknown", Reason.TIMEOUT),
        a_condition(ConditionType.AUTHENTICATED, "False", Reason.INVALID_KEY),
        a_condition(ConditionType.READ_PERMITTED, "False", Reason.INVALID_KEY),
        a_condition(ConditionType.KEY_FRESH, "Unknown", Reason.UNVERIFIABLE),
        a_condition(ConditionType.BALANCE_READABLE, "True", Reason.BALANCE_EMPTY),
        a_condition(ConditionType.LEAST_PRIVILEGE, "Unknown", Reason.NOT_PROBED),
    )
    text = text_of(a_status([a_connection(conditions=(ready, *rest))]))
    assert problems(text) == {"ExcessPermission", "Timeout", "InvalidKey"}
    assert problems(text_of(a_status())) == set()


def test_nothing_stands_against_a_canary_that_is_as_expected():
    ready = a_condition(reason=Reason.AS_EXPECTED)
    trade = a_condition(ConditionType.TRADE_PERMITTED, "False", Reason.NO_TRADE_PERMISSION)
    good = a_connection(conditions=(ready, trade))
    text = text_of(a_status([good]))
    assert problems(text) == set()
    failed = replace(ready, status="False", reason=Reason.CANARY_FAILED)
    text = text_of(a_status([a_connection(conditions=(failed, trade))]))
    assert problems(text) == {"CanaryFailed", "NoTradePermission"}


def test_a_condition_has_one_of_three_statuses():
    connection = a_connection(conditions=(a_condition(status="Unknown"),))
    text = text_of(a_status([connection]))
    labels = {"connection": connection.name, "exchange": "kucoin", "condition": "Ready"}
    values = [
        value_of(text, "bf_connection_condition", status=word, **labels)
        for word in ("true", "false", "unknown")
    ]
    assert values == [0, 0, 1]


def test_the_file_that_was_refused_is_told():
    warned = Problem(1, 1, "", "a better name", "warning")
    config = a_refused_config(plaintext_secrets=2)
    config = replace(config, problems=(*config.problems, warned))
    text = text_of(a_status(config=config))
    assert value_of(text, "bf_config_last_reload_successful") == 0
    assert value_of(text, "bf_config_problems") == 1
    assert value_of(text, "bf_config_plaintext_secrets") == 2
    assert value_of(text, "bf_config_info", revision="4e0b6d1", digest="sha256:9f2c") == 1
    at = (a_config().last_reload_success).timestamp()
    assert value_of(text, "bf_config_last_reload_success_timestamp_seconds") == at


@pytest.mark.parametrize("field", ["halted", "file_halt"])
def test_a_halt_is_told_whoever_pulled_it(field):
    assert value_of(text_of(a_status()), "bf_halted") == 0
    assert value_of(text_of(a_status(**{field: Halted("fire", "ada")})), "bf_halted") == 1


def test_what_is_asked_of_each_exchange_is_told_as_a_share():
    shares = {("kucoin", "direct"): 3.2, ("kucoin", "proxy of a"): 0.5}
    text = text_of(a_status(), Extras(request_ratios=shares))
    for (exchange, egress), share in shares.items():
        found = value_of(text, "bf_request_budget_ratio", exchange=exchange, egress=egress)
        assert found == share


def test_the_mode_of_the_watch_is_a_state_set():
    text = text_of(a_status(), Extras("poll"))
    assert value_of(text, "bf_watch_mode", mode="poll") == 1
    assert value_of(text, "bf_watch_mode", mode="watch") == 0


@pytest.mark.parametrize(("running", "told"), [("running", 1), ("paused", 0), ("unknown", 0)])
def test_running_is_only_what_was_read_back_as_running(running, told):
    text = text_of(a_status(strategies=[a_strategy(running=running, desired=False)]))
    labels = {"strategy": "btc-grid", "connection": "kucoin-main-grid", "runtime": "local"}
    assert value_of(text, "bf_strategy_running", **labels) == told
    assert value_of(text, "bf_strategy_desired", **labels) == 0


def series(text, name):
    return {labels: v for (found, labels), v in samples_of(text).items() if found == name}


def test_the_reason_and_the_beginning_are_those_of_the_status_word():
    ready = a_condition(status="False", reason=Reason.INVALID_KEY)
    warning = a_condition(ConditionType.LEAST_PRIVILEGE, "False", Reason.EXCESS_PERMISSION)
    connection = a_connection(state=ConnectionState.BLOCKED, conditions=(ready, warning))
    blocked = a_strategy(state=StrategyState.BLOCKED, reason=Reason.CONNECTION_NOT_READY)
    text = text_of(a_status([connection], [blocked]))
    ((labels, value),) = series(text, "bf_connection_status_reason").items()
    assert (dict(labels)["reason"], value) == ("InvalidKey", 1)
    ((labels, value),) = series(text, "bf_strategy_status_reason").items()
    assert (dict(labels)["reason"], value) == ("ConnectionNotReady", 1)
    for kind in ("connection", "strategy"):
        (since,) = series(text, f"bf_{kind}_status_since_timestamp_seconds").values()
        assert since == ready.since.timestamp()


def test_ends_are_told_where_there_are_some():
    names = (
        "bf_connection_suspended_until_timestamp_seconds",
        "bf_connection_attestation_expiry_timestamp_seconds",
        "bf_connection_next_probe_timestamp_seconds",
        "bf_strategy_suspended_until_timestamp_seconds",
    )
    ends = [NOW + timedelta(days=day) for day in range(4)]
    connection = a_connection(suspended_until=ends[0], attested_until=ends[1], next_probe=ends[2])
    strategy = a_strategy(suspended_until=ends[3])
    text = text_of(a_status([connection], [strategy]))
    for name, end in zip(names, ends, strict=True):
        assert list(series(text, name).values()) == [end.timestamp()]
    without = text_of(a_status([a_connection(next_probe=None)]))
    assert not any(series(without, name) for name in names)


@pytest.mark.parametrize(("on", "told"), [(True, [1]), (False, [0]), (None, [])])
def test_what_a_strategy_was_last_told_is_told(on, told):
    text = text_of(a_status(strategies=[a_strategy(memory=a_memory(on=on))]))
    assert list(series(text, "bf_strategy_told").values()) == told
    unknown = text_of(a_status(strategies=[a_strategy(memory=None)]))
    assert not series(unknown, "bf_strategy_told")


def test_a_missing_ccxt_is_no_reason_to_have_no_metrics(monkeypatch):
    families._ccxt.cache_clear()  # noqa: SLF001 # so that it looks again
    monkeypatch.setattr(families, "version", lambda _: (_ for _ in ()).throw(missing))
    missing = families.PackageNotFoundError()
    try:
        assert 'ccxt="unknown"' in text_of(a_status())
    finally:
        families._ccxt.cache_clear()  # noqa: SLF001 # as above


def test_probes_are_counted_by_their_results_and_durations():
    text = text_of(a_status(), tallies=some_tallies())
    asked = {"exchange": "kucoin", "question": "key", "result": "InvalidKey"}
    assert value_of(text, "bf_probe_requests_total", **asked) == 1
    name = "bf_probe_duration_seconds"
    assert value_of(text, f"{name}_bucket", exchange="kucoin", le="0.25") == 1
    assert value_of(text, f"{name}_bucket", exchange="kucoin", le="0.1") == 0
    assert value_of(text, f"{name}_bucket", exchange="mexc", le="30.0") == 0
    assert value_of(text, f"{name}_bucket", exchange="mexc", le="+Inf") == 1
    assert value_of(text, f"{name}_sum", exchange="mexc") == 40
    assert value_of(text, "bf_reconcile_duration_seconds_count") == 1
    assert value_of(text, "bf_reconcile_errors_total") == 1


def test_counting_goes_on_while_a_scrape_is_made():
    tallies, stop = Tallies(), threading.Event()

    def count():
        number = 0
        while not stop.is_set():
            number = (number + 1) % 40
            tallies.transition(f"s{number}", "Enabled", "Connected")
            tallies.probed(f"e{number}", 0.1, [("time", "ok")])

    thread = threading.Thread(target=count)
    thread.start()
    try:
        for _ in range(50):
            scraped(a_status(), EXTRAS, tallies)
    finally:
        stop.set()
        thread.join(60)


def test_a_thousand_connections_are_written_each():
    status = a_status(
        [a_connection(f"kucoin-{n}") for n in range(1000)],
        [a_strategy(f"s-{n}") for n in range(1000)],
    )
    text = text_of(status)
    assert text.count("\n") > 80_000
    for name in ("kucoin-0", "kucoin-999"):
        assert f'bf_connection_up{{connection="{name}",exchange="kucoin"}} ' in text


def test_promtool_finds_nothing_to_complain_about():
    promtool = shutil.which("promtool")
    assert promtool, "the Debian package prometheus is needed"
    text = text_of(a_mixed_status(), tallies=some_tallies())
    found = subprocess.run(  # a program of the system, no input but ours
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


# --- a real Prometheus


@contextmanager
def a_target(status):
    """A daemon of nothing but metrics."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            accept = self.headers.get("Accept", "")
            body, kind = scraped(status, EXTRAS, some_tallies(), accept)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(30)


def ask(port, query):
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return json.loads(answer.read())["data"]["result"]


def asked_until(process, port, query, deadline):
    while time.monotonic() < deadline:
        assert process.poll() is None, "Prometheus ended"
        try:
            found = ask(port, query)
        except (OSError, ValueError):
            found = []
        if found:
            return found
        time.sleep(0.1)  # between two looks
    raise AssertionError(f"Prometheus had no answer to {query}")


@pytest.mark.slow
def test_a_real_prometheus_scrapes_and_answers(tmp_path):
    prometheus = shutil.which("prometheus")
    assert prometheus, "the Debian package prometheus is needed"
    port = free_port()
    with a_target(a_mixed_status()) as target:
        config = tmp_path / "prometheus.yml"
        jobs = [
            {
                "job_name": "bf",
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "static_configs": [{"targets": [f"127.0.0.1:{target}"]}],
            }
        ]
        config.write_text(json.dumps({"scrape_configs": jobs}))  # JSON is YAML
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(  # a program of the system
                [
                    prometheus,
                    f"--config.file={config}",
                    f"--storage.tsdb.path={tmp_path / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=log,
                stderr=log,
            )
        try:
            deadline = time.monotonic() + 60
            (down,) = asked_until(process, port, "bf_connection_up == 0", deadline)
            assert down["metric"]["connection"] == "mexc-sub"
            (health,) = asked_until(process, port, 'up{job="bf"}', deadline)
            assert health["value"][1] == "1"
            bucket = "histogram_quantile(0.5, bf_probe_duration_seconds_bucket) > 0"
            assert asked_until(process, port, bucket, deadline)
        finally:
            process.terminate()
            try:
                process.wait(timedelta(seconds=30).total_seconds())
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


# what is set for alerts


def test_links_and_chosen_labels_stand_in_the_exposition():
    of_team = a_connection(declared={"labels": {"team": 'de"sk', "env": "prod"}})
    nobody = a_connection("mexc-sub", exchange="mexc")
    own = a_strategy(declared={"labels": {"team": "own"}})
    inherits = a_strategy("eth-grid")
    links = ("https://bf.example", "https://grafana.example/d/bf", "")
    extras = Extras("watch", NOW, links, ("team", "desk"))
    text = text_of(a_status([of_team, nobody], [own, inherits]), extras)
    names = ("page_url", "dashboard_url", "runbook_url")
    assert value_of(text, "bf_links_info", **dict(zip(names, links, strict=True))) == 1
    ours = {"connection": "kucoin-main-grid", "exchange": "kucoin", "team": 'de"sk'}
    assert value_of(text, "bf_connection_up", **ours) == 1
    assert value_of(text, "bf_connection_up", connection="mexc-sub", exchange="mexc") == 1
    for strategy, team in (("btc-grid", "own"), ("eth-grid", 'de"sk')):
        of = {
            "strategy": strategy,
            "connection": "kucoin-main-grid",
            "runtime": "local",
            "team": team,
        }
        assert value_of(text, "bf_strategy_desired", **of) == 1
    assert "env=" not in text


def test_a_strategy_whose_connection_is_unknown_has_its_own_labels_alone():
    text = text_of(a_status([], [a_strategy()]), Extras(labels=("team",)))
    assert "team" not in text


def test_every_label_of_ours_is_reserved():
    ours = {label for family in families.families(a_mixed_status(), EXTRAS) for label in family[2]}
    for module in (connection_families, strategy_families):
        ours |= {*module.LABELS, *(label for family in module.FAMILIES for label in family.labels)}
    apart = {"version", "python", "ccxt", "mode", "revision", "digest"}
    links = {"page_url", "dashboard_url", "runbook_url"}
    assert ours - RESERVED_LABELS == apart | links
