"""Who fails alike, who is held and who is asked, in many fleets and to the microsecond."""

from dataclasses import replace

from bf_reconciler.facts import TICK, Reason, remember
from bf_reconciler.policy import common_causes, watch
from bf_reconciler.spec import Names
from build import DAY, MINUTE, NOW, SECOND, an_outage, refused
from decisions.test_common_cause import (
    ELSEWHERE,
    INVALID,
    MEXC,
    OKX,
    STALE,
    WELL,
    bad,
    down,
    fell,
    fleet,
    good,
)
from decisions.test_exchange_changed import HOUR, garbled, new_form, new_word
from table import compare, grouped, told

WAY = {"proxy": "http://user:word@proxy.example:3128"}
BEGAN = NOW - 20 * SECOND
SLOW = {"interval": 40 * MINUTE}


def over(seconds=0, ago=10):
    """Refused, and well again since so long ago."""
    return [*fell(seconds), good(NOW - ago * SECOND)]


def keyed(keys, *connections):
    spec, seen = fleet(*connections)
    named = zip(spec.connections.items(), keys, strict=True)
    known = {name: replace(entry, key_fingerprint=key) for (name, entry), key in named}
    return replace(spec, connections=known), seen


TWO = 2 * MINUTE
FLEETS = {
    "all are well": fleet(WELL, WELL, WELL),
    "one fell, of one": fleet(fell()),
    "one fell, of two": fleet(fell(), WELL),
    "one fell, of three, one of whom is stale": fleet(fell(), STALE, WELL),
    "one fell, of three who are stale": fleet(fell(), STALE, STALE),
    "one fell, of eight who are stale": fleet(fell(), *[STALE] * 7),
    "one fell, of eight, five of whom are stale": fleet(fell(), *[STALE] * 5, WELL, WELL),
    "one fell, of eight, four of whom are well": fleet(fell(), *[STALE] * 3, *[WELL] * 4),
    "one fell, asked at the same moment": fleet(fell(), *[[good(BEGAN)]] * 4),
    "one fell, asked just before": fleet(fell(), *[[good(BEGAN - TICK)]] * 4),
    "two fell of three": fleet(fell(), fell(1), WELL),
    "two fell, of eight who are stale": fleet(fell(), fell(1), *[STALE] * 6),
    "three fell": fleet(fell(4), fell(2), fell()),
    "three fell of four": fleet(fell(4), fell(2), fell(), WELL),
    "three fell of five": fleet(fell(4), fell(2), fell(), WELL, WELL),
    "three fell of six": fleet(fell(4), fell(2), fell(), WELL, WELL, WELL),
    "three fell, two intervals apart": fleet(fell(240), fell(120), fell()),
    "three fell, just more than two intervals apart": fleet(
        [good(NOW - HOUR), *bad(BEGAN - TWO - TICK)], fell(), fell()
    ),
    "three fell with two intervals between them": fleet(
        [good(NOW - HOUR), *bad(BEGAN - TWO)], fell(), fell()
    ),
    "three fell, one is over": fleet(over(), fell(1), fell(2), WELL),
    "three fell, all are over": fleet(over(), over(1), over(2), WELL),
    "four fell, one is over for two intervals": fleet(
        over(300, 120), fell(1), fell(2), fell(3), WELL
    ),
    "four fell, one is over for nearly two intervals": fleet(
        [*fell(300), good(NOW - TWO + TICK)], fell(1), fell(2), fell(3), WELL
    ),
    **{
        f"four fell, one passed two tests since, the first {ago} ago": fleet(
            [*fell(300), good(NOW - ago), good(NOW)], fell(1), fell(2), fell(3), WELL
        )
        for ago in (TWO - TICK, TWO, TWO + TICK)
    },
    "four fell, at another address": fleet(*[fell(n, ELSEWHERE) for n in range(4)]),
    "four fell, for two reasons": fleet(
        fell(0, ELSEWHERE), fell(1, ELSEWHERE), fell(2), fell(3, Reason.KEY_OR_IP_REJECTED)
    ),
    "four fell, two for each reason": fleet(
        fell(0, ELSEWHERE), fell(1, ELSEWHERE), fell(2), fell(3)
    ),
    "four fell, by one exchange each": fleet(
        fell(4, ELSEWHERE), (fell(2, ELSEWHERE), MEXC), (fell(0, ELSEWHERE), OKX), WELL
    ),
    "four fell behind a proxy": fleet(
        WELL, (fell(4), WAY), (fell(2), WAY | MEXC), (fell(0), WAY | OKX)
    ),
    "one fell behind a proxy, others are stale": fleet(
        (fell(), WAY), (STALE, WAY), (STALE, WAY | MEXC), (STALE, WAY | OKX), STALE, STALE
    ),
    "one fell of many exchanges": fleet(fell(), STALE, *[(STALE, MEXC), (STALE, OKX)] * 3),
    "one fell, and others are out": fleet(fell(), *[down(NOW - 10 * SECOND)] * 4),
    "one fell, and others were out before": fleet(fell(), *[down(NOW - 5 * MINUTE)] * 4),
    "three are out": fleet(*[down(NOW - n * SECOND) for n in range(3)], WELL),
    "three are out, of two exchanges": fleet(
        *[(down(NOW - n * SECOND), each) for n, each in enumerate((MEXC, MEXC, OKX))]
    ),
    "three are out for three reasons": fleet(
        down(NOW), down(NOW, Reason.NETWORK_ERROR), down(NOW, Reason.MAINTENANCE)
    ),
    "three are out and three fell": fleet(
        *[fell(n) for n in range(3)], *[(down(BEGAN), MEXC) for _ in range(3)]
    ),
    "three are out whose answers cannot be read": fleet(*[[garbled(BEGAN)]] * 3),
    "three are out, of two exchanges, whose answers cannot be read": fleet(
        *[([garbled(BEGAN)], each) for each in (MEXC, MEXC, OKX, OKX)]
    ),
    "two answer with a new word": fleet([new_word()], [new_word(NOW - MINUTE)], WELL),
    "the third and the eleventh answer with a new word": fleet(
        WELL, WELL, [new_word()], *[WELL] * 7, [new_word(NOW - MINUTE)]
    ),
    "the third and those from the eleventh on fell": fleet(
        STALE, STALE, fell(), *[STALE] * 7, fell(1), fell(2), fell(3)
    ),
    "two of three exchanges answer in a new form": fleet(
        *[([new_form(NOW - n * SECOND)], each) for n, each in enumerate((MEXC, OKX, MEXC, OKX, {}))]
    ),
    "two answered with a new word, one is over for an hour": fleet(
        [new_word(NOW - HOUR - SECOND), good(NOW - HOUR)], [new_word()]
    ),
    "two answered with a new word, one is over for nearly an hour": fleet(
        [new_word(NOW - HOUR), good(NOW - HOUR + TICK)], [new_word()]
    ),
    "two answered with a new word, one was asked an hour ago": fleet(
        [new_word(NOW - HOUR)], [new_word()]
    ),
    "two answered with a new word, and are asked every 40 minutes": fleet(
        ([new_word(NOW - HOUR)], SLOW), ([new_word()], SLOW)
    ),
    "one fell long ago": fleet([good(NOW - DAY - MINUTE), *bad(NOW - DAY)], fell(), *[STALE] * 6),
    "never good": fleet(bad(BEGAN), fell(), fell(1)),
    "refused for what is its own": fleet(*[fell(n, Reason.INVALID_SIGNATURE) for n in range(4)]),
    "refused in turns": fleet(
        [good(BEGAN - MINUTE), refused(INVALID, BEGAN), an_outage(BEGAN + SECOND)], fell(), fell(1)
    ),
    "refused from tomorrow": fleet(
        [good(NOW), refused(INVALID, NOW + DAY)], fell(), fell(1), over(), WELL
    ),
    "three names of one key": keyed("aaab", fell(), fell(1), fell(2), fell(3)),
    "four names of three keys": keyed("aabc", fell(), fell(1), fell(2), fell(3)),
}


