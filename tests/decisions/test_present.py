import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.facts import (
    CONFIG_ADVICE,
    Clock,
    ConfigReason,
    Language,
    Problem,
    Reason,
    remedy,
)
from bf_reconciler.policy import Incident
from bf_reconciler.spec import Credentials, Halt
from bf_reconciler.status import (
    ConfigStatus,
    FileStatus,
    Status,
    present,
    present_connection,
    present_strategy,
    present_transition,
    transitions,
)
from bf_reconciler.verdict import Halted
from build import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    a_connection,
    a_cycle,
    a_key,
    a_spec,
    a_withdraw_key,
    an_observation,
    an_outage,
    refused,
)

LANGUAGES: tuple[Language, ...] = ("en", "tr")
GOOD = an_observation(
    time=Clock(skew=-0.0021234567, latency=0.0512),
    key=a_key(created_at=NOW - DAY, expires_at=NOW + 90 * DAY),
)
ON = a_cycle(GOOD)
WITHDRAW = a_cycle(GOOD, an_observation(key=a_withdraw_key()), before=ON)


def test_the_whole_status_has_the_shape_of_the_contract():
    assert present(ON) == {
        "generation": 1,
        "revision": "r1",
        "digest": "sha256:1",
        "halted": None,
        "config": {
            "path": "",
            "last_good_in_force": False,
            "last_reload_successful": False,
            "last_reload_success": None,
            "reason": None,
            "message": "",
            "remedy": "",
            "plaintext_secrets": 0,
            "sealed": False,
            "base": "",
            "files": [],
            "shard": None,
            "problems": [],
        },
        "policy": {},
        "allow": None,
        "incidents": [],
        "maintenance": [],
        "connections": [present_connection(c, 1) for c in ON.connections.values()],
        "strategies": [present_strategy(s, 1) for s in ON.strategies.values()],
    }


def test_an_incident_is_shown_with_whom_it_hit_and_what_to_do():
    incident = Incident("outage", "kucoin", Reason.TIMEOUT, ("a", "b", "c"), NOW)
    for language in LANGUAGES:
        assert present(replace(ON, incidents=(incident,)), language)["incidents"] == [
            {
                "kind": "outage",
                "scope": "kucoin",
                "reason": "Timeout",
                "remedy": remedy(Reason.TIMEOUT, language),
                "connections": ["a", "b", "c"],
                "since": "2026-03-02T12:00:00.000Z",
            }
        ]


def test_a_key_that_waits_to_be_rotated_in_is_shown_masked():
    waits = Credentials(api_key="the-next-key-abc", secret="not shown", passphrase="nor this")
    (found,) = present(a_cycle(GOOD, spec=a_spec([a_connection(next=waits)])))["connections"]
    assert (found["api_key"], found["next_api_key"]) == ("••••def", "••••abc")


def test_a_connection_has_the_shape_of_the_contract():
    spec = a_spec([a_connection(labels={"team": "grid"})])
    (found,) = present(a_cycle(GOOD, spec=spec))["connections"]
    conditions = found.pop("conditions")
    next_probe = found.pop("next_probe")
    assert found == {
        "name": "kucoin-main-grid",
        "exchange": "kucoin",
        "account": "main",
        "environment": "live",
        "status": "Online",
        "api_key": "••••def",
        "next_api_key": None,
        "key": {
            "scopes": ["read", "spot"],
            "unknown_words": [],
            "ip_bound": True,
            "expires_at": "2026-05-31T12:00:00.000Z",
            "expiry_source": "read",
            "created_at": "2026-03-01T12:00:00.000Z",
        },
        "labels": {"team": "grid"},
        "file": "",
        "line": 7,
        "origin": "current",
        "last_probe": "2026-03-02T12:00:00.000Z",
        "last_success": "2026-03-02T12:00:00.000Z",
        "latency_seconds": 0.0512,
        "clock_skew_seconds": -0.002123,
        "suspended_until": None,
        "attested_until": None,
        "declared": {},
    }
    assert "2026-03-02T12:00:30.000Z" <= next_probe <= "2026-03-02T12:01:00.000Z"
    assert conditions[0] == {
        "type": "Ready",
        "status": "True",
        "reason": "Connected",
        "message": "All rules pass.",
        "remedy": "",
        "since": "2026-03-02T12:00:00.000Z",
        "observed_generation": 1,
    }


def test_a_strategy_has_the_shape_of_the_contract():
    (found,) = present(ON)["strategies"]
    assert len(found.pop("conditions")) == 4
    assert found == {
        "name": "btc-grid",
        "connection": "kucoin-main-grid",
        "runtime": "local",
        "status": "Enabled",
        "desired": True,
        "told": None,
        "running": "running",
        "file": "",
        "line": 20,
        "origin": "current",
        "suspended_until": None,
        "unknown_since": None,
        "declared": {},
        "handling": {},
    }


