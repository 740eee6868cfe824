"""What a file would change: entries, strategies on or off, rights, the guard; never a secret."""

import json
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from bf_reconciler.cli import plan_text
from bf_reconciler.document import parse
from bf_reconciler.facts import Reason, Scope, Seen
from bf_reconciler.preview import Removals, Right, Switch, in_force, of_file, present, preview
from bf_reconciler.preview.entries import differences
from bf_reconciler.preview.widening import LIMITS
from bf_reconciler.status import Status
from bf_reconciler.status import present as shown
from bf_reconciler.verdict import Halted
from build import (
    NOW,
    OWN_IP,
    a_cycle,
    a_key,
    a_seen,
    a_suspension,
    an_observation,
    an_unverifiable_key,
)
from document.sample import a_connection, a_file, a_strategy, adopted, many, sealed

KUCOIN, BTC = "kucoin-main-grid", "btc-grid"
LOUD = "SENTINEL-OF-A-SECRET"


def after_taking(committed, *observations, before=None, untested=()):
    """The status after this file was taken, its connections tested, and everything obeyed."""
    spec, _ = adopted(None, committed)
    seen = {
        name: Seen(entry.fingerprint, a_seen(*observations).runs)
        for name, entry in spec.connections.items()
        if name not in untested
    }
    return a_cycle(before=before, spec=spec, seen=seen)


def planned(before, committed, credentials=None):
    """From a file, or a status, to another file."""
    status = after_taking(before) if isinstance(before, bytes) else before
    parsed = parse(committed, None)
    assert not parsed.refused, parsed.problems
    return preview(parsed, in_force(shown(status)), credentials or {}, NOW)


def actions(found):
    return {entry.name: entry.action for entry in found.entries}


def ways(found):
    return {each.name: (each.before, each.after, each.reason) for each in found.switches}


NAMES = st.integers(1, 6)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "leverage": st.just(1),
        "pairs": st.lists(st.sampled_from(["BTC/USDT", "ETH/USDT"]), min_size=1, unique=True),
        "when_off": st.sampled_from(["pause", "stop", "close"]),
        "settings": st.dictionaries(
            st.sampled_from(["grid", "depth", "token"]),
            st.one_of(
                st.integers(0, 9), st.just(sealed()), st.dictionaries(st.just("a"), st.none())
            ),
        ),
        "suspend": st.sampled_from([None, {"reason": "r", "owner": "o", "until": "2027-01-01"}]),
    },
)


@st.composite
def files(draw):
    connections, strategies = many(draw(NAMES))
    for connection in connections:
        connection |= {"labels": {"team": draw(st.sampled_from(["a", "b"]))}}
    strategies = [{**each, **draw(FIELDS)} for each in strategies]
    for each in strategies:
        if "token" in each.get("settings", {}):
            each["settings"]["token"] = sealed()
    halt = draw(st.sampled_from([None, {"reason": "audit", "by": "ada"}]))
    return a_file(connections, strategies, halt=halt)


@given(files())
def test_the_file_in_force_changes_nothing(committed):
    found = planned(committed, committed)
    assert found.empty, found
    assert not present(found)["changes"]


@given(files(), files())
def test_what_a_plan_adds_changes_and_removes_covers_both_files(before, after):
    found = planned(before, after)
    names = {e.name for e in found.entries}
    old, new = after_taking(before), after_taking(after)
    gone = old.connections.keys() - new.connections.keys()
    fresh = new.connections.keys() - old.connections.keys()
    assert gone | fresh <= names
    json.dumps(present(found))


