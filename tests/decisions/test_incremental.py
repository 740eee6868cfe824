"""A turn that decides again only what changed ends where one that decides everything ends."""

import copy
from dataclasses import replace

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from bf_reconciler.daemon import audit as audits
from bf_reconciler.daemon.audit import PART as PART_OF_AUDIT
from bf_reconciler.daemon.audit import PASS, Audit
from bf_reconciler.facts import (
    Announcement,
    Announcements,
    Balance,
    Listed,
    Orders,
    Place,
    Reason,
    Scope,
)
from bf_reconciler.journal import rows
from bf_reconciler.reconcile import PART, Outside, audit, reconcile
from bf_reconciler.schedule import HEARTBEAT, LOST, request, request_changed
from bf_reconciler.spec import (
    LOCAL,
    Credentials,
    FileRuntime,
    Halt,
    Names,
    StrategyEntry,
    persistent,
)
from bf_reconciler.spec.connection import Attest, Attestation
from bf_reconciler.status import Running, Status, key_events
from bf_reconciler.turn import Turn
from bf_reconciler.verdict import ConnectionState, Halted, Holding
from build import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    a_connection,
    a_key,
    a_spec,
    a_strategy,
    a_suspension,
    a_withdraw_key,
    an_observation,
    an_outage,
    an_unverifiable_key,
    refused,
)

MEXC = {"exchange": "mexc", "credentials": Credentials(api_key="0123456789abcdef", secret="s")}
COINBASE = {
    "exchange": "coinbase",
    "credentials": Credentials(api_key="0123456789abcdef", secret="s"),
}
ELSEWHERE = FileRuntime(name="elsewhere", type="file", path="./elsewhere")
PLACES = {LOCAL.name: LOCAL, ELSEWHERE.name: ELSEWHERE}
WORLDS = {
    "good": an_observation,
    "withdraw": lambda at: an_observation(at, key=a_withdraw_key()),
    "more than it needs": lambda at: an_observation(at, key=a_key(grant=[Scope.EARN])),
    "silent": lambda at: an_observation(at, key=an_unverifiable_key()),
    "invalid": lambda at: refused(Reason.INVALID_KEY, at),
    "elsewhere": lambda at: refused(Reason.IP_NOT_ALLOWED, at),
    "outage": an_outage,
    "garbled": lambda at: an_outage(at, Reason.UNEXPECTED_RESPONSE),
    "new word": lambda at: an_observation(at, key=a_key(unknown_words=("novelty",))),
    "slow down": lambda at: an_outage(at, Reason.RATE_LIMITED, retry_after=20.0),
    "expiring": lambda at: an_observation(at, key=a_key(expires_at=NOW + 14 * DAY + MINUTE)),
    "holds": lambda at: an_observation(at, **names_of({"BTC", "ETH"}, {"ETH/USDT"})),
    "thief": lambda at: an_observation(at, **names_of({"SQUID"}, {"SQUID/USDT"})),
    "ends": lambda at: an_observation(at, key=a_key(expires_at=NOW + 3 * MINUTE)),
}


