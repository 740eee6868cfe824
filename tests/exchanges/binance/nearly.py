"""Near misses of what Binance documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import bare, mostly

WORDS = []
FIELDS = ["balances", "free", "locked", "serverTime", "code", "msg"]
NEARLY = st.fixed_dictionaries(
    {"ipRestrict": st.booleans(), "enableReading": st.booleans()},
    optional=dict.fromkeys(
        [
            *("enableWithdrawals", "enableSpotAndMarginTrading", "enableMargin", "enablePayouts"),
            *("enablePortfolioMarginTrading", "enableFutures", "permitsUniversalTransfer"),
        ],
        mostly(st.booleans()),
    ),
)
wrapped = bare


def says_no(body):
    return str(body["enableWithdrawals"]).strip().lower() in {"false", "0"}
