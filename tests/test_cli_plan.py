"""`plan` against a real daemon and its journal, the hooks, and the examples for forges."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
import json
import os
import shlex
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from bf_reconciler.cli import plan_text
from bf_reconciler.document import parse
from bf_reconciler.facts import Problem, Reason
from bf_reconciler.preview import Change, Entry, Preview, Removals, Right, Switch
from bf_reconciler.status import Status
from commandline import FakeView, clean, program, run_in, serving
from document.sample import a_connection, a_file, a_strategy
from e2e.fleet import SECRETS, SOPS, a_fleet, credentials_of
from e2e.fleet import a_strategy as a_bot

HOME = Path(__file__).parents[1]
CI = HOME / "docs" / "ci"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((HOME / ".pre-commit-hooks.yaml").read_text())}
SECONDS = 60
UNCOMPARED = "not compared (needs --decrypt and the journal)"


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    for name in ("BF_URL", "BF_LISTEN", "BF_STATE_DIR", "BF_ALLOW_PLAINTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


async def plan(file, *options, **environ):
    """Exit code, standard output and standard error; no secret in either."""

    def run():
        with program("plan", file, *options, **environ) as child:
            out, err = child.communicate(timeout=SECONDS)
            return child.returncode, out, err

    code, out, err = await asyncio.to_thread(run)
    for secret in (*SECRETS.values(), "SENTINEL"):
        assert secret not in out + err
    return code, out, err


async def test_what_was_sealed_once_is_refused_without_its_seal_as_by_the_daemon(tmp_path):
    async with a_fleet(tmp_path) as fleet:
        fleet.declare()
        file = tmp_path / "unsealed.yaml"
        file.write_text(fleet.sealed(fleet.document(), seal=False))
        key = {"SOPS_AGE_KEY_FILE": str(fleet.key_file)}
        async with fleet.daemon():
            await fleet.ready()
            base = ("--url", f"http://127.0.0.1:{fleet.port}")
            code, out, err = await plan(fleet.file, *base, "-o", "json")
            assert (code, json.loads(out)["changes"]) == (0, False)
            assert "not sealed" not in err
            for options in (base, (*base, "--decrypt"), ("--state-dir", fleet.state_dir)):
                code, out, err = await plan(file, *options, "-o", "json", **key)
                assert code == 1
                assert "not sealed, but a seal is required" in err
                found = json.loads(out)
                assert (found["refused"], found["problems"][0]["reason"]) == (True, "NotSealed")
            status, _ = await fleet.post("/-/reload")
            assert status == 200
            fleet.commit(file.read_text())
            await fleet.config_is("NotSealed")


async def test_a_plan_against_a_daemon_comes_true(tmp_path):
    async with a_fleet(tmp_path) as fleet:
        fleet.declare()
        async with fleet.daemon():
            await fleet.strategy_is("Enabled")
            url = ("--url", f"http://127.0.0.1:{fleet.port}")
            same = await plan(fleet.file, "--detailed-exitcode", *url)
            told = f"Notes\n  Credentials of 1 unchanged connection(s): {UNCOMPARED}.\n"
            told += "  Defaults and runtimes are not compared.\n"
            assert same[:2] == (0, f"{told}\nNo connection or strategy would change.\n")
            changed = fleet.document(
                [fleet.connection(interval="2s", markets=["spot", "futures"])],
                [a_bot("btc-grid", "kucoin-main", enabled=False)],
            )
            file = tmp_path / "next.yaml"
            file.write_text(fleet.sealed(changed))
            code, out, err = await plan(file, "--detailed-exitcode", *url)
            assert code == 2
            assert 'interval: default → "2s"' in out
            assert "btc-grid: on → off  Disabled: The file says enabled: false." in out
            assert "kucoin-main: Futures (futures); not among the key's known permissions" in out
            assert f"Compared with the daemon at http://127.0.0.1:{fleet.port}." in err
            assert (await plan(file, *url))[0] == 0
            fleet.commit(file.read_text())
            await fleet.strategy_is("Disabled", "Disabled")


async def test_a_weaker_policy_is_told_against_a_daemon_and_against_its_journal(tmp_path):
    async with a_fleet(tmp_path) as fleet:
        fleet.declare(policy={"ip_allowlist": "required"})
        file = tmp_path / "next.yaml"
        file.write_text(fleet.sealed(fleet.document(policy={"ip_allowlist": "ignored"})))
        async with fleet.daemon():
            await fleet.ready()
            url = ("--url", f"http://127.0.0.1:{fleet.port}")
            code, out, _ = await plan(file, "--detailed-exitcode", *url)
            assert code == 2
            assert "policy: Keys without an IP allowlist are not reported any more." in out
            assert 'ip_allowlist: "required" → "ignored"' in out
            assert "Defaults and runtimes are not compared." in out
            _, out, _ = await plan(file, "--lang", "tr", *url)
            assert "politika: IP izin listesi olmayan anahtarlar artık bildirilmez." in out
        code, out, _ = await plan(file, "--state-dir", fleet.state_dir, "-o", "json")
        found = json.loads(out)
        assert [each["field"] for each in found["widened"]] == ["policy.ip_allowlist"]
        assert found["policy"] == [
            {"field": "ip_allowlist", "before": "required", "after": "ignored", "known": True}
        ]


async def test_the_journal_and_the_key_tell_whether_credentials_changed(tmp_path):
    async with a_fleet(tmp_path) as fleet:
        fleet.declare()
        async with fleet.daemon():
            await fleet.strategy_is("Enabled")
        state = ("--state-dir", fleet.state_dir, "-o", "json", "--detailed-exitcode")
        key = {"SOPS_AGE_KEY_FILE": str(fleet.key_file)}
        code, out, err = await plan(fleet.file, *state)
        assert (code, json.loads(out)["uncompared_credentials"]) == (0, ["kucoin-main"])
        assert f"Compared with the journal in {fleet.state_dir}." in err
        opened = ("--decrypt", "--sops-binary", SOPS)
        code, out, _ = await plan(fleet.file, *state, *opened, **key)
        assert (code, json.loads(out)["uncompared_credentials"]) == (0, [])
        other = credentials_of("kucoin", secret="SENTINEL-OF-ANOTHER-SECRET")
        file = tmp_path / "next.yaml"
        connection = fleet.connection(credentials=other, labels={"a": "b"})
        file.write_text(fleet.sealed(fleet.document([connection])))
        code, out, _ = await plan(file, *state, *opened, **key)
        found = json.loads(out)
        assert (code, found["connections"][0]["credentials"]) == (2, "changed")
        assert found["switches"][0]["after"] == "unknown"
        code, _, err = await plan(file, *state, *opened)
        assert code == 1
        assert "key" in err


def test_a_file_with_problems_is_planned_and_ends_with_1(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_bytes(a_file(strategies=[a_strategy(leverage="much")]))
    with serving(FakeView(Status())) as url:
        sealed = run_in(capsys, "plan", file, "--url", url)
        assert sealed.code == 1
        assert "it has encrypted values, and no block of SOPS" in sealed.err
        ran = run_in(capsys, "plan", file, "--url", url, "--allow-plaintext")
    assert ran.code == 1
    assert "! btc-grid (line 5): invalid" in ran.out
    assert "leverage" in ran.err


def test_what_is_not_encrypted_is_told_on_the_pull_request(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_bytes(a_file(connections=[a_connection(credentials={})]))
    ran = run_in(capsys, "plan", file, "-o", "markdown")
    assert ran.code == 1
    assert ran.out.startswith("<!-- bf-reconciler plan -->")
    assert "The file is rejected" in ran.out
    assert "not encrypted with sops" in ran.out
    ran = run_in(capsys, "plan", file, "-o", "json")
    assert (ran.code, ran.json()["refused"]) == (1, True)
    assert ran.json()["problems"][0]["reason"] == "NotEncrypted"


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_refused_file_changes_nothing_and_asks_nobody(capsys, tmp_path, form):
    file = tmp_path / "connections.yaml"
    file.write_text("version: 1\nconnections: {\n")
    ran = run_in(capsys, "plan", file, "--allow-plaintext", "-o", form)
    assert ran.code == 1
    assert ("refused" if form == "json" else "rejected") in ran.out
    if form == "json":
        assert ran.json()["refused"]
        assert not ran.json()["changes"]


def test_what_cannot_be_read_or_reached_ends_with_1(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    assert run_in(capsys, "plan", file).code == 1
    file.write_bytes(a_file())
    plain = ("plan", file, "--allow-plaintext")
    unreached = run_in(capsys, *plain, "--url", "http://127.0.0.1:9")
    assert (unreached.code, unreached.out) == (1, "")
    assert "no daemon answers" in unreached.err
    assert run_in(capsys, *plain, "--state-dir", tmp_path).code == 1
    both = run_in(capsys, *plain, "--state-dir", tmp_path, "--url", "http://127.0.0.1:9")
    assert "not both" in both.err


def test_a_url_on_the_command_line_comes_before_a_state_folder_of_the_environment(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setenv("BF_STATE_DIR", str(tmp_path / "none"))
    file = tmp_path / "connections.yaml"
    file.write_bytes(a_file())
    with serving(FakeView(Status())) as url:
        ran = run_in(capsys, "plan", file, "--allow-plaintext", "--url", url)
    assert ran.code == 0
    assert "+ kucoin-main-grid (line 3): added" in ran.out
    assert run_in(capsys, "plan", file, "--allow-plaintext").code == 1


@contextmanager
def answering(body):
    """A server that gives the same JSON to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            """Nobody reads it."""

    with serving_http(Handler) as url:
        yield url


