"""status, history, halt and resume: the daemon first, its journal as a second way."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import getpass
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from threading import Thread

import pytest
from click import UsageError
from rich.console import Console
from rich.text import Text

from bf_reconciler.cli import one_screen, refresh, status_tables, tables, words
from bf_reconciler.cli.api import Api
from bf_reconciler.cli.maintenance_text import maintenance
from bf_reconciler.facts import Problem, Reason
from bf_reconciler.journal import Journal
from bf_reconciler.policy import ConditionType, Incident
from bf_reconciler.status import Key, Record, StrategyState, present
from bf_reconciler.verdict import ConnectionState, Halted
from bf_reconciler.web.backend import NotDurableError
from commandline import FakeView, run_in, serving
from edges.fakes import (
    NOW,
    a_condition,
    a_connection,
    a_maintenance,
    a_memory,
    a_record,
    a_refused_config,
    a_status,
    a_strategy,
    a_transition,
)

BLOCKED = a_status(
    [
        a_connection(),
        a_connection("mexc-a", ConnectionState.BLOCKED, Reason.INVALID_KEY, exchange="mexc"),
    ],
    [a_strategy(), a_strategy("sol-dca", StrategyState.BLOCKED, Reason.INVALID_KEY)],
)
TOKEN = "a-token-of-many-signs"


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    for name in ("BF_URL", "BF_LISTEN", "BF_STATE_DIR", "BF_TOKEN_FILE", "BF_LANG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BF_URL", "http://127.0.0.1:9")  # nobody listens there


@pytest.fixture
def journal(tmp_path):
    """The folder of a journal that no daemon holds."""
    with Journal(tmp_path) as journal:
        transitions = [a_transition(), a_transition("kucoin-main-grid", "connection")]
        journal.save(a_record(BLOCKED), transitions)
    return tmp_path


def test_status_shows_connections_and_strategies(capsys):
    with serving(FakeView(a_status())) as url:
        ran = run_in(capsys, "status", "--url", url)
    assert ran.code == 0
    assert "kucoin-main-grid   kucoin     Online   Connected" in ran.out
    assert "btc-grid" in ran.out
    assert ran.err == f"Read from the daemon at {url}.\n"


@pytest.mark.parametrize(
    ("lang", "short", "note"),
    [("en", "told to run", "not confirmed"), ("tr", "çalıştırma komutu verildi", "onaylanmadı")],
)
def test_an_order_that_is_not_confirmed_is_told_from_a_state(capsys, lang, short, note):
    status = a_status(strategies=[a_strategy(told="run", running="unknown")])
    with serving(FakeView(status)) as url:
        ran = run_in(capsys, "status", "--url", url, "--lang", lang)
        one = run_in(capsys, "status", "btc-grid", "--url", url, "--lang", lang)
    assert f"  {short}  " in ran.out
    assert f"{short}, {note}\n" in one.out


def test_status_exits_2_where_something_is_blocked(capsys):
    with serving(FakeView(BLOCKED)) as url:
        ran = run_in(capsys, "status", "--url", url)
        assert ran.code == 2
        assert "Invalid key" in ran.out
        assert "Create a new key or copy the values again." in ran.out
        assert run_in(capsys, "status", "kucoin-main-grid", "--url", url).code == 0
        assert run_in(capsys, "status", "sol-dca", "--url", url).code == 2


def test_status_and_explain_show_a_key_that_waits_to_be_rotated_in(capsys):
    waiting = a_status([a_connection(next_api_key="••••abc")])
    with serving(FakeView(waiting)) as url:
        status = run_in(capsys, "status", "kucoin-main-grid", "--url", url)
        explained = run_in(capsys, "explain", "kucoin-main-grid", "--url", url)
    assert re.search(r"Next key +••••abc\n", status.out)
    line = "the next key ••••abc waits in the file: bf-reconciler rotate kucoin-main-grid\n"
    assert line in explained.out


def test_status_json_is_what_the_api_says(capsys):
    with serving(FakeView(BLOCKED)) as url:
        api = Api.of(url).status()
        ran = run_in(capsys, "status", "--url", url, "-o", "json")
        one = run_in(capsys, "status", "mexc-a", "--url", url, "-o", "json")
    assert ran.code == 2
    assert ran.json() == api
    assert one.json() == api["connections"][1]


def test_a_name_of_a_connection_and_of_a_strategy_gives_both(capsys):
    status = a_status([a_connection("twin")], [a_strategy("twin")])
    with serving(FakeView(status)) as url:
        found = run_in(capsys, "status", "twin", "--url", url, "-o", "json").json()
        table = run_in(capsys, "status", "twin", "--url", url).out
    assert [("exchange" in row) for row in found] == [True, False]
    assert table.count("\nReady ") == 2


def test_status_of_one_shows_every_condition(capsys):
    broken = a_condition(
        ConditionType.WITHDRAW_DISABLED, "False", Reason.WITHDRAW_ENABLED, "The key can withdraw."
    )
    connection = a_connection(conditions=(a_condition(), broken))
    with serving(FakeView(a_status([connection]))) as url:
        out = run_in(capsys, "status", "kucoin-main-grid", "--url", url).out
        turkish = run_in(capsys, "status", "kucoin-main-grid", "--url", url, "--lang", "tr").out
    assert "WithdrawDisabled" in out
    assert "WithdrawEnabled" in out
    assert "→ Turn the withdraw permission off" in out
    assert "••••3eb" in out
    assert "read, spot" in out
    assert "50 ms" in out
    assert "Koşul" in turkish
    assert "→ Turn" not in turkish


def test_what_is_not_told_is_said_to_be_so(capsys):
    connection = a_connection(
        key=Key(), last_probe=None, next_probe=None, latency_seconds=None, clock_skew_seconds=None
    )
    with serving(FakeView(a_status([connection]))) as url:
        out = run_in(capsys, "status", "kucoin-main-grid", "--url", url).out
    assert "unknown" in out
    assert "Latency" not in out


def test_a_name_nobody_has_is_an_error_that_lists_the_known(capsys):
    with serving(FakeView(a_status())) as url:
        ran = run_in(capsys, "status", "nope", "--url", url)
        empty = run_in(capsys, "status", "nope", "--url", url, "-o", "json")
    assert (ran.code, ran.out) == (1, "")
    assert "known: kucoin-main-grid, btc-grid" in ran.err
    assert (empty.code, empty.out) == (1, "")


def test_a_refused_file_and_a_halt_stand_above_all(capsys):
    status = a_status(config=a_refused_config(), halted=Halted("a bug", "ada", NOW))
    with serving(FakeView(status)) as url:
        out = run_in(capsys, "status", "--url", url).out
    assert out.startswith("Halted: a bug (ada)\n")
    assert "connections.yaml: InvalidDocument: 1 problem" in out
    assert "connections.yaml:7:5: connections.1.exchange: unknown exchange" in out


def test_an_incident_is_shown_once_with_its_remedy_above_the_table(capsys):
    incident = Incident("change", "kucoin", Reason.EXCHANGE_CHANGED, ("a", "b"), NOW)
    with serving(FakeView(a_status(incidents=(incident,)))) as url:
        out = run_in(capsys, "status", "--url", url).out
    assert out.startswith("Exchange changed: kucoin. Connections: 2. Read the exchange's API")
    assert out.count("certify FILE NAME") == 1


def test_announced_maintenance_is_shown_above_the_table(capsys):
    told = (a_maintenance(), a_maintenance("overrun", environment="demo", ends=None, title=""))
    with serving(FakeView(a_status(maintenance=told))) as url:
        out = run_in(capsys, "status", "--url", url).out
    assert out.startswith("kucoin announces maintenance: ")
    assert "(Upgrade)" in out
    assert "The maintenance of kucoin demo takes longer than announced: " in out
    assert "no end told" in out


def test_a_phase_of_another_version_is_shown_as_it_is():
    told = {**present(a_status(maintenance=(a_maintenance(),)))["maintenance"][0], "phase": "new"}
    assert maintenance(told, "en").startswith("kucoin: new: ")


def test_a_problem_of_no_field_has_no_empty_path(capsys):
    config = a_refused_config(problems=(Problem(8, 5, "", "invalid YAML"),))
    with serving(FakeView(a_status(config=config))) as url:
        out = run_in(capsys, "status", "--url", url).out
    assert "connections.yaml:8:5: invalid YAML" in out


def test_a_file_without_strategies_has_no_table_of_them(capsys):
    with serving(FakeView(a_status(strategies=[]))) as url:
        assert "Strategy" not in run_in(capsys, "status", "--url", url).out


def test_status_reads_the_journal_where_no_daemon_answers(capsys, journal):
    ran = run_in(capsys, "status", "--state-dir", journal)
    assert ran.code == 2
    assert "mexc-a" in ran.out
    assert f"Read from the journal in {journal}; no daemon answers" in ran.err


def test_without_daemon_and_journal_status_is_an_error(capsys, tmp_path):
    alone = run_in(capsys, "status", "-o", "json")
    assert (alone.code, alone.out) == (1, "")
    assert "Set --url, or --state-dir" in alone.err
    assert run_in(capsys, "status", "--state-dir", tmp_path / "none").code == 1
    assert run_in(capsys, "history", "--state-dir", tmp_path / "none").code == 1


def test_the_daemon_is_found_where_it_listens(capsys, monkeypatch):
    with serving(FakeView(a_status())) as url:
        monkeypatch.delenv("BF_URL")
        monkeypatch.setenv("BF_LISTEN", "0.0.0.0:" + url.rpartition(":")[2])
        assert run_in(capsys, "status").code == 0
    monkeypatch.setenv("BF_LISTEN", "nonsense")
    assert run_in(capsys, "status").code == 1


def answering(body, status=200, headers=()):
    """A server that is no daemon of ours."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if status is None:
                return
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 # http.server's name

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    return server


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"<html>", 200, "not a bf-reconciler daemon"),
        (b"[]", 200, "not a bf-reconciler daemon"),
        (b"[" * 100_000, 200, "not a bf-reconciler daemon"),
        (b"[" * 100_000, 503, "HTTP 503"),
        (b"{}", 500, "HTTP 500"),
        (b"<html>", 302, "HTTP 302"),
        (b'{"error": "not now"}', 503, "not now"),
        (b'{"error": 7}', 503, "HTTP 503"),
    ],
)
def test_a_stranger_at_the_address_is_told_from_the_daemon(capsys, body, status, word):
    server = answering(body, status, [("Location", "http://127.0.0.1:9/elsewhere")])
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        for verb in ("status", "history"):
            ran = run_in(capsys, verb, "--url", url)
            assert ran.code == 1
            assert word in ran.err
    finally:
        server.shutdown()
        server.server_close()


