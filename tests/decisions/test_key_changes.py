"""Every change of a fact of a key is one; order, spelling and what is not told are none."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts import KeyChange, KnownKey, Scope, Unread, key_changes, known_key
from build import DAY, NOW, OWN_IP, a_key

UNREAD = (Unread("rights", "permissions"),)
NOTHING = a_key(unsaid=Scope, ip_bound=None, ips=None, unread=UNREAD)
"""An answer that tells nothing of a key."""
OTHER = "198.51.100.9"
words = st.lists(st.sampled_from(["novelty", "copytrade", "Basket"]), unique=True, max_size=3)
hosts = st.lists(st.sampled_from([OWN_IP, OTHER, "2001:db8::1", "192.0.2.0/24"]), unique=True)
moments = st.integers(0, 400).map(lambda n: NOW + n * 2 * DAY)


@st.composite
def keys(draw):
    """A key of which everything is told."""
    granted = draw(st.sets(st.sampled_from(Scope)))
    listed = draw(hosts)
    return a_key(
        granted=frozenset(granted),
        denied=frozenset(Scope) - granted,
        unknown_words=tuple(draw(words)),
        ip_bound=bool(listed),
        ips=tuple(listed),
        created_at=draw(moments),
        expires_at=draw(moments),
        account=draw(st.sampled_from(["main", "sub"])),
    )


def changes(*answers, credentials=""):
    """What each answer changes of what was known before it, from the second on."""
    known, found = known_key(None, answers[0], credentials), []
    for answer in answers[1:]:
        before, known = known, known_key(known, answer, credentials)
        found.append(key_changes(before, known))
    return found


@given(keys())
def test_the_same_again_is_no_change(key):
    again = replace(
        key,
        unknown_words=tuple(f" {word.upper()}" for word in reversed(key.unknown_words)),
        ips=tuple(ip.upper() for ip in reversed(key.ips)),
    )
    assert changes(key, again) == [()]


@given(keys())
def test_unknown_is_no_change_and_neither_is_the_way_back(key):
    assert changes(key, NOTHING, key) == [(), ()]


@given(keys(), keys(), st.booleans())
def test_each_fact_that_differs_is_one_change_and_the_way_back_another(one, other, unknown):
    answers = (one, NOTHING, other, one) if unknown else (one, other, one)
    *_, there, back = changes(*answers)
    assert len(there) == len(set(there)) == len(back)
    rights = {c.before or c.after for c in there if c.what.startswith("right")}
    assert rights == set(map(str, one.granted ^ other.granted)) | {
        word.casefold() for word in set(one.unknown_words) ^ set(other.unknown_words)
    }
    listed = {c.before or c.after for c in there if c.what.startswith("address")}
    assert listed == set(one.ips) ^ set(other.ips)
    rest = [c for c in there if not c.what.startswith(("right", "address"))]
    assert len(rest) == sum(
        getattr(one, fact) != getattr(other, fact)
        for fact in ("ip_bound", "created_at", "expires_at", "account")
    )


@given(st.lists(keys(), min_size=1, max_size=4), keys())
def test_what_is_known_is_what_was_told_last(told, last):
    known = None
    for key in [*told, last]:
        known = known_key(known, key)
    assert key_changes(known, known_key(None, last)) == ()
    assert known_key(known, last) == known
    assert (known.granted, known.denied) == (last.granted, last.denied)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"grant": [Scope.TRANSFER]}, [("right_granted", "", "transfer")]),
        ({}, {"revoke": [Scope.SPOT]}, [("right_withdrawn", "spot", "")]),
        ({}, {"unknown_words": ("Basket",)}, [("right_granted", "", "basket")]),
        ({"unknown_words": ("Basket",)}, {}, [("right_withdrawn", "basket", "")]),
        ({"ip_bound": False, "ips": None}, {"ips": None}, [("bound", "", "bound")]),
        ({"ips": None}, {"ip_bound": False, "ips": None}, [("unbound", "bound", "")]),
        ({}, {"ips": (OTHER, OWN_IP)}, [("address_added", "", OTHER)]),
        ({"ips": (OTHER, OWN_IP)}, {}, [("address_removed", OTHER, "")]),
        ({"ips": (OWN_IP, "*")}, {}, [("bound", "", "bound"), ("address_removed", "*", "")]),
        ({"account": "main"}, {"account": "sub"}, [("account", "main", "sub")]),
        (
            {"created_at": NOW},
            {"created_at": NOW + DAY},
            [("creation", "2026-03-02T12:00:00+00:00", "2026-03-03T12:00:00+00:00")],
        ),
        (
            {"expires_at": NOW},
            {"expires_at": NOW + 2 * DAY},
            [("expiry", "2026-03-02T12:00:00+00:00", "2026-03-04T12:00:00+00:00")],
        ),
        ({}, {"account": "main", "expires_at": NOW, "created_at": NOW}, []),
    ],
)
def test_a_change_says_what_was_and_what_is(before, after, expected):
    assert changes(a_key(**before), a_key(**after)) == [tuple(KeyChange(*c) for c in expected)]


def test_a_right_that_was_not_among_those_that_could_be_read_is_granted():
    silent = a_key(unsaid=[Scope.PAY])
    assert changes(silent, a_key(grant=[Scope.PAY])) == [(("right_granted", "", "pay"),)]
    assert changes(silent, a_key()) == [()]


def test_a_right_that_the_rest_of_a_key_only_may_cover_is_withdrawn_and_granted_again():
    moves = a_key(grant=[Scope.TRANSFER])
    may = a_key(unsaid=[Scope.TRANSFER], undecided=frozenset([Scope.TRANSFER]))
    granted, withdrawn = ("right_granted", "", "transfer"), ("right_withdrawn", "transfer", "")
    assert changes(moves, may, may, moves) == [(withdrawn,), (), (granted,)]
    assert changes(a_key(), may, a_key(), may) == [(), (), ()]
    partly = replace(may, unread=UNREAD)
    assert changes(partly, moves) == [(granted,)]


def test_a_right_that_could_not_be_read_before_is_not_granted_when_it_is():
    assert changes(NOTHING, a_key(grant=[Scope.PAY])) == [()]
    partly = a_key(unread=UNREAD)
    assert changes(partly, a_key(grant=[Scope.PAY])) == [(("right_granted", "", "pay"),)]


def test_of_words_that_can_be_read_in_part_only_the_new_ones_count():
    both = a_key(unknown_words=("novelty", "basket"))
    partly = a_key(unknown_words=("novelty", "copy"), unread=UNREAD)
    assert changes(both, partly) == [(("right_granted", "", "copy"),)]


def test_an_end_that_is_counted_in_whole_days_does_not_move():
    moved = [a_key(expires_at=NOW + timedelta(hours=n)) for n in (0, 20, 3, -20, 24)]
    assert changes(*moved) == [()] * 4
    assert len(changes(*moved, a_key(expires_at=NOW + timedelta(hours=25)))[-1]) == 1


def test_another_key_is_a_change_and_what_was_known_of_the_old_one_is_over():
    old = known_key(None, a_key(account="main"), "one")
    new = known_key(old, a_key(grant=[Scope.EARN], revoke=[Scope.SPOT], unsaid=[Scope.READ]), "two")
    assert [change.what for change in key_changes(old, new)] == [
        "credentials",
        "right_granted",
        "right_withdrawn",
    ]
    assert (new.account, Scope.READ in new.granted) == (None, False)


def test_credentials_that_were_not_known_are_no_change():
    known = known_key(None, a_key())
    assert key_changes(known, known_key(known, a_key(), "one")) == ()
    assert known_key(KnownKey("one"), a_key()).credentials == "one"
