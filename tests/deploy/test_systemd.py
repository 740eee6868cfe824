"""The systemd unit: right by systemd's own word, shut tight, and as the daemon needs it."""

import configparser
import re

import pytest

from deploy.workshop import DEPLOY, run, tool

UNIT = DEPLOY / "systemd" / "bf-reconciler.service"
ACCOUNT = DEPLOY / "systemd" / "bf-reconciler.sysusers"
PROGRAM = "/opt/bf-reconciler/bin/bf-reconciler"
MOST_EXPOSED = 1.5  # of 10; below 2 systemd calls it OK
DRAIN_SECONDS = 10


class Repeated(dict):
    """What systemd allows: one key several times."""

    def __setitem__(self, key, value):
        if key in self and isinstance(value, list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


@pytest.fixture(scope="module")
def unit():
    parser = configparser.RawConfigParser(dict_type=Repeated, strict=False, delimiters=("=",))
    parser.optionxform = str
    parser.read(UNIT)
    return {
        name: {key: value.split("\n") for key, value in parser.items(name)}
        for name in parser.sections()
    }


@pytest.mark.slow
def test_systemd_takes_every_line_of_it(tmp_path):
    program = tmp_path / "bf-reconciler"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    placed = tmp_path / UNIT.name
    placed.write_text(UNIT.read_text().replace(PROGRAM, str(program)))
    told = run(tool("systemd-analyze"), "verify", "--man=no", placed)
    ours = [line for line in told.stderr.splitlines() if UNIT.name in line]
    assert not ours, "\n".join(ours)


@pytest.mark.slow
def test_systemd_finds_little_exposed():
    told = run(
        tool("systemd-analyze"),
        "security",
        "--offline=true",
        "--no-pager",
        f"--threshold={MOST_EXPOSED * 10:.0f}",
        UNIT,
    )
    level = re.search(r"exposure level for \S+: ([\d.]+)", told.stdout)
    assert level
    assert float(level[1]) <= MOST_EXPOSED


def test_it_waits_for_the_word_and_the_heartbeat_of_the_daemon(unit):
    service = unit["Service"]
    assert service["Type"] == ["notify"]
    assert service["WatchdogSec"] == ["60s"]
    assert service["Restart"] == ["always"]
    assert int(service["TimeoutStopSec"][0].removesuffix("s")) > DRAIN_SECONDS


def test_it_starts_the_daemon_on_a_file_in_a_folder(unit):
    assert unit["Service"]["ExecStart"] == [
        f"{PROGRAM} run /etc/bf-reconciler/config/connections.yaml"
    ]


def test_keys_come_as_credentials(unit):
    service = unit["Service"]
    assert service["LoadCredential"] == [
        "age.key:/etc/bf-reconciler/age.key",
        "token:/etc/bf-reconciler/token",
    ]
    assert "SOPS_AGE_KEY_FILE=%d/age.key" in service["Environment"]
    assert "BF_TOKEN_FILE=%d/token" in service["Environment"]


def test_no_key_ends_in_a_core_dump(unit):
    assert unit["Service"]["LimitCORE"] == ["0"]


def test_metrics_of_the_process_can_be_read(unit):
    """Memory, CPU and start time are left out where /proc/stat cannot be read."""
    assert unit["Service"].get("ProcSubset", ["all"]) == ["all"]


def test_the_account_it_runs_under_is_declared(unit):
    words = [line.split() for line in ACCOUNT.read_text().splitlines() if line[0] == "u"]
    assert [word[1] for word in words] == unit["Service"]["User"] == unit["Service"]["Group"]