@contextmanager
def serving_http(handler):
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(SECONDS)
        server.server_close()


def test_a_stranger_s_answer_is_no_status(capsys, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_bytes(a_file())
    with answering({"connections": []}) as url:
        ran = run_in(capsys, "plan", file, "--allow-plaintext", "--url", url)
    assert ran.code == 1
    assert "does not know the format" in ran.err


NASTY = "`` | <b>@a [x](y) \x1b[2J"
FULL = Preview(
    (
        Entry("connections", "kucoin-a", "add", 3),
        Entry(
            "connections", "kucoin-b", "change", 9, (Change("interval", "60s", "5s"),), "changed"
        ),
        Entry("connections", "mexc-c", "remove"),
        Entry("strategies", "btc-grid", "change", 20, (Change("settings.note", None, NASTY),)),
        Entry("strategies", "eth-grid", "unknown", 30, (Change("settings.hook", known=False),)),
    ),
    (
        Switch("btc-grid", "on", "off", Reason.SUSPENDED, f"By ada: {NASTY}"),
        Switch("eth-grid", "off", "off", Reason.DISABLED, "The file says enabled: false."),
    ),
    (Right("kucoin-b", "futures", "Futures", held=None),),
    Removals({"connections": 1, "strategies": 0}, {"connections": 3, "strategies": 2}, held=False),
    "released",
    ("okx-d",),
)


def test_a_label_does_not_steer_the_terminal():
    change = Change("labels.a\x1b[2Jb\nc", "1", "2")
    shown = plan_text.text(
        replace(FULL, entries=(Entry("strategies", "x", "change", 1, (change,)),))
    )
    assert not shown.replace("\n", "").count("\x1b")
    assert "labels.a\ufffd[2Jb\ufffdc:" in shown


GOLDEN = """\
<!-- bf-reconciler plan -->
### Plan for `connections.yaml`

**Plan: 1 added, 2 changed, 1 removed, 1 not compared, 1 turned off.**

#### Problems

- `connections.yaml:3:1: a.b: it is wrong`

#### Connections

- `kucoin-a` added
- `kucoin-b` changed
  - `interval`: `"60s"` → `"5s"`
  - credentials: changed
- `mexc-c` removed

#### Strategies

- `btc-grid` changed
  - `settings.note`: `default` → ``` "`` | <b>@a [x](y) \\u001b[2J" ```
- `eth-grid` not compared
  - `settings.hook`: not compared: encrypted, or not reported by the daemon

#### On or off

- `btc-grid`: on → **off**, Suspended: By ada: \\`\\` \\| &lt;b&gt;&#64;a \\[x\\](y) �\\[2J
- `eth-grid`: stays off, Disabled: The file says enabled: false.

#### New permissions needed

- `kucoin-b`: **Futures** (futures); unknown

#### Notes

- The file no longer sets a halt.
- Credentials of 1 unchanged connection(s): not compared (needs --decrypt and the journal).
- Policy, defaults and runtimes are not compared.
"""


TEXT = """\
Connections
  + kucoin-a (line 3): added
  ~ kucoin-b (line 9): changed
      interval: "60s" → "5s"
      credentials: changed
  - mexc-c: removed

Strategies
  ~ btc-grid (line 20): changed
      settings.note: default → "`` | <b>@a [x](y) \\u001b[2J"
  ? eth-grid (line 30): not compared
      settings.hook: not compared: encrypted, or not reported by the daemon

On or off
  btc-grid: on → off  Suspended: By ada: `` | <b>@a [x](y) �[2J
  eth-grid: stays off  Disabled: The file says enabled: false.

New permissions needed
  kucoin-b: Futures (futures); unknown

Notes
  The file no longer sets a halt.
  Credentials of 1 unchanged connection(s): not compared (needs --decrypt and the journal).
  Policy, defaults and runtimes are not compared.

Plan: 1 added, 2 changed, 1 removed, 1 not compared, 1 turned off.
"""


def test_a_plan_as_text():
    assert plan_text.text(FULL) == TEXT


TURKISH = """\
Bağlantılar
  + kucoin-a (satır 3): eklenir
  ~ kucoin-b (satır 9): değişir
      interval: "60s" → "5s"
      kimlik bilgileri: değişir
  - mexc-c: kaldırılır

Stratejiler
  ~ btc-grid (satır 20): değişir
      settings.note: varsayılan → "`` | <b>@a [x](y) \\u001b[2J"
  ? eth-grid (satır 30): karşılaştırılmadı
      settings.hook: karşılaştırılmadı: şifreli ya da daemon bildirmiyor

Açık ya da kapalı
  btc-grid: açık → kapalı  Suspended: By ada: `` | <b>@a [x](y) �[2J
  eth-grid: kapalı kalır  Disabled: Dosyada enabled: false yazıyor.

Gereken yeni izinler
  kucoin-b: Futures (futures); bilinmiyor

Notlar
  Dosya artık durdurma içermez.
  Değişmeyen 1 bağlantının kimlik bilgileri: karşılaştırılmadı (--decrypt ve günlük gerekir).
  Politika, varsayılanlar ve çalışma ortamları karşılaştırılmaz.

Plan: 1 eklenir, 2 değişir, 1 kaldırılır, 1 karşılaştırılmadı, 1 kapatılır.
"""


def test_a_plan_in_turkish():
    assert plan_text.text(FULL, "tr") == TURKISH
    wrong = Problem(3, 1, "a.b", "it is wrong")
    shown = plan_text.markdown(FULL, [wrong], "connections.yaml", "tr")
    assert shown.startswith("<!-- bf-reconciler plan -->\n### `connections.yaml` için plan\n")
    assert "- `btc-grid`: açık → **kapalı**, Suspended" in shown
    assert plan_text.text(None, "tr") == "Dosya reddedilir: hiçbir şey değişmez.\n"


def test_a_plan_as_markdown():
    wrong = Problem(3, 1, "a.b", "it is wrong")
    shown = plan_text.markdown(FULL, [wrong], "connections.yaml")
    assert shown == GOLDEN


def test_a_long_plan_is_cut_to_the_size_of_a_comment():
    entries = tuple(Entry("connections", f"c-{n}", "add", n) for n in range(1000))
    long = Preview(entries, (), (), FULL.removals)
    assert "- and 900 more\n" in plan_text.markdown(long, [], "f")
    assert plan_text.clean("x" * 1000) == "x" * 159 + "…"


def test_the_guard_is_told_in_words():
    held = Removals(
        {"connections": 6, "strategies": 0}, {"connections": 12, "strategies": 9}, True, "held"
    )
    entry = Entry("connections", "a", "hold")
    shown = plan_text.text(Preview((entry,), (), (), held), "tr")
    assert "12 bağlantı kaydından 6 tanesi: held." in shown
    shown = plan_text.text(Preview((entry,), (), (), held))
    assert "6 of 12 connections: held." in shown
    assert "= a: missing, kept in force" in shown


# --- the hooks


def hook(name, *files):
    """As pre-commit runs it: the entry split as a shell would, the files behind it."""
    beside = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [*shlex.split(HOOKS[name]["entry"]), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=clean() | {"PATH": beside},
    )


VALID, SEALED = "bf-reconciler-validate", "bf-reconciler-no-plaintext-secrets"


def test_the_hooks_accept_the_encrypted_example():
    example = HOME / "connections.example.yaml"
    for name in (VALID, SEALED):
        done = hook(name, example, example)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_refuse_a_credential_in_plain_text(tmp_path):
    example = (HOME / "connections.example.yaml").read_text()
    line = next(x for x in example.splitlines() if x.strip().startswith("secret: ENC["))
    for number, text in enumerate(
        (
            example.replace(line, "      secret: SENTINEL-IN-PLAIN-TEXT"),
            example[: example.index("\nsops:")],
            "connections: {\n",
        )
    ):
        file = tmp_path / f"connections-{number}.yaml"
        file.write_text(text)
        for name in (VALID, SEALED):
            done = hook(name, HOME / "connections.example.yaml", file)
            assert done.returncode == 1, name
            assert str(file) in done.stdout
            assert "SENTINEL" not in done.stdout + done.stderr


def test_the_hook_for_secrets_lets_other_problems_pass_and_refuses_what_it_cannot_read(tmp_path):
    file = tmp_path / "connections.yaml"
    text = (HOME / "connections.example.yaml").read_text()
    file.write_text(text.replace("exchange: kucoin", "exchange: unheard-of"))
    assert hook(SEALED, file).returncode == 0
    assert hook(VALID, file).returncode == 1
    assert hook(SEALED, tmp_path / "missing.yaml").returncode == 1


# --- what posts a plan (tests/deploy/test_ci_examples.py has the examples that call it)


class Forge:
    """Comments as GitHub, Forgejo and GitLab keep them; it gives two on a page."""

    def __init__(self):
        self.comments = [{"id": n, "body": f"words {n}"} for n in (1, 2, 3)]
        self.asked = []
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                path, _, query = self.path.partition("?")
                given = dict(self.headers)
                token = given.get("Authorization") or given.get("Private-Token")
                forge.asked.append((self.command, path, token))
                found = forge.take(self.command, path, query, body)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(found).encode())

            do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815 # http.server's names

            def log_message(self, *_):
                """Nobody reads it."""

        self.handler = Handler

    def take(self, how, path, query, body):
        if how == "GET":
            page = int(query.rpartition("page=")[2])
            return self.comments[2 * page - 2 : 2 * page]
        if how == "POST":
            self.comments.append({"id": len(self.comments) + 1, **body})
            return self.comments[-1]
        (one,) = [c for c in self.comments if path.endswith(f"/{c['id']}")]
        one |= body
        return one


