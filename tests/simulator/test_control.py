"""The control API: keys and faults are changed while the exchanges run."""

import pytest

from bf_reconciler.simulator import DIALECTS
from simulator.signing import exchange_bytes, send

SENTINEL = "sentinel-of-a-secret"


@pytest.fixture
def control(sim, session):
    async def ask(method, path, body=None):
        url = f"{sim.url}/_sim/{path}"
        async with session.request(method, url, json=body) as answer:
            parsed = await answer.json() if answer.content_length else None
            return answer.status, parsed

    return ask


async def test_keys_are_listed_without_their_secrets(control, world):
    world.patch_key("ku", {"secret": SENTINEL, "passphrase": SENTINEL + "-too"})

    status, keys = await control("GET", "keys")
    _, one = await control("GET", "keys/ku")

    assert status == 200
    assert sorted(keys) == ["ku", "mx"]
    assert keys["ku"] == one
    assert one["withdraw"] is False
    assert (one["read"], one["trade"], one["futures"]) == (True, True, False)
    assert SENTINEL not in str(keys)
    assert SENTINEL not in repr(world)


async def test_a_change_holds_from_the_next_request_on(control, kucoin):
    before = await kucoin.get("/api/v1/user/api-key")
    status, shown = await control("PATCH", "keys/ku", {"withdraw": True})
    after = await kucoin.get("/api/v1/user/api-key")

    assert before.body["data"]["permission"] == "General,Spot"
    assert (status, shown["permissions"]) == (200, ["General", "Spot", "Transfer"])
    assert after.body["data"]["permission"] == "General,Spot,Transfer"


@pytest.mark.parametrize(
    ("name", "right", "words"),
    [
        ("ku", "read", ["General"]),
        ("ku", "trade", ["Spot"]),
        ("ku", "futures", ["Futures"]),
        ("ku", "withdraw", ["Transfer"]),
        ("mx", "read", ["SPOT_ACCOUNT_READ", "SPOT_DEAL_READ"]),
        ("mx", "trade", ["SPOT_DEAL_WRITE"]),
        ("mx", "futures", ["CONTRACT_DEAL_WRITE"]),
        ("mx", "withdraw", ["SPOT_WITHDRAW_WRITE"]),
    ],
)
async def test_a_right_is_turned_on_and_off_in_the_exchange_s_words(control, name, right, words):
    await control("PATCH", f"keys/{name}", {"permissions": ["Other"]})
    _, granted = await control("PATCH", f"keys/{name}", {right: True})
    _, again = await control("PATCH", f"keys/{name}", {right: True})
    _, withdrawn = await control("PATCH", f"keys/{name}", {right: False})

    assert granted["permissions"] == again["permissions"] == ["Other", *words]
    assert granted[right] is True
    assert withdrawn["permissions"] == ["Other"]
    assert withdrawn[right] is False


async def test_turning_withdrawal_off_knows_every_word_for_it(control):
    permissions = ["General", "Withdrawal", "Transfer"]
    _, shown = await control("PATCH", "keys/ku", {"permissions": permissions, "withdraw": False})

    assert shown["permissions"] == ["General"]


async def test_every_field_of_a_key_can_be_changed(control, world):
    body = {
        "api_key": "a" * 24,
        "secret": "s",
        "passphrase": "",
        "permissions": ["General"],
        "ips": ["::1", "127.0.0.1"],
        "created_at": "2026-01-01T00:00:00Z",
        "expires_at": "2027-01-01T00:00:00",
        "revoked": True,
        "frozen": True,
        "is_sub": True,
        "hide_key_info": True,
        "balances": {"BTC": 1, "USDT": "0.10"},
    }

    status, shown = await control("PATCH", "keys/ku", body)

    key = world.keys["ku"]
    assert status == 200
    assert (key.secret, key.passphrase) == ("s", "")
    assert shown["created_at"] == 1_767_225_600
    assert shown["expires_at"] == 1_798_761_600
    assert shown["balances"] == {"BTC": "1", "USDT": "0.10"}
    assert all((key.revoked, key.frozen, key.is_sub, key.hide_key_info))


