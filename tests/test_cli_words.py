"""Exit codes and words of the command line: each mistake with the exact message it gets."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import socket
import ssl
from urllib.error import URLError

import pytest

from bf_reconciler.cli import api as api_module
from bf_reconciler.cli.api import Api, ApiError
from bf_reconciler.facts import system_words
from bf_reconciler.journal import Journal
from bf_reconciler.sops import cut
from commandline import FakeView, declare, run_in, serving, simulated
from edges.fakes import a_memory, a_record, a_status, a_strategy, a_transition

EXAMPLE = "connections.example.yaml"
CUT = "its block of SOPS ends before the "


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    for name in ("BF_LISTEN", "BF_STATE_DIR", "BF_TOKEN_FILE", "BF_LANG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BF_URL", "http://127.0.0.1:9")  # nobody listens there


@pytest.fixture
def example(request):
    return (request.config.rootpath / EXAMPLE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("statsu", "no command named statsu; did you mean status?"),
        ("Valdate", "no command named Valdate; did you mean validate?"),
    ],
)
def test_a_verb_that_is_not_there_is_suggested(capsys, verb, said):
    ran = run_in(capsys, verb, "file")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith(f"Error: {said}\n")


def test_where_no_verb_is_near_all_are_told(capsys):
    assert "no command named zzz; known: " in run_in(capsys, "zzz").err
    assert "--zzz" in run_in(capsys, "--zzz").err


def test_a_verb_is_found_in_any_case(capsys):
    assert run_in(capsys, "SCHEMA").code == 0


def lines_of(text, end):
    """The text up to the line that begins so, without it."""
    lines = text.splitlines(keepends=True)
    at = max(index for index, line in enumerate(lines) if line.strip().startswith(end))
    return "".join(lines[:at])


@pytest.mark.parametrize("field", ["mac", "lastmodified", "version"])
def test_a_file_cut_inside_its_block_of_sops_is_not_valid(capsys, tmp_path, example, field):
    file = tmp_path / "connections.yaml"
    file.write_text(lines_of(example, f"{field}:"), encoding="utf-8")
    ran = run_in(capsys, "validate", file)
    assert ran.code == 1
    first, advice, *rest = ran.out.splitlines()
    assert first.startswith(f"{file}: the file is cut: its block of SOPS ends before ")
    assert first.endswith("; take the last whole commit")
    assert advice.startswith("→ Write the whole file again")
    assert rest == []
    shown = run_in(capsys, "validate", file, "-o", "json").json()
    assert (shown["valid"], shown["problems"][0]["reason"]) == (False, "TruncatedFile")
    assert run_in(capsys, "plan", file).code == 1


def test_a_file_cut_above_its_block_is_not_taken_for_one_in_plain_text(capsys, tmp_path, example):
    file = tmp_path / "connections.yaml"
    file.write_text(lines_of(example, "sops:"), encoding="utf-8")
    ran = run_in(capsys, "validate", file)
    assert ran.code == 1
    assert "the file is cut: it has encrypted values, and no block of SOPS" in ran.out
    assert "plain text" not in ran.out


@pytest.mark.parametrize("keep", [4, 16, 40])
def test_a_cut_value_is_not_called_plain_text(capsys, tmp_path, example, keep):
    line = next(x for x in example.splitlines() if x.strip().startswith("secret: ENC["))
    at = line.index("ENC[") + keep
    file = tmp_path / "connections.yaml"
    file.write_text(example.replace(line, line[:at], 1), encoding="utf-8")
    ran = run_in(capsys, "validate", file)
    assert ran.code == 1
    assert "credentials.secret: an encrypted value that is cut; take the line from the" in ran.out
    assert "plain text" not in ran.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version: 1\n", None),
        (b"a: ENC[AES256_GCM,data:x]\n", "it has encrypted values, and no block of SOPS"),
        (b"sops: {}\n", f"{CUT}mac"),
        (b"sops:\n  mac: ENC[x\n", f"{CUT}mac"),
        (b"sops:\n  mac: ENC[x]\n", "its block of SOPS ends before lastmodified"),
        (b"sops:\n  mac: ENC[x]\n  lastmodified: now\n", f"{CUT}version"),
        (b"sops:\n  mac: ENC[x]\n  lastmodified: now\n  version: 3.\n", f"{CUT}version"),
        (b"sops:\n  mac: ENC[x]\n  lastmodified: now\n  version: 3.10.2\n", None),
    ],
)
def test_what_shows_that_a_file_is_cut(content, said):
    assert cut(content) == said


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "valid (not decrypted, MAC not checked)"),
        ("tr", "geçerli (şifresi çözülmedi, MAC denetlenmedi)"),
    ],
)
def test_validate_says_what_it_did_not_check(capsys, request, lang, said):
    file = request.config.rootpath / EXAMPLE
    *_, last = run_in(capsys, "validate", file, "--lang", lang).out.splitlines()
    assert last == f"{file}: {said}"
    assert run_in(capsys, "validate", file, "-o", "json").json()["decrypted"] is False


def test_what_was_never_encrypted_was_not_left_undecrypted(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_text("version: 1\nconnections: []\n")
    assert run_in(capsys, "validate", file, "--allow-plaintext").out == f"{file}: valid\n"


@pytest.mark.parametrize(
    ("lang", "remedy"),
    [("en", "Check the path and the mount."), ("tr", "Yolu ve bağlama noktasını denetleyin.")],
)
def test_a_missing_file_is_told_once_and_nobody_promises_to_wait(capsys, tmp_path, lang, remedy):
    file = tmp_path / "nope.yaml"
    ran = run_in(capsys, "test", file, "--lang", lang)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"Error: {file}: there is no such file\n{remedy}\n"


def test_any_problem_of_the_file_makes_test_end_with_1(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    with simulated() as simulator:
        good = declare(simulator, "kucoin-main")
        file.write_text(good)
        assert run_in(capsys, "test", file, "--allow-plaintext").code == 0
        file.write_text(f"{good}strategies:\n  - name: odd\n")
        ran = run_in(capsys, "test", file, "--allow-plaintext")
        upper = run_in(capsys, "test", file, "KuCoin-Main-Grid", "--allow-plaintext")
        near = run_in(capsys, "test", file, "kucoin-main-gird", "--allow-plaintext")
    assert ran.code == 1
    assert "strategies.0.connection: is missing" in ran.err
    assert "kucoin-main-grid   kucoin     Online" in ran.out
    assert "kucoin-main-grid" in upper.out
    said = "no connection named kucoin-main-gird; did you mean kucoin-main-grid?"
    assert near.err.endswith(f"Error: {said}\n")


def test_a_sole_entry_without_a_name_makes_test_end_with_1(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_text("version: 1\nconnections:\n  - exchange: kucoin\n")
    ran = run_in(capsys, "test", file, "--allow-plaintext")
    assert ran.code == 1
    assert "connections.0.name: is missing" in ran.err


def test_history_of_a_name_nobody_ever_had_ends_with_1(capsys, tmp_path):
    view = FakeView(a_status(), [a_transition("left-long-ago")])
    with serving(view) as url:
        known = run_in(capsys, "history", "BTC-grid", "--url", url)
        quiet = run_in(capsys, "history", "kucoin-main-grid", "--url", url)
        gone = run_in(capsys, "history", "left-long-ago", "--url", url)
        near = run_in(capsys, "history", "btc-gird", "--url", url)
    assert (known.code, quiet.code, gone.code) == (0, 0, 0)
    assert "left-long-ago" in gone.out
    assert (near.code, near.out) == (1, "")
    said = "no connection or strategy named btc-gird; did you mean btc-grid?"
    assert near.err.endswith(f"Error: {said}\n")
    with Journal(tmp_path) as journal:
        journal.save(a_record())
    assert run_in(capsys, "history", "btc-gird", "--state-dir", tmp_path).code == 1


def test_status_of_a_name_is_found_in_any_case_and_suggested(capsys):
    with serving(FakeView(a_status())) as url:
        assert "btc-grid" in run_in(capsys, "status", "BTC-Grid", "--url", url).out
        near = run_in(capsys, "status", "btc-gird", "--url", url)
    assert near.code == 1
    assert near.err.endswith("did you mean btc-grid?\n")


def test_resume_finds_a_strategy_in_any_case_and_suggests_one(capsys, tmp_path):
    view = FakeView(a_status())
    with serving(view) as url:
        assert run_in(capsys, "resume", "BTC-Grid", "--url", url).code == 0
        near = run_in(capsys, "resume", "btc-gird", "--url", url)
    assert [done[:2] for done in view.done] == [("resume", "btc-grid")]
    assert near.code == 1
    assert near.err.endswith("Error: no strategy named btc-gird; did you mean btc-grid?\n")
    latched = a_status(strategies=[a_strategy(memory=a_memory(latched=True))])
    with Journal(tmp_path) as journal:
        journal.save(a_record(latched))
    assert run_in(capsys, "resume", "btc-gird", "--state-dir", tmp_path).code == 1
    ran = run_in(capsys, "resume", "BTC-grid", "--state-dir", tmp_path)
    assert ran.out.startswith("btc-grid is released.")


@pytest.mark.parametrize(
    ("verb", "words", "said"),
    [
        ("resume", (), "Durdurma sona erdi. Stratejiler, bağlantıları kurallara uyunca açılır."),
        ("resume", ("btc-grid",), "btc-grid serbest bırakıldı."),
        ("halt", ("--reason", "x", "--by", "ada"), "ada durdurdu: x."),
    ],
)
def test_halt_and_resume_speak_turkish(capsys, verb, words, said):
    with serving(FakeView(a_status())) as url:
        ran = run_in(capsys, verb, *words, "--url", url, "--lang", "tr")
    assert ran.out.startswith(said)


def test_a_port_that_is_taken_names_listen(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_text("version: 1\nconnections: []\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        options = ("--listen", place, "--state-dir", tmp_path / "state", "--allow-plaintext")
        ran = run_in(capsys, "run", file, *options)
    assert ran.code == 1
    assert ran.err.endswith(
        f"Error: cannot listen on {place}: Address already in use;"
        " choose another address with --listen\n"
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (TimeoutError("timed out"), "it did not answer in time"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (ConnectionResetError(), "the connection broke off"),
        (ssl.SSLError(1, "[SSL] record layer failure"), "TLS failed; is it http:// there?"),
    ],
)
def test_why_no_daemon_answers_is_told_without_the_name_of_an_exception(monkeypatch, reason, said):
    class Opener:
        def open(self, *_, **__):
            raise URLError(reason)

    monkeypatch.setattr(api_module.Api, "_opener", lambda _: Opener())
    with pytest.raises(ApiError) as raised:
        Api.of("http://127.0.0.1:9").status()
    assert str(raised.value) == f"no daemon answers at http://127.0.0.1:9 ({said})"


def test_a_certificate_that_is_not_trusted_is_told():
    error = ssl.SSLCertVerificationError("x")
    error.verify_message = "self-signed certificate"
    assert api_module._why(error) == "its certificate is not trusted: self-signed certificate"  # noqa: SLF001


def test_the_system_speaks_in_words():
    assert system_words(FileNotFoundError(2, "No such file or directory")) == (
        "No such file or directory"
    )
    assert system_words(OSError("odd")) == "the system gives no reason"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file or directory"), ("ü" * 20, "it is not ASCII text")],
)
def test_a_token_file_that_cannot_be_read_is_told_in_words(capsys, tmp_path, content, said):
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content, encoding="utf-8")
    ran = run_in(capsys, "status", "--token-file", token)
    assert ran.code == 1
    assert f"the token file {token} cannot be read: {said}" in ran.err
