"""What a thief of a key has, as far as the last test told, and what to do in which order."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import (
    Balance,
    Failure,
    KeyFacts,
    Orders,
    Reason,
    Scope,
    Unread,
    remember,
)
from bf_reconciler.status import present_stolen, stolen
from edges.fakes import NOW, a_connection, a_seen, a_status, a_strategy, an_observation

NAME = "mexc-main"
CLOSED = Failure(Reason.NO_READ_PERMISSION, "No.")
SILENT = Failure(Reason.TIMEOUT, "No answer.")
SCOPES = st.frozensets(st.sampled_from(Scope))
CANNOT_TAKE = {Scope.WITHDRAW, Scope.PAY, Scope.ACCOUNT}


def a_key(*granted, denied=None, **changes):
    held = frozenset(granted)
    return KeyFacts(held, frozenset(Scope) - held if denied is None else denied, **changes)


def report(key=None, strategies=(), others=(), seen=None, **changes):
    """Of a key at MEXC; without one it was never tested."""
    tested = key is not None or seen is not None
    fields = {"exchange": "mexc", "last_probe": NOW if tested else None} | changes
    known = a_connection(NAME, **fields)
    if seen is None and key is not None:
        seen = a_seen(key=key)
    return stolen(a_status([known, *others], strategies), seen, NAME)


def a_strategy_with(name="grid", connection=NAME, *, desired=True, **declared):
    return a_strategy(name, connection=connection, desired=desired, declared=declared)


def test_nothing_is_told_of_a_connection_that_nobody_has():
    assert stolen(a_status(), None, "none") is None


def test_what_was_told_is_so_and_what_was_not_told_may_be():
    key = a_key(Scope.READ, Scope.SPOT, denied=frozenset({Scope.WITHDRAW}), ip_bound=True)
    found = report(key)
    assert found.accepted == "yes"
    assert found.rights == {
        Scope.WITHDRAW: "no",
        Scope.ACCOUNT: "may",
        Scope.FUTURES: "may",
        Scope.SPOT: "yes",
        Scope.TRANSFER: "may",
        Scope.READ: "yes",
        Scope.DEPOSIT: "may",
    }


def test_a_right_that_the_exchange_has_not_is_told_where_the_key_has_it():
    assert report(a_key(Scope.PAY)).rights[Scope.PAY] == "yes"
    undecided = a_key(denied=frozenset(), undecided=frozenset({Scope.EARN}))
    assert report(undecided).rights[Scope.EARN] == "may"
    assert Scope.EARN not in report(a_key()).rights


@pytest.mark.parametrize("seen", [None, a_seen()])
def test_of_a_key_that_was_never_tested_everything_may_be(seen):
    """Nor is what was seen of another key under this name told of this one."""
    found = report(seen=seen, last_probe=None)
    assert set(found.rights.values()) == {"may"}
    assert found.rights.keys() == EXCHANGES["mexc"].people.needs.keys()
    assert (found.tested, found.accepted, found.origin) == (None, "may", "unknown")
    assert found.steps[0] == "revoke"


def test_of_an_exchange_that_nobody_knows_everything_may_be():
    found = report(exchange="mtgox")
    assert found.rights == dict.fromkeys(found.rights, "may")
    assert found.rights.keys() == set(Scope)
    assert present_stolen(found)["rights"][0] == {
        "scope": "withdraw",
        "right": "withdraw",
        "can": "may",
    }
    unheard = an_observation(key=Failure(Reason.IP_NOT_ALLOWED, "No.", code="1"))
    assert report(seen=remember(None, unheard), exchange="mtgox").origin == "hidden"


def test_a_key_that_is_let_in_to_a_part_can_see_that_part():
    key = a_key(Scope.SPOT)
    part = an_observation(key=key, balance=CLOSED, orders=Orders())
    assert report(seen=remember(None, part)).rights[Scope.READ] == "yes"
    part = an_observation(key=key, balance=Balance(empty=True), orders=SILENT)
    assert report(seen=remember(None, part)).rights[Scope.READ] == "yes"


def test_a_key_that_is_kept_out_of_all_cannot_read():
    shut = an_observation(key=a_key(Scope.SPOT), balance=CLOSED, orders=CLOSED)
    assert report(seen=remember(None, shut)).rights[Scope.READ] == "no"


def test_what_was_not_answered_is_not_known():
    silent = an_observation(key=a_key(Scope.SPOT), balance=CLOSED, orders=SILENT)
    assert report(seen=remember(None, silent)).rights[Scope.READ] == "may"
    silent = an_observation(key=a_key(Scope.READ), balance=SILENT, orders=SILENT)
    assert report(seen=remember(None, silent)).rights[Scope.READ] == "yes"


def test_a_key_that_was_refused_may_work_with_what_was_told_before():
    refused = Failure(Reason.INVALID_KEY, "No.")
    seen = remember(a_seen(key=a_key(Scope.READ)), an_observation(key=refused))
    seen = remember(
        a_seen(key=a_key(Scope.WITHDRAW)),
        an_observation(key=refused, balance=refused, orders=refused),
    )
    found = report(seen=seen)
    assert found.accepted == "may"
    assert found.rights[Scope.WITHDRAW] == "yes"


@pytest.mark.parametrize(
    ("facts", "origin", "listed"),
    [
        ({"ip_bound": False}, "anywhere", ()),
        ({"ip_bound": True, "ips": ("0.0.0.0/0",)}, "anywhere", ()),
        ({"ip_bound": True, "ips": ("192.0.2.7",)}, "listed", ("192.0.2.7",)),
        ({"ip_bound": True}, "hidden", ()),
        ({"ip_bound": True, "ips": ()}, "hidden", ()),
        ({}, "unknown", ()),
        ({"ip_bound": True, "unread": (Unread("allowlist", "ips"),)}, "unknown", ()),
    ],
)
def test_from_where_it_works(facts, origin, listed):
    found = report(a_key(Scope.READ, **facts))
    assert (found.origin, found.listed) == (origin, listed)


def test_a_list_that_keeps_us_out_is_a_list():
    out = Failure(Reason.IP_NOT_ALLOWED, "No.", code="700006")
    seen = remember(None, an_observation(key=out, balance=out, orders=out))
    assert report(seen=seen).origin == "hidden"


def test_a_list_that_may_be_an_applications_is_not_known_to_be_the_keys():
    exchange, code = next(
        (row.id, code) for row in EXCHANGES.values() for code in row.refusals.others_lists
    )
    out = Failure(Reason.IP_NOT_ALLOWED, "No.", code=code)
    seen = remember(None, an_observation(key=out, balance=out, orders=out))
    assert report(seen=seen, exchange=exchange).origin == "unknown"


def test_capital_is_the_sum_of_what_wanted_strategies_declare():
    found = report(
        a_key(),
        [
            a_strategy_with(
                "a", margin_limit={"amount": 0.1, "currency": "USDT"}, pairs=["A/USDT"]
            ),
            a_strategy_with(
                "b", margin_limit={"amount": 0.2, "currency": "USDT"}, pairs=["B/USDT"]
            ),
            a_strategy_with("c", margin_limit={"amount": 3.0, "currency": "EUR"}, pairs=["A/USDT"]),
            a_strategy_with("d", margin_limit={"balance_ratio": 0.1}),
            a_strategy_with("e", margin_limit={"balance_ratio": 0.2}),
            a_strategy_with("f"),
            a_strategy_with("g", margin_limit={"amount": 1}),
            a_strategy_with("off", desired=False, pairs=["C/USDT"]),
            a_strategy_with("other", connection="another", pairs=["D/USDT"]),
        ],
    )
    assert found.capital.sums == {"USDT": Decimal("0.3"), "EUR": Decimal("3.0")}
    assert found.capital.ratio == Decimal("0.3")
    assert found.capital.unlimited == ("f", "g")
    assert found.pairs == ("A/USDT", "B/USDT", "C/USDT")
    assert found.strategies == ("a", "b", "c", "d", "e", "f", "g", "off")
    assert present_stolen(found)["capital"] == {
        "sums": [{"amount": 0.3, "currency": "USDT"}, {"amount": 3.0, "currency": "EUR"}],
        "balance_ratio": 0.3,
        "unlimited": ["f", "g"],
    }


def test_twins_have_the_same_key_and_neighbours_the_same_egress():
    others = [
        a_connection("twin", key_fingerprint="k", egress="another"),
        a_connection("neighbour", key_fingerprint="other", egress="p"),
        a_connection("broken"),
    ]
    found = report(a_key(), others=others, key_fingerprint="k", egress="p")
    assert (found.twins, found.same_egress) == (("twin",), ("neighbour",))
    assert "rotate_twins" in found.steps
    assert report(a_key(), others=others).twins == ()


def test_a_connection_of_another_shard_with_the_same_key_is_a_twin():
    known = a_connection(NAME, key_fingerprint="same")
    keys = {"far": "same", "other": "another", "unknown": ""}
    found = stolen(a_status([known], []), None, NAME, keys)
    assert found.twins == ("far",)
    assert "rotate_twins" in found.steps
    nobody = stolen(a_status([replace(known, key_fingerprint="")], []), None, NAME, keys)
    assert nobody.twins == ()


def test_where_value_can_leave_the_key_goes_first():
    steps = report(a_key(Scope.WITHDRAW, Scope.SPOT, Scope.TRANSFER)).steps
    assert steps == (
        "revoke",
        "halt",
        "check_withdrawals",
        "cancel_orders",
        "check_transfers",
        "check_source",
        "rotate",
        "resume",
    )


def test_where_it_can_only_be_traded_away_the_halt_goes_first():
    steps = report(a_key(Scope.READ, Scope.SPOT)).steps
    assert steps == ("halt", "revoke", "cancel_orders", "check_source", "rotate", "resume")


def test_where_nothing_can_be_lost_the_next_key_goes_first():
    assert report(a_key(Scope.READ)).steps == ("rotate", "revoke", "check_source")
    twin = [a_connection("twin", key_fingerprint="k")]
    steps = report(a_key(Scope.READ), others=twin, key_fingerprint="k").steps
    assert steps == ("rotate", "revoke", "rotate_twins", "check_source")


def test_a_right_that_nobody_knows_is_taken_for_a_grave_one():
    found = report(a_key(Scope.READ, unknown_words=("Novelty",)))
    assert found.unknown_words == ("Novelty",)
    assert found.steps[0] == "revoke"


@given(granted=SCOPES, denied=SCOPES, undecided=SCOPES)
def test_the_order_of_steps_follows_from_the_rights(granted, denied, undecided):
    """Nothing is left out that a right makes worth a look, and nothing is said twice."""
    denied -= granted
    key = KeyFacts(granted, denied, undecided=undecided - granted - denied)
    found = report(key)
    held = {scope for scope, can in found.rights.items() if can != "no"}
    assert granted <= held
    assert not {scope for scope in denied if scope is not Scope.READ} & held
    assert len(set(found.steps)) == len(found.steps)
    assert {"revoke", "rotate", "check_source"} <= set(found.steps)
    if held & CANNOT_TAKE:
        assert found.steps[0] == "revoke"
    assert ("halt" in found.steps) is (not held <= {Scope.READ, Scope.DEPOSIT})
    assert ("check_withdrawals" in found.steps) is (Scope.WITHDRAW in held)


def test_it_is_shown_with_the_words_of_the_exchange():
    key = a_key(Scope.READ, ip_bound=True, ips=("192.0.2.7",), unknown_words=("X",))
    found = report(key, declared={"egress_ips": ["192.0.2.7"], "markets": ["spot", "futures"]})
    shown = present_stolen(replace(found, twins=("twin",)), "tr")
    assert shown["tested_at"] == "2026-05-04T12:00:00.000Z"
    assert shown["rights"][0] == {"scope": "withdraw", "right": "SPOT_WITHDRAW_WRITE", "can": "no"}
    assert (shown["works_from"], shown["allowlist"]) == ("listed", ["192.0.2.7"])
    assert (shown["egress_ips"], shown["markets"]) == (["192.0.2.7"], ["spot", "futures"])
    assert (shown["unknown_words"], shown["twins"]) == (["X"], ["twin"])
    assert shown["capital"]["balance_ratio"] is None