def test_a_connection_that_breaks_off_is_no_answer(capsys):
    server = answering(b"", status=None)
    try:
        ran = run_in(capsys, "status", "--url", f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert ran.code == 1
    assert "no daemon answers" in ran.err


def test_history_is_told_by_the_daemon_or_the_journal(capsys, journal):
    view = FakeView(a_status(), [a_transition(), a_transition("other")])
    with serving(view) as url:
        ran = run_in(capsys, "history", "btc-grid", "--url", url)
        found = run_in(capsys, "history", "--url", url, "-o", "json", "--limit", "1").json()
    assert ran.code == 0
    assert "2026-05-04 12:00:00Z   btc-grid   Enabled   Blocked" in ran.out
    assert "other" not in ran.out
    assert [row["name"] for row in found["transitions"]] == ["btc-grid"]
    ran = run_in(capsys, "history", "--state-dir", journal, "-o", "json", "--lang", "tr")
    assert [row["to"] for row in ran.json()["transitions"]] == ["Blocked", "Blocked"]
    assert "kapatın" in ran.out
    assert "içindeki günlükten okundu" in ran.err
    assert run_in(capsys, "history").code == 1


def test_the_history_of_rights_has_what_changed_of_keys_alone(capsys, tmp_path):
    change = {"reason": Reason.KEY_CHANGED, "what": "right_granted", "message": "It may now."}
    key = a_transition("kucoin-main-grid", "key", before="", after="transfer", **change)
    every = [a_transition("kucoin-main-grid", "connection"), key, a_transition()]
    with Journal(tmp_path) as journal:
        journal.save(Record(a_status(), {}), every)
    with serving(FakeView(a_status(), every)) as url:
        ran = run_in(capsys, "history", "--rights", "KUCOIN-main-grid", "--url", url)
    assert ran.code == 0
    assert "transfer" in ran.out
    assert "Blocked" not in ran.out
    for given in (["kucoin-main-grid"], [], ["kucoin-main-grid", "--limit", "1"]):
        ran = run_in(capsys, "history", *given, "--rights", "--state-dir", tmp_path, "-o", "json")
        (row,) = ran.json()["transitions"]
        assert (row["kind"], row["what"], row["to"]) == ("key", "right_granted", "transfer")


def test_of_a_daemon_that_tells_every_kind_only_changes_of_keys_are_shown(capsys):
    view = FakeView(a_status(), [a_transition("kucoin-main-grid", "connection")])
    view.history = lambda *_: view.transitions
    with serving(view) as url:
        given = ("--rights", "kucoin-main-grid", "--url", url, "-o", "json")
        assert run_in(capsys, "history", *given).json() == {"transitions": []}


def test_halt_and_resume_reach_the_daemon(capsys):
    view = FakeView(a_status())
    with serving(view) as url:
        halted = run_in(capsys, "halt", "--reason", "a bug", "--by", "ada", "--url", url)
        by = ("--by", "grace", "--url", url)
        resumed = run_in(capsys, "resume", "--reason", "fixed", *by)
        one = run_in(capsys, "resume", "btc-grid", *by)
        view.held = False
        nothing = run_in(capsys, "resume", "--url", url)
        no_one = run_in(capsys, "resume", "btc-grid", "--url", url)
        unknown = run_in(capsys, "resume", "nope", "--url", url)
    assert view.done[:3] == [
        ("halt", "a bug", "ada"),
        ("resume", None, "fixed", "grace"),
        ("resume", "btc-grid", "", "grace"),
    ]
    assert "Halted by ada: a bug." in halted.out
    assert resumed.out.startswith("The halt has ended.")
    assert one.out.startswith("btc-grid is released.")
    assert nothing.out == "There was no halt.\n"
    assert no_one.out == "btc-grid is not waiting for a resume.\n"
    assert unknown.code == 1
    assert "no strategy named nope; known: btc-grid" in unknown.err


@pytest.mark.parametrize(
    ("count", "lang", "line"),
    [
        (
            2,
            "en",
            (
                "Told to be off, and not confirmed by the engine yet: s0, s1."
                " See: bf-reconciler status\n"
            ),
        ),
        (
            7,
            "tr",
            (
                "Kapatma komutu verildi, motor henüz onaylamadı: s0, s1, s2, s3, s4 ve 2 tane daha."
                " Bakın: bf-reconciler status\n"
            ),
        ),
    ],
)
def test_halt_names_what_is_not_confirmed_to_be_off(capsys, count, lang, line):
    running = [a_strategy(f"s{number}") for number in range(count)]
    off = a_strategy("off", running="paused")
    with serving(FakeView(a_status(strategies=[*running, off]))) as url:
        ran = run_in(capsys, "halt", "--reason", "a bug", "--url", url, "--lang", lang)
    assert (ran.code, line in ran.out) == (0, True)


def test_halt_names_who_did_it(capsys, monkeypatch):
    view = FakeView(a_status())
    with serving(view) as url:
        monkeypatch.setattr(getpass, "getuser", lambda: "grace")
        run_in(capsys, "halt", "--reason", "a bug", "--url", url)

        def nobody():
            raise KeyError("uid not found")

        monkeypatch.setattr(getpass, "getuser", nobody)
        run_in(capsys, "halt", "--reason", "a bug", "--url", url)
    assert [by for _, _, by in view.done] == ["grace", "unknown"]


def test_changes_need_the_token_where_the_daemon_has_one(capsys, tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    view = FakeView(a_status(), token=TOKEN)
    with serving(view) as url:
        refused = run_in(capsys, "halt", "--reason", "a bug", "--url", url)
        taken = run_in(capsys, "halt", "--reason", "a bug", "--url", url, "--token-file", file)
    assert refused.code == 1
    assert "the daemon refused" in refused.err
    assert taken.code == 0
    assert TOKEN not in refused.err + taken.out + taken.err
    assert run_in(capsys, "resume", "--token-file", tmp_path / "none").code == 1


@pytest.mark.parametrize("verb", [("halt", "--reason", "a bug"), ("resume",)])
def test_a_halt_that_a_restart_may_forget_is_an_error_with_the_daemon_s_words(capsys, verb):
    view = FakeView(a_status())

    async def forgetful(*_):
        raise NotDurableError("In force; a restart may forget it", full=True)

    view.halt = view.resume = forgetful
    with serving(view) as url:
        ran = run_in(capsys, *verb, "--url", url)
    assert (ran.code, ran.err) == (1, "Error: In force; a restart may forget it\n")


def test_halt_and_resume_write_into_the_journal_where_no_daemon_answers(capsys, journal):
    ran = run_in(capsys, "halt", "--reason", "a bug", "--by", "ada", "--state-dir", journal)
    assert ran.code == 0
    assert "Halted in the journal." in ran.out
    assert "Writing to the journal" in ran.err
    with Journal(journal, readonly=True) as kept:
        halted = kept.load().status.halted
    assert (halted.reason, halted.by) == ("a bug", "ada")
    resume = ("resume", "--by", "bob", "--reason", "fixed", "--state-dir", journal)
    ran = run_in(capsys, *resume)
    assert ran.out.startswith("The halt has ended.")
    assert run_in(capsys, *resume).out == "There was no halt.\n"
    history = run_in(capsys, "history", "--state-dir", journal).out
    assert "a bug — ada" in history
    assert history.count("fixed — bob") == 1


def test_resume_releases_one_strategy_in_the_journal(capsys, tmp_path):
    waits = a_strategy(state=StrategyState.BLOCKED, memory=a_memory(on=False, latched=True))
    with Journal(tmp_path) as journal:
        journal.save(a_record(a_status(strategies=[waits])))
    args = ("resume", "btc-grid", "--by", "bob", "--state-dir", tmp_path)
    assert run_in(capsys, *args).out.startswith("btc-grid is released.")
    assert run_in(capsys, *args).out == "btc-grid is not waiting for a resume.\n"
    with Journal(tmp_path, readonly=True) as kept:
        assert [(e.kind, e.name, e.by) for e in kept.history()] == [("halt", "btc-grid", "bob")]


def test_a_halt_of_the_file_is_ended_in_the_file(capsys, tmp_path):
    with Journal(tmp_path) as journal:
        journal.save(a_record(a_status(file_halt=Halted("a bug", "ada"))))
    ran = run_in(capsys, "resume", "--state-dir", tmp_path)
    assert ran.code == 1
    assert "remove it there" in ran.err


def test_a_journal_that_a_daemon_holds_is_left_alone(capsys, journal):
    with Journal(journal):
        halted = run_in(capsys, "halt", "--reason", "a bug", "--state-dir", journal)
        resumed = run_in(capsys, "resume", "--state-dir", journal)
    assert (halted.code, halted.out) == (1, "")
    assert (resumed.code, resumed.out) == (1, "")


def test_without_daemon_and_journal_nothing_is_halted(capsys):
    for argv in (("halt", "--reason", "a bug"), ("resume",)):
        ran = run_in(capsys, *argv)
        assert (ran.code, ran.out) == (1, "")
        assert "Set --url, or --state-dir" in ran.err


def test_a_watch_goes_on_after_a_failure(capsys, monkeypatch):
    rounds = []

    def rest(_):
        rounds.append(1)
        if len(rounds) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(refresh.time, "sleep", rest)
    ran = run_in(capsys, "status", "--watch")
    assert ran.code == 130
    assert ran.out.count("no daemon answers") == 2
    rounds.clear()
    with serving(FakeView(a_status())) as url:
        ran = run_in(capsys, "status", "--watch", "--url", url)
    assert ran.out.count("kucoin-main-grid") == 4
    monkeypatch.setenv("BF_URL", "nonsense")
    assert run_in(capsys, "status", "--watch").code == 1


def test_a_watch_on_a_terminal_shows_each_round(monkeypatch, capsys):
    rounds = []

    def rest(_):
        rounds.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(refresh.time, "sleep", rest)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(KeyboardInterrupt):
        refresh.watch(lambda: tables.cell("here"))
    assert "here" in capsys.readouterr().out
    tables.show(tables.cell("Online"))
    assert "\x1b[32mOnline" in capsys.readouterr().out


def seen_on(status, lines, lang="en", width=120):
    """What a watch shows of a status on a terminal of so many lines, one for the clock."""
    console = Console(width=width, height=lines + 1, file=StringIO())
    console.print(one_screen.OneScreen(present(status, lang), lang))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_watch_shows_all_where_it_fits():
    seen = seen_on(BLOCKED, 9)
    assert [line.split()[0] for line in seen if line.strip("─")] == [
        *("Connection", "kucoin-main-grid", "mexc-a", "Strategy", "btc-grid", "sol-dca")
    ]


def test_a_watch_of_more_than_fits_counts_all_and_shows_what_is_not_well():
    many = [a_connection(f"c{n}") for n in range(300)]
    bad = a_connection("mexc-a", ConnectionState.BLOCKED, Reason.INVALID_KEY)
    warned = a_connection("okx-a", ConnectionState.DEGRADED, Reason.KEY_EXPIRING)
    status = a_status([*many, warned, bad], [a_strategy(f"s{n}") for n in range(300)])
    for lines in (20, 301, 605):
        seen = seen_on(status, lines)
        assert seen[0] == "Connections: 300 Online, 1 Degraded, 1 Blocked"
        assert seen[1] == "Strategies: 300 Enabled"
        assert [line.split()[0] for line in seen if "-a " in line] == ["mexc-a", "okx-a"]
        assert len(seen) < 20
        assert not any("c299" in line or "More" in line for line in seen)


@pytest.mark.parametrize(("lang", "more"), [("en", "More rows"), ("tr", "Hepsi")])
@pytest.mark.parametrize("width", [60, 120])
def test_a_watch_says_where_not_even_that_fits(lang, more, width):
    bad = [a_connection(f"c{n}", ConnectionState.BLOCKED, Reason.INVALID_KEY) for n in range(300)]
    seen = seen_on(a_status(bad, []), 12, lang, width)
    assert len(seen) == 12
    assert "300 Blocked" in seen[0]
    assert seen[-1].startswith(more)


def test_a_usage_error_ends_a_watch():
    def wrong():
        raise UsageError("no")

    with pytest.raises(UsageError):
        refresh.watch(wrong)


@pytest.mark.parametrize(
    ("seconds", "words_"),
    [(0, "0 s"), (119, "119 s"), (300, "5 min"), (7200, "2 h"), (864_000, "10 d")],
)
def test_how_long_something_lasts_is_told_in_its_largest_unit(seconds, words_, monkeypatch):
    class Standing(datetime):
        @classmethod
        def now(cls, tz):
            return NOW.astimezone(tz)

    monkeypatch.setattr(tables, "datetime", Standing)
    since = NOW - timedelta(seconds=seconds)
    assert tables.ago(since.isoformat(), "en") == words_


def test_what_could_move_the_cursor_is_taken_out_of_cells():
    assert tables.cell("\x1b[2Jgone").plain == "�[2Jgone"
    assert tables.cell("[red]kept[/red]").plain == "[red]kept[/red]"


EVIL = "\x1b]0;owned\x07 \x9b2J \u202eexe"


@pytest.mark.parametrize("verb", [["status"], ["status", "btc-grid"], ["history"]])
def test_what_others_wrote_does_not_steer_the_terminal(capsys, verb):
    conditions = (replace(a_condition(), message=EVIL),)
    status = a_status(
        [a_connection(account=EVIL, conditions=conditions)],
        [a_strategy(conditions=conditions)],
        halted=Halted(EVIL, EVIL, NOW),
    )
    view = FakeView(status, [replace(a_transition(), message=EVIL)])
    with serving(view) as url:
        text = run_in(capsys, *verb, "--url", url)
        told = run_in(capsys, *verb, "--url", url, "-o", "json")
    shown = text.out + text.err + told.out + told.err
    assert "owned" in shown
    assert not set(EVIL) & set(shown) - set(" exeowned]02J;")
    assert json.dumps(EVIL) in json.dumps(told.json())


def test_a_console_shows_what_others_wrote_without_its_control(capsys):
    tables.console().print(Text(EVIL))
    tables.console().print(EVIL, markup=False)
    assert "\x1b" not in capsys.readouterr().out


def test_errors_do_not_steer_the_terminal_either(capsys):
    ran = run_in(capsys, "status", "--url", "http://127.0.0.1:9", "--no\x1b[2Jsuch")
    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert "Usage:" in ran.err


@pytest.mark.parametrize("verb", ["status", "history"])
def test_reads_send_the_token_where_the_daemon_wants_one(capsys, tmp_path, verb):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    with serving(FakeView(a_status(), read_token=TOKEN)) as url:
        assert run_in(capsys, verb, "--url", url).code == 1
        assert run_in(capsys, verb, "--url", url, "--token-file", file).code == 0


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://127.0.0.1:9", False),
        ("http://[::1]:9", False),
        ("http://localhost:9", False),
        ("https://bots.example", False),
        ("http://bots.example", True),
        ("http://127.evil.example", True),
    ],
)
def test_a_token_does_not_go_in_plain_text_unnoticed(capsys, tmp_path, url, warned):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    api = Api.of(url, file)
    err = capsys.readouterr().err
    assert ("unencrypted" in err) == warned
    assert TOKEN not in err
    assert not Api.of(url, None).token
    assert api.local == (not warned and "bots" not in url)


