"""The committed file: swapped only if valid, and the last good version stays in force."""

import asyncio
import itertools
import json
import re
import time

import pytest
from pyrage import x25519

from e2e.fleet import DEADLINE, a_fleet, a_strategy

pytestmark = pytest.mark.slow


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


def bad_yaml(_, sealed):
    return sealed + "\n  - [unclosed\n"


def bad_mac(_, sealed):
    return sealed.replace("pairs", "labels: {}\n      pairs", 1).replace("BTC/USDT", "ETH/USDT")


def lost_key(fleet, _):
    stranger = x25519.Identity.generate().to_public()
    return fleet.sealed(fleet.document(), str(stranger))


def plain_secret(fleet, _):
    return fleet.document()


def one_plain_secret(_, sealed):
    return re.sub(r"secret: ENC\[[^]]*\]", "secret: SENTINELSECRET5e8d60b4", sealed, count=1)


def truncated(_, sealed):
    return sealed[: len(sealed) * 2 // 3]


def merge_markers(_, sealed):
    return f"<<<<<<< HEAD\n{sealed}=======\n{sealed}>>>>>>> theirs\n"


def empty(*_):
    return ""


BAD = {
    bad_yaml: "InvalidYAML",
    bad_mac: "IntegrityCheckFailed",
    lost_key: "DecryptionKeyMismatch",
    plain_secret: "PlaintextSecret",
    one_plain_secret: "PlaintextSecret",
    truncated: "TruncatedFile",
    merge_markers: "InvalidYAML",
    empty: "InvalidYAML",
}


def errors(status):
    return [p for p in status["config"]["problems"] if p["severity"] == "error"]


async def test_whatever_is_wrong_with_a_file_the_last_good_one_stays_in_force(fleet):
    good = fleet.sealed(fleet.document())
    last_good = fleet.commit(good)
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        await fleet.ready()
        found = {}
        for make in BAD:
            fleet.commit(make(fleet, good))
            status, body = await fleet.post("/-/reload")
            assert status == 422, make.__name__
            assert body["config"]["remedy"]
            assert body["error"]
            found[make] = body["config"]["reason"]
            now = await fleet.api()
            assert now["config"]["last_reload_successful"] is False
            assert (now["generation"], now["revision"]) == (1, last_good)
            assert await fleet.metric("bf_config_last_reload_successful") == 0
            assert await fleet.metric("bf_config_problems") > 0
            last_good = fleet.commit(good)  # A, bad, A leaves nothing behind
            status, body = await fleet.post("/-/reload")
            assert (status, errors(body)) == (200, [])
            assert body["generation"] == 1
            assert await fleet.metric("bf_config_last_reload_successful") == 1
            assert await fleet.metric("bf_config_problems") == 0
        assert found == BAD
        assert {line["reason"] for line in fleet.logged("file rejected")} >= set(BAD.values())
        assert fleet.told()["enabled"] is True
        assert [to for _, to, _ in await fleet.history("btc-grid")] == ["Pending", "Enabled"]


@pytest.mark.parametrize("how", ["renamed", "in place"])
async def test_a_file_that_changes_all_the_time_is_read_all_the_same(fleet, how):
    strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("new", "kucoin-main")]
    versions = [
        fleet.sealed(fleet.document()),
        fleet.sealed(fleet.document(strategies=strategies)),
    ]
    fleet.commit(versions[0])
    beside = fleet.folder / "next"
    generations = set()

    async def watch():
        while len(generations) < 4:
            generations.add((await fleet.api())["generation"])
            await asyncio.sleep(0.1)

    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        begun, watching = time.monotonic(), asyncio.create_task(watch())
        for version in itertools.cycle(versions):
            (beside if how == "renamed" else fleet.file).write_text(version)
            if how == "renamed":
                beside.replace(fleet.file)
            await asyncio.sleep(0.06)
            now = time.monotonic() - begun
            if now > 10.0 and watching.done():
                break
            assert now < DEADLINE, generations
        await watching
        assert fleet.told()["enabled"] is True


async def test_a_bad_commit_is_noticed_and_the_next_good_one_heals_it(fleet):
    good = fleet.sealed(fleet.document())
    fleet.commit(good)
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        fleet.commit(bad_yaml(fleet, good))
        await fleet.config_is("InvalidYAML")
        page = await fleet.api("/")
        assert "banner bad" in page
        strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("new", "kucoin-main")]
        commit = fleet.declare(strategies=strategies)
        await fleet.config_is(None)
        await fleet.strategy_is("Enabled", name="new")
        assert ((await fleet.api())["revision"], fleet.told("new")["revision"]) == (commit, commit)
        assert (await fleet.api())["generation"] == 2


async def test_a_bad_file_at_start_is_told_and_a_good_one_starts_the_work(fleet):
    fleet.commit("version: [\n")
    async with fleet.daemon():
        await fleet.config_is("InvalidYAML")
        assert await fleet.api("/readyz") == "no valid file is loaded\n"
        fleet.declare()
        await fleet.strategy_is("Enabled")
        await fleet.ready()


