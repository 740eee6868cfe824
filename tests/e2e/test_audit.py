"""What an auditor finds in the journal of a daemon that ran on a git repository."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from commandline import run_in
from e2e.fleet import a_fleet, a_world
from e2e.test_folder import BETA, Teams

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


async def test_of_a_folder_a_report_names_who_committed_each_file(tmp_path, capsys):
    async with a_fleet(tmp_path, a_world()) as fleet:
        teams = Teams(fleet)
        teams.put(base=teams.base())
        teams.put_team("alpha")
        teams.put_team("beta")
        git = fleet._git  # noqa: SLF001 # the repository of this test
        words = ("--amend", "--no-edit", "--reset-author", "--quiet", "--no-gpg-sign")
        git("-c", "user.name=Ada", "commit", *words)
        head = git("rev-parse", "HEAD").strip()
        async with fleet.daemon():
            await fleet.strategy_is("Enabled", name="btc-beta")
            url = ("--url", f"http://127.0.0.1:{fleet.port}", "-o", "json")
            verified = await asyncio.to_thread(run_in, capsys, "history", "--verify", *url)
            assert (verified.code, verified.json()["faults"]) == (0, [])
            ran = await asyncio.to_thread(run_in, capsys, "report", *url)
    _, *lines = [json.loads(line) for line in ran.out.splitlines()]
    declared = {line["name"]: line for line in lines if line["type"] == "declaration"}
    authors = {name: line["author"].split(" <")[0] for name, line in declared.items()}
    assert authors == {"": "test", "kucoin-alpha": "test", "kucoin-beta": "Ada"}
    assert (declared["kucoin-beta"]["commit"], declared["kucoin-beta"]["file"]) == (head, BETA)
    assert declared["kucoin-alpha"]["commit"] != declared["kucoin-alpha"]["revision"] == head