def test_words_of_a_newer_daemon_are_shown_as_they_are():
    told = {"reason": "Novelty", "remedy": "Look it up."}
    assert words.translated([told], "tr") == [told]
    assert words.title("Novelty", "tr") == "Novelty"
    config = {"last_reload_successful": False, "reason": "Novelty", "remedy": "Look it up."}
    assert words.translated(config, "tr") == config


def test_an_entry_without_conditions_has_an_empty_reason(capsys):
    bare = replace(a_connection(), conditions=())
    with serving(FakeView(a_status([bare]))) as url:
        assert run_in(capsys, "status", "--url", url).code == 0


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_no_word_is_lost_on_a_narrow_terminal(capsys, monkeypatch, lang):
    connections = [
        a_connection("kucoin-main-grid"),
        a_connection("mexc-sub-audit-of-alice", ConnectionState.BLOCKED, Reason.WITHDRAW_ENABLED),
        a_connection("gate-main", ConnectionState.BLOCKED, Reason.WITHDRAW_UNVERIFIABLE),
    ]
    strategies = [
        a_strategy(connection="kucoin-main-grid", told="run", running="unknown"),
        a_strategy(
            "sol-dca-of-alice",
            StrategyState.BLOCKED,
            Reason.WITHDRAW_ENABLED,
            connection="mexc-sub-audit-of-alice",
        ),
    ]
    shown = present(a_status(connections, strategies), lang)
    entries = [*shown["connections"], *shown["strategies"]]
    told = [words.title(entry["conditions"][0]["reason"], lang) for entry in entries]
    told += [entry["conditions"][0]["remedy"] for entry in entries]
    wanted = {word for text in told for word in text.split()} | {entry["name"] for entry in entries}
    for width in range(48, 180):
        monkeypatch.setenv("COLUMNS", str(width))
        tables.show(status_tables.overview(shown, lang))
        out = capsys.readouterr().out
        assert wanted - set(out.split()) == set(), (width, out)
        assert max(map(len, out.splitlines())) <= width


def test_what_does_not_fit_as_a_table_is_told_entry_by_entry(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    tables.show(tables.connections(present(a_status(), "en")["connections"], "en"))
    assert capsys.readouterr().out.splitlines() == [
        "kucoin-main-grid",
        "  Exchange  kucoin",
        "  Status    Online",
        "  Reason    Connected",
    ]


def test_no_entry_is_a_table_of_headings_even_on_a_narrow_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    tables.show(tables.connections([], "en"))
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_an_unknown_key_of_an_exchange_with_entities_is_told_where_else_it_may_belong(lang):
    status = a_status([a_connection(state=ConnectionState.BLOCKED, reason=Reason.INVALID_KEY)])
    shown = present(status, lang)
    assert "region" in shown["connections"][0]["conditions"][0]["remedy"]
    assert words.translated(present(status, "en"), lang) == shown
