"""For the laws: bodies that are nearly what Bitget, Gate.io and Kraken document of a key."""

from hypothesis import strategies as st

ODD = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=8) | st.just([])
FIELDS = [
    *("available", "frozen", "locked", "balance", "assets", "list", "requestTime"),
    *("unixtime", "open"),
    *("label", "key", "state", "perms", "name", "read_only", "server_time", "currency"),
]
AUTHORITIES = ["stow", "stor", "wwow", "coow", "wtow", "readonly", "trade", "withdraw", "fiaw"]
UNIFIED_WORDS = ["uta_trade", "uta_mgt", "withdraw", "copy_futures_order", "uta_payout"]


def of_bitget(field, words, **more):
    listed = st.lists(st.sampled_from(words) | st.text(max_size=6), max_size=6) | ODD
    data = st.fixed_dictionaries({}, optional={field: listed, "ips": ODD, **more})
    return st.fixed_dictionaries({"code": st.just("00000")}, optional={"data": data})


BITGET = of_bitget("authorities", AUTHORITIES)
UNIFIED = of_bitget(
    "permissions",
    UNIFIED_WORDS,
    permType=st.sampled_from(["read-only", "read-and-write", "read_write"]) | ODD,
    parentId=ODD,
)


def bitget_says_no(body):
    """Older words say nothing of withdrawals, and nobody knows what a stranger says."""
    words = set(body["data"]["authorities"])
    return words and words <= {"stow", "stor", "coow", "wtow"}


def unified_says_no(body):
    data = body["data"]
    known = set(data["permissions"]) <= {"uta_trade", "uta_mgt", "copy_futures_order"}
    return known and data["permType"] in {"read-only", "read-and-write"}


GATE = st.fixed_dictionaries({"user_id": st.just(1)}, optional={"ip_whitelist": ODD})
GATE_PERMISSION = st.fixed_dictionaries(
    {"name": st.sampled_from(["spot", "wallet", "margin", "withdraw", "payout"]) | ODD},
    optional={"read_only": st.booleans() | ODD},
)
GATE_KEY = st.fixed_dictionaries(
    {"key": st.sampled_from(["c5dcfbf1f3a7*****", "*****"]) | ODD},
    optional={
        "perms": st.lists(GATE_PERMISSION, max_size=4) | ODD,
        "state": st.just(1) | ODD,
        "created_at": st.just(1753897991) | ODD,
    },
)
GATE_KEYS = st.lists(GATE_KEY, max_size=3) | GATE_KEY


def gate_says_no(_body):
    """The name of the right to withdraw is not documented: its absence is no answer."""
    return False


KRAKEN_HARMLESS = [
    *("query-funds", "query-open-trades", "query-closed-trades", "query-ledger", "export-data"),
    *("modify-trades", "close-trades", "add-funds", "earn-funds", "create-ws-token"),
]
KRAKEN_WORDS = [*KRAKEN_HARMLESS, "withdraw-funds", "add-withdraw-address", "pay-out"]
KRAKEN_KEY = st.fixed_dictionaries(
    {
        "permissions": st.lists(st.sampled_from(KRAKEN_WORDS) | st.text(max_size=6), max_size=6)
        | st.lists(st.sampled_from(KRAKEN_HARMLESS), max_size=4)
        | ODD
    },
    optional={
        "ipAllowlist": st.just(["203.0.113.7"]) | ODD,
        "createdTime": st.just("1772542900") | ODD,
        "validUntil": st.just("0") | ODD,
    },
)
KRAKEN = st.fixed_dictionaries(
    {"error": st.just([]) | st.just(["WGeneral:Danger"]) | ODD}, optional={"result": KRAKEN_KEY}
)


def kraken_says_no(body):
    words = set(body["result"]["permissions"])
    return words and words <= set(KRAKEN_HARMLESS)


NEARLY = {"bitget": BITGET, "bitget-40085": UNIFIED, "gate": GATE, "kraken": KRAKEN}
SAYS_NO = {
    "bitget": bitget_says_no,
    "bitget-40085": unified_says_no,
    "gate": gate_says_no,
    "kraken": kraken_says_no,
}