def as_held(hold):
    words = f"held, {told(hold.reasons)} since {told(hold.since)}: {hold.message}"
    return f"{words} (asking)" if hold.asking else words


def as_watched(one):
    state = "well" if one.well else "bad"
    causes = f"streak {told(one.streak)} anomaly {told(one.anomaly)}"
    return f"{told(one.asked)} {state}, {causes} until {told(one.until(NOW))}"


def test_causes():
    """With the moment at which they change, and whether they stand until then."""

    def rows(spec, seen):
        watched = watch(spec, seen, NOW)
        found = common_causes(watched, NOW)
        yield from map(told, found.incidents)
        yield from grouped((name, as_held(hold)) for name, hold in sorted(found.holds.items()))
        yield f"ask {told(found.witnesses)} until {told(found.until)} changes {found.changes}"
        assert common_causes(watched, NOW, found) is found
        yield f"{_stands(watched, found)}"

    compare("causes", ((name, rows(*each)) for name, each in FLEETS.items()))


def _stands(watched, found):
    moments = {
        "a moment before": NOW - TICK,
        "now": NOW,
        "just before its end": found.until - TICK if found.until else NOW + DAY,
        "at its end": found.until or NOW + DAY,
    }
    other = replace(watched, changes=watched.changes + 1)
    assert not found.stand(other, NOW)
    return "stands: " + ", ".join(name for name, at in moments.items() if found.stand(watched, at))


