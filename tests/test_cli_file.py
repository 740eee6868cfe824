"""validate, test and run: the file, the real sops, and simulated exchanges."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import os
import signal
import subprocess
from dataclasses import replace

import pytest
import yaml

from bf_reconciler.cli import tables
from bf_reconciler.cli import test as testing
from bf_reconciler.daemon import start
from bf_reconciler.journal import Journal
from bf_reconciler.spec import Connection, Credentials, File, Strategy
from bf_reconciler.status import Record, Status
from commandline import declare, program, run_in
from edges.keys import SOPS, encrypt, make_age_key

EXAMPLE = "connections.example.yaml"
SENTINELS = ("SENTINEL-api-key", "SENTINEL-secret", "SENTINEL-passphrase")
PLAIN = f"""\
version: 1
connections:
  - name: kucoin-main-grid
    exchange: kucoin
    endpoint: http://127.0.0.1:9
    credentials: {{api_key: {SENTINELS[0]}, secret: {SENTINELS[1]}, passphrase: {SENTINELS[2]}}}
strategies:
  - {{name: btc-grid, connection: kucoin-main-grid, pairs: [BTC/USDT]}}
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    for name in ("BF_ALLOW_PLAINTEXT", "BF_SOPS_BINARY", "BF_LANG", "SOPS_AGE_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # no key of the developer's
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("BF_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def plain(tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_text(PLAIN)
    return file


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    """The same file, encrypted, and its key where sops finds it."""
    key = make_age_key(tmp_path / "key.txt")
    file = tmp_path / "sealed.yaml"
    file.write_text(encrypt(PLAIN, tmp_path, "--age", key.recipient))
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(key.path))
    return file


def test_the_example_is_valid_and_has_no_warnings(capsys, request):
    file = request.config.rootpath / EXAMPLE
    ran = run_in(capsys, "validate", file)
    *told, last = ran.out.splitlines()
    assert (ran.code, last, ran.err) == (
        0,
        f"{file}: valid (not decrypted, MAC not checked)",
        "",
    )
    assert [line.partition(": ")[0] for line in told] == [
        "btc-grid (file)",
        "btc-futures-dca (file)",
    ]


def test_the_example_shows_every_field(request):
    data = yaml.safe_load((request.config.rootpath / EXAMPLE).read_text())
    data.pop("sops")
    assert set(data) == set(File.model_fields)
    shown = {key for entry in data["connections"] for key in entry}
    assert shown == set(Connection.model_fields)
    assert set(data["connections"][0]["credentials"]) == set(Credentials.model_fields)
    assert {key for entry in data["strategies"] for key in entry} == set(Strategy.model_fields)
    policy = File.model_fields["policy"].annotation
    assert set(data["policy"]) == set(policy.model_fields)
    assert set(data["policy"]["max_removals"]) == {"percent", "at_least"}
    assert set(data["defaults"]) == {"interval", "timeout"}


def test_the_example_points_editors_to_the_schema_and_keeps_readable_comments(request):
    text = (request.config.rootpath / EXAMPLE).read_text()
    assert text.startswith("# yaml-language-server: $schema=./connections.schema.json\n")
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    assert len(comments) > 20
    assert not any("ENC[AES" in line for line in comments)


def test_a_file_in_plain_text_is_refused_at_each_credential(capsys, plain):
    ran = run_in(capsys, "validate", plain)
    assert ran.code == 1
    assert f"{plain}: the file is not encrypted with sops" in ran.out
    assert f"{plain}:6:28: connections.0.credentials.api_key: " in ran.out
    assert ran.out.count("credential in plain text") == 3


def test_plain_text_can_be_allowed_with_warnings(capsys, plain):
    ran = run_in(capsys, "validate", plain, "--allow-plaintext")
    assert ran.code == 0
    assert ran.out.count("warning: credential in plain text") == 3
    assert ran.out.endswith(f"{plain}: valid\n")


def test_every_problem_is_told_at_once_and_as_json(capsys, plain):
    text = PLAIN.replace("exchange: kucoin", "exchange: moon").replace("btc-grid", "BTC GRID")
    plain.write_text(text)
    ran = run_in(capsys, "validate", plain, "--allow-plaintext", "-o", "json")
    found = ran.json()
    assert ran.code == 1
    assert found["valid"] is False
    errors = [p for p in found["problems"] if p["severity"] == "error"]
    assert {p["path"] for p in errors} == {"connections.0.exchange", "strategies.0.name"}
    assert all(p["line"] and p["column"] for p in errors)


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_a_file_that_cannot_be_read_is_an_error(capsys, tmp_path, name):
    ran = run_in(capsys, "validate", tmp_path / name)
    assert (ran.code, ran.out) == (1, "")
    assert str(tmp_path) in ran.err


def test_an_encrypted_file_is_checked_with_and_without_its_key(capsys, sealed, monkeypatch):
    assert run_in(capsys, "validate", sealed).code == 0
    ran = run_in(capsys, "validate", sealed, "--decrypt")
    assert ran.code == 0
    assert ran.out.endswith(f"{sealed}: valid\n")
    monkeypatch.delenv("SOPS_AGE_KEY_FILE")
    ran = run_in(capsys, "validate", sealed, "--decrypt")
    assert ran.code == 1
    assert "No decryption key" in ran.out


def test_decrypting_finds_what_was_changed_without_sops(capsys, sealed):
    sealed.write_text(sealed.read_text().replace("BTC/USDT", "ETH/USDT"))
    assert run_in(capsys, "validate", sealed).code == 0
    ran = run_in(capsys, "validate", sealed, "--decrypt")
    assert ran.code == 1
    assert "Integrity check failed" in ran.out


def test_a_file_is_sealed_and_the_seal_is_checked_where_the_key_is(capsys, sealed, monkeypatch):
    ran = run_in(capsys, "validate", sealed)
    assert "warning: not sealed" in ran.out
    assert run_in(capsys, "validate", sealed, "--require-seal").code == 1
    ran = run_in(capsys, "seal", sealed)
    assert (ran.code, ran.out) == (0, f"{sealed}: sealed\n")
    for words, more in (
        (["--require-seal"], " (not decrypted, MAC not checked)"),
        (["--decrypt"], ""),
    ):
        ran = run_in(capsys, "validate", sealed, *words)
        assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{sealed}: valid{more}")
    assert "sealed already" in run_in(capsys, "seal", sealed).out
    monkeypatch.delenv("SOPS_AGE_KEY_FILE")
    ran = run_in(capsys, "seal", sealed)
    assert ran.code == 1
    assert f"{sealed}: " in ran.err


def test_test_refuses_an_unsealed_file_where_a_sealed_one_was_in_force(capsys, sealed, tmp_path):
    state = tmp_path / "daemons-state"
    options = ("--state-dir", state, "-o", "json")
    record = Record(Status(config=replace(Status().config, sealed=True)), {})
    with Journal(state) as journal:
        journal.save(record)
        ran = run_in(capsys, "test", sealed, *options)
    assert (ran.code, ran.out) == (1, "")
    assert "not sealed, but a seal is required" in ran.err
    (state / "journal.db").write_bytes(b"no journal")
    ran = run_in(capsys, "test", sealed, *options)
    assert ran.code == 1
    assert "not sealed" not in ran.err  # nobody knows, so nothing is done


def test_a_change_by_sops_alone_says_that_it_must_be_sealed_again(capsys, sealed):
    run_in(capsys, "seal", sealed)
    command = [SOPS, "set", sealed, '["strategies"][0]["enabled"]', "false"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    ran = run_in(capsys, "validate", sealed, "--decrypt")
    assert ran.code == 1
    assert "seal: sealed over other content: run bf-reconciler seal FILE" in ran.out
    ran = run_in(capsys, "plan", sealed, "--decrypt", "--state-dir", sealed.parent)
    assert ran.code == 1
    assert "sealed over other content" in ran.err
    assert run_in(capsys, "seal", sealed).code == 0
    assert run_in(capsys, "validate", sealed, "--decrypt").code == 0


def test_a_host_that_is_not_the_exchanges_needs_a_flag(capsys, plain, monkeypatch):
    plain.write_text(PLAIN.replace("http://127.0.0.1:9", "https://gateway.example"))
    words = ("validate", plain, "--allow-plaintext")
    ran = run_in(capsys, *words)
    assert ran.code == 1
    assert "connections.0.endpoint: not a documented host of KuCoin" in ran.out
    assert run_in(capsys, "test", *words[1:]).code == 1
    assert (
        run_in(capsys, *words, "--allow-host", "a.example", "--allow-host", "Gateway.Example").code
        == 0
    )
    monkeypatch.setenv("BF_ALLOW_HOST", "a.example gateway.example")
    assert run_in(capsys, *words).code == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--allow-host", "https://gateway.example"),
        ("--allow-host", "gateway.example:443"),
        ("--allow-host", ""),
        ("--allow-key-service", "vault"),
        ("--allow-key-service", "=https://vault.example"),
    ],
)
def test_an_exception_that_makes_no_sense_is_told(capsys, plain, option, value):
    ran = run_in(capsys, "validate", plain, option, value)
    assert ran.code == 1
    assert f"Invalid value for '{option}'" in ran.err


