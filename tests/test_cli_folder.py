"""The verbs on a folder: each file by its name, all of them in one run."""

import json

import pytest

from bf_reconciler.cli import completions
from bf_reconciler.status import Status
from commandline import FakeView, run_in, serving
from document.sample import a_connection, a_file, a_strategy
from e2e.fleet import SOPS
from edges.keys import PLAIN, encrypt, environment, make_age_key

CLEAR = {"api_key": "SENTINEL-1", "secret": "SENTINEL-2", "passphrase": "SENTINEL-3"}


def a_team(name, **changes):
    connection = a_connection(f"kucoin-{name}-x", credentials=CLEAR, **changes)
    return a_file([connection], [a_strategy(f"btc-{name}", f"kucoin-{name}-x")])


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "keys"
    (root / "teams").mkdir(parents=True)
    (root / "base.yaml").write_bytes(a_file([], [], policy={}))
    for team in ("a", "b"):
        (root / "teams" / f"{team}.yaml").write_bytes(a_team(team))
    return root


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    """Two files encrypted with the real sops, the second to a stranger."""
    root = tmp_path / "sealed"
    root.mkdir()
    mine, other = (make_age_key(tmp_path / f"{name}.txt") for name in ("mine", "other"))
    for name, key in (("a", mine), ("b", other)):
        text = PLAIN.replace("kucoin-main", f"kucoin-main-{name}")
        (root / f"{name}.yaml").write_text(encrypt(text, tmp_path, "--age", key.recipient))
    for name, value in environment(tmp_path, SOPS_AGE_KEY_FILE=str(mine.path)).items():
        monkeypatch.setenv(name, value)
    return root


def test_a_good_folder_is_valid(folder, capsys):
    ran = run_in(capsys, "validate", folder, "--allow-plaintext")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{folder}: valid")
    assert "btc-a" in ran.out


def test_each_problem_names_its_file(folder, capsys):
    (folder / "teams" / "c.yaml").write_bytes(b"version: [\n")
    (folder / "teams" / "d.yaml").write_bytes(a_team("a"))
    (folder / "teams" / "e.yaml").symlink_to("/dev/null")
    ran = run_in(capsys, "validate", folder, "--allow-plaintext")
    assert ran.code == 1
    assert f"{folder}/teams/c.yaml:" in ran.out
    assert "duplicate name; also in teams/a.yaml:" in ran.out
    assert f"{folder}/teams/e.yaml: " in ran.out
    ran = run_in(capsys, "validate", folder, "--allow-plaintext", "-o", "json")
    files = {p["file"] for p in ran.json()["problems"] if p["severity"] == "error"}
    assert files == {f"teams/{name}.yaml" for name in "acde"}


def test_plain_text_is_a_problem_of_its_file(folder, capsys):
    ran = run_in(capsys, "validate", folder)
    assert ran.code == 1
    assert f"{folder}/teams/a.yaml" in ran.out
    assert "SENTINEL" not in ran.out


def test_a_folder_without_files_is_told(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for verb in ("validate", "plan", "seal"):
        ran = run_in(capsys, verb, tmp_path / "empty")
        assert (ran.code, "there is no *.yaml" in ran.err) == (1, True)


def test_plan_names_the_file_of_each_entry(folder, capsys):
    with serving(FakeView(Status())) as url:
        ran = run_in(capsys, "plan", folder, "--allow-plaintext", "--url", url)
        assert ran.code == 0
        assert "+ kucoin-a-x (teams/a.yaml, line 3)" in ran.out
        ran = run_in(capsys, "plan", folder, "--allow-plaintext", "--url", url, "-o", "json")
        assert {entry["file"] for entry in json.loads(ran.out)["connections"]} == {
            "teams/a.yaml",
            "teams/b.yaml",
        }
        ran = run_in(capsys, "plan", folder, "--allow-plaintext", "--url", url, "-o", "markdown")
        assert "(`teams/a.yaml`)" in ran.out


@pytest.mark.slow
def test_files_that_cannot_be_opened_hold_up_no_other(sealed, capsys):
    ran = run_in(capsys, "validate", sealed, "--sops-binary", SOPS)
    assert ran.code == 0
    ran = run_in(capsys, "validate", sealed, "--decrypt", "--sops-binary", SOPS)
    assert ran.code == 1
    assert f"{sealed}/b.yaml" in ran.out
    wrong = [line for line in ran.out.splitlines() if "a.yaml" in line and "warning" not in line]
    assert wrong == []


@pytest.mark.slow
def test_seal_goes_through_all_files_and_tells_of_each(sealed, capsys):
    ran = run_in(capsys, "seal", sealed, "--sops-binary", SOPS)
    assert ran.code == 1
    assert ran.out == f"{sealed}/a.yaml: sealed\n"
    assert f"{sealed}/b.yaml" in ran.err
    (sealed / "b.yaml").unlink()
    ran = run_in(capsys, "seal", sealed, "--sops-binary", SOPS)
    assert (ran.code, "sealed already" in ran.out) == (0, True)


@pytest.mark.slow
def test_a_file_that_is_cut_is_told_by_name(sealed, capsys):
    path = sealed / "a.yaml"
    path.write_text(path.read_text()[: -len(path.read_text()) // 4])
    ran = run_in(capsys, "validate", sealed)
    assert ran.code == 1
    assert f"{sealed}/a.yaml" in ran.out


def test_names_of_all_files_are_completed(folder):
    found = list(completions._declared(folder, "connections"))  # noqa: SLF001 # what a shell asks
    assert found == ["kucoin-a-x", "kucoin-b-x"]
