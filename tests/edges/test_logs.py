"""Log lines, and what never stands in them."""

import base64
import io
import json
import logging
import re
import urllib.parse
from dataclasses import replace

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bf_reconciler import logs
from bf_reconciler.daemon import log_lines
from bf_reconciler.facts import ConfigReason, Problem, Reason
from bf_reconciler.facts.secret_forms import secret_forms
from bf_reconciler.policy import Incident
from edges.fakes import NOW, a_config, a_refused_config, a_transition

SECRET = "s3cr3t/+VALUE==that&leaks"


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Everything that configure changes is as before, and nothing is learnt for good."""
    monkeypatch.setattr(logs, "REDACTOR", logs.Redactor())
    names = (None, *logs.SILENT, *logs.QUIET)
    loggers = [logging.getLogger(name) for name in names]
    before = [(each, list(each.handlers), each.level, each.propagate) for each in loggers]
    yield
    for each, handlers, level, propagate in before:
        each.handlers, each.propagate = handlers, propagate
        each.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def stream():
    return io.StringIO()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_is_an_event_with_a_utc_time_and_its_values(stream):
    logs.configure("info", "json", stream)
    structlog.get_logger("bf_reconciler").info("listening", url="http://127.0.0.1:1")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "listening", "level": "info", "url": "http://127.0.0.1:1"}


def test_the_standard_library_logs_through_the_same_door(stream):
    logs.configure("info", "json", stream)
    logging.getLogger("bf_reconciler.journal").warning("row left out", extra={"kind": "seen"})
    (line,) = lines(stream)
    assert (line["event"], line["kind"], line["level"]) == ("row left out", "seen", "warning")


def test_the_level_holds_for_both(stream):
    logs.configure("warning", "json", stream)
    structlog.get_logger().info("no")
    logging.getLogger("x").info("no")
    structlog.get_logger().warning("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_a_second_set_up_replaces_the_first(stream):
    logs.configure("info", "json", io.StringIO())
    logs.configure("info", "json", stream)
    structlog.get_logger().info("once")
    assert len(lines(stream)) == 1


def test_a_console_line_is_for_people(stream):
    logs.configure("info", "console", stream)
    structlog.get_logger().info("file loaded", path="connections.yaml")
    text = stream.getvalue()
    assert "file loaded" in text
    assert "path=connections.yaml" in text
    assert "\x1b" not in text
    logs.configure("info", "console", stream, colors=True)
    structlog.get_logger().info("file loaded")
    assert "\x1b" in stream.getvalue()


@pytest.mark.parametrize("name", ["ccxt", "ccxt.async_support.base.exchange", "aiohttp.access"])
def test_loggers_that_show_requests_are_silent_at_every_level(stream, name):
    logs.configure("debug", "json", stream)
    child = logging.getLogger(name)
    child.setLevel(logging.DEBUG)
    try:
        child.debug("KC-API-SIGN: abc")
        child.critical("KC-API-SIGN: abc")
    finally:
        child.setLevel(logging.NOTSET)
    assert stream.getvalue() == ""


def test_a_line_that_cannot_be_written_is_lost_without_its_arguments(stream, capsys):
    root = logging.getLogger()
    root.handlers = []  # pytest's own would raise
    logs.configure("info", "json", stream)
    logging.getLogger("x").warning("%d", SECRET)
    captured = capsys.readouterr()
    assert SECRET not in captured.err + captured.out + stream.getvalue()


# --- redaction


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_in_the_text_of_an_exception_is_masked(stream, form):
    logs.configure("info", form, stream)
    logs.REDACTOR.learn([SECRET])

    def ask(local_variable):
        raise RuntimeError(f"GET https://api.example/?key={local_variable} failed")

    try:
        ask(SECRET)
    except RuntimeError:
        structlog.get_logger().exception("reconcile failed", error="RuntimeError")
        logging.getLogger("x").exception("again")
    text = stream.getvalue()
    assert text.count("RuntimeError") >= 2
    assert text.count(logs.MASK) >= 2
    assert SECRET not in text


SHAPES = {
    "plain": lambda s: s,
    "url": lambda s: urllib.parse.quote(s, safe=""),
    "form": urllib.parse.quote_plus,
    "repr": repr,
    "json": json.dumps,
    "hex": lambda s: s.encode().hex(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "basic login": lambda s: base64.b64encode(f"user:{s}".encode()).decode(),
    "basic login 2": lambda s: base64.b64encode(f"ad:{s}:more".encode()).decode(),
    "basic login 3": lambda s: base64.b64encode(f"ada:{s}:more".encode()).decode(),
    "line end": lambda s: f"{s}\n",
}


@pytest.mark.parametrize(
    "secret", [SECRET, 'quo"te\\back\nslash', "şifre-ığüöç-١٢٣", "abcdefgh12345678"]
)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("form", ["json", "console"])
def test_every_shape_of_a_secret_is_masked(stream, secret, shape, form):
    logs.configure("info", form, stream)
    logs.REDACTOR.learn([secret])
    shaped = shape(secret)
    structlog.get_logger().info(f"text {shaped}", field=shaped, deep={"list": [(shaped,)]})
    logging.getLogger("x").warning("text %s", shaped)
    text = stream.getvalue()
    assert secret not in text
    core = shaped.strip().strip("'\"")[4:-4]  # what surrounds it may share a character or two
    assert core not in text
    assert json.dumps(core)[1:-1] not in text


def test_each_line_of_a_private_key_is_masked(stream):
    key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIF0xAAAAAAAAbbbb\nCCCCCCCCdddd0987\n-----END"
    logs.configure("info", "json", stream)
    logs.REDACTOR.learn([key])
    structlog.get_logger().info("read", text="CCCCCCCCdddd0987")
    assert "CCCCdddd" not in stream.getvalue()


def test_the_longer_of_two_secrets_is_masked_whole():
    redactor = logs.Redactor()
    redactor.learn(["abcdef", "abcdefghij", "abcdef"])
    assert redactor.redact("x abcdefghij y abcdef z abcd") == "x •••• y •••• z abcd"


def test_a_secret_of_three_characters_is_not_looked_for():
    redactor = logs.Redactor()
    redactor.learn(["abc"])
    assert redactor.redact("abc") == "abc"


def test_the_redactor_shows_nothing_of_what_it_knows():
    redactor = logs.Redactor()
    redactor.learn([SECRET])
    assert SECRET not in repr(redactor) + str(redactor)


def test_many_secrets_do_not_slow_a_line_down():
    redactor = logs.Redactor()
    redactor.learn(f"secret-number-{n}-{n * 7919}" for n in range(3000))
    text = "an ordinary line of a log " * 40
    for _ in range(100):
        assert redactor.redact(text) == text


def test_keys_that_all_begin_alike_are_learnt_as_fast_and_masked():
    redactor = logs.Redactor()
    redactor.learn(f"organizations-{n:05}" for n in range(20_000))
    text = "organizations-19999 organizations-20000"
    assert redactor.redact(text) == "•••• organizations-20000"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text("ab", min_size=4, max_size=12), max_size=8),
    st.text("ab ", max_size=80),
)
def test_a_line_is_masked_as_if_each_form_were_tried_at_each_place(values, text):
    redactor = logs.Redactor()
    redactor.learn(values)
    forms = sorted({f for v in values for f in secret_forms(v)}, key=len, reverse=True)
    pattern = "|".join(map(re.escape, forms))
    assert redactor.redact(text) == (re.sub(pattern, logs.MASK, text) if forms else text)


def test_fields_that_are_named_like_a_secret_are_masked(stream):
    logs.configure("info", "json", stream)
    structlog.get_logger().info(
        "x", api_key="k1", headers={"Authorization": "k2", "n": 1}, rows=[{"my_token": "k3"}]
    )
    (line,) = lines(stream)
    assert line["api_key"] == logs.MASK
    assert line["headers"] == {"Authorization": logs.MASK, "n": 1}
    assert line["rows"] == [{"my_token": logs.MASK}]


# --- transitions and the file


def told(stream, call, *values):
    logs.configure("info", "json", stream)
    call(structlog.get_logger("bf_reconciler"), *values)
    return lines(stream)


def test_entries_that_nobody_knew_yet_share_a_line(stream):
    known = a_transition()
    new = [
        replace(known, kind=kind, name=f"{kind}-{n}", before="", after="Pending")
        for kind, count in (("connection", 3), ("strategy", 2))
        for n in range(count)
    ]
    other, shared = told(stream, log_lines.log_transitions, [*new, known])
    assert (shared["event"], shared["level"]) == ("entries added", "info")
    assert (shared["connections"], shared["strategies"]) == (3, 2)
    assert other["name"] == known.name


def test_each_of_them_has_a_line_where_everything_is_logged(stream):
    new = replace(a_transition(), name="x", kind="strategy", before="", after="Pending")
    logs.configure("debug", "json", stream)
    log_lines.log_transitions(structlog.get_logger("bf_reconciler"), [new])
    told = [(line["event"], line.get("name")) for line in lines(stream)]
    assert told == [("entries added", None), ("entry added", "x")]


@pytest.mark.parametrize(
    ("halt", "event"),
    [
        ({"after": "Halted"}, "halted"),
        ({"before": "Halted", "after": ""}, "resumed"),
    ],
)
def test_a_halt_is_a_line_with_who_and_why(stream, halt, event):
    made = a_transition("", "halt", message="fire", by="ada (token ops)", **halt)
    (line,) = told(stream, log_lines.log_transition, made)
    assert (line["event"], line["level"]) == (event, "warning")
    assert (line["by"], line["why"], line["strategy"]) == ("ada (token ops)", "fire", None)


def test_what_changed_of_a_key_is_a_warning_with_the_next_step(stream):
    change = {"reason": Reason.KEY_CHANGED, "what": "address_added", "message": "New."}
    made = a_transition("a", "key", before="", after="198.51.100.9", **change)
    (line,) = told(stream, log_lines.log_transition, made)
    assert (line["event"], line["level"], line["name"]) == ("key changed", "warning", "a")
    assert (line["what"], line["before"], line["after"]) == ("address_added", None, "198.51.100.9")
    assert "delete the key" in line["remedy"]


def test_a_transition_for_the_worse_is_a_warning_with_the_next_step(stream):
    (line,) = told(stream, log_lines.log_transition, a_transition())
    line.pop("timestamp")
    assert line == {
        "event": "strategy changed",
        "level": "warning",
        "name": "btc-grid",
        "before": "Enabled",
        "after": "Blocked",
        "reason": "WithdrawEnabled",
        "message": "The key can withdraw. A trading key must never have this permission.",
        "remedy": "Turn the withdraw permission off at the exchange, or create a new key without"
        " it. The strategy stays off until then.",
        "generation": 3,
        "revision": "4e0b6d1",
        "lasted_seconds": 3600.0,
    }


def test_an_incident_is_told_when_it_begins_and_when_it_is_over_and_never_between(stream):
    def incident(count, reason=Reason.IP_NOT_ALLOWED):
        return (Incident("egress", "direct", reason, tuple("abcdef"[:count]), NOW),)

    (line,) = told(stream, log_lines.log_incidents, (), incident(3))
    assert line["event"] == "incident started"
    assert line["level"] == "warning"
    assert (line["kind"], line["scope"], line["connections"]) == ("egress", "direct", 3)
    assert (line["reason"], line["since"]) == ("IPNotAllowed", "2026-05-04T12:00:00+00:00")
    assert line["remedy"]
    grown = incident(5, Reason.REGION_RESTRICTED)
    assert told(stream, log_lines.log_incidents, incident(3), grown) == [line]
    *_, over = told(stream, log_lines.log_incidents, grown, ())
    assert (over["event"], over["level"]) == ("incident ended", "info")
    assert over["remedy"] is None


def test_a_transition_for_the_better_is_information(stream):
    better = a_transition(
        kind="connection", before="", after="Online", reason=Reason.CONNECTED, lasted=None
    )
    (line,) = told(stream, log_lines.log_transition, better)
    assert (line["event"], line["level"]) == ("connection changed", "info")
    assert (line["before"], line["remedy"], line["lasted_seconds"]) == (None, None, None)


def test_a_refused_file_is_an_error_with_its_problems(stream):
    (line,) = told(stream, log_lines.log_config, a_config(), a_refused_config())
    assert (line["event"], line["level"]) == ("file rejected", "error")
    assert line["reason"] == "InvalidDocument"
    assert line["problems"] == ["connections.yaml:7:5: connections.1.exchange: unknown exchange"]
    assert line["problem_count"] == 1
    assert line["remedy"]


def test_of_many_problems_some_are_shown(stream):
    many = tuple(Problem(n, 1, "", "wrong") for n in range(1, 50))
    (line,) = told(stream, log_lines.log_config, a_config(), a_refused_config(problems=many))
    assert (len(line["problems"]), line["problem_count"]) == (10, 49)


def test_what_is_wrong_is_told_before_mere_warnings(stream):
    many = [Problem(n, 1, "", "a better name", "warning") for n in range(1, 50)]
    config = a_refused_config(problems=(*many, Problem(99, 1, "", "wrong")))
    (line,) = told(stream, log_lines.log_config, a_config(), config)
    assert line["problems"][0] == "connections.yaml:99:1: wrong"


def test_a_refusal_without_a_reason_is_told_as_it_is(stream):
    bare = a_refused_config(reason=None, problems=())
    (line,) = told(stream, log_lines.log_config, a_config(), bare)
    assert (line["reason"], line["problems"]) == (None, None)


def test_the_same_refusal_is_told_once(stream):
    later = replace(a_refused_config(), message="another sentence")
    assert told(stream, log_lines.log_config, a_refused_config(), later) == []
    worse = replace(later, reason=ConfigReason.FILE_NOT_FOUND)
    assert len(told(stream, log_lines.log_config, later, worse)) == 1


def test_a_file_that_is_taken_is_told_whenever_it_is_new(stream):
    assert told(stream, log_lines.log_config, a_config(), a_config()) == []
    later = a_config(last_reload_success=NOW)
    (line,) = told(stream, log_lines.log_config, a_config(), later)
    assert (line["event"], line["level"], line["warnings"]) == ("file loaded", "info", None)
    assert len(told(stream, log_lines.log_config, a_refused_config(), a_config())) == 2


def test_credentials_in_plain_text_are_told_at_the_level_of_warnings_too(stream):
    plain = a_config(last_reload_success=NOW, plaintext_secrets=3)
    (line,) = told(stream, log_lines.log_config, a_config(), plain)
    assert (line["level"], line["plaintext_secrets"]) == ("warning", 3)


def test_a_rollback_says_from_when_to_when(stream):
    before, after = a_config(last_modified=NOW), a_config()
    (line,) = told(stream, log_lines.log_rollback, before, after)
    assert (line["event"], line["level"]) == ("file rolled back", "warning")
    assert (line["last_modified_before"], line["last_modified"]) == (NOW.isoformat(), None)
