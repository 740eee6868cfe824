"""What a strategy is shown to do: the confirmed state first, the order where it says more."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from typing import get_args

import pytest

from bf_reconciler.status import RunningState, Told, activity
from bf_reconciler.status.activity import AS_TOLD, CONFIRMED, TOLD


@pytest.mark.parametrize(
    ("told", "running", "en", "tr"),
    [
        ("run", "unknown", "told to run, not confirmed", "çalıştırma komutu verildi, onaylanmadı"),
        ("pause", "unknown", "told to pause, not confirmed", None),
        ("stop", "unknown", "told to stop, not confirmed", None),
        ("close", "unknown", "told to close, not confirmed", None),
        ("run", "running", "running", "çalışıyor"),
        ("pause", "paused", "paused", "duraklatıldı"),
        ("stop", "stopped", "stopped", "durdu"),
        ("close", "stopped", "stopped", "durdu"),
        ("pause", "running", "running, told to pause", None),
        ("run", "paused", "paused, told to run", None),
        (None, "unknown", "unknown", "bilinmiyor"),
        (None, "running", "running", "çalışıyor"),
    ],
)
def test_what_is_confirmed_is_told_from_what_was_ordered(told, running, en, tr):
    assert str(activity(told, running, "en")) == en
    if tr:
        assert str(activity(told, running, "tr")) == tr


def test_the_short_form_never_calls_an_order_a_state():
    states = {words[language] for words in CONFIRMED.values() for language in ("en", "tr")}
    for told in get_args(Told):
        for language in ("en", "tr"):
            assert activity(told, "unknown", language).words not in states


def test_every_order_and_state_has_its_words():
    assert set(get_args(RunningState)) == CONFIRMED.keys()
    assert set(get_args(Told)) == TOLD.keys() == AS_TOLD.keys()


def test_words_of_a_newer_daemon_stay_as_they_are():
    assert str(activity("hedge", "unknown", "tr")) == "hedge, onaylanmadı"
    assert str(activity("hedge", "hedging", "en")) == "hedging, hedge"