@given(files())
def test_no_secret_is_ever_in_a_plan_or_in_what_is_declared(committed):
    clear = committed.replace(b'"ENC[AES256_GCM,data:QQ==,iv:QQ==,tag:QQ==,type:str]"', b'"%s"')
    text = clear.replace(b"%s", LOUD.encode())
    parsed = parse(text, None, allow_plaintext=True)
    # Only what has the name of a credential is one here: other keys hold it in plain text.
    assume(b'"grid": "%s"' not in clear and b'"depth": "%s"' not in clear)
    spec, _ = adopted(None, parsed, digest="d")
    status = a_cycle(spec=spec)
    assert LOUD not in json.dumps(shown(status))
    empty = in_force(shown(Status()))
    for now in (in_force(shown(status)), empty):
        found = preview(parsed, now, {}, NOW)
        assert LOUD not in json.dumps(present(found))
        assert LOUD not in repr(found)


def test_what_is_encrypted_under_any_name_is_not_declared():
    strategy = a_strategy(settings={"hook": sealed(), "deep": {"x": sealed(), "y": 2}, "z": [1]})
    committed = a_file(strategies=[strategy])
    decrypted = json.loads(json.dumps({"connections": [a_connection()], "strategies": [strategy]}))
    for each in decrypted["connections"]:
        each["credentials"] = dict.fromkeys(each["credentials"], "clear-credential")
    settings = decrypted["strategies"][0]["settings"]
    settings["hook"] = settings["deep"]["x"] = LOUD
    spec, _ = adopted(None, parse(committed, decrypted), digest="d")
    status = a_cycle(spec=spec)
    (told,) = shown(status)["strategies"]
    assert told["declared"]["settings"] == {"deep": {"y": 2}, "z": [1]}
    assert LOUD not in json.dumps(shown(status))
    found = planned(status, committed)
    assert found.empty


def test_added_changed_and_removed_entries_are_told_by_field():
    before = a_file([a_connection(), a_connection("mexc-old", exchange="kucoin")])
    after = a_file(
        [a_connection(interval="30s", labels={"team": "grid"}), a_connection("kucoin-new")],
        [a_strategy(take_profit_pct=2, safety_orders={"max": 2, "step_pct": 1})],
    )
    found = planned(before, after)
    assert actions(found) == {
        KUCOIN: "change",
        "kucoin-new": "add",
        "mexc-old": "remove",
        BTC: "change",
    }
    changes = {e.name: [(c.field, c.before, c.after) for c in e.changes] for e in found.entries}
    assert changes[KUCOIN] == [("interval", None, "30s"), ("labels.team", None, "grid")]
    assert ("safety_orders.max", None, 2) in changes[BTC]
    assert ("take_profit_pct", None, 2.0) in changes[BTC]
    assert not found.switches


def test_a_list_with_an_encrypted_item_is_not_compared():
    (change,) = differences({"pairs": ["A"]}, {}, {("pairs", 0), ("credentials", "api_key")})
    assert (change.field, change.known) == ("pairs", False)


def test_a_daemon_that_tells_no_fields_is_not_compared():
    status = shown(after_taking(a_file()))
    for entry in (*status["connections"], *status["strategies"]):
        del entry["declared"]
    found = preview(parse(a_file(), None), in_force(status), {}, NOW)
    assert actions(found) == {KUCOIN: "unknown", BTC: "unknown"}
    assert found.empty


def test_words_of_the_file_turn_strategies_off():
    suspended = {"reason": "moving", "owner": "ada", "until": None}
    for after, reason in (
        (a_file(strategies=[a_strategy(enabled=False)]), Reason.DISABLED),
        (a_file(strategies=[a_strategy(suspend=suspended)]), Reason.SUSPENDED),
        (a_file([a_connection(suspend=suspended)]), Reason.SUSPENDED),
        (a_file(halt={"reason": "audit", "by": "ada"}), Reason.HALTED),
        (a_file(strategies=[]), Reason.REMOVED),
    ):
        assert ways(planned(a_file(), after)) == {BTC: ("on", "off", reason)}


def test_words_of_the_file_turn_strategies_on_again():
    for before in (
        a_file(strategies=[a_strategy(enabled=False)]),
        a_file(strategies=[a_strategy(suspend={"reason": "moving", "owner": "ada"})]),
        a_file(halt={"reason": "audit", "by": "ada"}),
    ):
        assert ways(planned(before, a_file())) == {BTC: ("off", "on", Reason.CONNECTED)}
    lifted = planned(a_file([a_connection(suspend=a_suspension().model_dump())]), a_file())
    assert ways(lifted) == {BTC: ("off", "unknown", Reason.NOT_PROBED)}


