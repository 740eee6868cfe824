"""Near misses of what OKX documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import mostly, words_of

WORDS = ["read_only", "trade", "withdraw", "payout"]
FIELDS = ["code", "data", "details", "cashBal", "ts"]
PERM = st.lists(st.sampled_from(WORDS), min_size=1).map(",".join)
NEARLY = st.fixed_dictionaries(
    {
        "code": st.just("0"),
        "data": st.lists(
            st.fixed_dictionaries(
                {"perm": mostly(PERM)},
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


def wrapped(body):
    return {"code": "0", "data": [body]}


def says_no(body):
    return words_of(body["data"][0], "perm") <= {"read_only", "trade"}
