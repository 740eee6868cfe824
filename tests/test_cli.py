"""The command line as a whole: exit codes, laziness, pipes, colour, completion."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from bf_reconciler import __version__
from bf_reconciler.cli import VERBS, cli, schema, simulate
from commandline import FakeView, clean, program, run_in, serving
from edges.fakes import a_connection, a_status, a_strategy

HEAVY = {"ccxt", "aiohttp", "rich", "pydantic", "yaml", "structlog", "sqlite3"}
EXAMPLE = "connections.example.yaml"


def loaded_by(*argv):
    """Which modules a run of the command line imports."""
    code = (
        "import sys\nfrom bf_reconciler.cli import main\n"
        "try:\n main(sys.argv[1:])\nfinally:\n"
        " print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argv],
        env=clean(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, set(done.stderr.split())


def test_help_lists_every_verb_and_imports_none_of_them():
    code, modules = loaded_by("--help")
    assert code == 0
    assert not modules & HEAVY
    ours = {name for name in modules if name.startswith("bf_reconciler.cli.")}
    assert ours == {"bf_reconciler.cli.streams", "bf_reconciler.cli.verbs"}


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_imports_nothing_heavy(verb):
    code, modules = loaded_by(verb, "--help")
    assert code == 0
    assert not modules & {"ccxt", "aiohttp", "rich", "pydantic"}


def test_validate_imports_what_it_needs_and_no_more(request):
    code, modules = loaded_by("validate", str(request.config.rootpath / EXAMPLE))
    assert code == 0
    assert not modules & {"ccxt", "aiohttp", "rich", "structlog", "sqlite3"}


def test_help_says_each_verb_in_a_line(capsys):
    ran = run_in(capsys, "--help")
    assert ran.code == 0
    for verb, text in VERBS.items():
        assert f"{verb} " in ran.out
        assert text in ran.out


def test_nothing_at_all_is_a_question_for_help(capsys):
    ran = run_in(capsys)
    assert ran.code == 0
    assert "Commands:" in ran.err


def test_the_version_is_told(capsys):
    assert __version__ in run_in(capsys, "--version").out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_help(capsys, verb):
    ran = run_in(capsys, verb, "--help")
    assert ran.code == 0
    assert f"Usage: bf-reconciler {verb}" in ran.out


@pytest.mark.parametrize(
    "argv",
    [
        ("nonsense",),
        ("validate",),
        ("validate", "file", "--nonsense"),
        ("run", "file", "--listen", "nonsense"),
        ("run", "file", "--log-level", "nonsense"),
        ("run", "file", "-o", "json"),
        ("run", "file", "--token-file", "/nonexistent/token"),
        ("status", "--url", "ftp://127.0.0.1"),
        ("status", "--watch", "-o", "json"),
        ("history", "--limit", "0"),
        ("halt",),
        ("halt", "--reason", " "),
        ("demo", "--for", "soon"),
        ("completion", "tcsh"),
        ("exchanges", "nonsense"),
    ],
)
def test_wrong_use_exits_1_and_says_why(capsys, argv):
    ran = run_in(capsys, *argv)
    assert ran.code == 1
    assert ran.out == ""
    assert "Error: " in ran.err


def test_the_verbs_work_under_clicks_own_runner():
    assert CliRunner().invoke(cli, ["exchanges"]).exit_code == 0


def test_the_program_runs_as_a_module():
    process = program("--version")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "bf-reconciler" in out


def ran(*argv, environ=(), **streams):
    """The program, with variables of its own and the streams that are given."""
    return subprocess.run(
        [sys.executable, "-m", "bf_reconciler", *argv],
        env=os.environ | dict(environ),
        timeout=120,
        check=False,
        **streams,
    )


ASCII = {
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}
TURKISH = ("exchanges", "binance", "--lang", "tr")


@pytest.mark.parametrize("environ", ASCII.values(), ids=ASCII)
def test_letters_that_the_locale_lacks_stop_nobody(environ):
    shown = ran(*TURKISH, environ=environ, capture_output=True)
    assert (shown.returncode, shown.stderr) == (0, b"")
    full = ran(*TURKISH, environ={"PYTHONUTF8": "1"}, capture_output=True).stdout.decode()
    assert "ş" in full
    words = shown.stdout.decode("latin-1")
    assert "?" not in words.replace("?", "", full.count("?"))
    assert len(words.splitlines()) == len(full.splitlines())


def test_json_is_the_same_in_every_locale():
    argv = (*TURKISH, "-o", "json")
    plain = ran(*argv, environ=ASCII["ascii"], capture_output=True).stdout.decode("ascii")
    full = ran(*argv, environ={"PYTHONUTF8": "1"}, capture_output=True).stdout.decode()
    assert json.loads(plain) == json.loads(full)


def test_output_that_cannot_be_written_is_told_in_a_sentence():
    with Path("/dev/full").open("wb") as full:
        ended = ran("schema", stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines()[0] == (
        "Error: the output cannot be written: No space left on device"
    )


NEXT_NUMBER = """
from bf_reconciler.cli import streams
streams.prepare()
import os
print("lost")
os._exit(os.open(os.devnull, os.O_RDONLY))
"""
CLOSED = """
import os, sys
for number in (0, 1, 2):
    os.close(number)
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
"""


def test_the_number_of_a_closed_stream_goes_to_no_file():
    argv = [sys.executable, "-c", CLOSED, NEXT_NUMBER]
    assert subprocess.run(argv, timeout=60, check=False).returncode == 3


ON_IMPORT = """
import os, signal, sys
class Stopping:
    def find_spec(self, name, *_):
        if name == "bf_reconciler.daemon":
            os.kill(os.getpid(), signal.{name})