def test_a_halt_in_the_file_is_told():
    halted, other = (a_file(halt={"reason": why, "by": "ada"}) for why in ("audit", "flood"))
    assert planned(a_file(), halted).halt == "pulled"
    assert planned(halted, a_file()).halt == "released"
    assert planned(halted, other).halt == "changed"
    assert planned(halted, halted).halt is None


def test_under_the_halt_of_a_person_nothing_goes_on():
    held = after_taking(a_file(), before=Status(halted=Halted("flood", "bob", NOW)))
    assert planned(held, a_file()).empty
    more = planned(held, a_file(strategies=[a_strategy(), a_strategy("eth-grid")]))
    assert ways(more) == {"eth-grid": ("off", "off", Reason.HALTED)}


def test_another_key_waits_for_its_test():
    running = planned(a_file(), a_file(), {KUCOIN: "changed"})
    assert actions(running) == {KUCOIN: "change"}
    assert ways(running) == {BTC: ("on", "unknown", Reason.NOT_PROBED)}
    assert "keeps running for policy.grace" in running.switches[0].message
    moved = planned(a_file(), a_file([a_connection(endpoint="https://api-futures.kucoin.com")]))
    assert ways(moved) == {BTC: ("on", "unknown", Reason.NOT_PROBED)}
    new = [a_connection(), a_connection("kucoin-new")]
    fresh = planned(a_file(), a_file(new, [a_strategy(), a_strategy("eth-x", "kucoin-new")]))
    assert ways(fresh) == {"eth-x": ("off", "unknown", Reason.NOT_PROBED)}
    assert "first passed test" in fresh.switches[0].message


def test_rights_newly_needed_have_the_words_of_the_exchange():
    after = a_file([a_connection(markets=["spot", "futures"]), a_connection("kucoin-new")])
    found = planned(a_file(), after)
    assert found.rights == (
        Right(KUCOIN, "futures", "Futures", held=False),
        Right("kucoin-new", "read", "General", None),
        Right("kucoin-new", "spot", "Spot", None),
    )
    assert ways(found) == {BTC: ("on", "off", Reason.NO_TRADE_PERMISSION)}


def test_a_right_that_the_key_has_turns_nothing_off():
    rich = after_taking(a_file(), an_observation(key=a_key(grant=[Scope.FUTURES])))
    futures = a_strategy("btc-futures", market="futures", pairs=["BTC/USDT:USDT"])
    connection = a_connection(markets=["spot", "futures"])
    found = planned(rich, a_file([connection], [a_strategy(), futures]))
    assert [right.held for right in found.rights] == [True]
    assert ways(found) == {"btc-futures": ("off", "on", Reason.CONNECTED)}
    unknown = planned(rich, a_file([connection], [a_strategy(), futures]), {KUCOIN: "changed"})
    assert [right.held for right in unknown.rights] == [None]


def test_a_right_of_which_nothing_is_known_leaves_it_open():
    status = shown(after_taking(a_file()))
    status["connections"][0]["key"]["scopes"] = None
    after = a_file([a_connection(markets=["spot", "futures"])])
    found = preview(parse(after, None), in_force(status), {}, NOW)
    assert ways(found) == {BTC: ("on", "unknown", Reason.UNVERIFIABLE)}