def test_a_key_service_needs_a_flag(capsys, plain):
    plain.write_text(PLAIN + "sops: {hc_vault: [{vault_address: https://vault.example/}]}\n")
    ran = run_in(capsys, "validate", plain)
    assert ran.code == 1
    assert "sops.hc_vault.0: keys of this kind are not allowed" in ran.out
    for value in ("hc_vault", "hc_vault=https://vault.example"):
        ran = run_in(capsys, "validate", plain, "--allow-key-service", value)
        assert "hc_vault" not in ran.out


@pytest.mark.parametrize("verb", ["validate", "plan", "test", "seal"])
@pytest.mark.parametrize("place", ["fifo", "/dev/zero"])
def test_what_is_no_regular_file_is_never_read(capsys, tmp_path, verb, place):
    file = tmp_path / place
    if place == "fifo":
        os.mkfifo(file)
    ran = run_in(capsys, verb, file)
    assert ran.code == 1
    assert "not a regular file" in ran.err


@pytest.mark.parametrize("verb", ["validate", "plan", "test", "seal"])
def test_a_file_over_the_limit_is_not_read_to_its_end(capsys, tmp_path, verb):
    file = tmp_path / "large.yaml"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    ran = run_in(capsys, verb, file)
    assert ran.code == 1
    assert "larger than 5 MiB" in ran.out + ran.err


