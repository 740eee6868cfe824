"""Near misses of what MEXC documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import ODD, bare, listed, words_of

WORDS = ["SPOT_ACCOUNT_READ", "SPOT_DEAL_READ", "SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W", "VALID"]
FIELDS = [
    *("status", "permissions", "ipWhiteList", "createTime", "remainingValidity", "balances"),
    *("free", "locked", "serverTime", "msg", "message", "canWithdraw", "canTrade"),
]
NEARLY = st.fixed_dictionaries(
    {"status": st.just("VALID")},
    optional={
        "permissions": listed([*WORDS, "Payout"]) | ODD,
        "ipWhiteList": ODD,
        "createTime": ODD | st.datetimes().map(str),
        "remainingValidity": ODD,
        "canWithdraw": st.booleans(),
    },
)
wrapped = bare


def says_no(body):
    said = words_of(body, "permissions")
    return said.isdisjoint({"SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W", "Payout"})