def test_what_stands_in_the_way_of_a_new_strategy_is_told():
    free = after_taking(a_file(), an_observation(key=a_key(ip_bound=False, ips=())))
    bold = a_strategy("eth-bold", risk_level="aggressive")
    found = planned(free, a_file(strategies=[a_strategy(), bold]))
    assert ways(found) == {"eth-bold": ("off", "off", Reason.IP_NOT_RESTRICTED)}
    blocked = after_taking(a_file(), an_observation(key=a_key(grant=[Scope.WITHDRAW])))
    more = a_file(strategies=[a_strategy(), a_strategy("eth-grid")])
    assert ways(planned(blocked, more)) == {"eth-grid": ("off", "off", Reason.WITHDRAW_ENABLED)}
    suspended = planned(blocked, a_file([a_connection(ip_allowlist="ignored")]))
    assert ways(suspended) == {BTC: ("off", "unknown", Reason.WITHDRAW_ENABLED)}


def with_connection(before, **changes):
    """What becomes of the strategy when its connection, good until now, is changed so."""
    was = after_taking(a_file([a_connection(**before.pop("was", {}))]), an_observation(**before))
    return ways(planned(was, a_file([a_connection(**changes)]))).get(BTC)


def test_what_a_good_connection_is_newly_asked_is_told():
    bound, free = {"key": a_key()}, {"key": a_key(ip_bound=False, ips=())}
    untold = {"key": a_key(ip_bound=None, ips=None)}
    strict = {"ip_allowlist": "required"}
    assert with_connection({**bound}, **strict) is None
    assert with_connection({**free}, **strict) == ("on", "off", Reason.IP_NOT_RESTRICTED)
    assert with_connection({**untold}, **strict) == ("on", "unknown", Reason.IP_NOT_RESTRICTED)
    assert with_connection({**free}, ip_allowlist="ignored") is None
    ips = {"egress_ips": [OWN_IP, "192.0.2.1"]}
    assert with_connection({**bound}, **ips) == ("on", "unknown", Reason.IP_NOT_ALLOWED)
    assert with_connection({**free}, **ips) is None
    assert with_connection({**bound, "was": {"egress_ips": [OWN_IP]}}) is None


def test_a_word_that_is_taken_back_is_told():
    silent = {"key": an_unverifiable_key()}
    said = {"attest": {"withdraw_disabled": {"by": "ada", "at": "2026-02-01"}}}
    again = {"attest": {"withdraw_disabled": {"by": "ada", "at": "2026-03-01"}}}
    late = {"attest": {"withdraw_disabled": {"by": "ada", "at": "2025-03-01"}}}
    taken = ("on", "unknown", Reason.WITHDRAW_UNVERIFIABLE)
    assert with_connection({**silent, "was": said}) == taken
    assert with_connection({**silent, "was": said}, **late) == taken
    assert with_connection({**silent, "was": said}, **again) is None
    assert with_connection({"key": a_key(), "was": said}) is None


def test_a_word_on_trading_that_is_taken_back_is_told():
    silent = {"key": a_key(unsaid=[Scope.SPOT])}
    word = {"by": "ada", "at": "2026-02-01"}
    said = {"attest": {"withdraw_disabled": word, "trade_permitted": word}}
    less = {"attest": {"withdraw_disabled": word}}
    late = {"attest": said["attest"] | {"trade_permitted": word | {"at": "2025-03-01"}}}
    taken = ("on", "unknown", Reason.UNVERIFIABLE)
    for now in ({}, less, late):
        assert with_connection({**silent, "was": said}, **now) == taken
    again = {"attest": said["attest"] | {"trade_permitted": word | {"at": "2026-03-01"}}}
    assert with_connection({**silent, "was": said}, **again) is None
    assert with_connection({"key": a_key(), "was": said}, **less) is None


def test_a_wrong_strategy_is_touched_by_what_becomes_of_its_connection():
    wrong = [a_strategy(pairs=[])]
    status = after_taking(a_file())
    rests = a_file([a_connection(suspend={"reason": "r", "owner": "o"})], wrong)
    assert ways(planned(status, rests)) == {BTC: ("on", "off", Reason.SUSPENDED)}
    other = a_file([a_connection(markets=["spot", "futures"])], wrong)
    assert ways(planned(status, other)) == {BTC: ("on", "unknown", Reason.ENTRY_INVALID)}
    assert ways(planned(status, a_file(strategies=wrong))) == {}
    off = after_taking(a_file(strategies=[a_strategy(enabled=False)]))
    assert ways(planned(off, other)) == {}
    opaque = [a_strategy(leverage=sealed("float"), direction=sealed())]
    markets = a_file([a_connection(markets=["spot", "futures"])], opaque)
    assert ways(planned(status, markets))[BTC][1] == "unknown"


