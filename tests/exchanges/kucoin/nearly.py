"""Near misses of what KuCoin documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import ODD, listed, mostly, words_of

WORDS = ["General", "Spot", "Transfer", "Withdrawal", "InnerTransfer", "Unified", "Payout"]
FIELDS = [
    *("code", "data", "msg", "permission", "ipWhitelist", "createdAt", "isMaster", "subName"),
    "balance",
]
NEARLY = st.fixed_dictionaries(
    {"code": st.just("200000")},
    optional={
        "data": st.fixed_dictionaries(
            {},
            optional={
                "permission": listed(WORDS) | ODD,
                "ipWhitelist": ODD,
                "createdAt": mostly(st.none()),
                "isMaster": mostly(st.booleans()),
                "subName": ODD,
            },
        )
    },
)


def wrapped(body):
    return {"code": "200000", "data": body}


def says_no(body):
    return words_of(body["data"], "permission").isdisjoint({"Transfer", "Withdrawal", "Payout"})