sys.meta_path.insert(0, Stopping())
from bf_reconciler.cli import main
main(["run", "{file}", "--state-dir", "{state}", "--listen", "127.0.0.1:{port}"])
"""


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGHUP", 1)])
def test_signals_in_the_first_second_are_obeyed(tmp_path, name, code):
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as taken:  # where it is not stopped, it cannot start
        port, state = taken.getsockname()[1], tmp_path / "state"
        text = ON_IMPORT.format(name=name, file=tmp_path / "x.yaml", state=state, port=port)
        argv = [sys.executable, "-c", text]
        done = subprocess.run(argv, timeout=60, check=False, capture_output=True)
    assert done.returncode == code, done.stderr


def test_a_reader_who_leaves_is_not_complained_of():
    process = program("schema")
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert err == ""


def test_ctrl_c_ends_quietly_with_130(capsys, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "print_json", interrupted)
    ran = run_in(capsys, "schema")
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "")


def test_ctrl_c_ends_a_watch_quietly():
    with serving(FakeView(a_status())) as url:
        process = program("status", "--watch", "--url", url, PYTHONUNBUFFERED="1")
        while "kucoin-main-grid" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


def on_a_terminal(*argv, until=None, **environ):
    """What the program writes to a terminal; with ``until``, Ctrl-C once that was seen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bf_reconciler", *argv],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**clean(), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", **environ},
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 65536):
            seen += chunk
            if until is not None and until in seen:
                process.send_signal(signal.SIGINT)
                until = None
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
    return process.wait(60), seen


def test_a_terminal_has_colour_and_a_pipe_has_none(capsys, monkeypatch):
    with serving(FakeView(a_status())) as url:
        code, seen = on_a_terminal("status", "--url", url)
        monkeypatch.delenv("NO_COLOR", raising=False)
        piped = run_in(capsys, "status", "--url", url)
    assert code == 0
    assert b"\x1b[32mOnline" in seen
    assert "\x1b" not in piped.out + piped.err


def test_no_color_is_kept():
    with serving(FakeView(a_status())) as url:
        _, seen = on_a_terminal("status", "--url", url, NO_COLOR="1")
    assert b"Online" in seen
    assert b"\x1b[32m" not in seen


def test_a_watch_on_a_terminal_draws_over_itself():
    with serving(FakeView(a_status())) as url:
        code, seen = on_a_terminal("status", "--watch", "--url", url, until=b"btc-grid")
    assert code == 130
    assert b"\x1b[?1049h" in seen  # the other screen
    assert seen.rstrip().endswith(b"\x1b[?25h\x1b[?1049l")  # the cursor and the screen are back


def test_variables_stand_for_options(capsys, monkeypatch):
    monkeypatch.setenv("BF_LANG", "tr")
    assert "Borsa" in run_in(capsys, "exchanges").out
    monkeypatch.setenv("BF_LANG", "xx")
    assert run_in(capsys, "exchanges").code == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_completion_script(capsys, shell):
    ran = run_in(capsys, "completion", shell)
    assert ran.code == 0
    assert "_BF_RECONCILER_COMPLETE" in ran.out
    assert ran.err == ""


def test_help_on_completion_gives_a_line_for_each_shell(capsys):
    lines = [
        line.split(":")[0].strip() for line in run_in(capsys, "completion", "-h").out.split("\n")
    ]
    assert lines[lines.index("bash") :][:3] == ["bash", "zsh", "fish"]