def environs(url):
    actions = {"GITHUB_API_URL": url, "GITHUB_REPOSITORY": "me/mine", "BF_PULL_REQUEST": "7"}
    gitlab = {"CI_API_V4_URL": url, "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "7"}
    yield actions, "/repos/me/mine/issues/7/comments", "/repos/me/mine/issues/comments/4", "PATCH"
    notes = "/projects/5/merge_requests/7/notes"
    yield gitlab, notes, f"{notes}/4", "PUT"


@pytest.mark.parametrize("which", [0, 1])
def test_the_plan_is_one_comment_that_each_run_replaces(which):
    forge = Forge()
    with serving_http(forge.handler) as url:
        environ, comments, one, change = list(environs(url))[which]
        for text in ("<!-- bf-reconciler plan -->\nfirst", "second" + "x" * 70_000):
            done = subprocess.run(
                [sys.executable, CI / "comment.py"],
                input=text,
                env={**clean(), **environ, "BF_COMMENT_TOKEN": "a-token"},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode == 0, done.stderr
    assert [c["body"][:35] for c in forge.comments[:3]] == ["words 1", "words 2", "words 3"]
    (mine,) = forge.comments[3:]
    assert mine["body"].startswith("<!-- bf-reconciler plan -->\nsecond")
    assert "the full plan is in the job log" in mine["body"]
    assert len(mine["body"]) < 61_000
    asked = {(how, path) for how, path, _ in forge.asked}
    assert asked == {("GET", comments), ("POST", comments), (change, one)}
    assert {token for *_, token in forge.asked} <= {"token a-token", "a-token"}


def test_the_examples_of_the_sample_are_read_without_a_key():
    committed = (HOME / "connections.example.yaml").read_bytes()
    assert not parse(committed, None).errors
    assert parse(a_file([a_connection()]), None).sealed
