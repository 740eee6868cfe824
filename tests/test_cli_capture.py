"""test --capture: redacted answers in files of their owner, from simulated exchanges."""

import json
import stat

import pytest

from bf_reconciler.cli import captures
from commandline import declare, run_in

NAMES = ("kucoin-main", "mexc-main")


pytestmark = pytest.mark.usefixtures("unconfigured")


@pytest.fixture
def file(simulator, tmp_path):
    path = tmp_path / "connections.yaml"
    path.write_text(declare(simulator, *NAMES))
    return path


def capture(capsys, file, folder):
    return run_in(capsys, "test", file, "--allow-plaintext", "--capture", folder)


def test_each_answer_is_a_file_for_its_owner_alone(capsys, file, tmp_path):
    folder = tmp_path / "answers"
    ran = capture(capsys, file, folder)
    assert ran.code == 0
    assert "8 redacted responses to" in ran.err
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{name}-grid-{question}.json"
        for name in NAMES
        for question in ("time", "key", "balance", "orders")
    )
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_kept_tells_rights_and_nothing_of_anybody(capsys, file, tmp_path, simulator):
    folder = tmp_path / "answers"
    capture(capsys, file, folder)
    told = {path.stem: json.loads(path.read_text()) for path in folder.iterdir()}
    kucoin, mexc = told["kucoin-main-grid-key"], told["mexc-main-grid-key"]
    assert kucoin["exchange"] == "kucoin"
    assert kucoin["http_status"] == 200
    assert "Spot" in kucoin["body"]["data"]["permission"]
    assert "SPOT_DEAL_WRITE" in mexc["body"]["permissions"]
    shown = json.dumps(told)
    for name in NAMES:
        key = simulator.world.keys[name]
        private = (key.api_key, key.secret, key.passphrase, *key.ips, *key.balances.values())
        assert not [value for value in private if value and str(value) in shown]


def test_a_second_capture_takes_the_place_of_the_first(capsys, file, tmp_path):
    folder = tmp_path / "answers"
    capture(capsys, file, folder)
    old = folder / "kucoin-main-grid-time.json"
    old.write_text("old")
    assert capture(capsys, file, folder).code == 0
    assert json.loads(old.read_text())["question"] == "time"


def test_a_folder_that_others_may_look_into_is_not_taken(capsys, file, tmp_path):
    folder = tmp_path / "answers"
    folder.mkdir()
    folder.chmod(0o755)
    ran = capture(capsys, file, folder)
    assert ran.code == 1
    assert "chmod 700" in ran.err
    assert not list(folder.iterdir())


def test_a_file_in_the_folders_place_is_told(capsys, file, tmp_path):
    (tmp_path / "answers").write_text("")
    ran = capture(capsys, file, tmp_path / "answers")
    assert ran.code == 1
    assert "is not a directory" in ran.err


def test_a_file_that_cannot_be_written_is_told(capsys, file, tmp_path):
    folder = tmp_path / "answers"
    folder.mkdir(mode=0o700)
    (folder / "kucoin-main-grid-time.json").mkdir()
    ran = capture(capsys, file, folder)
    assert ran.code == 1
    assert "cannot save responses" in ran.err


def test_without_capture_nothing_is_kept():
    with captures.keeping(None) as kept:
        assert kept is None


def test_a_question_of_two_calls_has_two_files(capsys, simulator, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_text(declare(simulator, "gate-main"))
    folder = tmp_path / "answers"
    assert capture(capsys, file, folder).code == 2  # Gate.io does not say whether it withdraws
    key, more = (folder / f"gate-main-grid-key{end}.json" for end in ("", "-2"))
    assert json.loads(key.read_text())["call"] == "privateAccountGetDetail"
    told = json.loads(more.read_text())
    assert told["call"] == "privateAccountGetMainKeys"
    assert {"name": "spot", "read_only": False} in told["body"][0]["perms"]
    assert simulator.world.keys["gate-main"].api_key[:12] not in more.read_text()