def completions(capsys, monkeypatch, *words):
    monkeypatch.setenv("_BF_RECONCILER_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(("bf-reconciler", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    ran = run_in(capsys)
    monkeypatch.delenv("_BF_RECONCILER_COMPLETE")
    return [line.partition(",")[2] for line in ran.out.split()]


def test_verbs_options_and_values_complete(capsys, monkeypatch):
    assert completions(capsys, monkeypatch, "st") == ["status"]
    assert "--watch" in completions(capsys, monkeypatch, "status", "--w")
    assert "--help" in completions(capsys, monkeypatch, "--h")
    assert completions(capsys, monkeypatch, "exchanges", "ku") == ["kucoin"]
    assert completions(capsys, monkeypatch, "completion", "z") == ["zsh"]


def test_connections_of_the_file_complete(capsys, monkeypatch, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("connections: [{name: kucoin-a}, {name: kucoin-b}, {name: mexc-c}, {}, 7]\n")
    found = completions(capsys, monkeypatch, "test", str(file), "ku")
    assert found == ["kucoin-a", "kucoin-b"]
    assert completions(capsys, monkeypatch, "test", str(file), "kucoin-a", "ku") == ["kucoin-b"]


@pytest.mark.parametrize("text", ["[", "7", "connections: 7", "connections: {a: b}"])
def test_a_file_that_cannot_be_read_completes_nothing(capsys, monkeypatch, tmp_path, text):
    file = tmp_path / "c.yaml"
    file.write_text(text)
    assert completions(capsys, monkeypatch, "test", str(file), "") == []
    assert completions(capsys, monkeypatch, "test", str(tmp_path / "none"), "") == []


def test_names_of_the_daemon_complete(capsys, monkeypatch):
    status = a_status([a_connection("kucoin-a")], [a_strategy("btc-grid")])
    with serving(FakeView(status)) as url:
        monkeypatch.setenv("BF_URL", url)
        assert completions(capsys, monkeypatch, "status", "") == ["kucoin-a", "btc-grid"]
        assert completions(capsys, monkeypatch, "resume", "b") == ["btc-grid"]
    assert completions(capsys, monkeypatch, "status", "") == []
    monkeypatch.setenv("BF_URL", "nonsense")
    assert completions(capsys, monkeypatch, "status", "") == []


def test_the_schema_is_json(capsys):
    found = run_in(capsys, "schema").json()
    assert {"connections", "strategies", "policy"} <= set(found["properties"])


def test_exchanges_are_told_in_tables_and_json(capsys):
    table = run_in(capsys, "exchanges").out
    assert "KuCoin" in table
    assert "MEXC" in table
    found = run_in(capsys, "exchanges", "-o", "json").json()["exchanges"]
    assert {"kucoin", "mexc"} <= {row["id"] for row in found}
    for row in found:
        one = run_in(capsys, "exchanges", row["id"], "-o", "json").json()
        assert one == row
        assert one["steps"]


@pytest.mark.parametrize(
    ("lang", "step", "word"),
    [("en", "1. Log in to KuCoin", "Withdrawal"), ("tr", "1. KuCoin'de oturum", "kapalı kalsın")],
)
def test_the_steps_to_a_key_are_told_in_both_languages(capsys, lang, step, word):
    out = run_in(capsys, "exchanges", "kucoin", "--lang", lang).out
    assert step in out
    assert word in out
    for exchange in json.loads(run_in(capsys, "exchanges", "-o", "json").out)["exchanges"]:
        assert "2. " in run_in(capsys, "exchanges", exchange["id"], "--lang", lang).out


def test_the_simulator_runs_until_it_is_told_to_stop():
    process = program("simulate", "--port", "0", PYTHONUNBUFFERED="1")
    lines = []
    while not lines or "Ctrl-C" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert any("http://127.0.0.1:" in line and "kucoin" in line for line in lines)
    assert "  kucoin-main\n" in lines


def test_the_simulator_takes_a_seed(capsys, monkeypatch, tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"keys": {"mine": {"exchange": "mexc"}}}))
    told = []

    async def serve(world, host, port, stop, _started, *, only):
        assert only is None
        told.append((sorted(world.keys), host, port, stop.is_set()))

    monkeypatch.setattr("bf_reconciler.simulator.serve", serve)
    assert run_in(capsys, "simulate", "--seed", seed).code == 0
    assert told == [(["mine"], "127.0.0.1", 9878, False)]


@pytest.mark.parametrize("text", ["[", '{"keys": {"mine": {"exchange": "moon"}}}', None])
def test_a_seed_that_cannot_be_taken_is_told(capsys, tmp_path, text):
    seed = tmp_path / "seed.json"
    if text is not None:
        seed.write_text(text)
    ran = run_in(capsys, "simulate", "--seed", seed)
    assert ran.code == 1
    assert str(seed) in ran.err