def test_a_wrong_connection_in_its_last_good_form_is_asked_nothing_new():
    wrong = a_file([a_connection(interval="soon")], [a_strategy(pairs=["ETH/USDT"])])
    assert ways(planned(a_file(), wrong)) == {}


def test_an_untested_connection_leaves_its_strategies_open():
    pending = after_taking(a_file(), untested=[KUCOIN])
    assert planned(pending, a_file()).empty
    more = planned(pending, a_file(strategies=[a_strategy(), a_strategy("eth-grid")]))
    assert ways(more) == {"eth-grid": ("off", "unknown", Reason.NOT_PROBED)}


def test_a_wrong_entry_keeps_its_last_good_form():
    found = planned(a_file(), a_file([a_connection(interval="soon")], [a_strategy(leverage="x")]))
    assert actions(found) == {KUCOIN: "invalid", BTC: "invalid"}
    assert found.empty
    halted = {"reason": "audit", "by": "ada"}
    wrong = a_file(strategies=[a_strategy(leverage="x")], halt=halted)
    assert ways(planned(a_file(), wrong)) == {BTC: ("on", "off", Reason.HALTED)}
    new = a_file([a_connection(interval="soon")], [a_strategy()])
    nothing = planned(Status(), new)
    assert ways(nothing) == {BTC: ("off", "unknown", Reason.ENTRY_INVALID)}


def test_an_entry_that_is_encrypted_whole_needs_the_key():
    opaque = a_strategy(leverage=sealed("float"), direction=sealed())
    found = planned(a_file(), a_file(strategies=[opaque]))
    assert actions(found).get(BTC, "keep") in {"keep", "unknown"}
    assert found.empty
    fresh = planned(Status(), a_file(strategies=[opaque]))
    assert actions(fresh)[BTC] == "add"
    assert ways(fresh) == {BTC: ("off", "unknown", Reason.NOT_PROBED)}


def test_the_guard_against_mass_removals_is_foreseen():
    connections, strategies = many(12)
    found = planned(a_file(connections, strategies), a_file(connections[:6], strategies[:6]))
    assert found.removals == Removals(
        {"connections": 6, "strategies": 6},
        {"connections": 12, "strategies": 12},
        held=True,
        message=found.removals.message,
    )
    assert "policy.max_removals" in found.removals.message
    assert set(actions(found).values()) == {"hold"}
    assert not found.switches
    meant = a_file(connections[:6], strategies[:6], policy={"max_removals": {"percent": 60}})
    assert set(actions(planned(a_file(connections, strategies), meant)).values()) == {"remove"}


def test_the_foreseen_guard_is_that_of_the_daemon():
    for kept in range(1, 13):
        connections, strategies = many(12)
        before, after = (
            a_file(connections, strategies),
            a_file(connections[:kept], strategies[:kept]),
        )
        spec, _ = adopted(None, before)
        _, problems = adopted(spec, after)
        assert planned(before, after).removals.held == bool(problems)


def test_what_vanished_is_held_while_an_entry_has_no_name():
    nameless = {"exchange": "kucoin"}
    two = a_file([a_connection(), a_connection("kucoin-two")])
    found = planned(two, a_file([a_connection(), nameless]))
    assert actions(found) == {"kucoin-two": "hold"}
    assert "no readable name" in found.removals.message