@pytest.fixture(autouse=True, scope="module")
def _written_out_soon():
    """So few entries would otherwise never be more than one version's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(persistent, "FEWEST", 2)
        yield


def names_of(assets, pairs):
    return {"balance": Balance(False, frozenset(assets)), "orders": Orders(frozenset(pairs))}


BROKEN = Running("unknown", Reason.RUNTIME_UNAVAILABLE, "It is broken.")
COUNT = 6
NAMES = [f"c{n}" for n in range(COUNT)]


class Prober:
    """Keeps who is asked in flight until it is told to let them answer."""

    def __init__(self):
        self.flights, self.finished, self.listed = {}, {}, Listed.TRADES
        self.told = {}

    def answer(self, names, worlds, now):
        for name in names:
            entry, _ = self.flights.pop(name, (None, None))
            if entry is not None:
                seen = WORLDS[worlds.get(name, "good")](now)
                self.finished[name] = replace(seen, entry=entry.fingerprint)

    def collect(self):
        finished, self.finished = self.finished, {}
        return finished

    def markets(self, wanted):
        found = {}
        for entry, pairs in wanted.values():
            found.setdefault(entry.venue, {}).update(dict.fromkeys(pairs, self.listed))
        return found

    def announced(self, _):
        return self.told

    def probe(self, due, soon, forget):
        for name in forget:
            self.flights.pop(name, None)
            self.finished.pop(name, None)
        for entry in due:
            known, hurried = self.flights.get(entry.name, (None, False))
            if known is not None and known.fingerprint != entry.fingerprint:
                hurried = False
            self.flights[entry.name] = (entry, hurried or entry.name in soon)


class Engine:
    """Runtimes that look after what they were told, may fail, and do something else at times."""

    def __init__(self):
        self.given, self.does, self.known, self.reports = {}, {}, {}, {}
        self.broken, self.strays = False, {}

    async def converge(self, decisions, *_):
        return {decision.name: self.give(decision) for decision in decisions}

    def give(self, decision):
        if self.given.get(decision.name) != decision.order or decision.name not in self.known:
            self.given[decision.name] = decision.order
            self.settle(decision.name)
        self.strays.pop(decision.name, None)
        return self.known[decision.name]

    def settle(self, name):
        order, runs = self.given[name], self.does.get(name) == "running"
        if order is not None and order.on != runs and not self.broken:
            self.does[name] = "running" if order.on else "paused"
        self.known[name] = BROKEN if self.broken else Running(self.does.get(name, "stopped"))

    def fail(self, *, broken):
        self.broken = broken
        for name in self.given:
            self.settle(name)
            self.reports[name] = self.known[name]

    def lie(self, name, state):
        if name in self.given and not self.broken:
            self.does[name] = state
            self.reports[name] = self.known[name] = Running(state)

    def stray(self, name, *, on):
        if name not in self.given:
            self.does[name] = "running" if on else "paused"
            self.strays[name] = Holding(on, "pause", "", name.removeprefix("s0-"))

    def collect(self):
        reports, self.reports = self.reports, {}
        return reports

    def held(self, declared):
        return {runtime: self.strays for runtime in declared if runtime.name == LOCAL.name}


def keep(*_):
    return straight_on


async def straight_on(*_):
    pass


def finished(turning):
    """What a turn returns: nothing of these fakes ever waits."""
    try:
        turning.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError


def a_fleet(shapes):
    """Six connections on two ways out and three exchanges, some with dates and pauses."""
    connections, strategies = {}, {}
    for name, shape in zip(NAMES, shapes, strict=True):
        fields = dict([(), (("exchange", "okx"),)][shape.get("okx", False)])
        fields |= MEXC if shape.get("mexc") else {}
        fields |= COINBASE if shape.get("coinbase") else {}
        if shape.get("proxy"):
            fields["proxy"] = "http://proxy.example:3128"
        if shape.get("pause"):
            fields["suspend"] = a_suspension(until=shape["pause"])
        if shape.get("word"):
            word = Attestation(by="ada", at=shape["word"])
            fields["attest"] = Attest(withdraw_disabled=word)
        if shape.get("gone"):
            continue
        entry = a_connection(name, interval=shape.get("interval", 10 * SECOND), **fields)
        connections[name] = replace(
            entry,
            fingerprint=shape.get("fingerprint", "fingerprint"),
            key_fingerprint=shape.get("key", name),
            credentials_fingerprint=shape.get("key", ""),
        )
    for name, shape in zip(NAMES, shapes, strict=True):
        bots = 2 if shape.get("two") else 1
        for index in range(0 if shape.get("no bot") else bots):
            bot = a_strategy(
                f"s{index}-{name}",
                connection=name,
                enabled=not shape.get("off"),
                pairs=shape.get("pairs", ["BTC/USDT"]),
                resume="manual" if shape.get("manual") else "auto",
                runtime="elsewhere" if shape.get("moved") else "local",
                risk_level="aggressive" if shape.get("bold") else "moderate",
                suspend=a_suspension(until=shape["rest"]) if shape.get("rest") else None,
            )
            strategies[bot.name] = StrategyEntry(bot, 20, "current")
    return connections, strategies


moments = st.integers(-30, 400).map(lambda n: NOW + n * SECOND)
words = st.sampled_from([NOW - 90 * DAY + MINUTE, NOW - 76 * DAY + MINUTE, NOW + MINUTE])
shapes = st.fixed_dictionaries(
    {},
    optional={
        "okx": st.booleans(),
        "mexc": st.booleans(),
        "coinbase": st.booleans(),
        "proxy": st.booleans(),
        "pause": moments,
        "rest": moments,
        "word": words,
        "gone": st.sampled_from([True, False, False, False]),
        "interval": st.sampled_from([SECOND, 10 * SECOND, MINUTE]),
        "fingerprint": st.sampled_from(["fingerprint", "another"]),
        "key": st.sampled_from(["one", "two"]),
        "two": st.booleans(),
        "no bot": st.booleans(),
        "off": st.booleans(),
        "manual": st.booleans(),
        "moved": st.booleans(),
        "bold": st.booleans(),
        "pairs": st.sampled_from([["BTC/USDT"], ["ETH/USDT"], ["BTC/USDT", "ETH/USDT"]]),
    },
)
fleets = st.lists(shapes, min_size=COUNT, max_size=COUNT)
policies = st.fixed_dictionaries(
    {},
    optional={
        "grace": st.sampled_from([0 * SECOND, 20 * SECOND, 5 * MINUTE]),
        "recover_after": st.integers(1, 3),
        "confirm_after": st.integers(1, 3),
        "unexpected_trading": st.sampled_from(["warn", "block"]),
        "winding_down": st.sampled_from([0 * SECOND, 20 * SECOND, 30 * DAY]),
        "max_removals": st.just({"percent": 30, "at_least": 2}),
    },
)
names = st.sampled_from(NAMES)
some = st.lists(names, max_size=COUNT, unique=True)
commits = st.fixed_dictionaries(
    {"fleet": fleets},
    optional={
        "policy": policies,
        "halt": st.booleans(),
        "broken": st.lists(names, max_size=2, unique=True),
        "nameless": st.integers(0, 1),
    },
)
told = st.none() | st.builds(
    Announcements,
    st.lists(
        st.builds(Announcement, st.just("upgrade"), st.none() | moments, st.none() | moments),
        max_size=3,
    ).map(tuple),
    st.booleans(),
)
steps = st.one_of(
    st.tuples(st.just("answer"), some),
    st.tuples(st.just("answer"), st.just(NAMES)),
    st.tuples(st.just("wait"), st.sampled_from([1, 2, 5, 10, 11, 20, 45])),
    st.tuples(st.just("world"), st.tuples(some, st.sampled_from(sorted(WORLDS)))),
    st.tuples(st.just("world"), st.tuples(st.just(NAMES), st.sampled_from(sorted(WORLDS)))),
    st.tuples(st.just("commit"), commits),
    st.tuples(st.just("edit"), st.tuples(st.integers(0, COUNT - 1), shapes, st.booleans())),
    st.tuples(st.just("edit"), st.tuples(st.integers(0, COUNT - 1), shapes, st.booleans())),
    st.tuples(st.just("revision"), st.sampled_from(["r2", "r3"])),
    st.tuples(st.just("ask"), some),
    st.tuples(st.just("halt"), st.booleans()),
    st.tuples(st.just("unlatch"), names),
    st.tuples(st.just("jump"), st.sampled_from([-3600, -20, -2, 70, 600, 90_000])),
    st.tuples(st.just("lie"), st.tuples(names, st.sampled_from(["running", "paused", "stopped"]))),
    st.tuples(st.just("fail"), st.booleans()),
    st.tuples(st.just("stray"), st.tuples(names, st.booleans())),
    st.tuples(st.just("list"), st.sampled_from(Listed)),
    st.tuples(st.just("tell"), told),
    st.tuples(st.just("restart"), st.none()),
)


def standing(old, new):
    """Entries that are declared as before stay the same objects."""
    return {name: old[name] if old.get(name) == entry else entry for name, entry in new.items()}


class Life:
    """Two lives in one: each turn is taken as it is, and once more about everything."""

    def __init__(self, fleet, policy):
        self.now, self.worlds, self.last = NOW, {}, None
        self.prober, self.engine = Prober(), Engine()
        self.before, self.seen, self.spec = Status(), {}, None
        self.commit({"fleet": fleet, "policy": policy})

    def commit(self, given):
        connections, strategies = a_fleet(given["fleet"])
        broken = given.get("broken", [])
        old = self.spec
        bots = {n: e for n, e in strategies.items() if n not in {f"s0-{name}" for name in broken}}
        connections = {n: c for n, c in connections.items() if n not in broken}
        self.given = given
        self.spec = replace(
            a_spec(policy=given.get("policy")),
            connections=standing(old.connections, connections) if old else connections,
            strategies=standing(old.strategies, bots) if old else bots,
            runtimes=PLACES,
            generation=old.generation + 1 if old else 1,
            halt=Halt(reason="flood", by="ada") if given.get("halt") else None,
            broken_connections=dict.fromkeys(broken, "kucoin"),
            broken_strategies={f"s0-{name}": name for name in broken},
            nameless_strategies=given.get("nameless", 0),
        )
        self.seen = request_changed(old, self.spec, self.seen)

    def edit(self, given):
        """One entry, or what is wrong with it, is another than before."""
        index, shape, broken = given
        fleet = [*self.given["fleet"]]
        fleet[index] = shape
        wrong = {*self.given.get("broken", [])} ^ ({NAMES[index]} if broken else set())
        self.commit(self.given | {"fleet": fleet, "broken": sorted(wrong)})

    def step(self, kind, given):
        self.now += SECOND
        getattr(self, kind)(given)
        self.turn()

    def answer(self, names_):
        self.prober.answer(names_, self.worlds, self.now)

    def wait(self, seconds):
        self.now += seconds * SECOND

    jump = wait

    def world(self, given):
        self.worlds |= dict.fromkeys(*given)

    def revision(self, revision):
        self.spec = replace(self.spec, revision=revision)

    def ask(self, names_):
        self.seen = request(self.seen, names_)

    def halt(self, pulled):
        self.before = replace(self.before, halted=Halted("fire", "bob", NOW) if pulled else None)

    def lie(self, given):
        self.engine.lie(f"s0-{given[0]}", given[1])

    def fail(self, broken):
        self.engine.fail(broken=broken)

    def stray(self, given):
        self.engine.stray(f"{given[0]}-gone", on=given[1])

    def list(self, listed):
        self.prober.listed = listed

    def tell(self, told_):
        places = [Place("kucoin", "live"), Place("okx", "live")]
        self.prober.told = {} if told_ is None else dict.fromkeys(places, told_)

    def unlatch(self, connection):
        name = f"s0-{connection}"
        strategy = self.before.strategies.get(name)
        if strategy is not None and strategy.memory is not None:
            memory = replace(strategy.memory, latched=False)
            known = {**self.before.strategies, name: replace(strategy, memory=memory)}
            self.before = replace(self.before, strategies=known)

    def restart(self, _):
        self.last = None
        self.prober.flights, self.prober.finished = {}, {}
        kept = {n: rows.SEEN.read(rows.SEEN.write(s)) for n, s in self.seen.items()}
        self.seen = {n: replace(s, restored=True, asked=False) for n, s in kept.items()}

    def turn(self):
        prober, engine = copy.deepcopy(self.prober), copy.deepcopy(self.engine)
        whole = self.taken(prober, engine, None)
        turn = self.taken(self.prober, self.engine, self.last)
        assert turn.status == whole.status
        assert [*turn.status.connections] == [*whole.status.connections]
        assert [*turn.status.strategies] == [*whole.status.strategies]
        assert turn.seen == whole.seen
        assert turn.wanted == whole.wanted
        assert turn.verdicts == whole.verdicts
        assert turn.decisions == whole.decisions
        assert turn.running == whole.running
        assert in_flight(self.prober) == in_flight(prober)
        changed = key_events(self.before, turn.status, self.now, turn.changed)
        assert {*changed} == {*key_events(self.before, whole.status, self.now)}
        assert audit(turn, Names(frozenset(NAMES), frozenset(turn.spec.strategies))) == Names()
        began = [streak.began for streak in turn.watch.streaks.values()]
        assert turn.watch.latest is None if not began else turn.watch.latest >= max(began)
        for name, status in turn.status.connections.items():
            known = self.last and self.last.status.connections.get(name)
            assert status is known or status != known
        self.last, self.before, self.seen = turn, turn.status, turn.seen

    def taken(self, prober, engine, last):
        outside = Outside(prober, engine, keep)
        return finished(reconcile(self.spec, self.before, self.seen, outside, self.now, last))


def in_flight(prober):
    return {name: (entry.fingerprint, soon) for name, (entry, soon) in prober.flights.items()}


@settings(max_examples=60)
@given(fleets, policies, st.lists(steps, min_size=5, max_size=30))
def test_a_turn_about_what_changed_ends_where_one_about_everything_ends(fleet, policy, history):
    life = Life(fleet, policy)
    life.turn()
    life.step("answer", NAMES)
    for kind, given_ in history:
        note(f"{life.now:%H:%M:%S} {kind} {given_}")
        life.step(kind, given_)


def test_a_lost_probe_is_asked_for_again():
    life = Life([{}] * COUNT, {})
    life.turn()
    life.prober.flights.clear()
    life.now += LOST - SECOND
    life.step("wait", 0)
    assert life.prober.flights.keys() == set(NAMES)


def test_names_are_taken_in_parts_connections_first_in_the_order_of_the_file():
    life = Life([{"two": True}] * COUNT, {})
    all_ = Names(frozenset(NAMES), frozenset(life.spec.strategies))
    parts = list(all_.parts(life.spec, 4))
    assert [sorted(p.connections or p.strategies) for p in parts] == [
        ["c0", "c1", "c2", "c3"],
        ["c4", "c5"],
        ["s0-c0", "s0-c1", "s1-c0", "s1-c1"],
        ["s0-c2", "s0-c3", "s1-c2", "s1-c3"],
        ["s0-c4", "s0-c5", "s1-c4", "s1-c5"],
    ]
    assert list(all_.parts(life.spec, 100)) == [all_]
    assert not Names()


def test_what_is_told_late_of_an_earlier_order_is_shown_at_once():
    life = Life([{}] * COUNT, {})
    life.turn()
    life.step("answer", NAMES)
    life.step("wait", 1)
    late = {"s0-c3": Running("paused", told="pause")}
    converge = life.engine.converge

    async def later(decisions, *_):
        return {**await converge(decisions), **late}

    life.engine.converge = later
    turn = life.taken(life.prober, life.engine, life.last)
    assert turn.changed.strategies >= {"s0-c3"}
    assert turn.status.strategies["s0-c3"].running == "paused"
    assert audit(turn, Names(frozenset(NAMES), frozenset(turn.spec.strategies))) == Names()


def test_a_large_turn_lets_others_breathe():
    life, breaths = Life([{}] * COUNT, {}), []

    async def breathe():
        breaths.append(1)

    names = [f"n{n}" for n in range(2 * PART + 1)]
    spec = a_spec([a_connection(name) for name in names], [])
    outside = Outside(life.prober, life.engine, keep, breathe)
    turn = finished(reconcile(spec, Status(), {}, outside, NOW))
    assert [*turn.status.connections] == names
    assert len(breaths) >= 2


def test_what_drifted_is_found_decided_again_and_told_once():
    life, told = Life([{}] * COUNT, {}), []
    life.turn()
    life.step("answer", NAMES)
    look = Audit(told.append, straight_on)
    good = life.last.status.connections["c3"]
    wrong = replace(good, status=ConnectionState.BLOCKED)
    status = replace(life.last.status, connections={**life.last.status.connections, "c3": wrong})
    life.last = replace(life.last, status=status)
    life.before = status
    for _ in range(2 * COUNT):
        life.now += HEARTBEAT
        turn = life.taken(life.prober, life.engine, life.last)
        life.last = finished(look(turn))
        life.last = finished(look(life.last))  # no second time within a heartbeat
        life.before = life.last.status
    assert told == [Names(frozenset({"c3"}))]
    assert life.last.status.connections["c3"].status is ConnectionState.ONLINE


troubles = st.sampled_from(["good", "good", "invalid", "elsewhere", "outage"])
weather = st.one_of(
    st.tuples(st.just("answer"), st.just(NAMES)),
    st.tuples(st.just("answer"), some),
    st.tuples(st.just("wait"), st.sampled_from([1, 2, 5, 9, 12])),
    st.tuples(st.just("world"), st.tuples(some, troubles)),
    st.tuples(st.just("world"), st.tuples(st.just(NAMES), troubles)),
)
plain = st.fixed_dictionaries({}, optional={"mexc": st.booleans(), "proxy": st.booleans()})


@settings(max_examples=40)
@given(
    st.lists(plain, min_size=COUNT, max_size=COUNT),
    policies,
    st.lists(weather, min_size=10, max_size=40),
)
def test_what_failures_have_in_common_is_kept_as_it_would_be_found_anew(fleet, policy, history):
    life = Life(fleet, policy)
    life.turn()
    life.step("answer", NAMES)
    for kind, given_ in history:
        note(f"{life.now:%H:%M:%S} {kind} {given_}")
        life.step(kind, given_)
        causes = life.last.verdicts.causes
        event(f"{'held' if causes.holds else 'free'}, {len(causes.incidents)} incidents")


def test_a_pass_of_the_audit_takes_minutes_whatever_the_size_and_lets_others_breathe():
    told, breaths, looked = [], [], []

    async def breathe():
        breaths.append(1)

    names = [f"n{n}" for n in range(2000)]
    spec = a_spec([a_connection(name) for name in names], [])
    turn = Turn(NOW, spec, Status(), {})
    look = Audit(told.append, breathe)
    beats = PASS // HEARTBEAT
    for beat in range(beats):
        finished(look(replace(turn, at=NOW + beat * HEARTBEAT)))
        looked.append(told.pop().connections)  # nothing was decided yet, so everything differs
    assert set().union(*looked) == set(names)
    assert max(map(len, looked)) <= len(names) / beats + 2
    assert len(breaths) >= len(names) / PART_OF_AUDIT


PARTS = {  # where each field stands in a turn, and whether by connection
    "seen": (("seen",), True),
    "watch": (("watch", "connections"), True),
    "of connections": (("verdicts", "connections"), True),
    "of strategies": (("verdicts", "strategies"), False),
    "decisions": (("decisions",), False),
    "running": (("running",), False),
    "connections": (("status", "connections"), True),
    "strategies": (("status", "strategies"), False),
    "holds": (("verdicts", "causes", "holds"), True),
    "markets": (("markets",), None),
    "spec": (("spec",), None),
    "halted": (("status", "halted"), None),
    "nothing": ((), None),
}


def altered(mine, other, path, key=None):
    """With a part of another in it, as if somebody had forgotten to decide again."""
    if path:
        first, *rest = path
        part = altered(getattr(mine, first), getattr(other, first), rest, key)
        return replace(mine, **{first: part})
    if key is None:
        return other
    kept = {each: value for each, value in mine.items() if each != key}
    return kept | {key: other[key]} if key in other else kept


@settings(max_examples=60)
@given(
    fleets,
    policies,
    st.lists(steps, min_size=4, max_size=20),
    st.lists(
        st.tuples(st.sampled_from(sorted(PARTS)), names, st.sampled_from([0, 1, 10, 100, 20_000])),
        min_size=1,
        max_size=6,
    ),
)
def test_the_audit_passes_over_nothing_that_a_whole_one_would_find(fleet, policy, history, faults):
    life, told = Life(fleet, policy), []
    life.turn()
    life.step("answer", NAMES)
    turns = [life.last]
    for kind, given_ in history:
        life.step(kind, given_)
        turns.append(life.last)
    look = Audit(told.append, straight_on, HEARTBEAT / 10)
    turn = turns[-1]
    finished(look(turn))
    assert told == []
    for index, (field, name, beats) in enumerate(faults):
        at = turn.at + (1 + beats) * HEARTBEAT
        calm = replace(turn, at=at, changed=Names())
        path, connection = PARTS[field]
        key = {True: name, False: f"s0-{name}", None: None}[connection]
        turn = altered(calm, turns[index % len(turns)], path, key) if path else calm
        told.clear()
        finished(look(turn))
        every = {*turn.spec.connections, *turn.spec.by_connection}
        mine = {s.name for n in every for s in turn.spec.by_connection.get(n, ())}
        found = audit(turn, Names(frozenset(every), frozenset(mine)))
        event(f"{field}: {'found' if found else 'as it should be'}")
        assert (told or [Names()]) == [found]


def test_what_was_found_right_and_is_the_same_is_not_decided_again(monkeypatch):
    life, asked = Life([{}] * COUNT, {}), []

    def counted(turn, names_):
        asked.append(sorted(names_.connections))
        return audit(turn, names_)

    monkeypatch.setattr(audits, "audit", counted)
    life.turn()
    life.step("answer", NAMES)
    life.step("wait", 1)
    look = Audit(lambda _: None, straight_on, HEARTBEAT)
    turn = replace(life.last, changed=Names())
    finished(look(turn))
    finished(look(replace(turn, at=turn.at + HEARTBEAT)))
    assert asked == [NAMES]
    finished(look(replace(turn, at=turn.at + DAY)))  # nobody said that it holds for so long
    assert asked == [NAMES, NAMES]
    finished(look(replace(turn, at=turn.at - HEARTBEAT)))  # nor before it was decided
    assert asked == [NAMES, NAMES, NAMES]
    asked.clear()
    life.last = life.taken(life.prober, life.engine, life.last)
    life.step("answer", ["c2"])
    life.step("wait", 20)
    life.step("answer", ["c2"])
    finished(look(life.last))
    assert "c2" in asked[-1]
