"""Every error row of the sheets: its code, its reason, and our address where it is told."""

import json
from pathlib import Path

import pytest

from bf_reconciler.exchanges import EXCHANGES, Refusal
from bf_reconciler.facts import Reason

# data/EXCHANGE/errors.json: [body, reason or null, our address or null] for each row of its sheet.
BODIES = [
    (path.parent.name, *case)
    for path in sorted((Path(__file__).parent / "data").glob("*/errors.json"))
    for case in json.loads(path.read_text())
]

US = "(current ip: 203.0.113.7 and current area: US)"
IP = "203.0.113.7"
SHAPES = {"bybit": ("retCode", "retMsg"), "gate": ("label", "message"), "kraken": ("error", "msg")}
ERRORS = [
    ("kucoin", "400001", "Please check the header of your request", Reason.INVALID_KEY, None),
    ("kucoin", "400002", "Invalid KC-API-TIMESTAMP", Reason.CLOCK_SKEW, None),
    ("kucoin", "400003", "KC-API-KEY not exists", Reason.INVALID_KEY, None),
    ("kucoin", "400004", "Invalid KC-API-PASSPHRASE", Reason.INVALID_PASSPHRASE, None),
    ("kucoin", "400005", "Invalid KC-API-SIGN", Reason.INVALID_SIGNATURE, None),
    (
        "kucoin",
        "400006",
        f"Invalid request ip, the current clientIp is:{IP}",
        Reason.IP_NOT_ALLOWED,
        IP,
    ),
    ("kucoin", "400006", "Invalid request ip", Reason.IP_NOT_ALLOWED, None),
    ("kucoin", "400006", "the current clientIp is:999.1", Reason.IP_NOT_ALLOWED, None),
    (
        "kucoin",
        "400007",
        "Access denied, require more permission.",
        Reason.NO_READ_PERMISSION,
        None,
    ),
    ("kucoin", "400007", "Invalid KC-API-KEY-VERSION", Reason.INVALID_KEY, None),
    (
        "kucoin",
        "400302",
        f"Our services are currently unavailable {US}",
        Reason.REGION_RESTRICTED,
        IP,
    ),
    ("kucoin", "400303", "", Reason.ACCOUNT_SUSPENDED, None),
    ("kucoin", "400500", "Your located country/region", Reason.REGION_RESTRICTED, None),
    ("kucoin", "411100", "User are frozen", Reason.ACCOUNT_SUSPENDED, None),
    ("kucoin", "429000", "Too Many Requests", Reason.RATE_LIMITED, None),
    ("kucoin", "200002", "", Reason.RATE_LIMITED, None),
    ("kucoin", "500000", "Internal Server Error", Reason.EXCHANGE_UNAVAILABLE, None),
    ("kucoin", "112010", "Invalid Unified Account user.", None, None),
    ("mexc", 400, "api key required", Reason.INVALID_KEY, None),
    ("mexc", 400, "The start time cannot be earlier than 90 days", None, None),
    ("mexc", 10072, "Api key info invalid", Reason.INVALID_KEY, None),
    ("mexc", 700001, "API-key format invalid.", Reason.INVALID_KEY, None),
    ("mexc", 700002, "Signature for this request is not valid.", Reason.INVALID_SIGNATURE, None),
    ("mexc", 700003, "Timestamp for this request is outside", Reason.CLOCK_SKEW, None),
    ("mexc", 700005, "", Reason.UNEXPECTED_RESPONSE, None),
    ("mexc", 700006, f"IP [{IP}] not in the ip white list", Reason.IP_NOT_ALLOWED, IP),
    ("mexc", 700007, "No permission to access the endpoint.", Reason.NO_READ_PERMISSION, None),
    ("mexc", 730706, "API KEY information does not exist", Reason.INVALID_KEY, None),
    ("mexc", 730707, "accessKey null", Reason.UNEXPECTED_RESPONSE, None),
    ("mexc", 429, "Too Many Requests", Reason.RATE_LIMITED, None),
    ("mexc", 418, "", Reason.RATE_LIMITED, None),
    ("mexc", 403, "Access Denied", Reason.EXCHANGE_UNAVAILABLE, None),
    ("mexc", 500, "Under maintenance, please try again later", Reason.MAINTENANCE, None),
    ("mexc", 500, "", Reason.EXCHANGE_UNAVAILABLE, None),
    ("mexc", 503, "service not available, please try again", Reason.EXCHANGE_UNAVAILABLE, None),
    ("mexc", 504, "", Reason.EXCHANGE_UNAVAILABLE, None),
    ("mexc", 60005, "your account is abnormal", Reason.ACCOUNT_SUSPENDED, None),
    ("mexc", 70011, "Pair user ban trade apikey.", Reason.UNVERIFIABLE, None),
    ("mexc", 10007, "symbol not support api", Reason.UNVERIFIABLE, None),
    ("mexc", 30020, "no permission for the symbol", Reason.UNVERIFIABLE, None),
    ("mexc", 401, "Unauthorized", Reason.INVALID_KEY, None),
    ("mexc", 402, "Api_key expired", Reason.KEY_EXPIRED, None),
    ("mexc", 406, "IP not in whitelist", Reason.IP_NOT_ALLOWED, None),
    ("mexc", 510, "too frequent", Reason.RATE_LIMITED, None),
    ("mexc", 513, "bad Request-Time", Reason.CLOCK_SKEW, None),
    ("mexc", 602, "bad sign", Reason.INVALID_SIGNATURE, None),
    ("mexc", 701, "missing account-read", Reason.NO_READ_PERMISSION, None),
    ("mexc", 702, "missing account-modify", Reason.NO_FUTURES_PERMISSION, None),
    ("mexc", 703, "missing trade-read", Reason.NO_READ_PERMISSION, None),
    ("mexc", 704, "missing trade-write", Reason.NO_FUTURES_PERMISSION, None),
]


