"""Each thing that can be wrong with a key has its own reason and remedy, at both exchanges."""

import contextlib
import io

import pytest

from bf_reconciler.daemon.check import RefusedError, UnknownNameError, check
from bf_reconciler.status import present
from e2e.fleet import SECRETS, a_fleet, a_strategy, credentials_of, head, kept_loggers

pytestmark = pytest.mark.slow

EACH = pytest.mark.parametrize("exchange", ["kucoin", "mexc"])
ELSEWHERE = {"client_ip": "198.51.100.9"}
WRONG = [
    ("wrong secret", {"secret": "another-secret"}, {}, {}, "Blocked", "InvalidSignature"),
    ("unknown key", {"api_key": "an-unknown-key"}, {}, {}, "Blocked", "InvalidKey"),
    ("revoked", {}, {"revoked": True}, {}, "Blocked", "InvalidKey"),
    ("elsewhere", {}, {}, ELSEWHERE, "Blocked", "IPNotAllowed"),
    ("no trade right", {}, {"trade": False}, {}, "Blocked", "NoTradePermission"),
    ("no right", {}, {"trade": False, "read": False}, {}, "Blocked", "NoReadPermission"),
    ("frozen", {}, {"frozen": True}, {}, "Blocked", "AccountSuspended"),
    ("withdraw", {}, {"withdraw": True}, {}, "Blocked", "WithdrawEnabled"),
    ("skewed clock", {}, {}, {"clock_skew_seconds": 60}, "Unreachable", "ClockSkew"),
    ("open to all", {}, {"ips": []}, {}, "Degraded", "IPNotRestricted"),
    ("empty", {}, {"balances": {}}, {}, "Online", "Connected"),
    ("5xx", {}, {}, {"status": 502}, "Unreachable", "ExchangeUnavailable"),
    ("maintenance", {}, {}, {"maintenance": True}, "Unreachable", "Maintenance"),
    ("firewall", {}, {}, {"waf": True}, "Unreachable", "ExchangeUnavailable"),
    ("garbage", {}, {}, {"garbage": True}, "Unreachable", "UnexpectedResponse"),
    ("slow body", {}, {}, {"slow_body": True}, "Unreachable", "Timeout"),
    ("reset", {}, {}, {"reset": True}, "Unreachable", "NetworkError"),
    ("too fast", {}, {}, {"rate_limit": True}, "Unreachable", "RateLimited"),
]
UNLIKE = {
    ("kucoin", "maintenance"): ("Unreachable", "ExchangeUnavailable"),  # it is a bare 503 page
}


@pytest.fixture
async def fleet(tmp_path):
    async with a_fleet(tmp_path) as running:
        yield running


async def checked(fleet, *names):
    with contextlib.redirect_stderr(io.StringIO()), kept_loggers():
        status = await check(fleet.settings(allow_plaintext=True), names, lambda *_: None)
    return present(status)


def plain(fleet, exchange, *, timeout="30s", **credentials):
    connection = fleet.connection("main", exchange)
    connection["credentials"] = credentials_of(exchange, **credentials)
    defaults = {"interval": "1s", "timeout": timeout}
    return fleet.document([connection], [a_strategy("btc-grid", "main")], defaults=defaults)


@EACH
@pytest.mark.parametrize("case", WRONG, ids=[case[0] for case in WRONG])
async def test_what_is_wrong_has_its_own_reason_and_remedy(fleet, exchange, case):
    name, credentials, key, faults, *expected = case
    state, reason = UNLIKE.get((exchange, name), expected)
    timeout = "5s" if "slow_body" in faults else "30s"  # it is waited for, to its end
    fleet.file.write_text(plain(fleet, exchange, timeout=timeout, **credentials))
    fleet.world.patch_key(exchange, key)
    fleet.world.put_faults(exchange, faults)
    (found,) = (await checked(fleet))["connections"]
    assert (found["status"], head(found)["reason"]) == (state, reason)
    assert reason == "Connected" or len(head(found)["remedy"]) > 10
    assert not fleet.world.violations


async def test_a_wrong_passphrase_is_told_from_a_wrong_secret(fleet):
    fleet.file.write_text(plain(fleet, "kucoin", passphrase="another-passphrase"))
    (found,) = (await checked(fleet))["connections"]
    assert (found["status"], head(found)["reason"]) == ("Blocked", "InvalidPassphrase")
    assert "passphrase" in head(found)["remedy"].lower()


async def test_a_refusal_is_confirmed_before_it_is_told(fleet):
    fleet.file.write_text(plain(fleet, "kucoin"))
    fleet.world.patch_key("kucoin", {"revoked": True})
    await checked(fleet)
    assert fleet.world.count(path="/api/v1/user/api-key") == 2


async def test_only_the_named_connections_are_tested_and_others_are_told_apart(fleet):
    connections = [fleet.connection(), fleet.connection("mexc-main", "mexc")]
    fleet.file.write_text(fleet.document(connections))
    found = await checked(fleet, "mexc-main")
    assert [c["name"] for c in found["connections"]] == ["mexc-main"]
    assert fleet.world.count(exchange="kucoin") == 0
    with pytest.raises(UnknownNameError, match="no connection named nobody; known: kucoin-main"):
        await checked(fleet, "nobody")


async def test_a_suspended_connection_is_not_asked(fleet):
    pause = {"reason": "moving house", "owner": "ada", "until": None}
    fleet.file.write_text(fleet.document([fleet.connection(suspend=pause)]))
    (found,) = (await checked(fleet))["connections"]
    assert (found["status"], fleet.world.count()) == ("Suspended", 0)


async def test_a_file_that_is_refused_is_told_without_its_values(fleet):
    fleet.file.write_text(plain(fleet, "kucoin").replace("kucoin", "nosuch", 1) + "extra: 1\n")
    with pytest.raises(RefusedError) as caught:
        await checked(fleet)
    assert caught.value.config.problems
    assert not any(secret in repr(caught.value.config) for secret in SECRETS.values())
