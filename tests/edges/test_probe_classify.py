"""Answers to verdicts: status, code and words decide, and nothing of the answer leaks."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Clock, Failure, Orders, Reason
from bf_reconciler.probe import classify
from bf_reconciler.probe.transport import Answer, Silence
from edges.probing import IDS
from exchanges.cases import CASES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
EACH = pytest.mark.parametrize("row", [EXCHANGES[each] for each in IDS], ids=IDS)
KUCOIN, MEXC = EXCHANGES["kucoin"], EXCHANGES["mexc"]
SOURCES = Path(__file__).parents[2] / "docs" / "sources"
LEAK = "SENTINELTEXT"
PAGE = f"<html><h1>{LEAK}</h1></html>"
UPKEEP = f"<html><h1>Scheduled Maintenance {LEAK}</h1></html>"


def answer(body, status=200, headers=None, seconds=0.0):
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    return Answer(status, headers or {}, raw if isinstance(raw, bytes) else raw.encode(), seconds)


def balance(row, *args, **kwargs):
    return classify.read_balance(row, answer(*args, **kwargs), NOW)


STATUSES = [
    (PAGE, 200, Reason.UNEXPECTED_RESPONSE),
    (UPKEEP, 200, Reason.MAINTENANCE),
    ("", 200, Reason.UNEXPECTED_RESPONSE),
    (b"\xff\xfe\x00", 200, Reason.UNEXPECTED_RESPONSE),
    ("[" * 100_000, 200, Reason.UNEXPECTED_RESPONSE),
    ("9" * 10_000, 200, Reason.UNEXPECTED_RESPONSE),
    (PAGE, 302, Reason.UNEXPECTED_RESPONSE),
    (PAGE, 400, Reason.UNEXPECTED_RESPONSE),
    ({}, 400, Reason.UNEXPECTED_RESPONSE),
    ({"code": "999999", "msg": LEAK}, 400, Reason.UNEXPECTED_RESPONSE),
    (PAGE, 401, Reason.KEY_OR_IP_REJECTED),
    ({}, 401, Reason.KEY_OR_IP_REJECTED),
    (PAGE, 202, Reason.EXCHANGE_UNAVAILABLE),
    ("", 202, Reason.EXCHANGE_UNAVAILABLE),
    (PAGE, 403, Reason.EXCHANGE_UNAVAILABLE),
    ({}, 403, Reason.UNEXPECTED_RESPONSE),
    (PAGE, 404, Reason.UNEXPECTED_RESPONSE),
    (PAGE, 407, Reason.NETWORK_ERROR),
    (PAGE, 408, Reason.TIMEOUT),
    (PAGE, 418, Reason.RATE_LIMITED),
    (PAGE, 429, Reason.RATE_LIMITED),
    ({"code": "999999", "msg": LEAK}, 429, Reason.RATE_LIMITED),
    (PAGE, 451, Reason.REGION_RESTRICTED),
    (PAGE, 500, Reason.EXCHANGE_UNAVAILABLE),
    ({"code": "999999", "msg": LEAK}, 502, Reason.EXCHANGE_UNAVAILABLE),
    (UPKEEP, 503, Reason.MAINTENANCE),
    (PAGE, 504, Reason.EXCHANGE_UNAVAILABLE),
    (PAGE, 599, Reason.EXCHANGE_UNAVAILABLE),
]


@EACH
@pytest.mark.parametrize(
    ("body", "status", "reason"), STATUSES, ids=[str(n) for n in range(len(STATUSES))]
)
def test_an_answer_without_a_known_code_is_judged_by_its_status(row, body, status, reason):
    failure = balance(row, body, status)
    assert failure.reason is reason
    assert failure.http_status == status
    assert LEAK not in repr(failure)


@EACH
def test_401_of_a_question_without_a_key_is_a_gateways(row):
    failure = classify.read_time(row, answer(PAGE, 401), NOW)
    assert failure.reason is Reason.UNEXPECTED_RESPONSE


CLOUDFRONT = (
    "<H1>403 ERROR</H1>The Amazon CloudFront distribution is configured to block access from your "
    "country."
)
CLOUDFLARE = (
    "<p>The owner of this website has banned the country or region your IP address is in.</p>"
    '<span id="cf-footer-ip">203.0.113.9</span>'
)
ROWS = pytest.mark.parametrize("row", EXCHANGES.values(), ids=EXCHANGES)


@ROWS
@pytest.mark.parametrize("page", [CLOUDFRONT, CLOUDFLARE], ids=["cloudfront", "cloudflare"])
@pytest.mark.parametrize("status", [403, 451])
def test_the_page_of_a_content_network_that_names_the_country_is_a_region(row, page, status):
    assert balance(row, page, status).reason is Reason.REGION_RESTRICTED


JUST_A_MOMENT = "<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x.js>"
FIREWALLS = [
    (JUST_A_MOMENT, 403, {}, "challenge"),
    (JUST_A_MOMENT, 503, {}, "challenge"),
    ("", 405, {"x-amzn-waf-action": "captcha"}, "challenge"),
    ("", 202, {"X-Amzn-Waf-Action": "challenge"}, "challenge"),
    ("", 202, {}, "challenge"),
    ("<h1>Access Denied</h1>", 403, {}, "firewall page"),
]


@EACH
@pytest.mark.parametrize(("page", "status", "headers", "word"), FIREWALLS)
def test_a_firewall_is_named_and_no_fault_of_the_key(row, page, status, headers, word):
    failure = balance(row, page, status, headers)
    assert failure.reason is Reason.EXCHANGE_UNAVAILABLE
    assert word in failure.message


@EACH
@pytest.mark.parametrize(
    ("page", "ours"),
    [
        ('<span id="cf-footer-ip">203.0.113.9</span>', "203.0.113.9"),
        ("<li>Your IP: <b>2001:db8::7</b></li>", "2001:db8::7"),
        ("Your IP address is 203.0.113.9.", "203.0.113.9"),
        ("Your IP: 999.1.1.1", None),
        ("<p>Blocked.</p>", None),
    ],
)
def test_a_firewall_page_may_tell_which_address_it_refuses(row, page, ours):
    failure = balance(row, page, 403)
    assert failure.client_ip == ours
    assert (f"It refuses our address {ours}" in failure.message) is (ours is not None)


SENTENCES = [
    ("System is under maintenance.", Reason.MAINTENANCE, True),
    ("Too many requests. Please try again later.", Reason.RATE_LIMITED, True),
    ("Exceeded the access frequency", Reason.RATE_LIMITED, True),
    ("Server is busy, please try again later", Reason.EXCHANGE_UNAVAILABLE, True),
    ("failure to get a peer from the ring-balancer", Reason.EXCHANGE_UNAVAILABLE, True),
    ("This service is not available in your region", Reason.REGION_RESTRICTED, True),
    ("API key does not exist", Reason.INVALID_KEY, False),
    ("The API key has expired.", Reason.KEY_EXPIRED, False),
    ("openapi: invalid signature", Reason.INVALID_SIGNATURE, False),
    ("request timestamp expired", Reason.CLOCK_SKEW, False),
    ("permissions not right", Reason.NO_READ_PERMISSION, False),
]


@ROWS
@pytest.mark.parametrize(("text", "reason", "anybody"), SENTENCES)
@pytest.mark.parametrize("status", [200, 400])
def test_a_code_that_nobody_knows_is_judged_by_words_that_mean_the_same_everywhere(
    row, text, reason, anybody, status
):
    for body in (CASES[row.id].error("987654", text), {"msg": text}, {"message": text}):
        failure = balance(row, body, status)
        assert failure.reason is reason, body
        assert text not in failure.message
        public = classify.read_time(row, answer(body, status), NOW)
        assert (public.reason is reason) or not anybody


@EACH
def test_a_good_answer_is_read_whatever_its_texts_say(row):
    good = {"kucoin": {"code": "200000", "data": NOW_MS}, "mexc": {"serverTime": NOW_MS}}[row.id]
    told = [
        classify.read_time(row, answer(body), NOW)
        for body in (good, {**good, "msg": "under maintenance"})
    ]
    assert told[0] == told[1] == Clock(skew=0.0, latency=0.0)


@EACH
def test_a_known_code_is_believed_whatever_the_status(row):
    code = {"kucoin": "400005", "mexc": 700002}[row.id]
    for status in (200, 400, 401, 403):
        failure = balance(row, {"code": code, "msg": LEAK}, status)
        assert failure.reason is Reason.INVALID_SIGNATURE
        assert (failure.code, failure.http_status) == (str(code), status)
        assert LEAK not in repr(failure)


def test_the_same_code_can_mean_two_things_by_its_words():
    version = balance(KUCOIN, {"code": "400007", "msg": "Invalid kc-api-key-version"}, 403)
    right = balance(KUCOIN, {"code": "400007", "msg": "Access denied"}, 403)
    assert (version.reason, right.reason) == (Reason.INVALID_KEY, Reason.NO_READ_PERMISSION)


def test_a_pair_that_is_closed_to_a_mexc_key_is_no_lack_of_permission():
    failure = classify.read_orders(MEXC, answer({"code": 10007, "msg": LEAK}, 400), NOW)
    assert failure.reason is Reason.UNVERIFIABLE


@EACH
def test_a_body_of_another_shape_names_the_field_and_no_value(row):
    good = {"kucoin": {"code": "200000", "data": [{"balance": LEAK}]}}
    failure = balance(row, good.get(row.id, {"balances": [{"free": LEAK, "locked": "0"}]}))
    assert failure.reason is Reason.UNEXPECTED_RESPONSE
    assert ("balance" if row is KUCOIN else "free") in failure.message
    assert LEAK not in repr(failure)


@EACH
@pytest.mark.parametrize("silence", Silence)
def test_no_answer_at_all_is_transient_unless_the_key_cannot_be_sent(row, silence):
    failure = classify.read_orders(row, silence, NOW)
    assert failure.terminal == (silence is Silence.UNSENT)
    assert failure.http_status is None
    assert failure.message.startswith(row.title)


@EACH
def test_good_answers_become_facts(row):
    empty = {"kucoin": {"code": "200000", "data": []}, "mexc": {"balances": []}}[row.id]
    orders = {"kucoin": {"code": "200000", "data": []}, "mexc": []}[row.id]
    assert balance(row, empty) == Balance(empty=True)
    assert classify.read_orders(row, answer(orders), NOW) == Orders()


@EACH
def test_the_skew_is_our_clock_minus_theirs_halfway_through_the_round_trip(row):
    theirs = NOW_MS - 3_000
    body = {"kucoin": {"code": "200000", "data": theirs}, "mexc": {"serverTime": theirs}}[row.id]
    told = classify.read_time(row, answer(body, seconds=0.5), NOW)
    assert told == Clock(skew=pytest.approx(2.75), latency=0.5)


RETRIES = [
    ({"retry-after": "7"}, 7.0),
    ({"retry-after": "Mon, 23 Nov 2026 12:01:00 GMT"}, 60.0),
    ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
    ({"retry-after": "Mon, 23 Nov 2026 12:01:00"}, 5.0),  # no zone: not to be compared
    ({"retry-after": "soon"}, 5.0),
    ({"retry-after": "-3"}, 5.0),
    ({"retry-after": "9" * 400}, 5.0),
    ({}, 5.0),
]


@EACH
@pytest.mark.parametrize(("headers", "seconds"), RETRIES, ids=[str(h) for h, _ in RETRIES])
def test_when_to_come_back_is_taken_from_the_header(row, headers, seconds):
    assert balance(row, PAGE, 429, headers).retry_after == seconds


def test_kucoin_s_own_header_counts_milliseconds():
    headers = {"gw-ratelimit-reset": "2500"}
    assert balance(KUCOIN, PAGE, 429, headers).retry_after == 2.5
    assert balance(KUCOIN, PAGE, 429, headers | {"retry-after": "7"}).retry_after == 7
    assert balance(KUCOIN, PAGE, 429, {"gw-ratelimit-reset": "soon"}).retry_after == 5
    assert balance(MEXC, PAGE, 429, headers).retry_after == 5
    assert balance(KUCOIN, PAGE, 500, headers).retry_after is None  # every answer has that header


RESETS = {row.id: row for row in EXCHANGES.values() if row.refusals.reset_header}


@pytest.mark.parametrize("exchange", sorted(RESETS))
@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (f"{NOW_MS + 2500}", 2.5),
        (f"{NOW_MS // 1000 + 30}", 30.0),
        (f"{NOW_MS}", 5.0),  # over
        (f"{NOW_MS - 60_000}", 5.0),
        (f"{NOW_MS + 3_600_001}", 5.0),  # no limit lasts as long
        ("0", 5.0),
        ("9" * 400, 5.0),
        ("soon", 5.0),
    ],
)
def test_the_clock_time_at_which_a_limit_begins_anew_is_kept_to(exchange, told, seconds):
    row = RESETS[exchange]
    headers = {row.refusals.reset_header: told}
    assert balance(row, {}, 429, headers).retry_after == seconds
    assert balance(row, {}, 429, headers | {"retry-after": "7"}).retry_after == 7
    assert balance(row, {}, 503, headers).retry_after is None


def test_every_such_header_is_a_documented_one():
    for exchange, row in RESETS.items():
        page = (SOURCES / f"{exchange}.md").read_text().casefold()
        assert f"`{row.refusals.reset_header}`" in page


@EACH
def test_a_ban_that_names_no_end_is_longer_than_a_limit(row):
    assert balance(row, PAGE, 418).retry_after == 120


def test_the_ban_of_an_address_at_bybit_is_waited_out_and_a_limit_of_an_account_is_not():
    row = EXCHANGES["bybit"]
    ban = balance(row, "403, access too frequent", 403)
    assert (ban.reason, ban.retry_after) == (Reason.RATE_LIMITED, 600)
    assert balance(row, {"retCode": 10006, "retMsg": "Too many visits!"}).retry_after == 5
    assert balance(row, PAGE, 429).retry_after == 5


@EACH
def test_an_exchange_that_is_down_may_say_until_when(row):
    assert balance(row, PAGE, 503, {"retry-after": "30"}).retry_after == 30
    assert balance(row, PAGE, 503).retry_after is None
    assert balance(row, PAGE, 404, {"retry-after": "30"}).retry_after is None


DISTRUSTED = [
    Reason.INVALID_KEY,
    Reason.INVALID_SIGNATURE,
    Reason.INVALID_PASSPHRASE,
    Reason.KEY_EXPIRED,
    Reason.KEY_OR_IP_REJECTED,
    Reason.NO_READ_PERMISSION,
]


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("skew", [-60.0, -4.9, 0.0, 4.9, 60.0])
def test_a_clock_that_is_off_takes_the_blame_for_errors_of_identity_alone(reason, skew):
    failure = Failure(reason, "as it was", http_status=401, code="1")
    doubted = classify.skewed(KUCOIN, failure, skew)
    if abs(skew) > 5 and reason in DISTRUSTED:
        assert doubted == replace(doubted, reason=Reason.CLOCK_SKEW, http_status=401, code="1")
        assert "60.0 s" in doubted.message
    else:
        assert doubted is failure


TEXTS = st.sampled_from(["api key required", "Under maintenance", "KC-API-KEY-VERSION", ""])
CODES = st.integers(-5, 1_000_000) | st.sampled_from(
    [*KUCOIN.refusals.codes, *MEXC.refusals.codes, *map(int, MEXC.refusals.codes)]
)
BODIES = st.fixed_dictionaries({"code": CODES, "msg": TEXTS.map(lambda t: t + LEAK)}).map(
    json.dumps
) | st.sampled_from([PAGE, UPKEEP, "", "{}", "[]", "null"])


@EACH
@given(body=BODIES, status=st.integers(100, 599), retry=st.none() | st.text(max_size=30))
def test_every_answer_is_facts_or_a_failure_in_our_own_words(row, body, status, retry):
    headers = {} if retry is None else {"retry-after": retry}
    for read in (
        classify.read_time,
        classify.read_key,
        classify.read_balance,
        classify.read_orders,
    ):
        found = read(row, answer(body, status, headers), NOW)
        assert LEAK not in repr(found)
        if isinstance(found, Failure):
            assert found.message.startswith(f"{row.title} ")
            assert (found.retry_after is None) or found.retry_after >= 0
        else:
            assert 200 <= status < 300