def said(exchange, code, text):
    """An error body, in the exchange's own shape."""
    code_field, text_field = SHAPES.get(exchange, ("code", "msg"))
    return {code_field: code, text_field: text}


def reason_of(row, refusal):
    """The meaning of the tables: phrases before codes."""
    for code, words, reason in row.refusals.phrases:
        if code in {"", refusal.code} and words.casefold() in refusal.text.casefold():
            return reason
    return row.refusals.codes.get(refusal.code)


@pytest.mark.parametrize(("exchange", "code", "text", "reason", "address"), ERRORS)
def test_an_error_of_the_sheet_has_its_reason(exchange, code, text, reason, address):
    row = EXCHANGES[exchange]
    refusal = row.refusals.read(said(exchange, code, text))
    assert refusal == Refusal(str(code), text)
    assert reason_of(row, refusal) == reason
    assert row.refusals.address(text) == address


@pytest.mark.parametrize(("exchange", "body", "reason", "address"), BODIES)
def test_an_error_body_of_the_sheet_has_its_reason(exchange, body, reason, address):
    row = EXCHANGES[exchange]
    refusal = row.refusals.read(body)
    assert reason_of(row, refusal) == reason
    assert row.refusals.address(refusal.text) == address


@pytest.mark.parametrize("row", EXCHANGES.values(), ids=lambda r: r.id)
def test_every_code_of_a_row_stands_in_these_lists_of_errors(row):
    listed = {str(code) for exchange, code, *_ in ERRORS if exchange == row.id}
    listed |= {row.refusals.read(body).code for exchange, body, *_ in BODIES if exchange == row.id}
    assert set(row.refusals.codes) <= listed


@pytest.mark.parametrize("row", EXCHANGES.values(), ids=lambda r: r.id)
@pytest.mark.parametrize("body", [None, [], "text", 7, {}, {"msg": "no code"}])
def test_a_body_without_a_code_is_no_refusal(row, body):
    assert row.refusals.read(body) is None


def test_an_answer_that_is_well_is_no_refusal():
    assert EXCHANGES["kucoin"].refusals.read({"code": "200000", "data": {}}) is None
    for code in (0, 200, "0", "200"):
        assert EXCHANGES["mexc"].refusals.read({"code": code}) is None


@pytest.mark.parametrize("row", EXCHANGES.values(), ids=lambda r: r.id)
@pytest.mark.parametrize("code", ["<b>", None, True, 1.5, ["1"], "1" * 11, "SENTINEL"])
def test_a_code_that_is_no_number_is_a_refusal_without_a_code(row, code):
    assert row.refusals.read(said(row.id, code, 7)) == Refusal("", "")


def test_mexc_s_maintenance_body_calls_its_text_message():
    body = {"code": 500, "message": "Under maintenance", "announcement": "https://www.mexc.com"}
    assert EXCHANGES["mexc"].refusals.read(body) == Refusal("500", "Under maintenance")
