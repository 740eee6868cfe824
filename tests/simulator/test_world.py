"""Worlds made of JSON, and the demo's."""

import json

import pytest

from bf_reconciler.simulator import DIALECTS, RefusedError, World, demo_world

NOW = 1_767_225_600.0


def test_the_demo_world_has_a_good_key_of_every_exchange():
    world = demo_world(now=NOW)

    for exchange in DIALECTS:
        key = world.keys[f"{exchange}-main"]
        words = DIALECTS[exchange].words
        assert key.exchange == exchange
        assert words["trade"].held(key.permissions)
        assert not words["withdraw"].held(key.permissions)
        assert key.ips == ["127.0.0.1"]
        assert words["withdraw"].held(world.keys[f"{exchange}-withdraw"].permissions)


def test_the_demo_world_is_always_the_same():
    assert demo_world(now=NOW).keys == demo_world(now=NOW).keys


def test_no_two_invented_keys_are_the_same():
    keys = demo_world().keys.values()

    assert len({key.api_key for key in keys}) == len(keys)


def test_a_world_is_made_of_json():
    data = {
        "keys": {"a": {"exchange": "kucoin", "secret": "s", "remaining_validity": 2}},
        "faults": {"mexc": {"latency": 0.5}},
    }

    world = World.from_dict(json.loads(json.dumps(data)), now=NOW)

    assert world.keys["a"].secret == "s"
    assert world.keys["a"].created_at == NOW
    assert world.keys["a"].expires_at == NOW + 2 * 86_400
    assert world.faults["mexc"].latency == 0.5
    assert world.faults["kucoin"].latency == 0


def test_an_empty_world_has_no_keys_and_no_faults():
    assert World.from_dict({}) == World()


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"key": {}},
        {"keys": []},
        {"keys": {"..": {"exchange": "mexc"}}},
        {"keys": {"a": {"exchange": "mexc", "who": 1}}},
        {"faults": {"nasdaq": {}}},
        {"faults": {"mexc": {"speed": 1}}},
    ],
)
def test_a_world_that_makes_no_sense_is_refused(data):
    with pytest.raises(RefusedError):
        World.from_dict(data)


def test_a_missing_key_cannot_be_patched():
    with pytest.raises(KeyError):
        World().patch_key("nobody", {})


def test_keys_and_credentials_hide_their_secrets():
    key = demo_world().keys["kucoin-main"]

    assert key.secret not in repr(key)
    assert key.passphrase not in repr(DIALECTS["kucoin"].invent("kucoin-main"))