async def test_an_expiry_is_set_and_taken_back_in_days(control, world):
    await control("PATCH", "keys/mx", {"remaining_validity": 10})
    assert world.keys["mx"].expires_at is not None
    await control("PATCH", "keys/mx", {"remaining_validity": None})
    assert world.keys["mx"].expires_at is None
    await control("PATCH", "keys/mx", {"expires_at": None})
    assert world.keys["mx"].expires_at is None


async def test_a_key_is_made_replaced_and_deleted(control, mexc, world):
    made, _ = await control("PUT", "keys/new", {"exchange": "mexc", "read": True})
    key = world.keys["new"]
    client = mexc.but(api_key=key.api_key, secret=key.secret)
    first = await client.key_info()
    replaced, shown = await control("PUT", "keys/new", {"exchange": "mexc"})
    deleted, _ = await control("DELETE", "keys/new")

    assert (made, replaced, deleted) == (201, 200, 204)
    assert first.status == 200
    assert shown["permissions"] == []
    assert (await client.key_info()).code == 10072


async def test_a_key_that_changed_is_found_under_its_new_credentials_alone(control, kucoin):
    assert (await kucoin.get("/api/v1/accounts")).status == 200
    await control("PATCH", "keys/ku", {"api_key": "b" * 24, "secret": "new", "passphrase": "n"})

    assert (await kucoin.get("/api/v1/accounts")).code == "400003"
    renewed = kucoin.but(api_key="b" * 24, secret="new", passphrase="n")
    assert (await renewed.get("/api/v1/accounts")).status == 200


async def test_two_keys_of_an_exchange_never_share_an_api_key(control, world):
    taken = world.keys["ku"].api_key

    status, told = await control("PUT", "keys/twin", {"exchange": "kucoin", "api_key": taken})
    elsewhere, _ = await control("PUT", "keys/twin", {"exchange": "mexc", "api_key": taken})
    same, _ = await control("PATCH", "keys/ku", {"api_key": taken})

    assert status == 400
    assert "ku" in told["error"]
    assert (elsewhere, same) == (201, 200)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("permissions", "General"),
        ("permissions", ["a,b"]),
        ("permissions", [1]),
        ("ips", "127.0.0.1"),
        ("ips", ["localhost"]),
        ("ips", [None]),
        ("created_at", None),
        ("created_at", "yesterday"),
        ("created_at", True),
        ("expires_at", "never"),
        ("remaining_validity", "1"),
        ("remaining_validity", 1e300),
        ("revoked", "yes"),
        ("revoked", 1),
        ("withdraw", None),
        ("secret", ""),
        ("secret", 5),
        ("secret", "a\nb"),
        ("passphrase", None),
        ("balances", []),
        ("balances", {"USDT": "much"}),
        ("balances", {"USDT": -1}),
        ("balances", {"USDT": "NaN"}),
        ("balances", {"USDT": True}),
        ("balances", {"": 1}),
        ("open_pairs", "BTC/USDT"),
        ("open_pairs", ["BTCUSDT"]),
        ("open_pairs", ["BTC/USDT:USDT"]),
        ("open_pairs", [7]),
    ],
)
async def test_a_wrong_value_is_refused_by_its_field_and_changes_nothing(
    control, world, field, value
):
    before = repr(world.keys)

    status, told = await control("PATCH", "keys/ku", {"frozen": True, field: value})

    assert status == 400
    assert told["error"].startswith(field)
    assert repr(world.keys) == before


@pytest.mark.parametrize("path", ["keys/ku", "faults/kucoin"])
async def test_unknown_fields_are_named_and_values_are_not(control, path):
    status, told = await control("PATCH", path, {"wat": SENTINEL, "also": 1})

    assert status == 400
    assert "also, wat" in told["error"]
    assert SENTINEL not in told["error"]


async def test_all_wrong_fields_are_told_at_once(control):
    _, told = await control("PATCH", "keys/ku", {"ips": 1, "frozen": 2})

    assert "ips" in told["error"]
    assert "frozen" in told["error"]


