"""For the laws: bodies that are nearly what BingX, Coinbase and HTX document of a key."""

from hypothesis import strategies as st

FIELDS = [
    *("orders", "accounts", "available_balance", "hold", "value", "has_next", "epochMillis"),
    *("ok", "timestamp", "asset"),
]
ODD = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=8) | st.just([])


def flags(*names):
    return dict.fromkeys(names, st.booleans() | ODD)


def data_of(body):
    """What is in the envelope, where there is one."""
    return body["data"] if "code" in body else body


BINGX_FLAGS = flags(
    *("ipRestrict", "enableReading", "enableSpotAndMarginTrading", "enableWithdrawals"),
    *("enableInternalTransfer", "enableFutures", "permitsUniversalTransfer", "enablePayouts"),
)
BINGX_NUMBERS = st.lists(st.integers(0, 9) | st.sampled_from(["5", "2", "x", True]), max_size=6)
BINGX = st.fixed_dictionaries(
    {}, optional={"permissions": BINGX_NUMBERS, "ipAddresses": ODD, "createTime": ODD}
)
BINGX |= st.fixed_dictionaries({}, optional=BINGX_FLAGS | {"permissions": BINGX_NUMBERS | ODD})
BINGX |= st.fixed_dictionaries({"code": st.just(0), "data": BINGX})


def bingx_says_no(body):
    data = data_of(body)
    numbers = {str(number) for number in data.get("permissions", ())}
    told = numbers or data.get("enableWithdrawals") is False
    known = numbers <= {"1", "2", "3", "4", "7"} and data.get("enablePayouts") is not True
    return told and known and data.get("enableWithdrawals", False) is False


COINBASE = st.fixed_dictionaries(
    {"can_view": st.booleans(), "can_trade": st.booleans()},
    optional=flags("can_transfer", "can_receive", "can_pay_out", "portfolio_type"),
)


def coinbase_says_no(body):
    return body["can_transfer"] is False and body.get("can_pay_out") is not True


HTX_WORDS = st.lists(st.sampled_from(["readOnly", "trade", "withdraw", "payout", " trade"]))
HTX_KEY = st.fixed_dictionaries(
    {"status": st.just("normal"), "permission": HTX_WORDS.map(",".join) | ODD},
    optional=dict.fromkeys(("ipAddresses", "validDays", "createTime", "updateTime"), ODD),
)
HTX = st.fixed_dictionaries({"code": st.just(200), "data": st.lists(HTX_KEY, max_size=2)})


def htx_says_no(body):
    (key,) = body["data"]
    return {word.strip() for word in key["permission"].split(",")} <= {"readOnly", "trade"}


NEARLY = {"bingx": BINGX, "coinbase": COINBASE, "htx": HTX}
SAYS_NO = {"bingx": bingx_says_no, "coinbase": coinbase_says_no, "htx": htx_says_no}