def test_a_strategy_that_waits_for_a_person_still_waits():
    manual = a_file(strategies=[a_strategy(resume="manual")])
    status = shown(after_taking(manual))
    (told,) = status["strategies"]
    told["running"], told["status"] = "paused", "Blocked"
    told["conditions"][0]["reason"] = "AwaitingManualResume"
    after = a_file(strategies=[a_strategy(resume="manual", pairs=["ETH/USDT"])])
    found = preview(parse(after, None), in_force(status), {}, NOW)
    assert not found.switches
    told["conditions"][0]["reason"] = "ANewWord"
    assert in_force(status).strategies[BTC].reason is Reason.CONNECTION_NOT_READY


def widened(before, after):
    found = planned(before, after)
    return {(each.connection, each.field): each.message for each in found.widened}


def test_what_lets_a_key_do_more_is_told():
    word = {"withdraw_disabled": {"by": "ada", "at": "2026-03-01"}}
    later = {"withdraw_disabled": {"by": "ada", "at": "2026-03-02"}}
    cases = [
        ({"markets": ["spot", "futures"]}, "markets", "more markets: futures."),
        ({"egress_ips": ["203.0.113.7", "::1"]}, "egress_ips", "addresses: 203.0.113.7, ::1."),
        ({"ip_allowlist": "ignored"}, "ip_allowlist", "not reported any more"),
        ({"attest": word}, "attest.withdraw_disabled", "its key cannot withdraw"),
        ({"unexpected_trading": "ignore"}, "unexpected_trading", "declares are ignored."),
        ({"shared_with": ["teams/*.yaml"]}, "shared_with", "may use it: teams/*.yaml."),
        ({"expect": {"assets": ["BNB"]}}, "expect.assets", "where they appear: BNB."),
        ({"expect": {"pairs": ["BNB/*"]}}, "expect.pairs", "not reported: BNB/*."),
        ({"expect": {"status": "Blocked"}}, "expect.status", "good while it is Blocked."),
        ({"suspend": {"reason": "r", "owner": "ada"}}, "suspend", "not tested"),
    ]
    for changes, field, words in cases:
        wider = a_file([a_connection(**changes)])
        (found,) = widened(a_file(), wider).items()
        assert found[0] == (KUCOIN, field)
        assert words in found[1]
        assert widened(wider, a_file()) == {}
        assert widened(wider, wider) == {}
    old, new = (a_file([a_connection(attest=each)]) for each in (word, later))
    assert list(widened(old, new)) == [(KUCOIN, "attest.withdraw_disabled")]
    assert widened(new, old) == {}
    fewer = a_file([a_connection(ip_allowlist="exact")])
    assert widened(a_file([a_connection(ip_allowlist="recommended")]), fewer) == {}
    assert list(widened(fewer, a_file([a_connection(ip_allowlist="required")])))
    assert (
        widened(a_file(), a_file([a_connection(), a_connection("other", markets=["futures"])]))
        == {}
    )


def test_what_is_excepted_for_longer_or_limited_less_is_told():
    def fields(before, after):
        old, new = (a_file([a_connection(**each)]) for each in (before, after))
        return [field for _, field in widened(old, new)]

    def paused(owner="ada", **more):
        return {"suspend": {"reason": "r", "owner": owner, **more}}

    june, july = (paused(until=f"2026-{month}-01") for month in ("06", "07"))
    assert fields(june, july) == fields(june, paused()) == ["suspend"]
    assert fields(june, paused("bob", until="2026-07-01")) == ["suspend"]
    assert fields(july, june) == fields(june, {}) == fields(paused(), june) == []
    canary = {"expect": {"status": "Blocked", "reason": "NoTradePermission"}}
    assert fields(canary, {"expect": {"status": "Blocked"}}) == ["expect.reason"]
    assert fields({"expect": {"status": "Blocked"}}, canary) == fields(canary, {}) == []
    little, much = ({"margin_limit": {"amount": n, "currency": "USDT"}} for n in (100, 200))
    assert fields(little, much) == fields(little, {}) == ["margin_limit.amount"]
    share = {"margin_limit": {"balance_ratio": 0.5}}
    assert fields(little, share) == ["margin_limit.amount"]
    assert fields(share, little) == ["margin_limit.balance_ratio"]
    assert fields(much, little) == fields({}, little) == []


