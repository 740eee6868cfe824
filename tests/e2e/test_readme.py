"""The README's own commands, word for word, from an empty folder to the first Online."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commandline import clean
from desk import isolate
from e2e.test_year import fetched, until
from ports import free_port

pytestmark = pytest.mark.slow
README = Path(__file__).parents[2] / "README.md"
SECTION = re.compile(r"^## Run it for real$(.*?)^## ", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_run_it_for_real_works_word_for_word(monkeypatch, tmp_path):
    isolate(monkeypatch, tmp_path)
    section = SECTION.search(README.read_text())[1]
    commands = BLOCK.findall(section)
    assert [block.split()[1] for block in commands] == ["init", "simulate", "add"]
    assert "http://127.0.0.1:9877/" in section  # the default that BF_LISTEN replaces here
    page = free_port()
    person = {f"GIT_{who}_{what}": "ada" for who in ("AUTHOR", "COMMITTER") for what in ("NAME",)}
    person |= {f"GIT_{who}_EMAIL": "ada@localhost" for who in ("AUTHOR", "COMMITTER")}
    environ = {**clean(), **person, "BF_PORT": str(free_port()), "BF_LISTEN": f"127.0.0.1:{page}"}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    with (tmp_path / "log").open("wb") as log:
        script = ["bash", "-euo", "pipefail", "-c"]
        how = {"cwd": tmp_path, "env": environ, "stdin": subprocess.DEVNULL, "stderr": log}
        with (
            subprocess.Popen(
                [*script, "exec bf-reconciler simulate"], stdout=subprocess.PIPE, **how
            ) as simulator,
            subprocess.Popen(
                [*script, "".join(commands)], stdout=log, start_new_session=True, **how
            ) as person_at_work,
        ):
            simulator.stdout.readline()
            try:
                until(lambda: online(page) or person_at_work.poll() is not None)
                assert online(page), (tmp_path / "log").read_text()
            finally:
                simulator.terminate()
                os.killpg(person_at_work.pid, signal.SIGTERM)


def online(port):
    status = json.loads(fetched(f"http://127.0.0.1:{port}/api/v1/status") or "null")
    return status is not None and [c["status"] for c in status["connections"]] == ["Online"]
