"""rotate: the next key takes the place of the current one, with the real sops and the simulator."""

import json
import subprocess

import pytest
import yaml

from bf_reconciler import document
from bf_reconciler.authoring import rotation
from bf_reconciler.cli import rotate
from bf_reconciler.facts import ConfigError, ConfigReason
from bf_reconciler.reload import secrets
from commandline import run_in, simulated
from desk import isolate, sops
from document.sample import adopted
from edges.keys import encrypt, make_age_key

pytestmark = pytest.mark.slow
REGEX = "^(api_key|secret|passphrase|password|private_key|token|seal)$"
FILE = """\
# the head
version: 1
defaults: {{interval: 1s, timeout: 30s}}
connections:
  # the first, with another key
  - name: kucoin-first
    exchange: kucoin
    endpoint: {url}
    # of the sub-account
    credentials: {first}
  # the one that is rotated
  - name: kucoin-main-grid # inline
    exchange: kucoin
    endpoint: {url}
    credentials: # the current key
      api_key: {api_key}
      # between
      secret: {secret}
      passphrase: {passphrase}
{next}    labels: {{team: grid}}
# what runs
strategies: []
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def simulator():
    with simulated() as running:
        yield running


def credentials(simulator, name):
    key = simulator.world.keys[name]
    return {"api_key": key.api_key, "secret": key.secret, "passphrase": key.passphrase}


def plain(simulator, current, upcoming):
    words = credentials(simulator, current)
    block = ""
    if upcoming is not None:
        found = upcoming if isinstance(upcoming, dict) else credentials(simulator, upcoming)
        block = f"    next: {json.dumps(found)}\n"
    first = json.dumps(credentials(simulator, "kucoin-sub"))
    return FILE.format(url=simulator.base("kucoin"), first=first, next=block, **words)


@pytest.fixture
def made(simulator, tmp_path, monkeypatch):
    """Makes an encrypted file with these keys; sealed where asked."""
    key = make_age_key(tmp_path / "key.txt")
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(key.path))

    def make(current, upcoming, *, sealed=True):
        file = tmp_path / "connections.yaml"
        text = plain(simulator, current, upcoming)
        file.write_text(encrypt(text, tmp_path, "--age", key.recipient, regex=REGEX))
        (tmp_path / "plain.yaml").unlink()
        if sealed:
            subprocess.run(
                ["bf-reconciler", "seal", file], check=True, capture_output=True, timeout=120
            )
        return file

    return make


def held(file):
    """The clear entry."""
    return yaml.safe_load(sops("decrypt", file))["connections"][1]


def test_the_next_key_takes_the_place_of_the_current_one(capsys, made, simulator):
    file = made("kucoin-main", "kucoin-futures")
    before = file.read_text()
    ran = run_in(capsys, "rotate", "KuCoin-Main-Grid", "--file", file)
    assert (ran.code, ran.err) == (0, "")
    new, old = credentials(simulator, "kucoin-futures"), credentials(simulator, "kucoin-main")
    assert held(file)["credentials"] == new
    assert "next" not in held(file)
    for words in (
        "kucoin-main-grid has its next key ••••",
        ", encrypted and sealed\n",
        "is still alive: both keys are valid now",
        "as Online, then delete the old key at the exchange.",
        "To commit: git",
    ):
        assert words in ran.out
    text = file.read_text()
    for comment in ("# the head", "# the first", "# inline", "# between", "# what runs"):
        assert comment in text
    for secret in (*new.values(), *old.values()):
        assert secret not in ran.out + ran.err + text
    assert text.splitlines()[:9] == before.splitlines()[:9]
    assert run_in(capsys, "validate", file, "--decrypt", "--require-seal").code == 0
    again = run_in(capsys, "rotate", "kucoin-main-grid", "--file", file)
    assert again.code == 1
    assert "kucoin-main-grid has no `next` credentials in the file. Add them with" in again.err


@pytest.mark.parametrize(
    ("upcoming", "code"),
    [("kucoin-withdraw", 2), ("kucoin-readonly", 2), ("kucoin-elsewhere", 2)],
)
def test_a_next_key_that_does_not_comply_changes_nothing(capsys, made, upcoming, code):
    file = made("kucoin-main", upcoming, sealed=False)
    before = file.read_bytes()
    ran = run_in(capsys, "rotate", "kucoin-main-grid", "--file", file)
    assert ran.code == code
    assert "does not comply, so it is not promoted" in ran.err
    assert file.read_bytes() == before


def test_a_dead_old_key_is_told(capsys, made, simulator):
    dead = {"api_key": "0" * 24, "secret": "x" * 36, "passphrase": "y" * 12}
    file = made("kucoin-main", "kucoin-main", sealed=False)
    text = plain(simulator, "kucoin-main", "kucoin-main")
    for field, value in credentials(simulator, "kucoin-main").items():
        text = text.replace(f"      {field}: {value}", f"      {field}: '{dead[field]}'")
    folder = file.parent
    recipient = next(
        line.split()[-1] for line in (folder / "key.txt").read_text().splitlines() if "age1" in line
    )
    file.write_text(encrypt(text, folder, "--age", recipient, regex=REGEX))
    ran = run_in(capsys, "rotate", "kucoin-main-grid", "--file", file, "--lang", "tr")
    assert ran.code == 0
    assert "ölü: borsa onu reddediyor." in ran.out
    assert "şifreli\n" in ran.out  # it was not sealed, and is not now
    assert "\nseal:" not in file.read_text()


def test_a_check_changes_nothing_and_json_says_all(capsys, made):
    file = made("kucoin-main", "kucoin-futures", sealed=False)
    before = file.read_bytes()
    ran = run_in(capsys, "rotate", "kucoin-main-grid", "--file", file, "--check")
    assert (ran.code, file.read_bytes()) == (0, before)
    assert "was not changed (--check)" in ran.out
    ran = run_in(capsys, "rotate", "kucoin-main-grid", "--file", file, "-o", "json")
    found = ran.json()
    assert (found["promoted"], found["overlap"]["current"]) == (True, "alive")
    assert found["overlap"]["since"] == found["next"]["key"]["created_at"]
    assert file.read_bytes() != before


def test_the_same_key_is_no_next_one(capsys, made):
    file = made("kucoin-main", "kucoin-main", sealed=False)
    ran = run_in(capsys, "rotate", "kucoin-main-grid", "--file", file)
    assert ran.code == 1
    assert "the `next` credentials of kucoin-main-grid are those of its current key" in ran.err


def test_what_is_wrong_is_told_before_anything_is_tested(capsys, made, monkeypatch):
    file = made("kucoin-main", {"api_key": "a", "secret": "b"}, sealed=False)
    ran = run_in(capsys, "rotate", "kucoin-main-gird", "--file", file)
    assert ran.err.endswith("named kucoin-main-gird; did you mean kucoin-main-grid?\n")
    offline = run_in(capsys, "validate", file)
    assert "connections.1.next: KuCoin keys need a passphrase; add next.passphrase" in offline.out
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", "/nonexistent")
    assert run_in(capsys, "rotate", "kucoin-main-grid", "--file", file).code == 1


def test_a_file_that_was_changed_meanwhile_is_not_written(capsys, made, monkeypatch):
    file = made("kucoin-main", "kucoin-futures", sealed=False)
    tested = rotate._tested  # noqa: SLF001

    def meanwhile(*given):
        file.write_bytes(file.read_bytes() + b"# changed\n")
        return tested(*given)

    monkeypatch.setattr(rotate, "_tested", meanwhile)
    ran = run_in(capsys, "rotate", "kucoin-main-grid", "--file", file)
    assert ran.code == 1
    assert "changed meanwhile" in ran.err
    assert "next" in held(file)


@pytest.mark.parametrize(
    ("status", "said"), [("True", "alive"), ("False", "dead"), ("Unknown", "unknown")]
)
def test_the_life_of_a_key_is_what_its_test_says(status, said):
    assert rotate.life({"conditions": [{"type": "Authenticated", "status": status}]}) == said
    assert rotate.life({"conditions": []}) == "unknown"


def test_fields_that_the_next_key_has_not_are_removed():
    changes = rotation._changes({"api_key": "a", "passphrase": "p"}, {"api_key": "b"})  # noqa: SLF001
    assert list(changes) == [
        (("credentials", "api_key"), "b"),
        (("credentials", "passphrase"), None),
        (("next",), None),
    ]


@pytest.mark.parametrize(
    ("reason", "transient"),
    [(ConfigReason.DECRYPTION_TIMEOUT, True), (ConfigReason.DECRYPTION_TOOL_MISSING, False)],
)
async def test_a_failure_of_sops_itself_ends_the_search(monkeypatch, reason, transient):
    def fails(*_):
        raise ConfigError(reason, "no", transient=transient)

    monkeypatch.setattr(rotation.sops, "set_value", fails)
    with pytest.raises(ConfigError, match="no"):
        await rotation._changed(b"", ("connections", 0), [(("next",), "x")], None)  # noqa: SLF001


def test_next_credentials_are_shown_nowhere_and_known_to_the_redaction():
    words = {"api_key": "SENTINEL-next-key", "secret": "SENTINEL-next", "passphrase": "SENTINEL-p"}
    current = {"api_key": "a", "secret": "b", "passphrase": "c"}
    text = json.dumps(
        {
            "version": 1,
            "connections": [
                {"name": "a", "exchange": "kucoin", "credentials": current, "next": words}
            ],
        }
    )
    parsed = document.parse(text.encode(), None, allow_plaintext=True)
    assert parsed.plaintext_secrets == 6
    ((connection, _),) = parsed.connections
    assert "next" not in document.declared(connection)
    spec, _ = adopted(None, parsed)
    assert set(words.values()) < set(secrets(spec))
    bare = connection.model_copy(update={"next": None})
    assert bare.fingerprint(b"p") == connection.fingerprint(b"p")  # what was seen stays true
