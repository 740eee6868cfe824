"""edit: the encrypted file in an editor, with the real sops; what is typed is never lost."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bf_reconciler import sops as sops_package
from bf_reconciler.cli import edit
from commandline import clean, run_in
from desk import copied, git, isolate, made, sops
from terminal import answered

pytestmark = pytest.mark.slow
ON = ("enabled: false", "enabled: true")
WRONG_ENTRY = ("risk_level: conservative", "risk_level: reckless")
WRONG_YAML = ("strategies:", "strategies: [SENTINEL")


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return made(tmp_path_factory.mktemp("template") / "desk")


@pytest.fixture
def file(template, monkeypatch, tmp_path):
    return copied(template, monkeypatch, tmp_path / "desk")


@pytest.fixture
def editor(monkeypatch, tmp_path):
    """An editor that replaces texts, one pair per run, and notes how it found the file."""
    program, notes = tmp_path / "editor", tmp_path / "notes"
    notes.mkdir()

    def uses(*runs, extra=""):
        (tmp_path / "runs").write_text(repr(list(runs)))
        program.write_text(f"""#!{sys.executable}
import os, pathlib, stat, sys
path = pathlib.Path(sys.argv[-1])
notes = pathlib.Path({str(notes)!r})
number = len(list(notes.iterdir()))
runs = {list(runs)!r}
text = path.read_text()
modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)]
(notes / str(number)).write_text(f"{{path}}\\n{{modes}}\\n{{text}}")
for before, after in runs[min(number, len(runs) - 1)]:
    assert before in text
    text = text.replace(before, after)
