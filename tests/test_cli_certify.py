"""certify and replay: an exchange is asked once, and what it said can be read again anywhere."""

import json
import os
import stat
from datetime import UTC, datetime

import pytest

from bf_reconciler.cli import certify as verb
from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.probe import bundle
from commandline import declare, run_in
from exchanges.cases import CASES
from exchanges.live import documents, problems

pytestmark = pytest.mark.usefixtures("unconfigured")


@pytest.fixture
def file(simulator, tmp_path):
    path = tmp_path / "connections.yaml"
    path.write_text(declare(simulator, *(f"{exchange}-main" for exchange in EXCHANGES)))
    return path


def certify(capsys, file, name, *more):
    return run_in(capsys, "certify", file, name, "--allow-plaintext", *more)


@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
def test_what_an_exchange_said_is_read_again_as_it_was(capsys, file, tmp_path, simulator, exchange):
    told = tmp_path / "bundle.json"
    ran = certify(capsys, file, f"{exchange}-main-grid", "--yes", "--to", told)
    assert ran.code == 0, ran.err
    assert "reads otherwise" not in ran.err
    assert "No answer" not in ran.err
    text = told.read_text()
    assert text.strip() in ran.out
    assert stat.S_IMODE(told.stat().st_mode) == 0o600
    key = simulator.world.keys[f"{exchange}-main"]
    private = (key.api_key, key.secret, key.passphrase, *key.ips, *key.balances.values())
    assert [value for value in private if value and str(value) in text] == []
    found = run_in(capsys, "replay", told, "-o", "json").json()
    assert found["changed"] == []
    assert {each["result"] for each in found["answers"]} == {"ok"}
    assert {"read", "spot"} <= set(found["facts"]["granted"])
    passes = CASES[exchange].facts.tells_withdraw
    assert (found["connection"]["status"] in {"Online", "Degraded"}) is passes
    assert found["bundle"]["host"] is None


@pytest.fixture
def dropped(capsys, file, tmp_path):
    """Drops a bundle of the simulator into a folder as if the live exchange had answered."""

    def drop(exchange, change=dict):
        kept = tmp_path / f"{exchange}.json"
        assert certify(capsys, file, f"{exchange}-main-grid", "--yes", "--to", kept).code == 0
        told = json.loads(kept.read_text()) | {"host": EXCHANGES[exchange].live_hosts[0]}
        path = tmp_path / "exchanges" / exchange / "live" / "2026-05-04.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(change(told)))
        return tmp_path / "exchanges"

    return drop


@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
def test_a_bundle_that_is_dropped_into_a_folder_is_a_test_and_shown_with_its_date(
    dropped, exchange
):
    folder = dropped(exchange)
    assert problems(folder) == []
    live = documents().live(folder)
    assert live.keys() == {exchange}
    assert f"{live[exchange].on}" in documents().block(live)
    assert "seen live" in documents().block(live)


def answered(told, question, change):
    for each in told["answers"]:
        if each["question"] == question:
            change(each)
    return told


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda told: told | {"host": None}, "proves nothing"),
        (lambda told: told | {"exchange": "okx", "host": None}, "it is of okx"),
        (
            lambda told: answered(told, "balance", lambda each: each.update(body=[])),
            "cannot read the answer to balance",
        ),
        (
            lambda told: answered(
                told, "key", lambda each: each["body"]["data"].update(permission="General,Novelty")
            ),
            "does not know the permission Novelty",
        ),
        (
            lambda told: answered(
                told, "key", lambda each: each["body"]["data"].update(permission=5)
            ),
            "does not understand rights",
        ),
        (
            lambda told: told | {"read": told["read"] | {"granted": ["read", "earn"]}},
            "no longer granted: earn",
        ),
        (
            lambda told: told | {"read": told["read"] | {"tells_expiry": True}},
            "tells_expiry was True and is False",
        ),
    ],
)
def test_what_the_rows_cannot_read_in_a_bundle_or_read_otherwise_fails(dropped, change, problem):
    assert any(problem in told for told in problems(dropped("kucoin", change)))


def test_the_simulator_is_asked_each_question_once(capsys, file, simulator):
    before = simulator.world.count(exchange="kucoin")
    assert certify(capsys, file, "kucoin-main-grid", "--yes").code == 0
    assert simulator.world.count(exchange="kucoin") == before + 4