def test_a_transition_has_the_shape_of_the_contract():
    transition = next(transitions(ON, WITHDRAW, NOW + 90 * SECOND))
    assert present_transition(transition, "tr") == {
        "at": "2026-03-02T12:01:30.000Z",
        "kind": "connection",
        "name": "kucoin-main-grid",
        "from": "Online",
        "to": "Blocked",
        "reason": "WithdrawEnabled",
        "message": "Anahtar para çekebiliyor. İşlem anahtarında bu izin asla bulunmamalıdır.",  # noqa: RUF001 # Turkish has a dotless i
        "remedy": remedy(Reason.WITHDRAW_ENABLED, "tr"),
        "generation": 1,
        "revision": "r1",
        "lasted_seconds": 90.0,
        "by": "",
        "what": None,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_remedies_are_in_the_readers_language(language):
    (found,) = present(WITHDRAW, language)["connections"]
    assert found["conditions"][0]["remedy"] == remedy(Reason.WITHDRAW_ENABLED, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refused_file_is_told_with_its_problems_and_a_remedy(language):
    problem = Problem(9, 5, "halt", "unknown key", "warning", ConfigReason.INVALID_DOCUMENT)
    config = ConfigStatus(
        last_reload_successful=False,
        last_reload_success=NOW,
        problems=(problem,),
        reason=ConfigReason.DECRYPTION_TIMEOUT,
        message="It took too long.",
        plaintext_secrets=2,
        sealed=True,
        path="a.yaml",
        files=(
            FileStatus("teams/a.yaml", False, NOW, ConfigReason.INVALID_YAML, "line 3: x", "r1"),
        ),
        base="base.yaml",
    )
    assert present(Status(config=config), language)["config"] == {
        "path": "a.yaml",
        "last_good_in_force": False,
        "last_reload_successful": False,
        "last_reload_success": "2026-03-02T12:00:00.000Z",
        "reason": "DecryptionTimeout",
        "message": "It took too long.",
        "remedy": CONFIG_ADVICE[ConfigReason.DECRYPTION_TIMEOUT][language].remedy,
        "plaintext_secrets": 2,
        "sealed": True,
        "base": "base.yaml",
        "files": [
            {
                "name": "teams/a.yaml",
                "last_reload_successful": False,
                "last_reload_success": "2026-03-02T12:00:00.000Z",
                "reason": "InvalidYAML",
                "message": "line 3: x",
                "revision": "r1",
                "digest": "",
                "sealed": False,
            }
        ],
        "shard": None,
        "problems": [
            {
                "file": "",
                "line": 9,
                "column": 5,
                "path": "halt",
                "message": "unknown key",
                "severity": "warning",
                "reason": "InvalidDocument",
            }
        ],
    }


def test_a_halt_is_told_with_who_and_why():
    person = replace(ON, halted=Halted("flood", "ada", NOW))
    since = "2026-03-02T12:00:00.000Z"
    assert present(person)["halted"] == {"reason": "flood", "by": "ada", "since": since}
    file = a_cycle(GOOD, spec=a_spec(halt=Halt(reason="audit", by="bob")))
    assert present(file)["halted"] == {"reason": "audit", "by": "bob", "since": None}


def test_what_is_not_known_is_null():
    (found,) = present(a_cycle())["connections"]
    assert found["key"]["scopes"] is None
    assert {found[name] for name in ("last_probe", "next_probe", "latency_seconds")} == {None}


@pytest.mark.parametrize(
    "status",
    [
        Status(),
        ON,
        WITHDRAW,
        a_cycle(an_outage()),
        a_cycle(spec=a_spec([], [], broken_connections={"c": ""}, broken_strategies={"s": "c"})),
    ],
)
def test_every_status_is_plain_json_and_comes_back_the_same(status):
    shown = present(status)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_times_are_told_in_utc_to_the_millisecond():
    status = a_cycle(an_observation(NOW + timedelta(microseconds=1999)), now=NOW + MINUTE)
    assert present(status)["connections"][0]["last_probe"] == "2026-03-02T12:00:00.001Z"


def test_no_secret_of_a_connection_is_shown():
    shown = json.dumps(present(WITHDRAW), ensure_ascii=False) + repr(WITHDRAW)
    for secret in ("0123456789abc", "a secret", "a passphrase"):
        assert secret not in shown


def test_the_remedy_of_an_unknown_key_names_the_entities_of_the_exchange():
    okx = a_connection(
        exchange="okx",
        credentials=Credentials(api_key="k" * 12, secret="s", passphrase="p"),
    )
    unknown = refused(Reason.INVALID_KEY)
    status = a_cycle(unknown, unknown, spec=a_spec([okx]))
    for language in LANGUAGES:
        shown = present_connection(status.connections[okx.name], 1, language)
        remedies = {c["remedy"] for c in shown["conditions"] if c["reason"] == "InvalidKey"}
        assert remedies
        assert all("(eea, us, tr)" in each for each in remedies)
