"""Near misses of what HTX documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import ODD, words_of

WORDS = ["readOnly", "trade", "withdraw", "payout", " trade"]
FIELDS = ["code", "data", "status", "ok", "timestamp", "balance"]
KEY = st.fixed_dictionaries(
    {
        "status": st.just("normal"),
        "permission": st.lists(st.sampled_from(WORDS)).map(",".join) | ODD,
    },
    optional=dict.fromkeys(("ipAddresses", "validDays", "createTime", "updateTime"), ODD),
)
NEARLY = st.fixed_dictionaries({"code": st.just(200), "data": st.lists(KEY, max_size=2)})


def wrapped(body):
    return {"code": 200, "data": body}


def says_no(body):
    (key,) = body["data"]
    return words_of(key, "permission") <= {"readOnly", "trade"}