async def test_a_key_never_moves_to_another_exchange(control):
    status, told = await control("PATCH", "keys/ku", {"exchange": "mexc"})

    assert status == 400
    assert "exchange" in told["error"]


@pytest.mark.parametrize("body", [{}, {"exchange": "nasdaq"}, {"exchange": 5}])
async def test_a_new_key_needs_a_known_exchange(control, body):
    status, told = await control("PUT", "keys/new", body)

    assert status == 400
    assert "exchange" in told["error"]


@pytest.mark.parametrize("body", [[], "text", None, 5])
async def test_a_body_that_is_no_object_is_refused(control, body):
    assert (await control("PATCH", "keys/ku", body))[0] == 400


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[" * 100_000, b'{"secret": sentinel}'])
async def test_a_body_that_is_no_json_is_refused_and_not_quoted(sim, session, body):
    async with session.patch(f"{sim.url}/_sim/keys/ku", data=body) as answer:
        text = await answer.text()

    assert answer.status == 400
    assert "sentinel" not in text


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["keys/nobody", "faults/nasdaq"])
async def test_what_is_not_there_is_not_found(control, method, path):
    status, told = await control(method, path, {})

    assert status == 404
    assert "no such" in told["error"]


@pytest.mark.parametrize("name", ["..%2f..%2fetc", "%2e%2e", "a%20b", "-a", "a%00b", "x" * 64])
async def test_a_strange_name_makes_no_key(sim, world, name):
    body = b'{"exchange": "kucoin"}'
    head = f"PUT /_sim/keys/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"

    answer = await exchange_bytes(sim, head.encode() + body)

    assert answer.split()[1] in {b"400", b"404"}
    assert sorted(world.keys) == ["ku", "mx"]


@pytest.mark.parametrize(
    "target",
    ["/_sim/../kucoin/api/v1/timestamp", "/kucoin/../_sim/keys", "/%6bucoin/api/v1/status"],
)
async def test_paths_are_taken_as_they_are_spelled(sim, target):
    answer = await exchange_bytes(sim, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    assert answer.split()[1] == b"404"


async def test_faults_are_put_patched_and_taken_back(control):
    _, put = await control("PUT", "faults/kucoin", {"status": 503, "latency": 1})
    _, patched = await control("PATCH", "faults/kucoin", {"status": None, "waf": True})
    _, shown = await control("GET", "faults/kucoin")
    _, replaced = await control("PUT", "faults/kucoin", {"garbage": True})
    deleted, _ = await control("DELETE", "faults/kucoin")
    _, everything = await control("GET", "faults")

    assert (put["status"], put["latency"]) == (503, 1)
    assert (patched["status"], patched["latency"], patched["waf"]) == (None, 1, True)
    assert shown == patched
    assert (replaced["waf"], replaced["garbage"]) == (False, True)
    assert deleted == 204
    assert everything["kucoin"]["garbage"] is False


async def test_faults_are_put_on_all_exchanges_and_taken_back(control):
    _, put = await control("PUT", "faults", {"maintenance": True, "remaining": 3})
    deleted, _ = await control("DELETE", "faults")
    _, after = await control("GET", "faults")

    assert all(faults["maintenance"] for faults in put.values())
    assert set(put) == set(DIALECTS)
    assert deleted == 204
    assert not any(faults["maintenance"] for faults in after.values())


async def test_wrong_faults_for_all_change_none(control, world):
    status, _ = await control("PUT", "faults", {"waf": True, "status": 200})

    assert status == 400
    assert not world.faults["kucoin"].waf


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latency", -1),
        ("latency", "1s"),
        ("status", 200),
        ("status", "500"),
        ("status", True),
        ("remaining", -1),
        ("remaining", 1.5),
        ("remaining", True),
        ("paths", "/api"),
        ("paths", ["api"]),
        ("client_ip", "here"),
        ("clock_skew_seconds", None),
        ("waf", None),
    ],
)
async def test_a_wrong_fault_is_refused_by_its_field(control, field, value):
    status, told = await control("PATCH", "faults/mexc", {field: value})

    assert status == 400
    assert told["error"].startswith(field)