def test_a_name_is_found_that_no_file_has(capsys, file, tmp_path):
    for _ in range(2):
        assert certify(capsys, file, "kucoin-main-grid", "--yes").code == 0
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    names = sorted(path.name for path in tmp_path.glob("kucoin-*.json"))
    assert names == [f"kucoin-{today}-2.json", f"kucoin-{today}.json"]


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_it_is_written_when_somebody_agrees(capsys, file, tmp_path, monkeypatch, answer, code):
    monkeypatch.setattr(verb.click, "confirm", lambda *_, **__: answer)
    assert certify(capsys, file, "kucoin-main-grid").code == code
    assert bool(list(tmp_path.glob("*.json"))) is answer


def test_nobody_there_to_answer_is_a_no(capsys, file, tmp_path, monkeypatch):
    def nobody(*_, **__):
        raise verb.click.Abort

    monkeypatch.setattr(verb.click, "confirm", nobody)
    ran = certify(capsys, file, "kucoin-main-grid", "--lang", "tr")
    assert ran.code == 1
    assert verb.DECLINED.tr in ran.err
    assert not list(tmp_path.glob("*.json"))


def test_a_file_that_is_there_stays(capsys, file, tmp_path):
    (tmp_path / "old.json").write_text("old")
    ran = certify(capsys, file, "kucoin-main-grid", "--yes", "--to", "old.json")
    assert ran.code == 1
    assert "cannot write old.json" in ran.err
    assert (tmp_path / "old.json").read_text() == "old"


def test_a_refused_key_is_kept_as_well(capsys, simulator, tmp_path):
    file = tmp_path / "connections.yaml"
    file.write_text(declare(simulator, "kucoin-main", api_key="0123456789abcdef01234567"))
    assert certify(capsys, file, "kucoin-main-grid", "--yes", "--to", "b.json").code == 0
    shown = run_in(capsys, "replay", "b.json")
    assert shown.code == 0
    assert "InvalidKey" in shown.out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("kucoin-main-grid", "nobody"), "no connection named kucoin-main-grid"),
        (("exchange: kucoin", "exchange: nowhere"), "is invalid in the file"),
        (
            ("exchange: kucoin", "suspend: {reason: r, owner: ada}\n    exchange: kucoin"),
            "is suspended",
        ),
        (("http://127.0.0.1", "http://127.0.0.2:1/x"), "answered no question"),
        (("version: 1", "version: 7"), "connections.yaml:1"),
    ],
)
def test_where_nothing_can_be_kept_it_says_why(capsys, simulator, tmp_path, change, why):
    file = tmp_path / "connections.yaml"
    text = declare(simulator, "kucoin-main", endpoint="http://127.0.0.1:1")
    file.write_text(text.replace("http://127.0.0.1:1", "http://127.0.0.1:9").replace(*change))
    ran = certify(capsys, file, "kucoin-main-grid", "--yes")
    assert ran.code == 1
    assert why in ran.err
    assert not list(tmp_path.glob("*.json"))


def test_a_bundle_with_a_secret_left_in_it_is_not_written(capsys, file, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle.capture, "redact", lambda body, *_: body)
    ran = certify(capsys, file, "kucoin-main-grid", "--yes")
    assert ran.code == 1
    assert "nothing was written" in ran.err
    assert ran.out == ""
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_replay_shows_facts_conditions_and_what_is_read_otherwise(capsys, file, tmp_path, lang):
    assert certify(capsys, file, "kucoin-main-grid", "--yes", "--to", "b.json").code == 0
    told = json.loads((tmp_path / "b.json").read_text())
    told["read"]["granted"] = ["read"]
    told["host"] = "api.kucoin.com"
    told["region"] = "eu"
    (tmp_path / "b.json").write_text(json.dumps(told))
    ran = run_in(capsys, "replay", "b.json", "--lang", lang)
    assert ran.code == 0
    for words in ("KuCoin, live eu", "api.kucoin.com", "WithdrawDisabled", "read, spot", "granted"):
        assert words in ran.out


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "there is no such file"),
        (b"\xff", "not text"),
        (b"{}", "is not a bundle"),
        ("pipe", "not a regular file"),
        ("endless", "not a regular file"),
        ("long", "larger than"),
    ],
)
def test_what_is_no_bundle_is_told(capsys, tmp_path, data, why):
    path = tmp_path / "b.json"
    if data == "pipe":
        os.mkfifo(path)
    elif data == "endless":
        path.symlink_to("/dev/zero")
    elif data == "long":
        path.touch()
        os.truncate(path, 1 << 40)
    elif data is not None:
        path.write_bytes(data)
    ran = run_in(capsys, "replay", "b.json")
    assert ran.code == 1
    assert why in ran.err
