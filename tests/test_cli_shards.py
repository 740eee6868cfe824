"""The options of `run` that say which of several daemons it is."""

import click
import pytest

from bf_reconciler.cli.run_settings import shard_of
from bf_reconciler.facts import ALONE, Shard
from commandline import run_in


def test_it_is_alone_a_number_or_what_the_host_name_says(monkeypatch):
    assert shard_of(1, None) is ALONE
    assert shard_of(4, "2") == Shard(2, 4)
    monkeypatch.setattr("socket.gethostname", lambda: "bf-reconciler-3")
    assert shard_of(4, "auto") == Shard(3, 4)


@pytest.mark.parametrize(
    ("shards", "shard", "message"),
    [
        (4, None, "--shards requires --shard: a number from 0, or auto"),
        (4, "4", "the shard must be 0 to 3 of 4, not 4"),
        (4, "-1", "--shard must be a number from 0, or auto, not '-1'"),
        (4, "two", "--shard must be a number from 0, or auto, not 'two'"),
        (4, "auto", "the host name 'desk' does not end with -NUMBER, as in a StatefulSet"),
    ],
)
def test_what_cannot_be_is_a_usage_error(monkeypatch, shards, shard, message):
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    with pytest.raises(click.UsageError, match=message.replace("(", r"\(")):
        shard_of(shards, shard)


def test_the_program_says_so_and_ends(capsys, tmp_path):
    told = run_in(capsys, "run", tmp_path / "file.yaml", "--shards", "4")
    assert told.code == 1
    assert "--shards requires --shard" in told.err
