"""A folder of files, and teams with keys of their own: as they would use it, and beyond."""

import json
import subprocess

import pytest
from pyrage import x25519

from e2e.fleet import DEADLINE, FAST, SOPS, a_document, a_fleet, a_strategy, a_world

pytestmark = pytest.mark.slow

RUNTIMES = [{"name": name, "type": "file", "path": name} for name in ("alpha", "beta")]
ALPHA, BETA = "teams/alpha.yaml", "teams/beta.yaml"


def grant(team):
    return {
        "files": [f"teams/{team}.yaml"],
        "exchanges": ["kucoin"],
        "accounts": [f"{team}-*"],
        "runtimes": [team],
        "risk_levels": ["conservative", "moderate"],
    }


class Teams:
    """A folder in the repository of a fleet, and the key of each team."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.folder = fleet.file = fleet.repository / "keys"
        self.keys = {}
        for team in ("alpha", "beta"):
            identity = x25519.Identity.generate()
            path = fleet.folder / f"{team}.txt"
            path.write_text(f"{identity}\n")
            self.keys[team] = path, str(identity.to_public())

    def connection(self, team, **changes):
        return self.fleet.connection(f"kucoin-{team}", account=f"{team}-1") | changes

    def strategy(self, team, name=None, **changes):
        declared = {"runtime": team, "risk_level": "moderate"} | changes
        return a_strategy(
            name or f"btc-{team}",
            changes.get("connection", f"kucoin-{team}"),
            **{key: value for key, value in declared.items() if key != "connection"},
        )

    def document(self, team, connections=None, strategies=None):
        connections = [self.connection(team)] if connections is None else connections
        strategies = [self.strategy(team)] if strategies is None else strategies
        lines = ["version: 1", "connections:" + ("" if connections else " []")]
        lines += [f"- {json.dumps(each)}" for each in connections]
        lines += ["strategies:" + ("" if strategies else " []")]
        lines += [f"- {json.dumps(each)}" for each in strategies]
        return "\n".join(lines) + "\n"

    def sealed(self, team, text):
        """For the team and for the daemon, as its rules of sops would have it."""
        recipients = [self.fleet.recipient]
        if team in self.keys:
            recipients.append(self.keys[team][1])
        return self.fleet.sealed(text, ",".join(recipients))

    def base(self, **changes):
        sections = {"runtimes": RUNTIMES, "allow": [grant("alpha"), grant("beta")]} | changes
        return self.sealed("", a_document([], [], policy=FAST, **sections))

    def put(self, **files):
        """Commit these contents; None removes a file."""
        for name, text in files.items():
            path = self.folder / ("base.yaml" if name == "base" else f"teams/{name}.yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
        git = self.fleet._git  # noqa: SLF001 # the repository of this test
        git("add", "--all")
        git("commit", "--quiet", "--no-gpg-sign", "--allow-empty", "--message", "change")

    def put_team(self, team, *args):
        self.put(**{team: self.sealed(team, self.document(team, *args))})

    async def file_is(self, name, reason):
        """Of this file alone: refused for this reason; None: it was taken."""

        def holds(status):
            found = {file["name"]: file["reason"] for file in status["config"]["files"]}
            return name in found and found[name] == reason

        return await self.fleet.until(self.fleet.api, holds)


@pytest.fixture
async def teams(tmp_path):
    async with a_fleet(tmp_path, a_world()) as fleet:
        made = Teams(fleet)
        made.put(base=made.base())
        made.put_team("alpha")
        made.put_team("beta")
        yield made


async def test_a_team_has_what_it_was_given_and_no_more(teams):
    fleet = teams.fleet
    async with fleet.daemon():
        await fleet.strategy_is("Enabled", name="btc-alpha")
        await fleet.strategy_is("Enabled", name="btc-beta")
        assert (await fleet.api())["config"]["base"] == "base.yaml"
        mexc = fleet.connection("mexc-alpha", "mexc", account="alpha-2")
        greedy = teams.strategy("alpha", "greedy", runtime="beta")
        wild = teams.strategy("alpha", "wild", risk_level="aggressive")
        mine = [teams.strategy("alpha"), greedy, wild]
        teams.put_team("alpha", [teams.connection("alpha"), mexc], mine)
        status = await teams.file_is(ALPHA, "EntryNotAllowed")
        errors = {p["path"] for p in status["config"]["problems"] if p["severity"] == "error"}
        assert errors == {
            "connections.1.exchange",
            "strategies.1.runtime",
            "strategies.2.risk_level",
        }
        await fleet.connection_is("Invalid", name="mexc-alpha")
        assert await fleet.metric("bf_config_file_last_reload_successful", file=ALPHA) == 0
        assert await fleet.metric("bf_config_file_last_reload_successful", file=BETA) == 1
        assert fleet.told("btc-alpha", fleet.state_dir / "alpha")["enabled"] is True
        assert fleet.told("greedy", fleet.state_dir / "beta") is None


async def test_a_team_takes_no_connection_that_is_not_shared_with_it(teams):
    fleet = teams.fleet
    async with fleet.daemon():
        await fleet.strategy_is("Enabled", name="btc-beta")
        borrowed = teams.strategy("alpha", "borrowed", connection="kucoin-beta")
        teams.put_team("alpha", [teams.connection("alpha")], [borrowed])
        await teams.file_is(ALPHA, "EntryNotAllowed")
        await fleet.strategy_is("Blocked", "EntryInvalid", name="borrowed")
        teams.put_team("beta", [teams.connection("beta", shared_with=[ALPHA])])
        await fleet.strategy_is("Enabled", name="borrowed")
        teams.put_team("beta")
        await teams.file_is(ALPHA, "EntryNotAllowed")
        place = fleet.state_dir / "alpha"
        await fleet.until(fleet.api, lambda _: fleet.told("borrowed", place)["enabled"] is False)
        stolen = teams.connection("beta", account="alpha-1")
        teams.put_team("alpha", [teams.connection("alpha"), stolen], [borrowed])
        await fleet.until(
            fleet.api,
            lambda s: "keeps it" in " ".join(p["message"] for p in s["config"]["problems"]),
        )
        assert (await fleet.api("/api/v1/connections/kucoin-beta"))["file"] == BETA
        assert fleet.told("borrowed", place)["enabled"] is False


async def test_a_bad_file_of_one_team_holds_up_no_other_also_across_a_restart(teams):
    fleet = teams.fleet
    async with fleet.daemon():
        await fleet.strategy_is("Enabled", name="btc-alpha")
        good = (teams.folder / ALPHA).read_text()
        teams.put(alpha="version: [\n")
        await teams.file_is(ALPHA, "InvalidYAML")
        more = [teams.strategy("beta"), teams.strategy("beta", "eth-beta", pairs=["ETH/USDT"])]
        teams.put_team("beta", None, more)
        await fleet.strategy_is("Enabled", name="eth-beta")
        assert fleet.told("btc-alpha", fleet.state_dir / "alpha")["enabled"] is True
    async with fleet.daemon():
        await fleet.strategy_is("Enabled", name="btc-alpha")
        await fleet.until(fleet.api, lambda status: status["config"]["last_good_in_force"])
        teams.put(alpha=good)
        await fleet.config_is(None)


async def test_each_team_opens_its_own_file_alone_and_checks_the_folder_without_a_key(teams):
    fleet = teams.fleet

    def run(team, *argv):
        environ = fleet.environ(SOPS_AGE_KEY_FILE=str(teams.keys[team][0]))
        return subprocess.run(
            argv, env=environ, capture_output=True, text=True, timeout=DEADLINE, check=False
        )

    assert run("alpha", SOPS, "decrypt", teams.folder / ALPHA).returncode == 0
    assert run("alpha", SOPS, "decrypt", teams.folder / BETA).returncode != 0
    program = fleet.command()[:3]
    checked = run("alpha", *program, "validate", teams.folder)
    assert checked.returncode == 0, checked.stdout
    opened = run("alpha", *program, "validate", teams.folder, "--decrypt", "--sops-binary", SOPS)
    assert opened.returncode == 1
    assert BETA in opened.stdout
    assert ALPHA not in opened.stdout
