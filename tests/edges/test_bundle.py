"""A bundle: what a row reads of an answer is in it, and nothing of anybody's."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Clock, Failure, KeyFacts, Reason
from bf_reconciler.probe import Prober, bundle, capture, classify, phrases
from bf_reconciler.probe.bundle import Answered, BundleError, LeakError
from bf_reconciler.probe.stand_ins import StandIns
from bf_reconciler.probe.transport import Answer
from bf_reconciler.probe.word import is_word
from bf_reconciler.simulator import Simulator
from edges.probing import SECRETS, Woken, clock, entry_of, probed, world_of
from edges.test_capture import CREDENTIALS, PRIVATE
from edges.test_capture import bodies as shapes
from edges.test_probe_sanitizer import FORMS
from exchanges.cases import CASES, KEY_IDS, KEYS
from exchanges.test_answers import ALL as ANSWERS
from exchanges.test_answers import IDS as ANSWER_IDS
from exchanges.test_answers import body_of

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
KEY = "q9Qw7Zt3Lk5v"
DAY = timedelta(days=1)
EVERYBODY = ["0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/0", "::/0", "*"]
READERS = {
    "time": classify.read_time,
    "key": classify.read_key,
    "balance": classify.read_balance,
    "orders": classify.read_orders,
}


def redacted(body, key=KEY, field="", *, exact=False):
    told = capture.redact({field: body} if field else body, [key], StandIns(key, exact))
    return told[field] if field else told


def wire(body, status=200):
    return Answer(status, {}, (body if isinstance(body, str) else json.dumps(body)).encode())


def read(row, told, key, now, clean=lambda body: body):
    facts = classify.read_key(row, wire(clean(told["body"])), now, key)
    if "more" in told and isinstance(facts, KeyFacts):
        more = wire(clean(told["more"]))
        facts = classify.read_more(row, row.calls.more, facts, key, more, now)
    return facts


def alike(one, other):
    """The same but for who it is, and for the hour."""
    if not isinstance(one, KeyFacts) or not isinstance(other, KeyFacts):
        return one == other

    def told(facts):
        plain = replace(facts, account=None, ips=None, created_at=None, expires_at=None)
        return replace(plain, unknown_words=len(facts.unknown_words))

    moments = ((one.created_at, other.created_at), (one.expires_at, other.expires_at))
    near = all(a == b or (a and b and abs(a - b) < 2 * DAY) for a, b in moments)
    return near and told(one) == told(other)


# what the rows read


@pytest.mark.parametrize(("case", "name"), KEYS, ids=KEY_IDS)
def test_a_documented_key_reads_the_same(case, name):
    told = case.keys[name]
    now = datetime.fromisoformat(told["now"]) if "now" in told else NOW
    row = case.row.instead[told["instead"]] if "instead" in told else case.row
    key = told.get("key", KEY)
    own = StandIns(key).own_key
    seen = read(row, told, own, now, lambda body: redacted(body, key))
    assert alike(read(row, told, key, now), seen)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_documented_error_reads_the_same(case):
    for body, *_ in case.errors:
        clean = StandIns(KEY).prose(body) if isinstance(body, str) else redacted(body)
        for status in (200, 400):
            raw, seen = (
                classify.read_key(case.row, wire(each, status), NOW, KEY) for each in (body, clean)
            )
            assert (raw.reason, raw.code) == (seen.reason, seen.code), body


@pytest.mark.parametrize(("case", "answer"), ANSWERS, ids=ANSWER_IDS)
def test_an_answer_that_was_seen_reads_the_same(case, answer):
    body = body_of(case, answer)
    row = case.row.instead[answer["instead"]] if "instead" in answer else case.row
    question = answer["question"] if answer["question"] in READERS else "key"
    if isinstance(body, str):
        clean = StandIns(KEY).prose(body)
    else:
        clean = redacted(body, exact=question == "time")
    raw, seen = (READERS[question](row, wire(b, answer["http"]), NOW) for b in (body, clean))
    if isinstance(raw, Failure):
        assert (raw.reason, raw.code) == (seen.reason, seen.code)
    else:
        assert alike(raw, seen) or isinstance(raw, Clock)


def test_the_words_of_block_pages_are_kept():
    for words in (*phrases.COUNTRY, *classify.CHALLENGE, "maintenance", "your ip address is"):
        assert StandIns(KEY).prose(f"<b>{words}</b>") == f"<x>{words}</x>"


def test_a_refused_address_is_another_one_at_the_same_place():
    row = EXCHANGES["kucoin"]
    body = {"code": "400006", "msg": "Invalid request ip, the current clientIp is:198.51.100.9"}
    seen = classify.read_key(row, wire(redacted(body)), NOW, KEY)
    assert (seen.reason, seen.client_ip) == (Reason.IP_NOT_ALLOWED, "203.0.113.7")


# what stands in place


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("balance", "53211.27", "1.5"),
        ("balance", "-53211.27", "-1.5"),
        ("amount", 53211.27, 1.5),
        ("amount", 53211, 1),
        ("balance", "53211", "1"),
        ("balance", "2e-9", "1.5E-7"),
        ("balance", "0.00000000", "0.00000000"),
        ("balance", 0, 0),
        ("uid", 165111215, 100_000_001),
        ("uid", "-165111215", "-100000001"),
        ("remark", "Grandma's 2nd bot!", "Xxxxxxx'x 1xx xxx!"),
        ("remark", "Büyükanne", "Xxxxxxxxx"),
        ("remark", "FALSE", "FALSE"),
        ("remark", "", ""),
        ("mail", "ada.l@example.org", "name@example.com"),
        ("portfolio", "b87a2d3f-45c6", "x11x1x1x-11x1"),
        ("ips", ["198.51.100.9", "198.51.100.10"], ["203.0.113.7"]),
        ("ips", "198.51.100.9, 2a00:1450::1", "203.0.113.7,2001:db8::7"),
        ("ips", "198.51.100.0/25", "203.0.113.0/25"),
        ("ips", "2a00:1450::/32", "2001:db8::/32"),
        ("ips", EVERYBODY, EVERYBODY),
        ("ips", "198.**.9", "111.**.1"),
        ("createdAt", 1_728_443_843_123, 1_728_432_000_000),
        ("created_at", 1_728_443_843, 1_728_432_000),
        ("lastUsed", "1728443843", "1728432000"),
        ("timeNano", 1_728_443_843_123_456_789, 1_728_432_000_000_000_000),
        ("updateTime", "2026-01-01T09:07:05.123Z", "2026-01-01T00:00:00.000Z"),
        ("updateTime", "soon", "xxxx"),
        ("updateTimeId", 1_728_443_843_123, 100_000_001),
        ("lifetimeVolume", 1_728_443_843_123, 100_000_001),
        ("used", 1_728_443_843, 100_000_001),
        ("birthday", "1980-05-01", "1111-11-11"),
        ("validDays", 88, 88),
        ("validDays", 1234, 1),
        ("permissions", [1, 2, 5], [1, 2, 5]),
        ("permission", "General,QuantumTrading", "General,QuantumTrading"),
        ("permission", "General,kJ8sLq2xVb0aZ", "General,xX1xXx1xXx1xX"),
        ("msg", "order 7 of Alice at 12:34:56", "order 1 of Xxxxx at 11:11:11"),
        ("code", 271828, 271828),
        ("retCode", 3100197, 3100197),
        ("code", 12345678, 100_000_001),
        ("data", {"BTC": "1.5", "ETH": "2.5", "DOGE": "0"}, {"COIN1": "1.5", "COIN2": "0"}),
        ("apiKey", KEY, "k7Kk7Kk7Kk7k"),
        ("apiKey", f"{KEY[:6]}****", "k7Kk7K****"),
        ("apiKey", f"{KEY[:3]}***{KEY[-2:]}", "k7K***7k"),
        ("apiKey", "another9key0", "xxxxxxx1xxx1"),
        ("note", f"of {KEY}", "xx x1Xx1Xx1Xx1x"),
    ],
)  # fmt: skip
def test_each_kind_has_another_of_its_form(field, value, kept):
    assert redacted(value, field=field) == kept


def test_the_clock_of_an_exchange_is_kept_as_it_is():
    body = {"data": 1_728_443_843_123, "iso": "2026-01-01T09:07:05Z", "uid": 165111215, "n": "7"}
    assert redacted(body, exact=True) == body | {"uid": 100_000_001, "n": "1"}


def test_what_is_no_number_stays_none():
    shown = redacted([math.nan, math.inf, -math.inf])
    assert [math.isfinite(each) for each in shown] == [False] * len(shown)


@given(PRIVATE.flatmap(lambda private: st.tuples(st.just(private), shapes(private))))
def test_no_address_amount_number_or_mail_survives_anywhere(case):
    private, body = case
    text = json.dumps(redacted(body))
    for stand_in in ("203.0.113.7", "2001:db8::7", "100000001", "0.0.0.0"):  # noqa: S104
        text = text.replace(stand_in, "")
    assert str(private) not in text or set(str(private)) == {"1"}


@given(CREDENTIALS.flatmap(lambda key: st.tuples(st.just(key), shapes(key))))
def test_no_credential_survives_anywhere_not_even_as_the_name_of_a_field(case):
    key, body = case
    assert key not in json.dumps(redacted({key: body, "msg": body}, key))


@pytest.mark.parametrize("form", FORMS)
def test_no_encoding_of_a_credential_survives(form):
    secret = SECRETS["secret"]
    hidden = FORMS[form](secret)
    fields = ("permission", "perms", "status", "code", "label", "msg", "remark", "type", "data")
    body = dict.fromkeys(fields, hidden) | {hidden: [hidden, f"x {hidden}"]}
    shown = json.dumps(capture.redact(body, [secret], StandIns(secret)), ensure_ascii=False)
    assert hidden.casefold() not in shown.casefold()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_what_was_redacted_stays_as_it_is(body):
    once = redacted(body)
    assert redacted(once, StandIns(KEY).own_key) == once


# words and tokens


@pytest.mark.parametrize(
    "word",
    [
        *("General", "SPOT_DEAL_WRITE", "enableWithdrawals", "P2P", "C2C", "wallet:accounts:read"),
        *("permitsUniversalTransfer", "QuantumTrading", "INTERNALTRANSFER", "query-open-trades"),
        *("NFT", "acctLv", "FiatP2P.FiatP2POrder", "x-mbx-used-weight-1m"),
    ],
)
def test_a_word_is_one(word):
    assert is_word(word)


@pytest.mark.parametrize(
    "token",
    [
        *("", "7", "kJ8sLq2xVb0aZ", "aGVsbG8gd29ybGQ", "qWeRtYuIoP", "x" * 17, "bcdfghjk"),
        *("6705f5c311545b000157d3eb", "SENTINELSECRET5e8d60b4", "a" * 4 + "_" + "b" * 60, "ß"),
        *("two  spaces", "ends-"),
    ],
)
def test_a_token_is_no_word(token):
    assert not is_word(token)


# whole bundles


async def asked(exchange, **changes):
    """A simulated exchange, asked once: the entry, what was seen, and the answers."""
    kept, woken = [], Woken()

    def keep(_, question, call, answer):
        kept.append(Answered(question, call, answer, clock()))

    async with (
        Simulator(world_of(exchange, **changes)) as simulator,
        Prober(clock, woken, keep) as opened,
    ):
        opened.woken = woken
        entry = entry_of(exchange, simulator.base(exchange))
        return entry, (await probed(opened, entry))[entry.name].observation, kept


@pytest.mark.parametrize("exchange", ["kucoin", "gate", "htx", "bitget"])
async def test_a_bundle_is_read_again_as_the_answers_were(exchange):
    entry, seen, kept = await asked(exchange)
    made = await bundle.make(entry, kept)
    again = bundle.parse(made.text())
    assert again == made
    found = await bundle.replay(again)
    assert bundle.differences(seen, found) == []
    assert bundle.outcome(found) == made.read
    assert isinstance(found.key, KeyFacts)
    for private in (*SECRETS.values(), "26.5", "127.0.0.1", entry.name):
        assert private not in made.text()


async def test_a_right_that_nobody_knows_is_in_it():
    words = ["General", "Spot", "TeleportFunds"]
    entry, _, kept = await asked("kucoin", permissions=words)
    made = await bundle.make(entry, kept)
    assert made.read["unknown_words"] == ["TeleportFunds"]
    assert "TeleportFunds" in made.text()


async def test_a_refusal_is_read_again_as_one():
    entry, seen, kept = await asked("kucoin", revoked=True)
    found = await bundle.replay(await bundle.make(entry, kept))
    assert bundle.differences(seen, found) == []
    assert found.key.reason is Reason.INVALID_KEY
    memory = bundle.memory_of(await bundle.make(entry, kept), found)
    assert memory.runs[0].count == 2


async def test_a_question_that_was_not_answered_is_silence():
    entry, seen, kept = await asked("kucoin")
    made = await bundle.make(entry, [each for each in kept if each.question != "orders"])
    found = await bundle.replay(made)
    assert found.orders.reason is Reason.TIMEOUT
    assert bundle.differences(seen, found) == ["orders"]


async def test_a_page_is_kept_as_text():
    page = b"<html>Access denied for 198.51.100.9, Alice</html>"
    kept = Answered("time", EXCHANGES["kucoin"].calls.time.call, Answer(403, {}, page), NOW)
    made = await bundle.make(entry_of("kucoin", None), [kept])
    assert made.answers[0].text == "<html>Access denied for 203.0.113.7, Xxxxx</html>"
    assert '"body"' not in made.text()
    assert made.host == "api.kucoin.com"
    assert made.read == {"time": "ExchangeUnavailable"}


async def test_a_page_that_holds_a_credential_keeps_no_word():
    page = f"Access denied for {SECRETS['secret']}".encode()
    kept = Answered("time", EXCHANGES["kucoin"].calls.time.call, Answer(403, {}, page), NOW)
    made = await bundle.make(entry_of("kucoin", None), [kept])
    assert made.answers[0].text.startswith("Xxxxxx xxxxxx")


async def test_of_headers_the_names_are_kept_and_harmless_values():
    sent = {
        "Content-Type": "application/json",
        "Retry-After": "12",
        "Set-Cookie": "session=1",
        SECRETS["api_key"]: "1",
        "X-MBX-USED-WEIGHT-1M": "3",
        "X-Limit-Until": "1728443843123",
    }
    kept = Answered("time", EXCHANGES["kucoin"].calls.time.call, Answer(200, sent, b"{}"), NOW)
    made = await bundle.make(entry_of("kucoin", None), [kept])
    assert made.answers[0].headers == {
        "content-type": "application/json",
        "retry-after": "12",
        "set-cookie": None,
        "x-limit-until": None,
        "x-mbx-used-weight-1m": "3",
    }


@pytest.mark.parametrize("form", FORMS)
async def test_a_bundle_with_a_credential_left_in_it_is_refused(form, monkeypatch):
    monkeypatch.setattr(capture, "redact", lambda body, *_: body)
    body = json.dumps({"data": FORMS[form](SECRETS["secret"])}, ensure_ascii=False).encode()
    kept = Answered("time", EXCHANGES["kucoin"].calls.time.call, Answer(200, {}, body), NOW)
    with pytest.raises(LeakError):
        await bundle.make(entry_of("kucoin", None), [kept])


GOOD = {
    "program": "1",
    "exchange": "kucoin",
    "environment": "live",
    "region": None,
    "host": None,
    "markets": ["spot"],
    "api_key": "kkkk",
    "answers": [
        {
            "question": "time",
            "call": "publicGetTimestamp",
            "at": "2026-11-29T03:22:17Z",
            "seconds": 0.1,
            "http_status": 200,
            "headers": {},
            "body": {"code": "200000", "data": 1795922537420},
        }
    ],
}


def test_the_least_that_is_a_bundle():
    assert bundle.parse(json.dumps(GOOD)).at == datetime(2026, 11, 29, 3, 22, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "Input should be"),
        (" " * (bundle.MAX_BUNDLE + 1), "too large"),
        (json.dumps(GOOD | {"exchange": "SENTINEL"}), "exchange: unknown exchange"),
        (json.dumps(GOOD | {"environment": "demo"}), "no such environment"),
        (json.dumps(GOOD | {"region": "mars"}), "no such region"),
        (json.dumps(GOOD | {"host": "evil.example"}), "no such host"),
        (json.dumps(GOOD | {"answers": []}), "answers: "),
        (json.dumps(GOOD | {"SENTINEL2": 1}), "Extra inputs"),
        (json.dumps(GOOD | {"version": 2}), "version: "),
    ],
)
def test_what_is_no_bundle_is_told_without_its_values(text, why):
    with pytest.raises(BundleError, match=why) as told:
        bundle.parse(text)
    assert "SENTINEL" not in str(told.value).replace("SENTINEL2", "")


@pytest.mark.parametrize(
    "huge", [10**400, -(10**400), "9" * 400, "-" + "9" * 5000, 1e308], ids=range(5)
)
def test_no_number_is_too_large_to_be_kept(huge):
    body = {"a": huge, "permissions": [huge], "code": huge, "createTime": huge, "msg": str(huge)}
    assert str(huge) not in json.dumps(capture.redact(body, [KEY], StandIns(KEY)))