path.write_text(text)
{extra}
""")
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(program))
        return notes

    return uses


def typed(notes, number=0):
    return (notes / str(number)).read_text().split("\n", 2)


def test_what_is_saved_is_encrypted_sealed_and_the_diff_is_the_change(capsys, file, editor):
    git(file.parent, "add", "--all")
    git(file.parent, "commit", "--message", "Start")
    notes = editor([ON])
    ran = run_in(capsys, "edit", file)
    assert (ran.code, ran.err) == (0, "")
    assert f"{file}: saved, encrypted and sealed" in ran.out
    assert "~ btc-example (line 33): changed" in ran.out
    assert "commit --message 'Change connections.yaml' -- connections.yaml" in ran.out
    changed = git(file.parent, "diff", "--unified=0").stdout
    removed = [line[1:].strip().split(":")[0] for line in changed.splitlines() if line[0] == "-"]
    assert removed == ["-- a/connections.yaml", "enabled", "seal", "lastmodified", "mac"]
    ran = run_in(capsys, "validate", "--decrypt", "--require-seal", file)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{file}: valid")
    git(file.parent, "commit", "--all", "--message", "On")
    path, modes, text = typed(notes)
    assert modes == str([0o600, 0o700])
    assert not Path(path).parent.exists()
    assert "secret: example" in text
    assert "seal:" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_nothing_changed_is_nothing_written(capsys, file, editor):
    before = file.read_bytes()
    editor([("version: 1", "version: 1")])
    ran = run_in(capsys, "edit", file)
    assert (ran.code, ran.out, ran.err) == (0, f"{file}: nothing changed\n", "")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (WRONG_ENTRY, "connections.yaml:40:19: strategies.0.risk_level: "),
        (WRONG_YAML, "connections.yaml:"),
        (("risk_level:", "api_key: é\n      risk_lvl:"), "strategies.0.api_key: "),
    ],
)
def test_a_wrong_text_is_kept_encrypted_where_nobody_can_be_asked(
    capsys, file, editor, wrong, says
):
    before = file.read_bytes()
    editor([wrong], [ON])
    ran = run_in(capsys, "edit", file)
    assert ran.code == 1
    assert says in ran.err
    assert f"Error: {file} was not changed\n" in ran.err
    draft = file.with_name("connections.yaml.unsaved")
    assert f"The change is kept, encrypted, in {draft}" in ran.err
    assert file.read_bytes() == before
    for word in (wrong[1], "secret: example", "btc-example"):
        assert word not in draft.read_text()
    assert git(file.parent, "status", "--short", "--", draft.name).stdout == ""
    first = draft.read_bytes()
    assert run_in(capsys, "edit", file).code == 0  # nobody to ask: it begins with the file
    assert draft.read_bytes() == first


def test_on_a_terminal_a_wrong_text_is_opened_again_and_a_kept_one_is_offered(file, editor):
    notes = editor([WRONG_ENTRY], [ON], [ON[::-1], ("reckless", "moderate"), ON])
    environ = {name: os.environ[name] for name in ("EDITOR", "SOPS_AGE_KEY_FILE", "PATH", "HOME")}
    draft = file.with_name("connections.yaml.unsaved")
    answers = [("What now? [e]: ", "e\n"), ("What now? [e]: ", "k\n")]
    code, shown = answered("edit", answers=answers, cwd=file.parent, **environ)
    assert code == 1, shown
    assert "  s: save it: only the wrong entries are left out\n" in shown
    assert "reckless" in typed(notes, 1)[2]
    assert draft.exists()
    answers = [("Continue with it? [Y/n]: ", "y\n")]
    code, shown = answered("edit", answers=answers, cwd=file.parent, **environ)
    assert code == 0, shown
    assert "reckless" in typed(notes, 2)[2]
    assert not draft.exists()
    assert "risk_level: moderate" in sops("decrypt", file)
    assert "enabled: true" in sops("decrypt", file)


def test_on_a_terminal_it_can_be_saved_with_a_wrong_entry_or_be_discarded(capsys, file, editor):
    environ = {name: os.environ[name] for name in ("SOPS_AGE_KEY_FILE", "PATH", "HOME")}
    editor([WRONG_YAML])
    own = environ | {"EDITOR": os.environ["EDITOR"]}
    before = file.read_bytes()
    answers = [("What now? [e]: ", "s\n"), ("What now? [e]: ", "d\n")]  # s is not offered
    code, shown = answered("edit", answers=answers, cwd=file.parent, **own)
    assert (code, file.read_bytes()) == (0, before)
    assert "  s: " not in shown
    editor([WRONG_ENTRY])
    answers = [("What now? [e]: ", "s\n")]
    code, shown = answered("edit", answers=answers, cwd=file.parent, **own)
    assert code == 0, shown
    ran = run_in(capsys, "validate", "--decrypt", "--require-seal", file)
    assert ran.code == 1
    assert "risk_level" in ran.out
    assert "seal" not in ran.out
    assert list(file.parent.glob("*.unsaved")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_editor_is_open_keeps_what_was_saved_in_it(file, editor, number):
    notes = editor([ON], extra="print('open', flush=True)\nimport time\ntime.sleep(600)")
    command = [sys.executable, "-m", "bf_reconciler", "edit", file]
    environ = {**clean(), "SOPS_AGE_KEY_FILE": os.environ["SOPS_AGE_KEY_FILE"]}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "open\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=600)
    assert process.returncode == 128 + number
    assert "The change is kept, encrypted, in " in err
    assert not Path(typed(notes)[0]).parent.exists()
    assert file.with_name("connections.yaml.unsaved").exists()


def test_a_change_of_somebody_else_meanwhile_loses_neither(capsys, file, editor):
    editor([ON], extra=f"open({str(file)!r}, 'a').write('# theirs\\n')")
    ran = run_in(capsys, "edit", file)
    assert ran.code == 1
    assert "the file was changed meanwhile, and nothing was written" in ran.err
    assert file.read_text().endswith("# theirs\n")
    draft = file.with_name("connections.yaml.unsaved")
    assert draft.exists()
    editor([ON], extra="sys.exit(3)")
    ran = run_in(capsys, "edit", file)
    assert "the editor ended with exit code 3" in ran.err
    assert file.with_name("connections.yaml.2.unsaved").exists()


def test_what_cannot_be_kept_is_told(capsys, file, editor):
    rules = "^(api_key|nothing)$"
    text = sops("decrypt", file)
    file.write_text(text.replace("seal:", "nothing:"))
    recipient = (file.parent / ".sops.yaml").read_text().split("age: ")[1].strip()
    words = ("--config", os.devnull, "encrypt", "--age", recipient, "--encrypted-regex", rules)
    file.write_text(sops(*words, file))
    editor([("secret: example", "secret: SENTINEL")])
    ran = run_in(capsys, "edit", file)
    assert ran.code == 1
    assert "the change could not be kept: the rules of the file do not encrypt" in ran.err
    assert "SENTINEL" not in ran.err
    assert list(file.parent.glob("*.unsaved")) == []


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"EDITOR": "/nowhere/editor"}, "/nowhere/editor cannot be run: No such file"),
        ({"EDITOR": "'"}, "no editor was found; set EDITOR"),
        ({"EDITOR": "true", "SOPS_AGE_KEY_FILE": "/nowhere"}, "connections.yaml: "),
        ({"EDITOR": "rm -f"}, "the editor took the file away"),
    ],
)
def test_what_cannot_be_edited_is_told(capsys, file, monkeypatch, variables, says):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(edit, "EDITORS", ())
    before = file.read_bytes()
    ran = run_in(capsys, "edit", file)
    assert ran.code == 1
    assert says in ran.err
    assert file.read_bytes() == before


def test_a_draft_never_lands_where_a_link_leads_nor_is_a_pipe_waited_for(capsys, file, editor):
    """Who can commit could put either in its place."""
    draft, target = file.with_name("connections.yaml.unsaved"), file.with_name("target")
    draft.symlink_to(target)
    editor([WRONG_ENTRY])
    ran = run_in(capsys, "edit", file)
    assert ran.code == 1
    assert not target.exists()
    kept = file.with_name("connections.yaml.2.unsaved")
    assert f"The change is kept, encrypted, in {kept}" in ran.err
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    draft.unlink()
    os.mkfifo(draft)
    environ = {name: os.environ[name] for name in ("EDITOR", "SOPS_AGE_KEY_FILE", "PATH", "HOME")}
    answers = [("Continue with it? [Y/n]: ", "y\n")]
    code, shown = answered("edit", answers=answers, cwd=file.parent, **environ)
    assert code == 1
    assert "not a regular file" in shown


def test_an_editor_is_found_and_a_draft_of_another_kind_is_refused(file, tmp_path):
    program = tmp_path / "nano"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    environ = {"SOPS_AGE_KEY_FILE": "key.txt", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    code, shown = answered("edit", cwd=file.parent, **environ)
    assert code == 0, shown
    file.with_name("connections.yaml.unsaved").write_bytes(file.read_bytes())
    answers = [("[Y/n]: ", "y\n")]
    code, shown = answered("edit", answers=answers, cwd=file.parent, **environ)
    assert code == 1
    assert "it was not written by `bf-reconciler edit`" in shown
    answers = [("[Y/n]: ", "n\n")]
    assert answered("edit", answers=answers, cwd=file.parent, **environ)[0] == 0


def test_plain_text_goes_to_disk_where_there_is_no_memory(monkeypatch, tmp_path):
    from bf_reconciler.sops import private_folder  # noqa: PLC0415

    module = sys.modules[private_folder.__module__]
    monkeypatch.setattr(module, "MEMORY", tmp_path / "none")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with sops_package.private_folder() as folder:
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()
