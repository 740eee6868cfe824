"""Answers that are shown to others: their shape stays, and nothing of anybody's."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES, Call
from bf_reconciler.probe import Prober
from bf_reconciler.probe.capture import record, redact
from bf_reconciler.probe.transport import Answer
from bf_reconciler.simulator import Simulator
from edges.probing import SECRETS, Woken, clock, entry_of, probed, world_of
from exchanges.cases import KEY_IDS, KEYS

PLACEHOLDER = re.compile(r"<[a-z -]+(?: \d+)?>(?:,<[a-z -]+(?: \d+)?>)*")
ALNUM = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"

CREDENTIALS = st.text(ALNUM, min_size=16, max_size=64)
IPS = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str).filter(lambda ip: len(ip) > 9)
AMOUNTS = st.decimals(100, 10**9, places=8, allow_nan=False).map(str)
UIDS = st.integers(10**6, 10**18)
EMAILS = st.from_regex(r"[a-z]{3,9}\d?@[a-z]{4,9}\.(com|org)", fullmatch=True)
PRIVATE = IPS | AMOUNTS | UIDS | UIDS.map(str) | EMAILS
FIELDS = st.sampled_from(
    [
        *("permission", "permissions", "perm", "authorities", "scopes", "name", "ipWhitelist"),
        *("code", "retCode", "err-code", "label", "msg", "message", "retMsg", "error", "errors"),
        *("status", "state", "type", "readOnly", "acctLv", "validDays", "createTime", "id"),
        *("apiKey", "uid", "remark", "balance", "data", "result", "USDT", "page"),
    ]
)


def around(private):
    """A private value as it is, within a sentence, or in a list of others."""
    return (
        st.just(private)
        | st.sampled_from(["Invalid ip {} here", "{},{}", "ip:{}", "[{}]", "({})", " {}"]).map(
            lambda text: text.replace("{}", str(private))
        )
        | st.just([private, private, "x"])
    )


def bodies(private):
    """JSON of any shape with the private value in it, wherever that may be."""
    leaf = around(private)
    return st.recursive(
        leaf,
        lambda inner: (
            st.dictionaries(FIELDS, inner, min_size=1, max_size=4)
            | st.lists(inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    )


@given(PRIVATE.flatmap(lambda private: st.tuples(st.just(private), bodies(private))))
def test_no_address_amount_number_or_mail_survives_anywhere(case):
    private, body = case
    assert str(private) not in json.dumps(redact(body))


@given(CREDENTIALS.flatmap(lambda key: st.tuples(st.just(key), bodies(key))))
def test_no_credential_survives_anywhere_not_even_as_the_name_of_a_field(case):
    key, body = case
    assert key not in json.dumps(redact({key: body, "msg": body}, [key]))


def test_a_credential_of_digits_is_no_code():
    shown = redact({"code": 271828, "msg": "error 271828", "permissions": [1]}, ["271828"])
    assert shown == {"code": "<number>", "msg": "<text 12>", "permissions": [1]}


@given(
    st.sampled_from(["remark", "note", "apiKey", "subName", "nickname", "kycRegion", "asset"]),
    st.text(min_size=1, max_size=40).filter(
        lambda text: any(part.strip() not in {"", "*"} for part in text.split(","))
    ),
)
def test_a_text_outside_the_known_places_is_told_by_its_kind_alone(field, text):
    shown = redact({"data": [{field: text}]})["data"][0][field]
    bare = [part for part in shown.split(",") if part not in {"", "*"}]
    assert bare
    assert all(PLACEHOLDER.fullmatch(part) for part in bare)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_comes_is_redacted_and_stays_json(body):
    shown = json.loads(json.dumps(redact(body)))
    assert type(shown) in {type(body), str}


@pytest.mark.parametrize(("case", "name"), KEYS, ids=KEY_IDS)
def test_permission_words_and_shape_survive(case, name):
    body = case.keys[name]["body"]
    shown = redact(body)
    assert json.dumps(_rights(shown)) == json.dumps(_rights(body))
    assert _fields(shown) == _fields(body)


def _rights(body):
    """What a body says of rights: words under their fields, and all that is true or false."""
    if isinstance(body, list):
        return [_rights(item) for item in body if isinstance(item, dict | list)]
    if not isinstance(body, dict):
        return None
    words = ("permission", "permissions", "perm", "perms", "authorities", "permType", "readOnly")
    return {
        name: value if name in words or isinstance(value, bool) else _rights(value)
        for name, value in body.items()
    }


def _fields(body):
    if isinstance(body, dict):
        return {name: _fields(value) for name, value in body.items()}
    return [_fields(item) for item in body[:1]] if isinstance(body, list) else None


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"ipWhitelist": "203.**.154,103.**.34"}, {"ipWhitelist": "<masked ip>,<more alike>"}),
        ({"ip": "203.0.113.7,198.51.100.0/24"}, {"ip": "<ip>,<network>"}),
        ({"ips": ["*"]}, {"ips": ["*"]}),
        ({"ips": [""]}, {"ips": [""]}),
        ({"key": "c5dcfbf1f3a7*****"}, {"key": "<masked text 17>"}),
        ({"mail": "a.b@example.org"}, {"mail": "<e-mail>"}),
        ({"to": "0x52908400098527886E0F7030069857D2E4169EE7"}, {"to": "<address>"}),
        ({"createdAt": 1728443843000}, {"createdAt": "<milliseconds>"}),
        ({"created_at": 1753030929}, {"created_at": "<seconds>"}),
        ({"time": "1688639403423213947"}, {"time": "<nanoseconds>"}),
        ({"expiredAt": "2026-01-01T00:00:00Z"}, {"expiredAt": "<time>"}),
        ({"validDays": -1}, {"validDays": -1}),
        ({"validDays": 88}, {"validDays": "<number>"}),
        ({"permissions": [1, 2, 5, 1234567]}, {"permissions": [1, 2, 5, "<number>"]}),
        ({"perms": [{"name": "spot", "a": "Al"}]}, {"perms": [{"name": "spot", "a": "<text 2>"}]}),
        ({"label": "FORBIDDEN"}, {"label": "FORBIDDEN"}),
        ({"label": "trade"}, {"label": "<text 5>"}),
        ({"label": "GRANDMA"}, {"label": "<text 7>"}),
        ({"code": "-2015"}, {"code": "-2015"}),
        ({"code": 12345678}, {"code": "<number>"}),
        ({"err-code": "api-signature-not-valid"}, {"err-code": "api-signature-not-valid"}),
        ({"errors": [{"id": "invalid_scope"}]}, {"errors": [{"id": "invalid_scope"}]}),
        ({"id": "548674591753"}, {"id": "<number>"}),
        ({"BTC": {"free": "1"}, "ETH": {"free": "2"}}, {"<name>": {"free": "<number>"}}),
        ({"all": [{"at": "1"}, {"at": "2"}]}, {"all": [{"at": "<number>"}, "<more alike>"]}),
        (
            {"msg": "Invalid request ip, the current clientIp is:203.0.113.7"},
            {"msg": "Invalid request ip, the current clientIp is:<ip>"},
        ),
        ({"msg": "error 7 of Alice"}, {"msg": "error <number> of <text>"}),
        ({"msg": "at 12:34:56"}, {"msg": "at <text>"}),
        ({"x" * 41: 1}, {"<name>": "<number>"}),
    ],
)  # fmt: skip
def test_each_kind_has_its_placeholder(body, shown):
    assert redact(body) == shown


def test_what_lies_too_deep_is_not_shown():
    body = "203.0.113.7"
    for _ in range(900):
        body = [body]
    assert "<deep>" in json.dumps(redact(body))


def test_a_record_tells_what_was_asked_and_how_it_was_answered():
    answer = Answer(
        429,
        {
            "Content-Type": "application/json; charset=utf-8",
            "Retry-After": "12",
            "gw-ratelimit-reset": "1728443843000",
            "Set-Cookie": "session=SENTINEL",
            "X-Request-Id": "SENTINEL",
        },
        b'{"code":"429000","msg":"Too Many Requests"}',
    )
    told = record(entry_of("kucoin", None), "key", Call("privateGetUserApiKey"), answer)
    assert told == {
        "exchange": "kucoin",
        "environment": "live",
        "question": "key",
        "call": "privateGetUserApiKey",
        "http_status": 429,
        "headers": {
            "content-type": "application/json; charset=utf-8",
            "gw-ratelimit-reset": "<number>",
            "retry-after": "12",
        },
        "body": {"code": "429000", "msg": "Too Many Requests"},
    }


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"Unauthorized", {"message": "Unauthorized"}),
        (b"<html>Access denied for 203.0.113.7", {"page": "<text> denied for <ip>"}),
        (b"[" * 100_000, {"message": "[" * 600}),
        (b"", {"message": ""}),
    ],
)
def test_a_body_that_is_no_json_is_shown_as_a_message(body, shown):
    told = record(
        entry_of("kucoin", None), "time", Call("publicGetTimestamp"), Answer(200, {}, body)
    )
    assert told["body"] == shown


@pytest.mark.parametrize("exchange", ["kucoin", "mexc"])
async def test_every_answer_of_a_probe_is_captured_and_no_sentinel_with_it(exchange):
    kept, woken = [], Woken()
    async with (
        Simulator(world_of(exchange)) as simulator,
        Prober(clock, woken, lambda *told: kept.append(told)) as opened,
    ):
        opened.woken = woken
        await probed(opened, entry_of(exchange, simulator.base(exchange)))
    row = EXCHANGES[exchange]
    assert [(question, call.method) for _, question, call, _ in kept[:1]] == [
        ("time", row.calls.time.call.method)
    ]
    assert {call.method for _, _, call, _ in kept} == {
        each.method
        for each in (
            row.calls.time.call,
            row.calls.key.call,
            row.calls.balance.call,
            row.calls.orders.call,
        )
    }
    raw = b"".join(answer.body for *_, answer in kept)
    shown = json.dumps([record(*told) for told in kept])
    for private in (SECRETS["api_key"], "26.5", "127.0.0.1"):
        assert private.encode() in raw
        assert private not in shown
    assert "SENTINEL" not in shown