@pytest.mark.parametrize("verb", ["validate", "plan", "test"])
def test_a_file_that_no_trusted_signer_has_signed_is_rejected(capsys, plain, tmp_path, verb):
    signers = tmp_path / "signers"
    words = (verb, plain, "--allow-plaintext", "--trusted-signers", signers)
    ran = run_in(capsys, *words)
    assert ran.code == 1
    assert "does not exist" in ran.err
    signers.write_text("")
    ran = run_in(capsys, *words)
    assert ran.code == 1
    assert f"{plain}: the file is in no git repository" in ran.err


def test_a_file_that_is_not_there_cannot_be_sealed(capsys, tmp_path):
    ran = run_in(capsys, "seal", tmp_path / "none.yaml")
    assert ran.code == 1
    assert ran.err == f"Error: {tmp_path / 'none.yaml'}: there is no such file\n"


def test_a_weak_integrity_check_is_refused(capsys, sealed):
    text = sealed.read_text()
    sealed.write_text(text.rstrip("\n") + "\n    mac_only_encrypted: true\n")
    ran = run_in(capsys, "validate", sealed)
    assert ran.code == 1
    assert "mac_only_encrypted is set" in ran.out


def test_a_file_changed_without_sops_is_told_with_its_commit(capsys, sealed):
    def git(*words):
        names = ("-c", "user.name=t", "-c", "user.email=t@example.test")
        argv = ["git", "-C", sealed.parent, *names, *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout

    sealed.write_text(sealed.read_text().replace("name: ", "name: x", 1))
    words = "Integrity check failed: the file was changed without sops after it was encrypted"
    git("init", "-q")
    git("add", sealed.name)
    git("commit", "-q", "--no-gpg-sign", "-m", "by hand")
    commit = git("rev-parse", "HEAD")[:12]
    git("commit", "-q", "--no-gpg-sign", "--allow-empty", "-m", "another")
    ran = run_in(capsys, "validate", sealed, "--decrypt")
    assert ran.code == 1
    assert f"{words} (commit {commit})" in ran.out


def test_a_sops_that_is_not_there_is_told(capsys, sealed):
    ran = run_in(capsys, "validate", sealed, "--decrypt", "--sops-binary", "/nonexistent/sops")
    assert ran.code == 1
    assert "there is no sops binary" in ran.out


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (["kucoin-main", "mexc-main"], 0),
        (["kucoin-open"], 0),
        (["kucoin-main", "kucoin-withdraw"], 2),
        (["mexc-readonly"], 2),
    ],
)
def test_test_exits_by_the_worst_that_it_found(capsys, simulator, tmp_path, keys, code):
    file = tmp_path / "c.yaml"
    file.write_text(declare(simulator, *keys))
    ran = run_in(capsys, "test", file, "--allow-plaintext")
    assert ran.code == code
    assert all(f"{key}-grid" in ran.out for key in keys)


