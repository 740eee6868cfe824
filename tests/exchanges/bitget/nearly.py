"""Near misses of what Bitget documents of a key, for both of its kinds of account."""

from hypothesis import strategies as st

from exchanges.bodies import ODD

FIELDS = [
    "code",
    "data",
    "requestTime",
    "available",
    "frozen",
    "locked",
    "balance",
    "assets",
    "list",
]
AUTHORITIES = ["stow", "stor", "wwow", "coow", "wtow", "readonly", "trade", "withdraw", "fiaw"]
UNIFIED_WORDS = ["uta_trade", "uta_mgt", "withdraw", "copy_futures_order", "uta_payout"]
DOCUMENTED = {
    *("coor", "coow", "cpor", "cpow", "stor", "stow", "smor", "smow", "ttor", "ttow", "wtor"),
    *("wtow", "taxr", "taxw", "chor", "chow", "p2p", "p2pr", "p2pw", "pllr", "pllw"),
}
"""Words of the documents, less the one that lets a key withdraw."""
DOCUMENTED_OF_UNIFIED = {
    *("uta_trade", "uta_mgt", "copy_futures_order", "copy_futures_position"),
}
WORDS = [*AUTHORITIES, *UNIFIED_WORDS]


def body_of(field, words, **more):
    listed = st.lists(st.sampled_from(words) | st.text(max_size=6), max_size=6) | ODD
    data = st.fixed_dictionaries({}, optional={field: listed, "ips": ODD, **more})
    return st.fixed_dictionaries({"code": st.just("00000")}, optional={"data": data})


NEARLY = body_of("authorities", AUTHORITIES)
UNIFIED = body_of(
    "permissions",
    UNIFIED_WORDS,
    permType=st.sampled_from(["read-only", "read-and-write", "read_write", "full", "uta_mgt"])
    | ODD,
    parentId=ODD,
)


def wrapped(body):
    return {"code": "00000", "data": body}


def says_no(body):
    """Older words say nothing of withdrawals, and nobody knows what a stranger says."""
    words = _words(body["data"]["authorities"])
    return words and words <= DOCUMENTED


def unified_says_no(body):
    data = body["data"]
    known = _words(data["permissions"]) <= DOCUMENTED_OF_UNIFIED
    kind = str(data["permType"]).strip().replace("-", "_")
    return known and kind in {"read_only", "read_and_write", "read_write"}


def _words(told):
    """A list, or text with commas between; hyphens and underscores are the same."""
    items = told.split(",") if isinstance(told, str) else told
    return {item.strip().replace("-", "_") for item in items} - {""}


INSTEAD = {"40085": (UNIFIED, unified_says_no)}
