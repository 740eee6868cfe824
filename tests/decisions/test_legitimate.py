"""No honest account is ever called robbed, and one that is robbed always is."""

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Orders
from bf_reconciler.status import NO_VERDICTS, judged_again, judgements
from bf_reconciler.status.judgements import outcome
from decisions.legitimate import STEPS, alarms, an_account, live
from decisions.test_judgements import as_filed, read_back
from decisions.wires import STRANGE, worth

SEEDS = st.integers(0, 2**32)


def a_thief(seed, steps, coin, *, buys):
    """One at an account that honest people have used for so many steps."""
    account = an_account(seed)
    for _ in live(account, steps):
        pass
    return Thief(account, coin, buys=buys)


@settings(max_examples=300)
@given(SEEDS)
def test_an_honest_history_raises_no_alarm(seed):
    assert alarms(seed) == []


class Thief:
    """Buys a coin that only he sells, or has an order for it, and keeps it so."""

    def __init__(self, account, coin, *, buys):
        self.account, self.coin, self.buys = account, coin, buys
        self.pair = f"{coin}/USDT"
        assert not [each for row in EXCHANGES.values() for each in row.fee_assets & {coin}]

    def strike(self):
        if self.buys:
            self.account.held[self.coin] = 0.8 * 2_000 / worth(self.coin)
        else:
            self.account.orders |= {self.pair}

    def may(self):
        return self.account.may_hold(self.coin) or self.account.may_order(self.pair)

    def is_seen(self):
        """Whether the last probe got the answer that has it."""
        seen = self.account.judged[1][self.account.name].latest
        return isinstance(seen.balance, Balance) if self.buys else isinstance(seen.orders, Orders)


@settings(max_examples=300)
@given(SEEDS, st.integers(0, STEPS), st.sampled_from(STRANGE), st.booleans())
def test_an_account_robbed_at_any_time_raises_one_with_the_first_answer(seed, steps, coin, buys):
    thief = a_thief(seed, steps, coin, buys=buys)
    account = thief.account
    assume(account.compared() and not thief.may())
    thief.strike()
    told = account.probe()
    while not thief.is_seen():
        told = account.probe()
    assert coin in "".join(told)


@settings(max_examples=150)
@given(SEEDS, st.integers(0, STEPS), st.sampled_from(STRANGE), st.booleans())
def test_nothing_that_honest_people_do_hides_a_thief(seed, steps, coin, buys):
    thief = a_thief(seed, steps, coin, buys=buys)
    account = thief.account
    for _ in live(account, STEPS):
        thief.strike()
        told = account.probe()
        if account.compared() and not thief.may() and thief.is_seen():
            event("told")
            assert coin in "".join(told)
            assert coin in "".join(account.look())


@settings(max_examples=50)
@given(SEEDS, st.booleans())
def test_every_moment_of_a_history_is_judged_again_as_it_was(seed, robbed):
    account = an_account(seed)
    for _ in live(account, STEPS):
        if robbed:
            Thief(account, "SQUID", buys=True).strike()
        spec, seen, known, verdicts = account.judged
        for each in judgements(
            as_filed(spec), ({}, NO_VERDICTS), (seen, verdicts), account.now, None, known
        ):
            assert each.outcome == outcome(verdicts.connections[account.name])
            assert judged_again(read_back(each)) == each.outcome
