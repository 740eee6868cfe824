"""Near misses of what Kraken documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import ODD

HARMLESS = [
    *("query-funds", "query-open-trades", "query-closed-trades", "query-ledger", "export-data"),
    *("modify-trades", "close-trades", "add-funds", "earn-funds", "create-ws-token"),
]
WORDS = [*HARMLESS, "withdraw-funds", "add-withdraw-address", "pay-out"]
FIELDS = ["error", "result", "unixtime", "open"]
KEY = st.fixed_dictionaries(
    {
        "permissions": st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=6)
        | st.lists(st.sampled_from(HARMLESS), max_size=4)
        | ODD
    },
    optional={
        "ipAllowlist": st.just(["203.0.113.7"]) | ODD,
        "createdTime": st.just("1772542900") | ODD,
        "validUntil": st.just("0") | ODD,
    },
)
NEARLY = st.fixed_dictionaries(
    {"error": st.just([]) | st.just(["WGeneral:Danger"]) | ODD}, optional={"result": KEY}
)


def wrapped(body):
    return {"error": [], "result": body}


def says_no(body):
    told = body["result"]["permissions"]
    words = {word.strip() for word in (told.split(",") if isinstance(told, str) else told)} - {""}
    return words and words <= set(HARMLESS)
