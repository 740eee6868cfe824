"""Near misses of what Gate.io documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import ODD, bare

WORDS = ["spot", "wallet", "margin", "withdraw", "payout"]
FIELDS = [
    *("label", "message", "key", "state", "perms", "name", "read_only", "server_time", "currency"),
    *("available", "locked"),
]
NEARLY = st.fixed_dictionaries({"user_id": st.just(1)}, optional={"ip_whitelist": ODD})
PERMISSION = st.fixed_dictionaries(
    {"name": st.sampled_from(WORDS) | ODD}, optional={"read_only": st.booleans() | ODD}
)
KEY = st.fixed_dictionaries(
    {"key": st.sampled_from(["c5dcfbf1f3a7*****", "*****"]) | ODD},
    optional={
        "perms": st.lists(PERMISSION, max_size=4) | ODD,
        "state": st.just(1) | ODD,
        "created_at": st.just(1753897991) | ODD,
    },
)
KEYS = st.lists(KEY, max_size=3) | KEY
wrapped = bare


def says_no(_body):
    """The name of the right to withdraw is not documented: its absence is no answer."""
    return False