async def test_a_fault_without_bounds_says_null(control):
    body = {"remaining": None, "client_ip": None, "status": None, "paths": []}

    status, shown = await control("PUT", "faults/mexc", body)

    assert status == 200
    assert body.items() <= shown.items()


async def test_requests_are_counted_and_forgotten(control, kucoin, mexc):
    await kucoin.get("/api/v1/accounts?currency=USDT")
    await kucoin.get("/api/v1/accounts")
    await mexc.but(secret="wrong").key_info()
    await mexc.call("POST", "/api/v3/capital/withdraw")

    _, seen = await control("GET", "requests")
    deleted, _ = await control("DELETE", "requests")
    _, after = await control("GET", "requests")

    assert seen["total"] == 4
    assert {
        "exchange": "kucoin",
        "method": "GET",
        "path": "/api/v1/accounts",
        "key": "ku",
        "status": 200,
        "count": 2,
    } in seen["counts"]
    assert [entry["exchange"] for entry in seen["recent"]] == ["kucoin", "kucoin", "mexc", "mexc"]
    assert seen["violations"] == [
        {"exchange": "mexc", "method": "POST", "path": "/api/v3/capital/withdraw", "key": "mx"}
    ]
    assert "signature" not in str(seen)
    assert deleted == 204
    assert after == {"total": 0, "counts": [], "recent": [], "violations": []}


async def test_control_calls_are_no_requests_of_an_exchange(control, sim, session, world):
    await control("GET", "keys")
    await send(session, "GET", sim.url + "/nasdaq/api/v3/time")

    assert world.requests.total() == 0


async def test_markets_are_changed_from_the_next_request_on(control, kucoin, world):
    async def listed():
        body = (await kucoin.get("/api/v2/symbols")).body
        return {row["symbol"]: row["enableTrading"] for row in body["data"]}

    assert (await listed())["BTC-USDT"] is True
    assert await control("PATCH", "markets/kucoin", {"BTC/USDT": False, "NEW/USDT": True}) == (
        200,
        world.markets["kucoin"],
    )
    assert ((await listed())["BTC-USDT"], (await listed())["NEW-USDT"]) == (False, True)
    assert (await listed())["ETH-USDT"] is True
    assert await control("PUT", "markets/kucoin", {"ETH/USDT": True}) == (200, {"ETH/USDT": True})
    assert await listed() == {"ETH-USDT": True}
    assert await control("GET", "markets/kucoin") == (200, {"ETH/USDT": True})
    assert world.markets["mexc"]["BTC/USDT"] is True
    assert (await control("DELETE", "markets/kucoin"))[0] == 204
    assert (await listed())["BTC-USDT"] is True


@pytest.mark.parametrize("body", [[], {"BTCUSDT": True}, {"BTC/USDT": "yes"}, {"BTC/USDT": 1}])
async def test_markets_that_cannot_be_taken_change_nothing(body, control, world):
    before = dict(world.markets["kucoin"])
    for method in ("PATCH", "PUT"):
        assert (await control(method, "markets/kucoin", body))[0] == 400
    assert world.markets["kucoin"] == before
    assert (await control("PATCH", "markets/nowhere", {}))[0] == 404


async def test_prices_are_set_for_all_exchanges(control, world):
    assert (await control("PATCH", "prices", {"BTC": 70_000, "NEW": "0.5"}))[0] == 200
    assert (await control("GET", "prices"))[1] == world.prices
    assert (world.prices["BTC"], world.prices["NEW"], world.prices["ETH"]) == (
        *("70000", "0.5"),
        "2500",
    )


@pytest.mark.parametrize("body", [{"BTC": 0}, {"BTC": -1}, {"BTC": "much"}, [1]])
async def test_a_price_that_cannot_be_is_refused(body, control, world):
    before = dict(world.prices)
    assert (await control("PATCH", "prices", body))[0] == 400
    assert world.prices == before
