"""What an auditor finds in the journal of a daemon that ran on a git repository."""

import json
from datetime import UTC, datetime

import pytest

from commandline import run_in
from e2e.fleet import a_fleet

pytestmark = pytest.mark.slow


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


async def test_a_journal_tells_who_declared_a_key_what_it_could_do_and_why(fleet, capsys):
    first = fleet.declare(policy={"ip_allowlist": "ignored"})
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        await fleet.post("/api/v1/halt", {"reason": "fire", "by": "ada"})
        second = fleet.declare([fleet.connection(account="sub")])
        await fleet.until(fleet.api, lambda status: status["revision"] == second)
        await fleet.until(fleet.api, lambda status: status["connections"][0]["account"] == "sub")
    given = ("--state-dir", fleet.state_dir, "-o", "json")
    verified = run_in(capsys, "history", "--verify", *given)
    assert (verified.code, verified.json()["faults"]) == (0, [])
    again = run_in(capsys, "replay", *given)
    assert again.code == 0
    assert again.json()["judged"] >= 2
    assert again.json()["withheld"] == 0
    _, *lines = [json.loads(line) for line in run_in(capsys, "report", *given).out.splitlines()]
    of = {kind: [line for line in lines if line["type"] == kind] for kind in _types(lines)}
    declared = [
        (line["name"], line["change"], line["revision"], line["author"])
        for line in of["declaration"]
    ]
    author = "test <test@localhost>"
    assert declared == [
        ("", "added", first, author),
        ("", "changed", second, author),
        ("kucoin-main", "added", first, author),
        ("kucoin-main", "changed", second, author),
    ]
    (exception,) = of["exception"]
    assert (exception["what"], exception["value"]) == ("ip_allowlist", "ignored")
    assert [line["by"] for line in of["halt"]] == ["ada"]
    assert of["rights"][-1]["withdraw"] == "yes"
    assert of["rights"][-1]["to"] == datetime.now(UTC).date().isoformat()
    change = [(line["what"], line["after"]) for line in of["key_change"]]
    assert ("right_granted", "withdraw") in change
    for text in ("key-of", "SENTINEL"):
        assert text not in json.dumps(lines)


def _types(lines):
    return {line["type"] for line in lines}
