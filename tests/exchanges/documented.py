"""For the laws: bodies that are nearly documented ones, and when they deny a withdrawal."""

from hypothesis import strategies as st

ODD = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=8) | st.just([])
WORDS = [
    *("General", "Spot", "Transfer", "Withdrawal", "InnerTransfer", "Unified", "Payout"),
    *("SPOT_ACCOUNT_READ", "SPOT_DEAL_READ", "SPOT_WITHDRAW_WRITE", "SPOT_WITHDRAW_W"),
]


def mostly(good):
    """What is documented, and one time in ten something else."""
    return st.integers(0, 9).flatmap(lambda dice: good if dice else ODD)


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
                "createdAt": mostly(st.none()),
                "isMaster": mostly(st.booleans()),
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
        mostly(st.booleans()),
    ),
)

OKX_PERM = st.lists(st.sampled_from(["read_only", "trade", "withdraw", "payout"]), min_size=1).map(
    ",".join
)
OKX = st.fixed_dictionaries(
    {
        "code": st.just("0"),
        "data": st.lists(
            st.fixed_dictionaries(
                {"perm": mostly(OKX_PERM)},
                optional={
                    "acctLv": mostly(st.sampled_from(["1", "2", "3", "4", "5"])),
                    "ip": mostly(st.just("203.0.113.7,198.51.100.0/24")),
                    "uid": mostly(st.just("5")),
                    "mainUid": mostly(st.just("5")),
                },
            ),
            min_size=1,
            max_size=1,
        ),
    }
)

BYBIT_WALLET = ["AccountTransfer", "SubMemberTransfer", "Withdraw", "Payout"]
BYBIT = st.fixed_dictionaries(
    {
        "retCode": st.just(0),
        "result": st.fixed_dictionaries(
            {
                "readOnly": mostly(st.sampled_from([0, 1])),
                "permissions": st.fixed_dictionaries(
                    {},
                    optional={
                        "Wallet": mostly(st.lists(st.sampled_from(BYBIT_WALLET), max_size=3)),
                        "Spot": mostly(st.just(["SpotTrade"])),
                        "ContractTrade": mostly(st.just(["Order", "Position"])),
                        "Payouts": mostly(st.just([])),
                    },
                ),
            },
            optional={
                "ips": mostly(st.just(["*"])),
                "expiredAt": mostly(st.datetimes().map(lambda at: f"{at.isoformat()}Z")),
                "createdAt": mostly(st.none()),
                "isMaster": mostly(st.booleans()),
            },
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


def bybit_says_no(body):
    wallet = body["result"]["permissions"]["Wallet"]
    return set(wallet) <= {"AccountTransfer", "SubMemberTransfer"}


NEARLY = {"kucoin": KUCOIN, "mexc": MEXC, "binance": BINANCE, "okx": OKX, "bybit": BYBIT}
SAYS_NO = {
    "kucoin": kucoin_says_no,
    "mexc": mexc_says_no,
    "binance": binance_says_no,
    "okx": okx_says_no,
    "bybit": bybit_says_no,
}
