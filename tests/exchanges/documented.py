"""For the laws: bodies that are nearly documented ones, and when they deny a withdrawal."""

from hypothesis import strategies as st

ODD = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=8) | st.just([])
WORDS = [
    *("General", "Spot", "Transfer", "Withdrawal", "InnerTransfer", "Unified", "Payout"),
    *("SPOT_ACCOUNT_READ", "SPOT_DEAL_READ", "SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W"),
]


def listed(words):
    return st.lists(st.sampled_from(words) | st.text(max_size=8), min_size=1).map(",".join)


def words_of(body, field):
    return {word.strip() for word in body[field].split(",")}


KUCOIN = st.fixed_dictionaries(
    {"code": st.just("200000")},
    optional={
        "data": st.fixed_dictionaries(
            {},
            optional={
                "permission": listed(WORDS) | ODD,
                "ipWhitelist": ODD,
                "createdAt": ODD,
                "isMaster": ODD,
                "subName": ODD,
            },
        )
    },
)
MEXC = st.fixed_dictionaries(
    {"status": st.just("VALID")},
    optional={
        "permissions": listed(WORDS) | ODD,
        "ipWhiteList": ODD,
        "createTime": ODD | st.datetimes().map(str),
        "remainingValidity": ODD,
        "canWithdraw": st.booleans(),
    },
)
BINANCE = st.fixed_dictionaries(
    {"ipRestrict": st.booleans(), "enableReading": st.booleans()},
    optional=dict.fromkeys(
        [
            *("enableWithdrawals", "enableSpotAndMarginTrading", "enableMargin", "enablePayouts"),
            *("enablePortfolioMarginTrading", "enableFutures", "permitsUniversalTransfer"),
        ],
        st.booleans() | ODD,
    ),
)

OKX = st.fixed_dictionaries(
    {
        "code": st.just("0"),
        "data": st.lists(
            st.fixed_dictionaries(
                {"perm": listed(["read_only", "trade", "withdraw", "payout"]) | ODD},
                optional={
                    "acctLv": st.sampled_from(["1", "2", "3", "4", "5"]) | ODD,
                    "ip": ODD | st.just("203.0.113.7,198.51.100.0/24"),
                    "uid": ODD,
                    "mainUid": ODD,
                },
            ),
            max_size=2,
        ),
    }
)


def kucoin_says_no(body):
    return words_of(body["data"], "permission").isdisjoint({"Transfer", "Withdrawal", "Payout"})


def mexc_says_no(body):
    said = words_of(body, "permissions")
    return said.isdisjoint({"SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W", "Payout"})


def binance_says_no(body):
    return body["enableWithdrawals"] is False and body.get("enablePayouts", False) is False


def okx_says_no(body):
    return words_of(body["data"][0], "perm") <= {"read_only", "trade"}


NEARLY = {"kucoin": KUCOIN, "mexc": MEXC, "binance": BINANCE, "okx": OKX}
SAYS_NO = {
    "kucoin": kucoin_says_no,
    "mexc": mexc_says_no,
    "binance": binance_says_no,
    "okx": okx_says_no,
}
