"""Near misses of what BingX documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import ODD, flags

WORDS = []
FIELDS = [
    "code",
    "data",
    "msg",
    "timestamp",
    "serverTime",
    "balances",
    "asset",
    "free",
    "locked",
    "orders",
]
FLAGS = flags(
    *("ipRestrict", "enableReading", "enableSpotAndMarginTrading", "enableWithdrawals"),
    *("enableInternalTransfer", "enableFutures", "permitsUniversalTransfer", "enablePayouts"),
)
NUMBERS = st.lists(st.integers(0, 9) | st.sampled_from(["5", "2", "x", True]), max_size=6)
KEY = st.fixed_dictionaries(
    {}, optional={"permissions": NUMBERS, "ipAddresses": ODD, "createTime": ODD}
) | st.fixed_dictionaries({}, optional=FLAGS | {"permissions": NUMBERS | ODD})
NEARLY = KEY | st.fixed_dictionaries({"code": st.just(0), "data": KEY})


def wrapped(body):
    return {"code": 0, "data": body}


def says_no(body):
    data = body["data"] if "code" in body else body  # with its envelope, or without
    told = data.get("permissions", ())
    items = told.split(",") if isinstance(told, str) else told
    numbers = {str(item).strip() for item in items} - {""}
    no = str(data.get("enableWithdrawals")).strip().lower() in {"0", "0.0", "false"}
    if not numbers:
        return no
    known = numbers <= {"1", "2", "3", "4", "7"} and data.get("enablePayouts") is not True
    return known and (no or "enableWithdrawals" not in data)
