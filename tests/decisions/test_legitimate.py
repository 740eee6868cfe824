"""No honest account is ever called robbed, and one that is robbed always is."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES
from decisions.legitimate import STRANGE, WIRES, Account, alarms, worth


@settings(max_examples=500)
@given(st.integers(0, 2**32))
def test_an_honest_history_raises_no_alarm(seed):
    assert alarms(seed) == []


@given(st.integers(0, 2**32), st.sampled_from(sorted(WIRES)), st.sampled_from(STRANGE))
def test_the_same_account_robbed_at_any_time_raises_one(seed, exchange, coin):
    draw = Random(seed)  # noqa: S311 # a history, not a secret
    account = Account(draw, exchange).start()
    assert coin not in EXCHANGES[exchange].fee_assets
    account.trade()
    account.seen = None
    while account.seen is None or account.seen.assets is None:
        assert account.probe() == []
    account.held[coin] = 0.8 * 2_000 / worth(coin)
    before = account.seen
    while account.seen.assets is before.assets:  # a probe may get no answer
        told = account.probe()
    assert coin in "".join(told)