def test_what_a_new_connection_excepts_from_the_rules_is_told():
    attest = {"withdraw_disabled": {"by": "ada", "at": "2026-03-01"}}
    new = a_connection(
        "other",
        markets=["futures"],
        egress_ips=["203.0.113.7"],
        ip_allowlist="ignored",
        unexpected_trading="block",
        attest=attest,
        expect={"assets": ["BNB"]},
    )
    found = widened(a_file(), a_file([a_connection(), new]))
    assert list(found) == [
        ("other", "expect.assets"),
        ("other", "ip_allowlist"),
        ("other", "attest.withdraw_disabled"),
    ]


def test_an_override_is_compared_with_the_policy_that_was_in_force():
    strict, loose = {"ip_allowlist": "required"}, {"ip_allowlist": "recommended"}
    before = a_file([a_connection(ip_allowlist="exact")], policy=strict)
    after = a_file([a_connection()], policy=loose)
    assert widened(before, after).keys() == {
        ("", "policy.ip_allowlist"),
        (KUCOIN, "ip_allowlist"),
    }
    assert widened(a_file(policy=strict), a_file([a_connection(**strict)], policy=strict)) == {}


def test_a_change_of_the_policy_is_a_change():
    before, after = a_file(policy={"grace": "5m"}), a_file(policy={"grace": "10m"})
    found = planned(before, after)
    (change,) = found.policy
    assert (change.field, change.before, change.after) == ("grace", "5m", "10m")
    assert not found.empty
    assert planned(before, before).policy == ()
    assert "10m" in plan_text.text(found)
    assert "Plan: policy changed." in plan_text.text(found)
    assert "`grace`: `" in plan_text.markdown(found, (), "f.yaml")


def test_what_is_encrypted_of_a_policy_is_neither_shown_nor_compared():
    spec, _ = adopted(None, a_file(policy={"grace": "9m", "recover_after": 3}))
    assert replace(spec, policy_sealed=frozenset({("grace",)})).declared_policy == {
        "recover_after": 3
    }
    standing = in_force(shown(a_cycle(spec=spec, seen={})))
    unread = parse(a_file(policy={"ip_allowlist": "ignored", "grace": sealed()}), None)
    assert (unread.policy_known, of_file(unread).policy) == (False, None)
    found = preview(unread, standing, {}, NOW)
    assert (found.policy, found.empty, found.widened) == (None, True, ())
    opened = replace(
        parse(a_file(policy={"grace": "1m", "recover_after": 3}), None),
        policy_sealed=frozenset({("grace",)}),
    )
    found = preview(opened, standing, {}, NOW)
    assert [(each.field, each.known) for each in found.policy] == [("grace", False)]
    assert (found.empty, found.widened) == (True, ())


def test_a_policy_that_is_not_told_or_not_understood_is_not_compared():
    status = shown(after_taking(a_file(policy={"grace": "9m"})))
    for policy in (None, {"a_newer_field": 1}):
        found = preview(parse(a_file(), None), in_force(status | {"policy": policy}), {}, NOW)
        assert (found.policy, found.widened, found.empty) == (None, (), True)
        assert present(found)["policy"] is None
    assert "policy" not in plan_text.text(found)


def test_every_looser_policy_is_told_in_words():
    strict = {
        "max_key_age": "30d",
        "risk_levels": {
            "moderate": {"max_leverage": 1, "max_open_trades": 1, "max_safety_orders": 1}
            | {"max_margin": {"balance_ratio": 0.1}}
        },
        "max_removals": {"percent": 1, "at_least": 1},
        "key_expiry_warning": "60d",
        "recover_after": 9,
        "confirm_after": 1,
        "max_clock_skew": "1ms",
        "grace": "1s",
        "winding_down": "1d",
    }
    found = planned(a_file(policy=strict), a_file(strategies=[]))
    assert {each.field.rpartition(".")[2] for each in found.widened} == set(LIMITS)
    shown_in_turkish = plan_text.text(found, "tr")
    assert not any(message in shown_in_turkish for message in LIMITS.values())