def test_test_exits_3_where_an_exchange_is_out_of_reach(capsys, simulator, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(declare(simulator, "kucoin-main", endpoint="http://127.0.0.1:9"))
    ran = run_in(capsys, "test", file, "--allow-plaintext", "-o", "json")
    assert ran.code == 3
    assert ran.json()["connections"][0]["status"] == "Unreachable"


def test_test_says_what_to_do_in_the_readers_language(capsys, simulator, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(declare(simulator, "kucoin-withdraw"))
    english = run_in(capsys, "test", file, "--allow-plaintext")
    turkish = run_in(capsys, "test", file, "--allow-plaintext", "--lang", "tr", "-v")
    assert "Turn the withdraw permission off" in english.out
    assert "Borsada para çekme iznini kapatın" in turkish.out
    assert "WithdrawDisabled" in turkish.out


def test_test_can_be_narrowed_to_names(capsys, simulator, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(declare(simulator, "kucoin-main", "kucoin-withdraw"))
    ran = run_in(capsys, "test", file, "kucoin-main-grid", "--allow-plaintext", "-o", "json")
    assert ran.code == 0
    assert [row["name"] for row in ran.json()["connections"]] == ["kucoin-main-grid"]
    ran = run_in(capsys, "test", file, "nope", "--allow-plaintext", "-o", "json")
    assert (ran.code, ran.out) == (1, "")
    assert "known: kucoin-main-grid, kucoin-withdraw-grid" in ran.err


def test_a_wrong_entry_is_told_and_is_an_error(capsys, simulator, tmp_path):
    file = tmp_path / "c.yaml"
    text = declare(simulator, "kucoin-main", "mexc-main")
    file.write_text(text.replace("exchange: mexc", "exchange: moon"))
    ran = run_in(capsys, "test", file, "--allow-plaintext", "-o", "json")
    assert ran.code == 1
    assert [row["status"] for row in ran.json()["connections"]] == ["Online", "Invalid"]
    assert "connections.1.exchange: unknown exchange" in ran.err
    table = run_in(capsys, "test", file, "--allow-plaintext").out
    assert "Run `bf-reconciler validate FILE`" in table


def test_a_file_that_is_refused_is_told_with_what_to_do(capsys, plain):
    ran = run_in(capsys, "test", plain, "-o", "json")
    assert (ran.code, ran.out) == (1, "")
    assert "plain text" in ran.err
    assert "Replace the credential" in ran.err
    ran = run_in(capsys, "test", plain.with_name("none.yaml"))
    assert (ran.code, ran.out) == (1, "")
    assert str(plain.with_name("none.yaml")) in ran.err


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([], 0),
        (["Online", "Degraded", "Suspended"], 0),
        (["Online", "Unreachable", "Blocked"], 2),
        (["Online", "Unreachable"], 3),
        (["Pending"], 3),
        (["Blocked", "Invalid"], 1),
    ],
)
def test_the_exit_code_of_status_words(states, code):
    assert testing.verdict(states) == code


def test_progress_is_shown_on_a_terminal_and_nowhere_else(capsys, monkeypatch):
    with testing.progress() as progress:
        progress("kucoin-main-grid", 1, 2)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with testing.progress() as progress:
        progress("kucoin-main-grid", 1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "kucoin-main-grid" in err
    assert tables.console(error=True).is_terminal


def test_run_once_acts_shows_and_ends(capsys, simulator, tmp_path):
    file = tmp_path / "c.yaml"
    strategy = "strategies: [{name: btc-grid, connection: kucoin-main-grid, pairs: [BTC/USDT]}]\n"
    file.write_text(declare(simulator, "kucoin-main") + strategy)
    ran = run_in(capsys, "run", file, "--once", "--allow-plaintext", "-o", "json")
    assert ran.code == 0
    found = ran.json()
    assert found["strategies"][0]["status"] == "Enabled"
    assert (tmp_path / "state" / "strategies" / "btc-grid.json").exists()
    table = run_in(capsys, "run", file, "--once", "--allow-plaintext")
    assert table.code == 0
    assert "btc-grid" in table.out


def test_a_daemon_that_cannot_start_exits_1(capsys, tmp_path):
    ran = run_in(capsys, "run", tmp_path / "none.yaml", "--once", "-o", "json")
    assert (ran.code, ran.out) == (1, "")
    assert "Error: " in ran.err


def test_run_hands_its_options_over(capsys, monkeypatch, tmp_path):
    handed = []

    async def serve(settings):
        handed.append(settings)

    monkeypatch.setattr(start, "serve", serve)
    monkeypatch.setenv("BF_LOG_LEVEL", "warning")
    monkeypatch.setenv("BF_LISTEN", "127.0.0.1:1234")
    token = tmp_path / "token"
    token.write_text("a-token-of-many-signs")
    ran = run_in(
        capsys, "run", "c.yaml", "--token-file", token, "--sops-binary", "/opt/sops", "--lang", "tr"
    )
    assert (ran.code, ran.out) == (0, "")
    (settings,) = handed
    assert (settings.file, settings.log_level, settings.language) == ("c.yaml", "warning", "tr")
    assert (str(settings.listen), settings.sops_binary) == ("127.0.0.1:1234", "/opt/sops")
    assert settings.state_dir == tmp_path / "state"


def test_a_credential_stands_in_no_output_of_any_verb(capsys, plain, sealed):
    words = []
    for file in (plain, sealed):
        for argv in (
            ("validate", file),
            ("validate", file, "--decrypt", "-o", "json"),
            ("validate", file, "--allow-plaintext"),
            ("test", file, "--allow-plaintext", "-v"),
            ("test", file, "--allow-plaintext", "-o", "json"),
            ("run", file, "--once", "--allow-plaintext", "--log-level", "debug", "-o", "json"),
        ):
            ran = run_in(capsys, *argv)
            words.append(ran.out + ran.err)
    everything = "".join(words)
    assert "kucoin-main-grid" in everything
    assert "SENTINEL" not in everything


def test_json_stands_alone_on_standard_output(simulator, tmp_path):
    """As a process of its own, logs at their loudest."""
    file = tmp_path / "c.yaml"
    file.write_text(declare(simulator, "kucoin-main"))
    options = ("--once", "--allow-plaintext", "--log-level", "debug", "-o", "json")
    process = program("run", file, *options, "--state-dir", tmp_path / "own")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.startswith("{\n")
    assert out.endswith("}\n")
    assert "kucoin-main-grid" in err


def test_a_watch_tests_again_until_ctrl_c(simulator, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_text("version: 2\n")
    process = program(
        *("test", "--watch", "--allow-plaintext", file),
        PYTHONUNBUFFERED="1",
        BF_STATE_DIR=str(tmp_path / "state"),
    )
    lines = iter(process.stdout.readline, "")
    assert next(line for line in lines if "unsupported version; use version: 1" in line)
    file.write_text(declare(simulator, "kucoin-main"))
    assert next(line for line in lines if "kucoin-main-grid" in line and "Online" in line)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.stdout.close()
    process.stderr.close()


@pytest.mark.parametrize("with_it", [("-o", "json"), ("--capture", "folder")])
def test_a_watch_is_for_people(capsys, plain, with_it):
    ran = run_in(capsys, "test", plain, "--watch", *with_it)
    assert ran.code == 1
    assert "--watch cannot be combined with -o json or --capture" in ran.err


# what runtimes do with fields

ENGINES = """version: 1
runtimes:
  - {name: local, type: file, path: ./strategies}
  - {name: ft, type: freqtrade, url: "http://127.0.0.1:8080", username: bf, password: x}
connections:
  - {name: mexc-main-grid, exchange: mexc, credentials: {api_key: k1, secret: s1}}
strategies:
  - name: btc-grid
    connection: mexc-main-grid
    runtime: ft
    pairs: [BTC/USDT]
    max_open_trades: 2
"""


def test_what_people_set_and_no_engine_gets_is_said(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    more = "".join(
        f"  - {{name: eth-grid-{n}, connection: mexc-main-grid, pairs: [ETH/USDT]}}\n"
        for n in range(7)
    )
    file.write_text(ENGINES + more)
    ran = run_in(capsys, "validate", file, "--allow-plaintext")
    assert (
        "btc-grid (freqtrade): enforced: max_open_trades (freqtrade's max_open_trades); "
        "ignored: pairs\n"
        "eth-grid-0, eth-grid-1, eth-grid-2, eth-grid-3, eth-grid-4 and 2 more (file): "
        "passed on, not checked: pairs\n"
    ) in ran.out
    told = run_in(capsys, "validate", file, "--allow-plaintext", "-o", "json").json()["handling"]
    assert told["btc-grid"]["pairs"] == {"degree": "ignored", "by": ""}
    ran = run_in(capsys, "validate", file, "--allow-plaintext", "--lang", "tr")
    assert "ve 2 tane daha (file): iletilir, denetlenmez: pairs" in ran.out