async def test_one_bad_entry_is_isolated_and_keeps_its_last_good_form(fleet):
    connections = [fleet.connection(), fleet.connection("mexc-main", "mexc")]
    strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("btc-dca", "mexc-main")]
    fleet.declare(connections, strategies)
    async with fleet.daemon():
        await fleet.strategy_is("Enabled")
        await fleet.strategy_is("Enabled", name="btc-dca")
        connections[0]["markets"] = ["casino"]
        strategies.append(a_strategy("btc-dca-2", "mexc-main"))
        fleet.declare(connections, strategies)
        invalid = await fleet.connection_is("Invalid")
        assert invalid["origin"] == "last_good"
        await fleet.strategy_is("Enabled", name="btc-dca-2")  # the rest of the file is in force
        assert await fleet.metric("bf_connection_up", connection="kucoin-main") == 0
        assert await fleet.metric("bf_connection_up", connection="mexc-main") == 1
        assert fleet.told()["enabled"] is True
        assert (await fleet.api())["config"]["last_reload_successful"] is False

        fleet.world.patch_key("kucoin", {"withdraw": True})  # its last good form is still tested
        await fleet.strategy_is("Blocked", "WithdrawEnabled")
        fleet.world.patch_key("kucoin", {"withdraw": False})
        connections[0]["markets"] = ["spot"]
        fleet.declare(connections, strategies)
        await fleet.connection_is("Online")
        await fleet.config_is(None)


async def test_an_entry_that_is_removed_leaves_a_file_that_says_so_and_nothing_else(fleet):
    strategies = [a_strategy("btc-grid", "kucoin-main"), a_strategy("btc-dca", "kucoin-main")]
    fleet.declare(strategies=strategies)
    async with fleet.daemon():
        await fleet.strategy_is("Enabled", name="btc-dca")
        fleet.declare(strategies=strategies[:1])
        await fleet.until(fleet.api, lambda now: len(now["strategies"]) == 1)
        told = fleet.told("btc-dca")
        assert (told["enabled"], told["reason"]) == (False, "Removed")
        assert "btc-dca" not in await fleet.api("/metrics")
        assert (await fleet.history("btc-dca"))[-1] == ("Enabled", "", "Removed")
        fleet.declare(strategies=strategies)  # and it may come back
        await fleet.strategy_is("Enabled", name="btc-dca")
        assert fleet.told("btc-dca")["enabled"] is True


async def test_a_mass_removal_is_held_until_the_file_says_that_it_is_meant(fleet):
    strategies = [a_strategy(f"grid-{number}", "kucoin-main") for number in range(12)]
    fleet.declare(strategies=strategies)
    async with fleet.daemon():
        for strategy in strategies:
            await fleet.strategy_is("Enabled", name=strategy["name"])
        fleet.declare(strategies=strategies[:2])
        await fleet.config_is("MassRemovalHeld")
        held = await fleet.strategy_is("Enabled", name="grid-11")
        assert held["origin"] == "held"
        assert fleet.told("grid-11")["enabled"] is True

    async with fleet.daemon():  # a restart does not let them go, nor touch them
        await fleet.ready()
        assert fleet.told("grid-11")["enabled"] is True
        assert len((await fleet.api())["strategies"]) == 12
        policy = {"max_removals": {"percent": 100, "at_least": 10}, "grace": "3s"}
        fleet.declare(strategies=strategies[:2], policy=policy)
        await fleet.until(fleet.api, lambda now: len(now["strategies"]) == 2)
        assert not any(fleet.told(s["name"])["enabled"] for s in strategies[2:])
        assert all(fleet.told(s["name"])["enabled"] for s in strategies[:2])
        await fleet.config_is(None)


async def test_only_a_change_of_content_is_decrypted(fleet, tmp_path):
    counted = tmp_path / "sops"
    calls = tmp_path / "calls"
    real = fleet.settings().sops_binary
    counted.write_text(f'#!/bin/sh\necho run >> "{calls}"\nexec "{real}" "$@"\n')
    counted.chmod(0o755)
    good = fleet.sealed(fleet.document())
    fleet.commit(good)
    async with fleet.daemon(sops_binary=str(counted)):
        await fleet.strategy_is("Enabled")
        for _ in range(3):
            first = fleet.commit(good)  # another commit with the same content
            status, body = await fleet.post("/-/reload")
            assert (status, body["revision"]) == (200, first)
        fleet.commit(bad_yaml(fleet, good))
        await fleet.post("/-/reload")
        fleet.commit(good)
        await fleet.post("/-/reload")
    assert calls.read_text().count("run") == 1


async def test_the_api_says_at_which_line_of_the_committed_file(fleet):
    text = fleet.sealed(fleet.document(strategies=[a_strategy("btc-grid", "nobody")]))
    fleet.commit(text)
    async with fleet.daemon():
        now = await fleet.until(fleet.api, errors)
        (problem,) = errors(now)
        line = text.splitlines()[problem["line"] - 1]
        assert "nobody" in line
        assert "nobody" not in json.dumps(problem)