def test_a_policy_that_lets_more_pass_is_told():
    strict = {
        "ip_allowlist": "required",
        "value_permissions": "block",
        "excess_permissions": "warn",
        "unknown_permissions": "block",
        "risk_levels": {"aggressive": {"max_leverage": 10, "ip_allowlist": "exact"}},
    }
    loose = {
        "ip_allowlist": "recommended",
        "value_permissions": "warn",
        "excess_permissions": "ignore",
        "unknown_permissions": "warn",
        "risk_levels": {"aggressive": {"max_leverage": 10, "ip_allowlist": "required"}},
    }
    before, after = (parse(a_file(policy=policy), None) for policy in (strict, loose))
    found = preview(after, of_file(before), {}, NOW).widened
    assert [each.field for each in found] == [
        "policy.ip_allowlist",
        "policy.excess_permissions",
        "policy.value_permissions",
        "policy.unknown_permissions",
        "policy.risk_levels.aggressive.ip_allowlist",
    ]
    messages = {each.field.removeprefix("policy."): each.message for each in found}
    assert messages["value_permissions"].endswith("that can move value out are a warning.")
    assert messages["excess_permissions"].endswith("that no market needs are ignored.")
    assert preview(before, of_file(after), {}, NOW).widened == ()
    assert planned(a_file(policy=strict), a_file(policy=loose)).widened == found


def test_a_plan_as_json_has_the_documented_shape():
    after = a_file([a_connection(markets=["spot", "futures"])], [a_strategy(enabled=False)])
    found = present(planned(a_file(), after))
    assert found == {
        "version": 1,
        "changes": True,
        "halt": None,
        "policy": [],
        "connections": [
            {
                "name": KUCOIN,
                "action": "change",
                "line": 3,
                "fields": [
                    {
                        "field": "markets",
                        "before": None,
                        "after": ["spot", "futures"],
                        "known": True,
                    }
                ],
                "credentials": "unknown",
            }
        ],
        "strategies": [
            {
                "name": BTC,
                "action": "change",
                "line": 5,
                "fields": [{"field": "enabled", "before": None, "after": False, "known": True}],
            }
        ],
        "switches": [
            {
                "strategy": BTC,
                "before": "on",
                "after": "off",
                "reason": "Disabled",
                "message": "The file says enabled: false.",
            }
        ],
        "rights": [
            {"connection": KUCOIN, "scope": "futures", "right": "Futures", "held": False},
        ],
        "widened": [
            {
                "connection": KUCOIN,
                "field": "markets",
                "before": None,
                "after": ["spot", "futures"],
                "message": "Its key is to trade on more markets: futures.",
            }
        ],
        "removals": {
            "connections": 0,
            "of_connections": 1,
            "strategies": 0,
            "of_strategies": 1,
            "held": False,
            "message": "",
        },
        "uncompared_credentials": [],
    }
    assert isinstance(planned(a_file(), after).switches[0], Switch)


def test_a_file_is_compared_with_another_as_if_that_were_in_force():
    halt = {"reason": "fire", "by": "ada"}
    strategies = [a_strategy(enabled=True), a_strategy("eth-grid", enabled=False)]
    before = parse(a_file(strategies=strategies, halt=halt), None)
    after = parse(a_file([a_connection(), a_connection("kucoin-sub")], [strategies[0]]), None)
    found = preview(after, of_file(before), {KUCOIN: "same"}, NOW)
    assert [(e.name, e.action) for e in found.entries] == [
        ("kucoin-sub", "add"),
        ("eth-grid", "remove"),
    ]
    assert (found.halt, found.uncompared) == ("released", ())
    assert preview(before, of_file(before), {KUCOIN: "same"}, NOW).empty
    standing = of_file(before)
    assert [standing.strategies[name].power for name in (BTC, "eth-grid")] == ["on", "off"]
    assert (standing.by_file, standing.sealed) == (True, False)
