"""Theft by trading: assets held and pairs of orders against what strategies declare."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Balance, Orders, Reason, Seen, Traded, remember
from bf_reconciler.facts.observations import LATELY
from bf_reconciler.journal import rows
from bf_reconciler.policy import ConditionType, expected
from bf_reconciler.spec import Expect
from bf_reconciler.status import ConnectionStatus, Status, fold, parted
from bf_reconciler.status.traded import MOST_PARTED
from bf_reconciler.verdict import ConnectionState, account_of, judge
from build import (
    CONNECTION,
    DAY,
    MINUTE,
    NOW,
    a_connection,
    a_failure,
    a_seen,
    a_spec,
    a_strategy,
    an_observation,
    an_outage,
)

ASSETS, ORDERS = ConditionType.ASSETS_EXPECTED, ConditionType.ORDERS_EXPECTED
Online, Degraded, Blocked = (
    ConnectionState.ONLINE,
    ConnectionState.DEGRADED,
    ConnectionState.BLOCKED,
)


def holding(*assets, orders=(), at=NOW, **answers):
    told = {
        "balance": Balance(empty=not assets, assets=frozenset(assets)),
        "orders": Orders(frozenset(orders)),
    }
    return an_observation(at, **told | answers)


def verdict(*observations, spec=None, now=NOW, traded=None, restored=False, **connection):
    """What is judged of a connection, whose strategy trades BTC/USDT unless ``spec`` says else."""
    spec = spec or a_spec([a_connection(**connection)])
    seen = {CONNECTION: a_seen(*observations, restored=restored)}
    known = {CONNECTION: Remembered(traded)} if traded else {}
    return judge(spec, seen, None, now, known=known).connections[CONNECTION]


class Remembered:
    def __init__(self, traded):
        self.traded = traded


def found(kind, *observations, **changes):
    """What one condition says: (status, reason)."""
    every = {finding.type: finding for finding in verdict(*observations, **changes).findings}
    return every[kind].status, every[kind].reason


FINE = ("True", Reason.CONNECTED)


@pytest.mark.parametrize(
    ("exchange", "asset", "fine"),
    [
        ("kucoin", "BTC", True),
        ("kucoin", "USDT", True),
        ("kucoin", "USDC", True),  # money, wherever it waits
        ("kucoin", "EUR", True),
        ("kucoin", "KCS", True),  # pays the fees there
        ("kucoin", "BNB", False),
        ("binance", "BNB", True),
        ("kucoin", "ETH", False),
        ("kucoin", "SQUID", False),
    ],
)
def test_an_asset_is_expected_where_a_strategy_trades_it_or_it_is_money_or_pays_fees(
    exchange, asset, fine
):
    strange = ("False", Reason.UNEXPECTED_ASSET)
    seen = holding("USDT", asset)
    assert found(ASSETS, seen, exchange=exchange) == (FINE if fine else strange)


@pytest.mark.parametrize(
    ("pair", "fine"),
    [
        ("BTC/USDT", True),
        ("USDC/USDT", True),  # the quote moves
        ("USDT/TRY", True),
        ("KCS/USDT", True),
        ("BTC/USDC", False),
        ("SQUID/USDT", False),
        ("SQUID/BTC", False),
    ],
)
def test_an_order_is_expected_in_a_declared_pair_and_between_kinds_of_money(pair, fine):
    strange = ("False", Reason.UNEXPECTED_ORDER)
    assert found(ORDERS, holding(orders=[pair])) == (FINE if fine else strange)


def test_a_symbol_that_was_split_at_the_wrong_place_is_the_pair_it_is():
    spec = a_spec(strategies=[a_strategy(pairs=["BAT/USD"])])
    assert found(ORDERS, holding(orders=["BA/TUSD"]), spec=spec) == FINE


def test_a_futures_pair_declares_its_spot_names_and_its_settlement():
    future = a_strategy(market="futures", pairs=["ETH/USD:ETC-301227"])
    spec = a_spec([a_connection(markets=["spot", "futures"])], [future])
    seen = holding("ETH", "ETC", orders=["ETH/USD"])
    assert found(ASSETS, seen, spec=spec) == FINE
    assert found(ORDERS, seen, spec=spec) == FINE


def test_it_warns_and_names_what_is_strange_but_no_amount():
    judged = verdict(holding("USDT", *(f"COIN{n}" for n in range(7)), orders=["SQUID/USDT"]))
    assert (judged.compliant, judged.state, judged.ready.reason) == (
        True,
        Degraded,
        Reason.UNEXPECTED_ASSET,
    )
    told = {finding.type: finding.message for finding in judged.findings}
    assert told[ASSETS] == (
        "The account holds assets that no strategy declares: COIN0, COIN1, COIN2, COIN3, COIN4"
        " and 2 more."
    )
    assert told[ORDERS].endswith("no strategy declares: SQUID/USDT.")


def test_a_theft_gives_the_reason_before_a_weaker_warning_does():
    judged = verdict(holding("SQUID"), ip_allowlist="recommended")
    assert judged.ready.reason is Reason.UNEXPECTED_ASSET


@pytest.mark.parametrize(
    ("policy", "own", "state"),
    [
        ("warn", None, Degraded),
        ("block", None, Blocked),
        ("ignore", None, Online),
        ("block", "warn", Degraded),
        ("warn", "block", Blocked),
        ("warn", "ignore", Online),
    ],
)
def test_policy_or_connection_say_what_it_does(policy, own, state):
    spec = a_spec([a_connection(unexpected_trading=own)], policy={"unexpected_trading": policy})
    judged = verdict(holding("SQUID"), spec=spec)
    assert judged.state is state
    strange = ("False", Reason.UNEXPECTED_ASSET)
    assert found(ASSETS, holding("SQUID"), spec=spec) == (FINE if state is Online else strange)
    assert "SQUID" in next(f.message for f in judged.findings if f.type is ASSETS)


@pytest.mark.parametrize(
    ("expect", "assets", "orders"),
    [
        ({"assets": ["SQUID"]}, True, False),
        ({"pairs": ["SQUID/USDT"]}, True, True),
        ({"pairs": ["SQUID/*"]}, True, True),
        ({"pairs": ["*/USDT"]}, True, True),
        ({"pairs": ["*/*"]}, True, True),
        ({"pairs": ["*/BTC"]}, True, False),
        ({"assets": []}, False, False),
    ],
)
def test_expect_widens(expect, assets, orders):
    seen = holding("SQUID", orders=["SQUID/USDT"])
    own = {"expect": Expect(**expect)}
    assert (found(ASSETS, seen, **own) == FINE) is assets
    assert (found(ORDERS, seen, **own) == FINE) is orders


def test_disabled_strategies_and_those_of_a_connection_with_the_same_key_count():
    twin = replace(a_connection("twin"), key_fingerprint="k")
    other = a_strategy("other", connection="twin", pairs=["ETH/USDT"], enabled=False)
    spec = a_spec(
        [replace(a_connection(), key_fingerprint="k"), twin], [a_strategy(enabled=False), other]
    )
    seen = holding("BTC", "ETH", orders=["BTC/USDT", "ETH/USDT"])
    assert found(ASSETS, seen, spec=spec) == found(ORDERS, seen, spec=spec) == FINE


def test_where_nobody_declares_anything_nothing_is_compared():
    seen, spec = holding("SQUID", orders=["SQUID/USDT"]), a_spec(strategies=[])
    not_compared = ("Unknown", Reason.UNVERIFIABLE)
    assert found(ASSETS, seen, spec=spec) == found(ORDERS, seen, spec=spec) == not_compared
    assert verdict(seen, spec=spec).state is Online
    spec = a_spec([a_connection(expect=Expect(assets=[]))], strategies=[])
    assert found(ASSETS, seen, spec=spec) == ("False", Reason.UNEXPECTED_ASSET)


def test_a_strategy_that_cannot_be_read_may_declare_anything():
    spec = a_spec(broken_strategies={"odd": CONNECTION})
    seen = holding("SQUID", orders=["SQUID/USDT"])
    unread = ("Unknown", Reason.ENTRY_INVALID)
    assert found(ASSETS, seen, spec=spec) == found(ORDERS, seen, spec=spec) == unread
    known = a_spec(broken_strategies={a_strategy().name: CONNECTION})  # its last good form counts
    assert found(ASSETS, seen, spec=known) == ("False", Reason.UNEXPECTED_ASSET)


def test_a_strategy_of_another_connection_with_the_same_key_may_declare_anything_too():
    twin = replace(a_connection("twin"), key_fingerprint="k")
    spec = a_spec(
        [replace(a_connection(), key_fingerprint="k"), twin], broken_strategies={"odd": "twin"}
    )
    assert found(ASSETS, holding("SQUID"), spec=spec) == ("Unknown", Reason.ENTRY_INVALID)


def test_what_an_exchange_never_tells_is_unknown_and_harmless():
    seen = an_observation()
    untold = ("Unknown", Reason.UNVERIFIABLE)
    assert found(ASSETS, seen) == found(ORDERS, seen) == untold
    assert verdict(seen).state is Online


def test_without_an_answer_what_was_known_last_stands():
    down = an_outage(NOW + MINUTE)
    assert found(ASSETS, down) == ("Unknown", Reason.TIMEOUT)
    assert found(ASSETS, holding("SQUID"), down) == ("False", Reason.UNEXPECTED_ASSET)
    assert verdict(holding("SQUID"), down, unexpected_trading="block").state is Blocked
    part = holding("SQUID", balance=a_failure(Reason.TIMEOUT), orders=["SQUID/USDT"])
    assert found(ASSETS, part) == ("Unknown", Reason.TIMEOUT)
    assert found(ORDERS, part) == ("False", Reason.UNEXPECTED_ORDER)


def test_what_is_gone_is_forgotten_after_as_many_answers_as_a_recovery_takes():
    gone = [holding("USDT", at=NOW + n * MINUTE) for n in range(1, 3)]
    strict = {"unexpected_trading": "block"}
    assert verdict(holding("SQUID"), **strict).state is Blocked
    assert verdict(holding("SQUID"), gone[0], **strict).state is Blocked
    assert verdict(holding("SQUID"), *gone, **strict).state is Online


def test_names_are_remembered_no_longer_than_a_policy_may_ask_and_do_not_make_probes_differ():
    seen = a_seen(holding("SQUID", orders=["A/B"]))
    for n in range(1, LATELY):
        seen = remember(seen, holding("USDT", at=NOW + n * MINUTE))
        assert seen.assets == {"USDT": 0, "SQUID": n}
        assert seen.pairs == {"A/B": n}
    last = remember(seen, holding("USDT"))
    assert last.assets == {"USDT": 0}
    assert last.pairs == {}
    assert len(last.runs) == 1
    assert remember(last, holding("USDT")).assets is last.assets
    other = remember(last, replace(holding("ETH"), entry="another key"))
    assert other.assets == {"ETH": 0}


# when it is compared


class Told:
    """A connection over time: each answer is compared with what is declared as it comes."""

    def __init__(self, spec=None, **connection):
        self.spec = spec or a_spec([a_connection(**connection)])
        self.seen, self.traded, self.now = None, None, NOW

    def declare(self, spec):
        self.traded = (self.traded or Traded(pairs_of(self.spec))).now(
            pairs_of(spec), self.now, spec.policy.winding_down
        )
        self.spec = spec
        return self

    def wait(self, time=MINUTE):
        self.now += time
        return self

    def answer(self, *assets, **told):
        seen, was = holding(*assets, at=self.wait().now, **told), Remembered(self.traded)
        entry = self.spec.connections[CONNECTION]
        self.seen = remember(self.seen, seen, account_of(self.spec, entry, was, self.now))
        return self

    def restart(self):
        self.seen = replace(rows.SEEN.read(rows.SEEN.write(self.seen)), restored=True)
        return self

    def verdict(self):
        known = {CONNECTION: Remembered(self.traded)}
        every = judge(self.spec, {CONNECTION: self.seen}, None, self.now, known=known)
        return every.connections[CONNECTION]

    def says(self, kind=ASSETS):
        every = {finding.type: finding for finding in self.verdict().findings}
        return every[kind].status, every[kind].reason


def pairs_of(spec):
    return spec.pairs.get(CONNECTION, frozenset())


def a_spec_of(*pairs, policy=None, broken=(), **connection):
    strategies = [a_strategy(pairs=pairs)] if pairs else []
    return a_spec(
        [a_connection(**connection)],
        strategies,
        policy=policy,
        broken_strategies=dict.fromkeys(broken, CONNECTION),
    )


STRANGE = ("False", Reason.UNEXPECTED_ASSET)
LATER = ("Unknown", Reason.NOT_PROBED)
TWO = a_spec_of("BTC/USDT", "ETH/USDT")
ONE = a_spec_of("BTC/USDT")


def test_what_was_expected_when_it_was_seen_never_becomes_strange_by_itself():
    told = Told(TWO).answer("ETH", orders=["ETH/USDT"]).declare(ONE)
    told.wait(29 * DAY).answer("ETH", orders=["ETH/USDT"]).wait(DAY - 3 * MINUTE)
    assert told.says() == told.says(ORDERS) == FINE
    told.answer("USDT")  # sold and taken back just in time
    told.wait(2 * MINUTE)
    assert told.says() == told.says(ORDERS) == FINE
    assert told.restart().says() == FINE


def test_what_is_still_held_when_it_is_expected_no_more_is_told_by_the_next_answer():
    told = Told(TWO).answer("ETH", orders=["ETH/USDT"]).declare(ONE).wait(30 * DAY)
    assert told.says() == told.says(ORDERS) == LATER
    assert told.restart().says() == LATER
    assert told.verdict().state is Online
    told.answer("ETH", orders=["ETH/USDT"])
    assert told.says() == STRANGE
    assert told.says(ORDERS) == ("False", Reason.UNEXPECTED_ORDER)
    assert told.restart().says() == STRANGE


@pytest.mark.parametrize("sold", [True, False])
def test_expect_may_be_narrowed_once_the_position_is_closed(sold):
    told = Told(expect=Expect(assets=["SOL"])).answer("SOL")
    if sold:
        told.answer("USDT")
    told.declare(a_spec_of("BTC/USDT"))
    assert told.says() == (FINE if sold else LATER)
    assert told.answer("USDT").says() == FINE
    assert told.answer("SOL").says() == STRANGE


def test_what_was_strange_stays_so_until_it_is_gone_or_declared():
    told = Told().answer("ETH").answer("USDT")
    assert told.says() == told.restart().says() == STRANGE
    assert told.declare(TWO).says() == FINE
    assert told.declare(a_spec_of("BTC/USDT", policy={"winding_down": 0 * DAY})).says() == STRANGE
    assert told.answer("USDT").says() == FINE


def test_what_is_held_as_declared_is_strange_no_more():
    told = Told().answer("ETH").declare(TWO).answer("ETH")
    assert told.seen.assets == {}
    assert told.declare(a_spec_of("BTC/USDT", policy={"winding_down": 0 * DAY})).says() == LATER


@pytest.mark.parametrize("blind", [a_spec_of(), a_spec_of("BTC/USDT", broken=["odd"])])
def test_what_could_not_be_compared_is_when_the_next_answer_comes(blind):
    told = Told(blind).answer("SQUID", orders=["SQUID/USDT"])
    assert told.says()[0] == "Unknown"
    told.declare(ONE)
    assert told.says() == told.says(ORDERS) == LATER
    assert told.answer("SQUID").says() == STRANGE
    told.declare(blind).answer("SQUID")  # nor can it hide behind an entry that is wrong
    told.declare(ONE)
    assert told.says() == STRANGE
    told.declare(blind).answer("USDT").declare(ONE)
    assert told.says() == STRANGE
    assert told.answer("USDT").says() == FINE


@pytest.mark.parametrize(
    ("policy", "state", "says", "compliant"),
    [
        ("warn", Online, LATER, True),
        ("ignore", Online, FINE, True),
        ("block", None, LATER, None),  # what was, still is; nothing is turned on
    ],
)
def test_what_waits_for_the_next_answer_keeps_things_as_they_are(policy, state, says, compliant):
    strict = {"unexpected_trading": policy}
    told = Told(a_spec_of("ETH/USDT", policy=strict)).answer("ETH")
    told.declare(a_spec_of("BTC/USDT", policy=strict | {"winding_down": 0 * DAY}))
    judged = told.verdict()
    assert (told.says(), judged.state, judged.compliant) == (says, state, compliant)


def test_a_name_of_an_older_journal_is_compared_with_what_is_expected_now():
    told = Told(TWO)
    told.seen = a_seen(holding("ETH", "USDT"))
    assert told.seen.assets == {"ETH": 0, "USDT": 0}
    assert told.says() == FINE
    assert told.declare(a_spec_of("BTC/USDT", policy={"winding_down": 0 * DAY})).says() == STRANGE
    assert told.answer("USDT").seen.assets == {"ETH": 1}


def test_an_outage_forgets_no_name():
    told = Told().answer("BTC", orders=["BTC/USDT"])
    told.seen = remember(told.seen, an_outage(NOW + DAY))
    assert (told.seen.held, told.seen.ordered) == ({"BTC"}, {"BTC/USDT"})
    assert (Seen("x").held, Seen("x").ordered) == (frozenset(), frozenset())


# what was removed lately


def test_that_nothing_is_told_is_said_only_while_something_is_expected():
    told = Told(a_spec_of("BTC/USDT"))
    told.seen = remember(None, an_observation(NOW))
    told.declare(a_spec([a_connection()], [], policy={"winding_down": MINUTE}))
    before = told.verdict()
    assert before.until == NOW + MINUTE
    after = told.wait().verdict()
    said = [{f.message for f in each.findings if f.type is ASSETS} for each in (before, after)]
    assert said == [
        {"KuCoin does not report which assets an account holds."},
        {"No strategy and no `expect` declares what the account may hold and trade."},
    ]


def test_what_a_removed_strategy_declared_is_expected_while_it_winds_down():
    traded = Traded(frozenset({"BTC/USDT"}), {"ETH/USDT": NOW - 29 * DAY})
    seen = holding("ETH", orders=["ETH/USDT"])
    judged = verdict(seen, traded=traded)
    assert judged.state is Online
    assert judged.until is not None
    assert {f.until for f in judged.findings} == {None, NOW + DAY}
    later = NOW + DAY
    assert found(ASSETS, replace(seen, at=later), traded=traded, now=later) == (
        "False",
        Reason.UNEXPECTED_ASSET,
    )


def test_the_turn_that_removes_a_strategy_knows_it_already():
    traded = Traded(frozenset({"BTC/USDT", "ETH/USDT"}))
    assert found(ASSETS, holding("ETH"), traded=traded) == FINE
    assert found(ASSETS, holding("ETH"), spec=a_spec(strategies=[]), traded=traded) == FINE


def test_what_was_traded_is_remembered_and_forgotten_where_something_else_changes():
    old, keep = Traded(frozenset({"A/B", "C/D"})), timedelta(days=30)
    assert old.now(old.declared, NOW, keep) is old
    less = old.now(frozenset({"A/B"}), NOW, keep)
    assert less == Traded(frozenset({"A/B"}), {"C/D": NOW})
    assert less.winding_down(less.declared, NOW + DAY, keep) == {"C/D": NOW + keep}
    again = less.now(frozenset({"C/D"}), NOW + DAY, keep)
    assert again == Traded(frozenset({"C/D"}), {"A/B": NOW + DAY})
    later = NOW + 40 * DAY
    assert less.now(less.declared, later, keep) is less
    assert less.now(frozenset(), later, keep).left == {"A/B": later}
    assert less.winding_down(less.declared, later, keep) == {}


def test_the_status_keeps_what_was_traded():
    def status(spec, before):
        verdicts = judge(spec, {}, None, NOW, known=before.connections)
        return fold(spec, {}, verdicts, {}, {}, NOW, before)

    none = status(a_spec(strategies=[]), Status())
    assert none.connections[CONNECTION].traded is None
    some = status(a_spec(), none)
    assert some.connections[CONNECTION].traded == Traded(frozenset({"BTC/USDT"}))
    broken = a_spec([], [], broken_connections={CONNECTION: "kucoin"})
    kept = status(broken, some)
    assert kept.connections[CONNECTION].traded == Traded(frozenset({"BTC/USDT"}))
    gone = status(a_spec(strategies=[]), kept)
    assert gone.connections[CONNECTION].traded == Traded(frozenset(), {"BTC/USDT": NOW})
    assert isinstance(gone.connections[CONNECTION], ConnectionStatus)
    unread = status(a_spec(strategies=[], broken_strategies={"odd": CONNECTION}), some)
    assert unread.connections[CONNECTION].traded == some.connections[CONNECTION].traded


def test_what_is_known_of_one_account_under_two_names_is_joined():
    one = Traded(frozenset({"A/B"}), {"C/D": NOW, "E/F": NOW})
    two = Traded(frozenset({"G/H"}), {"C/D": NOW - DAY, "E/F": NOW + DAY})
    both = Traded(frozenset({"A/B", "G/H"}), {"C/D": NOW, "E/F": NOW + DAY})
    assert one.joined(two) == two.joined(one) == both
    assert both.lately(NOW + DAY, DAY).left == {"E/F": NOW + DAY}


def known_as(name, key="k", pairs=("BTC/USDT",)):
    """A file with one connection of this name and key."""
    entries = [replace(a_connection(name), key_fingerprint=key)]
    strategies = [a_strategy(connection=name, pairs=pairs)] if pairs else []
    return a_spec(entries, strategies)


def after(spec, before, now):
    before = parted(before, spec, [*before.connections, *spec.connections], now)
    verdicts = judge(spec, {}, None, now, known=before.connections)
    return fold(spec, {}, verdicts, {}, {}, now, before)


def test_a_connection_that_comes_back_or_has_another_name_is_known_by_its_key():
    status = after(known_as("a"), Status(), NOW)
    assert after(known_as("a"), status, NOW + DAY).parted == {}
    status = after(known_as("b", pairs=["ETH/USDT"]), status, NOW + DAY)
    known = Traded(frozenset({"ETH/USDT"}), {"BTC/USDT": NOW + DAY})
    assert status.connections["b"].traded == known
    status = after(a_spec([], []), status, NOW + 2 * DAY)
    left = {"BTC/USDT": NOW + DAY, "ETH/USDT": NOW + 2 * DAY}
    assert status.parted == {"k": Traded(frozenset(), left)}
    assert status.connections == {}
    status = rows.STATUS.read(rows.STATUS.write(status))
    back = after(known_as("c", pairs=()), status, NOW + 3 * DAY)
    assert back.connections["c"].traded == Traded(frozenset(), left)
    late = after(known_as("c", pairs=()), status, NOW + 31 * DAY)
    assert late.connections["c"].traded == Traded(frozenset(), {"ETH/USDT": NOW + 2 * DAY})
    other = after(known_as("d", key="another", pairs=()), back, NOW + 4 * DAY)
    assert other.connections["d"].traded is None
    assert other.parted == status.parted
    later = after(known_as("e", key="another"), other, NOW + 40 * DAY)
    assert later.parted == {}


def test_of_two_connections_with_a_key_the_new_one_knows_what_the_other_did():
    status = after(known_as("a", pairs=["ETH/USDT"]), Status(), NOW)
    status = after(known_as("a"), status, NOW + DAY)
    two = known_as("a")
    twin = replace(a_connection("b"), key_fingerprint="k")
    status = after(replace(two, connections={**two.connections, "b": twin}), status, NOW + 2 * DAY)
    assert status.connections["b"].traded == status.connections["a"].traded
    assert status.connections["b"].traded.left == {"ETH/USDT": NOW + DAY}


def test_what_left_without_a_key_or_a_strategy_is_not_remembered_and_no_flood_is():
    for spec in (known_as("a", key=""), known_as("a", pairs=())):
        assert after(a_spec([], []), after(spec, Status(), NOW), NOW).parted == {}
    names = [f"c{n:04}" for n in range(MOST_PARTED + 1)]
    known = after(known_as("a"), Status(), NOW).connections["a"]
    before = Status(connections={n: replace(known, name=n, key_fingerprint=n) for n in names})
    assert [*parted(before, a_spec([], []), names, NOW).parted] == names[1:]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_every_exchange_knows_its_own_fee_coins(exchange):
    connection = a_connection(exchange=exchange).connection
    known = expected(connection, frozenset({"BTC/USDT"}), {})
    assert known.strange_assets(EXCHANGES[exchange].fee_assets) == frozenset()


@pytest.mark.parametrize(("count", "end"), [(5, "COIN4."), (6, "COIN4 and 1 more.")])
def test_five_names_are_told_and_the_rest_is_counted(count, end):
    judged = verdict(holding("USDT", *(f"COIN{n}" for n in range(count))))
    assert next(f for f in judged.findings if f.type is ASSETS).message.endswith(end)
