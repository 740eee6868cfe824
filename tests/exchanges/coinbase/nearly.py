"""Near misses of what Coinbase documents of a key."""

from hypothesis import strategies as st

from exchanges.bodies import bare, flags

WORDS = []
FIELDS = ["orders", "accounts", "available_balance", "hold", "value", "has_next", "epochMillis"]
NEARLY = st.fixed_dictionaries(
    {"can_view": st.booleans(), "can_trade": st.booleans()},
    optional=flags("can_transfer", "can_receive", "can_pay_out", "portfolio_type"),
)
wrapped = bare


def says_no(body):
    return str(body["can_transfer"]).strip().lower() in {"0", "0.0", "false"}
