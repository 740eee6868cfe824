"""Near misses of what Bybit documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import mostly, words_of

WORDS = ["AccountTransfer", "SubMemberTransfer", "Withdraw", "Payout"]
FIELDS = ["retCode", "retMsg", "result", "list", "coin", "walletBalance", "time"]
NEARLY = st.fixed_dictionaries(
    {
        "retCode": st.just(0),
        "result": st.fixed_dictionaries(
            {
                "readOnly": mostly(st.sampled_from([0, 1])),
                "permissions": st.fixed_dictionaries(
                    {},
                    optional={
                        "Wallet": mostly(st.lists(st.sampled_from(WORDS), max_size=3)),
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


def wrapped(body):
    return {"retCode": 0, "result": body}


def says_no(body):
    wallet = words_of(body["result"]["permissions"], "Wallet")
    return wallet <= {"AccountTransfer", "SubMemberTransfer", "SubMemberTransferList"}