def test_watches():
    """What is kept of each connection, and what counts as a change when it is probed again."""

    def rows(spec, seen):
        watched = watch(spec, seen, NOW)
        yield from grouped((name, as_watched(one)) for name, one in watched.connections.items())
        yield f"places {[(p.scope, p.exchanges, p.members) for p in watched.places]}"
        groups = map(watched.group, range(len(watched.places)))
        yield f"groups {[(group.size, told(tuple(group.asked))) for group in groups]}"
        yield f"streaks {sorted(watched.streaks)} anomalies {sorted(watched.anomalies)}"

    compare("watches", ((name, rows(*each)) for name, each in FLEETS.items()))


def test_a_good_key_that_is_asked_again_is_news_until_it_was_asked_since_the_last_failure():
    spec, seen = fleet(fell(), STALE, WELL)
    found, changes = watch(spec, seen, NOW), []
    for name, at in (
        ("c1", BEGAN - SECOND),
        ("c1", BEGAN),
        ("c1", BEGAN + SECOND),
        ("c2", NOW + MINUTE),
        ("c0", NOW + MINUTE),
        ("c0", NOW + 2 * MINUTE),
    ):
        seen = seen | {name: remember(seen[name], good(at))}
        before, found = found, watch(spec, seen, NOW, found, Names(frozenset({name})))
        changes.append(found.changes - before.changes)
    assert changes == [1, 1, 0, 0, 1, 0]


def test_answers_that_no_document_has_are_news_once_while_they_go_on():
    spec, seen = fleet(WELL, WELL)
    found, changes = watch(spec, seen, NOW), []
    for at, make in (
        (NOW + MINUTE, new_word),  # the first of them
        (NOW + 2 * MINUTE, new_word),
        (NOW + 2 * MINUTE, new_word),
        (NOW + MINUTE, new_word),  # the clock was set back
        (NOW + 2 * MINUTE, new_word),
        (NOW + 2 * HOUR, new_word),  # it had ceased to count
        (NOW + 2 * HOUR + MINUTE, good),  # it is over
        (NOW + 2 * HOUR + 2 * MINUTE, good),
    ):
        seen = seen | {"c0": remember(seen["c0"], make(at))}
        before, found = found, watch(spec, seen, at, found, Names(frozenset({"c0"})))
        changes.append(found.changes - before.changes)
    assert changes == [1, 0, 0, 1, 0, 1, 1, 0]
