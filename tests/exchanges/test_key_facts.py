"""The key's description of itself, body by body: what is known of it, and what is not."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bf_reconciler.exchanges import EXCHANGES, Unexpected
from bf_reconciler.facts import KeyFacts, Scope

DATA = Path(__file__).parent / "data"
CASES = sorted(DATA.glob("*/key-*.json"))
NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def shown(facts):
    plain = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in asdict(facts).items()
    }
    times = {n: t.isoformat() for n, t in plain.items() if isinstance(t, datetime)}
    lists = {n: list(v) for n, v in plain.items() if isinstance(v, tuple)}
    return plain | times | lists


@pytest.mark.parametrize("case", CASES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_body_gives_exactly_these_facts(case):
    told = json.loads(case.read_text())
    now = datetime.fromisoformat(told["now"]) if "now" in told else NOW

    row = EXCHANGES[case.parent.name]
    if "instead" in told:
        row = row.instead[told["instead"]]
    facts = row.calls.key.read(told["body"], now)
    if "more" in told:
        facts = row.calls.more.read(facts, told["more"], told["key"])

    nothing = shown(KeyFacts(frozenset(), frozenset()))
    assert shown(facts) == nothing | told["facts"]


def kucoin(**data):
    good = {"permission": "General,Spot", "ipWhitelist": "203.0.113.7", "createdAt": 1728443843000}
    return {"code": "200000", "data": {**good, **data}}


def mexc(**data):
    good = {
        "permissions": "SPOT_ACCOUNT_READ",
        "createTime": "2026-09-14T18:53:36.000+00:00",
        "remainingValidity": 82,
        "ipWhiteList": "",
        "status": "VALID",
    }
    return {**good, **data}


WRONG = [
    ("kucoin", [], "body"),
    ("kucoin", {}, "code"),
    ("kucoin", {"code": 200000, "data": {}}, "code"),
    ("kucoin", {"code": "200000"}, "data"),
    ("kucoin", {"code": "200000", "data": []}, "data"),
    ("kucoin", {"code": "200000", "data": {}}, "permission"),
    ("kucoin", kucoin(permission=""), "permission"),
    ("kucoin", kucoin(permission="General,,Spot"), "permission"),
    ("kucoin", kucoin(permission="General,<b>"), "permission"),
    ("kucoin", kucoin(permission="A" * 65), "permission"),
    ("kucoin", kucoin(permission=["General"]), "permission"),
    ("kucoin", kucoin(ipWhitelist=["203.0.113.7"]), "ipWhitelist"),
    ("kucoin", kucoin(ipWhitelist="none at all"), "ipWhitelist"),
    ("kucoin", kucoin(ipWhitelist="203.0.113.7,"), "ipWhitelist"),
    ("kucoin", kucoin(createdAt="1728443843000"), "createdAt"),
    ("kucoin", kucoin(createdAt=True), "createdAt"),
    ("kucoin", kucoin(createdAt=0), "createdAt"),
    ("kucoin", kucoin(createdAt=10**30), "createdAt"),
    ("kucoin", kucoin(isMaster="true"), "isMaster"),
    ("kucoin", kucoin(isMaster=False, subName=7), "subName"),
    ("mexc", [], "body"),
    ("mexc", {}, "status"),
    ("mexc", mexc(status="EXPIRED"), "status"),
    ("mexc", mexc(status=None), "status"),
    ("mexc", mexc(permissions=None), "permissions"),
    ("mexc", mexc(permissions=""), "permissions"),
    ("mexc", mexc(ipWhiteList=["203.0.113.7"]), "ipWhiteList"),
    ("mexc", mexc(createTime="yesterday"), "createTime"),
    ("mexc", mexc(createTime=1728443843000), "createTime"),
    ("mexc", mexc(createTime="0001-01-01T00:00:00+23:00"), "createTime"),
    ("mexc", mexc(createTime="9999-01-01T00:00:00+00:00"), "createTime"),
    ("mexc", mexc(remainingValidity="82"), "remainingValidity"),
    ("mexc", mexc(remainingValidity=True), "remainingValidity"),
    ("mexc", mexc(remainingValidity=10**9), "remainingValidity"),
]


@pytest.mark.parametrize(("exchange", "body", "field"), WRONG)
def test_another_shape_is_unexpected_and_names_the_field_alone(exchange, body, field):
    with pytest.raises(Unexpected) as caught:
        EXCHANGES[exchange].calls.key.read(body, NOW)
    assert str(caught.value) == field


@pytest.mark.parametrize("word", ["Transfer", "Withdrawal"])
def test_kucoin_s_two_words_for_withdrawal_both_grant_it(word):
    facts = EXCHANGES["kucoin"].calls.key.read(kucoin(permission=f"General,{word}"), NOW)
    assert facts.allows(Scope.WITHDRAW) is True


@pytest.mark.parametrize("word", ["SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W"])
def test_mexc_s_two_spellings_of_withdrawal_both_grant_it(word):
    facts = EXCHANGES["mexc"].calls.key.read(mexc(permissions=f"SPOT_DEAL_READ,{word}"), NOW)
    assert facts.allows(Scope.WITHDRAW) is True


@pytest.mark.parametrize(
    ("exchange", "body"),
    [
        ("kucoin", kucoin(permission="General,Payout,Withdrawal")),
        ("mexc", mexc(permissions="SPOT_PAYOUT_W,SPOT_WITHDRAW_W")),
    ],
)
def test_an_unknown_word_takes_no_granted_right_back(exchange, body):
    facts = EXCHANGES[exchange].calls.key.read(body, NOW)
    assert facts.allows(Scope.WITHDRAW) is True
    assert facts.allows(Scope.SPOT) is None


@pytest.mark.parametrize("hour", [0, 7, 15, 23])
def test_an_expiry_that_is_told_in_days_stays_the_same_all_day(hour):
    body = mexc(createTime=None, remainingValidity=3)
    facts = EXCHANGES["mexc"].calls.key.read(body, NOW.replace(hour=hour))
    assert facts.expires_at == datetime(2026, 9, 26, tzinfo=UTC)
