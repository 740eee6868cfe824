"""The image: what its Dockerfile says, and what its steps bring about."""

import json
import os
import re
import runpy
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from deploy.dockerfile import carry_out, parse
from deploy.workshop import DEPLOY, ROOT, quiet_environment, run, tool, version

DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
IGNORED = DEPLOY / "docker" / "Dockerfile.dockerignore"
HEALTHCHECK = DEPLOY / "docker" / "healthcheck.py"
FILE = DEPLOY / "compose" / "demo" / "connections.yaml"
DEADLINE = 60


@pytest.fixture(scope="module")
def stages():
    return parse(DOCKERFILE)


@pytest.fixture(scope="module")
def image(stages, tmp_path_factory):
    """The build stage, carried out in a folder by the shell, venv and pip of this machine."""
    place = tmp_path_factory.mktemp("image")
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = quiet_environment(**pip, PATH=paths)
    steps = [step for step in stages["build"] if step.word != "ENV"]  # pip's cache may be used here
    environ["PIP_NO_COMPILE"] = "1"  # half the time, and nothing else
    carry_out(steps, ROOT, place, environ)
    return place / "opt" / "bf-reconciler"


def said(stage, word):
    return [step.rest for step in stage if step.word == word]


def exec_form(stage, word):
    (text,) = said(stage, word)
    return json.loads(text)


def test_what_runs_holds_nothing_of_what_built_it(stages):
    assert list(stages) == ["base", "build", ""]
    assert said(stages[""], "FROM") == ["base"]
    assert not said(stages[""], "RUN")
    assert all(rest.startswith("--from=build") for rest in said(stages[""], "COPY"))


def test_the_base_is_named_by_version_and_why_not_by_digest_is_said(stages):
    (base,) = said(stages["base"], "FROM")
    assert re.match(r"python:3\.\d+-slim-\w+ AS base$", base)
    assert "@sha256:" in DOCKERFILE.read_text()


def test_everything_from_elsewhere_is_taken_by_its_hash(stages):
    installs = re.findall(r"pip\b[^&]* install ([^&]*)", " && ".join(said(stages["build"], "RUN")))
    assert len(installs) == 3
    for words in installs:
        assert "--require-hashes" in words or words.split() == ["--no-deps", "dist/*.whl"]


def test_it_runs_as_a_number_that_is_not_root(stages):
    (user,) = said(stages[""], "USER")
    assert re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", user)
    assert any(f"--chown={user}" in rest for rest in said(stages[""], "COPY"))


def test_no_shell_is_needed(stages):
    assert exec_form(stages[""], "ENTRYPOINT") == ["bf-reconciler"]
    assert exec_form(stages[""], "CMD")[0] == "run"
    assert not said(stages[""], "SHELL")


def test_its_health_is_asked_by_its_python(stages):
    (check,) = said(stages[""], "HEALTHCHECK")
    assert json.loads(check.partition("CMD ")[2]) == [
        "python",
        "/opt/bf-reconciler/healthcheck.py",
    ]
    assert said(stages[""], "STOPSIGNAL") == ["SIGTERM"]


def test_its_labels_say_what_it_is(stages):
    labels = " ".join(said(stages[""], "LABEL"))
    for word in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{word}=" in labels
    assert f"VERSION={version()}" in said(stages[""], "ARG")


def test_only_what_is_copied_enters_the_build(stages):
    first, *allowed = [
        line for line in IGNORED.read_text().splitlines() if line and not line.startswith("#")
    ]
    assert first == "*"
    allowed = {line[1:].rstrip("/") for line in allowed if line.startswith("!")}
    copied = {
        source.rstrip("/") for rest in said(stages["build"], "COPY") for source in rest.split()[:-1]
    }
    assert copied == allowed
    assert not [name for name in copied if not (ROOT / name).exists()]


@pytest.mark.slow
def test_hadolint_has_nothing_to_say():
    run(tool("hadolint"), "--no-color", DOCKERFILE)


@pytest.mark.slow
def test_what_is_built_is_this_version_with_its_own_sops(image):
    environ = quiet_environment(PATH=str(image / "bin"), BF_SOPS_BINARY="")
    told = run(image / "bin" / "bf-reconciler", "--version", env=environ).stdout
    assert version() in told
    assert "3." in run(image / "bin" / "sops", "--version", "--disable-version-check").stdout
    assert not list((image / "bin").glob("pip*"))
    assert not list((image / "lib").rglob("pytest"))


@pytest.mark.parametrize(
    ("listen", "asked"),
    [
        ("127.0.0.1:9877", "127.0.0.1:9877"),
        ("0.0.0.0:80", "127.0.0.1:80"),
        ("[::]:80", "[::1]:80"),
        ("[::1]:80", "[::1]:80"),
        ("10.1.2.3:9877", "10.1.2.3:9877"),
        ("bf.internal:9877", "bf.internal:9877"),
    ],
)
def test_the_health_check_asks_where_the_daemon_listens(listen, asked):
    assert runpy.run_path(str(HEALTHCHECK))["address"](listen) == asked


@pytest.mark.slow
def test_the_health_check_tells_a_daemon_that_lives_from_one_that_is_gone(image, tmp_path):
    python = image / "bin" / "python"
    environ = quiet_environment(
        PATH=str(image / "bin"),
        BF_LISTEN="127.0.0.1:0",
        BF_STATE_DIR=str(tmp_path),
        BF_ALLOW_PLAINTEXT="true",
        BF_LOG_FORMAT="json",
        http_proxy="http://127.0.0.1:1",
    )
    log = tmp_path / "log"
    with log.open("wb") as sink:
        daemon = subprocess.Popen(
            [str(image / "bin" / "bf-reconciler"), "run", str(FILE)],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    try:
        environ["BF_LISTEN"] = address(log, daemon)
        urllib.request.urlopen(f"http://{environ['BF_LISTEN']}/healthz", timeout=10).close()
        run(python, HEALTHCHECK, env=environ)
    finally:
        daemon.terminate()
        daemon.wait(DEADLINE)
    gone = run(python, HEALTHCHECK, env=environ, check=False)
    assert gone.returncode == 1
    assert "unhealthy" in gone.stderr


def address(log, daemon):
    """Where it listens, by its own word."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and daemon.poll() is None:
        found = re.search(r'"url": ?"http://([^"]+)"', log.read_text())
        if found:
            return found[1]
        time.sleep(0.05)
    pytest.fail(f"it does not listen:\n{log.read_text()}")
