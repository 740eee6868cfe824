"""add: a connection on simulated exchanges, tested, encrypted and sealed before it is written."""

import difflib
import json
import os
import subprocess
import sys

import pytest
import yaml

from bf_reconciler.authoring import entry
from bf_reconciler.authoring.entry import EntryError, given_fields
from commandline import clean, run_in
from desk import copied, git, isolate, made, sops
from terminal import answered

pytestmark = pytest.mark.slow
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"
COMMENTED = """\
# the head
version: 1
connections:
  # the first
  - name: mexc-main-dca # inline
    exchange: mexc
    credentials: {api_key: "a", secret: "b"}
    suspend: {reason: moving, owner: ada}
# what runs
strategies: []
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return made(tmp_path_factory.mktemp("template") / "desk")


@pytest.fixture
def file(template, monkeypatch, tmp_path):
    return copied(template, monkeypatch, tmp_path / "desk")


def secrets(key):
    return [word for word in (key.api_key, key.secret, key.passphrase) if word]


def add(file, exchange, *argv, given=""):
    """Run it with the credentials on standard input."""
    return subprocess.run(
        [sys.executable, "-m", "bf_reconciler", "add", exchange, "--file", file, *argv],
        input=given,
        env={**clean(), "SOPS_AGE_KEY_FILE": os.environ["SOPS_AGE_KEY_FILE"]},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def add_key(simulator, file, name, *argv):
    key = simulator.world.keys[name]
    endpoint = ("--endpoint", simulator.base(key.exchange))
    return add(file, key.exchange, *endpoint, *argv, given="\n".join(secrets(key)))


def declared(file):
    return yaml.safe_load(sops("decrypt", file))


def test_the_first_connection_takes_the_place_of_the_example(capsys, simulator, file):
    done = add_key(simulator, file, "kucoin-main", "--egress-ip", "127.0.0.1", "--market", "spot")
    assert done.returncode == 0, done.stderr
    assert "kucoin-main   kucoin     Online   Connected" in done.stdout
    assert "+ kucoin-main (line 20): added" in done.stdout
    assert "- kucoin-main-example: removed" in done.stdout
    assert "~ btc-example (line" in done.stdout
    assert "It is in the place of the example" in done.stdout
    added = f"git -C {file.parent} add -- connections.yaml"
    commit = f"git -C {file.parent} commit --message 'Add kucoin-main' -- connections.yaml"
    assert f"To commit: {added} && {commit}\n" in done.stdout
    found = declared(file)
    key = simulator.world.keys["kucoin-main"]
    assert found["connections"] == [
        {
            "name": "kucoin-main",
            "exchange": "kucoin",
            "markets": ["spot"],
            "credentials": {
                "api_key": key.api_key,
                "secret": key.secret,
                "passphrase": key.passphrase,
            },
            "endpoint": simulator.base("kucoin"),
            "egress_ips": ["127.0.0.1"],
        }
    ]
    assert [s["connection"] for s in found["strategies"]] == ["kucoin-main"]
    ran = run_in(capsys, "validate", "--decrypt", "--require-seal", file)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{file}: valid")
    for secret in secrets(key):
        assert secret not in file.read_text() + done.stdout + done.stderr
    git(file.parent, "add", "--all")
    git(file.parent, "commit", "--message", "Add kucoin-main")


def test_comments_order_and_everything_else_stay(capsys, simulator, file):
    file.write_text(COMMENTED)
    sops("--config", file.parent / ".sops.yaml", "encrypt", "--in-place", file)
    assert run_in(capsys, "seal", file).code == 0
    before = file.read_text().splitlines()
    done = add_key(simulator, file, "kraken-main", "--account", "sub1")
    assert done.returncode == 0, done.stderr
    changes = list(difflib.ndiff(before, file.read_text().splitlines()))
    lost = [line[2:].strip().split(":")[0] for line in changes if line.startswith("- ")]
    assert lost == ["seal", "lastmodified", "mac"]
    assert [c["name"] for c in declared(file)["connections"]] == ["mexc-main-dca", "kraken-main"]
    before = file.read_bytes()
    done = add(file, "mexc", "--no-test", "--name", "mexc-main-dca", given="key\nsecret\n")
    assert done.returncode == 1
    assert f"{file}:20:13: connections.2.name: duplicate name" in done.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("key", "code", "status"), [("mexc-withdraw", 2, "Blocked"), ("mexc-open", 0, "Degraded")]
)
def test_what_does_not_comply_is_not_written_unless_it_is_demanded(
    simulator, file, key, code, status
):
    before = file.read_bytes()
    done = add_key(simulator, file, key)
    assert (done.returncode, status in done.stdout) == (code, True)
    assert (file.read_bytes() == before) is (code != 0)
    if code:
        assert f"{file} was not changed; --yes writes it anyway.\n" in done.stderr
        assert add_key(simulator, file, key, "--yes").returncode == code
        assert file.read_bytes() != before


def test_an_exchange_that_does_not_answer_is_told_by_3(file):
    done = add(file, "mexc", "--endpoint", "http://127.0.0.1:9", given="key\nsecret\n")
    assert done.returncode == 3
    assert "Unreachable" in done.stdout


def test_a_ready_block_of_the_simulator_can_be_piped_in(capsys, simulator, file):
    port = simulator.url.rpartition(":")[2]
    shown = run_in(
        *(capsys, "simulate", "--port", port, "--print-config", "--key", "bitget-main")
    ).out
    done = add(file, "bitget", given=shown)
    assert done.returncode == 0, done.stderr
    found = declared(file)["connections"][0]
    assert (found["name"], found["egress_ips"]) == ("bitget-main", ["127.0.0.1"])


def test_credentials_come_through_a_descriptor(capsys, simulator, file):
    key = simulator.world.keys["mexc-main"]
    end, begin = os.pipe()
    os.write(begin, json.dumps({"api_key": key.api_key, "secret": key.secret}).encode())
    os.close(begin)
    argv = ("--file", file, "--endpoint", simulator.base("mexc"), "--credentials-fd", end)
    ran = run_in(capsys, "add", "mexc", *argv, "--name", "mexc-main-dca")
    os.close(end)
    assert (ran.code, ran.err) == (0, "")
    assert declared(file)["connections"][0]["name"] == "mexc-main-dca"


@pytest.mark.parametrize(
    ("argv", "given", "says"),
    [
        (("moon",), "", "Error: unknown exchange moon; known: binance"),
        (("KuCoinn",), "", "Error: unknown exchange KuCoinn; did you mean kucoin?\n"),
        (("kucoin",), "key\nsecret\n", "Error: expected 3 lines: api_key, secret, passphrase; or"),
        (("mexc",), "a: [\n", "Error: line 2: "),
        (("mexc",), '{"api_key": 1,\n"api_key": 2}', "Error: line 2: "),
        (("mexc",), b"\xff", "Error: line 1: not valid UTF-8"),
        (("mexc",), "x" * 70_000, "Error: the credentials are too long"),
        (("mexc",), "connections: []", "Error: expected exactly one connection"),
        (("mexc",), "connections: [{exchange: okx}]", "Error: the connection is not one of mexc"),
        (("mexc", "--name", "NO"), "key\nsecret\n", "connections.1.name: "),
        (("mexc", "--market", "moon"), "key\nsecret\n", "connections.1.markets.0: "),
        (("mexc", "--endpoint", "https://evil.example"), "key\nsecret\n", "connections.1.endpoint"),
        (("mexc",), "{api_key: SENTINEL, secret: ''}", "connections.1.credentials.secret: "),
    ],
)
def test_what_cannot_be_added_is_told_and_nothing_is_written(
    capsys, file, tmp_path, argv, given, says
):
    before = file.read_bytes()
    source = tmp_path / "given"
    source.write_bytes(given.encode() if isinstance(given, str) else given)
    with source.open("rb") as opened:
        ran = run_in(
            *(capsys, "add", *argv, "--file", file, "--no-test"),
            *("--credentials-fd", opened.fileno()),
        )
    assert ran.code == 1
    assert says in ran.err
    assert "SENTINEL" not in ran.err
    assert file.read_bytes() == before


def test_a_file_that_is_refused_gets_no_entry(capsys, file):
    sops("set", file, '["halt"]', '{"reason": "x", "by": "y"}')
    done = add(file, "mexc", "--no-test", given="key\nsecret\n")
    assert done.returncode == 1
    assert "seal: sealed over other content: run bf-reconciler seal" in done.stderr
    done = add(file.with_name("none.yaml"), "mexc", "--no-test", given="key\nsecret\n")
    assert done.returncode == 1
    words = "there is no such file; `bf-reconciler init DIR` creates a folder with one\n"
    assert done.stderr == f"Error: {file.with_name('none.yaml')}: {words}"
    ran = run_in(capsys, "add", "mexc", "--file", file, "--no-test", "--credentials-fd", 99)
    assert (ran.code, ran.err) == (
        1,
        "Error: the credentials cannot be read: Bad file descriptor\n",
    )


def test_a_change_meanwhile_is_not_overwritten(capsys, file, monkeypatch):
    real = entry.sealed

    async def meanwhile(*arguments):
        file.write_bytes(file.read_bytes() + b"# theirs\n")
        return await real(*arguments)

    monkeypatch.setattr(entry, "sealed", meanwhile)
    end, begin = os.pipe()
    os.write(begin, b"key\nsecret\n")
    os.close(begin)
    ran = run_in(capsys, "add", "mexc", "--file", file, "--no-test", "--credentials-fd", end)
    os.close(end)
    assert ran.code == 1
    assert "the file was changed meanwhile, and nothing was written" in ran.err


def test_on_a_terminal_it_asks_and_shows_no_secret(simulator, file):
    key = simulator.world.keys["kucoin-main"]
    typed = dict(zip(("API key", "Secret", "Passphrase"), secrets(key), strict=True))
    code, shown = answered(
        *("add", "kucoin", "--endpoint", simulator.base("kucoin")),
        answers=[
            ("Name [kucoin-main]: ", "Not A Label\n"),
            ("Error: lower-case letters", ""),
            ("Name [kucoin-main]: ", "kucoin-main-example\n"),
            ("Error: the file has a connection of this name", ""),
            ("Name [kucoin-main]: ", "kucoin-main-grid\n"),
            *((f"{label} (not shown): ", f"{word}\n") for label, word in typed.items()),
            ("Write connections.yaml? [Y/n]: ", "\n"),
        ],
        cwd=file.parent,
        SOPS_AGE_KEY_FILE="key.txt",
    )
    assert code == 0, shown
    assert "How to create the key: bf-reconciler exchanges kucoin" in shown
    assert "Online" in shown
    assert "connections.yaml: added kucoin-main-grid, encrypted and sealed" in shown
    assert not any(word in shown for word in typed.values())
    assert declared(file)["connections"][0]["credentials"]["secret"] == key.secret


def test_on_a_terminal_a_key_in_many_lines_can_be_pasted_and_no_is_no(file):
    asked = [
        ("API key (not shown): ", "\n"),
        ("API key (not shown): ", "key\n"),
        ("Secret (not shown): ", f"{PEM}\n"),
    ]
    argv = ("add", "binance", "--no-test", "--name", "binance-main-grid")
    environ = {"cwd": file.parent, "SOPS_AGE_KEY_FILE": "key.txt"}
    before = file.read_bytes()
    code, shown = answered(*argv, answers=[*asked, ("[Y/n]: ", "n\n")], **environ)
    assert (code, file.read_bytes()) == (130, before)
    code, shown = answered(*argv, answers=[*asked, ("[Y/n]: ", "y\n")], **environ)
    assert code == 0, shown
    assert "MC4CAQ" not in shown
    assert declared(file)["connections"][0]["credentials"]["secret"] == PEM
    code, _ = answered(*argv, answers=[("API key (not shown): ", "\x04")], **environ)
    assert code == 130


@pytest.mark.parametrize(
    ("given", "credentials"),
    [
        ("key\nsecret\n", {"api_key": "key", "secret": "secret"}),
        (" key \r\n\r\n secret", {"api_key": "key", "secret": "secret"}),
        (f"key\n{PEM}\n", {"api_key": "key", "secret": PEM}),
        ("api_key: key\nsecret: s", {"api_key": "key", "secret": "s"}),
        ('{"api_key": "key",\n"secret": "s"}', {"api_key": "key", "secret": "s"}),
        ("0123\ntrue", {"api_key": "0123", "secret": "true"}),
    ],
)
def test_credentials_are_given_as_lines_or_as_a_mapping(given, credentials):
    assert given_fields(given.encode(), "mexc") == {"credentials": credentials}


def test_what_is_given_is_never_repeated():
    for given in (b"SENTINEL", b"SENTINEL: x", b"- SENTINEL", b"a\nb\nSENTINEL"):
        with pytest.raises(EntryError) as caught:
            given_fields(given, "mexc")
        assert "SENTINEL" not in str(caught.value)