def test_a_port_that_is_taken_is_told(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = run_in(capsys, "simulate", "--port", port)
    told = "Address already in use; choose another port with --port"
    assert (ran.code, ran.err) == (1, f"Error: cannot listen on 127.0.0.1:{port}: {told}\n")


def test_the_simulator_tells_how_to_change_it(capsys, monkeypatch):
    """In this process: the same words, ended by SIGTERM as soon as it listens."""

    def stop_soon(simulator, lang):
        os.kill(os.getpid(), signal.SIGTERM)
        return f"{simulator.url} {introduction(simulator, lang)}"

    introduction = simulate.introduction
    monkeypatch.setattr(simulate, "introduction", stop_soon)
    ran = run_in(capsys, "simulate", "--port", "0")
    assert ran.code == 0
    assert "curl -X PATCH http://127.0.0.1:" in ran.out
    turkish = run_in(capsys, "simulate", "--port", "0", "--lang", "tr").out
    assert "Anahtarlar:" in turkish
    assert turkish.endswith("Durdurmak için Ctrl-C'ye basın.\n")
    alone = run_in(capsys, "simulate", "--port", "0", "--only", "gate")
    assert "_sim/faults/gate" in alone.out
    assert "/kucoin" not in alone.out


def test_the_simulator_prints_a_file_for_its_keys(capsys, tmp_path):
    ran = run_in(capsys, "simulate", "--print-config")
    assert (ran.code, ran.err) == (0, "")
    file = tmp_path / "connections.yaml"
    file.write_text(ran.out)
    ran = run_in(capsys, "validate", "--allow-plaintext", "-o", "json", file)
    assert ran.json()["valid"] is True
    named = ("--only", "mexc", "--key", "mexc-main", "--port", "9999")
    found = yaml.safe_load(run_in(capsys, "simulate", "--print-config", *named).out)
    assert found["connections"] == [
        {
            "name": "mexc-main",
            "exchange": "mexc",
            "endpoint": "http://127.0.0.1:9999",
            "egress_ips": ["127.0.0.1"],
            "credentials": found["connections"][0]["credentials"],
        }
    ]
    assert set(found["connections"][0]["credentials"]) == {"api_key", "secret"}
    seed = tmp_path / "seed.json"
    key = {"exchange": "bybit", "environment": "testnet", "api_key": "k", "secret": "s"}
    seed.write_text(json.dumps({"keys": {"Mine_1": key}}))
    found = yaml.safe_load(run_in(capsys, "simulate", "--print-config", "--seed", seed).out)
    assert found["connections"][0]["name"] == "mine-1"
    assert found["connections"][0]["environment"] == "testnet"


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--print-config", "--port", "0"), "--print-config requires a fixed --port"),
        (("--print-config", "--key", "moon"), "no key named moon; known: kucoin-main"),
        (("--print-config", "--only", "moon"), "no key is left to print"),
        (("--key", "kucoin-main"), "--key requires --print-config"),
    ],
)
def test_a_file_that_cannot_be_printed_is_told(capsys, argv, says):
    ran = run_in(capsys, "simulate", *argv)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err


def test_an_exchange_that_is_not_simulated_is_told(capsys):
    ran = run_in(capsys, "simulate", "--port", "0", "--only", "nasdaq")
    assert ran.code == 1
    assert "--only" in ran.err


NEEDLESS = {
    *("apprise", "ccxt", "prometheus_client", "pydantic", "pygments", "rich", "watchfiles", "yaml"),
    *("bf_reconciler.exchanges", "bf_reconciler.policy", "bf_reconciler.spec"),
    *("bf_reconciler.document", "bf_reconciler.sops", "bf_reconciler.source"),
    *("bf_reconciler.journal", "bf_reconciler.metrics", "bf_reconciler.probe"),
    *("bf_reconciler.notify", "bf_reconciler.runtimes", "bf_reconciler.status"),
    *("bf_reconciler.web.http.app", "bf_reconciler.web.page"),
}
"""What a daemon can do without until it listens; most of a start is spent on these."""
LISTENING = """
import socket, sys
real = socket.socket.listen
def listen(self, *args):
    print("\\n".join(sys.modules), file=sys.stderr)
    real(self, *args)
    sys.exit(0)
socket.socket.listen = listen
from bf_reconciler.cli import main
main(["run", *sys.argv[1:], "--listen", "127.0.0.1:0"])
"""


def test_a_daemon_listens_before_it_imports_what_listening_can_do_without(tmp_path):
    argv = [sys.executable, "-c", LISTENING, str(tmp_path / "x.yaml"), "--state-dir", str(tmp_path)]
    done = subprocess.run(
        argv, env=clean(), capture_output=True, text=True, timeout=60, check=False
    )
    modules = set(done.stderr.split())
    assert done.returncode == 0, done.stderr
    assert "aiohttp.web" in modules
    assert not modules & NEEDLESS
